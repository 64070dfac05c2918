"""The kill matrix: what notices some faulty anchors, and whether its document is true."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from golden_kill_matrix import GoldenScenario
from pinned_counts import CORNERS, PAIRS, RESTARTS, SMALL

from pmip6.conformance.lma.differences import AT_ONCE, LATER, MachineMaker, rule_fault
from pmip6.conformance.lma.faulty_peers import (
    FaultyPeer,
    anchor_mutants,
    encoder_mutants,
    faulty_peer,
)
from pmip6.conformance.lma.in_memory import reference_declaration
from pmip6.conformance.lma.kill_matrix import (
    WANTED_PERCENT,
    mutants,
    rule_changes,
    sampled,
    verdict,
)
from pmip6.conformance.lma.kill_report import (
    ON_THE_WIRE,
    WHY_THEY_SURVIVE,
    Fate,
    Layer,
    is_nested,
    percent_noticed,
    report,
    share,
    totals,
)
from pmip6.conformance.lma.scenarios import CaseScenario, differences, first_to_notice
from pmip6.conformance.verdict import Verdict
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Rule
from pmip6.model.lma.rules import lma
from pmip6.model.machines import LmaMachine
from pmip6.properties.faults.equivalence import (
    EVERY,
    IMPLIED,
    SAME,
    is_same_rule,
    reason_equivalent,
    switches_of,
)
from pmip6.properties.faults.noticed import COUNTED
from pmip6.vectors.lma.purposes import purposes_named

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "kill-matrix.md"
KILLED_BY = {
    "lma.reject_unauthorised_gateway.removed": "TP_LMA_CHK_BI_03",
    "lma.allocate.update-3": "TP_LMA_REG_BV_01",
    "lma.hand_off.update-1": "TP_LMA_HO_BV_01",
    "lma.hand_off.guard-14": "TP_LMA_DER_BO_01",
    "lma.extend.guard-9": "TP_LMA_CHK_BI_114",  # found without the access technology
    "lma.extend.guard-11": "TP_LMA_REG_BV_50",  # neither node has an identifier
    "lma.extend.guard-14": "TP_LMA_CHK_BI_06",
    "lma.hand_off.guard-11": "TP_LMA_REG_BV_51",  # both have the same one
    "lma.extend.send-0": "TP_LMA_EXT_BV_01",
    "lma.repeat_deregistration.send-0": "TP_LMA_DER_BV_03",
    "lma.deregister.timer-1": "TP_LMA_DER_BV_01",
    "lma.expire.removed": "TP_LMA_EXT_TI_01",
    **dict.fromkeys(encoder_mutants(), "TP_LMA_ACK_BV_02"),
}


@pytest.mark.parametrize("name", KILLED_BY)
def test_a_mutant_fails_its_case_that_the_anchor_passes(name: str) -> None:
    (purpose,) = purposes_named([KILLED_BY[name]])
    assert verdict(faulty_peer(name), purpose) is Verdict.FAIL
    assert reference_declaration().readings.taken() == ()


# ---- mutants are run where they differ -------------------------------------------------


def _case(name: str) -> CaseScenario:
    (purpose,) = purposes_named([name])
    return CaseScenario(purpose, reference_declaration())


def test_a_mutant_passes_every_case_in_which_it_never_differs() -> None:
    scenario = _case("TP_LMA_HO_BV_01")
    peers = [faulty_peer(name) for name in mutants()["whole"]]
    faults = [
        rule_fault(peer.name, peer.subject, peer.rules)
        for peer in peers
        if peer.rules is not None
    ]
    found = differences(scenario, faults)
    assert len(faults) == len(peers)
    for name in sampled([p.name for p in peers if p.name not in found], 12):
        assert not scenario.notices(faulty_peer(name).rules), name
    ranks = Counter(found.values())
    assert ranks[AT_ONCE] > 10 and ranks[LATER] > 10
    assert found["lma.hand_off.send-0"] == AT_ONCE
    assert found["lma.hand_off.update-1"] == LATER
    assert "lma.deregister.send-0" in found  # its probes end the session
    assert "lma.expire.removed" not in found  # no lifetime passes


def test_the_first_scenario_that_notices_is_told() -> None:
    names = ["lma.hand_off.update-1", "lma.expire.removed", "lma.allocate.guard-10"]
    scenarios = [_case("TP_LMA_REG_BV_01"), _case("TP_LMA_HO_BV_01")]
    found = first_to_notice(scenarios, [faulty_peer(name) for name in names])
    assert found == {"lma.hand_off.update-1": "TP_LMA_HO_BV_01"}


def test_a_golden_exchange_notices_what_the_cases_do_not() -> None:
    peer = faulty_peer("lma.extend.update-5")  # the number outlives a timestamp
    exchange = GoldenScenario("GX-LMA-127")
    assert exchange.notices(peer.rules) and not exchange.notices(None)


@dataclass(frozen=True)
class Unfair:
    """A scenario that finds fault with every anchor."""

    name: str = "unfair"

    def concerns(self, peer: FaultyPeer) -> bool:
        """All mutants."""
        return True

    def is_about(self, rule: str) -> bool:
        """It is about nothing."""
        return False

    def notices(
        self, rules: tuple[Rule, ...] | None, machine: MachineMaker = LmaMachine
    ) -> bool:
        """Whatever the rules are."""
        return True


def test_a_scenario_that_the_anchor_fails_is_no_judge() -> None:
    with pytest.raises(AssertionError, match="unfair fails on the anchor itself"):
        first_to_notice([Unfair()], [faulty_peer("lma.expire.removed")])


# ---- arguments -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("lma.expire.guard-1", IMPLIED),  # the lifetime runs while it is registered
        ("lma.reject_mismatched_timestamp.guard-4", IMPLIED),
        ("lma.hold_newer_request.guard-13", SAME),  # it asks for the feature twice
        ("lma.extend.guard-12", None),
        ("lma.expire.update-1", None),  # no argument is about what a rule does
        ("lma.expire.removed", None),
    ],
)
def test_a_condition_that_the_others_imply_is_no_loss(
    name: str, reason: str | None
) -> None:
    assert reason_equivalent(rule_changes([name])[0], [""]) == reason


def test_the_arguments_are_asked_with_every_switch_on() -> None:
    asked = {name for rule in lma.rules for name in switches_of(rule)}
    assert len(asked) > 12
    assert asked <= {name for on in EVERY.values() for name in on}


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("lma.hold_newer_request.guard-18", True),  # it asks for the feature twice
        ("lma.restart_without_bindings.update-16", False),  # where a request waits
        ("lma.expire.update-7", False),  # where the timestamp ends with the binding
    ],
)
def test_a_rule_is_the_same_under_every_choice_of_its_switches(
    name: str, same: bool
) -> None:
    assert is_same_rule(rule_changes([name])[0]) is same


# ---- the mutants and the report --------------------------------------------------------


def test_the_percentage_leaves_out_what_is_equivalent() -> None:
    fates = [
        Fate("a", "guard", "", Layer.CASE, "TP_LMA_REG_BV_01"),
        Fate("b", "guard", ""),
        Fate("c", "guard", "", Layer.EQUIVALENT, IMPLIED),
        Fate("d", "update", "", Layer.COUNT, "one"),
    ]
    assert percent_noticed(fates[:3]) == 50.0
    assert percent_noticed([]) == 100.0
    assert percent_noticed(fates, (Layer.CASE,)) == 100 / 3
    assert share(fates, (Layer.CASE, Layer.COUNT)) == "2 of 3 (66.7 %)"
    assert (
        totals(fates).splitlines()[-1] == "| all | 4 | 1 | 0 | 0 | 1 | 1 | 1 | 66.7 |"
    )


def test_every_mutant_is_in_one_part() -> None:
    every = [name for names in mutants().values() for name in names]
    assert len(every) == len(set(every))
    assert set(every) == {*anchor_mutants(), *encoder_mutants()}


def test_a_sample_is_the_same_in_every_run() -> None:
    names = [str(n) for n in range(100)]
    assert sampled(names, 0) == sampled(names, 100) == names
    assert sampled(names, 9) == sampled(names, 9)
    assert len(sampled(names, 9)) == 9
    assert sampled(names, 9) == sorted(sampled(names, 9), key=int)


def test_an_unknown_mutant_is_one_line() -> None:
    with pytest.raises(Pmip6Error, match="is no mutant"):
        faulty_peer("lma.allocate.nothing")


# ---- docs/kill-matrix.md ---------------------------------------------------------------

PINNED = "| all | 634 | 371 | 3 | 30 | 107 | 111 | 12 | 97.7 |"
"""Of all whole mutants and those of the encoder, by layer."""
PINNED_NESTED = "| all | 150 | 22 | 0 | 1 | 11 | 3 | 113 | 23.1 |"
"""Of the sample of nested mutants."""
AGAIN = "the document is older than the rules, the cases or the pins: make kill-matrix"
COUNT = re.compile(
    r"(?P<where>\S+): (?P<wrong>\d+) (?P<what>[a-z ]+) instead of (?P<right>\d+)"
)
ROW = re.compile(r"^\| `([^`]+)` \| .* \| ([a-z ]+)(?:: (.+))? \|$", re.MULTILINE)


def _rows() -> dict[str, tuple[Layer, str]]:
    """The fate of each mutant as the document tells it."""
    text = DOCUMENT.read_text("utf-8")
    return {name: (Layer(layer), by) for name, layer, by in ROW.findall(text)}


def test_the_document_has_the_mutants_that_the_rules_have() -> None:
    rows, parts = _rows(), mutants()
    tried = {*parts["whole"], *parts["encoder"]}
    assert tried <= set(rows), AGAIN
    nested = [name for name in rows if name not in tried]
    assert nested == sampled(parts["nested"], len(nested)) and len(nested) >= 100, AGAIN


def test_the_document_tells_the_fault_of_each_mutant() -> None:
    text = DOCUMENT.read_text("utf-8")
    for name in _rows():
        fate = Fate(name, "", faulty_peer(name).text)
        assert f"| `{name}` | {fate.escaped_text} |" in text, f"{name}: {AGAIN}"


def test_the_document_has_the_counts_that_are_pinned() -> None:
    pinned = SMALL | PAIRS | RESTARTS | CORNERS
    told = {by for layer, by in _rows().values() if layer is Layer.COUNT}
    found = [match for by in told if (match := COUNT.fullmatch(by))]
    assert len(found) == len(told) > 50
    for match in found:
        counts = pinned[match["where"]]
        right = counts[COUNTED.index(match["what"])]
        assert int(match["right"]) == right != int(match["wrong"]), AGAIN


def test_the_document_says_how_many_are_noticed() -> None:
    rows, text = _rows(), DOCUMENT.read_text("utf-8")
    fates = [Fate(name, faulty_peer(name).kind, "", *rows[name]) for name in rows]
    whole = [fate for fate in fates if not is_nested(fate.name)]
    nested = [fate for fate in fates if is_nested(fate.name)]
    assert totals(whole).splitlines()[-1] == PINNED
    assert totals(nested).splitlines()[-1] == PINNED_NESTED
    assert totals(whole) in text and totals(nested) in text
    assert share(whole, ON_THE_WIRE) == "374 of 523 (71.5 %)"
    (tried,) = re.findall(r"^Mutants tried: .*$", text, re.MULTILINE)
    summary = report(fates, tried).partition("## Survivors")[0]
    assert text.partition("## Survivors")[0] == summary, AGAIN
    assert percent_noticed(whole) >= WANTED_PERCENT
    survivors = {fate.name for fate in whole if fate.layer is Layer.SURVIVES}
    assert survivors == set(WHY_THEY_SURVIVE)


def test_the_cases_of_the_document_are_there() -> None:
    told = {
        by.partition(" ")[0] for layer, by in _rows().values() if layer is Layer.CASE
    }
    assert len(purposes_named(told)) == len(told) > 50
