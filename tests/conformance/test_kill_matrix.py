"""The kill matrix: what notices some faulty anchors, and whether its document is true."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from golden_kill_matrix import GoldenScenario
from pinned_counts import CORNERS, PAIRS, RESTARTS, SMALL

from pmip6.conformance.kill_report import (
    ON_THE_WIRE,
    Fate,
    Layer,
    is_nested,
    is_written,
    percent_noticed,
    rows,
    share,
    totals,
)
from pmip6.conformance.kill_run import WANTED_PERCENT, Kept, configuration_of, sampled
from pmip6.conformance.lma.differences import AT_ONCE, LATER, MachineMaker, rule_faults
from pmip6.conformance.lma.faulty_peers import (
    FaultyPeer,
    anchor_mutants,
    changed_rules,
    encoder_mutants,
    faulty_peer,
)
from pmip6.conformance.lma.in_memory import reference_declaration
from pmip6.conformance.lma.kill_layers import noticed_again, rule_changes, verdict
from pmip6.conformance.lma.kill_matrix import mutants
from pmip6.conformance.lma.kill_report import WHY_THEY_SURVIVE, report
from pmip6.conformance.lma.scenarios import CaseScenario, differences, first_to_notice
from pmip6.conformance.verdict import Verdict
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Rule
from pmip6.model.language.terms import Term, all_of, exists, variable
from pmip6.model.lma.binding_cache import in_use, is_bound_to
from pmip6.model.lma.rules import lma
from pmip6.model.machines import LmaMachine
from pmip6.model.state import ENTRY, MOBILE_NODE
from pmip6.properties.faults.equivalence import (
    EVERY,
    IMPLIED,
    SAME,
    is_same_rule,
    reason_equivalent,
    switches_of,
)
from pmip6.properties.faults.everywhere import shape_of, shared_faults
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
    faults = [fault for peer in peers for fault in rule_faults(peer)]
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
    assert set(every) == {*anchor_mutants(), *encoder_mutants(), *shared_faults()}


# ---- conditions that rules share -------------------------------------------------------


def test_every_nested_mutant_is_a_copy_of_one_written_part() -> None:
    copies = [copy for fault in shared_faults().values() for copy in fault.copies]
    assert sorted(copies) == sorted(mutants()["nested"])
    assert (len(copies), len(shared_faults())) == (5903, 166)
    assert sum(fault.is_shared for fault in shared_faults().values()) == 159


def test_a_written_part_is_dropped_where_each_of_its_copies_drops_it() -> None:
    alone = [f for f in shared_faults().values() if len(f.copies) == 1]
    assert len(alone) > 5
    for fault in alone:  # the one copy is the mutant of that place
        (copy,) = fault.copies
        ((right, wrong),) = changed_rules(faulty_peer(copy))
        assert wrong is not None
        kept = fault.changed[right.name].guard
        assert list(map(id, kept)) == list(map(id, wrong.guard))
    for fault in shared_faults().values():
        by_name = {rule.name: rule for rule in lma.rules}
        for name, rule in fault.changed.items():
            assert any(
                a is not b for a, b in zip(rule.guard, by_name[name].guard, strict=True)
            ), name
            assert rule.updates == by_name[name].updates


def test_terms_have_one_shape_where_names_alone_differ() -> None:
    def held(node: str, entry: str) -> Term:
        return is_bound_to(variable(entry, ENTRY), variable(node, MOBILE_NODE))

    assert shape_of(held("a", "b")) == shape_of(held("b", "a"))
    inner = exists(ENTRY, lambda b: is_bound_to(b, variable("n", MOBILE_NODE)))
    outer = exists(
        ENTRY, lambda c: is_bound_to(c, variable("m", MOBILE_NODE)) & inner
    )  # names its variable otherwise, as the name of the inner one is taken
    assert shape_of(inner) == shape_of(outer.args[0].args[1])
    one, two = variable("x", ENTRY), variable("y", ENTRY)
    assert shape_of(one == two) != shape_of(one == one)
    free = variable("bindingCacheEntry_0", ENTRY)  # called as a bound one is
    both = all_of(exists(ENTRY, lambda b: in_use(b)), in_use(free))
    assert shape_of(both) == shape_of(
        all_of(exists(ENTRY, lambda b: in_use(b)), in_use(one))
    )


# ---- what is known of earlier runs -----------------------------------------------------


def test_what_noticed_a_mutant_last_has_to_notice_it_again() -> None:
    told = {
        "lma.hand_off.update-1": (Layer.CASE, "TP_LMA_HO_BV_01"),
        "lma.expire.removed": (Layer.CASE, "TP_LMA_HO_BV_01"),  # it does not
        "lma.extend.update-5": (Layer.EXCHANGE, "GX-LMA-127"),
        "encoder.timestamp.left-out": (Layer.CASE, "TP_LMA_ACK_BV_02"),
        "lma.allocate.update-0": (Layer.CASE, "TP_LMA_GONE_BV_01"),
        "lma.expire.guard-0": (Layer.COUNT, "addresses: 1 states instead of 2"),
    }
    known = {name: told[name] for name in told if name in _every()}
    found = noticed_again(list(known), known, [GoldenScenario("GX-LMA-127")])
    assert found["lma.hand_off.update-1"] == told["lma.hand_off.update-1"]
    assert found["lma.extend.update-5"] == told["lma.extend.update-5"]
    assert "lma.expire.removed" not in found
    assert "lma.allocate.update-0" not in found
    assert found.get("lma.expire.guard-0") != told["lma.expire.guard-0"]


def _every() -> set[str]:
    return {name for names in mutants().values() for name in names}


@pytest.mark.parametrize(
    ("by", "name"),
    [
        ("unique-binding.prefix in rejections", "rejections"),
        ("late-requests: 5 states instead of 6", "late-requests"),
        ("waiting.a in restart-lost, where it fails by right", "restart-lost"),
        ("own-ways: more transitions than 12", "own-ways"),
        ("TP_LMA_ACK_BI_01", ""),
    ],
)
def test_the_configuration_that_told_a_mutant_is_read(by: str, name: str) -> None:
    assert configuration_of(by) == name


def test_portions_are_kept_for_the_same_sources(tmp_path: Path) -> None:
    found = {"a": (Layer.CASE, "TP_LMA_ACK_BI_01")}
    path = tmp_path / "build" / "kept.json"
    Kept(path, "sources").keep("cases", ["a", "b"], found)
    assert Kept(path, "sources").known("cases", ["a", "b"]) == found
    assert Kept(path, "sources").known("cases", ["a"]) is None
    assert Kept(path, "sources").known("arguments", ["a", "b"]) is None
    assert Kept(path, "others").known("cases", ["a", "b"]) is None
    path.write_text("{")
    assert Kept(path, "sources").known("cases", ["a", "b"]) is None


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

PINNED = "| all | 634 | 376 | 3 | 39 | 99 | 110 | 7 | 98.7 |"
"""Of all whole mutants and those of the encoder, by layer."""
PINNED_WRITTEN = "| all | 166 | 126 | 6 | 3 | 1 | 24 | 6 | 95.8 |"
"""Of the parts of conditions as they are written."""
SHARE_ON_THE_WIRE = "379 of 524 (72.3 %)"
PINNED_NESTED = "| all | 150 | 22 | 0 | 2 | 10 | 83 | 33 | 50.7 |"
"""Of the sample of nested mutants."""
AGAIN = "the document is older than the rules, the cases or the pins: make kill-matrix"
COUNT = re.compile(
    r"(?P<where>\S+): (?P<wrong>\d+) (?P<what>[a-z ]+) instead of (?P<right>\d+)"
)


def _rows() -> dict[str, tuple[Layer, str]]:
    """The fate of each mutant as the document tells it."""
    return rows(DOCUMENT.read_text("utf-8"))


def test_the_document_has_the_mutants_that_the_rules_have() -> None:
    told, parts = _rows(), mutants()
    tried = {*parts["whole"], *parts["written"], *parts["encoder"]}
    assert tried <= set(told), AGAIN
    nested = [name for name in told if name not in tried]
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
    told, text = _rows(), DOCUMENT.read_text("utf-8")
    fates = [Fate(name, faulty_peer(name).kind, "", *told[name]) for name in told]
    nested = [fate for fate in fates if is_nested(fate.name)]
    counted = [fate for fate in fates if not is_nested(fate.name)]
    written = [fate for fate in counted if is_written(fate.name)]
    whole = [fate for fate in counted if not is_written(fate.name)]
    for some, pinned in (
        (whole, PINNED),
        (written, PINNED_WRITTEN),
        (nested, PINNED_NESTED),
    ):
        assert totals(some).splitlines()[-1] == pinned
        assert totals(some) in text
    assert share(whole, ON_THE_WIRE) == SHARE_ON_THE_WIRE
    (tried,) = re.findall(r"^Mutants tried: .*$", text, re.MULTILINE)
    summary = report(fates, tried).partition("## Survivors")[0]
    assert text.partition("## Survivors")[0] == summary, AGAIN
    assert percent_noticed(counted) >= WANTED_PERCENT
    survivors = {fate.name for fate in counted if fate.layer is Layer.SURVIVES}
    assert survivors == set(WHY_THEY_SURVIVE)


def test_the_cases_of_the_document_are_there() -> None:
    told = {
        by.partition(" ")[0] for layer, by in _rows().values() if layer is Layer.CASE
    }
    assert len(purposes_named(told)) == len(told) > 50
