"""Faulty conduct of a process on its network, whatever its rules say: for testing the tester.

A process that has a conduct asks it of each packet that comes, and of each that goes out.
What concerns mobility messages alone leaves all other packets as they are.  A conduct is
named `conduct.<name>`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from pmip6.conformance.lma.changed_codecs import Change, with_checksum
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.encoding import Lies, PaddingStyle, encode
from pmip6.model.wire.ipv6 import decode_packet, encode_ipv6
from pmip6.model.wire.layouts import IPV6_HEADER

PREFIX = "conduct."
HEARD_BEFORE = 2
"""Mobility messages that are taken before a process goes deaf, dies or gets slow."""
SLOW_S = 1.8
"""How long a slow process sleeps before it says anything."""
_RESERVED, _CHECKSUM = IPV6_HEADER + 3, IPV6_HEADER + 5


class Conduct:
    """What is right: all that comes is heard, and what goes out goes as it is."""

    def hears(self, packet: bytes) -> bool:
        """Whether a packet that has come is taken."""
        return True

    def says(self, packet: bytes) -> list[bytes]:
        """What goes out in place of a packet."""
        return [packet]


@dataclass(frozen=True)
class FaultyConduct:
    """A conduct by its name.

    Args:
        kind: format, ordering, retransmission or robustness.
        text: What it does, in words.
        make: Makes it, for one process.
    """

    name: str
    kind: str
    text: str
    make: Callable[[], Conduct]


def is_mobility_message(packet: bytes) -> bool:
    """Whether a packet has a Mobility Header in it, in the clear."""
    return decode_packet(packet) is not None


# ---- format ----------------------------------------------------------------------------


def _turned(packet: bytes, at: int, mask: int) -> bytes:
    return packet[:at] + bytes([packet[at] ^ mask]) + packet[at + 1 :]


def _reserved_octet(packet: bytes) -> bytes:
    return with_checksum(_turned(packet, _RESERVED, 0xFF))


def _wrong_checksum(packet: bytes) -> bytes:
    return _turned(packet, _CHECKSUM, 0x5A)


def lying(lies: Lies) -> Change:
    """A change that encodes the message of a packet again with a lie."""

    def change(packet: bytes) -> bytes:
        found = decode_packet(packet, proxy_expected=True)
        if found is None or found[1].message is None:
            return packet
        header, message = found[0], found[1].message
        octets = encode(message, header.source, header.destination, lies=lies)
        return encode_ipv6(header.source, header.destination, octets)

    return change


FORMAT_DEFECTS: dict[str, Change] = {
    "a reserved octet": _reserved_octet,
    "reserved bits": lying(Lies(message_reserved=1)),
    "a wrong checksum": _wrong_checksum,
    "a payload": lying(Lies(payload_proto=58)),
    "padding that is not zero": lying(Lies(padn_content=1)),
    "octets behind it": lying(Lies(trailing=bytes(8))),
    "a length that is too great": lying(Lies(header_len_added=1)),
    "padding by single octets": lying(Lies(padding=PaddingStyle.PAD1_ONLY)),
}
"""Each breaks one rule of the format, and what the message says can still be read."""


class _Changed(Conduct):
    """Every mobility message goes out otherwise."""

    def __init__(self, change: Change) -> None:
        self._change = change

    def says(self, packet: bytes) -> list[bytes]:
        """The packet with its message changed."""
        return [self._change(packet) if is_mobility_message(packet) else packet]


# ---- ordering and retransmission -------------------------------------------------------


class _Twice(Conduct):
    """Every mobility message goes out twice."""

    def says(self, packet: bytes) -> list[bytes]:
        """The packet, and a mobility message once more."""
        return [packet, packet] if is_mobility_message(packet) else [packet]


class _Behind(Conduct):
    """Each mobility message goes out when the next one has to, and behind it."""

    def __init__(self) -> None:
        self._kept: list[bytes] = []

    def says(self, packet: bytes) -> list[bytes]:
        """The packet and the one before it, the other way round."""
        if not is_mobility_message(packet):
            return [packet]
        kept, self._kept = self._kept, []
        if kept:
            return [packet, *kept]
        self._kept = [packet]
        return []


class _DeafToRepetitions(Conduct):
    """A mobility message that comes again, octet by octet, is not heard."""

    def __init__(self) -> None:
        self._heard: set[bytes] = set()

    def hears(self, packet: bytes) -> bool:
        """Whether it has not come before."""
        if not is_mobility_message(packet):
            return True
        is_new = packet not in self._heard
        self._heard.add(packet)
        return is_new


# ---- robustness ------------------------------------------------------------------------


class _Failing(Conduct):
    """All is well until some mobility messages have been taken."""

    def __init__(self) -> None:
        self._heard = 0

    def hears(self, packet: bytes) -> bool:
        """Whether that is still so, or the packet is taken none the less."""
        self._heard += is_mobility_message(packet)
        return self._heard <= HEARD_BEFORE or self.fails()

    def fails(self) -> bool:
        """What becomes of it; whether packets are still taken."""
        return False


class _Dying(_Failing):
    """The process ends at once, as if it were killed."""

    def fails(self) -> bool:
        """It does not come back."""
        os._exit(1)


class _Slow(Conduct):
    """What goes out goes out late."""

    def says(self, packet: bytes) -> list[bytes]:
        """The packet, after a sleep."""
        time.sleep(SLOW_S)
        return [packet]


class _Mute(Conduct):
    """No mobility message goes out."""

    def says(self, packet: bytes) -> list[bytes]:
        """All other packets."""
        return [] if is_mobility_message(packet) else [packet]


def _all() -> dict[str, FaultyConduct]:
    forms = (
        FaultyConduct(
            f"{PREFIX}{name.replace(' ', '-')}",
            "format",
            f"sends {name}",
            partial(_Changed, change),
        )
        for name, change in FORMAT_DEFECTS.items()
    )
    every = (
        *forms,
        FaultyConduct(
            f"{PREFIX}twice", "ordering", "sends every mobility message twice", _Twice
        ),
        FaultyConduct(
            f"{PREFIX}behind",
            "ordering",
            "sends each mobility message behind the next one",
            _Behind,
        ),
        FaultyConduct(
            f"{PREFIX}deaf-to-repetitions",
            "retransmission",
            "does not hear a mobility message that comes again",
            _DeafToRepetitions,
        ),
        FaultyConduct(
            f"{PREFIX}deaf",
            "robustness",
            f"hears nothing after {HEARD_BEFORE} mobility messages",
            _Failing,
        ),
        FaultyConduct(
            f"{PREFIX}dead",
            "robustness",
            f"dies by the mobility message after {HEARD_BEFORE}",
            _Dying,
        ),
        FaultyConduct(
            f"{PREFIX}slow", "robustness", f"is {SLOW_S} seconds late", _Slow
        ),
        FaultyConduct(
            f"{PREFIX}mute", "robustness", "sends no mobility message", _Mute
        ),
    )
    return {each.name: each for each in every}


CONDUCTS = _all()
"""All of them by name."""


def conduct_named(name: str) -> Conduct:
    """A conduct of this name, for one process.

    Raises:
        Pmip6Error: There is none.
    """
    if name not in CONDUCTS:
        raise Pmip6Error(name, "is no conduct", f"choose of {', '.join(CONDUCTS)}")
    return CONDUCTS[name].make()
