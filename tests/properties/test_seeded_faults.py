"""Every property has a fault that breaks it, and each engine shows it by a trace."""

import pytest
from shortest_runs import COUNTED, SHORTEST
from traces import ends_in_violation, replays

from pmip6.model.domain import Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.fast_handover.configurations import (
    FAST_HANDOVERS,
)
from pmip6.model.shipped.configurations import (
    ANSWERS,
    FORWARDING,
    ONE_NODE,
    WAITING_IN_VAIN,
)
from pmip6.model.shipped.gateway_configurations import GATEWAYS
from pmip6.model.shipped.restart_configurations import RESTARTS
from pmip6.model.shipped.router_configurations import ROUTERS
from pmip6.properties import protocol
from pmip6.properties.answers import AT_ONCE
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.faults.seeded_faults import SEEDED_FAULTS
from pmip6.properties.fuzz import fuzz
from pmip6.properties.proof.prove import prove
from pmip6.properties.property import PROPERTIES, Property, with_a_case
from pmip6.properties.response import RESPONSES
from pmip6.properties.result import Outcome, PropertyResult, Trace
from pmip6.reports.engines import property_names, request

assert protocol  # it records the properties

# What an engine cannot be asked, and why; the command line gives the same reason.
NO_TERM = "speaks of the messages under way, over which no term quantifies"
NO_CLOCKS = "is about the clocks and channels of a configuration, not about any size"
NO_END = "speaks of runs without end"
ENDLESS = [  # tests/properties/test_responses.py has them explored
    n for n, f in SEEDED_FAULTS.items() if f.property in {r.name for r in RESPONSES}
]
UNTOLD: dict[tuple[str, str], str] = {
    **{(name, engine): NO_END for name in ENDLESS for engine in ("prove", "fuzz")},
    **{(name, "any size"): NO_CLOCKS for name in ENDLESS},
    ("node-never-leaves", "prove"): NO_TERM,
    ("node-never-leaves", "fuzz"): NO_TERM,
    ("node-never-leaves", "any size"): NO_CLOCKS,
    ("entry-never-deleted", "any size"): NO_CLOCKS,
}

# Faults that take an overtaken message or an old timer, and so many random runs.
RARE = {
    "refusal-taken-for-acceptance",
    "refusal-ignored",
    "foreign-deregistration-accepted",
    "stale-request-accepted",
    "timestamp-goes-back",
    "delay-not-stopped",
    "waiting-prefix-given-away",
    "bindings-not-stored",
    "prefixes-not-reserved",
    "timestamps-not-stored",
    "old-router-taken",
    "route-left-behind",
    "shared-tunnel-removed",
    "route-not-moved",
    "forwarded-in-delay",
    "overtaken-request-accepted",
    "gateway-route-left-behind",
    "gateway-tunnel-left-behind",
    "delivered-to-any-node",
    "unregistered-source-tunnelled",
    "local-packet-tunnelled",
    "local-routing-always-on",
}
RUNS, MANY_RUNS = 400, 4000


# No setting of the proofs for any size has restarts, slow clocks, tunnels, a counter of
# requests, a wait for de-registrations, or fast handover.
EXPLORED_ONLY = {
    n
    for n, (where, _) in SHORTEST.items()
    if where.name in (*RESTARTS, *GATEWAYS, *ROUTERS, *FAST_HANDOVERS)
    or where in (ANSWERS, FORWARDING, COUNTED, WAITING_IN_VAIN)
}

# Their runs are too long for bounded and for random ones.
OF_HANDOVERS = {n for n, (where, _) in SHORTEST.items() if where.name in FAST_HANDOVERS}


def told_by(engine: str) -> list[str]:
    """The faults that an engine can be asked to show."""
    untold = {name for name, untelling in UNTOLD if untelling == engine}
    untold |= EXPLORED_ONLY if engine == "any size" else set()
    untold |= OF_HANDOVERS if engine in ("prove", "fuzz") else set()
    untold |= set(ENDLESS)
    return [name for name in SEEDED_FAULTS if name not in untold]


def _faulty(name: str) -> tuple[Model, Property | None]:
    """The model with the fault, and the property that breaks: none for a deadlock."""
    model = Model(SHORTEST[name][0], mutant(name).rules)
    wanted = SEEDED_FAULTS[name].property
    every = [*PROPERTIES, *derived_properties(model)]
    return model, next((p for p in every if p.name == wanted), None)


def _shown(result: PropertyResult, name: str) -> Trace:
    """The trace of the result; it replays, and it breaks the property of the fault."""
    model, broken = _faulty(name)
    assert (result.name, result.outcome) == (
        SEEDED_FAULTS[name].property,
        Outcome.VIOLATED,
    )
    assert result.trace is not None and result.trace.initial
    assert replays(result.trace, model)
    assert ends_in_violation(result.trace, model, broken)
    return result.trace


def one_of_a_kind_by_day(names: list[str]) -> list[object]:
    """By day the first fault of each kind of property, the others by night."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(SEEDED_FAULTS[name].property.partition(".")[0], name)
    by_day = set(found.values())
    return [
        name if name in by_day else pytest.param(name, marks=pytest.mark.nightly)
        for name in names
    ]


def test_every_property_has_a_seeded_fault() -> None:
    assert {fault.property for fault in SEEDED_FAULTS.values()} == {*property_names()}
    assert {*SHORTEST, *ENDLESS} == set(SEEDED_FAULTS)
    assert set(SEEDED_FAULTS) >= {name for name, _ in UNTOLD} | RARE
    of_two_nodes = {p.name for p in PROPERTIES if p.nodes > 1}
    for_any_size = {p.name for p in with_a_case(Model(ONE_NODE), PROPERTIES)}
    for_any_size |= of_two_nodes | {AT_ONCE}
    assert {SEEDED_FAULTS[n].property for n in told_by("any size")} == for_any_size


@pytest.mark.compiler
@pytest.mark.parametrize("name", told_by("explore"))
def test_the_explorer_shows_the_fault_by_a_shortest_trace(name: str) -> None:
    model, broken = _faulty(name)
    run = explore(
        model,
        [] if broken is None else [broken],
        stop_early=True,
        deadlock=broken is None,
    )
    (result,) = run.properties
    assert len(_shown(result, name).steps) == SHORTEST[name][1]


@pytest.mark.parametrize("name", one_of_a_kind_by_day(told_by("prove")))
def test_bounded_runs_show_the_fault_by_a_trace_as_short(name: str) -> None:
    model, broken = _faulty(name)
    assert broken is not None
    (result,) = prove(model, [broken], depth=SHORTEST[name][1]).properties
    assert len(_shown(result, name).steps) == SHORTEST[name][1]


def _fuzzed(name: str, examples: int) -> None:
    model, broken = _faulty(name)
    assert broken is not None
    (result,) = fuzz(model, [broken], examples=examples).properties
    assert len(_shown(result, name).steps) >= SHORTEST[name][1]


@pytest.mark.parametrize("name", [n for n in told_by("fuzz") if n not in RARE])
def test_random_runs_show_the_fault(name: str) -> None:
    _fuzzed(name, RUNS)


@pytest.mark.nightly
@pytest.mark.parametrize("name", sorted(RARE))
def test_many_random_runs_show_a_rare_fault(name: str) -> None:
    _fuzzed(name, MANY_RUNS)


@pytest.mark.parametrize(("name", "engine"), UNTOLD)
def test_an_engine_that_cannot_tell_says_so(name: str, engine: str) -> None:
    any_size = engine == "any size"
    with pytest.raises(Pmip6Error, match=UNTOLD[name, engine]) as refused:
        request(
            (),
            "prove" if any_size else engine,
            SEEDED_FAULTS[name].property,
            name,
            any_size,
        )
    assert refused.value.exit_code == 2
