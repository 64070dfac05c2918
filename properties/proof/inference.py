"""Invariants found by a search: templates, then random runs, then induction (Houdini).

Runs of a small configuration throw out the candidates that fail somewhere.  Of the rest
those are given up that some step breaks, until the rest is inductive; and of what is left
only that is kept on which the proof of a property rests.  A candidate that is true may be
lost, as a query has limits; nothing false is kept.
"""

from __future__ import annotations

import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pmip6.model.domain import CHANNELS, Model, shipped_rules
from pmip6.model.language.interpreter import Interpreter, State
from pmip6.model.language.table import Rule
from pmip6.model.language.terms import Op, Term, name_of, subterms
from pmip6.model.shipped.configurations import HANDOFF, REJECTIONS
from pmip6.properties.proof.any_size import AnySize
from pmip6.properties.proof.certificate import write
from pmip6.properties.proof.lemma import Lemma, issued
from pmip6.properties.proof.obligations import Claim, is_of_states, obligations
from pmip6.properties.proof.prove_any_size import prove_any_size
from pmip6.properties.proof.recheck import recheck
from pmip6.properties.proof.solving import interruptible
from pmip6.properties.proof.templates import Templates
from pmip6.properties.property import PROPERTIES, Property
from pmip6.properties.result import Outcome, Run

RUNS, STEPS, SEED = 40, 50, 5213
SAMPLED = (HANDOFF, REJECTIONS)
GOAL = 60.0
"""Seconds in which the invariants are to be found and proved with the properties."""
PROCESSES = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
INFERRED = ("unique-binding.", "preserved-prefix.")


@dataclass(frozen=True)
class Inferred:
    """What inference found.

    Args:
        lemmas: The invariants on which the proofs rest, each with its term.
        inductive: How many candidates are inductive together.
        sampled: How many candidates no run broke.
        candidates: How many there were.
        seconds: How long it took.
    """

    lemmas: tuple[Lemma, ...]
    inductive: int
    sampled: int
    candidates: int
    seconds: float


def infer(engine: AnySize, properties: Sequence[Property]) -> Inferred:
    """Find invariants that prove properties in the setting of an engine.

    Args:
        engine: A proof without hand-written lemmas; it remembers what it proves.
        properties: What is to be proved; those about states are candidates themselves.
    """
    began = time.perf_counter()
    rules = list(engine.rules(shipped_rules()))
    goals = [Lemma(p.name, p.term, p.doc) for p in properties if is_of_states(p)]
    candidates = Templates(rules).candidates()
    sampled = not_broken(candidates, SEED)
    kept, _ = engine.inductive_part(rules, [*goals, *sampled])
    used = _rested_on(engine, properties, kept, rules)
    return Inferred(
        lemmas=tuple(named([k for k in kept if k in used])),
        inductive=len(kept),
        sampled=len(sampled),
        candidates=len(candidates),
        seconds=time.perf_counter() - began,
    )


def not_broken(candidates: Sequence[Lemma], seed: int) -> list[Lemma]:
    """The candidates that no state of some random runs breaks, the strongest of them.

    Where a part of a clause never fails, that part is a candidate itself.  Those that
    speak of the ghost are all kept: runs do not have it.
    """
    left = list(candidates)
    for number, chosen in enumerate(SAMPLED):
        interpreter = Interpreter(Model(chosen))
        for state in _states(interpreter, seed + number):
            left = [c for c in left if _holds(interpreter, c, state)]
    strong = {(c.channel, _body(c.term)) for c in left}
    return [
        c
        for c in left
        if (body := _body(c.term)).op is not Op.OR
        or all((c.channel, part) not in strong for part in body.args)
    ]


def _body(term: Term) -> Term:
    """What is inside the quantifiers, whose variables are named by their sorts."""
    return _body(term.args[0]) if term.op is Op.FORALL else term


def _states(interpreter: Interpreter, seed: int) -> Iterator[State]:
    """The different states of some random runs."""
    choice = random.Random(seed)  # no secret: which runs are looked at
    seen: set[State] = set()
    for _ in range(RUNS):
        state = interpreter.initial()
        for _ in range(STEPS):
            steps: dict[str, list[State]] = {}
            for step in interpreter.transitions(state):
                steps.setdefault(step.name, []).append(step.target)
            if not steps:
                break
            name = choice.choice(sorted(steps))
            state = choice.choice(steps[name])  # as it is: with all fields of messages
            if state not in seen:
                seen.add(state)
                yield state


def _holds(interpreter: Interpreter, claim: Lemma, state: State) -> bool:
    if any(t.op is Op.READ and name_of(t) == issued.name for t in subterms(claim.term)):
        return True
    if claim.channel is None:
        return bool(interpreter.value(claim.term, state, {}))
    fields = [f"message.{n}" for n, _ in CHANNELS[claim.channel.name].fields]
    return all(
        interpreter.value(claim.term, state, dict(zip(fields, message, strict=True)))
        for (channel, _), queue in zip(
            interpreter.model.queues, state.queues, strict=True
        )
        if channel == claim.channel.name
        for message in queue
    )


def _rested_on(
    engine: AnySize,
    properties: Sequence[Property],
    lemmas: Sequence[Lemma],
    rules: Sequence[Rule],
) -> set[Lemma]:
    """The lemmas that the proofs of the properties need, and those that these need."""
    names = {p.name for p in properties}
    needed: set[Lemma] = set()
    todo: list[Claim] = [k for k in lemmas if k.name in names]
    todo += [p for p in properties if not is_of_states(p)]
    while todo:
        claim = todo.pop()
        if isinstance(claim, Lemma):
            if claim in needed:
                continue
            needed.add(claim)
        for duty in obligations(claim, rules):
            if duty.rule is not None and engine.refute(duty, lemmas) is None:
                todo += engine.rests_on(duty, lemmas) - needed
    return needed


def named(lemmas: Sequence[Lemma]) -> list[Lemma]:
    """The invariants numbered anew, those of properties under the property's name."""
    count = 0
    found: list[Lemma] = []
    for lemma in lemmas:
        if lemma.name.startswith("candidate-"):
            count += 1
            told = (
                f"{lemma.channel.name}: {lemma.term}" if lemma.channel else lemma.term
            )
            lemma = replace(lemma, name=f"inferred-{count}", reason=str(told))
        found.append(lemma)
    return found


@interruptible()
def _processor_seconds() -> float:
    """The processor time of this process and of those that it has waited for."""
    return sum(sum(resource.getrusage(of)[:2]) for of in PROCESSES)


def prove_by_inference(progress: Callable[[str], None]) -> Run:
    """Prove unique binding and preserved prefix for any size, without written lemmas.

    The invariants are found, and proved with the properties; z3 and cvc5, each where it
    is installed, then prove all of it again from the certificate.
    """
    engine = AnySize()
    wanted = [
        p
        for p in PROPERTIES
        if p.name.startswith(INFERRED) and engine.prover.is_about(p)
    ]
    progress("search for invariants")
    began, processor = time.perf_counter(), _processor_seconds()
    found = infer(engine, wanted)
    run = prove_any_size(None, wanted, found.lemmas, engine=engine)
    notes = [
        f"found and proved in {time.perf_counter() - began:.0f} s,"
        f" {_processor_seconds() - processor:.0f} s of processor time"
        f" (the goal is below {GOAL:.0f} s)",
        f"{found.candidates} candidates, {found.sampled} that no run broke,"
        f" {found.inductive} inductive, {len(found.lemmas)} needed,"
        f" in {found.seconds:.0f} s",
    ]
    proved = [
        p
        for p, r in zip(wanted, run.properties, strict=True)
        if r.outcome is Outcome.HOLDS
    ]
    progress("certificate of what was found")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "inferred.smt2")
        path.write_text(write(engine, proved, None, found.lemmas), "utf-8")
        told, answers = recheck(path, lemmas=found.lemmas)
    for answer in answers:
        unsat = sum(a == "unsat" for a in answer.answers.values())
        notes.append(f"{answer.solver} proves {unsat} of {len(told.used)} again")
    return replace(run, notes=(*notes, *run.notes), seconds=run.seconds + found.seconds)
