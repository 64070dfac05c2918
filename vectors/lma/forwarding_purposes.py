"""Test purposes for the data plane of an anchor: what becomes of user packets, and when.

For every change of a session that a tester can bring about, and every rule of
model/lma/forwarding.py that is then taken, there is one purpose; and one for every way in
which the octets of a packet are treated (model/wire/tunnel_rules.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pmip6.model.domain import Element
from pmip6.model.language.interpreter import Message, State, Transition, Value
from pmip6.model.lma.forwarding import data_plane
from pmip6.model.state import BindingState, delivery, forwarding
from pmip6.model.state import packet as user_packet
from pmip6.model.wire.tunnel_packets import Ecn
from pmip6.model.wire.tunnel_rules import INTO_TUNNEL, OUT_OF_TUNNEL
from pmip6.vectors.lma.attempts import MAGS
from pmip6.vectors.lma.model import (
    ANCHOR_TIMERS,
    REQUESTABLE,
    UNASSIGNED,
    AnchorModel,
)
from pmip6.vectors.lma.purposes import Draft, Group, Kind
from pmip6.vectors.lma.stimuli import (
    Gateway,
    HomePrefix,
    Node,
    PacketForm,
    Phase,
    PrefixForm,
    Request,
    Stimulus,
    UserPacket,
    Wait,
)

NEEDS = (forwarding.name,)
LONGEST_PREAMBLE = 4
BESIDE = ", beside another session"

SIGNALS: tuple[Stimulus, ...] = (
    *(Request(gateway=g, deregistration=d) for d in (False, True) for g in MAGS),
    Request(prefix=PrefixForm.REQUESTABLE),
    Request(node=Node.OTHER),
    *(Wait(timer.name, Phase.PAST) for timer in ANCHOR_TIMERS),
)
"""What changes tunnels and routes.

A prefix that is free again may be given to another case's node; only the one that a node
may ask for by name stays its own.
"""

SENDERS: tuple[Gateway | None, ...] = (None, *Gateway)

MARKS: tuple[tuple[Gateway | None, Ecn, Ecn], ...] = (
    *((None, ecn, Ecn.NOT_ECT) for ecn in Ecn),
    *(
        (Gateway.MAG1, ecn, outer)
        for ecn in Ecn
        for outer in (Ecn.ECT_0, Ecn.CE)
        if (ecn, outer) != (Ecn.NOT_ECT, Ecn.CE)  # docs/findings.md
    ),
)
"""Who sends a packet, its mark, and that of its tunnel header."""

FORMS: tuple[tuple[Gateway | None, PacketForm], ...] = (
    (None, PacketForm.LAST_HOP),
    (None, PacketForm.LARGE),
    (Gateway.MAG1, PacketForm.LAST_HOP),
    (Gateway.MAG1, PacketForm.CUT_UP),
)


REGISTERED = ("5213-5.3.2-8", "5213-5.3.2-10")
HANDED_OFF = ("5213-5.3.4-4", "5213-5.3.4-6")
SHOWN: dict[tuple[str, str], tuple[str, ...]] = {
    ("allocate", "tunnel_to_gateway"): REGISTERED,
    ("allocate", "route_from_gateway"): REGISTERED,
    ("register_requested_prefix", "tunnel_to_gateway"): REGISTERED,
    ("register_requested_prefix", "route_from_gateway"): REGISTERED,
    ("hand_off", "tunnel_to_gateway"): (*HANDED_OFF, "5213-5.3.4-2"),
    ("hand_off", "route_from_gateway"): HANDED_OFF,
}
"""What a packet shows of tunnel and route right after a change, by the rules of both.

A packet that goes to the new gateway alone shows that the route to the previous one is
gone.  That a tunnel which nobody uses is deleted shows nowhere outside.
"""


@dataclass(frozen=True, eq=False)
class Context:
    """A state of the anchor, and the change that has just led to it.

    Args:
        change: The rule and the control state that it met; empty for another node.
        stimuli: What brings the anchor there.
        state: The state.
        prefixes: The prefix that each node has, or had last.
    """

    change: str
    stimuli: tuple[Stimulus, ...]
    state: State
    prefixes: dict[Node, Element]

    @property
    def rule(self) -> str:
        """The name of the rule of the change; none where packets are of another node."""
        return "" if self.change.endswith(BESIDE) else self.change.partition(" / ")[0]


def packet_message(
    stimulus: UserPacket, prefix: Element, *, gateway: Value = None
) -> Message:
    """The message of the model for a user packet with its prefix chosen."""
    values: dict[str, Value] = {
        "node": stimulus.node,
        "gateway": stimulus.gateway if gateway is None else gateway,
        "prefix": prefix,
    }
    return tuple(values[name] for name, _ in user_packet.fields)


def forwarding_purposes() -> Iterator[Draft]:
    """The purposes of the data plane."""
    model = AnchorModel(readings=NEEDS)
    contexts = list(_contexts(model))
    for context in contexts:
        yield from _of_context(model, context)
    yield from _of_octets()


# ---- which way packets go --------------------------------------------------------------


def _contexts(model: AnchorModel) -> Iterator[Context]:
    """A shortest way to each change, alone and beside the session of another node."""
    first = Context("", (), model.initial, {})
    seen = {model.interpreter.canonical(model.initial)}
    changes: set[str] = set()
    frontier = [first]
    for _ in range(LONGEST_PREAMBLE):
        following: list[Context] = []
        for context in frontier:
            for stimulus in SIGNALS:
                after = _after(model, context, stimulus)
                if after is None:
                    continue
                if after.change not in changes and _is_of_interest(model, after):
                    changes.add(after.change)
                    yield after
                canonical = model.interpreter.canonical(after.state)
                if canonical not in seen:
                    seen.add(canonical)
                    following.append(after)
        frontier = following


def _is_of_interest(model: AnchorModel, context: Context) -> bool:
    """Something has happened to the served node, whose prefix no other case can have."""
    is_over = not model.prefixes_of(context.state, Node.SERVED)
    own = context.prefixes.get(Node.SERVED)
    return bool(context.change) and (not is_over or own == REQUESTABLE)


def _after(model: AnchorModel, context: Context, stimulus: Stimulus) -> Context | None:
    reaction = model.react(context.state, stimulus)
    if reaction is None or len(reaction.rules) != 1:
        return None
    if reaction.target.cells == context.state.cells:
        return None  # a request that changes no session
    about = stimulus.node if isinstance(stimulus, Request) else Node.SERVED
    held = {n: p for n in Node for p in model.prefixes_of(reaction.target, n)}
    change = f"{reaction.rules[0].name} / {reaction.control.name}"
    if about is not Node.SERVED:
        change = ""  # of interest for what follows alone
    elif Node.OTHER in held:
        change += BESIDE
    return Context(
        change,
        (*context.stimuli, stimulus),
        reaction.target,
        {**context.prefixes, **held},
    )


def _of_context(model: AnchorModel, context: Context) -> Iterator[Draft]:
    """A purpose for each rule: its packets are sent one after the other."""
    packets: dict[str, list[tuple[UserPacket, Transition]]] = {}
    for stimulus in _packets(model, context):
        prefix = context.prefixes.get(stimulus.node, UNASSIGNED)
        if stimulus.prefix is HomePrefix.UNASSIGNED:
            prefix = UNASSIGNED
        message = packet_message(stimulus, prefix)
        received = model.interpreter.received(data_plane.rules, message, context.state)
        step = next(iter(received))
        packets.setdefault(step.name, []).append((stimulus, step))
    for name, taken in packets.items():
        (first, step), *others = taken
        assert step.rule is not None
        passes = any(channel == delivery for channel, _ in step.sent)
        rows = INTO_TUNNEL if first.gateway is None else OUT_OF_TUNNEL
        plain = (r for row in rows if row.is_for_all for r in row.requirements)
        yield Draft(
            key=f"{name} / {context.change}",
            group=Group.FWD,
            kind=_kind(name, passes=passes),
            title=f"{step.rule.doc.splitlines()[0].rstrip('.')}: {first} "
            f"({context.change})",
            requirements=tuple(
                dict.fromkeys(
                    (
                        *step.rule.requirements,
                        *(plain if passes else ()),
                        *SHOWN.get((context.rule, name), ()),
                    )
                )
            ),
            preamble=context.stimuli,
            test=first,
            probes=tuple(stimulus for stimulus, _ in others),
            needs=NEEDS,
        )


def _packets(model: AnchorModel, context: Context) -> Iterator[UserPacket]:
    """The packets that are tried: of the other node where it is only that one's turn."""
    is_over = not model.prefixes_of(context.state, Node.SERVED)
    is_beside = context.change.endswith(BESIDE)
    node = Node.OTHER if is_beside and not is_over else Node.SERVED
    prefix = HomePrefix.FORMER if is_over else HomePrefix.OWN
    for gateway in SENDERS:
        yield UserPacket(node, gateway, prefix)
    if context.change == f"allocate / {BindingState.FREE.name}":
        yield UserPacket(node, Gateway.MAG1, HomePrefix.UNASSIGNED)


def _kind(rule: str, *, passes: bool) -> Kind:
    if passes:
        return Kind.BV
    return Kind.BI if rule == "drop_from_other_gateway" else Kind.BO


# ---- what becomes of their octets ------------------------------------------------------


def _of_octets() -> Iterator[Draft]:
    for gateway, ecn, outer in MARKS:
        packet = UserPacket(gateway=gateway, ecn=ecn, tunnel_ecn=outer)
        rows = INTO_TUNNEL if gateway is None else OUT_OF_TUNNEL
        ids = (r for row in rows if row.applies(outer, ecn) for r in row.requirements)
        yield _octets(packet, tuple(dict.fromkeys(ids)), Kind.BV)
    for gateway, form in FORMS:
        way = "5213-5.6.2-4" if gateway is None else "5213-5.6.2-6"
        kind = Kind.BV if form is PacketForm.CUT_UP else Kind.BI
        yield _octets(UserPacket(gateway=gateway, form=form), (way,), kind)


def _octets(packet: UserPacket, requirements: tuple[str, ...], kind: Kind) -> Draft:
    way = "entering" if packet.gateway is None else "leaving"
    return Draft(
        key=f"{way} a tunnel / {packet.ecn.name} / {packet.tunnel_ecn.name} / "
        f"{packet.form.name}",
        group=Group.FWD,
        kind=kind,
        title=f"A packet {way} a tunnel: {packet}",
        requirements=requirements,
        preamble=(Request(),),
        test=packet,
        probes=(),
        needs=NEEDS,
    )
