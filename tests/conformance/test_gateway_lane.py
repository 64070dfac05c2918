"""Campaigns for gateways in memory: selection, silence, death, and how nodes are told."""

from collections import Counter
from collections.abc import Callable

import pytest

from pmip6.conformance.campaign import NOT_ANSWERING
from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.lane import NO_NODE, gateway_campaign
from pmip6.conformance.mag.port import Sent
from pmip6.conformance.mag.reference_gateway import gateway_file, reference_gateway
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.results import CampaignResult
from pmip6.conformance.verdict import Verdict
from pmip6.model.domain import shipped_rules
from pmip6.model.language.table import Rule
from pmip6.model.wire.field_rules import CHECKSUM
from pmip6.model.wire.ipv6 import decode_packet
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.vectors.mag.groups import Group
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import gateway_purposes, gateway_purposes_named
from pmip6.vectors.mag.stimuli import TooBig

QUICK = [p for p in gateway_purposes() if "_TI_" not in p.name][::8]
DOMAINS = [
    GatewayDomain.FIXED,
    GatewayDomain.SIGNALLED,
    GatewayDomain.NUMBERED,
    GatewayDomain.PROTECTED,
    GatewayDomain.ANONYMOUS,
    GatewayDomain.LOCAL,
]
"""Those that a gateway as a whole is in; in the others are some of its nodes."""
Link = Callable[[Callable[[int], ReferenceGateway]], VirtualGatewayLink]


def _run(
    declared: GatewayDeclaration,
    names: list[str] | None = None,
    link_to: Link = VirtualGatewayLink,
    rules: tuple[Rule, ...] | None = None,
) -> tuple[CampaignResult, VirtualGatewayLink]:
    told = gateway_file(declared)
    link = link_to(lambda start: ReferenceGateway(told, rules=rules, start_ms=start))
    chosen = QUICK if names is None else gateway_purposes_named(names)
    return gateway_campaign(declared, link).run(chosen), link


def _verdicts(result: CampaignResult) -> Counter[Verdict]:
    return Counter(case.verdict for case in result.cases)


@pytest.mark.parametrize("domain", DOMAINS)
def test_cases_that_suit_a_gateway_pass_side_by_side(domain: GatewayDomain) -> None:
    """Those of the plain domain are for gateways of every domain."""
    result, _ = _run(reference_gateway(domain))
    assert not result.died and result.strays == ()
    for case in result.cases:
        assert case.verdict in (Verdict.PASS, Verdict.SKIP), case.reason
        if case.verdict is Verdict.SKIP:
            assert case.reason.startswith("needs ")
    assert _verdicts(result)[Verdict.PASS] > len(QUICK) // 2
    assert result.exit_code() == 0


def test_no_binding_outlives_a_campaign() -> None:
    _, link = _run(reference_gateway())
    assert link.gateway.next_deadline() is None


@pytest.mark.parametrize("domain", [GatewayDomain.FIXED, GatewayDomain.PROTECTED])
def test_a_second_campaign_finds_the_gateway_as_the_first_did(
    domain: GatewayDomain,
) -> None:
    """Also its replay window: the tester's ESP goes on with greater numbers."""
    declared = reference_gateway(domain)
    names = [p.name for p in QUICK] + [
        p.name for p in gateway_purposes() if p.group is Group.SEC
    ]
    first, link = _run(declared, names)
    again = gateway_campaign(declared, link).run(gateway_purposes_named(names))
    assert _verdicts(again) == _verdicts(first)
    assert set(_verdicts(again)) <= {Verdict.PASS, Verdict.SKIP}


class _Frames(VirtualGatewayLink):
    """A gateway that is told of no attachment: it knows a node by its first frame."""

    def attach(self, node: bytes, handoff: HandoffIndicator | None) -> None:
        raise AssertionError("told of an attachment")

    def send_from_node(self, node: bytes, packet: bytes) -> None:
        super().attach(node, None)
        super().send_from_node(node, packet)


def test_a_node_that_attaches_by_its_solicitation() -> None:
    declared = reference_gateway()
    triggers = declared.triggers.model_copy(
        update={"attach": (), "attach_with_handoff": (), "clock": ()}
    )
    declared = declared.model_copy(update={"triggers": triggers})
    names = ["TP_MAG_ACK_BV_01", "TP_MAG_FWD_BV_01", "TP_MAG_DER_BV_01"]
    result, _ = _run(declared, names, _Frames)
    assert _verdicts(result) == {Verdict.PASS: 3}
    hinted = [p.name for p in gateway_purposes() if "known as" in p.title]
    result, _ = _run(declared, hinted, _Frames)
    assert hinted and _verdicts(result) == {Verdict.SKIP: len(hinted)}
    assert "triggers.attach_with_handoff" in result.cases[0].reason


def test_user_packets_are_left_out_where_they_are_not_passed_on() -> None:
    declared = reference_gateway()
    features = declared.features.model_copy(update={"forwarding": False})
    declared = declared.model_copy(update={"features": features})
    result, _ = _run(declared, ["TP_MAG_ACK_BV_01", "TP_MAG_FWD_BV_01"])
    assert [case.verdict for case in result.cases] == [Verdict.PASS, Verdict.SKIP]
    assert "features.forwarding" in result.cases[1].reason
    assert not any("packet" in step for step in result.cases[0].steps)


def test_nodes_run_out() -> None:
    declared = reference_gateway(nodes=3)
    names = [p.name for p in QUICK if p.domain is GatewayDomain.FIXED][:4]
    result, _ = _run(declared, names)
    assert _verdicts(result) == {Verdict.PASS: 2, Verdict.SKIP: 2}
    assert {c.reason for c in result.cases} == {"", NO_NODE}


class _Dead(VirtualGatewayLink):
    """Nothing comes from the gateway any more, from a time on."""

    DEATH_MS = 0

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        while (came := super().receive(until_ms)) is not None:
            if came[0] < self.DEATH_MS:
                return came
        return None


class _DiesLater(_Dead):
    DEATH_MS = 1000


@pytest.mark.parametrize("link_to", [_Dead, _DiesLater])
def test_a_gateway_that_is_dead_fails_no_case(link_to: Link) -> None:
    names = [p.name for p in QUICK if p.domain is GatewayDomain.FIXED]
    result, _ = _run(reference_gateway(), names, link_to)
    assert result.died
    assert result.exit_code() == 3
    assert Verdict.FAIL not in _verdicts(result)
    assert NOT_ANSWERING in {case.reason for case in result.cases}
    assert len(result.cases) == len(names)


class _Fragile(VirtualGatewayLink):
    """A gateway that goes deaf when an answer with a wrong checksum comes."""

    is_deaf = False

    def send(self, packet: bytes) -> None:
        found = decode_packet(packet, proxy_expected=True)
        if found is not None and any(f.rule == CHECKSUM for f in found[1].findings):
            self.is_deaf = True
        super().send(packet)

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        while (came := super().receive(until_ms)) is not None:
            if not self.is_deaf:
                return came
        return None

    def restart(self) -> None:
        self.is_deaf = False
        super().restart()


def test_a_gateway_that_a_case_has_killed_is_restarted_and_the_case_fails() -> None:
    (fatal,) = [
        purpose.name
        for purpose in gateway_purposes()
        if "wrong checksum (REGISTERING, fixed)" in purpose.title
    ]
    harmless = [p for p in QUICK if "wrong checksum" not in p.title]
    others = [p.name for p in harmless if p.domain is GatewayDomain.FIXED][:8]
    declared = reference_gateway()
    told = gateway_file(declared)
    link = _Fragile(lambda start: ReferenceGateway(told, start_ms=start))
    chosen = gateway_purposes_named([fatal, *others])
    campaign = gateway_campaign(declared, link, restart=link.restart)
    result = campaign.run(chosen)
    failed = [c for c in result.cases if c.verdict is not Verdict.PASS]
    assert [case.purpose.name for case in failed] == [fatal]
    assert "does not answer after this case" in failed[0].reason
    assert not result.died


def test_what_is_sent_and_comes_is_kept_and_what_is_wrong_is_found_in_it() -> None:
    name = "TP_MAG_ACK_BV_01"
    mute = tuple(
        r.changed(sends=()) if r.name == "retransmit" else r for r in shipped_rules()
    )
    plain, _ = _run(reference_gateway(), [name])
    packets = plain.cases[0].packets
    assert {packet.interface for packet in packets} == {"", "nodes0"}
    assert all(packet.comment for packet in packets)
    wrong, _ = _run(reference_gateway(), ["TP_MAG_RTX_TI_02"], rules=mute)
    (case,) = wrong.cases
    assert case.verdict is Verdict.WARN
    assert case.findings[-1].text == "no PBU came"
    assert 0 < case.findings[-1].packet <= len(case.packets)


def test_the_clock_of_all_is_set_where_no_other_case_runs() -> None:
    """A case that waits for the clock is not disturbed by one that sets it."""
    refused = [p.name for p in gateway_purposes() if "156" in p.title]
    clock = [p.name for p in gateway_purposes() if "the clock is set" in p.title]
    assert refused and clock
    result, _ = _run(reference_gateway(), sorted({*refused, *clock}))
    assert set(_verdicts(result)) == {Verdict.PASS}


def test_the_path_narrows_where_no_other_case_runs() -> None:
    """Each node hears of it at once; one that waits for silence must not."""
    narrower = [p.name for p in gateway_purposes() if TooBig in map(type, p.stimuli)]
    assert narrower
    result, _ = _run(reference_gateway(), [*narrower, "TP_MAG_ND_BI_01"])
    times = {c.purpose.name: [p.time_ns for p in c.packets] for c in result.cases}
    begin, end = min(times["TP_MAG_ND_BI_01"]), max(times["TP_MAG_ND_BI_01"])
    for name in narrower:
        assert max(times[name]) < begin or end < min(times[name])
