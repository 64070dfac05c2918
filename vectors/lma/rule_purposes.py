"""Test purposes for every edge of the anchor's rule table, and for its timers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pmip6.model.language.interpreter import State
from pmip6.model.language.table import Rule, Timer
from pmip6.model.state import (
    BindingState,
    Fault,
    binding_lifetime,
    several_interfaces,
)
from pmip6.model.wire.abstraction import status_and_prefix
from pmip6.model.wire.numbers import BindingAckStatus, HandoffIndicator, is_rejection
from pmip6.vectors.lma.attempts import MAGS, faults_of, is_faulty
from pmip6.vectors.lma.edges import BESIDE, EdgeSearch
from pmip6.vectors.lma.interfaces import INTERFACES
from pmip6.vectors.lma.lookups import LookupSearch
from pmip6.vectors.lma.model import AnchorModel
from pmip6.vectors.lma.probes import ProbeSearch, Suffix, Wrong
from pmip6.vectors.lma.purposes import Draft, Group, Kind
from pmip6.vectors.lma.reached import may_show
from pmip6.vectors.lma.repertoire import BASE, Repertoire, Taken
from pmip6.vectors.lma.shown import is_shown
from pmip6.vectors.lma.stimuli import (
    BY_SESSION,
    Gateway,
    Node,
    Order,
    Phase,
    Request,
    Stamp,
    Stimulus,
    Wait,
)
from pmip6.vectors.lma.waiting import WAITING, after, delays

CONSTRUCTION: dict[Group, tuple[str, ...]] = {
    Group.REG: ("5213-5.3.1-3", "5213-5.3.2-13"),  # without a Home Address option
    Group.EXT: ("5213-5.3.3-3",),
    Group.HO: ("5213-5.3.4-9",),
    Group.DER: ("5213-5.3.5-4",),
}
"""What accepted requests show beside their rule, by group."""

ACCEPTED = (
    "5213-8.2-x14",
    "5213-8.9-x2",
    "5213-8.9-x15",
    "6275-6.1.8-x4",
    "6275-6.1.8-x6",
    "6275-9.5.4-5",
    "6275-10.3.1-23",
    "6275-10.3.1-25",
)
"""What an accepted request shows of the status, by what follows from it."""

REFUSED = (
    "5213-5.3.1-19",
    "5213-8.2-x15",
    "5213-8.9-x3",
    "6275-6.1.8-x5",
    "6275-9.5.4-6",
    "6275-10.3.1-3",
    "6275-10.3.1-7",
)
"""What a refusal shows, whatever its status."""

OF_RFC_5213 = ("5213-8.2-x16", "5213-8.9-x1", "5213-10-1", "5213-10-x6")
"""What a refusal shows whose status is one of RFC 5213, section 8.9."""

STATUS: dict[BindingAckStatus, tuple[str, ...]] = {
    BindingAckStatus.INSUFFICIENT_RESOURCES: (
        "5213-8.9-x15",
        "6275-6.1.8-x10",
        "6275-9.5.2-4",
        "6275-9.5.2-6",
    ),
    BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW: (
        "6275-6.1.8-x15",
        "6275-9.5.1-12",
        "6275-9.5.1-x4",
    ),
    **{
        status: OF_RFC_5213
        for status in BindingAckStatus
        if BindingAckStatus.PROXY_REG_NOT_ENABLED
        <= status
        <= BindingAckStatus.MISSING_ACCESS_TECH_TYPE_OPTION
    },
    BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED: (
        *OF_RFC_5213,
        "5213-5.1-x9",
    ),
}
"""What a refusal shows beside that, by its status."""

BY_NODES = ("5213-5.5-16", "5213-9.3-6", "5213-9.3-x3")
"""What a timestamp out of the window shows where nodes make them: there it is no fault."""

ANSWERED = ("6275-6.1.7-x3", "6275-9.5.4-2")
"""What a request shows that has the A flag and is answered."""

BINDING = (
    "6275-6.1.7-x14",
    "6275-9.5.1-18",
    "6275-9.5.1-x5",
    "6275-9.5.1-x8",
    "6275-9.5.2-1",
    "6275-10.3.1-11",
)
"""What a registration shows of the entry that it makes or changes, by its probes."""

ENDING = ("6275-6.1.7-7", "6275-6.1.7-12", "6275-9.5.1-x6")
"""What a de-registration shows by its probes."""

LIFETIME = (
    "6275-6.1.7-x8",
    "6275-6.1.7-x9",
    "6275-6.1.8-x25",
    "6275-10.3.1-28",
)
"""What the end of a binding shows of the lifetimes of request and answer."""

LIFETIME_PHASE: dict[Phase, tuple[str, ...]] = {
    Phase.NEARLY: ("6275-6.1.8-3",),
    Phase.PAST: ("6275-6.1.7-7", "6275-9.5.2-3"),
}

UNIQUE = ("5213-5.2-1",)
"""What a new session shows beside that of another node: it has a prefix of its own."""

HOLDING = ("hold_request", "hold_newer_request")
_SECTION = re.compile(r"5213-(5\.3\.[2-5])-")


def rule_purposes(
    model: AnchorModel,
    repertoire: Repertoire = BASE,
    already: Iterable[Draft] = (),
) -> Iterator[Draft]:
    """The purposes for all edges; then those that measure timers.

    Those of a feature have its name in their keys, and measure none.

    Args:
        model: The anchor.
        repertoire: What the tester tries.
        already: Purposes that need no feature; what they show needs no other one.
    """
    search = ProbeSearch(model, repertoire)
    find = LookupSearch if repertoire is INTERFACES else EdgeSearch
    edges = find(model, repertoire).run(draft.stimuli for draft in already)
    for taken in edges:
        yield from _state_purposes(model, search, taken, repertoire.needs)
    if repertoire is WAITING:
        for taken in edges:
            yield from _delay_purposes(model, taken)
    if repertoire.needs:
        return
    measured: set[tuple[str, BindingState]] = set()
    for taken in edges:
        place = (taken.edge.rule, taken.edge.control)
        if place not in measured and not is_wrong(taken):
            measured.add(place)
            yield from _timer_purposes(model, search, taken)


def _delay_purposes(model: AnchorModel, taken: Taken) -> Iterator[Draft]:
    """Purposes that show when the wait for a de-registration began, and ends."""
    if taken.rules[0].name not in HOLDING:
        return
    for phase, moved in delays(model, taken):
        key = " / ".join((*WAITING.needs, taken.edge.key, f"{phase} of the delay"))
        preamble = moved.stimuli[:-1]
        yield draft(moved, key, preamble, after(phase), Kind.TI, needs=WAITING.needs)


def is_wrong(taken: Taken) -> bool:
    """The edge is taken by no request, or by one that is refused."""
    last, answer = taken.stimuli[-1], taken.reaction.answer
    if not isinstance(last, Request) or is_faulty(last):
        return True
    return answer is not None and is_rejection(status_and_prefix(answer)[0])


def _state_purposes(
    model: AnchorModel, search: ProbeSearch, taken: Taken, needs: tuple[str, ...] = ()
) -> Iterator[Draft]:
    """One purpose; another one for what its probes hide, as long as that helps."""
    pending = search.wrong_states(taken)
    number = 0
    while True:
        suffix = search.suffix(taken.reaction.target, pending)
        if number and not suffix.revealed:
            return
        number += 1
        place = " / ".join((*needs, taken.edge.key))
        key = place if number == 1 else f"{place} / {number}"
        probes = suffix.stimuli
        if number == 1:
            probes += closing_probes(model, taken.reaction.target, suffix)
        yield draft(taken, key, taken.stimuli[:-1], probes, needs=needs)
        hidden = {wrong.fault for wrong in suffix.hidden}
        left = [wrong for wrong in pending if wrong.fault in hidden]
        if not left or len(left) == len(pending):
            return
        pending = left


def closing_probes(
    model: AnchorModel, state: State, suffix: Suffix
) -> tuple[Stimulus, ...]:
    """De-registrations from each gateway: only the serving one gets an answer."""
    for stimulus in suffix.stimuli:
        reaction = model.react(state, stimulus)
        assert reaction is not None
        state = reaction.target
    if several_interfaces.name in model.readings:
        return ends_of_sessions(model, state)
    cells, chosen = model.model.cells, model.model.configuration
    serving: list[Gateway] = [
        gateway
        for gateway in MAGS
        for entry in chosen.entries
        if state.cells[cells["bce_proxy_coa", (entry, gateway)]]
        and state.cells[cells["bce_node", (entry,)]] == Node.SERVED
    ]
    others = [gateway for gateway in MAGS if gateway not in serving]
    probes = tuple(Request(gateway=g, deregistration=True) for g in others + serving)
    done = suffix.stimuli[-len(probes) :]
    return tuple(probe for probe in probes if probe not in done)


def ends_of_sessions(model: AnchorModel, state: State) -> tuple[Stimulus, ...]:
    """De-registrations of each session by its prefix, from its serving gateway."""
    cells = model.model.cells
    serving = [
        next(g for g in MAGS if state.cells[cells["bce_proxy_coa", (entry, g)]])
        for prefix in model.prefixes_of(state, Node.SERVED)
        for entry in model.model.configuration.entries
        if state.cells[cells["bce_prefix", (entry, prefix)]]
    ]
    return tuple(
        Request(
            gateway=gateway,
            deregistration=True,
            prefix=prefix,
            indicator=HandoffIndicator.BETWEEN_INTERFACES,
        )
        for gateway, prefix in zip(serving, BY_SESSION, strict=False)
    )


# ---- timers --------------------------------------------------------------------------


def _timer_purposes(
    model: AnchorModel, search: ProbeSearch, taken: Taken
) -> Iterator[Draft]:
    """Purposes that show when the timer that runs after an edge began, and ends.

    Where a timer runs before the edge, a part of it passes first, so that starting it
    anew and letting it go on differ.
    """
    request = taken.stimuli[-1]
    preamble, before = list(taken.stimuli[:-1]), taken.before
    for timer in running(model, before):
        wait = Wait(timer, Phase.BEGUN)
        begun = model.react(before, wait)
        if begun is None:
            return
        preamble, before = [*preamble, wait], begun.target
    reaction = model.react(before, request)
    assert reaction is not None
    timers = running(model, reaction.target)
    if len(timers) != 1:
        return
    moved = Taken(taken.edge, taken.rules, (*preamble, request), before, reaction)
    for phase in (Phase.NEARLY, Phase.PAST):
        wait = Wait(timers[0], phase)
        over = model.elapse(reaction.target, timers[0], 4)
        wrong = search.wrong_states(moved)
        if phase is Phase.NEARLY:
            wrong.append(Wrong("ends at once", over.target))
        else:
            wrong.append(Wrong("never ends", _frozen(reaction.target)))
        suffix = search.suffix(reaction.target, wrong, (wait,))
        if suffix.revealed:
            key = f"{taken.edge.key} / {phase} of {timers[0]}"
            more: tuple[str, ...] = ()
            if timers[0] == binding_lifetime.name:
                more = (*LIFETIME, *LIFETIME_PHASE[phase])
            elif phase is Phase.NEARLY:
                more = KEPT
            yield draft(moved, key, tuple(preamble), suffix.stimuli, Kind.TI, more)


def running(model: AnchorModel, state: State) -> list[str]:
    """Names of the timers that run."""
    return sorted(
        {
            name
            for (name, _), position in model.model.timers.items()
            if state.timers[position]
        }
    )


def _frozen(state: State) -> State:
    """The state with no timer running: nothing in it ever ends."""
    return state._replace(timers=(0,) * len(state.timers))


IN_DELETION_DELAY = {"5213-5.3.5-6", "5213-9.1-x2"}
"""What becomes of an entry in its deletion delay: a registered one has none."""
KEPT = ("5213-5.3.5-2", "5213-9.1-3")
"""The entry is kept for the delay: what is left of it shows that, not its end."""


# ---- drafts --------------------------------------------------------------------------


def draft(
    taken: Taken,
    key: str,
    preamble: tuple[Stimulus, ...],
    probes: tuple[Stimulus, ...],
    kind: Kind | None = None,
    more: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
) -> Draft:
    """The purpose of an edge with its probes; more ids where they show more."""
    rule = taken.rules[0]
    last = taken.stimuli[-1]
    steps = (*preamble, last, *probes)
    about = (
        *of_rule(taken),
        *taken.requirements,
        *construction_of(taken),
        *order_of(last),
        *more,
    )
    return Draft(
        key=key,
        group=group_of(rule),
        kind=kind or kind_of(taken),
        title=title_of(taken, last),
        requirements=tuple(
            i for i in dict.fromkeys(about) if is_shown(i, needs, steps, len(preamble))
        ),
        preamble=preamble,
        test=last,
        probes=probes,
        needs=needs,
    )


def of_rule(taken: Taken) -> tuple[str, ...]:
    """The ids of the rule, but for those that only another state or request shows."""
    ids, last = taken.rules[0].requirements, taken.stimuli[-1]
    if not isinstance(last, Request):
        return tuple(i for i in ids if i not in KEPT)
    answer = taken.reaction.answer
    ids = tuple(i for i in ids if may_show(i, last, answer))
    if taken.edge.control is BindingState.DEREGISTERED:
        return (*ids, *(KEPT if IN_DELETION_DELAY & set(ids) else ()))
    return tuple(i for i in ids if i not in IN_DELETION_DELAY)


def construction_of(taken: Taken) -> tuple[str, ...]:
    """The ids behind the answer that section 5.3.6 asks for, and behind its status."""
    answer, last = taken.reaction.answer, taken.stimuli[-1]
    if answer is None:
        return ()
    status = BindingAckStatus(status_and_prefix(answer)[0])
    if is_rejection(status):
        by_nodes = BY_NODES if is_out_of_window(taken) else ()
        return (*REFUSED, *STATUS.get(status, ()), *by_nodes, *ANSWERED)
    group = group_of(taken.rules[0])
    is_ending = isinstance(last, Request) and last.deregistration
    shown = ENDING if is_ending else BINDING
    if taken.rules[0].name == "allocate" and BESIDE in taken.edge.variant:
        shown = (*shown, *UNIQUE)
    if is_first_number(taken):
        shown = (*shown, "6275-9.5.1-3")
    return (*CONSTRUCTION.get(group, ()), *ACCEPTED, *ANSWERED, *shown)


def is_out_of_window(taken: Taken) -> bool:
    """The request is refused as its timestamp is too far from the anchor's clock."""
    answer, last = taken.reaction.answer, taken.stimuli[-1]
    return (
        isinstance(last, Request)
        and last.stamp in (Stamp.FUTURE, Stamp.PAST)
        and answer is not None
        and status_and_prefix(answer)[0] == BindingAckStatus.TIMESTAMP_MISMATCH
    )


def is_first_number(taken: Taken) -> bool:
    """A request without a timestamp makes a session: no number could be too low."""
    last, is_new = taken.stimuli[-1], taken.edge.control is BindingState.FREE
    return is_new and isinstance(last, Request) and last.order is not Order.TIMESTAMP


def order_of(last: Stimulus) -> tuple[str, ...]:
    """The id that says which of two faults decides, where there are two."""
    if isinstance(last, Request) and faults_of(last) + has_low_number(last) > 1:
        return ("5213-5.3-1",)
    return ()


def has_low_number(request: Request) -> bool:
    """The sequence number does not exceed that of the session of its node."""
    is_named = Fault.NO_NODE_IDENTIFIER not in request.faults
    return is_named and request.order in (Order.LOWER, Order.EQUAL, Order.HALFWAY)


def title_of(taken: Taken, last: Stimulus) -> str:
    """The first line of the rule, and the step that takes it."""
    meaning = taken.rules[0].doc.splitlines()[0].rstrip(".")
    where = taken.edge.control.name
    if is_out_of_window(taken):
        meaning += ", but the window does not count where nodes make timestamps"
    return f"{meaning}: {last} ({where})"


def group_of(rule: Rule) -> Group:
    """The group of the section that a rule implements."""
    for requirement in rule.requirements:
        found = _SECTION.match(requirement)
        if found:
            return Group(found[1])
    if isinstance(rule.on, Timer) and rule.on.name == binding_lifetime.name:
        return Group.EXT
    return Group.CHK


def kind_of(taken: Taken) -> Kind:
    """The kind of a purpose, by its last step and the answer to it."""
    last = taken.stimuli[-1]
    if not isinstance(last, Request):
        return Kind.TI
    if last.stamp in (Stamp.OLDER, Stamp.EQUAL):
        return Kind.BO
    if is_faulty(last):
        return Kind.BI
    answer = taken.reaction.answer
    if answer is None or is_rejection(status_and_prefix(answer)[0]):
        return Kind.BO
    return Kind.BV
