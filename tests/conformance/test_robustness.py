"""Volleys of messages with something wrong; anchors that go deaf, die or get slow by them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from late_link import LateLink

from pmip6.conformance.condition import State
from pmip6.conformance.hooks import Hooks, restart_by
from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.in_memory import (
    anchor_settings,
    reference_declaration,
    run_case_in_memory,
)
from pmip6.conformance.lma.lane import SOON, AnchorLane, anchor_campaign
from pmip6.conformance.results import CampaignResult, CaseResult
from pmip6.conformance.verdict import Verdict
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.wire.checksum import checksum_of
from pmip6.model.wire.format_rules import FORMAT_RULES
from pmip6.model.wire.icmp_errors import icmp_error
from pmip6.model.wire.ipv6 import decode_ipv6, decode_packet, encode_ipv6
from pmip6.model.wire.numbers import IPPROTO_MOBILITY, PARAMETER_PROBLEM
from pmip6.model.wire.reception import Reaction, receive
from pmip6.vectors.lma.malformed import FLOOD, volley
from pmip6.vectors.lma.purposes import Group, Purpose, purposes, purposes_named
from pmip6.vectors.lma.stimuli import FLOODS, Malformed, Volley

ROBUST = {
    p.test.malformed: p
    for p in purposes()
    if p.group is Group.ROB and isinstance(p.test, Volley)
}
ORDINARY = "TP_LMA_REG_BV_01"
SHOTS = 221
"""Messages of all volleys but floods."""


def _is_wrong(packet: bytes) -> bool:
    """A message that an anchor has to discard."""
    read = decode_packet(packet)
    return read is not None and receive(read[1]).reaction is not Reaction.PROCESS


class DeafLink(VirtualLink):
    """A link to an anchor that hears nothing more after a message that is wrong."""

    is_lost = False

    def send(self, packet: bytes) -> None:
        """Lose the packet once the anchor is deaf."""
        if self.is_lost:
            self.lose(packet)
        else:
            super().send(packet)
        self.is_lost = self.is_lost or _is_wrong(packet)

    def lose(self, packet: bytes) -> None:
        """Nobody takes the packet."""


class DeadLink(DeafLink):
    """A link to an anchor that dies by such a message, as its system then tells."""

    def lose(self, packet: bytes) -> None:
        """The system tells the sender that nobody takes Mobility Headers."""
        read = decode_packet(packet)
        assert read is not None
        answer = icmp_error(
            PARAMETER_PROBLEM, 1, 6, packet, read[0].destination, read[0].source
        )
        self._waiting.append((self.now_ms(), answer))


class SlowLink(LateLink):
    """A link to an anchor that takes longer and longer after a message that is wrong."""

    def send(self, packet: bytes) -> None:
        """The answers come late."""
        if _is_wrong(packet):
            self.takes_ms = 1_800
        super().send(packet)


def _link(declaration: Declaration, kind: type[VirtualLink]) -> VirtualLink:
    settings = anchor_settings(declaration, declaration.nodes.identifiers()[:12])
    return kind(ReferenceAnchor(settings))


def _with_hooks(**hooks: tuple[str, ...]) -> Declaration:
    every = {"start": (), "alive": (), "restart": (), **hooks}
    declared = reference_declaration()
    return declared.model_copy(update={"hooks": Hooks.model_validate(every)})


def _chosen() -> tuple[Purpose, ...]:
    return (*purposes_named([ORDINARY]), ROBUST[Malformed.LENGTHS])


def test_there_is_a_case_for_each_volley() -> None:
    assert set(ROBUST) == set(Malformed)
    shots = [shot for kind in Malformed for shot in volley(kind)]
    assert len(shots) == SHOTS
    assert len({shot.name for shot in shots}) == SHOTS
    assert {s.reception.reaction for s in shots} == set(Reaction)


def test_every_format_rule_of_a_request_is_broken_by_a_message() -> None:
    """Those that a receiver may not overlook; what is about answers is not."""
    causes = {
        shot.reception.cause.rule.name
        for kind in Malformed
        for shot in volley(kind)
        if shot.reception.cause is not None
    }
    assert causes <= {rule.name for rule in FORMAT_RULES}
    assert causes == {
        "option_complete",
        "octets_missing",
        "message_complete",
        "header_complete",
        "mh_type",
        "payload_proto",
        "checksum",
        "care_of_address",
    }


@pytest.mark.parametrize("kind", sorted(FLOODS))
def test_a_flood_is_bounded(kind: Malformed) -> None:
    result = run_case_in_memory(ROBUST[kind], reference_declaration())
    assert result.verdict is Verdict.PASS, result.reason
    sent = [p for p in result.packets if p.outbound and kind in p.comment]
    assert len(sent) == FLOOD + 1  # and the renewal after it


def _is_renewal_after(result: CaseResult) -> str:
    sent = [p.comment for p in result.packets if "renewal after" in p.comment]
    return sent[-1].partition("renewal after ")[2]


STATES: dict[str, tuple[type[VirtualLink], tuple[str, ...], State]] = {
    "deaf": (DeafLink, ("true",), State.DEAF),
    "dead, by the hook": (DeafLink, ("false",), State.DEAD),
    "dead, by its system": (DeadLink, (), State.DEAD),
    "either": (DeafLink, (), State.SILENT),
    "slow": (SlowLink, (), State.SLOW),
}


@pytest.mark.parametrize("name", STATES)
def test_what_has_become_of_it_is_told(name: str) -> None:
    kind, alive, state = STATES[name]
    declared = _with_hooks(alive=alive)
    campaign = anchor_campaign(declared, _link(declared, kind))
    result = campaign.run([ROBUST[Malformed.LENGTHS]])
    (case,) = result.cases
    assert case.verdict is Verdict.INCONC and state.value in case.reason
    assert result.died == (state is not State.SLOW)
    if state is State.SLOW:
        assert "after 1800 ms, and timers.reaction_ms is 1000" in case.reason
    assert _is_renewal_after(case) == volley(Malformed.LENGTHS)[0].name


def test_cases_do_not_run_again_where_it_is_slow_with_nothing_else_to_do() -> None:
    declared = _with_hooks()
    link = _link(declared, SlowLink)
    assert isinstance(link, SlowLink)
    link.takes_ms = 1_800
    result = anchor_campaign(declared, link).run(purposes_named([ORDINARY]))
    (case,) = result.cases
    assert case.verdict is Verdict.INCONC and State.SLOW.value in case.reason
    assert not result.again and not result.died


class Restartable(DeafLink):
    """A deaf anchor hears again once a hook has made a file."""

    sign = Path()

    def send(self, packet: bytes) -> None:
        """Look for the file first."""
        if self.sign.exists():
            self.sign.unlink()
            self.is_lost = False
        super().send(packet)


def _restarted(
    tmp_path: Path, alive: tuple[str, ...], chosen: tuple[Purpose, ...]
) -> CampaignResult:
    sign = tmp_path / "restarted"
    declared = _with_hooks(alive=alive, restart=("touch", str(sign)))
    link = _link(declared, Restartable)
    assert isinstance(link, Restartable)
    link.sign = sign
    restart = restart_by(declared.hooks)
    return anchor_campaign(declared, link, restart=restart).run(chosen)


def test_it_is_restarted_by_its_hook_and_the_campaign_goes_on(tmp_path: Path) -> None:
    after = ROBUST[Malformed.FLOOD]
    result = _restarted(tmp_path, ("true",), (*_chosen(), after))
    found = {c.purpose.name: c for c in result.cases}
    culprit = found.pop(ROBUST[Malformed.LENGTHS].name)
    assert {c.verdict for c in found.values()} == {Verdict.PASS}
    assert not result.died and result.exit_code() == 1
    assert culprit.verdict is Verdict.FAIL
    assert culprit.reason.startswith("it runs, and does not answer after this case")
    assert f"renewal after {volley(Malformed.LENGTHS)[0].name}" in culprit.reason


def _accepting(check: Callable[[bytes], bytes]) -> type[VirtualLink]:
    class Accepting(VirtualLink):
        def send(self, packet: bytes) -> None:
            super().send(check(packet))

    return Accepting


def _right_checksum(packet: bytes) -> bytes:
    """An anchor that does not look at the checksum takes the packet as if it were right."""
    header = decode_ipv6(packet)
    if header is None or header.next_header != IPPROTO_MOBILITY:
        return packet
    octets = bytearray(header.payload)
    if len(octets) < 6:
        return packet
    octets[4:6] = bytes(2)
    value = checksum_of(bytes(octets), header.source, header.destination)
    octets[4:6] = value.to_bytes(2)
    return encode_ipv6(header.source, header.destination, bytes(octets))


def test_a_message_that_must_be_discarded_and_is_answered_fails() -> None:
    purpose = ROBUST[Malformed.HEADER]
    result = run_case_in_memory(
        purpose, reference_declaration(), link_to=_accepting(_right_checksum)
    )
    assert result.verdict is Verdict.FAIL
    named = {r for f in result.findings for r in f.requirements}
    assert "6275-9.2-2" in named and named <= set(purpose.requirements)


def test_an_anchor_that_has_enough_to_do_is_given_no_further_case() -> None:
    declared = reference_declaration()
    link = _link(declared, SlowLink)
    assert isinstance(link, SlowLink)
    link.takes_ms = declared.timers.reaction_ms // SOON
    lane = AnchorLane(declared, link)
    assert lane.is_in_time
    (purpose,) = purposes_named([ORDINARY])
    assert lane.begin(purpose) is None
    assert lane.is_in_time  # nothing has come yet
    seen: list[bool] = []
    while lane.count:
        lane.run_some()
        seen.append(lane.is_in_time)
    assert not all(seen) and lane.is_in_time
