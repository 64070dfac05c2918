"""What a message does wrong on the wire, told as values and never as exceptions."""

from dataclasses import dataclass
from enum import Enum

from pmip6.model.requirements.tables import Level


class FormatFault(Enum):
    """Kind of a format finding; the receiver's reaction depends on it alone."""

    HEADER_TRUNCATED = "fewer octets than a Mobility Header has"
    CHECKSUM = "checksum does not verify"
    PAYLOAD_PROTO = "Payload Proto is not 59"
    OCTETS_MISSING = "fewer octets came than Header Len says"
    OCTETS_LEFT_OVER = "more octets came than Header Len says"
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
    HOP_LIMIT = "the Hop Limit of the packet is wrong"
    CODE = "the Code of a message is wrong"
    DISCOVERY_ADDRESS = "an address is not of the kind that Neighbor Discovery asks for"


@dataclass(frozen=True, slots=True)
class FormatRule:
    """A rule that one message on its own can violate.

    Args:
        name: Name that is unique among the format rules.
        requirements: Ids of the requirements behind it.
        fault: Kind of the violation.
        level: Strength, which decides the verdict of a violation.
    """

    name: str
    requirements: tuple[str, ...]
    fault: FormatFault
    level: Level = Level.MUST


@dataclass(frozen=True, slots=True)
class FormatFinding:
    """One violation of a format rule in one message.

    Args:
        rule: The rule that is violated.
        text: The violation in our words, with the values seen.
        offset: Octet where it stands, from the start of the Mobility Header or of the
            ICMPv6 message (of the IPv6 packet for findings of `pmip6.model.wire.ipv6`).
    """

    rule: FormatRule
    text: str
    offset: int

    @property
    def fault(self) -> FormatFault:
        """Kind of the violation."""
        return self.rule.fault

    @property
    def requirements(self) -> tuple[str, ...]:
        """Ids of the requirements that are violated."""
        return self.rule.requirements

    @property
    def level(self) -> Level:
        """Strength of the rule."""
        return self.rule.level
