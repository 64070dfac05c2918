"""Numbers of the mobility messages, under the names that the RFCs give them.

A number that no RFC of this project names stays a plain int (see `named`), so that
an unknown status or type on the wire is kept and not lost.
Sources: RFC 6275, sections 6.1.1 to 6.2.7; RFC 5213, sections 8 and 8.9; RFC 4283.
"""

from collections.abc import Callable
from enum import IntEnum

IPPROTO_MOBILITY = 135
"""Next Header value of the Mobility Header (6275-6.1.1-x1)."""
IPPROTO_ESP = 50
"""Next Header value of ESP (RFC 4303, section 2)."""
IPPROTO_GRE = 47
"""Next Header value of GRE (RFC 2784)."""
IPPROTO_NONE = 59
"""Payload Proto that every Mobility Header carries (6275-6.1.1-1, 6275-9.2-5)."""
IPPROTO_ICMPV6 = 58
"""Next Header value of ICMPv6 (RFC 4443, section 2.1)."""
PACKET_TOO_BIG = 2
"""Type of an ICMPv6 Packet Too Big (RFC 4443, section 3.2)."""
TIME_EXCEEDED = 3
"""Type of an ICMPv6 Time Exceeded (RFC 4443, section 3.3)."""
PARAMETER_PROBLEM = 4
"""Type of an ICMPv6 Parameter Problem (RFC 4443, section 3.4)."""
LIFETIME_UNIT_SECONDS = 4
"""Seconds in one unit of a Lifetime field (6275-6.1.7-x9, 6275-6.1.8-x25)."""
TIMESTAMP_UNITS_PER_SECOND = 1 << 16
"""Units of a Timestamp option in one second (RFC 5213, section 8.8)."""


class MobilityHeaderType(IntEnum):
    """MH Type of a mobility message (RFC 6275, 6.1.2 to 6.1.9; RFC 5568, section 11)."""

    BINDING_REFRESH_REQUEST = 0
    HOME_TEST_INIT = 1
    CARE_OF_TEST_INIT = 2
    HOME_TEST = 3
    CARE_OF_TEST = 4
    BINDING_UPDATE = 5
    BINDING_ACKNOWLEDGEMENT = 6
    BINDING_ERROR = 7
    HANDOVER_INITIATE = 14
    HANDOVER_ACKNOWLEDGE = 15


class MobilityOptionType(IntEnum):
    """Type number of a mobility option.

    Sources: RFC 6275, section 6.2; RFC 4283; RFC 5213, section 8; RFC 5568, section
    6.4.4; RFC 5844, section 3.3.1; RFC 5845, section 6.1; RFC 5949, section 8.
    """

    PAD1 = 0
    PADN = 1
    BINDING_REFRESH_ADVICE = 2
    ALTERNATE_CARE_OF_ADDRESS = 3
    NONCE_INDICES = 4
    BINDING_AUTHORIZATION_DATA = 5
    MOBILITY_HEADER_LINK_LAYER_ADDRESS = 7
    MOBILE_NODE_IDENTIFIER = 8
    VENDOR_SPECIFIC = 19
    HOME_NETWORK_PREFIX = 22
    HANDOFF_INDICATOR = 23
    ACCESS_TECHNOLOGY_TYPE = 24
    MOBILE_NODE_LINK_LAYER_IDENTIFIER = 25
    LINK_LOCAL_ADDRESS = 26
    TIMESTAMP = 27
    GRE_KEY = 33
    IPV4_HOME_ADDRESS_REQUEST = 36
    CONTEXT_REQUEST = 40
    LOCAL_MOBILITY_ANCHOR_ADDRESS = 41
    MOBILE_NODE_LINK_LOCAL_ADDRESS_INTERFACE_IDENTIFIER = 42


class BindingAckStatus(IntEnum):
    """Status of a (Proxy) Binding Acknowledgement (RFC 6275, 6.1.8; RFC 5213, 8.9)."""

    ACCEPTED = 0
    ACCEPTED_PREFIX_DISCOVERY_NECESSARY = 1
    REASON_UNSPECIFIED = 128
    ADMINISTRATIVELY_PROHIBITED = 129
    INSUFFICIENT_RESOURCES = 130
    HOME_REGISTRATION_NOT_SUPPORTED = 131
    NOT_HOME_SUBNET = 132
    NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE = 133
    DUPLICATE_ADDRESS_DETECTION_FAILED = 134
    SEQUENCE_NUMBER_OUT_OF_WINDOW = 135
    EXPIRED_HOME_NONCE_INDEX = 136
    EXPIRED_CARE_OF_NONCE_INDEX = 137
    EXPIRED_NONCES = 138
    REGISTRATION_TYPE_CHANGE_DISALLOWED = 139
    PROXY_REG_NOT_ENABLED = 152
    NOT_LMA_FOR_THIS_MOBILE_NODE = 153
    MAG_NOT_AUTHORIZED_FOR_PROXY_REG = 154
    NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX = 155
    TIMESTAMP_MISMATCH = 156
    TIMESTAMP_LOWER_THAN_PREV_ACCEPTED = 157
    MISSING_HOME_NETWORK_PREFIX_OPTION = 158
    BCE_PBU_PREFIX_SET_DO_NOT_MATCH = 159
    MISSING_MN_IDENTIFIER_OPTION = 160
    MISSING_HANDOFF_INDICATOR_OPTION = 161
    MISSING_ACCESS_TECH_TYPE_OPTION = 162
    INVALID_CARE_OF_ADDRESS = 174


class BindingErrorStatus(IntEnum):
    """Status of a Binding Error (RFC 6275, section 6.1.9)."""

    UNKNOWN_BINDING_FOR_HOME_ADDRESS = 1
    UNRECOGNIZED_MH_TYPE = 2


class HandoverInitiateCode(IntEnum):
    """Code of a Handover Initiate with the P flag (RFC 5949, section 6.1.1)."""

    DEFAULT = 0
    FORWARDING_COMPLETE = 2
    ALL_CONTEXT_TRANSFERRED = 3


class HandoverAcknowledgeCode(IntEnum):
    """Code of a Handover Acknowledge with the P flag (RFC 5949, section 6.1.2)."""

    ACCEPTED = 0
    CONTEXT_ACCEPTED = 5
    ALL_CONTEXT_TRANSFERRED = 6
    REASON_UNSPECIFIED = 128
    ADMINISTRATIVELY_PROHIBITED = 129
    INSUFFICIENT_RESOURCES = 130
    REQUESTED_CONTEXT_NOT_AVAILABLE = 131
    FORWARDING_NOT_AVAILABLE = 132


class HandoffIndicator(IntEnum):
    """Kind of handoff that a gateway reports (RFC 5213, section 8.4)."""

    RESERVED = 0
    NEW_INTERFACE = 1
    BETWEEN_INTERFACES = 2
    BETWEEN_GATEWAYS_SAME_INTERFACE = 3
    UNKNOWN = 4
    NOT_CHANGED = 5


class AccessTechnologyType(IntEnum):
    """Access technology of the link of the mobile node (RFC 5213, section 8.5)."""

    RESERVED = 0
    VIRTUAL = 1
    PPP = 2
    IEEE_802_3 = 3
    IEEE_802_11 = 4
    IEEE_802_16E = 5


def is_rejection(status: int) -> bool:
    """Tell whether a status rejects: 128 and above do (5213-8.2-x15, 6275-6.1.8-x5).

    RFC 5213, section 8.9 says 'greater than 128', which would leave 128 itself
    without a meaning; section 8.2 and RFC 6275 decide.
    """
    return status >= BindingAckStatus.REASON_UNSPECIFIED


def named(numbers: type[IntEnum]) -> Callable[[int], int]:
    """Make the look-up from a wire number to its enum member, else the plain int."""
    members: dict[int, int] = {int(member): member for member in numbers}

    def look_up(value: int) -> int:
        return members.get(value, value)

    return look_up


named_header_type = named(MobilityHeaderType)
named_ack_status = named(BindingAckStatus)
named_error_status = named(BindingErrorStatus)
named_handoff_indicator = named(HandoffIndicator)
named_initiate_code = named(HandoverInitiateCode)
named_acknowledge_code = named(HandoverAcknowledgeCode)
named_access_technology = named(AccessTechnologyType)


SEQUENCE_NUMBERS = 1 << 16
"""How many sequence numbers there are (RFC 6275, section 6.1.7)."""


def is_newer_number(later: int, earlier: int, modulus: int = SEQUENCE_NUMBERS) -> bool:
    """Whether a sequence number exceeds another, on a counter that wraps.

    It does not if it is the other one or one of the `modulus / 2` that precede it.

    Source: RFC 6275, section 9.5.1 (6275-9.5.1-4).
    """
    return 0 < (later - earlier) % modulus < modulus // 2
