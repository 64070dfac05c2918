"""What the tester receives, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from pmip6.model.wire.decoding import Decoded
from pmip6.model.wire.esp import EspCheck
from pmip6.model.wire.ipv6 import IPPROTO_IPV6, Ipv6Packet, decode_ipv6, decode_packet
from pmip6.model.wire.messages import (
    BindingError,
    ProxyBindingAcknowledgement,
    option_of,
)
from pmip6.model.wire.numbers import IPPROTO_ICMPV6
from pmip6.model.wire.options import MobileNodeIdentifier

MARK = b"user packet of the tester "
"""What the payload of a user packet begins with, before its number in four octets."""
_QUOTE = 8
"""Octets of an ICMPv6 error before the packet that it quotes (RFC 4443, section 3)."""
_SEQUENCE = 40 + 6
"""Where a quoted Binding Update without extension headers has its sequence number."""


@dataclass(frozen=True)
class Arrival:
    """A packet from the implementation under test.

    Args:
        time_ms: When it came, on the link's clock.
        time_of_day: The same in the format of the Timestamp option.
        data: The packet from its IPv6 header on.
        packet: The packet as it was read; None where it is not IPv6.
        decoded: The mobility message in it, None where there is none.
        unprotected: The check of ESP that it fails, None where it fails none.
    """

    time_ms: int
    time_of_day: int
    data: bytes
    packet: Ipv6Packet | None
    decoded: Decoded | None
    unprotected: EspCheck | None = None

    @property
    def acknowledgement(self) -> ProxyBindingAcknowledgement | None:
        """The Binding Acknowledgement, with or without P flag, if it is one."""
        message = None if self.decoded is None else self.decoded.message
        return message if isinstance(message, ProxyBindingAcknowledgement) else None

    @property
    def binding_error(self) -> BindingError | None:
        """The Binding Error, if it is one."""
        message = None if self.decoded is None else self.decoded.message
        return message if isinstance(message, BindingError) else None

    @property
    def icmpv6(self) -> bytes | None:
        """The ICMPv6 message, if it is one."""
        if self.packet is None or self.packet.next_header != IPPROTO_ICMPV6:
            return None
        return self.packet.payload

    @property
    def sequence(self) -> int | None:
        """The sequence number that it answers, as far as that can be told."""
        if self.acknowledgement is not None:
            return self.acknowledgement.sequence
        error = self.icmpv6
        if error is None or len(error) < _QUOTE + _SEQUENCE + 2:
            return None
        return int.from_bytes(error[_QUOTE + _SEQUENCE : _QUOTE + _SEQUENCE + 2])

    @property
    def mark(self) -> int | None:
        """The number of the tester's user packet that is in it or that it quotes."""
        at = self.data.find(MARK)
        if at < 0:
            return None
        return int.from_bytes(self.data[at + len(MARK) : at + len(MARK) + 4])

    @property
    def is_report(self) -> bool:
        """Whether it tells of an error of one of the tester's user packets."""
        return self.icmpv6 is not None and self.mark is not None

    @property
    def identifier(self) -> bytes | None:
        """The mobile node that an acknowledgement names."""
        if self.acknowledgement is None:
            return None
        option = option_of(self.acknowledgement, MobileNodeIdentifier)
        return None if option is None else option.identifier

    def __str__(self) -> str:
        """The packet in words."""
        if self.acknowledgement is not None:
            kind = "PBA" if self.acknowledgement.proxy else "BA"
            return f"{kind} with status {self.acknowledgement.status}"
        if self.binding_error is not None:
            return f"Binding Error with status {self.binding_error.status}"
        if self.icmpv6 is not None:
            return f"ICMPv6 message of type {self.icmpv6[0] if self.icmpv6 else '?'}"
        if self.mark is not None and self.packet is not None:
            is_inside = self.packet.next_header == IPPROTO_IPV6
            kind = "tunnel packet" if is_inside else "user packet"
            return f"{kind} to {self.packet.destination}"
        return f"packet of {len(self.data)} octets that is no answer"


def read_arrival(data: bytes, time_ms: int, time_of_day: int) -> Arrival:
    """Read a packet; what is wrong with it is for the judge."""
    read = decode_packet(data)
    if read is not None:
        return Arrival(time_ms, time_of_day, data, read[0], read[1])
    return Arrival(time_ms, time_of_day, data, decode_ipv6(data), None)
