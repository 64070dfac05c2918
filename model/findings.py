"""What a message does wrong on the wire, told as values and never as exceptions."""

from dataclasses import dataclass
from enum import Enum

from pmip6.model.requirement_tables import Level


class FormatFault(Enum):
    """Kind of a format finding; the receiver's reaction depends on it alone."""

    HEADER_TRUNCATED = "fewer octets than a Mobility Header has"
    CHECKSUM = "checksum does not verify"
    PAYLOAD_PROTO = "Payload Proto is not 59"
    HEADER_LENGTH = "Header Len disagrees with the octets received"
    MESSAGE_TRUNCATED = "Header Len too small for the message"
    UNKNOWN_MESSAGE = "MH Type has no meaning here"
    RESERVED = "reserved bits are not zero"
    OPTION_TRUNCATED = "an option runs past the message"
    OPTION_LENGTH = "an option has a length that its type forbids"
    OPTION_VALUE = "an option has a value that its type forbids"
    OPTION_ALIGNMENT = "an option is not aligned"
    PADDING = "padding is not as asked for"
    OPTION_ORDER = "an option stands at the wrong place"
    OPTION_DUPLICATE = "an option occurs more than once"
    OPTION_MISSING = "a mandatory option is missing"
    OPTION_MISPLACED = "an option is not valid in this message"
    FLAG = "a flag has the wrong value"
    CARE_OF_ADDRESS = "the care-of address is not unicast routable"
    EXTENSION_HEADER = "an IPv6 extension header is wrong or forbidden"


@dataclass(frozen=True, slots=True)
class FormatFinding:
    """One violation of a format rule in one message.

    Args:
        fault: Kind of violation.
        requirements: Ids of the requirements that it violates.
        level: Strength of the strongest of them.
        text: The violation in our words, with the values seen.
        offset: Octet where it stands, from the start of the Mobility Header (from
            the start of the IPv6 packet for findings of `pmip6.model.ipv6`).
    """

    fault: FormatFault
    requirements: tuple[str, ...]
    level: Level
    text: str
    offset: int
