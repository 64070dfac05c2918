"""What a tester tries: for an anchor without features, and for each feature that it has."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pmip6.model.language.interpreter import State
from pmip6.model.language.table import Rule
from pmip6.model.state import (
    BindingState,
    Fault,
    binding_lifetime,
    min_delay_before_bce_delete,
    sequence_numbers,
    several_prefixes,
)
from pmip6.model.wire.abstraction import status_and_prefix
from pmip6.model.wire.numbers import BindingAckStatus, is_rejection
from pmip6.vectors.lma.attempts import FAULTS, MAGS, attempts, candidates
from pmip6.vectors.lma.model import AnchorModel, Reaction
from pmip6.vectors.lma.reached import reaches, reaches_lookup
from pmip6.vectors.lma.stimuli import (
    Gateway,
    Node,
    Order,
    Phase,
    PrefixForm,
    Request,
    Stamp,
    Stimulus,
    Wait,
)

TIMERS = (binding_lifetime.name, min_delay_before_bce_delete.name)


@dataclass(frozen=True)
class Edge:
    """A transition of the anchor that a test purpose is about."""

    rule: str
    control: BindingState
    variant: str

    @property
    def key(self) -> str:
        """The edge as the ledger names it."""
        return f"{self.rule} / {self.control.name} / {self.variant}"


@dataclass(frozen=True, eq=False)
class Taken:
    """A shortest way to take an edge.

    Args:
        edge: The edge.
        rules: The rules that the last stimulus makes the anchor take.
        stimuli: The preamble, and last the stimulus that takes the edge.
        before: The state before the last stimulus.
        reaction: What the anchor does on it.
        requirements: Ids of what it shows beside its rule.
    """

    edge: Edge
    rules: tuple[Rule, ...]
    stimuli: tuple[Stimulus, ...]
    before: State
    reaction: Reaction
    requirements: tuple[str, ...] = ()


def _nothing_else(taken: Taken) -> tuple[str, ...]:
    return ()


def is_accepted(taken: Taken) -> bool:
    """The anchor accepts the request."""
    answer = taken.reaction.answer
    return answer is not None and not is_rejection(status_and_prefix(answer)[0])


@dataclass(frozen=True)
class Repertoire:
    """What a tester tries.

    Args:
        needs: Features and switches of the model without which it makes no sense.
        preamble: What brings the anchor into a state in which an edge is taken.
        attempts: The requests that a purpose is about, each with its variant.
        candidates: Requests of which each may miss one condition of a rule.
        probes: What shows afterwards which state the anchor is in; the earlier ones are
            preferred.
        focus: Names of the rules that the purposes are about; of all where empty.
        timers: Names of the timers whose expiry a purpose is about.
        longest_preamble: So many stimuli of `preamble` at most.
        longest_probe: So many stimuli of `probes` at most, to tell two states apart.
        shows: Ids of what an edge shows beside its rule.
    """

    needs: tuple[str, ...]
    preamble: tuple[Stimulus, ...]
    attempts: tuple[tuple[str, Request], ...]
    candidates: tuple[Request, ...]
    probes: tuple[Stimulus, ...]
    focus: frozenset[str] = frozenset()
    timers: tuple[str, ...] = ()
    longest_preamble: int = 3
    longest_probe: int = 2
    shows: Callable[[Taken], tuple[str, ...]] = _nothing_else

    def is_about(self, rule: str) -> bool:
        """A purpose may be about this rule."""
        return not self.focus or rule in self.focus


def preambles(
    model: AnchorModel, repertoire: Repertoire
) -> Iterator[tuple[tuple[Stimulus, ...], State]]:
    """A shortest way to every state that a preamble reaches, the nearest first."""
    first = model.initial
    seen = {model.interpreter.canonical(first)}
    frontier: list[tuple[tuple[Stimulus, ...], State]] = [((), first)]
    for _ in range(repertoire.longest_preamble + 1):
        following: list[tuple[tuple[Stimulus, ...], State]] = []
        for stimuli, state in frontier:
            yield stimuli, state
            for stimulus in repertoire.preamble:
                reaction = model.react(state, stimulus)
                if reaction is None:
                    continue
                canonical = model.interpreter.canonical(reaction.target)
                if canonical not in seen:
                    seen.add(canonical)
                    following.append(((*stimuli, stimulus), reaction.target))
        frontier = following


BASE = Repertoire(
    needs=(),
    preamble=(
        *(
            Request(gateway=gateway, deregistration=ending, prefix=prefix)
            for gateway in MAGS
            for ending in (False, True)
            for prefix in (PrefixForm.ALL_ZERO, PrefixForm.REQUESTABLE)
        ),
        Request(node=Node.OTHER),
        *(Wait(timer, Phase.PAST) for timer in TIMERS),
    ),
    attempts=tuple(attempts()),
    candidates=tuple(candidates()),
    probes=(
        *(Request(gateway=gateway, deregistration=True) for gateway in reversed(MAGS)),
        *(Request(gateway=gateway) for gateway in MAGS),
        Request(stamp=Stamp.OLDER),
        Request(prefix=PrefixForm.REQUESTABLE),
        Request(node=Node.OTHER),
        Request(node=Node.OTHER, prefix=PrefixForm.OTHERS),
        *(
            Wait(timer, phase)
            for timer in TIMERS
            for phase in (Phase.NEARLY, Phase.PAST)
        ),
    ),
    timers=TIMERS,
)


# ---- sessions with several prefixes ----------------------------------------------------

NAMELESS = frozenset({Fault.NO_NODE_IDENTIFIER, Fault.NO_PREFIX})
"""A request with one of these names no session by its prefixes."""
SETS = (
    PrefixForm.PART,
    PrefixForm.MORE,
    PrefixForm.REORDERED,
    PrefixForm.PART_OF_OTHERS,
)


def _requests_for_sets() -> Iterator[tuple[str, Request]]:
    for ending, gateway, prefix in itertools.product((False, True), MAGS, SETS):
        request = Request(gateway=gateway, deregistration=ending, prefix=prefix)
        yield f"prefixes {prefix}{', ending' * ending}", request


def _shown_by_sets(taken: Taken) -> tuple[str, ...]:
    """A session with several prefixes is found by all of them, in any order.

    So they are of one entry, which has a list of them; some of them are none.
    """
    if not reaches_lookup(taken.reaction.answer):
        return ()
    by_prefix = ("5213-5.4.1.1-1", "5213-5.4.1.1-2")
    of_one_session = ("5213-5.1-x5", "5213-5.4-3")
    if is_accepted(taken):
        return (*by_prefix, *of_one_session, "5213-5.4-2", "5213-5.4.1.1-6")
    is_other_set = taken.rules[0].name == "reject_other_prefix_set"
    return (*by_prefix, *(of_one_session * is_other_set))


PREFIX_SETS = Repertoire(
    needs=(several_prefixes.name,),
    preamble=(
        Request(),
        Request(deregistration=True),
        Request(node=Node.OTHER),
    ),
    attempts=tuple(_requests_for_sets()),
    candidates=tuple(
        replace(fault, prefix=prefix)
        for fault in FAULTS
        for prefix in (PrefixForm.PART, PrefixForm.PART_OF_OTHERS)
        if fault.node is Node.SERVED and not fault.faults & NAMELESS
    ),
    probes=BASE.probes,
    shows=_shown_by_sets,
)


# ---- order by sequence number ----------------------------------------------------------


def _numbered_requests() -> Iterator[tuple[str, Request]]:
    orders = [order for order in Order if order is not Order.TIMESTAMP]
    for ending, order in itertools.product((False, True), orders):
        gateway = Gateway.MAG1 if ending else Gateway.MAG2
        request = Request(gateway=gateway, deregistration=ending, order=order)
        yield f"{order}{', ending' * ending}", request


def _shown_by_numbers(taken: Taken) -> tuple[str, ...]:
    """The number orders what has no timestamp, and nothing else."""
    request = taken.stimuli[-1]
    assert isinstance(request, Request)
    if request.order is Order.LOWER_BUT_STAMPED:
        return ("5213-5.5-11",) if is_accepted(taken) else ()
    if not reaches(
        BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW, taken.reaction.answer
    ):
        return ()
    wraps = (Order.WRAPPED, Order.FARTHEST, Order.HALFWAY)
    modulo = ("6275-9.5.1-4", "6275-9.5.1-x2") * (request.order in wraps)
    domain = ("5213-9.3-5", "5213-9.3-x1")  # where nothing else orders requests
    return ("5213-5.5-23", "5213-5.5-24", "5213-5.5-26", *domain, *modulo)


SEQUENCES = Repertoire(
    needs=(sequence_numbers.name,),
    preamble=(
        Request(order=Order.NEXT),
        Request(order=Order.LAST),
        Request(),
        Request(order=Order.NEXT, deregistration=True),
    ),
    attempts=tuple(_numbered_requests()),
    candidates=tuple(
        replace(fault, order=order)
        for fault in FAULTS
        for order in (Order.LOWER, Order.NEXT)
        if fault.stamp is Stamp.NEWER
    ),
    probes=(
        *(
            Request(gateway=gateway, deregistration=True, order=order)
            for order in (Order.NEXT, Order.TIMESTAMP)
            for gateway in reversed(MAGS)
        ),
        *(Request(order=order) for order in Order),
        *BASE.probes,
    ),
    longest_preamble=2,
    shows=_shown_by_numbers,
)
