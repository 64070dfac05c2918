"""The cases for fast handover, in memory under virtual time: what passes, what does not."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from ipaddress import IPv6Address
from typing import Any

import pytest

from pmip6.conformance.fast_handover.case import run_in_memory
from pmip6.conformance.fast_handover.cast import ACCESS_POINT
from pmip6.conformance.fast_handover.gateway import (
    THE_TABLES,
    FastHandoverGateway,
    HandoverTables,
)
from pmip6.conformance.fast_handover.oracle import AT_RATE
from pmip6.conformance.fast_handover.packets import HOST_MESSAGES, ICMPV6
from pmip6.conformance.fast_handover.permitted import (
    PERMITTED,
    AskingForTheRest,
    PermittedHandoverGateway,
)
from pmip6.conformance.mag.port import Sent
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.results import CaseResult
from pmip6.conformance.verdict import Verdict
from pmip6.model.fast_handover.acknowledge import Answered
from pmip6.model.fast_handover.construction import Asked
from pmip6.model.fast_handover.context import HandoverContext
from pmip6.model.fast_handover.due_messages import BEHIND_ACKNOWLEDGE
from pmip6.model.fast_handover.forwarding import (
    ENCAPSULATION,
    FAST_HANDOVER_RULES,
    FLOW_KEY,
    HANDOVER_FORWARDING,
)
from pmip6.model.fast_handover.options import ContextRequest, RequestedContext
from pmip6.model.fast_handover.state import HandoverRequest, context_lifetime
from pmip6.model.language.interpreter import Value
from pmip6.model.mag.forwarding import Way
from pmip6.model.wire.ipv6 import decode_ipv6, decode_packet
from pmip6.model.wire.messages import HandoverAcknowledge, HandoverInitiate
from pmip6.model.wire.numbers import IPPROTO_MOBILITY, HandoverAcknowledgeCode
from pmip6.model.wire.option_format import MobilityOption
from pmip6.model.wire.options import (
    HomeNetworkPrefix,
    MobileNodeLinkLayerIdentifier,
)
from pmip6.model.wire.tunnel_packets import Tunnel
from pmip6.properties.faults.mutants import mutant
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.fast_handover.purposes import (
    HandoverGroup,
    HandoverPurpose,
    handover_purposes,
)
from pmip6.vectors.fast_handover.stimuli import Acknowledgement, Elapse, HostMessage

Start = Callable[[GatewaySettings, int], FastHandoverGateway]
PURPOSES = handover_purposes()


def _first(group: HandoverGroup, part: str = "") -> HandoverPurpose:
    """The first case of a group whose key has a part."""
    return next(p for p in PURPOSES if p.group is group and part in p.key)


def test_there_are_cases_for_each_group_and_scene() -> None:
    assert len(PURPOSES) == 270
    assert {p.group for p in PURPOSES} == set(HandoverGroup)
    assert set(HandoverScene) == {p.scene for p in PURPOSES}


@pytest.mark.parametrize("group", HandoverGroup)
def test_the_reference_gateway_passes(group: HandoverGroup) -> None:
    results = [run_in_memory(p) for p in PURPOSES if p.group is group]
    found = {r.purpose.name: r.findings for r in results if r.findings}
    assert found == {}
    assert Counter(r.verdict for r in results) == {Verdict.PASS: len(results)}


def _is_free(
    variant: PermittedHandoverGateway, purposes: Iterable[HandoverPurpose]
) -> None:
    """No case fails on it, and what it does without is all that cases warn of."""
    results = [
        run_in_memory(p, variant.start, declared=variant.declared) for p in purposes
    ]
    found = {f.requirements for r in results for f in r.findings}
    assert found == ({variant.advice} if variant.advice else set())
    assert {r.verdict for r in results} <= {Verdict.PASS, Verdict.WARN}


BY_DAY = [
    p for n, p in enumerate(PURPOSES) if p.group is HandoverGroup.BUF or n % 9 == 0
]
"""Each of the gateways below shows itself in one of these."""


@pytest.mark.parametrize("variant", PERMITTED, ids=lambda each: each.name)
def test_a_gateway_that_chooses_otherwise_passes(
    variant: PermittedHandoverGateway,
) -> None:
    _is_free(variant, BY_DAY)


@pytest.mark.nightly
@pytest.mark.parametrize("variant", PERMITTED, ids=lambda each: each.name)
def test_no_case_at_all_fails_on_it(variant: PermittedHandoverGateway) -> None:
    _is_free(variant, PURPOSES)


def test_only_after_code_5_may_a_gateway_ask_for_the_rest() -> None:
    class AsksAlways(AskingForTheRest):
        def _take_acknowledge(
            self, message: HandoverAcknowledge, source: IPv6Address
        ) -> None:
            code = HandoverAcknowledgeCode.CONTEXT_ACCEPTED
            super()._take_acknowledge(replace(message, code=code), source)

    def start(settings: GatewaySettings, ms: int) -> FastHandoverGateway:
        return AsksAlways(settings, start_ms=ms)

    all_of_it = HandoverAcknowledgeCode.ALL_CONTEXT_TRANSFERRED
    given = [
        p
        for p in PURPOSES
        if any(
            isinstance(step, Acknowledgement) and step.code == all_of_it
            for step in p.stimuli
        )
    ]
    assert given
    assert _killed(start, given) is not None


def _killed(start: Start, purposes: list[HandoverPurpose]) -> CaseResult | None:
    results = (run_in_memory(purpose, start) for purpose in purposes)
    return next((result for result in results if result.findings), None)


def _with(tables: HandoverTables) -> Start:
    return lambda settings, ms: FastHandoverGateway(
        settings, tables=tables, start_ms=ms
    )


class _WithOtherKeys(FastHandoverGateway):
    """Its packets to other gateways have GRE headers, with a key that nobody told."""

    def _tunnel(self, node: bytes, other: Value) -> Tunnel | None:
        tunnel = super()._tunnel(node, other)
        return tunnel and replace(tunnel, gre_key=(tunnel.gre_key or 0) ^ 0xABC)


class _Silent(FastHandoverGateway):
    """It answers no HI."""

    def _send(
        self, message: HandoverInitiate | HandoverAcknowledge, other: IPv6Address
    ) -> None:
        if isinstance(message, HandoverInitiate):
            super()._send(message, other)


@pytest.mark.parametrize(
    ("kind", "part", "cited"),
    [
        (_WithOtherKeys, "take_agreement / OFFERING, IDLE", ENCAPSULATION.requirements),
        (_WithOtherKeys, "take_agreement with GRE keys", FLOW_KEY.requirements),
        (_Silent, "give_context / IDLE", BEHIND_ACKNOWLEDGE),
    ],
)
def test_what_is_cited_is_what_a_gateway_breaks(
    kind: type[FastHandoverGateway], part: str, cited: tuple[str, ...]
) -> None:
    cases = [p for p in PURPOSES if part in p.key]
    results = [run_in_memory(p, lambda s, ms: kind(s, start_ms=ms)) for p in cases]
    failed = [r for r in results if r.verdict is Verdict.FAIL]
    assert failed
    assert {r.findings[0].requirements for r in failed} == {cited}


@pytest.mark.parametrize(
    ("row", "way", "cited"),
    [
        ("forward_to_next_gateway", Way.DROP, {("5949-6.1.1-x7",)}),
        ("deliver_from_former_gateway", Way.DROP, {("5949-4.2-8", "5949-4.1-8")}),
        ("buffer_until_arrival", Way.NODE, {("5949-4.2-8", "5949-4.1-7")}),
    ],
)
def test_a_packet_that_goes_astray_cites_its_row(
    row: str, way: Way, cited: set[tuple[str, ...]]
) -> None:
    rules = tuple(
        replace(rule, way=way) if rule.name == row else rule
        for rule in FAST_HANDOVER_RULES
    )

    def start(settings: GatewaySettings, ms: int) -> FastHandoverGateway:
        return FastHandoverGateway(settings, forwarding_rules=rules, start_ms=ms)

    results = [run_in_memory(p, start) for p in BUFFERED]
    assert {f.requirements for r in results for f in r.findings} == cited


def test_how_long_a_context_is_kept_is_a_choice() -> None:
    def start(settings: GatewaySettings, ms: int) -> FastHandoverGateway:
        told = settings.fast_handover
        assert told is not None
        longer = told.model_copy(update={"context_lifetime_ms": 30_000})
        changed = settings.model_copy(update={"fast_handover": longer})
        return FastHandoverGateway(changed, start_ms=ms)

    test = Elapse(context_lifetime.name)
    results = [run_in_memory(p, start) for p in PURPOSES if p.test == test]
    assert {r.verdict for r in results} == {Verdict.PASS, Verdict.WARN}


BUFFERED = [p for p in PURPOSES if p.group is HandoverGroup.BUF]


NOTICED = [row for row in HANDOVER_FORWARDING if row.name != "wait_behind_others"]
"""No case has so many packets that some wait for the others (test_handover_order.py)."""


@pytest.mark.parametrize("row", NOTICED, ids=lambda row: row.name)
def test_a_gateway_without_a_row_of_forwarding_is_noticed(row: object) -> None:
    rules = tuple(rule for rule in FAST_HANDOVER_RULES if rule is not row)

    def start(settings: GatewaySettings, ms: int) -> FastHandoverGateway:
        return FastHandoverGateway(settings, forwarding_rules=rules, start_ms=ms)

    others = [_first(HandoverGroup.PRE, "take_agreement / OFFERING, TUNNELLED")]
    assert _killed(start, [*others, *BUFFERED]) is not None


@pytest.mark.parametrize(
    "name", [r.name for r in THE_TABLES.releases if r.requirements]
)
def test_a_gateway_without_a_row_of_release_is_noticed(name: str) -> None:
    releases = tuple(rule for rule in THE_TABLES.releases if rule.name != name)
    tables = replace(THE_TABLES, releases=releases)
    assert _killed(_with(tables), BUFFERED) is not None


@pytest.mark.parametrize("name", [r.name for r in THE_TABLES.refusals])
def test_a_gateway_without_a_row_of_refusals_is_noticed(name: str) -> None:
    refusals = tuple(rule for rule in THE_TABLES.refusals if rule.name != name)
    chosen = [p for p in PURPOSES if p.group is HandoverGroup.REF]
    killed = _killed(_with(replace(THE_TABLES, refusals=refusals)), chosen)
    assert killed is not None and isinstance(killed.purpose, HandoverPurpose)
    assert killed.purpose.key.startswith(name)


TOLD = (
    "node identifier of a handover initiate",
    "prefixes of a handover initiate",
    "anchor of a handover initiate",
    "link-layer identifier of a handover initiate",
)
"""Of the other rows the reference gateway has nothing, or nobody asks for it."""


@pytest.mark.parametrize("name", TOLD)
def test_an_offer_that_lacks_an_option_is_noticed(name: str) -> None:
    rules = tuple(r for r in THE_TABLES.initiate_rules if r.name != name)
    chosen = [_first(HandoverGroup.PRE, "initiate_handover")]
    killed = _killed(_with(replace(THE_TABLES, initiate_rules=rules)), chosen)
    assert killed is not None and killed.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("part", "level"),
    [
        ("node identifier", Verdict.FAIL),
        ("prefixes", Verdict.FAIL),
        ("anchor", Verdict.WARN),
        ("link-layer identifier", Verdict.WARN),
    ],
)
def test_an_answer_that_lacks_an_option_is_noticed(part: str, level: Verdict) -> None:
    rules = tuple(
        rule for rule in THE_TABLES.acknowledge_rules if not rule.name.startswith(part)
    )
    chosen = [_first(HandoverGroup.PRE, "give_context / IDLE")]
    killed = _killed(_with(replace(THE_TABLES, acknowledge_rules=rules)), chosen)
    assert killed is not None and killed.verdict is level


def test_a_gateway_that_does_not_ask_for_the_link_layer_identifier_is_noticed() -> None:
    """It is available, and used: the tester's own gateways tell it (5949-6.2.1-2)."""
    prefixes_alone = ContextRequest((RequestedContext(int(HomeNetworkPrefix.TYPE)),))

    def prefixes(_asked: Asked, _known: HandoverContext) -> tuple[MobilityOption, ...]:
        return (prefixes_alone,)

    rules = tuple(
        replace(row, options=prefixes) if row.option is ContextRequest else row
        for row in THE_TABLES.initiate_rules
    )
    chosen = [p for p in PURPOSES if p.key.startswith("fetch_context")]
    start = _with(replace(THE_TABLES, initiate_rules=rules))
    found = [run_in_memory(purpose, start) for purpose in chosen]
    assert len(found) == 4
    assert {r.verdict for r in found} == {Verdict.FAIL}
    assert {f.requirements for r in found for f in r.findings} == {("5949-6.2.1-2",)}


@pytest.mark.parametrize(
    ("request_", "part", "requirement"),
    [
        (HandoverRequest.START_FORWARDING, "start_forwarding", "5949-4.2-10"),
        (HandoverRequest.COMPLETION, "complete_forwarding", "5949-4.1-12"),
        (HandoverRequest.ASK_TO_FORWARD, "ask_previous_gateway", "5949-4.1-6"),
    ],
)
def test_a_gateway_that_asks_for_forwarding_without_f_is_noticed(
    request_: HandoverRequest, part: str, requirement: str
) -> None:

    def forward(asked: Asked) -> Value:
        return asked["forward"] and asked["request"] != request_.name

    fields = tuple(
        replace(row, value=forward) if row.name == "forward" else row
        for row in THE_TABLES.initiate_fields
    )
    chosen = [p for p in PURPOSES if p.key.startswith(part)]
    start = _with(replace(THE_TABLES, initiate_fields=fields))
    results = (run_in_memory(purpose, start) for purpose in chosen)
    found = [result for result in results if result.findings]
    assert found and {r.verdict for r in found} == {Verdict.FAIL}
    cited = {n for r in found for f in r.findings for n in f.requirements}
    assert requirement in cited


def _another_number(answered: Answered) -> int:
    return answered.request.sequence ^ 1


def test_an_answer_with_another_number_is_noticed() -> None:
    fields = tuple(
        replace(row, value=_another_number) if row.name == "sequence" else row
        for row in THE_TABLES.acknowledge_fields
    )
    chosen = [_first(HandoverGroup.NEW, "accept_offer")]
    assert _killed(_with(replace(THE_TABLES, acknowledge_fields=fields)), chosen)


def test_a_gateway_that_takes_any_answer_is_noticed() -> None:
    tables = replace(THE_TABLES, matching=THE_TABLES.matching[1:])
    chosen = [_first(HandoverGroup.RTX, THE_TABLES.matching[0].name)]
    assert _killed(_with(tables), chosen) is not None


class _ServesHosts(FastHandoverGateway):
    """It lets a node begin its handover by itself, and stops to serve it."""

    def receive_from_node(
        self, node: bytes, packet: bytes, now_ms: int, time_of_day: int
    ) -> list[Sent]:
        header = decode_ipv6(packet)
        assert header is not None
        asks = header.next_header == ICMPV6 and header.payload[0] == HOST_MESSAGES
        if asks or header.next_header == IPPROTO_MOBILITY:
            return self.indicate_handover(node, ACCESS_POINT, now_ms, time_of_day)
        return super().receive_from_node(node, packet, now_ms, time_of_day)


@pytest.mark.parametrize("message", HostMessage)
def test_a_gateway_that_hands_over_because_a_node_says_so_is_noticed(
    message: HostMessage,
) -> None:
    case = _first(HandoverGroup.REF, f"{message.name.lower()} of a node")

    def start(settings: GatewaySettings, ms: int) -> FastHandoverGateway:
        return _ServesHosts(settings, start_ms=ms)

    killed = _killed(start, [case])
    assert killed is not None and killed.verdict is Verdict.WARN


class _KnowsNoOther(FastHandoverGateway):
    """It does not remember the link-layer identifier of the context."""

    def _keep_context(
        self,
        node: bytes,
        message: HandoverInitiate | HandoverAcknowledge,
        source: IPv6Address,
    ) -> None:
        pass


@pytest.mark.parametrize("interface", ["the same interface", "another interface"])
def test_a_gateway_that_compares_no_identifiers_is_noticed(interface: str) -> None:
    case = _first(HandoverGroup.REG, interface)

    def start(settings: GatewaySettings, ms: int) -> FastHandoverGateway:
        return _KnowsNoOther(settings, start_ms=ms)

    killed = _killed(start, [case])
    assert killed is not None and killed.verdict is Verdict.WARN
    assert {finding.requirements for finding in killed.findings} == {("5949-4.1-9",)}


class _KeepsWrongPrefix(FastHandoverGateway):
    """It does not look at the prefix of an answer that lets it have the packets."""

    def _take_acknowledge(
        self, message: HandoverAcknowledge, source: IPv6Address
    ) -> None:
        if message.code == HandoverAcknowledgeCode.ACCEPTED:
            told = (HomeNetworkPrefix, MobileNodeLinkLayerIdentifier)
            options = tuple(o for o in message.options if not isinstance(o, told))
            message = replace(message, options=options)
        super()._take_acknowledge(message, source)


class _DeafToRepetitions(FastHandoverGateway):
    """It answers no HI that it has answered before."""

    def __init__(self, settings: GatewaySettings, **others: Any) -> None:
        self._answered: set[int] = set()
        super().__init__(settings, **others)

    def _take_initiate(self, message: HandoverInitiate, source: IPv6Address) -> None:
        if message.sequence not in self._answered:
            self._answered.add(message.sequence)
            super()._take_initiate(message, source)


class _Strict(FastHandoverGateway):
    """It drops an HI and a HAck with any reserved bit set."""

    def receive_from_network(
        self, packet: bytes, now_ms: int, time_of_day: int
    ) -> list[Sent]:
        read = decode_packet(packet)
        if read is not None and any("reserved" in str(f) for f in read[1].findings):
            return []
        return super().receive_from_network(packet, now_ms, time_of_day)


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        (
            _KeepsWrongPrefix,
            {
                "take_consent / another prefix, predictive",
                "take_consent / another prefix, reactive",
            },
        ),
        (
            _DeafToRepetitions,
            {
                "accept_completion / once more",
                "accept_offer / once more",
                "give_context / once more",
                "refuse_offer / once more",
            },
        ),
        (
            _Strict,
            {
                "accept_offer / reserved bits",
                "give_context / reserved bits",
                "take_context / reserved bits",
            },
        ),
    ],
    ids=lambda each: each.__name__.strip("_") if isinstance(each, type) else "",
)
def test_these_cases_alone_notice_a_faulty_gateway(
    kind: type[FastHandoverGateway], keys: set[str]
) -> None:
    def start(settings: GatewaySettings, ms: int) -> FastHandoverGateway:
        return kind(settings, start_ms=ms)

    results = [run_in_memory(p, start) for p in PURPOSES]
    found = {r.purpose.name for r in results if r.findings}
    assert {p.key for p in PURPOSES if p.name in found} == keys
    assert {r.verdict for r in results if r.findings} == {Verdict.FAIL}


class _Floods(FastHandoverGateway):
    """All packets that it has held back leave at once."""

    most_at_once = 64


def test_a_gateway_that_floods_a_link_is_warned() -> None:
    def start(settings: GatewaySettings, ms: int) -> FastHandoverGateway:
        return _Floods(settings, start_ms=ms)

    results = {p.key: run_in_memory(p, start) for p in BUFFERED}
    found = [r for r in results.values() if r.findings]
    filled = [key for key in results if key.endswith("at the rate at which they came")]
    assert found == [results[key] for key in filled] and len(found) == 2
    assert {f.requirements for r in found for f in r.findings} == {AT_RATE}
    assert {r.verdict for r in found} == {Verdict.WARN}


def test_a_prefix_that_is_refused_is_withdrawn() -> None:
    rules = mutant("mag.withdraw_prefix.guard-4-0").rules

    def start(settings: GatewaySettings, ms: int) -> FastHandoverGateway:
        return FastHandoverGateway(settings, rules=rules, start_ms=ms)

    refused = [p for p in PURPOSES if p.key.endswith(", refused")]
    assert len(refused) == 3
    results = [run_in_memory(p, start) for p in refused]
    assert [r.verdict for r in results] == [Verdict.FAIL] * 3


def test_what_is_withdrawn_alone_cites_the_withdrawal() -> None:
    citing = {p.key for p in PURPOSES if "5949-5.2-3" in p.requirements}
    assert {key.partition(" / ")[0] for key in citing} == {
        "withdraw_prefix",
        "take_consent",
    }
    assert len(citing) == 8


MUTANTS = (
    "accept_offer.removed",
    "give_context.removed",
    "take_agreement.removed",
    "cancel_handover.removed",
    "follow_request.removed",
    "complete_forwarding.removed",
    "take_context.removed",
    "fall_back.removed",
    "fetch_context.removed",
    "withdraw_prefix.removed",
    "advertise_transferred_prefix.removed",
    "register_transferred_prefix.removed",
    "retransmit_handover_initiate.removed",
    "give_up_as_new_gateway.removed",
    "take_back.removed",
    "take_consent.removed",
    "take_refusal.removed",
)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_changed_rule_is_noticed_by_a_case_of_it(name: str) -> None:
    rules = mutant(f"mag.{name}").rules

    def start(settings: GatewaySettings, ms: int) -> FastHandoverGateway:
        return FastHandoverGateway(settings, rules=rules, start_ms=ms)

    of_rule = [p for p in PURPOSES if p.key.startswith(f"{name.split('.')[0]} /")]
    assert of_rule
    assert _killed(start, of_rule) is not None
