"""What a receiver sends back for a Mobility Header that it discards.

Both messages go straight to the source of the packet, whatever a binding cache says.
The reference anchor sends what `error_reply` makes; the judge compares what an
implementation sends with the same, aspect by aspect (`REPLY_RULES`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address

from pmip6.model.findings import FormatFault
from pmip6.model.wire.decoding import decode
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.icmp_errors import ERRONEOUS_HEADER_FIELD, icmp_error
from pmip6.model.wire.ipv6 import Ipv6Packet, encode_ipv6
from pmip6.model.wire.messages import UNSPECIFIED, BindingError
from pmip6.model.wire.numbers import (
    IPPROTO_ICMPV6,
    IPPROTO_MOBILITY,
    PARAMETER_PROBLEM,
    BindingErrorStatus,
)
from pmip6.model.wire.reception import Reaction, Reception

TO_NOBODY = ("6275-9.3.3-1",)
"""Behind the silence where an error would go to no unicast address."""


def error_reply(reception: Reception, packet: Ipv6Packet, data: bytes) -> bytes | None:
    """Make the packet that a reaction calls for; None where it calls for none.

    None goes to an address that is no unicast one (6275-9.3.3-1; RFC 4443, section 2.4).

    Args:
        reception: The reaction and its cause.
        packet: The packet that is discarded, as it was read.
        data: The same packet as it came.
    """
    if packet.source.is_multicast or packet.source == UNSPECIFIED:
        return None
    match reception.reaction:
        case Reaction.BINDING_ERROR:
            return unrecognized_mh_type(packet)
        case Reaction.PARAMETER_PROBLEM:
            assert reception.cause is not None
            pointer = packet.payload_offset + reception.cause.offset
            return parameter_problem(packet, data, pointer)
        case Reaction.DISCARD | Reaction.PROCESS:
            return None


def unrecognized_mh_type(packet: Ipv6Packet) -> bytes:
    """Make the Binding Error for an MH Type that is not known (RFC 6275, 9.3.3)."""
    home_address = packet.home_address or UNSPECIFIED
    error = BindingError(BindingErrorStatus.UNRECOGNIZED_MH_TYPE, home_address)
    source, destination = packet.destination, packet.source
    return encode_ipv6(source, destination, encode(error, source, destination))


def parameter_problem(packet: Ipv6Packet, data: bytes, pointer: int) -> bytes:
    """Make an ICMPv6 Parameter Problem, code 0 (RFC 4443, section 3.4).

    Args:
        packet: The offending packet, as it was read.
        data: The same packet as it came; as much of it as fits comes back.
        pointer: Octet of the packet where the wrong field stands.
    """
    return icmp_error(
        PARAMETER_PROBLEM,
        ERRONEOUS_HEADER_FIELD,
        pointer,
        data,
        packet.destination,
        packet.source,
    )


# ---- how a reply is read ---------------------------------------------------------------


def reaction_of(packet: Ipv6Packet) -> Reaction | None:
    """The reaction that a packet is the reply of; None where it is no error reply."""
    if packet.next_header == IPPROTO_MOBILITY:
        is_error = isinstance(_message(packet), BindingError)
        return Reaction.BINDING_ERROR if is_error else None
    if packet.next_header != IPPROTO_ICMPV6:
        return None
    is_problem = packet.payload[:1] == bytes((PARAMETER_PROBLEM,))
    return Reaction.PARAMETER_PROBLEM if is_problem else None


def _message(packet: Ipv6Packet) -> object:
    addresses = packet.checksum_source, packet.checksum_destination
    return decode(packet.payload, *addresses).message


def _error(packet: Ipv6Packet) -> BindingError:
    error = _message(packet)
    assert isinstance(error, BindingError)
    return error


def _status(packet: Ipv6Packet) -> int:
    return int(_error(packet).status)


def _home_address(packet: Ipv6Packet) -> IPv6Address:
    return _error(packet).home_address


def _destination(packet: Ipv6Packet) -> IPv6Address:
    return packet.destination


def _code(packet: Ipv6Packet) -> int:
    return int.from_bytes(packet.payload[1:2])


def _pointer(packet: Ipv6Packet) -> int:
    return int.from_bytes(packet.payload[4:8])


@dataclass(frozen=True)
class ReplyRule:
    """One row: an aspect of the reply to a fault.

    Args:
        fault: The fault of the packet that is discarded.
        aspect: What is compared, in words.
        requirements: The ids behind it.
        read: Takes it from a packet for which `reaction_of` tells the right reaction.
    """

    fault: FormatFault
    aspect: str
    requirements: tuple[str, ...]
    read: Callable[[Ipv6Packet], object]

    @property
    def name(self) -> str:
        """Name that is unique among the rows."""
        return f"{self.fault.name.lower()} {self.aspect}"


_UNKNOWN = FormatFault.UNKNOWN_MESSAGE
_PROTO = FormatFault.PAYLOAD_PROTO
_SHORT = FormatFault.MESSAGE_TRUNCATED

REPLY_RULES: tuple[ReplyRule, ...] = (
    ReplyRule(
        _UNKNOWN,
        "status",
        (
            "6275-9.2-4",
            "6275-6.1.9-x1",
            "6275-6.1.9-x2",
            "6275-6.1.9-x4",
            "6275-6.1.9-x6",
            "6275-14-x4",
        ),
        _status,
    ),
    ReplyRule(
        _UNKNOWN,
        "home address",
        ("6275-9.3.3-2", "6275-6.1.9-x3", "6275-6.1.9-x7"),
        _home_address,
    ),
    ReplyRule(_UNKNOWN, "destination", ("6275-9.3.3-x1",), _destination),
    ReplyRule(_PROTO, "code", ("6275-9.2-y1",), _code),
    ReplyRule(_PROTO, "pointer", ("6275-9.2-7",), _pointer),
    ReplyRule(_PROTO, "destination", ("6275-9.2-x2",), _destination),
    ReplyRule(_SHORT, "code", ("6275-9.2-y2",), _code),
    ReplyRule(_SHORT, "pointer", ("6275-9.2-10",), _pointer),
    ReplyRule(_SHORT, "destination", ("6275-9.2-x3",), _destination),
)
"""The first row of a fault also stands for the duty to send the reply.

Source: RFC 6275, sections 9.2 and 9.3.3.
"""


def reply_rules(
    reception: Reception, rules: Iterable[ReplyRule] = REPLY_RULES
) -> tuple[ReplyRule, ...]:
    """The rows about the reply to what was received."""
    cause = reception.cause
    return tuple(r for r in rules if cause is not None and r.fault is cause.fault)
