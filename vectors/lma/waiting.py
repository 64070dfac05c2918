"""Test purposes for an anchor that waits for a de-registration (RFC 5213, 5.4.1.2).

The request that waits gets no answer until the other session of its node ends or
MaxDelayBeforeNewBCEAssign has passed; the answer that comes then is judged as any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pmip6.model.lma.waiting import waiting
from pmip6.model.state import (
    max_delay_before_new_bce_assign,
    several_interfaces,
    waits_for_deregistration,
)
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.vectors.lma.attempts import FAULTS
from pmip6.vectors.lma.interfaces import INTERFACES
from pmip6.vectors.lma.model import AnchorModel
from pmip6.vectors.lma.repertoire import Repertoire, Taken
from pmip6.vectors.lma.stimuli import (
    Gateway,
    Interface,
    Node,
    Phase,
    PrefixForm,
    Request,
    Stamp,
    Stimulus,
    Wait,
)

TIMER = max_delay_before_new_bce_assign.name
FIRST = Request(indicator=HandoffIndicator.NEW_INTERFACE)
ANONYMOUS = replace(FIRST, link_layer_identifier=False)
SECOND = Request(gateway=Gateway.MAG2, interface=Interface.SECOND)
SECOND_AGAIN = replace(SECOND, gateway=Gateway.MAG1)
HELD = (
    SECOND,
    Request(gateway=Gateway.MAG2, interface=Interface.OTHER_TECHNOLOGY),
    Request(gateway=Gateway.MAG2, link_layer_identifier=False),
)
"""Requests that wait where the node has one session, for another interface."""
ENDS = tuple(
    Request(
        gateway=gateway,
        deregistration=True,
        prefix=PrefixForm.OWN,
        indicator=HandoffIndicator.BETWEEN_INTERFACES,
    )
    for gateway in (Gateway.MAG1, Gateway.MAG2)
)
MOVED = Request(
    gateway=Gateway.MAG2,
    prefix=PrefixForm.OWN,
    interface=Interface.SECOND,
    indicator=HandoffIndicator.BETWEEN_INTERFACES,
)
"""The session goes to the second interface although a request for that one waits."""


def asked_by(request: Request, *, is_past: bool) -> tuple[str, ...]:
    """Ids of the section that makes the request wait; or that ends the delay."""
    if request.link_layer_identifier:
        waits = ("5213-5.4.1.2-7", "5213-5.4.1.2-8", "5213-5.4.1.2-9")
        return ("5213-5.4.1.2-10",) if is_past else waits
    return ("5213-5.4.1.3-5",) if is_past else ("5213-5.4.1.3-1", "5213-5.4.1.3-4")


def _shows(taken: Taken) -> tuple[str, ...]:
    held = [s for s in taken.stimuli if s in (*HELD, SECOND_AGAIN)]
    if not held or not WAITING.is_about(taken.rules[0].name):
        return ()
    request, is_past = held[-1], isinstance(taken.stimuli[-1], Wait)
    assert isinstance(request, Request)
    return asked_by(request, is_past=is_past)


def _nearly_held() -> Iterator[Request]:
    """Requests that would wait, or end the wait, but for one thing."""
    for fault in FAULTS:
        stranger = fault.gateway is Gateway.STRANGER
        gateway = fault.gateway if stranger else Gateway.MAG2
        yield replace(fault, gateway=gateway, interface=Interface.SECOND)
        yield replace(ENDS[0], faults=fault.faults, stamp=fault.stamp)
    for indicator in HandoffIndicator:
        yield replace(SECOND, indicator=indicator)
    yield replace(SECOND, prefix=PrefixForm.OWN)
    yield replace(SECOND, deregistration=True)
    yield Request(node=Node.OTHER, gateway=Gateway.MAG2)
    yield from ENDS


WAITING = Repertoire(
    needs=(several_interfaces.name, waits_for_deregistration.name),
    preamble=(FIRST, ANONYMOUS, SECOND, HELD[2], MOVED, ENDS[0]),
    attempts=tuple((str(r), r) for r in (*HELD, SECOND_AGAIN, *ENDS)),
    candidates=tuple(_nearly_held()),
    probes=(
        *INTERFACES.probes,
        *(Request(gateway=g, stamp=Stamp.OLDER) for g in (Gateway.MAG1, Gateway.MAG2)),
    ),
    focus=frozenset(rule.name for rule in waiting.rules),
    timers=(TIMER,),
    shows=_shows,
    longest_preamble=3,
    longest_probe=1,
)


def delays(model: AnchorModel, taken: Taken) -> Iterator[tuple[Phase, Taken]]:
    """The same edge followed by the delay: nearly all of it, and all of it.

    Where the delay runs already, a part of it has passed, so that one that goes on
    differs from one that begins again.
    """
    stimuli, before, reaction = taken.stimuli, taken.before, taken.reaction
    begun = model.react(before, Wait(TIMER, Phase.BEGUN))
    if begun is not None:
        last = stimuli[-1]
        stimuli = (*stimuli[:-1], Wait(TIMER, Phase.BEGUN), last)
        before = begun.target
        again = model.react(before, last)
        assert again is not None
        reaction = again
    last = stimuli[-1]
    assert isinstance(last, Request)
    for phase in (Phase.NEARLY, Phase.PAST):
        if model.ticks(reaction.target, Wait(TIMER, phase)) is not None:
            yield (
                phase,
                replace(
                    taken,
                    stimuli=stimuli,
                    before=before,
                    reaction=reaction,
                    requirements=asked_by(last, is_past=phase is Phase.PAST),
                ),
            )


def after(phase: Phase) -> tuple[Stimulus, ...]:
    """The delay, and what shows the state that it leads to."""
    first, second = ENDS
    if phase is Phase.PAST:
        second = replace(second, prefix=PrefixForm.SECOND)
    return Wait(TIMER, phase), first, second
