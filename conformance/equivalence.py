"""Whether a mutant of the anchor's rules acts as the anchor does: computed reasons.

A mutant is beyond the reach of every case where its rule cannot be taken with the
switches as they are, and where it takes the same steps as the anchor.  The second is
shown by folding the switches, or on every state of a small anchor and every request.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from pmip6.conformance.lockstep import Lockstep
from pmip6.model.abstraction import NOBODY
from pmip6.model.domain import Configuration, Element, Model
from pmip6.model.interpreter import Interpreter, Message, State, Transition
from pmip6.model.lma import lma
from pmip6.model.numbers import HandoffIndicator
from pmip6.model.state import Origin, last_accepted, pbu
from pmip6.model.table import Rule, Timer, is_on_message_alone
from pmip6.model.terms import Op
from pmip6.vectors.anchor_model import (
    DECLARED,
    LINK_LAYERS,
    REQUESTABLE,
    UNASSIGNED,
    anchor_configuration,
    quiet,
)
from pmip6.vectors.stimuli import Gateway, Node

LAST = 2  # what stands for the last accepted timestamp of a node; 1 is older, 3 newer


# ---- on every state of a small anchor --------------------------------------------------


def small_configuration() -> Configuration:
    """An anchor with two served nodes, and one node for each reason to refuse it."""
    return anchor_configuration().changed(
        name="small anchor",
        prefixes=("p1", "p2", REQUESTABLE, UNASSIGNED),
        entries=("bce1", "bce2"),
    )


Step = tuple[object, State]


def _steps_of(
    interpreter: Interpreter, rules: Iterable[Rule], state: State, message: Message
) -> Step:
    """What the first rule that takes a message sends, and where it leads."""
    for step in interpreter.received(rules, message, state):
        return _seen(step, state)
    return (), _normal(state)


def _seen(step: Transition, before: State) -> Step:
    return tuple(m for _, m in step.sent), _normal(quiet(step.target, before))


_PLACES = {
    place
    for (name, _), place in Model(small_configuration(), lma.rules).cells.items()
    if name == last_accepted.name
}


def _normal(state: State) -> State:
    """The state with each last accepted timestamp at `LAST` or none."""
    cells = tuple(
        LAST if place in _PLACES and value else value
        for place, value in enumerate(state.cells)
    )
    return state._replace(cells=cells)


class SmallAnchor:
    """Every state and every request of the small anchor."""

    def __init__(self) -> None:
        self._configuration = small_configuration()
        self._interpreter = self._of(lma.rules)
        self._rules = tuple(r for r in lma.rules if r.on == pbu)
        self.messages = tuple(self._messages())
        self.states = tuple(self._reachable())
        self.plain_messages = tuple(self._plain())

    def _of(self, rules: Iterable[Rule]) -> Interpreter:
        return Interpreter(Model(self._configuration, rules))

    def _messages(self) -> Iterator[Message]:
        flags = (True, False)
        chosen = self._configuration
        for node, gateway, ending, stamp, timely, prefix, *has in itertools.product(
            chosen.nodes,
            chosen.gateways,
            flags,
            (LAST + 1, LAST, LAST - 1),
            flags,
            (None, *chosen.prefixes),
            *(flags,) * 3,
        ):
            if has[0] or prefix is None:
                yield self._message(node, gateway, ending, stamp, timely, prefix, has)

    def _message(
        self,
        node: Element,
        gateway: Element,
        ending: Element,
        stamp: Element,
        timely: Element,
        prefix: Element,
        has: Sequence[Element],
    ) -> Message:
        values: dict[str, Element] = {
            "node": node,
            "gateway": gateway,
            "proxy_coa": gateway,
            "origin": Origin.GATEWAY.name,
            "deregistration": ending,
            "prefix": prefix,
            "timestamp": stamp,
            "has_timestamp": True,
            "sequence": None,
            "timely": timely,
            "handoff_indicator": HandoffIndicator.UNKNOWN.name,
            "link_layer": LINK_LAYERS[Node.SERVED],
            "technology": DECLARED,
            "has_node_identifier": node != NOBODY,
            "has_prefix": has[0],
            "has_handoff_indicator": has[1],
            "has_access_technology": has[2],
        }
        return tuple(values[name] for name, _ in pbu.fields)

    def _plain(self) -> Iterator[Message]:
        """Requests of served nodes in which at most timestamp or prefix is refused.

        All others are refused before the anchor reads an entry.
        """
        names = [name for name, _ in pbu.fields]
        for message in self.messages:
            field = dict(zip(names, message, strict=True))
            if (
                field["node"] in (Node.SERVED, Node.OTHER)
                and field["gateway"] in (Gateway.MAG1, Gateway.MAG2)
                and field["timely"]
                and all(field[name] for name in names if name.startswith("has_"))
            ):
                yield message

    def _reachable(self) -> Iterator[State]:
        """All states, breadth first; a request that is refused changes none."""
        changing = tuple(r for r in self._rules if r.updates or r.timers)
        fields = [name for name, _ in pbu.fields]
        accepted = [
            m
            for m in self.messages
            if m[fields.index("timestamp")] == LAST + 1
            and all(m[i] for i, n in enumerate(fields) if n.startswith("has_"))
        ]
        first = self._interpreter.initial()
        found, frontier = {first}, [first]
        while frontier:
            state = frontier.pop()
            yield state
            targets = [
                _steps_of(self._interpreter, changing, state, message)[1]
                for message in accepted
            ]
            targets += self._expiries(self._interpreter, state).values()
            for target in targets:
                if target not in found:
                    found.add(target)
                    frontier.append(target)

    def _expiries(self, interpreter: Interpreter, state: State) -> dict[object, State]:
        """Where the expiry of each timer leads."""
        return {
            (rule.on.name, tuple(step.environment.values())): _normal(step.target)
            for rule in reversed(interpreter.model.rules)
            if isinstance(rule.on, Timer)
            for step in interpreter.steps(rule, state)
        }

    def acts_alike(self, rules: tuple[Rule, ...], name: str) -> bool:
        """Whether an anchor with a rule changed or removed takes the same steps.

        Args:
            rules: The rules of the mutant, the changed one first.
            name: Name of that rule.
        """
        original = next(rule for rule in lma.rules if rule.name == name)
        interpreter = self._of(rules)
        if isinstance(original.on, Timer):
            return all(
                self._expiries(interpreter, state)
                == self._expiries(self._interpreter, state)
                for state in self.states
            )
        changed = [rule for rule in rules if rule.name == name]
        mine = [r for r in rules if r.on == pbu and r.role is original.role]
        for message in self.messages:
            if not any(self._may_take(rule, message) for rule in (original, *changed)):
                continue
            for state in self.states:
                if next(
                    itertools.chain(
                        interpreter.received(changed, message, state),
                        self._interpreter.received((original,), message, state),
                    ),
                    None,
                ) and _steps_of(interpreter, mine, state, message) != _steps_of(
                    self._interpreter, self._rules, state, message
                ):
                    return False
        return True

    def answers_alike(self, rules: tuple[Rule, ...]) -> bool:
        """Whether no served node ever gets another answer than from the anchor."""
        return Lockstep(
            self._interpreter,
            self._of(rules),
            self.plain_messages,
            _PLACES,
            _normal,
        ).never_differ()

    def _may_take(self, rule: Rule, message: Message) -> bool:
        """The conditions on the message alone hold."""
        env = {f"message.{n}": v for (n, _), v in zip(pbu.fields, message, strict=True)}
        first = self._interpreter.initial()
        return all(
            self._interpreter.value(conjunct, first, env)
            for conjunct in rule.guard
            if is_on_message_alone(conjunct)
        )


@cache
def small_anchor() -> SmallAnchor:
    """The small anchor, made once."""
    return SmallAnchor()


def reason_out_of_reach(rules: tuple[Rule, ...], name: str) -> str | None:
    """Why no case can tell the mutant from the anchor; None where one might.

    Args:
        rules: The rules of the mutant, the changed one first.
        name: Name of the rule that is changed or removed.
    """
    before, after = (
        {rule.name: rule for rule in Model(small_configuration(), table).rules}
        for table in (lma.rules, rules)
    )
    if name not in before and name not in after:
        return "the rule is never taken with the switches off"
    if not _is_asked_for(before.get(name) or after[name]):
        return "no request and no timer makes an anchor without features take the rule"
    if name in before and name in after and _is_same(before[name], after[name]):
        return "the same condition with the switches off"
    return None


def _is_asked_for(rule: Rule) -> bool:
    return rule.on == pbu or isinstance(rule.on, Timer)


def _is_same(one: Rule, other: Rule) -> bool:
    """Two rules of which one may lack a part of the other."""
    return _conditions(one) == _conditions(other) and _effects(one) == _effects(other)


def _conditions(rule: Rule) -> set[int]:
    parts = (c.args if c.op is Op.AND else (c,) for c in rule.guard)
    return {id(part) for conjunction in parts for part in conjunction}


def _effects(rule: Rule) -> tuple[int, int, int]:
    return len(rule.updates), len(rule.sends), len(rule.timers)


def reason_equivalent(
    rules: tuple[Rule, ...], name: str, *, changes_effects: bool
) -> str | None:
    """That the mutant acts as the anchor in the small anchor; None where it does not.

    Args:
        rules: The rules of the mutant, the changed one first.
        name: Name of the rule that is changed or removed.
        changes_effects: Its updates or timers differ, so that its states do, and only
            answers can be compared.
    """
    anchor = small_anchor()
    if anchor.acts_alike(rules, name):
        return (
            f"acts alike on all {len(anchor.states)} states and "
            f"{len(anchor.messages)} requests of a small anchor"
        )
    if changes_effects and anchor.answers_alike(rules):
        return (
            "never answers otherwise than the anchor, side by side in a small anchor "
            f"on the {len(anchor.plain_messages)} requests without a fault"
        )
    return None
