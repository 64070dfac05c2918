"""Marks of states in place of states; and a search whose states do not fit its memory."""

import pytest
from pinned_counts import FAST_HANDOVERS, GATEWAYS, SMALL
from shortest_runs import SHORTEST
from traces import ends_in_violation, replays

from pmip6.model.domain import Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.shipped.named import NAMED
from pmip6.properties import protocol
from pmip6.properties.exploration.explore import explore
from pmip6.properties.exploration.explorer import Explorer
from pmip6.properties.exploration.memory import free_memory, whole_memory
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.faults.seeded_faults import SEEDED_FAULTS
from pmip6.properties.property import PROPERTIES
from pmip6.properties.result import Outcome
from pmip6.reports.engines import exit_code, request

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler

BY_NAME = {p.name: p for p in PROPERTIES}


def test_marks_count_as_states_do_and_prove_nothing() -> None:
    claim = BY_NAME["unique-binding.session"]
    run = explore(Model(NAMED["forwarding"]), [claim], lasting=False, compact=True)
    assert (run.states, run.transitions, run.depth) == SMALL["forwarding"]
    for result in run.properties:  # a deadlock is looked for as well
        assert result.outcome is Outcome.UNDECIDED
        assert result.method == "no violation found"
        # 6902 states are some 23.8 million pairs, each alike in 55 bits
        assert (
            result.note
            == "probability of an omitted state below 7e-10, if marks are random"
        )
    assert exit_code([run]) == 3


def test_at_most_eight_octets_of_a_state_are_kept() -> None:
    name = "gateway-restart-lost"
    search = Explorer(
        Model(NAMED[name]), [], threads=2, lasting=False, compact=True, memory=1 << 30
    )
    search.run(limit=None, enough=lambda: False, progress=lambda reached: None)
    assert search.states == GATEWAYS[name][0]
    assert 6 < search.table / search.states <= 8
    search.close()


def test_a_state_of_many_words_is_kept_as_their_numbers() -> None:
    """Exact all the same: counts are those of Spin, with any number of threads."""
    model = Model(NAMED["predictive"])
    found: list[tuple[int, int, dict[str, int]]] = []
    for threads in (1, 2):
        search = Explorer(model, [], threads=threads, lasting=False)
        extent = search.run(
            limit=None, enough=lambda: False, progress=lambda reached: None
        )
        assert search.layout.words == 5 and sum(search.layout.widths) == 304
        assert 6 < search.table / search.states <= 16  # octets, of the 38 of a state
        found.append((extent.states, extent.depth, search.steps()))
        search.close()
    states, _, depth = FAST_HANDOVERS["predictive"]
    assert found[0] == found[1]
    assert found[0][:2] == (states, depth)


def test_a_violation_is_shown_by_a_shortest_run() -> None:
    name = "shared-tunnel-removed"
    chosen, length = SHORTEST[name]
    model = Model(chosen, mutant(name).rules)
    claim = BY_NAME[SEEDED_FAULTS[name].property]
    run = explore(
        model, [claim], deadlock=False, lasting=False, compact=True, symmetric=True
    )
    (found,) = run.properties
    assert found.outcome is Outcome.VIOLATED
    assert found.trace is not None and len(found.trace.steps) == length
    assert replays(found.trace, model)
    assert ends_in_violation(found.trace, model, claim)


def test_a_search_that_does_not_fit_says_what_it_covered_and_what_to_do() -> None:
    model = Model(NAMED["gateway-restart-lost"])
    claim = BY_NAME["unique-binding.session"]
    run = explore(model, [claim], lasting=False, memory=1 << 20)
    for found in run.properties:
        assert found.outcome is Outcome.UNDECIDED
        assert found.note.startswith(
            f"{run.states} states to depth {run.depth} covered"
        )
        assert "1 MiB hold no more states; --memory gives more" in found.note
        assert "--compact" in found.note
    every = GATEWAYS["gateway-restart-lost"][0]
    assert 10_000 < (run.states or 0) < every
    compact = explore(model, [claim], lasting=False, compact=True, memory=1 << 20)
    assert compact.states == every


def test_a_response_needs_the_steps_between_states() -> None:
    with pytest.raises(Pmip6Error, match="steps between states, which are not kept"):
        request(("forwarding",), "explore", "response", None, compact=True)
    with pytest.raises(Pmip6Error, match="--memory: is about explored states"):
        request(("forwarding",), "prove", None, None, memory=1)


def test_memory_that_the_machine_has_not_is_refused() -> None:
    there_is = whole_memory()
    assert there_is is not None and 0 < free_memory() <= there_is
    most = there_is >> 20
    assert request(("forwarding",), "explore", None, None, memory=most).memory == most
    with pytest.raises(Pmip6Error, match=rf"--memory: asks for .*give {most} or less"):
        request(("forwarding",), "explore", None, None, memory=most + 1)
