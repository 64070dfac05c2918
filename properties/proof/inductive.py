"""Induction alone in one configuration: what each property rests on, or what breaks it.

Nothing is searched for: that a premise is met somewhere is what other engines say.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import z3

from pmip6.model.domain import Model
from pmip6.properties.proof.any_size import SEED
from pmip6.properties.proof.lemma import Lemma
from pmip6.properties.proof.lemmas import ARRIVALS, LEMMAS
from pmip6.properties.proof.obligations import is_of_states
from pmip6.properties.proof.prove import ENGINE, Induction, holding_first
from pmip6.properties.proof.solving import interruptible
from pmip6.properties.property import Property
from pmip6.properties.result import Outcome, PropertyResult, Run

INDUCTIVE, NOT_INDUCTIVE = "inductive", "not inductive"


@interruptible()
def prove_by_induction(
    model: Model,
    properties: Sequence[Property],
    *,
    lemmas: Sequence[Lemma] = (*LEMMAS, *ARRIVALS),
) -> Run:
    """Decide which properties of a model are inductive, with lemmas that are.

    Notes name the lemmas that a property rests on, none of which can be left out, or a
    step that breaks it from a state in which all lemmas hold.

    Args:
        model: The model.
        properties: What is to be decided.
        lemmas: Strengthening invariants; those that are not inductive are not used.
    """
    started = time.perf_counter()
    of_states = [p for p in properties if is_of_states(p)]
    first = holding_first(model, [*lemmas, *of_states], 1)
    chain = Induction(model, 1)
    kept = chain.inductive([k for k in lemmas if k in first])

    def result(claim: Property) -> PropertyResult:
        outcome, method = Outcome.UNDECIDED, NOT_INDUCTIVE
        if claim in of_states and claim not in first:
            note = "the first state breaks it"
        elif (answer := chain.broken(claim, kept)) == z3.unsat:
            used = chain.needed(claim, kept)
            outcome, method = Outcome.HOLDS, INDUCTIVE
            note = f"rests on {', '.join(k.name for k in used)}" if used else ""
        elif answer == z3.unknown:
            note = "z3 gives no answer"
        else:
            note = f"{chain.breaking()} breaks it from a state that the lemmas allow"
        if outcome is not Outcome.HOLDS and claim.name in model.configuration.broken:
            note += "; it fails here, as docs/findings.md tells"
        return PropertyResult(claim.name, outcome, method, claim.assumptions, note=note)

    results = tuple(map(result, properties))
    return Run(
        configuration=model.configuration.name,
        engine=ENGINE,
        states=None,
        transitions=None,
        depth=None,
        seconds=time.perf_counter() - started,
        properties=results,
        notes=(
            f"z3 {z3.get_version_string()}, seed {SEED};"
            f" {len(kept)} of {len(lemmas)} lemmas are inductive here",
        ),
    )
