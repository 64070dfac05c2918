"""The statements about states, proved by induction over the rules that take part.

Messages are any that the statements about messages allow; a timer that runs may be due.
Both find a gateway that has done by itself what it may (properties/guards/acts.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import z3

from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Role, Rule
from pmip6.model.language.terms import Term
from pmip6.properties.guards import gateway_situations
from pmip6.properties.guards.acts import idle_acts
from pmip6.properties.guards.decisions import rules_where
from pmip6.properties.guards.situations import (
    EVENTS,
    MESSAGES,
    POLICIES,
    STATES,
    Statement,
    about,
)
from pmip6.properties.proof.open_world import (
    AnyState,
    FirstState,
    OpenWorld,
    fresh,
    has_none,
    none,
)
from pmip6.properties.proof.solving import answer_of, interruptible
from pmip6.properties.proof.z3_terms import AfterRule, Arguments, Translator

assert gateway_situations  # it records its statements
EFFORT = 40_000_000
"""Resource units of Z3 for one question: the same on any machine."""


class Settings(OpenWorld):
    """A world of any size in which some switches are open.

    Args:
        may_hold: Predicates that may hold, and switches that may be on.
        always: Switches that are on.
    """

    def __init__(self, may_hold: Collection[str], always: Collection[str]) -> None:
        super().__init__(dict.fromkeys(always, True))
        self.may_hold = frozenset(may_hold)
        self.always = frozenset(always)

    def rigid(self, name: str, args: Arguments) -> z3.BoolRef:
        """An open switch has any value; what holds nowhere is false."""
        if name not in self.may_hold:
            return z3.BoolVal(False)
        if not args and name not in self.always:
            return z3.Bool(f"switch_{name}")
        return super().rigid(name, args)

    def solver(self, effort: int = EFFORT) -> z3.Solver:
        """A solver in which the axioms are true."""
        solver = z3.Solver()
        solver.set(rlimit=effort, random_seed=1)
        solver.add(*self.axioms())
        return solver

    def rules(self, rules: Iterable[Rule]) -> list[Rule]:
        """The rules as these settings leave them."""
        found: list[Rule] = []
        for rule in rules_where(rules, self.may_hold, self.always):
            open_ = {c.having for c in rule.timers} - {None} - self.always
            if open_ & self.may_hold:
                raise Pmip6Error(rule.name, f"changes a timer by {open_}")
            timers = tuple(c for c in rule.timers if c.having not in open_)
            found.append(rule.changed(timers=timers))
        return found


def known_of(
    role: Role, values: Mapping[str, z3.ExprRef], terms: Translator
) -> dict[str, z3.BoolRef]:
    """What is true of states and policies, and of the message whose fields are `values`.

    By the names of the statements.
    """
    found = {
        s.name: terms.condition(s.term, {}) for s in about(STATES + POLICIES, role)
    }
    for statement in about(MESSAGES, role):
        assert statement.channel is not None
        names = [f"message.{name}" for name, _ in statement.channel.fields]
        if all(name in values for name in names):
            found[statement.name] = terms.condition(statement.term, values)
    return found


def settled_of(
    role: Role, terms: Translator, idle: Mapping[str, Term]
) -> dict[str, z3.BoolRef]:
    """What is true after each event: by the names of the statements, and of the acts."""
    events = {each.name: each.term for each in about(EVENTS, role)}
    every = {**events, **{f"{act} is done": term for act, term in idle.items()}}
    return {name: terms.condition(term, {}) for name, term in every.items()}


@interruptible()
def not_proved(
    role: Role, world: Settings, rules: Sequence[Rule]
) -> list[tuple[str, str]]:
    """The statements about states of a role that a rule breaks, with the rule."""
    failed: list[tuple[str, str]] = []
    statements = about(STATES, role)
    first = Translator(world, FirstState())
    for statement in statements:
        solver = world.solver()
        solver.add(z3.Not(first.condition(statement.term, {})))
        if answer_of(solver) != z3.unsat:
            failed.append((statement.name, "the first state"))
    for rule in world.rules(rules):
        values = {n: fresh((s,), n)[0] for n, s in rule.variables}
        now = Translator(world, AnyState())
        solver = world.solver()
        solver.add(*known_of(role, values, now).values())
        solver.add(*(values[n] != none(s) for n, s in rule.indices if has_none(s)))
        solver.add(*now.all(rule.guard, values))
        if rule.on is not None:
            solver.add(*settled_of(role, now, idle_acts(rules)).values())
        then = Translator(world, AfterRule(world, AnyState(), rule, values))
        failed += [
            (statement.name, rule.name)
            for statement in statements
            if not _is_kept(statement, solver, then)
        ]
    return failed


def _is_kept(statement: Statement, solver: z3.Solver, then: Translator) -> bool:
    solver.push()
    solver.add(z3.Not(then.condition(statement.term, {})))
    answer = answer_of(solver)
    solver.pop()
    return answer == z3.unsat
