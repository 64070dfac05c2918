"""Cases of gateways beside the ordinary: what each subject finds in a faulty gateway."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from ipaddress import IPv6Address, IPv6Network
from typing import Any

import pytest

from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.in_memory import reference_settings, run_gateway_case
from pmip6.conformance.mag.packets import answer_packet, read
from pmip6.conformance.mag.port import Sent, ToNetwork
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.verdict import Verdict
from pmip6.model.discovery.decoding import DecodedDiscovery
from pmip6.model.discovery.messages import (
    ALL_NODES,
    NeighborAdvertisement,
    RouterAdvertisement,
)
from pmip6.model.mag.answer_matching import ECHO_RULES, EchoRule
from pmip6.model.mag.dhcp_relay import Relayed, encode_relayed
from pmip6.model.mag.forwarding import HostedNode
from pmip6.model.wire.icmp_errors import icmp_error
from pmip6.model.wire.ipv6 import decode_packet
from pmip6.model.wire.messages import (
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
    options_of,
)
from pmip6.model.wire.numbers import IPPROTO_ICMPV6, SEQUENCE_NUMBERS
from pmip6.model.wire.tunnel_packets import decapsulate
from pmip6.properties.faults.mutants import mutant
from pmip6.vectors.mag.answers import make_answer
from pmip6.vectors.mag.edges import SCENE
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import GatewayPurpose, gateway_purposes
from pmip6.vectors.mag.repertoires import SUBJECTS
from pmip6.vectors.mag.stimuli import Answer, AnswerForm

DESTINATION_UNREACHABLE = 1


def _about(requirement: str) -> list[GatewayPurpose]:
    found = [p for p in gateway_purposes() if requirement in p.requirements]
    assert found, requirement
    return found


def _failed(
    purposes: Iterable[GatewayPurpose], make: type[ReferenceGateway]
) -> set[str]:
    """Which of these cases a gateway fails."""
    return {
        purpose.name
        for purpose in purposes
        if run_gateway_case(purpose, make=make).verdict is Verdict.FAIL
    }


def test_every_subject_has_cases() -> None:
    keys = {purpose.key for purpose in gateway_purposes()}
    for subject in SUBJECTS:
        found = {subject.key(edge) for edge in subject.edges()}
        assert found
        assert found <= keys


@pytest.mark.parametrize("requirement", ["4861-6.1.1-2", "4861-7.1.1-1"])
def test_who_takes_invalid_solicitations_is_found(
    requirement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    invalid = [p for p in _about(requirement) if _is_answerable(p)]
    assert len(invalid) >= 5
    monkeypatch.setattr("pmip6.conformance.mag.gateway.is_to_be_read", _is_read)
    assert _failed(invalid, ReferenceGateway) == {p.name for p in invalid}


def test_who_answers_for_another_address_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def another(*read: Any, **flags: bool) -> NeighborAdvertisement:
        _, *options = read
        return NeighborAdvertisement(IPv6Address("fe80::dead"), *options, **flags)

    module = "pmip6.conformance.mag.advertising.NeighborAdvertisement"
    monkeypatch.setattr(module, another)
    answered = [
        p
        for p in _about("4861-7.1.1-1")
        if p.title.startswith("The gateway tells its link-layer address")
    ]
    assert answered
    assert _failed(answered, ReferenceGateway) == {p.name for p in answered}


def _is_answerable(purpose: GatewayPurpose) -> bool:
    """An invalid solicitation that can be answered: it can be read, and asks for something."""
    told = purpose.title
    is_silent = "cut off" in told or "for a group" in told
    return told.startswith("Nothing happens") and not is_silent


def _is_read(decoded: DecodedDiscovery) -> bool:
    return decoded.message is not None


@pytest.mark.parametrize(
    "requirement",
    ["4861-6.1.1-3", "4861-6.1.1-4", "4861-7.1.1-2", "4861-7.1.1-3"],
)
def test_who_drops_odd_solicitations_is_found(
    requirement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pmip6.conformance.mag.gateway.is_to_be_read", _is_plain)
    cases = _about(requirement)
    assert _failed(cases, ReferenceGateway) == {p.name for p in cases}


def _is_plain(decoded: DecodedDiscovery) -> bool:
    return decoded.is_valid and not decoded.findings and len(decoded.layout) == 1


class _NeverTornDown(ReferenceGateway):
    """Takes frames of nodes that have left."""

    def _is_on_link(self, node: bytes) -> bool:
        return True


def test_who_leaves_the_link_up_is_found() -> None:
    cases = [p for p in _about("5213-6.9.1.4-9") if "Neighbor Solicitation" in p.title]
    assert _failed(cases, _NeverTornDown) == {p.name for p in cases}


class _KeepsRoutes(ReferenceGateway):
    """Forwards for every prefix that a session has ever had."""

    def receive_from_network(
        self, packet: bytes, now_ms: int, time_of_day: int
    ) -> list[Sent]:
        sent = super().receive_from_network(packet, now_ms, time_of_day)
        self._hosted()
        return sent

    def _hosted(self) -> list[HostedNode]:
        kept: set[IPv6Network] = vars(self).setdefault("kept", set())
        now = super()._hosted()
        kept.update(prefix for node in now for prefix in node.prefixes)
        return [replace(node, prefixes=tuple(sorted(kept))) for node in now]


def test_who_keeps_a_route_of_a_lost_prefix_is_found() -> None:
    cases = _about("5213-6.12-2")
    assert _failed(cases, _KeepsRoutes) == {p.name for p in cases}


class _WithdrawsLater(ReferenceGateway):
    """Leaves it to the next advertisement to tell of a prefix that is lost."""

    def _announce(self, node: bytes) -> None:
        if not self._visitors[node].is_advertised:
            super()._announce(node)


def test_who_does_not_tell_that_a_prefix_is_lost_is_found() -> None:
    cases = [p for p in _about("5213-6.12-1") if "of which the node hears" in p.title]
    assert [p.name for p in cases] == ["TP_MAG_REN_BV_02"]
    assert _failed(cases, _WithdrawsLater) == {"TP_MAG_REN_BV_02"}


class _Deaf(ReferenceGateway):
    """Gives no node anything out of the tunnel."""

    def receive_from_network(
        self, packet: bytes, now_ms: int, time_of_day: int
    ) -> list[Sent]:
        sent = super().receive_from_network(packet, now_ms, time_of_day)
        return [] if packet[6] == 41 else sent


def test_who_has_no_tunnel_is_found() -> None:
    cases = _about("5213-6.9.1.2-18")
    assert _failed(cases, _Deaf) == {p.name for p in cases}


@pytest.mark.parametrize(
    ("name", "requirement"),
    [
        ("mag.fail_authentication.removed", "5213-6.5-1"),
        ("mag.propose_prefix.removed", "5213-6.2-3"),
    ],
)
def test_a_rule_of_attachment_that_is_missing_is_found(
    name: str, requirement: str
) -> None:
    rules = mutant(name).rules
    verdicts = {run_gateway_case(p, rules=rules).verdict for p in _about(requirement)}
    assert verdicts & {Verdict.FAIL, Verdict.WARN}


def _told(**changes: object) -> Callable[[GatewaySettings], GatewaySettings]:
    return lambda settings: settings.model_copy(update=changes)


@pytest.mark.parametrize(
    ("requirement", "is_set"),
    [("5213-9.2-3", True), ("5213-9.2-4", False)],
)
def test_who_has_the_flag_of_local_routing_the_other_way_is_found(
    requirement: str, is_set: bool
) -> None:
    change = _told(enable_mag_local_routing=is_set)
    for purpose in _about(requirement):
        found = run_gateway_case(purpose, settings=change)
        assert found.verdict is Verdict.FAIL, purpose.name


def test_who_does_not_ask_the_profile_about_local_routing_is_found() -> None:
    def unasked(settings: GatewaySettings) -> GatewaySettings:
        nodes = tuple(
            node.model_copy(update={"enable_mag_local_routing": None})
            for node in settings.nodes
        )
        return settings.model_copy(update={"nodes": nodes})

    for purpose in _about("5213-9.2-5"):
        assert run_gateway_case(purpose, settings=unasked).verdict is Verdict.FAIL


class _TearsTunnelDown(ReferenceGateway):
    """Deletes the tunnel with the first node that leaves, whoever else is in it."""

    is_down = False

    def detach(self, node: bytes, now_ms: int, time_of_day: int) -> list[Sent]:
        self.is_down = True
        return super().detach(node, now_ms, time_of_day)

    def _hosted(self) -> list[HostedNode]:
        return [] if self.is_down else super()._hosted()


def test_who_tears_a_shared_tunnel_down_is_found() -> None:
    cases = _about("5213-6.9.1.2-19")
    assert _failed(cases, _TearsTunnelDown) == {p.name for p in cases}


def test_who_forgets_its_variable_in_a_restart_is_found() -> None:
    (purpose,) = _about("5213-9.2-2")
    starts = iter((True, False))

    class Forgetful(ReferenceGateway):
        def __init__(self, settings: GatewaySettings, **rest: Any) -> None:
            change = _told(enable_mag_local_routing=next(starts))
            super().__init__(change(settings), **rest)

    assert _failed([purpose], Forgetful) == {purpose.name}


class _KnowsNoPath(ReferenceGateway):
    """Passes over what routers say of the path."""

    def _adjust(self, path_mtu: int) -> None:
        pass


def test_who_does_not_follow_the_mtu_of_the_path_is_found() -> None:
    (told,) = _about("5213-6.9.5-11")
    assert run_gateway_case(told, make=_KnowsNoPath).verdict is Verdict.WARN
    (used,) = _about("5213-6.9.5-12")
    assert _failed([used], _KnowsNoPath) == {used.name}


class _SilentHost(VirtualGatewayLink):
    """A gateway whose host answers no Echo Request."""

    def send(self, packet: bytes) -> None:
        if packet[6] != IPPROTO_ICMPV6:
            super().send(packet)


def test_who_does_not_answer_a_probe_is_warned() -> None:
    (purpose,) = _about("5213-6.9.5-4")
    found = run_gateway_case(purpose, link_to=_SilentHost)
    assert found.verdict is Verdict.WARN


def test_who_relays_no_dhcp_is_found() -> None:
    asked, *_ = _about("5213-6.11-1")
    found = run_gateway_case(asked, settings=_told(dhcp_servers=()))
    assert found.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    "changed",
    [
        {"hop_count": 1},
        {"link_address": IPv6Address("2001:db8:999::1")},
        {"peer_address": IPv6Address("fe80::1")},
        {"message": b"\1\2\3\4"},
    ],
    ids=lambda changed: str(*changed),
)
def test_a_wrong_relay_forward_is_found(
    changed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(relayed: Relayed) -> bytes:
        return encode_relayed(replace(relayed, **changed))

    asked, *_ = _about("5213-6.11-1")
    monkeypatch.setattr("pmip6.model.mag.dhcp_relay.encode_relayed", wrong)
    assert _failed([asked], ReferenceGateway) == {asked.name}


def test_who_advertises_too_often_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    module = "pmip6.conformance.mag.advertising"
    monkeypatch.setattr(f"{module}.MIN_DELAY_BETWEEN_RAS_MS", 1000)
    often = [p for p in gateway_purposes() if p.title.endswith("(REGISTERED, fixed)")]
    asked = [p for p in often if "from the unspecified address (" in p.title]
    found = [run_gateway_case(p) for p in asked]
    assert any("4861-6.2.6-5" in f.requirements for r in found for f in r.findings)


def test_advertisements_come_before_the_router_expires() -> None:
    """Three soon, then in time: the node never loses its default router (RFC 4861, 6.2.4)."""
    link = VirtualGatewayLink(
        lambda start_ms: ReferenceGateway(
            reference_settings(GatewayDomain.FIXED), start_ms=start_ms
        )
    )
    link.attach(SCENE.link_layer, None)
    came = link.receive(0)
    assert came is not None
    request = read(came[1]).message
    assert isinstance(request, ProxyBindingUpdate)
    link.send(
        answer_packet(make_answer(Answer(), request, SCENE), Answer().form, SCENE)
    )
    times: list[int] = []
    while (came := link.receive(500_000)) is not None:
        seen = read(came[1])
        if isinstance(seen.message, RouterAdvertisement):
            assert seen.packet.destination == ALL_NODES
            times.append(came[0])
        elif isinstance(seen.message, ProxyBindingUpdate):
            link.send(
                answer_packet(
                    make_answer(Answer(), seen.message, SCENE), Answer().form, SCENE
                )
            )
    assert times == [0, 16_000, 32_000, 482_000]


def test_an_answer_with_another_number_is_to_no_request_of_a_campaign() -> None:
    """A gateway may count the requests for all nodes together: those of others are near."""
    link = VirtualGatewayLink(
        lambda start_ms: ReferenceGateway(
            reference_settings(GatewayDomain.FIXED), start_ms=start_ms
        )
    )
    link.attach(SCENE.link_layer, None)
    came = link.receive(0)
    assert came is not None
    request = read(came[1]).message
    assert isinstance(request, ProxyBindingUpdate)
    answer = make_answer(Answer(form=AnswerForm.OTHER_NUMBER), request, SCENE)
    ahead = (answer.sequence - request.sequence) % SEQUENCE_NUMBERS
    assert 10_000 < ahead < SEQUENCE_NUMBERS - 10_000


class _TellsTheAnchor(ReferenceGateway):
    """Reports what comes out of the tunnel for nobody to the anchor, as if it sent it."""

    def receive_from_network(
        self, packet: bytes, now_ms: int, time_of_day: int
    ) -> list[Sent]:
        sent = super().receive_from_network(packet, now_ms, time_of_day)
        tunnelled = decapsulate(packet)
        if tunnelled is None or sent:
            return sent
        told = tunnelled.original, self.settings.proxy_coa, self.settings.lma_address
        return [ToNetwork(icmp_error(DESTINATION_UNREACHABLE, 0, 0, *told))]


def test_who_reports_to_somebody_else_is_found() -> None:
    cases = [p for p in gateway_purposes() if "tunnel packet comes for an" in p.title][
        :2
    ]
    for purpose in cases:
        found = run_gateway_case(purpose, make=_TellsTheAnchor)
        assert "5213-6.10.5-5" in {i for f in found.findings for i in f.requirements}


def test_who_looks_at_reserved_bits_of_an_answer_is_found() -> None:
    class LooksAtReserved(ReferenceGateway):
        """Drops a PBA that has any of them set, in the message or in its options."""

        def receive_from_network(
            self, packet: bytes, now_ms: int, time_of_day: int
        ) -> list[Sent]:
            found = decode_packet(packet)
            if found is not None and any(
                "reserved" in str(f) for f in found[1].findings
            ):
                return []
            return super().receive_from_network(packet, now_ms, time_of_day)

    cases = _about("5213-8.6-2")
    assert _failed(cases, LooksAtReserved) == {p.name for p in cases}


@pytest.mark.parametrize("rule", ECHO_RULES[:3], ids=lambda rule: rule.name)
def test_who_compares_reserved_bits_of_an_option_is_found(rule: EchoRule) -> None:
    class Compares(EchoRule):
        def holds(
            self, answer: ProxyBindingAcknowledgement, request: ProxyBindingUpdate
        ) -> bool:
            found = options_of(answer, self.option)
            return not found or found == options_of(request, self.option)

    (case, *_) = _about("5213-8.6-2")
    strict = Compares(rule.name, rule.requirements, rule.option)
    assert run_gateway_case(case, echo_rules=(strict,)).verdict is Verdict.FAIL
