"""The kill matrix of fast handover: what each layer says of some mutants."""

import pytest

from pmip6.conformance.fast_handover.differences import case_differences
from pmip6.conformance.fast_handover.faulty_gateways import (
    change_of,
    faulty_handover,
    handover_mutants,
    table_mutants,
)
from pmip6.conformance.fast_handover.kill_matrix import SMALL, mutants, notices
from pmip6.conformance.fast_handover.kill_reasons import (
    HOLDS,
    NOWHERE,
    OTHERWISE,
    packets_of,
    reasons,
)
from pmip6.conformance.fast_handover.kill_report import report
from pmip6.conformance.kill_report import Fate, Layer
from pmip6.conformance.mag.kill_layers import ALIKE as UNSEEN
from pmip6.conformance.mag.kill_layers import FOLDED, SHOWS
from pmip6.model.domain import Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.shipped.named import NAMED
from pmip6.properties.exploration.explore import explore
from pmip6.properties.faults.equivalence import IDLE, IMPLIED, reason_equivalent
from pmip6.properties.faults.guard_equivalence import reason_alike
from pmip6.properties.faults.noticed import faulty_rules
from pmip6.properties.faults.one_sided import STRONGER, WEAKER, side_of, sure_notices
from pmip6.vectors.fast_handover.purposes import handover_purposes

MUTANTS = handover_mutants()
ACCESS = NAMED["access-networks"]


def test_every_mutant_is_in_one_part() -> None:
    every = [name for names in mutants().values() for name in names]
    assert len(every) == len(set(every))
    assert set(every) == {*MUTANTS, *table_mutants()}
    with pytest.raises(Pmip6Error, match="is no mutant"):
        faulty_handover("mag.give_context.nothing")


# ---- cases -----------------------------------------------------------------------------


def test_mutants_are_run_where_they_differ() -> None:
    """One that never differs in a case passes it, and those that send less do not."""
    purposes = [p for p in handover_purposes() if "take_agreement" in p.key][:3]
    changes = [change_of(m) for m in MUTANTS.values() if m.rule == "take_agreement"]
    changes += [change_of(MUTANTS["mag.initiate_handover.send-0"])]
    differences = case_differences(purposes, changes)
    found = {change.name: differences.runs(change) for change in changes}
    same = [name for name, cases in found.items() if not cases]
    assert same
    for name in same[:3]:
        assert not any(notices(p, faulty_handover(name)) for p in purposes)
    for name in ("mag.take_agreement.removed", "mag.initiate_handover.send-0"):
        assert any(notices(p, faulty_handover(name)) for p in found[name])


@pytest.mark.parametrize(
    "name",
    [
        "forwarding.forward_to_next_gateway.removed",
        "releases.release_to_next_gateway.removed",
    ],
)
def test_a_case_notices_a_table_without_a_row(name: str) -> None:
    assert any(notices(p, faulty_handover(name)) for p in handover_purposes())


# ---- counts that differ for sure -------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("mag.take_back.guard-2", WEAKER),
        ("mag.take_back.guard-1-0", STRONGER),  # one of two states is left
        ("mag.ignore_indication.guard-1-0", STRONGER),  # under a negation
        ("mag.take_back.removed", STRONGER),
        ("mag.take_back.update-0", None),
        ("mag.refuse_offer.guard-1", None),  # taken for the first code alone
    ],
)
def test_some_faults_can_only_add_steps_or_take_them(
    name: str, side: int | None
) -> None:
    assert side_of(change_of(MUTANTS[name])) == side


@pytest.mark.compiler
def test_a_sure_difference_is_one() -> None:
    names = ("guard-1", "guard-2", "removed")
    changes = [change_of(MUTANTS[f"mag.take_back.{name}"]) for name in names]
    found = sure_notices(changes, [ACCESS.name])
    right = explore(Model(ACCESS), []).transitions
    assert right is not None and found
    for change in [c for c in changes if c.name in found]:
        wrong = explore(Model(ACCESS, faulty_rules([change])), []).transitions
        assert wrong is not None
        more = found[change.name].startswith(f"{ACCESS.name}: more")
        assert wrong > right if more else wrong < right


def test_the_configurations_are_those_of_fast_handover() -> None:
    assert all(NAMED[name].facts.get("fast_handover") for name in SMALL)


# ---- arguments -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("mag.fetch_context.guard-6", IMPLIED),  # nothing is awaited where it is idle
        ("mag.finish_completion.timer-0", IDLE),  # no tunnel is left that could end
        ("mag.take_back.guard-2", None),
    ],
)
def test_what_others_imply_is_no_loss(name: str, reason: str | None) -> None:
    change = change_of(MUTANTS[name])
    assert reason_equivalent(change, ["fast handover"]) == reason
    if reason is None:
        assert reason_alike(change, ["fast handover"]) is None


# ---- what packets show, and why parts of conditions survive --------------------------------


@pytest.mark.parametrize(
    ("name", "packets"),
    [
        ("mag.initiate_handover.send-0", SHOWS),
        ("mag.take_back.update-3", SHOWS),  # the next HI is given up too early
        ("mag.refuse_offer.guard-4-0", UNSEEN),
        ("mag.lose_packet.guard-3-8", FOLDED),  # packets are carried by a table
        ("mag.command_handover.removed", FOLDED),  # the access network is told nothing
    ],
)
def test_packets_show_a_mutant_where_a_run_tells_it(name: str, packets: str) -> None:
    assert packets_of(name) == packets


@pytest.mark.compiler
def test_the_reason_tells_how_far_was_looked() -> None:
    names = [
        "mag.take_agreement.guard-1-2",  # of two gateways only one may answer
        "mag.take_back.guard-1-0",  # which a count tells elsewhere
        "mag.complete_forwarding.guard-2-5",
    ]
    packets = dict.fromkeys(names, FOLDED)
    found = reasons(names, packets, [ACCESS.name])
    assert [by.partition("; ")[0] for _, by in found.values()] == [
        HOLDS,
        OTHERWISE,
        NOWHERE,
    ]


# ---- the report ------------------------------------------------------------------------


def test_the_report_tells_survivors_of_whole_conditions_alone() -> None:
    told = report(
        [
            Fate(
                "mag.a.guard-1", "guard", "without x", Layer.CASE, "TP_FMAG_PRE_BV_01"
            ),
            Fate("mag.a.guard-2", "guard", "without y"),
            Fate("mag.a.guard-2-1", "guard", "z instead of y", by="nobody looks"),
        ],
        "Mutants tried: all.",
    )
    assert (
        "## Survivors: 1\n\n- `mag.a.guard-2` (without y): no reason is known" in told
    )
    assert "| `mag.a.guard-2-1` | z instead of y | survives: nobody looks |" in told
    assert "\n- 1: nobody looks\n" in told
