"""What a receiver sends back for a Mobility Header that it discards.

Both messages go straight to the source of the packet, whatever a binding cache says
(6275-9.2-x2, 6275-9.2-x3, 6275-9.3.3-x1).
"""

from pmip6.model.checksum import checksum_of
from pmip6.model.encoding import encode
from pmip6.model.ipv6 import Ipv6Packet, encode_ipv6
from pmip6.model.messages import UNSPECIFIED, BindingError
from pmip6.model.numbers import BindingErrorStatus
from pmip6.model.reception import Reaction, Reception

IPPROTO_ICMPV6 = 58
PARAMETER_PROBLEM = 4
ERRONEOUS_HEADER_FIELD = 0
LEAST_MTU = 1280


def error_reply(reception: Reception, packet: Ipv6Packet, data: bytes) -> bytes | None:
    """Make the packet that a reaction calls for; None where it calls for none.

    Args:
        reception: The reaction and its cause.
        packet: The packet that is discarded, as it was read.
        data: The same packet as it came.
    """
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
    """Make the Binding Error with status 2 (6275-9.2-4, RFC 6275, section 9.3.3)."""
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
    source, destination = packet.destination, packet.source
    header = bytes((PARAMETER_PROBLEM, ERRONEOUS_HEADER_FIELD))
    body = pointer.to_bytes(4) + data[: LEAST_MTU - 48]
    checksum = checksum_of(header + b"\0\0" + body, source, destination, IPPROTO_ICMPV6)
    return encode_ipv6(
        source,
        destination,
        header + checksum.to_bytes(2) + body,
        next_header=IPPROTO_ICMPV6,
    )
