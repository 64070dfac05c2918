"""A gateway may leave out what it only should do, and do what nobody forbids.

Of the first it is warned, of the second it hears nothing; neither fails a case.
"""

from dataclasses import replace
from itertools import count

import pytest

from pmip6.conformance.fast_handover.case import run_in_memory
from pmip6.conformance.fast_handover.gateway import gateway_of
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.in_memory import run_gateway_case, run_gateways_in_memory
from pmip6.conformance.mag.packets import read
from pmip6.conformance.mag.permitted_gateways import (
    AT_ONCE,
    PermittedGateway,
    Rewriting,
)
from pmip6.conformance.mag.port import Sent
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.results import CaseResult
from pmip6.conformance.verdict import Verdict, level_of
from pmip6.model.domain import shipped_rules
from pmip6.model.language.table import Role, Rule
from pmip6.model.mag.due_requests import (
    AFTER_REJECTION,
    AGAINST_REQUEST,
    AGAINST_REQUEST_AFTER,
    BEHIND_REQUEST,
    BEHIND_REQUEST_AFTER,
    FREE_TO_DEREGISTER,
    RENEWING,
    REPEATING,
)
from pmip6.model.mag.rules import mag
from pmip6.model.requirements.tables import Level, load_requirements
from pmip6.model.shipped.repeated_deregistrations import deregistrations_repeated
from pmip6.model.state import bule_prefix
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.model.wire.numbers import BindingAckStatus
from pmip6.vectors.fast_handover.purposes import handover_purposes
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import (
    GatewayPurpose,
    gateway_purposes,
    gateway_purposes_named,
)
from pmip6.vectors.mag.stimuli import Answer

LEFT_OUT = {"notice_detachment": False, "retransmit": True, "renew": True}
"""Rules that send what only a SHOULD asks for; whether all else goes with it.

Without a de-registration the gateway still forgets the node, which is a MUST.
"""
ASKED_AGAIN = {
    "TP_MAG_ACK_BI_02": Verdict.PASS,  # status 128: it may
    "TP_MAG_ACK_BI_14": Verdict.WARN,  # status 152: it should not
}


def _without_request(name: str) -> tuple[Rule, ...]:
    """The rules, one of which does all but send its request."""
    return tuple(r.changed(sends=()) if r.name == name else r for r in shipped_rules())


def _asking_again() -> tuple[Rule, ...]:
    """Rules of a gateway that asks again a timeout after any rejection."""
    (again,) = (rule for rule in mag.rules if rule.name == "try_again_later")
    return tuple(
        r.changed(updates=again.updates, timers=again.timers)
        if r.name == "accept_refusal"
        else r
        for r in shipped_rules()
    )


def _cited(results: tuple[CaseResult, ...]) -> set[str]:
    return {i for r in results for f in r.findings for i in f.requirements}


@pytest.mark.parametrize(("name", "is_removed"), LEFT_OUT.items())
def test_what_is_left_out_of_a_should_is_a_warning(name: str, is_removed: bool) -> None:
    others = tuple(rule for rule in shipped_rules() if rule.name != name)
    rules = others if is_removed else _without_request(name)
    results = run_gateways_in_memory(rules=rules)
    verdicts = {result.verdict for result in results}
    assert Verdict.WARN in verdicts
    failed = {r.purpose.name: r.reason for r in results if r.verdict >= Verdict.FAIL}
    assert failed == {}
    assert _cited(results) & set(BEHIND_REQUEST[name])
    assert level_of(_cited(results)) is Level.SHOULD


def test_a_gateway_with_fast_handover_is_warned_in_the_same_way() -> None:
    rules = _without_request("notice_detachment")

    def start(settings: GatewaySettings, start_ms: int) -> ReferenceGateway:
        return gateway_of(settings, rules=rules, start_ms=start_ms)

    results = tuple(run_in_memory(p, start) for p in handover_purposes())
    assert {result.verdict for result in results} == {Verdict.PASS, Verdict.WARN}
    assert _cited(results) == set(BEHIND_REQUEST["notice_detachment"])


@pytest.mark.parametrize(("percent", "verdict"), [(94, "PASS"), (97, "WARN")])
def test_a_lifetime_is_renewed_early_enough_for_the_answer_to_come(
    percent: int, verdict: str
) -> None:
    (purpose,) = gateway_purposes_named(("TP_MAG_EXT_TI_02",))
    result = run_gateway_case(
        purpose,
        settings=lambda told: told.model_copy(update={"renew_after_percent": percent}),
    )
    assert result.verdict is Verdict[verdict]
    assert _cited((result,)) == ({"6275-11.7.3-8"} if verdict == "WARN" else set())


def test_what_is_left_out_of_a_must_fails() -> None:
    (purpose,) = gateway_purposes_named(("TP_MAG_ATT_BV_01",))
    result = run_gateway_case(purpose, rules=_without_request("request_allocation"))
    assert result.verdict is Verdict.FAIL
    assert _cited((result,)) >= set(BEHIND_REQUEST["request_allocation"])


@pytest.mark.parametrize(("name", "verdict"), ASKED_AGAIN.items())
def test_a_gateway_may_ask_again_where_no_status_forbids_it(
    name: str, verdict: Verdict
) -> None:
    (purpose,) = gateway_purposes_named((name,))
    result = run_gateway_case(purpose, rules=_asking_again())
    assert result.verdict is verdict, result.reason
    assert _cited((result,)) == set(
        {} if verdict is Verdict.PASS else {"5213-6.9.1.2-10"}
    )


def test_a_gateway_that_asks_again_fails_no_case() -> None:
    results = run_gateways_in_memory(rules=_asking_again())
    assert {r.purpose.name: r.reason for r in results if r.verdict > Verdict.WARN} == {}


AFTER_STATUS = {
    BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED: {"5213-6.9.1.2-12"},
    BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX: set[str](),
    BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW: set[str](),
}
"""What advises to ask again after a rejection; after the last two it is left open."""


def _rejected_with(status: BindingAckStatus) -> list[GatewayPurpose]:
    """The cases that are about the answer of a gateway with this status."""
    found = [
        purpose
        for purpose in gateway_purposes()
        if isinstance(purpose.test, Answer)
        and purpose.test.status == status
        and "try_again_later" in purpose.key.split(" / ")
    ]
    assert found
    return found


@pytest.mark.parametrize("status", AFTER_STATUS, ids=lambda status: status.name)
def test_who_gives_up_after_a_rejection_is_warned_where_it_should_not(
    status: BindingAckStatus,
) -> None:
    (gives_up,) = (rule for rule in mag.rules if rule.name == "accept_refusal")
    rules = tuple(
        r.changed(updates=gives_up.updates, timers=gives_up.timers)
        if r.name == "try_again_later"
        else r
        for r in shipped_rules()
    )
    results = run_gateways_in_memory(_rejected_with(status), rules)
    advised = AFTER_STATUS[status]
    wanted = Verdict.WARN if advised else Verdict.PASS
    assert {result.verdict for result in results} == {wanted}
    assert _cited(results) == advised


def _naming_again(rule: Rule) -> Rule:
    """The rule, which asks for the refused prefix in place of any."""
    if rule.name == "try_again_later":
        kept = tuple(u for u in rule.updates if u.map.name != bule_prefix.name)
        return rule.changed(updates=kept)
    if rule.name != "ask_for_another_prefix":
        return rule
    (sent,) = rule.sends
    at = [name for name, _ in sent.channel.fields].index("prefix")
    values = list(sent.values)
    values[at] = bule_prefix[values[0], values[1]]
    return rule.changed(sends=(replace(sent, values=tuple(values)),))


@pytest.mark.parametrize("table", [shipped_rules(), AT_ONCE], ids=["later", "at once"])
def test_who_asks_again_for_a_refused_prefix_is_warned(table: tuple[Rule, ...]) -> None:
    status = BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX
    named = [p for p in _rejected_with(status) if p.domain is GatewayDomain.PROFILED]
    results = run_gateways_in_memory(named, map(_naming_again, table))
    assert {result.verdict for result in results} == {Verdict.WARN}
    assert _cited(results) == {"5213-6.9.1.2-15"}


def test_a_deregistration_may_be_repeated() -> None:
    rules = tuple(map(deregistrations_repeated, shipped_rules()))
    results = run_gateways_in_memory(rules=rules)
    assert {r.purpose.name: r.reason for r in results if r.findings} == {}
    assert {r.verdict for r in results} == {Verdict.PASS}


def _first(requests: int) -> Rewriting:
    """Only so many requests go out."""
    numbers = count(1)

    def writes(sent: Sent) -> list[Sent]:
        is_request = isinstance(read(sent).message, ProxyBindingUpdate)
        return [] if is_request and next(numbers) > requests else [sent]

    return writes


@pytest.mark.parametrize(
    ("requests", "verdict"),
    [
        (7, Verdict.PASS),  # one at the slowest rate, and no more
        (6, Verdict.INCONC),  # none: the case cannot begin
        (5, Verdict.INCONC),
    ],
)
def test_repetition_may_end_at_the_slowest_rate(
    requests: int, verdict: Verdict
) -> None:
    (purpose,) = gateway_purposes_named(("TP_MAG_RTX_TI_20",))
    variant = PermittedGateway("ends", "", writes=_first(requests))
    result = variant.run(purpose)
    assert (result.verdict, result.findings == ()) == (verdict, requests > 5)


def test_the_tables_name_rules_and_requirements_that_there_are() -> None:
    own = {rule.name for rule in shipped_rules() if rule.role is Role.MAG}
    named = {REPEATING, RENEWING, *FREE_TO_DEREGISTER, *AFTER_REJECTION}
    assert {*BEHIND_REQUEST, *AGAINST_REQUEST, *named} <= own
    by_status = (AGAINST_REQUEST_AFTER, BEHIND_REQUEST_AFTER)
    for table in (BEHIND_REQUEST, AGAINST_REQUEST, *by_status):
        for requirements in table.values():
            assert requirements
            assert set(requirements) <= set(load_requirements())
