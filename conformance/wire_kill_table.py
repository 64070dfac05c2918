"""Which faulty peers are tried over the wire, and the case that finds each."""

from __future__ import annotations

from dataclasses import dataclass

from pmip6.conformance.conduct import CONDUCTS, FaultyConduct
from pmip6.conformance.fast_handover.faulty_gateways import (
    FaultyHandover,
    faulty_handover,
)
from pmip6.conformance.lma.faulty_peers import FaultyPeer, faulty_peer
from pmip6.conformance.mag.faulty_gateways import FaultyGateway, faulty_gateway
from pmip6.conformance.results import CaseResult
from pmip6.conformance.verdict import Verdict

LMA, MAG, FMAG = "lma", "mag", "fmag"


@dataclass(frozen=True)
class WireKill:
    """A faulty peer, and the case that finds it.

    Args:
        role: lma, mag or fmag.
        mutant: Name of its fault.
        case: Id of the case.
        verdict: What the case says of it.
        reason: What its reason has to have in it.
    """

    role: str
    mutant: str
    case: str
    verdict: Verdict = Verdict.FAIL
    reason: str = ""

    @property
    def fault(self) -> FaultyConduct | FaultyPeer | FaultyGateway | FaultyHandover:
        """What is wrong with the peer."""
        if self.mutant in CONDUCTS:
            return CONDUCTS[self.mutant]
        match self.role:
            case "lma":
                return faulty_peer(self.mutant)
            case "mag":
                return faulty_gateway(self.mutant)
            case _:
                return faulty_handover(self.mutant)

    @property
    def text(self) -> str:
        """The fault in words."""
        fault = self.fault
        if isinstance(fault, FaultyConduct):
            return fault.text
        return f"{fault.subject}: {fault.text}"

    def is_found_by(self, result: CaseResult) -> bool:
        """Whether a result is that which it has to be."""
        return result.verdict is self.verdict and self.reason in result.reason


SILENT = "does not answer after this case"
UNRESPONSIVE = {
    "deaf": (Verdict.FAIL, SILENT),
    "dead": (Verdict.FAIL, SILENT),
    "slow": (Verdict.INCONC, "answers later than is declared"),
    "mute": (Verdict.INCONC, "does not answer"),
}
"""What a case says of a peer that stops answering, or answers too late."""


def _unresponsive(role: str, conduct: str, case: str) -> WireKill:
    verdict, reason = UNRESPONSIVE[conduct]
    if role == LMA and conduct == "dead":
        reason = "does not run any more after this case"
    return WireKill(role, f"conduct.{conduct}", case, verdict, reason)


WIRE_KILLS = (
    WireKill(LMA, "lma.reject_unauthorised_gateway.removed", "TP_LMA_CHK_BI_03"),
    WireKill(LMA, "lma.allocate.update-3", "TP_LMA_REG_BV_01"),
    WireKill(LMA, "lma.hand_off.update-1", "TP_LMA_HO_BV_01"),
    WireKill(LMA, "lma.hand_off.guard-14", "TP_LMA_DER_BO_01"),
    WireKill(LMA, "lma.extend.guard-14", "TP_LMA_CHK_BI_06"),
    WireKill(LMA, "lma.extend.send-0", "TP_LMA_EXT_BV_01"),
    WireKill(LMA, "lma.repeat_deregistration.send-0", "TP_LMA_DER_BV_03"),
    WireKill(LMA, "lma.deregister.timer-1", "TP_LMA_DER_BV_01"),
    WireKill(LMA, "lma.expire.removed", "TP_LMA_EXT_TI_01"),
    WireKill(LMA, "encoder.timestamp.zero", "TP_LMA_ACK_BV_01"),
    WireKill(LMA, "encoder.home-network-prefix.left-out", "TP_LMA_ACK_BV_01"),
    WireKill(LMA, "encoder.sequence.zero", "TP_LMA_ACK_BV_01"),
    WireKill(LMA, "encoder.lifetime.zero", "TP_LMA_ACK_BV_01"),
    WireKill(LMA, "encoder.mobile-node-identifier.zero", "TP_LMA_ACK_BV_01"),
    WireKill(LMA, "conduct.a-reserved-octet", "TP_LMA_REG_BV_01"),
    WireKill(LMA, "conduct.a-wrong-checksum", "TP_LMA_REG_BV_01"),
    WireKill(LMA, "conduct.padding-that-is-not-zero", "TP_LMA_REG_BV_01"),
    WireKill(LMA, "conduct.padding-by-single-octets", "TP_LMA_REG_BV_01", Verdict.WARN),
    WireKill(LMA, "conduct.twice", "TP_LMA_HO_BV_01"),
    WireKill(LMA, "conduct.behind", "TP_LMA_REG_BV_01"),
    WireKill(LMA, "conduct.deaf-to-repetitions", "TP_LMA_SEC_BO_01"),
    _unresponsive(LMA, "deaf", "TP_LMA_DER_BV_03"),
    _unresponsive(LMA, "dead", "TP_LMA_DER_BV_03"),
    _unresponsive(LMA, "slow", "TP_LMA_REG_BV_01"),
    _unresponsive(LMA, "mute", "TP_LMA_REG_BV_01"),
    WireKill(MAG, "mag.accept.removed", "TP_MAG_ACK_BI_01"),
    WireKill(MAG, "mag.accept_refusal.removed", "TP_MAG_ACK_BI_53"),
    WireKill(MAG, "mag.notice_detachment.removed", "TP_MAG_ACK_BI_29", Verdict.WARN),
    WireKill(
        MAG,
        "mag.register_after_synchronisation.removed",
        "TP_MAG_ACK_BV_06",
        Verdict.WARN,
    ),
    WireKill(MAG, "mag.retransmit.removed", "TP_MAG_ATT_BV_05", Verdict.WARN),
    WireKill(MAG, "mag.renew.removed", "TP_MAG_EXT_TI_04", Verdict.WARN),
    WireKill(MAG, "mag.end_registration.removed", "TP_MAG_EXT_TI_08"),
    WireKill(MAG, "encoder.node identifier of a request.zero", "TP_MAG_ACK_BI_01"),
    WireKill(
        MAG, "encoder.handoff indicator of a request.left-out", "TP_MAG_ATT_BV_01"
    ),
    WireKill(MAG, "encoder.access technology of a request.zero", "TP_MAG_ATT_BV_01"),
    WireKill(MAG, "encoder.timestamp of a request.zero", "TP_MAG_ATT_BV_01"),
    WireKill(MAG, "encoder.acknowledge.zero", "TP_MAG_ATT_BV_01"),
    WireKill(MAG, "conduct.a-reserved-octet", "TP_MAG_ATT_BV_01"),
    WireKill(MAG, "conduct.padding-that-is-not-zero", "TP_MAG_ATT_BV_01"),
    WireKill(MAG, "conduct.a-payload", "TP_MAG_ATT_BV_01"),
    WireKill(MAG, "conduct.twice", "TP_MAG_ATT_BV_01", Verdict.WARN),
    _unresponsive(MAG, "deaf", "TP_MAG_EXT_TI_04"),
    _unresponsive(MAG, "dead", "TP_MAG_EXT_TI_04"),
    _unresponsive(MAG, "slow", "TP_MAG_ATT_BV_01"),
    _unresponsive(MAG, "mute", "TP_MAG_ATT_BV_01"),
    WireKill(FMAG, "mag.initiate_handover.removed", "TP_FMAG_PRE_BV_01"),
    WireKill(FMAG, "mag.fetch_context.removed", "TP_FMAG_NEW_BV_01"),
    WireKill(FMAG, "mag.fall_back.removed", "TP_FMAG_NEW_BV_09"),
    WireKill(FMAG, "mag.refuse_present_node.removed", "TP_FMAG_NEW_BO_02"),
    WireKill(
        FMAG,
        "mag.register_transferred_prefix.removed",
        "TP_FMAG_BUF_BV_01",
        Verdict.WARN,
    ),
    WireKill(FMAG, "mag.retransmit_handover_initiate.removed", "TP_FMAG_BUF_BV_11"),
    WireKill(FMAG, "mag.forget_context.removed", "TP_FMAG_NEW_TI_06"),
    WireKill(
        FMAG, "refusals.refuse a handover of no node.removed", "TP_FMAG_REF_BI_02"
    ),
    WireKill(
        FMAG,
        "acknowledge.node identifier of a handover acknowledge.removed",
        "TP_FMAG_PRE_BO_06",
    ),
    WireKill(FMAG, "initiate.code.flipped", "TP_FMAG_BUF_BV_08"),
    WireKill(
        FMAG, "initiate.prefixes of a handover initiate.removed", "TP_FMAG_NEW_BO_02"
    ),
    WireKill(
        FMAG, "releases.hold_until_arrival.removed", "TP_FMAG_BUF_BV_01", Verdict.WARN
    ),
    WireKill(FMAG, "conduct.a-reserved-octet", "TP_FMAG_NEW_BV_01"),
    WireKill(FMAG, "conduct.padding-that-is-not-zero", "TP_FMAG_NEW_BV_01"),
    WireKill(FMAG, "conduct.twice", "TP_FMAG_NEW_BV_01"),
    _unresponsive(FMAG, "deaf", "TP_FMAG_PRE_BV_31"),
    _unresponsive(FMAG, "dead", "TP_FMAG_PRE_BV_31"),
    _unresponsive(FMAG, "slow", "TP_FMAG_PRE_BV_03"),
)
"""Each as it was seen, over the wire."""
