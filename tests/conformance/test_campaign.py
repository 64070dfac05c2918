"""Campaigns in memory: the reference passes, and faulty anchors fail by name."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from pmip6.conformance.campaign import NOT_ANSWERING
from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.in_memory import (
    anchor_settings,
    reference_declaration,
    run_in_memory,
    waiting_declaration,
)
from pmip6.conformance.lma.lane import anchor_campaign
from pmip6.conformance.lma.script import Listen, Script
from pmip6.conformance.results import CampaignResult
from pmip6.conformance.scheduler import Scheduler, Task
from pmip6.conformance.verdict import Layer, Verdict
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Rule
from pmip6.model.lma.acknowledgement import EXCHANGE_RULES, FIELD_RULES
from pmip6.model.lma.answer import Answer, ExchangeRule, Expected
from pmip6.model.lma.rules import lma
from pmip6.model.state import waits_for_deregistration
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.model.wire.numbers import IPPROTO_NONE
from pmip6.vectors.lma.purposes import Purpose, purposes, purposes_named

SOME = ("TP_LMA_REG_BV_01", "TP_LMA_HO_BV_01", "TP_LMA_DER_BO_01", "TP_LMA_DER_TI_01")


@pytest.fixture(scope="module")
def reference() -> CampaignResult:
    return run_in_memory()


def test_the_reference_passes_every_case(reference: CampaignResult) -> None:
    wrong = {c.purpose.name: c.reason for c in reference.cases if c.findings}
    assert wrong == {}
    suited = {p.name for p in reference_declaration().suited(purposes())}
    for case in reference.cases:
        ran = case.purpose.name in suited
        assert case.verdict is (Verdict.PASS if ran else Verdict.SKIP), case.reason
    assert len(reference.cases) == len(purposes())
    assert len(purposes()) - len(suited) == 83
    assert reference.exit_code(strict=True) == 0


def test_an_anchor_that_waits_passes_what_is_about_it() -> None:
    cases = [p.name for p in purposes() if waits_for_deregistration.name in p.needs]
    result = run_in_memory(cases=cases, declaration=waiting_declaration())
    assert {c.purpose.name: c.reason for c in result.cases if c.reason} == {}
    assert {c.verdict for c in result.cases} == {Verdict.PASS}
    steps = {step for case in result.cases for step in case.steps}
    assert any("all of it of max_delay" in step for step in steps)


def _restarted(rule: Rule) -> Rule:
    """The delay begins again with the newer request."""
    start = next(r for r in lma.rules if r.name == "hold_request").timers
    return rule.changed(timers=start)


WAITING_FAULTS = {
    "no wait at all": (
        [r for r in lma.rules if r.name != "hold_request"],
        "hold_request",
    ),
    "the delay does not end": (
        [r for r in lma.rules if r.name != "allocate_after_waiting"],
        "hold_request",
    ),
    "the session is not handed over": (
        [r for r in lma.rules if r.name != "hand_over_to_waiting"],
        "hand_over_to_waiting",
    ),
    "a newer request begins the delay again": (
        [_restarted(r) if r.name == "hold_newer_request" else r for r in lma.rules],
        "hold_newer_request",
    ),
}


@pytest.mark.parametrize("fault", WAITING_FAULTS)
def test_a_wrong_wait_fails_a_case(fault: str) -> None:
    rules, about = WAITING_FAULTS[fault]
    cases = [p.name for p in purposes() if f" / {about} / " in p.key]
    declared = waiting_declaration()
    result = run_in_memory(rules, cases=cases, declaration=declared)
    assert Verdict.FAIL in {c.verdict for c in result.cases}


def _changed(name: str, change: Callable[[Rule], Rule]) -> list[Rule]:
    return [change(rule) if rule.name == name else rule for rule in lma.rules]


def _without_update(rule: Rule, name: str) -> Rule:
    return rule.changed(updates=tuple(u for u in rule.updates if u.map.name != name))


def _without_timer(rule: Rule, name: str) -> Rule:
    return rule.changed(timers=tuple(t for t in rule.timers if t.timer.name != name))


def _without_condition(rule: Rule, text: str) -> Rule:
    return rule.changed(guard=tuple(c for c in rule.guard if text not in str(c)))


def _foreign_deregistration() -> Rule:
    rule = next(rule for rule in lma.rules if rule.name == "deregister")
    return _without_condition(rule, "bce_proxy_coa[entry").changed(name="too_lenient")


DELAY = "min_delay_before_bce_delete"
FAULTY_RULES = {
    "hand_off forgets the new Proxy-CoA": (
        _changed("hand_off", lambda r: _without_update(r, "bce_proxy_coa")),
        "TP_LMA_HO_BV_01",
        "5213-5.3.4-1",
    ),
    "deregister deletes nothing ever": (
        _changed("deregister", lambda r: _without_timer(r, DELAY)),
        "TP_LMA_DER_TI_07",
        "5213-5.3.5-2",
    ),
    "the timestamp is not remembered": (
        _changed("allocate", lambda r: _without_update(r, "last_accepted")),
        "TP_LMA_REG_BV_02",
        "5213-5.3.2-12",
    ),
    "a foreign de-registration counts": (
        [r for r in lma.rules if r.name != "ignore_foreign_deregistration"]
        + [_foreign_deregistration()],
        "TP_LMA_DER_BO_01",
        "5213-5.3.5-1",
    ),
    "no answer to a renewal": (
        _changed("extend", lambda r: r.changed(sends=())),
        "TP_LMA_EXT_BV_01",
        "5213-5.3.3-1",
    ),
    "strangers may register": (
        [rule for rule in lma.rules if rule.name != "reject_unauthorised_gateway"],
        "TP_LMA_CHK_BI_03",
        "5213-5.3.1-7",
    ),
}


@pytest.mark.parametrize("fault", FAULTY_RULES)
def test_a_faulty_rule_fails_its_case(fault: str) -> None:
    rules, name, requirement = FAULTY_RULES[fault]
    (case,) = run_in_memory(rules, cases=[name]).cases
    assert case.verdict is Verdict.FAIL, case.reason
    behaviour = [f for f in case.findings if f.layer is Layer.BEHAVIOUR]
    assert requirement in {r for f in behaviour for r in f.requirements}


def _nothing(request: ProxyBindingUpdate, answer: Answer) -> Expected:
    return Expected((), ((),))


@pytest.mark.parametrize("name", [rule.name for rule in EXCHANGE_RULES])
def test_an_option_that_is_not_sent_fails(name: str) -> None:
    rules: Iterable[ExchangeRule] = [
        replace(rule, expected=_nothing) if rule.name == name else rule
        for rule in EXCHANGE_RULES
    ]
    result = run_in_memory(exchange_rules=rules, cases=["TP_LMA_ACK_BV_02"])
    requirements = {r for f in result.cases[0].findings for r in f.requirements}
    rule = next(rule for rule in EXCHANGE_RULES if rule.name == name)
    assert result.cases[0].verdict is Verdict.FAIL
    assert set(rule.requirements) & requirements
    assert result.exit_code() == 1


def _everything(request: ProxyBindingUpdate, answer: Answer) -> int:
    """The longest lifetime that there is."""
    return 0xFFFF if request.lifetime else 0


def test_a_session_is_not_waited_for_longer_than_was_asked() -> None:
    rules = [
        replace(rule, value=_everything) if rule.name == "lifetime" else rule
        for rule in FIELD_RULES
    ]
    (case,) = run_in_memory(field_rules=rules, cases=["TP_LMA_EXT_TI_02"]).cases
    assert {f.text for f in case.findings} == {"lifetime: asked for 1, got 65535"}
    assert {f.requirements for f in case.findings} == {
        ("6275-9.5.2-2", "6275-10.3.1-16")
    }


# ---- one link for all ----------------------------------------------------------------


def _link(declaration: Declaration, link: type[VirtualLink]) -> VirtualLink:
    names = [
        *declaration.nodes.identifiers()[:12],
        *list(declaration.nodes.by_name)[:2],
    ]
    return link(ReferenceAnchor(anchor_settings(declaration, names)))


def _run(
    chosen: Iterable[Purpose], link: type[VirtualLink] = VirtualLink
) -> CampaignResult:
    declaration = reference_declaration()
    return anchor_campaign(declaration, _link(declaration, link)).run(chosen)


def test_cases_run_side_by_side_over_one_link() -> None:
    result = _run(purposes_named([*SOME, "TP_LMA_RCV_BI_05"]))
    assert {c.purpose.name: c.verdict for c in result.cases} == dict.fromkeys(
        sorted([*SOME, "TP_LMA_RCV_BI_05"]), Verdict.PASS
    )
    assert result.exit_code() == 0


class DeadLink(VirtualLink):
    """A link behind which nobody is."""

    def send(self, packet: bytes) -> None:
        """Lose the packet."""


class DyingLink(VirtualLink):
    """A link to an anchor that dies after some packets."""

    left = 6

    def send(self, packet: bytes) -> None:
        """Lose the packet once the anchor is dead."""
        self.left -= 1
        if self.left > 0:
            super().send(packet)


class DeafLink(VirtualLink):
    """A link to an anchor that hears nothing more after a wrong Payload Proto."""

    is_deaf = False
    restarts = 0

    def send(self, packet: bytes) -> None:
        """Lose the packet once the anchor is deaf."""
        if not self.is_deaf:
            super().send(packet)
        self.is_deaf = self.is_deaf or packet[40] != IPPROTO_NONE

    def restart(self) -> None:
        """Let it hear again."""
        self.restarts += 1
        self.is_deaf = False


@pytest.mark.parametrize("link", [DeadLink, DyingLink])
def test_a_dead_implementation_is_inconclusive(link: type[VirtualLink]) -> None:
    result = _run(purposes_named(SOME), link)
    assert result.died and result.exit_code() == 3
    unfinished = [c for c in result.cases if c.verdict is not Verdict.PASS]
    assert {c.verdict for c in unfinished} == {Verdict.INCONC}
    assert {c.reason for c in unfinished} == {NOT_ANSWERING}


def test_the_case_that_makes_it_deaf_fails_and_the_others_run_again() -> None:
    declaration = reference_declaration()
    link = _link(declaration, DeafLink)
    assert isinstance(link, DeafLink)
    campaign = anchor_campaign(declaration, link, restart=link.restart)
    result = campaign.run(purposes_named([*SOME, "TP_LMA_RCV_BI_07"]))
    found = {c.purpose.name: c for c in result.cases}
    culprit = found.pop("TP_LMA_RCV_BI_07")
    assert {c.verdict for c in found.values()} == {Verdict.PASS}
    (finding,) = culprit.findings
    assert culprit.verdict is Verdict.FAIL
    assert finding.requirements == culprit.purpose.requirements
    assert (
        link.restarts == 3
    )  # for the suspects, for the culprit as the first, after it
    assert {loss.culprit for loss in result.losses} == {"", culprit.purpose.name}
    assert not result.died and result.exit_code() == 1


class LateLink(VirtualLink):
    """A link to a tester that is once late by three seconds."""

    lateness_ms = 3000

    def receive(self, until_ms: int) -> tuple[int, bytes] | None:
        """Wait too long, once, where nothing comes."""
        received = super().receive(until_ms)
        if received is None and self.lateness_ms:
            late_ms, self.lateness_ms = self.lateness_ms, 0
            assert super().receive(until_ms + late_ms) is None
        return received


def test_a_case_for_which_the_tester_was_late_runs_once_more() -> None:
    case = purposes_named(["TP_LMA_DER_TI_08"])
    (passed,) = _run(case, LateLink).cases
    assert passed.verdict is Verdict.PASS
    declaration = reference_declaration()
    timers = declaration.timers.model_copy(update={"tolerance_ms": 5000})
    tolerant = declaration.model_copy(update={"timers": timers})
    link = _link(declaration, LateLink)
    (once,) = anchor_campaign(tolerant, link).run(case).cases
    assert once.verdict is Verdict.INCONC and "does not run" in once.reason


class Waiting:
    """A script that waits for a time, and for nothing more."""

    node_names = frozenset[bytes]()

    def run(self, now_ms: int) -> Script:
        """Wait until the next millisecond."""
        yield Listen(now_ms + 1)


def test_a_script_that_is_stopped_by_the_end_of_another_goes_on_no_more() -> None:
    ended: list[Task] = []

    def stop_all(task: Task) -> None:
        ended.append(task)
        assert [t.is_done for t in scheduler.stop()] == [True]

    scheduler = Scheduler(_link(reference_declaration(), VirtualLink), stop_all)
    first, second = scheduler.start(Waiting()), scheduler.start(Waiting())
    scheduler.run_some()
    assert ended == [first] and second.is_done and scheduler.is_idle


def test_what_cannot_be_restarted_stays_inconclusive() -> None:
    declaration = reference_declaration()

    def fail() -> None:
        raise Pmip6Error("hooks.restart", "exit status 1", "run it by hand")

    campaign = anchor_campaign(declaration, _link(declaration, DeafLink), restart=fail)
    result = campaign.run(purposes_named([*SOME, "TP_LMA_RCV_BI_07"]))
    assert result.died and result.exit_code() == 3
    unfinished = {c.verdict for c in result.cases} - {Verdict.PASS}
    assert unfinished == {Verdict.INCONC}


def test_a_rejection_of_what_is_acceptable_cites_no_duty_after_acceptance() -> None:
    """A declared node is told 152: no prefix was allocated and no entry made."""
    declared = reference_declaration()
    settings = anchor_settings(declared, declared.nodes.identifiers()[:9])
    nodes = tuple(n.model_copy(update={"enabled": False}) for n in settings.nodes)
    anchor = ReferenceAnchor(settings.model_copy(update={"nodes": nodes}))
    campaign = anchor_campaign(declared, VirtualLink(anchor))
    (case,) = campaign.run(purposes_named(["TP_LMA_REG_BV_01"])).cases
    assert case.verdict is Verdict.FAIL
    (finding,) = case.findings
    assert "152 (PROXY_REG_NOT_ENABLED)" in finding.text
    assert "5213-5.3.2-1" in finding.requirements
    assert not {"5213-5.3.2-2", "5213-5.3.2-7", "5213-5.3.2-12"} & set(
        finding.requirements
    )


def test_no_case_is_no_result() -> None:
    assert _run([]).exit_code() == 3


def test_a_case_without_nodes_is_skipped() -> None:
    declared = reference_declaration()
    nodes = declared.nodes.model_copy(update={"unprovided": "", "by_name": {}})
    declaration = declared.model_copy(update={"nodes": nodes})
    result = run_in_memory(
        cases=["TP_LMA_REG_BO_01", "TP_LMA_REG_BV_05"], declaration=declaration
    )
    assert [c.verdict for c in result.cases] == [Verdict.SKIP, Verdict.SKIP]
    assert "no unprovided node is declared" in result.cases[0].reason
    assert result.exit_code() == 3
