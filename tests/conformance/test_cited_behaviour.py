"""Anchors that do what a requirement forbids fail the cases that cite it."""

from dataclasses import replace
from typing import cast

import pytest

from pmip6.conformance.lma import anchor
from pmip6.conformance.lma import domain as anchor_domain
from pmip6.conformance.lma.faulty_peers import anchor_mutants, faulty_peer
from pmip6.conformance.lma.in_memory import (
    reference_declaration,
    run_case_in_memory,
    run_in_memory,
)
from pmip6.conformance.lma.kill_layers import verdict
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.verdict import Verdict
from pmip6.model.lma.acknowledgement import EXCHANGE_RULES
from pmip6.model.lma.answer import Answer, ExchangeRule, Expected
from pmip6.model.state import binding_lifetime, sequence_numbers, several_interfaces
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.vectors.lma.purposes import Purpose, purposes, purposes_named
from pmip6.vectors.lma.shown import BREAKING
from pmip6.vectors.lma.stimuli import Order, Phase, Request, Wait

ENDS = (
    "6275-6.1.7-x8",
    "6275-6.1.7-x9",
    "6275-6.1.8-x25",
    "6275-10.3.1-28",
)
"""What every case shows that is about when a binding ends."""

AT_THE_END = {
    Phase.NEARLY: ("6275-6.1.8-3", 2),
    Phase.PAST: ("6275-6.1.7-7", 8),
}
"""What the cases of a phase show beside that, and a unit of lifetimes that is wrong."""


def _waiting_for(phase: Phase) -> list[Purpose]:
    wait = Wait(binding_lifetime.name, phase)
    measured = f"{phase} of {binding_lifetime.name}"
    return [
        p for p in purposes() if p.key.endswith(measured) and p.probes[:1] == (wait,)
    ]


@pytest.mark.parametrize("phase", AT_THE_END)
def test_another_unit_of_lifetimes_is_found_out(
    phase: Phase, monkeypatch: pytest.MonkeyPatch
) -> None:
    requirement, seconds = AT_THE_END[phase]
    cases = _waiting_for(phase)
    assert cases
    for case in cases:
        assert {requirement, *ENDS} <= set(case.requirements), case.name
    monkeypatch.setattr(anchor, "LIFETIME_UNIT_SECONDS", seconds)
    found = run_in_memory(cases=[case.name for case in cases])
    assert {result.verdict for result in found.cases} == {Verdict.FAIL}


@pytest.mark.parametrize("requirement", BREAKING)
def test_an_anchor_that_breaks_a_sentence_about_entries_fails_what_cites_it(
    requirement: str,
) -> None:
    citing = [p for p in purposes() if requirement in p.requirements and not p.needs]
    for case in citing[-3:]:
        assert Verdict.FAIL in {
            run_case_in_memory(case, reference_declaration(), rules=breaking()).verdict
            for breaking in BREAKING[requirement]
        }, case.name


class WithoutEnd:
    """Sequence numbers that never wrap."""

    def __contains__(self, pair: object) -> bool:
        later, earlier = cast("tuple[int, int]", pair)
        return later > earlier


class Forward:
    """Sequence numbers of which every other one is greater."""

    def __contains__(self, pair: object) -> bool:
        later, earlier = cast("tuple[int, int]", pair)
        return later != earlier


@pytest.mark.parametrize(
    ("counter", "orders"),
    [
        (WithoutEnd, (Order.WRAPPED, Order.HALFWAY)),
        (Forward, (Order.HALFWAY, Order.LOWER)),
    ],
)
def test_numbers_are_compared_on_a_counter_that_wraps(
    counter: type, orders: tuple[Order, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An anchor with another order of numbers fails cases with these numbers."""
    monkeypatch.setattr(anchor_domain, "Counter", counter)
    for order in orders:
        cases = [
            p
            for p in purposes()
            if isinstance(p.test, Request)
            and p.test.order is order
            and not p.test.faults
            and sequence_numbers.name in p.needs
        ]
        assert cases
        found = run_in_memory(cases=[case.name for case in cases])
        assert Verdict.FAIL in {result.verdict for result in found.cases}
        cited = {i for case in cases for i in case.requirements}
        wanted = {"6275-6.1.8-x15", "6275-9.5.1-x4"}
        if order is not Order.LOWER:
            wanted = {"6275-9.5.1-4", "6275-9.5.1-x2"}
        assert wanted <= cited


@pytest.mark.parametrize("requirement", ["5213-9.3-5", "5213-9.3-x1", "6275-9.5.1-3"])
def test_an_anchor_that_orders_by_timestamps_alone_is_found_out(
    requirement: str,
) -> None:
    def by_time(told: AnchorSettings) -> AnchorSettings:
        kept = tuple(s for s in told.switches if s != sequence_numbers.name)
        return told.model_copy(update={"switches": kept})

    verdicts = {
        run_case_in_memory(case, reference_declaration(), settings=by_time).verdict
        for case in purposes()
        if requirement in case.requirements
        and isinstance(case.test, Request)
        and not case.test.deregistration
        and not case.preamble
    }
    assert verdicts == {Verdict.FAIL}


@pytest.mark.parametrize("requirement", ["5213-5.1-x3", "5213-5.1-x8"])
def test_an_anchor_that_keeps_no_interface_is_found_out(requirement: str) -> None:
    def by_node(told: AnchorSettings) -> AnchorSettings:
        kept = tuple(s for s in told.switches if s != several_interfaces.name)
        return told.model_copy(update={"switches": kept})

    cases = [p for p in purposes() if requirement in p.requirements]
    verdicts = {
        run_case_in_memory(case, reference_declaration(), settings=by_node).verdict
        for case in cases[:4]
    }
    assert Verdict.FAIL in verdicts  # in a preamble it is inconclusive
    assert verdicts <= {Verdict.FAIL, Verdict.INCONC}


def test_an_anchor_that_keeps_no_timestamp_is_found_out() -> None:
    cases = [p for p in purposes() if "5213-5.1-x9" in p.requirements]
    (forgetful,) = [
        name
        for name in anchor_mutants()
        if name.startswith("lma.allocate.update")
        and "last_accepted" in faulty_peer(name).text
    ]
    assert verdict(faulty_peer(forgetful), cases[0]) is Verdict.FAIL


FORBIDDEN = [
    ("5213-5.2-1", "lma.allocate.guard-15", ""),
    ("6275-9.5.2-1", "lma.allocate.update-3", "TP_LMA_REG_BV_01"),
    ("6275-10.3.1-11", "lma.hand_off.update-1", "TP_LMA_HO_BV_01"),
    ("6275-9.5.1-18", "lma.hand_off.update-1", "TP_LMA_HO_BV_01"),
    ("6275-9.5.1-x8", "lma.hand_off.update-1", "TP_LMA_HO_BV_01"),
    ("6275-6.1.7-x14", "lma.hand_off.update-1", "TP_LMA_HO_BV_01"),
    ("6275-9.5.1-x5", "lma.allocate.removed", "TP_LMA_REG_BV_01"),
    ("6275-6.1.7-12", "lma.deregister.removed", "TP_LMA_DER_BV_01"),
    ("6275-9.5.1-x6", "lma.deregister.removed", "TP_LMA_DER_BV_01"),
    ("6275-9.5.4-2", "lma.extend.send-0", "TP_LMA_EXT_BV_01"),
    ("6275-6.1.7-x3", "lma.extend.send-0", "TP_LMA_EXT_BV_01"),
    ("6275-9.5.4-6", "lma.reject_unauthorised_gateway.removed", "TP_LMA_CHK_BI_03"),
    ("6275-10.3.1-7", "lma.reject_unauthorised_gateway.removed", "TP_LMA_CHK_BI_03"),
    ("6275-9.5.2-6", "lma.reject_for_lack_of_prefixes.send-0", ""),
    ("6275-9.5.4-3", "lma.reject_for_lack_of_prefixes.send-0", ""),
]
"""A requirement, an anchor that breaks it, and the case that shows it ("": each)."""


@pytest.mark.parametrize(("requirement", "mutant", "name"), FORBIDDEN, ids=str)
def test_what_is_forbidden_fails_a_case_that_cites_it(
    requirement: str, mutant: str, name: str
) -> None:
    citing = [p for p in purposes() if requirement in p.requirements]
    cases = purposes_named([name]) if name else tuple(citing)
    for case in cases:
        assert case in citing
        assert verdict(faulty_peer(mutant), case) is Verdict.FAIL


def test_an_anchor_that_counts_time_from_another_epoch_is_found_out() -> None:
    """Its clock is right, but it tells it as the seconds since 1900."""
    later = (70 * 365 + 17) * 86_400 << 16  # in the format of the Timestamp option

    def since_1900(rule: ExchangeRule) -> ExchangeRule:
        def expected(request: ProxyBindingUpdate, answer: Answer) -> Expected:
            return rule.expected(request, replace(answer, now=answer.now + later))

        return replace(rule, expected=expected)

    (case, *_) = (p for p in purposes() if p.key.startswith("reject_mismatched_"))
    found = run_case_in_memory(
        case, reference_declaration(), exchange_rules=map(since_1900, EXCHANGE_RULES)
    )
    cited = {i for finding in found.findings for i in finding.requirements}
    assert found.verdict is Verdict.FAIL and "5213-5.5-10" in cited
