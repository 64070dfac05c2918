"""What a receiver does with a Mobility Header before its content counts.

Source: RFC 6275, section 9.2 (6275-9.2-1 to -10), and section 6.1.7 for a care-of
address that cannot be one (6275-6.1.7-11).
"""

from dataclasses import dataclass
from enum import Enum

from pmip6.model.findings import FormatFault, FormatFinding
from pmip6.model.wire.decoding import Decoded
from pmip6.model.wire.field_rules import MH_TYPE
from pmip6.model.wire.messages import MobilityMessage, ProxyBindingUpdate
from pmip6.model.wire.numbers import MobilityHeaderType


class Reaction(Enum):
    """What the receiver does with the packet."""

    PROCESS = "hand the message to its role"
    DISCARD = "discard silently"
    BINDING_ERROR = "discard, and send a Binding Error"
    PARAMETER_PROBLEM = "discard, and send an ICMPv6 Parameter Problem"


@dataclass(frozen=True, slots=True)
class Reception:
    """The reaction, the finding that causes it, and the ids of the duty to react so.

    The Pointer of a Parameter Problem is the finding's offset plus the octets before
    the Mobility Header in the packet.
    """

    reaction: Reaction
    cause: FormatFinding | None = None
    duty: tuple[str, ...] = ()

    @property
    def requirements(self) -> tuple[str, ...]:
        """Ids behind the reaction: what is wrong, and what follows from that."""
        wrong = () if self.cause is None else self.cause.requirements
        return tuple(dict.fromkeys((*wrong, *self.duty)))


_REACTIONS: tuple[tuple[FormatFault, Reaction, tuple[str, ...]], ...] = (
    (FormatFault.HEADER_TRUNCATED, Reaction.DISCARD, ()),
    (FormatFault.CHECKSUM, Reaction.DISCARD, ("6275-9.2-2", "6275-9.2-x1")),
    (FormatFault.UNKNOWN_MESSAGE, Reaction.BINDING_ERROR, ("6275-9.2-4",)),
    (FormatFault.PAYLOAD_PROTO, Reaction.PARAMETER_PROBLEM, ("6275-9.2-6",)),
    (FormatFault.MESSAGE_TRUNCATED, Reaction.PARAMETER_PROBLEM, ("6275-9.2-9",)),
    (FormatFault.OCTETS_MISSING, Reaction.DISCARD, ()),
    (FormatFault.OPTION_TRUNCATED, Reaction.DISCARD, ()),
    (FormatFault.CARE_OF_ADDRESS, Reaction.DISCARD, ()),
)
"""Faults that stop a message, in the order of section 9.2; the first one decides.

Each with the reaction, and with the ids of the duty to discard.
"""

NO_PROXY_REGISTRATION = ("5213-8.1-x4",)
"""Behind what is done with a Binding Update without the P flag."""


HANDOVER_MESSAGES = (
    MobilityHeaderType.HANDOVER_INITIATE,
    MobilityHeaderType.HANDOVER_ACKNOWLEDGE,
)
"""Types that are unknown to a node without fast handover."""


def receive(decoded: Decoded, *, fast_handover: bool = False) -> Reception:
    """Decide what becomes of a decoded Mobility Header.

    A message of a known type that has no class here (Home Test Init and its kind) is
    discarded.  Findings that are not listed are the sender's fault and none of the
    receiver's business: reserved bits, padding and unknown options are skipped.

    Args:
        decoded: What was read.
        fast_handover: Whether the receiver knows the messages of RFC 5949, which an
            anchor does not and a gateway may.
    """
    by_fault = {finding.fault: finding for finding in reversed(decoded.findings)}
    header = decoded.header
    if not fast_handover and header and header.mh_type in HANDOVER_MESSAGES:
        text = f"MH Type {header.mh_type} belongs to fast handover"
        unknown = FormatFinding(MH_TYPE, text, 2)
        by_fault.setdefault(FormatFault.UNKNOWN_MESSAGE, unknown)
    for fault, reaction, duty in _REACTIONS:
        if fault in by_fault:
            return Reception(reaction, by_fault[fault], duty)
    if decoded.message is None:
        return Reception(Reaction.DISCARD)
    return Reception(Reaction.PROCESS)


def proxy_binding_update(message: MobilityMessage | None) -> ProxyBindingUpdate | None:
    """The message if it is a request for an anchor, else None.

    A Binding Update without the P flag asks for a direct registration, which an anchor
    that is no home agent does not serve (`NO_PROXY_REGISTRATION`).
    """
    if isinstance(message, ProxyBindingUpdate) and message.proxy:
        return message
    return None
