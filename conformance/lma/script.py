"""What a case for an anchor wants of its link, and is given.

It yields what it wants, a packet to send or a time until which it listens, and is given the
time of sending, or what arrived (None where nothing did).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias

from pmip6.conformance.wire.arrivals import Arrival
from pmip6.model.wire.esp import EspCheck


@dataclass(frozen=True)
class Send:
    """Send this packet now; the answer is the time, and the time of day.

    Args:
        sequence: The sequence number of the request in it, None for a user packet.
        mark: The number of the user packet in it, None for a request.
        esp_fault: What is wrong with its ESP on purpose, where ESP is declared.
        largest: Octets that a fragment of it has at most; None where it goes whole.
    """

    packet: bytes
    sequence: int | None
    comment: str
    mark: int | None = None
    esp_fault: EspCheck | None = None
    largest: int | None = None


@dataclass(frozen=True)
class Listen:
    """Give the next packet for this case, or None at this time."""

    until_ms: int


Wish: TypeAlias = Send | Listen
Granted: TypeAlias = Arrival | int | None
Script: TypeAlias = Generator[Wish, Granted, None]
