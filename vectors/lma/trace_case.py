"""A run of the model as a test case for an anchor: what the anchor got and waited for.

A run is about nodes and gateways by name, a case about roles and relations.  The requests
of the run become stimuli one by one, told by what the anchor of the run has when they
arrive; what nodes, gateways and channels do meanwhile is the tester's part and left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pmip6.model.domain import SWITCHES, Element, Model, shipped_rules
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.evaluation import Environment
from pmip6.model.language.interpreter import State, Transition, Value
from pmip6.model.language.table import Role, Rule, Timer
from pmip6.model.state import (
    Fault,
    is_authorised_gateway,
    is_enabled_node,
    is_known_node,
    is_newer,
    may_request,
    pbu,
    sequence_numbers,
    several_interfaces,
    several_prefixes,
    waits_for_deregistration,
)
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.properties.result import Trace
from pmip6.vectors.lma.model import TICKS, AnchorModel, Reaction, seen
from pmip6.vectors.lma.probes import ProbeSearch, Wrong
from pmip6.vectors.lma.purposes import Draft
from pmip6.vectors.lma.repertoire import Edge, Taken
from pmip6.vectors.lma.rule_purposes import draft, running
from pmip6.vectors.lma.stimuli import (
    BY_SESSION,
    Form,
    Gateway,
    Interface,
    Node,
    Order,
    Phase,
    PrefixForm,
    Request,
    Stamp,
    Stimulus,
    Wait,
)

TOLD = (
    several_interfaces,
    several_prefixes,
    sequence_numbers,
    waits_for_deregistration,
    *SWITCHES,
)
"""Features and readings of a configuration that an anchor has to have for the case."""

OPTIONS = {
    "has_node_identifier": Fault.NO_NODE_IDENTIFIER,
    "has_prefix": Fault.NO_PREFIX,
    "has_handoff_indicator": Fault.NO_HANDOFF_INDICATOR,
    "has_access_technology": Fault.NO_ACCESS_TECHNOLOGY,
}
"""What a request lacks where a field of its message is false."""

RUN_ITSELF = "look at the run itself"

RoleT = TypeVar("RoleT", Node, Gateway)


class NoCase(Pmip6Error):
    """A run that cannot be told as a case, and why."""


def rules_of(model: Model, rules: Iterable[Rule] | None) -> tuple[Rule, ...]:
    """The rules of a run whole: ours or others, as its configuration changes them.

    Args:
        model: The model that took the steps, whose own rules its facts have decided.
        rules: The rules that it was made with; ours where None.
    """
    every = shipped_rules() if rules is None else tuple(rules)
    variant = model.configuration.variant
    return every if variant is None else tuple(map(variant, every))


def draft_of(model: Model, trace: Trace, key: str, rules: Iterable[Rule]) -> Draft:
    """A run as a case: up to where the anchor answers otherwise than it has to.

    Where it always answers as it has to, probes follow that tell the state in which it is
    from the right one, if any do.

    Args:
        model: The model that took the steps.
        trace: The run.
        key: What the case is called where it comes from.
        rules: The rules that the run followed, as `rules_of` gives them.

    Raises:
        NoCase: The anchor does nothing in it, or what it does is no part of a case.
    """
    chosen = model.configuration
    needs = tuple(rigid.name for rigid in TOLD if chosen.facts.get(rigid.name))
    right, wrong = AnchorModel(readings=needs), AnchorModel(rules, needs)
    told: list[Stimulus] = []
    state = other = right.initial
    last: Reaction | None = None
    before = state
    is_told_apart = False
    for number, stimulus in _stimuli(model, trace, several_interfaces.name in needs):
        reaction = right.react(state, stimulus)
        if reaction is None:
            reason = f"a tester cannot do what step {number} needs: {stimulus}"
            raise NoCase(key, reason, RUN_ITSELF)
        observed = _react_alike(right, wrong, state, other, stimulus)
        told.append(stimulus)
        before, state, other, last = state, reaction.target, observed.target, reaction
        if seen(observed.answer) != seen(reaction.answer):
            is_told_apart = True
            break
    if last is None:
        raise NoCase(key, "the anchor gets nothing in this run", RUN_ITSELF)
    control = last.control
    name = last.rules[0].name if last.rules else "nothing"
    taken = Taken(Edge(name, control, "run"), last.rules, tuple(told), before, last)
    probes = () if is_told_apart else _probes(right, wrong, state, other)
    return draft(taken, key, tuple(told[:-1]), probes, needs=needs)


def _probes(
    right: AnchorModel, wrong: AnchorModel, state: State, other: State
) -> tuple[Stimulus, ...]:
    """What tells the state of the anchor of the run from the right one, if anything.

    A timer that runs in the one alone is over after a while, in which one of the right
    anchor has nearly ended.
    """
    if other == state:
        return ()
    search = ProbeSearch(right)
    found = search.suffix(state, [Wrong("at once", other)])
    if found.revealed:
        return found.stimuli
    for timer in sorted(set(running(wrong, other)) - set(running(right, state))):
        other = wrong.elapse(other, timer, TICKS).target
    for timer in running(right, state):
        wait = Wait(timer, Phase.NEARLY)
        ticks = right.ticks(state, wait)
        if ticks is not None:
            late = wrong.elapse(other, timer, ticks).target
            right_late = right.elapse(state, timer, ticks).target
            later = search.suffix(right_late, [Wrong("later", late)])
            if later.revealed:
                return (wait, *later.stimuli)
    return ()


def _react_alike(
    right: AnchorModel,
    wrong: AnchorModel,
    state: State,
    other: State,
    stimulus: Stimulus,
) -> Reaction:
    """What the anchor of the run does on the stimulus that the right one gets."""
    if isinstance(stimulus, Wait):
        ticks = right.ticks(state, stimulus)
        assert ticks is not None  # the right one reacts
        return wrong.elapse(other, stimulus.timer, ticks)
    assert isinstance(stimulus, Request)
    message = right.message(state, stimulus)
    assert message is not None  # likewise
    return wrong.receive(other, message)


def _stimuli(
    model: Model, trace: Trace, several: bool
) -> Iterator[tuple[int, Stimulus]]:
    """What happens to the anchor, each with the number of its step."""
    telling = _Telling(model, several)
    for number, (step, state) in enumerate(
        zip(trace.steps, trace.states, strict=False), start=1
    ):
        rule = step.rule
        if rule is None or rule.role is not Role.LMA:
            continue
        if isinstance(rule.on, Timer):
            yield number, Wait(rule.on.name, Phase.PAST)
        elif rule.on is not None and rule.on.name == pbu.name:
            yield number, telling.request(state, step, number)
        else:
            raise NoCase(
                f"step {number}",
                f"{rule.name} is neither about a request nor a timer",
                RUN_ITSELF,
            )


@dataclass
class _Telling:
    """Which role each name of a run has got, in the order in which they come up."""

    model: Model
    several: bool
    nodes: dict[Element, Node] = field(default_factory=dict[Element, Node])
    gateways: dict[Element, Gateway] = field(default_factory=dict[Element, Gateway])
    interfaces: dict[Element, list[tuple[Value, Value]]] = field(
        default_factory=dict[Element, list[tuple[Value, Value]]]
    )

    def request(self, state: State, step: Transition, number: int) -> Request:
        """The request that the anchor takes in a step."""
        values = {
            name: step.environment.get(f"message.{name}") for name, _ in pbu.fields
        }
        faults = frozenset(
            fault for name, fault in OPTIONS.items() if values[name] is False
        )
        node = self._node(values["node"], number)
        gateway = self._gateway(values["gateway"], number)
        proxy_coa = self._gateway(values["proxy_coa"], number)
        indicator = HandoffIndicator[str(values["handoff_indicator"])]
        if Fault.NO_HANDOFF_INDICATOR in faults:
            indicator = HandoffIndicator.UNKNOWN
        return Request(
            node=node,
            gateway=gateway,
            deregistration=bool(values["deregistration"]),
            prefix=self._prefix(state, values),
            stamp=self._stamp(state, values),
            faults=faults,
            form=Form.ORDINARY if proxy_coa is gateway else Form.ALTERNATE,
            link_layer_identifier=not self.several or values["link_layer"] is not None,
            interface=self._interface(values, number),
            indicator=indicator,
            order=self._order(state, values),
        )

    def _holds(self, name: str, *arguments: Value) -> bool:
        return arguments in self.model.configuration.facts.get(name, ())

    def _cell(self, state: State, name: str, *arguments: Element) -> Value:
        position = self.model.cells.get((name, arguments))
        return None if position is None else state.cells[position]

    def _node(self, name: Value, number: int) -> Node:
        if not self._holds(is_known_node.name, name):
            return Node.UNKNOWN
        if not self._holds(is_enabled_node.name, name):
            return Node.BARRED
        return _role(
            str(name), self.nodes, (Node.SERVED, Node.OTHER), "mobile node", number
        )

    def _gateway(self, name: Value, number: int) -> Gateway:
        if not self._holds(is_authorised_gateway.name, name):
            return Gateway.STRANGER
        mags = (Gateway.MAG1, Gateway.MAG2)
        return _role(str(name), self.gateways, mags, "gateway", number)

    def _prefix(self, state: State, values: Environment) -> PrefixForm:
        prefix, node = values["prefix"], values["node"]
        if prefix is None:
            return PrefixForm.ALL_ZERO
        own = self._prefixes(state, lambda of: of == node)
        if prefix in own[: len(BY_SESSION)]:
            return BY_SESSION[own.index(prefix)]
        if prefix in self._prefixes(state, lambda of: of not in (None, node)):
            return PrefixForm.OTHERS
        if self._holds(may_request.name, node, prefix):
            return PrefixForm.REQUESTABLE
        return PrefixForm.UNASSIGNED

    def _prefixes(
        self, state: State, is_wanted: Callable[[Value], bool]
    ) -> list[Value]:
        """The prefixes of the sessions of the wanted nodes, in their order."""
        chosen = self.model.configuration
        return [
            prefix
            for prefix in chosen.prefixes
            for entry in chosen.entries
            if self._cell(state, "bce_prefix", entry, prefix)
            and is_wanted(self._cell(state, "bce_node", entry))
        ]

    def _stamp(self, state: State, values: Environment) -> Stamp:
        last = self._cell(state, "last_accepted", str(values["node"])) or 0
        stamp = values["timestamp"]
        assert isinstance(last, int) and isinstance(stamp, int)  # of the sort of times
        if values["timely"] is False:
            return Stamp.PAST if 0 < stamp <= last else Stamp.FUTURE
        if not last or stamp > last:
            return Stamp.NEWER
        return Stamp.EQUAL if stamp == last else Stamp.OLDER

    def _order(self, state: State, values: Environment) -> Order:
        number = values["sequence"]
        is_numbered = values["has_timestamp"] is False
        if not is_numbered:
            return Order.TIMESTAMP
        chosen = self.model.configuration
        accepted = [
            self._cell(state, "bce_sequence", entry)
            for entry in chosen.entries
            if self._cell(state, "bce_node", entry) == values["node"]
        ]
        if not accepted or accepted[0] is None:
            return Order.NEXT
        if number == accepted[0]:
            return Order.EQUAL
        is_higher = self._holds(is_newer.name, number, accepted[0])
        return Order.NEXT if is_higher else Order.LOWER

    def _interface(self, values: Environment, number: int) -> Interface:
        mine, technology = values["link_layer"], values["technology"]
        if not self.several or mine is None:
            return Interface.FIRST
        node = str(values["node"])
        known = self.interfaces.setdefault(node, [])
        if (mine, technology) not in known:
            known.append((mine, technology))
        if known.index((mine, technology)) == 0:
            return Interface.FIRST
        first, first_technology = known[0]
        others = [
            one for n, each in self.interfaces.items() if n != node for one in each
        ]
        if mine in (identifier for identifier, _ in others):
            return Interface.OTHERS
        if mine == first:
            return Interface.OTHER_TECHNOLOGY
        if technology == first_technology and known[1][0] == mine:
            return Interface.SECOND
        raise NoCase(
            f"step {number}",
            f"a tester has no interface such as {mine} of technology {technology}",
            RUN_ITSELF,
        )


def _role(
    name: Element,
    known: dict[Element, RoleT],
    roles: Sequence[RoleT],
    what: str,
    number: int,
) -> RoleT:
    if name not in known and len(known) == len(roles):
        raise NoCase(
            f"step {number}",
            f"a case has {len(roles)} of each, and {name} is one {what} more",
            RUN_ITSELF,
        )
    return known.setdefault(name, roles[len(known)] if name not in known else roles[0])
