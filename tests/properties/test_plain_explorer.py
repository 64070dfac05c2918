"""Without a C compiler the plain interpreter searches: the same counts, and a limit."""

import pytest

from pmip6.model.domain import Configuration, Model
from pmip6.model.shipped.configurations import HANDOFF, ONE_NODE, facts
from pmip6.properties import protocol
from pmip6.properties.exploration import compiled
from pmip6.properties.exploration.explore import explore
from pmip6.properties.exploration.plain_explorer import MOST_STATES
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.property import PROPERTIES, Property, with_a_case
from pmip6.properties.protocol import (
    no_advertisement_without_acceptance,
    one_entry_for_each_session,
)
from pmip6.properties.result import Outcome, Run
from pmip6.reports.cli import run as run_command

assert protocol  # it records the properties

MISSING = "C compiler: neither cc, gcc, clang nor the ziglang package is installed"
SMALL = ONE_NODE.changed(
    durations={"binding_lifetime": (2,)},
    capacity={"pbu": 1, "pba": 1},
    gateways=("mag1",),
    prefixes=("p1",),
    entries=("bce1",),
    faults=frozenset({"lose"}),
    disabled=frozenset({"retransmit"}),
)
PARTS = {
    "one node": SMALL,
    "two nodes": SMALL.changed(
        nodes=("mn1", "mn2"),
        facts=facts(("mn1", "mn2"), ("mag1",), ("p1",)),
        durations={},
        in_flight=1,
        times=1,
        disabled=frozenset({"retransmit", "renew", "expire"}),
    ),
}


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*names: object) -> None:
        return None

    monkeypatch.setattr(compiled.shutil, "which", nowhere)
    monkeypatch.setattr(compiled.importlib.util, "find_spec", nowhere)


def _told(run: Run) -> list[object]:
    """All that a run says of the model, without the traces themselves."""
    found = [
        (p.name, p.outcome, p.method, p.note, p.trace and len(p.trace.steps))
        for p in run.properties
    ]
    return [run.states, run.transitions, run.depth, run.rules, found]


@pytest.mark.compiler
@pytest.mark.parametrize("chosen", PARTS.values(), ids=PARTS.keys())
def test_both_searches_say_the_same(
    chosen: Configuration, request: pytest.FixtureRequest
) -> None:
    model = Model(chosen)
    by_compiled = explore(model, with_a_case(model, PROPERTIES))
    request.getfixturevalue("no_compiler")
    plainly = explore(model, with_a_case(model, PROPERTIES))
    assert _told(plainly) == _told(by_compiled)
    assert by_compiled.notes == ()
    assert plainly.notes[0].startswith(MISSING) and len(plainly.notes) == 1


@pytest.mark.parametrize(
    ("fault", "broken", "length"),
    [
        ("second-entry", one_entry_for_each_session, 6),
        ("advertised-too-early", no_advertisement_without_acceptance, 3),
    ],
    ids=["a state", "a step"],
)
@pytest.mark.usefixtures("no_compiler")
def test_a_fault_is_shown_by_a_shortest_trace(
    fault: str, broken: Property, length: int
) -> None:
    run = explore(Model(ONE_NODE, mutant(fault).rules), [broken], stop_early=True)
    trace = run.properties[0].trace
    assert trace is not None and len(trace.steps) == length


@pytest.mark.usefixtures("no_compiler")
def test_beyond_the_limit_nothing_is_decided() -> None:
    run = explore(Model(HANDOFF), [one_entry_for_each_session], limit=10**9)
    assert run.states is not None and run.states > MOST_STATES
    assert {p.outcome for p in run.properties} == {Outcome.UNDECIDED}
    assert run.notes[-1] == f"the limit is {MOST_STATES} states"


@pytest.mark.usefixtures("no_compiler")
def test_the_command_tells_what_is_missing_and_ends_with_3(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(["check", "one-node", "--property", "advertisement"]) == 3
    out = capsys.readouterr().out
    (line,) = [text for text in out.splitlines() if MISSING in text]
    assert "install one of them" in line and "the plain interpreter goes on" in line
