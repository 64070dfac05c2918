"""Proofs for any number of mobile nodes, gateways, prefixes and entries.

Sorts are uninterpreted, time is a total order, and a channel is the set of all messages
ever sent, which covers loss, duplication, reordering and delay.  A timer that runs may be
due at any time.  A property of states is proved by induction under the lemmas, a property
of steps from every state that satisfies them.

The lemmas are part of what is proved.  Where a changed rule breaks some, they are given up
one after the other until the rest is inductive, and the properties stand or fall with it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

import z3

from pmip6.model.domain import shipped_rules
from pmip6.model.language.folding import decided
from pmip6.model.language.table import Rule
from pmip6.model.language.terms import TRUE
from pmip6.properties import protocol
from pmip6.properties.answers import answers_of
from pmip6.properties.proof.any_size import SEED, AnySize, Failure
from pmip6.properties.proof.counterexample import describe, finite_counterexample
from pmip6.properties.proof.lemma import Lemma
from pmip6.properties.proof.lemmas import ARRIVALS, LEMMAS
from pmip6.properties.proof.obligations import TIME_PASSES, may_hold
from pmip6.properties.proof.solving import answer_of, interruptible
from pmip6.properties.property import PROPERTIES, Property, Scope
from pmip6.properties.result import Outcome, PropertyResult, Run

METHOD = "proved for any size"

ASSUMPTIONS = (
    "timestamps do not wrap",
    "the requests for a node get timestamps in the order in which they are sent,"
    " whichever gateway sends them (synchronised clocks)",
    "peers that break the rules send any request for any node from any gateway, with a"
    " timestamp of their own",
)
FEATURE_ASSUMPTIONS = {
    "fast_handover": "the HIs for a node get numbers in the order in which they are sent,"
    " whichever gateway sends them",
}
"""What is assumed where a feature is switched on."""
SWITCH_ASSUMPTIONS = {
    "several_interfaces": "one interface for each mobile node",
    "several_prefixes": "one prefix for each session",
    "alternate_addresses": "the Proxy-CoA is the source address of the request",
    "sequence_numbers": "each request has a timestamp",
    "anchor_restarts": "the anchor does not restart",
    "fast_handover": "there is no fast handover",
    "counted_requests": "gateways know requests by their timestamps",
    "named_routers": "the link-local address of gateways is fixed for the domain",
    "altered_answers": "no acknowledgement is forged or altered",
    "timestamp_ends_with_binding": "the anchor remembers the last accepted timestamp of"
    " a node after its binding is deleted",
    "second_session_by_name": "a node with a session gets no second one by asking for"
    " another prefix",
    "foreign_deregistration_is_acknowledged": "a de-registration from another gateway is"
    " ignored, not acknowledged",
}

_GATEWAYS = (
    "handoff_hints",
    "address_collisions",
    "clock_synchronisation",
    "numbered_registrations",
    "registration_lifetimes",
    "router_solicitations",
    "spaced_attempts",
)
_ONE_INTERFACE = ("several_prefixes", "alternate_addresses", *_GATEWAYS)
_NUMBERS = (*_ONE_INTERFACE, "sequence_numbers")
# nodes move as they like and tunnels end at any time: what restrains them stays off
_HANDOVERS = ("fast_handover", "handover_refusals", "forwarding_failures")

SETTINGS: dict[str, tuple[str, ...]] = {
    "": (),
    "one interface": _ONE_INTERFACE,
    "sequence numbers": _NUMBERS,
    "several interfaces": (*_NUMBERS, "several_interfaces"),
    "fast handover": (*_ONE_INTERFACE, *_HANDOVERS),
}
"""The features that are switched on together in a proof."""

if not PROPERTIES:  # the properties are recorded when their module is read
    raise ImportError(protocol.__name__)


@interruptible()
def prove_any_size(
    rules: Iterable[Rule] | None = None,
    properties: Sequence[Property] | None = None,
    lemmas: Sequence[Lemma] = LEMMAS,
    *,
    engine: AnySize | None = None,
) -> Run:
    """Prove the properties of the rules for any number of elements.

    Args:
        rules: The rules as recorded, or changed; those that ship if not given.
        properties: All of `properties_of` if not given; the ones that have no case under
            the switches are named in a note and not proved.
        lemmas: Strengthening invariants; they are proved as well.
        engine: Proofs with other switches, or that remember earlier ones.
    """
    started = time.perf_counter()
    engine = engine or AnySize()
    every = shipped_rules() if rules is None else tuple(rules)
    origin = engine.rules(every)
    taken = list(origin)
    asked = properties_of(engine, every) if properties is None else properties
    silent = [p.name for p in asked if not engine.prover.is_about(p)]
    kept, lost = engine.inductive_part(taken, engine.prover.telling(lemmas))
    results = [
        _result(engine, claim, origin, kept, lost)
        for claim in asked
        if claim.name not in silent
    ]
    return Run(
        configuration=setting_name(engine.switches),
        engine="prove",
        states=None,
        transitions=None,
        depth=None,
        seconds=time.perf_counter() - started,
        properties=tuple(results),
        notes=(
            f"{engine.queries} queries, z3 {z3.get_version_string()}, seed {SEED}",
            f"switched on: {', '.join(n for n, on in engine.switches.items() if on)}",
            *(f"there is no case of {name}" for name in silent),
            *(f"lemma {k.name}: {k.reason.splitlines()[0]}" for k in kept),
            *(_given_up(f) for f in lost),
        ),
    )


def answers_in(engine: AnySize, rules: Iterable[Rule] | None) -> list[Property]:
    """That each request is answered, of the rules that the switches leave."""
    every = shipped_rules() if rules is None else tuple(rules)
    return answers_of(engine.rules(every).values())


def properties_of(engine: AnySize, rules: Iterable[Rule] | None) -> list[Property]:
    """The recorded properties, and those that are made from the rules.

    Args:
        engine: Its switches say which rules there are.
        rules: As recorded, or changed; those that ship if not given.
    """
    return [*PROPERTIES, *answers_in(engine, rules)]


def setting_name(switches: Mapping[str, bool]) -> str:
    """What a proof with these switches is called: as its setting, or all of them."""
    on = [name for name, is_on in switches.items() if is_on]
    known = (name for name, of in SETTINGS.items() if set(of) == set(on))
    return ", ".join(["any size", *filter(None, [next(known, ", ".join(on))])])


def _given_up(failure: Failure) -> str:
    how = "fails on" if failure.model is not None else "is undecided on"
    return f"lemma {failure.duty.claim.name} {how} {failure.duty.place}"


def assumptions(claim: Property, switches: dict[str, bool]) -> tuple[str, ...]:
    """What a proof of the property takes for granted, in words."""
    readings = [t for n, t in SWITCH_ASSUMPTIONS.items() if not switches.get(n)]
    readings += [t for n, t in FEATURE_ASSUMPTIONS.items() if switches.get(n)]
    holding = may_hold(switches)
    readings += [a.reason for a in ARRIVALS if decided(a.term, holding) is not TRUE]
    return tuple(dict.fromkeys((*claim.assumptions, *ASSUMPTIONS, *readings)))


def _result(
    engine: AnySize,
    claim: Property,
    origin: dict[Rule, Rule],
    lemmas: list[Lemma],
    lost: list[Failure],
) -> PropertyResult:
    failures = engine.failures(claim, list(origin), lemmas)
    known = assumptions(claim, engine.switches)
    if not failures:
        return PropertyResult(claim.name, Outcome.HOLDS, METHOD, known)
    broken = [f for f in failures if f.model is not None]
    doubtful = [_given_up(f) for f in lost if f.model is None]
    if not broken or doubtful:
        places = [f"no answer on {f.duty.place}: {f.reason}" for f in failures]
        return PropertyResult(
            claim.name,
            Outcome.UNDECIDED,
            "induction for any size, without an answer",
            known,
            note="; ".join([*places, *doubtful]),
        )
    failure = broken[0]
    shown = finite_counterexample(engine, failure, origin, lemmas)
    note = [
        f"fails on {', '.join(f.duty.place for f in broken)}",
        *(_given_up(f) for f in lost),
        describe(shown),
    ]
    return PropertyResult(
        claim.name,
        Outcome.VIOLATED,
        "counterexample to induction for any size",
        known,
        trace=shown.trace,
        note="; ".join(note),
    )


def is_reachable(claim: Property, engine: AnySize, rules: Iterable[Rule]) -> bool:
    """Whether the premise of a property is consistent with the lemmas on some step."""
    origin = engine.rules(tuple(rules))
    known = engine.prover.assumed(LEMMAS)
    for rule in (TIME_PASSES, *origin):
        if claim.scope is Scope.MESSAGE and not claim.is_about(rule):
            continue
        solver = engine.solver()
        solver.add(*known, *engine.prover.taken(rule))
        solver.add(engine.prover.over_step(claim.premise, rule))
        if answer_of(solver) == z3.sat:
            return True
    return False
