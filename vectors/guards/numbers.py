"""Boundaries of the numbers that requests have: what there are, and what a scenario shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, cast

from pmip6.model.wire.ipv6 import decode_packet
from pmip6.model.wire.messages import ProxyBindingUpdate, option_of
from pmip6.model.wire.numbers import (
    SEQUENCE_NUMBERS,
    TIMESTAMP_UNITS_PER_SECOND,
    BindingAckStatus,
)
from pmip6.model.wire.options import MobileNodeIdentifier, Timestamp
from pmip6.properties.guards.comparisons import (
    CLOCK,
    LAST_NUMBER,
    LAST_STAMP,
    LIFETIME,
    comparisons,
)
from pmip6.vectors.packs.packet_fields import Fields
from pmip6.vectors.packs.scenario_group import ScenarioVector, Step

_ACCEPTED = BindingAckStatus.ACCEPTED
_JUDGED = {
    CLOCK: (_ACCEPTED, BindingAckStatus.TIMESTAMP_MISMATCH),
    LAST_STAMP: (
        _ACCEPTED,
        BindingAckStatus.TIMESTAMP_MISMATCH,
        BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED,
    ),
    LAST_NUMBER: (_ACCEPTED, BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW),
    LIFETIME: (_ACCEPTED,),
}
"""The statuses of answers to requests that the number alone has decided about."""
WRAPPED = "sequence number that is accepted after 65535"


class Number(NamedTuple):
    """A quantity, and a value that it has where it decides alone."""

    quantity: str
    value: int


def numbers_of(settings: Iterable[Fields]) -> frozenset[Number]:
    """All boundaries of numbers of anchors with these settings."""
    found = {Number(WRAPPED, 0)}
    told = {
        (s["timestamp_validity_window_ms"], s["maximum_lifetime_units"])
        for s in settings
    }
    for window_ms, most in told:
        for each in comparisons(cast("int", window_ms), cast("int", most)):
            found |= {Number(each.quantity, value) for value in each.turns()}
    return frozenset(found)


def numbers_in(scenario: ScenarioVector, time_of_day: int) -> Iterator[Number]:
    """The numbers of the requests of a scenario for anchors, where they decide.

    Args:
        scenario: The scenario.
        time_of_day: When it begins, in the format of the Timestamp option.
    """
    stamps: dict[bytes, int] = {}
    numbers: dict[bytes, int] = {}
    for step in scenario.steps:
        request, status = _request_of(step), _status_of(step)
        if request is None or status is None:
            continue
        node = option_of(request, MobileNodeIdentifier)
        name = b"" if node is None else node.identifier
        passed = step.at_ms * TIMESTAMP_UNITS_PER_SECOND // 1000
        told = dict(
            _told(request, time_of_day + passed, stamps.get(name), numbers.get(name))
        )
        yield from (
            Number(quantity, value)
            for quantity, value in told.items()
            if status in _JUDGED[quantity]
        )
        if status == _ACCEPTED:
            if numbers.get(name) == SEQUENCE_NUMBERS - 1 and LAST_NUMBER in told:
                yield Number(WRAPPED, request.sequence)
            numbers[name] = request.sequence
            stamp = option_of(request, Timestamp)
            if stamp is not None:
                stamps[name] = stamp.value


def _told(
    request: ProxyBindingUpdate, now: int, stamp: int | None, number: int | None
) -> Iterator[tuple[str, int]]:
    yield LIFETIME, request.lifetime
    told = option_of(request, Timestamp)
    if told is not None:
        yield CLOCK, told.value - now
        if stamp is not None:
            yield LAST_STAMP, told.value - stamp
    elif number is not None:
        yield LAST_NUMBER, (request.sequence - number) % SEQUENCE_NUMBERS


def _request_of(step: Step) -> ProxyBindingUpdate | None:
    if step.event is None or step.event.event != "packet" or not step.event.hex:
        return None
    read = decode_packet(bytes.fromhex(step.event.hex), proxy_expected=True)
    message = None if read is None else read[1].message
    return message if isinstance(message, ProxyBindingUpdate) else None


def _status_of(step: Step) -> int | None:
    """The status of the answer, where one comes at once."""
    for expected in step.expect:
        if expected.mask.get("kind") == "PBA" and expected.at_ms == step.at_ms:
            status = expected.mask.get("status")
            return status if isinstance(status, int) else None
    return None
