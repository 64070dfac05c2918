"""What the model says of the packets of a run: which of them it loses, or lets overtake.

The signalling that was seen is a run of the model (`properties/` explores the same rules);
a packet is put into the state that the model is in when it was sent, and goes its way
there.  Nobody sees when exactly a host acts: where a packet and a step come within the
time that a packet needs, both orders count, so that the answer has two bounds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pmip6.conformance.domain.observed import Observed, Sight
from pmip6.conformance.domain.record import (
    BETWEEN,
    PROXY_COAS,
    DomainRun,
    Mode,
    Move,
    Stream,
    gateway_place,
)
from pmip6.conformance.wire.link import MILLISECOND_NS
from pmip6.model.domain import Configuration, Model
from pmip6.model.fast_handover.configurations import (
    PREDICTIVE_SIGNALLING,
    REACTIVE_SIGNALLING,
    with_packets,
)
from pmip6.model.fast_handover.state import PACKET, handover_retransmission
from pmip6.model.language.interpreter import Interpreter, State, Transition
from pmip6.model.language.table import Role, Rule, Timer
from pmip6.model.wire.abstraction import fields_of
from pmip6.model.wire.messages import (
    HandoverAcknowledge,
    HandoverInitiate,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
)
from pmip6.model.wire.numbers import HandoverAcknowledgeCode, HandoverInitiateCode

Label = tuple[str, ...]
"""What happens, between whom, and which of its kind it is."""

ATTEMPTS = 4
"""How often an HI is sent: once, and HI_RETRIES times again (RFC 5568, section 9)."""

SPARE_NS = 2 * MILLISECOND_NS
"""Beside the longest way of a packet: what a host takes to act."""
SETTLED_NS = 50 * MILLISECOND_NS
AROUND_NS = 200 * MILLISECOND_NS
"""How long before and after a handoff packets go their ordinary way, and are looked at."""
MOST_LATE = 6
"""Steps back that are looked at for what a host has taken late."""
FORGOTTEN = 2
"""Timers that may fire unseen before something is seen."""

NODE = "mn1"
ASSUMPTIONS = ("settled_moves", "directed_moves", "outliving_tunnels", "ordered_paths")
"""What the properties of user packets assume; a real domain promises none of it."""
FAST_HANDOVER = frozenset({"fetch_context", "indicate_without_report"})
"""What begins a fast handover."""
OF_OTHERS = frozenset({"command_handover", "report_handover"})
"""What the access network of the domain does not do in messages."""


def configuration(mode: Mode, down: int, up: int) -> Configuration:
    """The domain in the model, with so many packets in each direction."""
    chosen = PREDICTIVE_SIGNALLING if mode is Mode.PREDICTIVE else REACTIVE_SIGNALLING
    disabled = OF_OTHERS | (FAST_HANDOVER if mode is Mode.NONE else frozenset[str]())
    facts = {n: f for n, f in chosen.facts.items() if n not in ASSUMPTIONS}
    capacity = {**chosen.capacity, "handover_indication": 1, "handover_command": 0}
    return with_packets(
        chosen.changed(
            facts=facts,
            disabled=disabled,
            capacity=capacity,
            durations={handover_retransmission.name: (1,) * ATTEMPTS},
        ),
        down,
        up,
    )


# ---- what was seen -----------------------------------------------------------------------


def _gateway(number: int) -> str:
    return f"mag{number + 1}"


def _signalling(observed: Observed) -> Iterator[tuple[int, Label]]:
    for number in range(len(PROXY_COAS)):
        name = _gateway(number)
        for sight in observed.at(gateway_place(number), outbound=True):
            if isinstance(sight.signalling, ProxyBindingUpdate):
                kind = "ends" if sight.signalling.lifetime == 0 else "registers"
                yield sight.time_ns, ("PBU", name, kind)
        for sight in observed.at(gateway_place(number), outbound=False):
            if isinstance(sight.signalling, ProxyBindingAcknowledgement):
                yield sight.time_ns, ("PBA", name)
    for outbound in (True, False):
        for sight in observed.at(BETWEEN, outbound=outbound):
            label = _handover_label(sight)
            if label is not None:
                yield sight.time_ns, label


def _handover_label(sight: Sight) -> Label | None:
    ends = (sight.header.source, sight.header.destination)
    names = tuple(_gateway(PROXY_COAS.index(e)) for e in ends if e in PROXY_COAS)
    match sight.signalling:
        case HandoverInitiate(code=code) as asked:
            name = HandoverInitiateCode(code).name
            return ("HI", *names, name, _flags(asked.buffer, asked.forward))
        case HandoverAcknowledge(code=code):
            return ("HAck", *names, _verdict(code))
        case _:
            return None


def _flags(buffer: object, forward: object) -> str:
    return "U" * bool(buffer) + "F" * bool(forward)


def _verdict(code: int) -> str:
    """What matters of a code here: 0, 5 and 6 only tell how much context there is."""
    return "refuses" if code >= HandoverAcknowledgeCode.REASON_UNSPECIFIED else "agrees"


def events(observed: Observed) -> list[tuple[int, Label]]:
    """All that the model has to do, by time."""
    found = list(_signalling(observed))
    for move in observed.run.moves:
        if move.start is not None:
            start, end = _gateway(move.start), _gateway(move.end)
            if move.indicated_ns is not None:
                found.append((move.indicated_ns, ("indication", start, end)))
            found.append((move.left_ns, ("detach",)))
        # The carrier comes before the access network knows of it.
        found.append((move.arrived_ns, ("attach", _gateway(move.end))))
    return sorted(found)


# ---- the run of the model ----------------------------------------------------------------


def _label(step: Transition) -> Label | None:
    """What a step of the model looks like; None where nobody sees it."""
    if step.name == "attach":
        return ("attach", str(step.environment["gateway"]))
    if step.name == "detach":
        return ("detach",)
    for channel, message in step.sent:
        values = fields_of(message, channel.fields)
        match channel.name:
            case "handover_indication":
                return ("indication", str(values["gateway"]), str(values["target"]))
            case "handover_initiate":
                ends = str(values["source"]), str(values["destination"])
                flags = _flags(values["buffer"], values["forward"])
                return ("HI", *ends, str(values["code"]), flags)
            case "handover_acknowledge":
                ends = str(values["source"]), str(values["destination"])
                code = HandoverAcknowledgeCode[str(values["code"])]
                return ("HAck", *ends, _verdict(code))
            case "pbu":
                kind = "ends" if values["deregistration"] else "registers"
                return ("PBU", str(values["gateway"]), kind)
            case "pba":
                return ("PBA", str(values["gateway"]))
            case _:
                continue
    return None


class DomainModel:
    """The model of a domain, which follows what was seen.

    Args:
        mode: How nodes are handed over.
        down, up: How many packets it has in each direction.
    """

    def __init__(self, mode: Mode, down: int, up: int) -> None:
        self._interpreter = Interpreter(Model(configuration(mode, down, up)))
        rules = self._interpreter.model.rules
        self._of_packets = tuple(r for r in rules if _is_of_packets(r))
        others = [r for r in rules if not _is_of_packets(r)]
        self._unseen = tuple(
            r
            for r in others
            if r.role in (Role.MAG, Role.LMA) and not isinstance(r.on, Timer)
        )
        self._timers = tuple(r for r in others if isinstance(r.on, Timer))
        self._others = tuple(others)
        self._cells = self._interpreter.model.cells

    def initial(self) -> State:
        """Nobody is anywhere, and nothing was sent."""
        return self._interpreter.initial()

    def _steps(self, rules: tuple[Rule, ...], state: State) -> Iterator[Transition]:
        for rule in rules:
            yield from self._interpreter.steps(rule, state)

    def _settled(self, state: State) -> State:
        """The state after all that hosts do at once and nobody sees."""
        while True:
            step = next(
                (s for s in self._steps(self._unseen, state) if _label(s) is None), None
            )
            if step is None:
                return state
            state = step.target

    def _on_the_way(self, state: State) -> Iterator[State]:
        """The state and those after some of what nobody sees, all of that first."""
        settled = self._settled(state)
        yield settled
        found, open_states = {settled}, [state]
        while open_states:
            at = open_states.pop()
            if at in found:
                continue
            found.add(at)
            yield at
            steps = self._steps(self._unseen, at)
            open_states += [s.target for s in steps if _label(s) is None]

    def follow(self, state: State, label: Label, forgotten: int = 0) -> Iterator[State]:
        """The states after something that was seen; none where the model does not do it.

        A host may be late, so that what it has not taken yet is part of the state.
        """
        is_found = False
        for step in self._steps(self._others, state):
            if _label(step) == label:
                is_found = True
                yield from self._on_the_way(step.target)
        if is_found or forgotten == FORGOTTEN:
            return
        later = self._interpreter.tick(state)
        if later is not None:
            yield from self.follow(later, label, forgotten + 1)
        for step in self._steps(self._timers, state):
            if _label(step) is None:
                after = self._settled(step.target)
                yield from self.follow(after, label, forgotten + 1)

    def run(self, labels: Sequence[Label]) -> list[State]:
        """The states of a run that does all of it, or as much as it can."""
        states = [self.initial()]
        choices: list[Iterator[State]] = []
        longest = states
        while len(states) <= len(labels):
            if len(choices) < len(states):
                choices.append(self.follow(states[-1], labels[len(states) - 1]))
            following = next(choices[-1], None)
            if following is not None:
                states = [*states, following]
                longest = max(longest, states, key=len)
                continue
            choices.pop()
            states = states[:-1]
            if len(states) < max(1, len(longest) - MOST_LATE):
                return longest
        return states

    # ---- packets ---------------------------------------------------------------------

    def packet_steps(self, state: State) -> list[Transition]:
        """What can become of packets that were sent."""
        steps = self._steps(self._of_packets, state)
        return [step for step in steps if step.name not in SENDING]

    def sent(self, state: State, packet: str) -> State | None:
        """The state when a packet is sent; None where it gets nowhere."""
        if packet.startswith("up"):
            state = self._with_address(state)
        for rule in self._of_packets:
            if rule.name in SENDING:
                for step in self._interpreter.steps(rule, state, {"packet": packet}):
                    return step.target
        return None

    def _with_address(self, state: State) -> State:
        """A node on a link has the address that it had before, advertised or not."""
        cell = self._cells["address", (NODE,)]
        prefix = self._interpreter.model.configuration.prefixes[0]
        cells = (*state.cells[:cell], prefix, *state.cells[cell + 1 :])
        return state._replace(cells=cells)

    def is_delivered(self, state: State, packet: str) -> bool:
        """Whether the packet is where it was sent to."""
        return bool(state.cells[self._cells["is_delivered", (packet,)]])

    def is_kept(self, state: State, packet: str) -> bool:
        """Whether a gateway holds the packet back."""
        gateways = self._interpreter.model.configuration.gateways
        cells = (self._cells["is_buffered", (packet, g)] for g in gateways)
        return any(state.cells[cell] for cell in cells)


SENDING = frozenset(
    {
        "send_downlink",
        "lose_at_anchor",
        "send_uplink",
        "send_uplink_to_previous_gateway",
        "lose_uplink",
    }
)
"""The rules by which a packet comes into being, or is lost at once."""


def _is_of_packets(rule: Rule) -> bool:
    return any(sort == PACKET for _, sort in rule.variables)


# ---- the verdict -------------------------------------------------------------------------


@dataclass(frozen=True)
class Bounds:
    """How many packets the model loses, or lets others overtake, at least and at most."""

    least: int
    most: int

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.least <= number <= self.most


@dataclass(frozen=True)
class Verdict:
    """What the model says of one stream.

    Attributes:
        lost: How many packets it loses.
        reordered: How many come after one that was sent later.
    """

    lost: Bounds
    reordered: Bounds


class Followed:
    """A run as the model takes it.

    Args:
        run: What happened.

    Attributes:
        unexplained: The first thing that was seen and that the model does not do there;
            None where it follows to the end.
    """

    def __init__(self, run: DomainRun) -> None:
        self._run = run
        self._model = DomainModel(run.mode, down=1, up=1)
        self._pairs = DomainModel(run.mode, down=2, up=2)
        self._events = events(Observed(run))
        self._times = [when for when, _ in self._events]
        self._spreads = [
            (m.begin_ns, _longest_way(run, m) + SPARE_NS) for m in run.moves
        ]
        labels = [label for _, label in self._events]
        self._states = self._model.run(labels)
        self._pair_states = self._pairs.run(labels)
        done = len(self._states) - 1
        self.unexplained = labels[done] if done < len(labels) else None

    def verdict(self, stream: Stream, name: str) -> Verdict | None:
        """What the model says of a stream; None where it has no such run.

        Args:
            stream: The datagrams.
            name: `down` or `up`.
        """
        if self.unexplained is not None:
            return None
        fates: dict[int, bool] = {}
        overtaken: dict[int, bool] = {}
        sure = possible = late = 0
        for when in stream.sent_ns:
            near = self._near(when)
            lost = [_kept(fates, i, lambda i: self._loses(i, f"{name}1")) for i in near]
            sure += all(lost)
            possible += any(lost)
            # It is under way while the next step comes, or one of those that follow.
            late += any(
                _kept(overtaken, i, lambda i: self._is_overtaken(i, name))
                for i in near[:-1]
            )
        return Verdict(Bounds(sure, possible), Bounds(0, late))

    def _near(self, when_ns: int) -> range:
        """The states in which a packet may meet the model, by their numbers."""
        _, spread = min(self._spreads, key=lambda each: abs(each[0] - when_ns))
        first = bisect_left(self._times, when_ns - spread)
        last = bisect_right(self._times, when_ns + spread)
        return range(first, last + 1)

    def _loses(self, number: int, packet: str) -> bool:
        """Whether the model loses a packet that is sent in this state."""
        sent = self._model.sent(self._states[number], packet)
        if sent is None:
            return True
        end = self._end_of(self._gone_on(sent), number, packet)
        assert end is not None, "packets change nothing of the signalling"
        return not self._model.is_delivered(end, packet)

    def _end_of(self, state: State, number: int, packet: str) -> State | None:
        """The state when the packet is held back nowhere; None where the run ends before."""
        if number == len(self._events) or not self._model.is_kept(state, packet):
            return state
        _, label = self._events[number]
        for following in self._model.follow(state, label):
            end = self._end_of(self._gone_on(following), number + 1, packet)
            if end is not None:
                return end
        return None

    def _gone_on(self, state: State) -> State:
        """The state when the packets have gone as far as they get at once."""
        while steps := self._model.packet_steps(state):
            state = steps[0].target
        return state

    def _is_overtaken(self, number: int, name: str) -> bool:
        """Whether a packet of this state may come after one of the next states."""
        first, second = f"{name}1", f"{name}2"
        sent = self._pairs.sent(self._pair_states[number], first)
        if sent is None:
            return False
        until = min(number + MOST_STEPS, len(self._events))
        open_states, seen = [(sent, number, False)], set[tuple[State, int, bool]]()
        while open_states:
            at = open_states.pop()
            if at in seen:
                continue
            seen.add(at)
            state, step, both = at
            if self._pairs.is_delivered(state, first):
                continue
            if both and self._pairs.is_delivered(state, second):
                return self._can_arrive(state, first)
            for each in self._pairs.packet_steps(state):
                open_states.append((each.target, step, both))
            if not both and step > number:
                later = self._pairs.sent(state, second)
                if later is not None:
                    open_states.append((later, step, True))
            if step < until:
                found = next(self._pairs.follow(state, self._events[step][1]), None)
                if found is not None:
                    open_states.append((found, step + 1, both))
        return False

    def _can_arrive(self, state: State, packet: str) -> bool:
        """Whether a packet that was overtaken still gets where it was sent to."""
        open_states, seen = [state], set[State]()
        while open_states:
            at = open_states.pop()
            if self._pairs.is_delivered(at, packet):
                return True
            if at not in seen:
                seen.add(at)
                open_states += [s.target for s in self._pairs.packet_steps(at)]
        return False


MOST_STEPS = 4
"""Steps that a packet may see on its way."""


def _kept(known: dict[int, bool], number: int, find: Callable[[int], bool]) -> bool:
    if number not in known:
        known[number] = find(number)
    return known[number]


def _longest_way(run: DomainRun, move: Move) -> int:
    """Nanoseconds that a packet needs at most shortly before and after a handoff."""
    begin, end = move.begin_ns - SETTLED_NS, move.arrived_ns + SETTLED_NS
    ways = (
        when - stream.sent_ns[number]
        for stream in (run.up, run.down)
        for number, when in stream.first_arrivals().items()
        if begin - AROUND_NS <= when < begin or end <= when < end + AROUND_NS
    )
    return max(ways, default=0)
