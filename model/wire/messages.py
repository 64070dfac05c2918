"""Typed mobility messages: of binding (RFC 6275, RFC 5213) and of handover (RFC 5949).

A Binding Update or Acknowledgement without the P flag has the same format, so it is
the same class with `proxy=False` (RFC 5213, sections 8.1 and 8.2), and so is a Handover
Initiate or Acknowledge of RFC 5568.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import ClassVar, TypeAlias, TypeVar

from pmip6.model.wire.numbers import (
    LIFETIME_UNIT_SECONDS,
    HandoverAcknowledgeCode,
    MobilityHeaderType,
    is_rejection,
)
from pmip6.model.wire.options import MobilityOption

UNSPECIFIED = IPv6Address(0)

Option = TypeVar("Option", bound=MobilityOption)


@dataclass(frozen=True, slots=True)
class ProxyBindingUpdate:
    """Binding Update with the flags of RFC 5213, section 8.1 (6275-6.1.7-x2).

    Args:
        sequence: Sequence number, 16 bits.
        lifetime: Requested lifetime in units of 4 s, 16 bits; 0 de-registers.
        options: Mobility options in wire order, without the padding between them.
        acknowledge: A flag.
        home_registration: H flag.
        link_local_compatibility: L flag.
        key_management: K flag.
        map_registration: M flag (RFC 4140).
        mobile_router: R flag (RFC 3963).
        proxy: P flag; False makes it a direct registration.
    """

    MH_TYPE: ClassVar[MobilityHeaderType] = MobilityHeaderType.BINDING_UPDATE
    FIXED_LENGTH: ClassVar[int] = 12

    sequence: int
    lifetime: int
    options: tuple[MobilityOption, ...] = ()
    acknowledge: bool = True
    home_registration: bool = True
    link_local_compatibility: bool = False
    key_management: bool = False
    map_registration: bool = False
    mobile_router: bool = False
    proxy: bool = True

    @property
    def lifetime_seconds(self) -> int:
        """Requested lifetime in seconds."""
        return self.lifetime * LIFETIME_UNIT_SECONDS


@dataclass(frozen=True, slots=True)
class ProxyBindingAcknowledgement:
    """Binding Acknowledgement with the flags of RFC 5213, section 8.2.

    Args:
        status: `BindingAckStatus`, or the plain number where no RFC names it.
        sequence: Sequence number of the request, 16 bits.
        lifetime: Granted lifetime in units of 4 s, 16 bits.
        options: Mobility options in wire order, without the padding between them.
        key_management: K flag.
        mobile_router: R flag (RFC 3963).
        proxy: P flag; False makes it an answer to a direct registration.
    """

    MH_TYPE: ClassVar[MobilityHeaderType] = MobilityHeaderType.BINDING_ACKNOWLEDGEMENT
    FIXED_LENGTH: ClassVar[int] = 12

    status: int
    sequence: int
    lifetime: int
    options: tuple[MobilityOption, ...] = ()
    key_management: bool = False
    mobile_router: bool = False
    proxy: bool = True

    @property
    def lifetime_seconds(self) -> int:
        """Granted lifetime in seconds."""
        return self.lifetime * LIFETIME_UNIT_SECONDS

    @property
    def is_rejection(self) -> bool:
        """Whether the status rejects the request."""
        return is_rejection(self.status)


@dataclass(frozen=True, slots=True)
class BindingError:
    """Binding Error (RFC 6275, section 6.1.9).

    Args:
        status: `BindingErrorStatus`, or the plain number where no RFC names it.
        home_address: Home address of the offending packet, unspecified if it had none.
        options: Mobility options in wire order, without the padding between them.
    """

    MH_TYPE: ClassVar[MobilityHeaderType] = MobilityHeaderType.BINDING_ERROR
    FIXED_LENGTH: ClassVar[int] = 24

    status: int
    home_address: IPv6Address = UNSPECIFIED
    options: tuple[MobilityOption, ...] = ()


@dataclass(frozen=True, slots=True)
class HandoverInitiate:
    """Handover Initiate with the flags of RFC 5949, section 6.1.1.

    Args:
        sequence: Sequence number, 16 bits.
        code: `HandoverInitiateCode`, or the plain number where RFC 5949 has none.
        options: Mobility options in wire order, without the padding between them.
        assigned_address: S flag, which has no use with the P flag.
        buffer: U flag: keep the packets of the node.
        proxy: P flag; False makes it a message of RFC 5568.
        forward: F flag: forward the packets of the node.
    """

    MH_TYPE: ClassVar[MobilityHeaderType] = MobilityHeaderType.HANDOVER_INITIATE
    FIXED_LENGTH: ClassVar[int] = 10

    sequence: int
    code: int = 0
    options: tuple[MobilityOption, ...] = ()
    assigned_address: bool = False
    buffer: bool = False
    proxy: bool = True
    forward: bool = False


@dataclass(frozen=True, slots=True)
class HandoverAcknowledge:
    """Handover Acknowledge with the flags of RFC 5949, section 6.1.2.

    Args:
        sequence: Sequence number of the Handover Initiate, 16 bits.
        code: `HandoverAcknowledgeCode`, or the plain number where RFC 5949 has none.
        options: Mobility options in wire order, without the padding between them.
        buffer: U flag.
        proxy: P flag; False makes it a message of RFC 5568.
        forward: F flag.
    """

    MH_TYPE: ClassVar[MobilityHeaderType] = MobilityHeaderType.HANDOVER_ACKNOWLEDGE
    FIXED_LENGTH: ClassVar[int] = 10

    sequence: int
    code: int
    options: tuple[MobilityOption, ...] = ()
    buffer: bool = False
    proxy: bool = True
    forward: bool = False

    @property
    def is_refusal(self) -> bool:
        """Whether the code refuses the handover: 128 and above do, as in RFC 5568."""
        return self.code >= HandoverAcknowledgeCode.REASON_UNSPECIFIED


MobilityMessage: TypeAlias = (
    ProxyBindingUpdate
    | ProxyBindingAcknowledgement
    | BindingError
    | HandoverInitiate
    | HandoverAcknowledge
)


def options_of(message: MobilityMessage, kind: type[Option]) -> list[Option]:
    """Give every option of one kind, in wire order."""
    return [option for option in message.options if isinstance(option, kind)]


def option_of(message: MobilityMessage, kind: type[Option]) -> Option | None:
    """Give the first option of one kind, None where there is none."""
    for option in message.options:
        if isinstance(option, kind):
            return option
    return None
