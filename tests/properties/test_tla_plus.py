"""The module of TLA+ that is exported: its grammar, its states, its properties.

No program that runs TLA+ is among the packages that the project may install.  The grammar
is judged by that of the TLA+ community, the states by our own reader of its syntax trees.
"""

import re

import pytest
from tla_reader import Module, Reached, TlaError

from pmip6.model.domain import Configuration, Model
from pmip6.model.shipped.configurations import LATE_REQUESTS, ONE_NODE
from pmip6.model.shipped.feature_pairs import PAIRS
from pmip6.model.shipped.named import NAMED
from pmip6.properties import protocol
from pmip6.properties.exploration.explore import explore
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome
from pmip6.properties.tla_plus.module import module_name, tla_plus

assert protocol  # it records the properties

QUEUE = ONE_NODE.changed(
    name="a-queue",
    durations={},
    gateways=("mag1",),
    prefixes=("p1",),
    entries=("bce1",),
    times=1,
    in_flight=1,
    reorder=False,
)
FEATURES = PAIRS["prefix-sets+addresses"]
LATE = LATE_REQUESTS.changed(gateways=("mag1",))


def _read(model: Model) -> Reached:
    properties = with_a_case(model, PROPERTIES)
    text = tla_plus(model, properties)
    invariants = re.findall(r"^INVARIANT (\S+)", text, re.MULTILINE)
    steps = re.findall(r"^PROPERTY (\S+)", text, re.MULTILINE)
    assert len(invariants) + len(steps) == 1 + len(properties)
    return Module(text).reach(invariants, steps)


def _is_read_alike(model: Model) -> frozenset[str]:
    """The properties that fail for both."""
    asked = with_a_case(model, PROPERTIES)
    names = {p.name for p in asked}  # the explorer adds `no-deadlock`
    ours = explore(model, asked)
    failed = {p.name for p in ours.properties if p.outcome is Outcome.VIOLATED}
    broken = failed & names
    theirs = _read(model)
    assert theirs == Reached(
        states=ours.states or 0,
        transitions=ours.transitions or 0,
        depth=ours.depth or 0,
        broken=frozenset(re.sub(r"\W", "_", name) for name in broken),
    )
    return theirs.broken


@pytest.mark.compiler
@pytest.mark.parametrize(
    "chosen",
    [
        QUEUE,
        pytest.param(LATE, marks=pytest.mark.nightly),
        pytest.param(FEATURES, marks=pytest.mark.nightly),
        pytest.param(PAIRS["addresses+forwarding"], marks=pytest.mark.nightly),
        pytest.param(LATE_REQUESTS, marks=pytest.mark.nightly),
    ],
    ids=lambda c: c.name + "/" + "+".join(c.gateways),
)
def test_what_is_read_has_the_states_of_the_explorer(chosen: Configuration) -> None:
    assert not _is_read_alike(Model(chosen))


@pytest.mark.compiler
@pytest.mark.parametrize("fault", ["advertised-too-early", "node-speaks"])
def test_a_fault_breaks_the_same_properties_for_the_reader(fault: str) -> None:
    model = Model(QUEUE, mutant(fault).rules)
    assert _is_read_alike(model)


@pytest.mark.parametrize("chosen", NAMED.values(), ids=NAMED.keys())
@pytest.mark.nightly
def test_every_configuration_has_a_module(chosen: Configuration) -> None:
    model = Model(chosen)
    text = tla_plus(model, with_a_case(model, PROPERTIES))
    Module(text)  # its grammar, and that no name has two meanings
    assert f"MODULE {module_name(model)} " in text


def test_the_reader_refuses_what_is_no_tla() -> None:
    text = tla_plus(Model(QUEUE))
    with pytest.raises(TlaError, match="is no TLA"):
        Module(text.replace("Init ==", "Init = =", 1))
    with pytest.raises(TlaError, match="defined twice"):
        Module(text.replace("Next ==", "Init ==", 1))


def test_a_changed_module_is_read_as_another_one() -> None:
    text = tla_plus(Model(QUEUE)).replace("Cardinality(under_way) < 1", "FALSE")
    assert (
        Module(text).reach([], []).states
        < Module(tla_plus(Model(QUEUE))).reach([], []).states
    )
