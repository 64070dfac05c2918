"""The model that test purposes are derived from: an anchor and what a tester does to it.

The rules are those of the LMA, all readings as configured; nodes, gateways and prefixes
are the roles of a test case.  A timer has four ticks: one passes in `Phase.BEGUN`, three
in `Phase.NEARLY`, and with the fourth it expires.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pmip6.model.domain import Configuration, Element, Model
from pmip6.model.language.interpreter import (
    Interpreter,
    Message,
    State,
    Transition,
    Value,
)
from pmip6.model.language.table import Message as MessageTerms
from pmip6.model.language.table import Role, Rule, Timer
from pmip6.model.language.terms import variable
from pmip6.model.lma.lookup import matches
from pmip6.model.lma.rules import lma
from pmip6.model.state import (
    ENTRY,
    BindingState,
    Fault,
    Origin,
    alternate_addresses,
    binding_lifetime,
    forwarding,
    is_newer,
    leads_to,
    max_delay_before_new_bce_assign,
    min_delay_before_bce_delete,
    overlaps,
    pbu,
    several_prefixes,
)
from pmip6.model.wire.abstraction import NOBODY, Counter, status_and_prefix
from pmip6.model.wire.numbers import SEQUENCE_NUMBERS, HandoffIndicator
from pmip6.vectors.lma.stimuli import (
    Gateway,
    Interface,
    Node,
    Order,
    Phase,
    PrefixForm,
    Request,
    Stamp,
    Stimulus,
    UserPacket,
    Volley,
    Wait,
)

REQUESTABLE: Element = "requestable"
UNASSIGNED: Element = "unassigned"
LINK_LAYERS: dict[Node, Element] = {node: f"interface of {node}" for node in Node}
SECOND_LINK_LAYERS: dict[Node, Element] = {
    node: f"second interface of {node}" for node in Node
}
DECLARED: Element = "the declared access technology"
OTHER_TECHNOLOGY: Element = "another access technology"
POOL: tuple[Element, ...] = ("p1", "p2", "p3", "p4")
TICKS = 4
TICKS_AT = {Phase.BEGUN: 1, Phase.NEARLY: 3, Phase.PAST: TICKS}
ANCHOR_TIMERS: tuple[Timer, ...] = (
    binding_lifetime,
    min_delay_before_bce_delete,
    max_delay_before_new_bce_assign,
)
SERVED = (Node.SERVED, Node.OTHER, Node.UNPROVIDED)
POOLED = (Node.SERVED, Node.OTHER, Node.BARRED)
STAMP_STEP = 10
"""Distance of the model's timestamps, so that an older one lies between two."""
NO_TIMESTAMP = 0
"""The time of a request without a timestamp: none."""
FIRST_NUMBER = 1000
"""The sequence number of a first request that no number has to follow."""

TUNNELS: dict[str, frozenset[tuple[Element, ...]]] = {
    leads_to.name: frozenset((gateway, gateway) for gateway in Gateway),
}
"""What an anchor knows that passes user packets on: a tunnel can lead to each gateway."""

_MATCHES = matches(variable("entry", ENTRY), MessageTerms(pbu))


def part_of(prefixes: Element) -> Element:
    """Some prefixes of a set, but not all."""
    return f"part of {prefixes}"


def more_than(prefixes: Element) -> Element:
    """All prefixes of a set, and one that nobody has."""
    return f"more than {prefixes}"


def _sets() -> Iterator[tuple[Element, ...]]:
    """For each set of the pool those that have a prefix in common with it."""
    for prefix in POOL:
        yield prefix, part_of(prefix), more_than(prefix)


def anchor_configuration(
    readings: Iterable[str] = (), durations: Mapping[str, tuple[int, ...]] | None = None
) -> Configuration:
    """The configuration of a test case.

    Args:
        readings: Switches and features of the model that are on (docs/findings.md).
        durations: As in `Configuration`; none by default, so that a timer may expire at
            any time.
    """
    switches = {name: frozenset[tuple[Element, ...]]({()}) for name in readings}
    sets = tuple(_sets()) if several_prefixes.name in switches else ()
    return Configuration(
        name="anchor",
        summary="an anchor as a tester sees it",
        nodes=(*Node, NOBODY),
        gateways=tuple(Gateway),
        prefixes=(
            *POOL,
            REQUESTABLE,
            UNASSIGNED,
            *(subset for _, *others in sets for subset in others),
        ),
        entries=("bce1", "bce2", "bce3", "bce4"),
        link_layers=(*LINK_LAYERS.values(), *SECOND_LINK_LAYERS.values()),
        technologies=(DECLARED, OTHER_TECHNOLOGY),
        tunnels=tuple(Gateway) if forwarding.name in switches else (),
        facts={
            "is_authorised_gateway": frozenset({(Gateway.MAG1,), (Gateway.MAG2,)}),
            "is_known_node": frozenset((n,) for n in (*SERVED, Node.BARRED)),
            "is_enabled_node": frozenset((n,) for n in SERVED),
            "is_assignable": frozenset(
                {(n, p) for n in POOLED for p in POOL}
                | {(Node.SERVED, REQUESTABLE)}  # the policy's own choice, too
            ),
            "may_request": frozenset({(Node.SERVED, REQUESTABLE)}),
            alternate_addresses.name: frozenset({()}),
            is_newer.name: Counter(),
            overlaps.name: frozenset(
                pair for each in sets for pair in itertools.permutations(each, 2)
            ),
            **switches,
            **(TUNNELS if forwarding.name in switches else {}),
        },
        durations=durations or {},
        roles=frozenset({Role.LMA}),
    )


@dataclass(frozen=True, eq=False)
class Reaction:
    """What the anchor does on a stimulus.

    Args:
        rules: The rules that it takes: one on a request, any number in a wait.
        answer: The acknowledgement that it sends.
        target: The state afterwards, without messages under way.
        control: State of the session that a request addresses, or of the entry whose
            timer expires.
        step: The step of the rule, on a request.
    """

    rules: tuple[Rule, ...]
    answer: Message | None
    target: State
    control: BindingState
    step: Transition | None = None


class AnchorModel:
    """The anchor under a tester: takes the first rule that applies.

    Args:
        rules: Those that it follows; those of the model where None.
        readings: Switches of the model that are on (docs/findings.md).
        may_request: The prefixes that a node may ask for by name, where it is not told
            the only one that is there for that.
    """

    def __init__(
        self,
        rules: Iterable[Rule] | None = None,
        readings: Iterable[str] = (),
        may_request: frozenset[tuple[Element, ...]] | None = None,
    ) -> None:
        self.readings = tuple(readings)
        durations = {timer.name: (TICKS,) for timer in ANCHOR_TIMERS}
        table = lma.rules if rules is None else rules
        chosen = anchor_configuration(self.readings, durations)
        if may_request is not None:
            chosen = chosen.changed(facts={**chosen.facts, "may_request": may_request})
        self.model = Model(chosen, table)
        self.interpreter = Interpreter(self.model)
        self._on_request = [rule for rule in self.model.rules if rule.on == pbu]
        self._reactions: dict[tuple[State, Message], tuple[Reaction, ...]] = {}

    @cached_property
    def initial(self) -> State:
        """Nothing registered."""
        return self.interpreter.initial()

    def react(self, state: State, stimulus: Stimulus) -> Reaction | None:
        """The reaction; None where the stimulus makes no sense in this state."""
        if isinstance(stimulus, Wait):
            ticks = self.ticks(state, stimulus)
            return None if ticks is None else self.elapse(state, stimulus.timer, ticks)
        if isinstance(stimulus, UserPacket):
            return Reaction((), None, state, BindingState.FREE)  # it changes nothing
        renewal = Request() if isinstance(stimulus, Volley) else stimulus
        message = self.message(state, renewal)
        return None if message is None else self.receive(state, message)

    def can_take(self, stimuli: Iterable[Stimulus]) -> bool:
        """Whether each stimulus makes sense after those before it."""
        state = self.initial
        for stimulus in stimuli:
            reaction = self.react(state, stimulus)
            if reaction is None:
                return False
            state = reaction.target
        return True

    # ---- requests --------------------------------------------------------------------

    def receive(self, state: State, message: Message) -> Reaction:
        """The reaction to a message: that of the first rule that applies."""
        return self.possible(state, message)[0]

    def possible(self, state: State, message: Message) -> tuple[Reaction, ...]:
        """All reactions to a message: those of the first rule that applies."""
        key = (state, message)
        if key not in self._reactions:
            self._reactions[key] = tuple(self._possible(state, message))
        return self._reactions[key]

    def _possible(self, state: State, message: Message) -> Iterator[Reaction]:
        control = self.addressed(state, message)
        every = self.interpreter.received(self._on_request, message, state)
        for rule, steps in itertools.groupby(every, lambda step: step.rule):
            assert rule is not None  # a message is received by a rule
            for step in steps:
                sent = step.sent[0][1] if step.sent else None
                target = quiet(step.target, state)
                yield Reaction((rule,), sent, target, control, step)
            break
        else:
            yield Reaction((), None, state, control)

    def message(self, state: State, request: Request) -> Message | None:
        """The request as a message of the model; None where it cannot be made."""
        prefix = self.prefix(state, request)
        stamp = self._stamp(state, request)
        if prefix is False or stamp is None:
            return None
        sequence = number_of(request, self.accepted_number(state, request.node))
        if sequence is False:
            return None
        return model_message(
            request,
            prefix=prefix,
            timestamp=stamp,
            timely=is_timely(request),
            sequence=sequence,
        )

    def _stamp(self, state: State, request: Request) -> int | None:
        last = self.last_accepted(state, request.node)
        newest = max(self.last_accepted(state, node) for node in Node)
        match request.stamp:
            case Stamp.NEWER | Stamp.FUTURE | Stamp.FARTHEST:
                return newest + STAMP_STEP
            case Stamp.PAST:
                return last - 1 if last else newest + STAMP_STEP
            case Stamp.EQUAL:
                return last or None
            case Stamp.OLDER:
                return last - 1 if last else None

    def prefix(self, state: State, request: Request) -> Value:
        """The element that the request names, None for ALL_ZERO, False for no such."""
        match request.prefix:
            case PrefixForm.ALL_ZERO:
                return None
            case PrefixForm.REQUESTABLE:
                return REQUESTABLE
            case PrefixForm.UNASSIGNED:
                return UNASSIGNED
            case PrefixForm.OTHERS:
                return self._nth_prefix(state, request.node.other, 0)
            case PrefixForm.SECOND:
                return self._nth_prefix(state, request.node, 1)
            case PrefixForm.OWN | PrefixForm.REORDERED:
                return self._nth_prefix(state, request.node, 0)
            case PrefixForm.PART | PrefixForm.MORE:
                whole = self._nth_prefix(state, request.node, 0)
                return subset(request.prefix, whole) if whole in POOL else False
            case PrefixForm.PART_OF_OTHERS:
                whole = self._nth_prefix(state, request.node.other, 0)
                return subset(request.prefix, whole) if whole in POOL else False

    def _nth_prefix(self, state: State, node: Node, number: int) -> Value:
        """What one of the node's sessions has, False where it has no such session."""
        found = self.prefixes_of(state, node)
        return found[number] if number < len(found) else False

    def prefixes_of(self, state: State, node: Node) -> list[Element]:
        """What the sessions of a node have, in the order of the prefixes."""
        cells, chosen = self.model.cells, self.model.configuration
        return [
            prefix
            for prefix in chosen.prefixes
            for entry in chosen.entries
            if state.cells[cells["bce_node", (entry,)]] == node
            and state.cells[cells["bce_prefix", (entry, prefix)]]
        ]

    def accepted_number(self, state: State, node: Node) -> Value:
        """The sequence number of the node's session, None where it has none."""
        cells = self.model.cells
        for entry in self.model.configuration.entries:
            if state.cells[cells["bce_node", (entry,)]] == node:
                return state.cells[cells["bce_sequence", (entry,)]]
        return None

    def addressed(self, state: State, message: Message) -> BindingState:
        """Control state of the session that a request belongs to."""
        env = {f"message.{n}": v for (n, _), v in zip(pbu.fields, message, strict=True)}
        for entry in self.model.configuration.entries:
            if self.interpreter.value(_MATCHES, state, {**env, "entry": entry}):
                return self.control(state, entry)
        return BindingState.FREE

    def control(self, state: State, entry: Element) -> BindingState:
        """Control state of an entry."""
        return BindingState[str(state.cells[self.model.cells["bce_state", (entry,)]])]

    def last_accepted(self, state: State, node: Node) -> int:
        """The last accepted timestamp of a node, 0 for none."""
        value = state.cells[self.model.cells["last_accepted", (node,)]]
        assert isinstance(value, int)
        return value

    # ---- time ------------------------------------------------------------------------

    def ticks(self, state: State, wait: Wait) -> int | None:
        """How long a wait is; None where the tester cannot know that.

        It cannot where no timer of that name runs, where one of another name runs (which
        of them is the longer one is not known), and where the phase is over.  As long as
        one that was stopped it can wait where none of that name runs.
        """
        mine, others = self._running(state, wait.timer)
        if wait.is_stopped or wait.timer == max_delay_before_new_bce_assign.name:
            others -= {binding_lifetime.name}  # a long one, where no case waits for it
        if wait.is_stopped:
            return None if mine or others else TICKS_AT[wait.phase]
        if not mine or others:
            return None
        ticks = TICKS_AT[wait.phase] - (TICKS + 1 - max(mine))
        return ticks if ticks > 0 else None

    def _running(self, state: State, timer: str) -> tuple[list[int], set[str]]:
        mine: list[int] = []
        others: set[str] = set()
        for (name, _), position in self.model.timers.items():
            if state.timers[position]:
                if name == timer:
                    mine.append(state.timers[position])
                else:
                    others.add(name)
        return mine, others

    def elapse(self, state: State, timer: str, ticks: int) -> Reaction:
        """The timers of one name run for some ticks, those of another stand still."""
        rules: list[Rule] = []
        control = BindingState.FREE
        for _ in range(ticks):
            timers = tuple(
                left - 1 if name == timer and left > 1 else left
                for ((name, _), left) in zip(
                    self.model.timers, state.timers, strict=True
                )
            )
            state = state._replace(timers=timers)
            for step in self._expiries(state, timer):
                assert step.rule is not None
                entry = step.environment.get("entry")
                control = BindingState.FREE
                if entry is not None:
                    control = self.control(state, entry)
                rules.append(step.rule)
                state = step.target
        return Reaction(tuple(rules), None, state, control)

    def _expiries(self, state: State, timer: str) -> Iterable[Transition]:
        while True:
            step = next(
                (
                    found
                    for rule in self.model.rules
                    if isinstance(rule.on, Timer) and rule.on.name == timer
                    for found in self.interpreter.steps(rule, state)
                ),
                None,
            )
            if step is None:
                return
            yield step
            state = step.target


Seen = tuple[int, Value] | None


def seen(answer: Message | None) -> Seen:
    """What the tester sees of an answer: status and prefix; None for silence."""
    return None if answer is None else status_and_prefix(answer)


def is_timely(request: Request) -> bool:
    """Whether the request's timestamp is meant to be within the anchor's window."""
    return request.stamp not in (Stamp.FUTURE, Stamp.FARTHEST, Stamp.PAST)


def subset(form: PrefixForm, prefixes: Element) -> Element:
    """The set that a request names in place of another one."""
    match form:
        case PrefixForm.PART | PrefixForm.PART_OF_OTHERS:
            return part_of(prefixes)
        case PrefixForm.MORE:
            return more_than(prefixes)
        case _:
            return prefixes


def number_of(request: Request, accepted: Value) -> int | Literal[False] | None:
    """The sequence number that orders a request, False where there can be none.

    Args:
        request: The stimulus.
        accepted: The number that the session has; None where it has none.

    Returns:
        None where any number will do.

    Source: RFC 6275, section 9.5.1.
    """
    if request.order is Order.TIMESTAMP:
        return None
    if not isinstance(accepted, int):
        first = {Order.NEXT: FIRST_NUMBER, Order.LAST: SEQUENCE_NUMBERS - 1}
        return first.get(request.order, False)
    half = SEQUENCE_NUMBERS // 2
    ahead = {
        Order.NEXT: 1,
        Order.WRAPPED: 1,
        Order.EQUAL: 0,
        Order.LOWER: -1,
        Order.LOWER_BUT_STAMPED: -1,
        Order.FARTHEST: half - 1,
        Order.HALFWAY: half,
    }
    if request.order not in ahead:
        return False
    number = (accepted + ahead[request.order]) % SEQUENCE_NUMBERS
    return False if number and request.order is Order.WRAPPED else number


def is_stamped(request: Request) -> bool:
    """The request has a Timestamp option."""
    return request.order in (Order.TIMESTAMP, Order.LOWER_BUT_STAMPED)


def link_layer(request: Request) -> Element:
    """The link-layer identifier of the interface that a request is for."""
    match request.interface:
        case Interface.SECOND:
            return SECOND_LINK_LAYERS[request.node]
        case Interface.OTHERS:
            return LINK_LAYERS[request.node.other]
        case Interface.FIRST | Interface.OTHER_TECHNOLOGY:
            return LINK_LAYERS[request.node]


def model_message(
    request: Request,
    *,
    prefix: Value,
    timestamp: int,
    timely: bool,
    sequence: Value = None,
) -> Message:
    """The message of the model for a request with its values chosen."""
    is_other = request.interface is Interface.OTHER_TECHNOLOGY
    named = Fault.NO_NODE_IDENTIFIER not in request.faults
    values: dict[str, Value] = {
        "node": request.node if named else NOBODY,
        "gateway": request.gateway,
        "proxy_coa": request.proxy_coa,
        "origin": Origin.GATEWAY.name,
        "deregistration": request.deregistration,
        "prefix": None if Fault.NO_PREFIX in request.faults else prefix,
        "timestamp": timestamp if is_stamped(request) else NO_TIMESTAMP,
        "has_timestamp": is_stamped(request),
        "sequence": sequence,
        "timely": timely,
        "handoff_indicator": HandoffIndicator.RESERVED.name
        if Fault.NO_HANDOFF_INDICATOR in request.faults
        else request.indicator.name,
        "link_layer": link_layer(request) if request.link_layer_identifier else None,
        "technology": None
        if Fault.NO_ACCESS_TECHNOLOGY in request.faults
        else OTHER_TECHNOLOGY
        if is_other
        else DECLARED,
        "has_node_identifier": named,
        "has_prefix": Fault.NO_PREFIX not in request.faults,
        "has_handoff_indicator": Fault.NO_HANDOFF_INDICATOR not in request.faults,
        "has_access_technology": Fault.NO_ACCESS_TECHNOLOGY not in request.faults,
    }
    return tuple(values[name] for name, _ in pbu.fields)


def quiet(target: State, before: State) -> State:
    """The state with the messages that were under way before: the tester takes them."""
    return target._replace(queues=before.queues)
