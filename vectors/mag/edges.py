"""The edges of the gateway's tables that a tester can reach, by breadth-first search.

An edge is a rule of the gateway or a row of its forwarding table, the control state that
it meets, and the stimulus that takes it there.  For each the search gives a shortest
sequence of stimuli whose last one takes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from pmip6.model.state import (
    UpdateListState,
    registration_lifetime,
    renewal,
    retransmission,
)
from pmip6.model.wire.numbers import BindingAckStatus, is_rejection
from pmip6.vectors.lma.stimuli import Phase
from pmip6.vectors.mag.answers import Scene
from pmip6.vectors.mag.model import GatewayDomain, GatewayModel, Reaction, Snapshot
from pmip6.vectors.mag.stimuli import (
    ANSWER_FAULTS,
    Answer,
    AnswerForm,
    Attach,
    Await,
    Detach,
    Downlink,
    Echo,
    Hint,
    Idle,
    Named,
    Prefixes,
    Solicit,
    Source,
    Stimulus,
    Synchronise,
    Uplink,
)

SEARCHED = (GatewayDomain.FIXED, GatewayDomain.SIGNALLED, GatewayDomain.NUMBERED)
"""The domains that differ in what the tables of the gateway do."""
LONGEST_PREAMBLE = 4
SCENE = Scene(
    node=b"mn@example.org",
    link_layer=bytes.fromhex("020000000101"),
    gateway=IPv6Address("2001:db8:1::11"),
    anchor=IPv6Address("2001:db8:1::1"),
    prefixes=(
        IPv6Network("2001:db8:100:1::/64"),
        IPv6Network("2001:db8:100:2::/64"),
    ),
)
"""Whoever takes part while purposes are derived."""

RETRANSMISSION = Await(retransmission.name)
RENEWAL = Await(renewal.name)
PREAMBLE: tuple[Stimulus, ...] = (
    Attach(),
    Answer(is_short=True),
    Answer(),
    Detach(),
    RENEWAL,
    RETRANSMISSION,
    Answer(BindingAckStatus.REASON_UNSPECIFIED),
    Answer(BindingAckStatus.TIMESTAMP_MISMATCH),
    Answer(BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED),
    Answer(altered=Echo.HANDOFF_INDICATOR),
)
"""What brings the gateway into a state in which an edge is taken."""

PROBES: tuple[Stimulus, ...] = (Solicit(), Uplink(), Downlink(), Idle())
"""What shows whether the gateway serves the node."""

OF_RFC_5213 = range(
    BindingAckStatus.PROXY_REG_NOT_ENABLED,
    BindingAckStatus.MISSING_ACCESS_TECH_TYPE_OPTION + 1,
)


@dataclass(frozen=True)
class GatewayEdge:
    """A shortest way to take an edge.

    Args:
        domain: What is fixed for the domain.
        control: The control state before the last stimulus.
        stimuli: The preamble, and last the stimulus that takes the edge.
        reaction: What the gateway does on it.
        after: The state that it leads to.
    """

    domain: GatewayDomain
    control: str
    stimuli: tuple[Stimulus, ...]
    reaction: Reaction
    after: Snapshot

    @property
    def taken(self) -> str:
        """Name of the rule or row."""
        if self.reaction.rule is not None:
            return self.reaction.rule.name
        return "nothing" if self.reaction.way is None else self.reaction.way.name

    @property
    def key(self) -> str:
        """The edge as the ledger names it."""
        return f"{self.domain} / {self.taken} / {self.control} / {self.stimuli[-1]}"


@dataclass(frozen=True)
class GatewayRepertoire:
    """What a tester does with a gateway of one domain.

    Args:
        domain: What is fixed for the domain.
        preamble: What brings the gateway into a state in which an edge is taken.
        attempts: What is tried in a state, which the model is in, after these stimuli.
    """

    domain: GatewayDomain
    preamble: tuple[Stimulus, ...]
    attempts: Callable[[GatewayModel, tuple[Stimulus, ...]], Iterable[Stimulus]]


def edges(domain: GatewayDomain) -> list[GatewayEdge]:
    """A shortest way to every edge of a domain."""
    more: tuple[Stimulus, ...] = (Solicit(),) if domain.is_signalled else ()
    return edges_of(
        GatewayRepertoire(
            domain,
            (*PREAMBLE, *more),
            lambda model, before: attempts(model, domain, before),
        )
    )


def edges_of(repertoire: GatewayRepertoire) -> list[GatewayEdge]:
    """A shortest way to every edge that what is tried takes."""
    domain = repertoire.domain
    model = GatewayModel(SCENE, domain)
    found: dict[str, GatewayEdge] = {}
    for stimuli, snapshot in _preambles(model, repertoire.preamble):
        model.restore(snapshot)
        for stimulus in list(repertoire.attempts(model, stimuli)):
            model.restore(snapshot)
            control = model.control
            reaction = model.apply(stimulus)
            if reaction is None:
                continue
            every = (*stimuli, stimulus)
            edge = GatewayEdge(domain, control, every, reaction, model.snapshot())
            found.setdefault(edge.key, edge)
        model.restore(snapshot)
    return list(found.values())


def edge_of(domain: GatewayDomain, stimuli: tuple[Stimulus, ...]) -> GatewayEdge:
    """The edge that the last of some stimuli takes, which can all be brought about."""
    model = GatewayModel(SCENE, domain)
    for stimulus in stimuli[:-1]:
        model.apply(stimulus)
    control, reaction = model.control, model.apply(stimuli[-1])
    assert reaction is not None
    return GatewayEdge(domain, control, stimuli, reaction, model.snapshot())


def _preambles(
    model: GatewayModel, tried: tuple[Stimulus, ...]
) -> Iterator[tuple[tuple[Stimulus, ...], Snapshot]]:
    seen = {model.signature()}
    frontier: list[tuple[tuple[Stimulus, ...], Snapshot]] = [((), model.snapshot())]
    for _ in range(LONGEST_PREAMBLE + 1):
        following: list[tuple[tuple[Stimulus, ...], Snapshot]] = []
        for stimuli, snapshot in frontier:
            yield stimuli, snapshot
            for stimulus in tried:
                model.restore(snapshot)
                if model.apply(stimulus) is None:
                    continue
                signature = model.signature()
                if signature not in seen:
                    seen.add(signature)
                    following.append(((*stimuli, stimulus), model.snapshot()))
        frontier = following


def attempts(
    model: GatewayModel, domain: GatewayDomain, before: tuple[Stimulus, ...]
) -> Iterator[Stimulus]:
    """What a tester tries in a state."""
    node = model.scene.node
    if domain is GatewayDomain.SIGNALLED:
        yield Attach()
        yield from (Answer(named=named) for named in Named)
        used = Named.OF_NODE
        yield Answer(BindingAckStatus.REASON_UNSPECIFIED, named=used)
        yield Answer(altered=Echo.HANDOFF_INDICATOR, named=used)
        yield Answer(form=AnswerForm.OTHER_NUMBER, named=used)
        return
    if domain is GatewayDomain.NUMBERED:
        yield Attach()
        yield Answer()
        yield Answer(BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW)
        yield RETRANSMISSION
        yield Detach()
        return
    yield from (Attach(hint) for hint in Hint)
    yield Detach()
    yield Solicit()
    own = (source for source in Source if source is not Source.FORMER)
    yield from (Uplink(source) for source in own)
    yield from (Downlink(), Downlink(is_hosted=False), Downlink(is_from_anchor=False))
    waits = model.machine.control(node) == UpdateListState.REFUSED.name
    if waits:
        yield Synchronise()
    for timer in (retransmission.name, renewal.name, registration_lifetime.name):
        if timer == retransmission.name or _is_short(before):
            yield Await(timer, Phase.NEARLY)
            yield Await(timer)
    yield from _answers(model)


def _is_short(before: tuple[Stimulus, ...]) -> bool:
    """The lifetime that was granted last is short."""
    granted = [
        s for s in before if isinstance(s, Answer) and not is_rejection(s.status)
    ]
    return bool(granted) and granted[-1].is_short


ELSEWHERE = frozenset({AnswerForm.WRONG_LIFETIME, *ANSWER_FAULTS})
"""Forms of an answer that are tried with a subject of their own."""


def _answers(model: GatewayModel) -> Iterator[Answer]:
    is_open = bool(model.machine.awaited(model.scene.node))
    if not is_open:
        yield Answer()
        yield Answer(BindingAckStatus.REASON_UNSPECIFIED)
        return
    initial = (
        model.machine.control(model.scene.node) == UpdateListState.REGISTERING.name
    )
    for status in BindingAckStatus:
        if initial or int(status) in OF_RFC_5213 or int(status) in (0, 128, 130):
            yield Answer(status)
    for echo in Echo:
        if echo is not Echo.PREFIX:
            yield Answer(altered=echo)
        if echo is not Echo.LINK_LAYER:
            yield Answer(missing=echo)
    yield Answer(BindingAckStatus.REASON_UNSPECIFIED, altered=Echo.NODE_IDENTIFIER)
    yield from (Answer(form=form) for form in AnswerForm if form not in ELSEWHERE)
    yield from (Answer(prefixes=prefixes) for prefixes in Prefixes)
    yield Answer(is_short=True)


def closing(
    model: GatewayModel, probes: tuple[Stimulus, ...] = PROBES
) -> Iterator[Stimulus]:
    """What shows afterwards that the gateway is in the right state, and cleans up.

    The model takes each step as it is given.
    """
    node = model.scene.node
    for probe in probes:
        if model.apply(probe) is not None:
            yield probe
    if model.apply(Detach()) is not None:
        yield Detach()
    if model.machine.control(node) == UpdateListState.DEREGISTERING.name:
        model.apply(Answer())
        yield Answer()
    model.apply(Downlink())
    yield Downlink()
