"""Which sides of conditions there can be: Z3 looks for a situation, or proves that none is.

The world is of any size (properties/proof/open_world.py), the situation any of which the
statements of properties/guards/situations.py are true; the switches that are not the same in
all settings are chosen by Z3, too.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import z3

from pmip6.model.language.table import Channel, Role
from pmip6.model.language.terms import Op, Term, name_of, subterms
from pmip6.properties.guards.decisions import Decision, Side
from pmip6.properties.guards.proved import Settings, known_of, settled_of
from pmip6.properties.proof.open_world import AnyState, has_none, none, z3_sort
from pmip6.properties.proof.solving import answer_of, interruptible
from pmip6.properties.proof.z3_terms import Translator

ITSELF = "the guard itself"
"""Why there is no situation, whatever is true of it."""


SEARCH = 1_000_000
"""Resource units of Z3 for one side: what is impossible takes few, a situation may take
many; where they do not suffice, the side is as good as possible."""


class Verdict(enum.StrEnum):
    """Whether a side can be brought about in some state."""

    POSSIBLE = "possible"
    IMPOSSIBLE = "impossible"
    UNDECIDED = "undecided"


class Found(NamedTuple):
    """What Z3 finds of a side; of an impossible one, the statements that rule it out."""

    verdict: Verdict
    because: tuple[str, ...] = ()


def openings(
    decision: Decision, term: Term, path: tuple[int, ...] = ()
) -> Iterator[tuple[int, tuple[Term, ...]]]:
    """Each condition by its number, with all that has to hold for it to be decisive."""
    number = decision.numbers.get(path)
    if number is not None:
        yield number, ()
        return
    match term.op:
        case Op.NOT:
            yield from openings(decision, term.args[0], (*path, 0))
        case Op.AND | Op.OR:
            needed = [p if term.op is Op.AND else ~p for p in term.args]
            for place, part in enumerate(term.args):
                beside = (*needed[:place], *needed[place + 1 :])
                for found, more in openings(decision, part, (*path, place)):
                    yield found, (*beside, *more)
        case Op.ITE:
            test, *branches = term.args
            for place, part in enumerate(branches, start=1):
                chosen = test if place == 1 else ~test
                for found, more in openings(decision, part, (*path, place)):
                    yield found, (chosen, *more)
        case _:
            return


def _values(
    decision: Decision, on: Channel | None
) -> tuple[dict[str, z3.ExprRef], list[z3.BoolRef]]:
    """Constants for indices and fields, and that no index is `none`."""
    indices = set(map(name_of, decision.parameters))
    values: dict[str, z3.ExprRef] = {}
    known: list[z3.BoolRef] = []
    if on is not None:
        for field, sort in on.fields:
            values[f"message.{field}"] = z3.Const(f"message.{field}", z3_sort(sort))
    terms = (
        t for each in (decision.term, *decision.asked_when) for t in subterms(each)
    )
    for term in terms:
        if term.op is not Op.VARIABLE or name_of(term) in values:
            continue
        name = name_of(term)
        values[name] = z3.Const(name, z3_sort(term.sort))
        if name in indices and has_none(term.sort):
            known.append(values[name] != none(term.sort))
    return values, known


@interruptible()
def verdicts(
    decision: Decision,
    role: Role,
    world: Settings,
    on: Channel | None,
    idle: Mapping[str, Term] | None = None,
) -> Mapping[Side, Found]:
    """What Z3 finds of each side of a decision.

    Args:
        decision: The decision.
        role: Whose it is.
        world: The settings that there are.
        on: The channel of the message that it is about, if it is about one.
        idle: That acts are not possible which come before it, by their names.
    """
    translator = Translator(world, AnyState())
    values, indices = _values(decision, on)
    known = known_of(role, values, translator)
    known |= settled_of(role, translator, idle or {})
    given = [*indices, *translator.all(decision.asked_when, values)]
    found: dict[Side, Found] = {}
    for number, beside in openings(decision, decision.term):
        condition = decision.conditions[number].term
        for value in (True, False):
            wanted = condition if value else ~condition
            asked = [*given, *translator.all((*beside, wanted), values)]
            answer, core = _answer(world, asked, known)
            because: tuple[str, ...] = ()
            if answer == z3.unsat:
                because = _least(world, asked, {n: known[n] for n in core}) or (ITSELF,)
            found[Side(decision.name, number, value)] = Found(_verdict(answer), because)
    return found


def _answer(
    world: Settings, asked: Sequence[z3.BoolRef], known: Mapping[str, z3.BoolRef]
) -> tuple[z3.CheckSatResult, list[str]]:
    """What Z3 finds, and the statements from which a contradiction follows."""
    solver = world.solver(SEARCH)  # one that has searched before is slower
    solver.add(*asked)
    for name, statement in known.items():
        solver.assert_and_track(statement, name)
    answer = answer_of(solver)
    core = solver.unsat_core() if answer == z3.unsat else ()
    return answer, sorted(map(str, core))


def _least(
    world: Settings, asked: Sequence[z3.BoolRef], core: Mapping[str, z3.BoolRef]
) -> tuple[str, ...]:
    """The core without each statement that the others make up for.

    Which of several cores Z3 tells depends on chance; what is left then hardly does.
    """
    least = dict(core)
    for name in core:
        fewer = {n: statement for n, statement in least.items() if n != name}
        if _answer(world, asked, fewer)[0] == z3.unsat:
            least = fewer
    return tuple(least)


def _verdict(answer: z3.CheckSatResult) -> Verdict:
    if answer == z3.sat:
        return Verdict.POSSIBLE
    return Verdict.IMPOSSIBLE if answer == z3.unsat else Verdict.UNDECIDED
