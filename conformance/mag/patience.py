"""Roughly how long a case for gateways takes, told before it runs: the longest begin first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from pmip6.conformance.mag.case import TIMES_DISCARDED
from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.conformance.mag.hearing import MAX_RA_DELAY_MS
from pmip6.model.fast_handover.state import handover_retransmission
from pmip6.model.mag.advertisement_rules import MIN_DELAY_BETWEEN_RAS_MS
from pmip6.model.mag.configuration import backoff
from pmip6.model.state import retransmission
from pmip6.model.wire.numbers import LIFETIME_UNIT_SECONDS
from pmip6.vectors.fast_handover.purposes import HandoverPurpose
from pmip6.vectors.fast_handover.stimuli import Elapse
from pmip6.vectors.mag.edges import SCENE
from pmip6.vectors.mag.model import GatewayDomain, GatewayModel
from pmip6.vectors.mag.purposes import GatewayPurpose
from pmip6.vectors.mag.stimuli import Answer, Ask, Await, Idle, Solicit, Stimulus


def gateway_patience(purpose: GatewayPurpose, declaration: GatewayDeclaration) -> int:
    """Milliseconds that a case takes, but for a part of a second with each stimulus.

    A timer that is waited for takes what it takes to its end; what shortens it is left out.
    """
    return sum(_waits(purpose, declaration))


def _waits(purpose: GatewayPurpose, declaration: GatewayDeclaration) -> Iterator[int]:
    timers = declaration.timers
    first, longest = timers.initial_bindack_timeout_ms, timers.max_bindack_timeout_ms
    attempts, units = 0, timers.lifetime_units
    between = MIN_DELAY_BETWEEN_RAS_MS + timers.tolerance_ms
    for stimulus in purpose.stimuli:
        match stimulus:
            case Idle(seconds=seconds):
                yield seconds * 1000
            case Await(timer=retransmission.name):
                waits = tuple(backoff(first, longest))
                yield waits[min(attempts, len(waits) - 1)]
                attempts += 1
            case Await():
                yield units * LIFETIME_UNIT_SECONDS * 1000
                attempts = 0
            case Answer(is_short=is_short):
                units = timers.short_lifetime_units if is_short else units
                yield timers.silence_ms
                attempts = 0
            case _ if _is_discarded(stimulus):
                yield TIMES_DISCARDED * (MAX_RA_DELAY_MS + 2 * between)
            case _:
                yield timers.silence_ms


@cache
def _is_discarded(stimulus: Stimulus) -> bool:
    """Whether a gateway must not answer it, which is listened for twice."""
    if not isinstance(stimulus, Solicit | Ask):
        return False
    return not _known_model().is_taken(stimulus)


@cache
def _known_model() -> GatewayModel:
    return GatewayModel(SCENE, GatewayDomain.FIXED)


def handover_patience(purpose: HandoverPurpose, declaration: GatewayDeclaration) -> int:
    """Milliseconds that a case for fast handover takes, roughly."""
    told, timers = declaration.fast_handover, declaration.timers
    if told is None:
        return 0
    taken = 0
    for stimulus in purpose.stimuli:
        taken += timers.silence_ms
        if isinstance(stimulus, Elapse):
            is_sent_again = stimulus.timer == handover_retransmission.name
            once = told.initiate_timeout_ms if is_sent_again else told.lifetime_ms
            taken += once * (2**stimulus.times - 1)
    return taken
