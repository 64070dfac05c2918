"""Slices decide as the whole model does, with fewer states and runs of the same length."""

import pytest
from shortest_runs import SHORTEST
from traces import ends_in_violation, replays

from pmip6.model.domain import Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.interpreter import Interpreter, State
from pmip6.model.language.terms import TRUE, after, before, forall
from pmip6.model.shipped.named import NAMED
from pmip6.model.state import MOBILE_NODE, attached, last_accepted
from pmip6.properties import protocol
from pmip6.properties.exploration.explore import explore
from pmip6.properties.exploration.plain_explorer import PlainExplorer
from pmip6.properties.exploration.sliced import explore_slices
from pmip6.properties.exploration.slicing import SlicedModel, standing_still
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.faults.seeded_faults import SEEDED_FAULTS
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome
from pmip6.reports.engines import request, runs

assert protocol  # it records the properties

BY_NAME = {p.name: p for p in PROPERTIES}
SHORT = Model(NAMED["short-lifetime"])
STATES = [10144, 13852]  # of the slices of `answers`; the whole has 27126
BY_DAY = ("refusal-ignored", "context-not-kept")
FAULTS = [
    n for n, f in SEEDED_FAULTS.items() if n in SHORTEST and f.property in BY_NAME
]


def reachable(model: Model) -> set[State]:
    """All states that the plain interpreter reaches."""
    interpreter = Interpreter(model)
    waiting = [interpreter.canonical(interpreter.initial())]
    found = set(waiting)
    for state in waiting:
        for step in interpreter.transitions(state):
            target = interpreter.canonical(step.target)
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


def test_the_states_of_a_slice_are_those_of_the_model_without_what_it_drops() -> None:
    part = SlicedModel(SHORT, [BY_NAME["foreign-deregistration"]])
    assert part.dropped == ("address", "granted")
    found = reachable(part)
    assert found == {part.view(state) for state in reachable(SHORT)}
    assert len(found) == 744  # the whole model has 828


def test_a_bound_on_what_is_under_way_binds_the_channels_together() -> None:
    model = Model(NAMED["forwarding"])
    part = SlicedModel(model, [BY_NAME["unique-binding.session"]])
    assert {"packet", "delivery"} <= part.parts
    free = Model(NAMED["forwarding"].changed(in_flight=None))
    part = SlicedModel(free, [BY_NAME["unique-binding.session"]])
    assert not {"packet", "delivery", "route", "is_established"} & part.parts


def test_a_rule_that_only_changes_what_is_dropped_stays_where_every_step_counts() -> (
    None
):
    moves = forall(MOBILE_NODE, lambda n: ~(after(attached[n]) == attached[n]))
    grows = forall(
        MOBILE_NODE, lambda n: ~before(after(last_accepted[n]), last_accepted[n])
    )
    assert standing_still(grows) is TRUE
    assert standing_still(moves) is not TRUE
    claim = BY_NAME["stale-request.order"]
    assert SlicedModel(SHORT, [claim]).kept < {rule.name for rule in SHORT.rules}


@pytest.mark.compiler
def test_the_slices_of_a_configuration_decide_as_the_whole_does() -> None:
    model = Model(NAMED["answers"])
    claims = with_a_case(model, PROPERTIES)
    whole = explore(model, claims, deadlock=False, lasting=False)
    run = explore_slices(
        model,
        claims,
        lambda part, mine: explore(part, mine, deadlock=False, lasting=False),
    )
    assert [(r.name, r.outcome) for r in run.properties] == [
        (r.name, r.outcome) for r in whole.properties
    ]
    notes = [note for note in run.notes if note.startswith("slice")]
    assert [int(note.split()[2]) for note in notes] == STATES
    assert notes[0].endswith("without handoff_hint")


@pytest.mark.compiler
@pytest.mark.parametrize(
    "name",
    [n if n in BY_DAY else pytest.param(n, marks=pytest.mark.nightly) for n in FAULTS],
)
def test_a_slice_tells_a_fault_by_a_run_of_the_same_length(name: str) -> None:
    chosen, length = SHORTEST[name]
    model = Model(chosen, mutant(name).rules)
    claim = BY_NAME[SEEDED_FAULTS[name].property]
    part = SlicedModel(model, [claim])
    (found,) = explore(part, [claim], deadlock=False, lasting=False).properties
    assert found.outcome is Outcome.VIOLATED
    assert found.trace is not None and len(found.trace.steps) == length
    assert replays(found.trace, model)
    assert ends_in_violation(found.trace, model, claim)


def test_the_plain_explorer_shows_a_run_of_the_whole_model() -> None:
    name = "context-not-kept"
    chosen, length = SHORTEST[name]
    model = Model(chosen, mutant(name).rules)
    claim = BY_NAME[SEEDED_FAULTS[name].property]
    search = PlainExplorer(SlicedModel(model, [claim]), [claim])
    search.run(
        limit=None, enough=lambda: search.is_violated(0), progress=lambda reached: None
    )
    (trace,) = search.traces(0)
    assert trace is not None and len(trace.steps) == length
    assert replays(trace, model)
    assert ends_in_violation(trace, model, claim)


def test_what_depends_on_every_step_cannot_be_sliced() -> None:
    with pytest.raises(Pmip6Error, match=r"no-deadlock: .*leave out --slice"):
        request(("answers",), "explore", "no-deadlock", None, sliced=True)
    with pytest.raises(Pmip6Error, match="--slice: is about explored states"):
        request(("answers",), "prove", None, None, sliced=True)


@pytest.mark.compiler
def test_slices_and_renamings_go_together() -> None:
    asked = request(
        ("strangers",), "explore", "node-is-silent", None, sliced=True, symmetric=True
    )
    (run,) = runs(asked, lambda text: None)
    assert run.notes[0].startswith("slice of 25 states for node-is-silent")
    assert run.notes[1].startswith("symmetry: 2 renamings")
    assert asked.left_out(SHORT) == []
    asked = request(("strangers",), "explore", None, None, sliced=True)
    assert asked.left_out(SHORT) == ["left out with --slice: no-deadlock"]
