"""Conditions over a whole mobility message: what a rule looks at, and what it finds.

Each condition takes a view of one message and gives text and offset of what is wrong,
or None.  Which requirement it stands for is told by `pmip6.model.wire.format_rules`.
"""

from collections.abc import Sequence
from enum import Enum
from ipaddress import IPv6Address
from typing import NamedTuple, TypeAlias

from pmip6.model.wire.messages import (
    BindingError,
    HandoverAcknowledge,
    HandoverInitiate,
    MobilityMessage,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
)
from pmip6.model.wire.option_words import option_title
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    AlternateCareOfAddress,
    BindingAuthorizationData,
    BindingRefreshAdvice,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    MobilityOption,
    NonceIndices,
    Pad1,
    PadN,
    UnknownOption,
    VendorSpecific,
)

PlacedOption: TypeAlias = tuple[int, MobilityOption]
"""An option and its offset from the start of the Mobility Header.

A plain tuple: a message makes one per option, and a class costs ten times as much.
"""


class MessageKind(Enum):
    """What a message is for the rules: the P flag parts proxy from direct ones."""

    PROXY_BINDING_UPDATE = "PBU"
    BINDING_UPDATE = "BU"
    PROXY_BINDING_ACKNOWLEDGEMENT = "PBA"
    BINDING_ACKNOWLEDGEMENT = "BA"
    BINDING_ERROR = "BE"
    HANDOVER_INITIATE = "Handover Initiate"
    FMIPV6_HANDOVER_INITIATE = "FMIPv6 Handover Initiate"
    HANDOVER_ACKNOWLEDGE = "Handover Acknowledge"
    FMIPV6_HANDOVER_ACKNOWLEDGE = "FMIPv6 Handover Acknowledge"


PBU = MessageKind.PROXY_BINDING_UPDATE
BU = MessageKind.BINDING_UPDATE
PBA = MessageKind.PROXY_BINDING_ACKNOWLEDGEMENT
BA = MessageKind.BINDING_ACKNOWLEDGEMENT
BE = MessageKind.BINDING_ERROR
INITIATE = MessageKind.HANDOVER_INITIATE
FMIPV6_INITIATE = MessageKind.FMIPV6_HANDOVER_INITIATE
ACKNOWLEDGE = MessageKind.HANDOVER_ACKNOWLEDGE
FMIPV6_ACKNOWLEDGE = MessageKind.FMIPV6_HANDOVER_ACKNOWLEDGE


def kind_of(message: MobilityMessage) -> MessageKind:
    """Tell the kind of a message from its class and P flag.

    Sources: RFC 5213, sections 8.1 and 8.2; RFC 5949, sections 6.1.1 and 6.1.2.
    """
    match message:
        case ProxyBindingUpdate():
            return PBU if message.proxy else BU
        case ProxyBindingAcknowledgement():
            return PBA if message.proxy else BA
        case BindingError():
            return BE
        case HandoverInitiate():
            return INITIATE if message.proxy else FMIPV6_INITIATE
        case HandoverAcknowledge():
            return ACKNOWLEDGE if message.proxy else FMIPV6_ACKNOWLEDGE


class MessageView(NamedTuple):
    """What a rule looks at.

    `placed` maps an option type number to the places where that type stands, also
    where the option itself could not be read; padding is only in `layout`.  `source`
    is the packet's, the care-of address unless an option tells another.
    """

    message: MobilityMessage
    placed: dict[int, list[PlacedOption]]
    layout: Sequence[PlacedOption]
    source: IPv6Address


Violation = tuple[str, int]
"""Text and offset of a violation."""


def acknowledge_flag_clear(view: MessageView) -> Violation | None:
    """A Proxy Binding Update asks for no answer."""
    message = view.message
    if isinstance(message, ProxyBindingUpdate) and not message.acknowledge:
        return "the A flag is 0", 8
    return None


def proxy_flag_clear(view: MessageView) -> Violation | None:
    """A message for proxy signalling lacks the P flag."""
    match view.message:
        case ProxyBindingAcknowledgement():
            return "the P flag is 0", 7
        case _:
            return "the P flag is 0", 8


def handoff_indicator_reserved(view: MessageView) -> Violation | None:
    """A gateway tells the reserved handoff indicator."""
    for offset, option in view.placed[HandoffIndicatorOption.TYPE]:
        if isinstance(option, HandoffIndicatorOption) and option.value == 0:
            return "the handoff indicator is the reserved value 0", offset + 3
    return None


def access_technology_reserved(view: MessageView) -> Violation | None:
    """A gateway tells the reserved access technology type."""
    for offset, option in view.placed[AccessTechnologyTypeOption.TYPE]:
        if isinstance(option, AccessTechnologyTypeOption) and option.value == 0:
            return "the access technology type is the reserved value 0", offset + 3
    return None


def all_zero_prefix_not_alone(view: MessageView) -> Violation | None:
    """A gateway asks for any prefix and names another one beside that."""
    placed = view.placed[HomeNetworkPrefix.TYPE]
    for offset, option in placed:
        if isinstance(option, HomeNetworkPrefix) and option.is_all_zero:
            text = f"ALL_ZERO is one of {len(placed)} home network prefixes"
            return (text, offset) if len(placed) > 1 else None
    return None


def identifier_empty(view: MessageView) -> Violation | None:
    """A gateway names no node."""
    for offset, option in view.placed[MobileNodeIdentifier.TYPE]:
        if isinstance(option, MobileNodeIdentifier) and not option.identifier:
            return "the mobile node identifier is empty", offset + 1
    return None


def care_of_address_not_routable(view: MessageView) -> Violation | None:
    """The care-of address, in the option or the packet, is not unicast routable."""
    address, offset = view.source, 0
    for at, option in view.placed.get(AlternateCareOfAddress.TYPE, ())[:1]:
        if isinstance(option, AlternateCareOfAddress):
            address, offset = option.address, at
    if is_unicast_routable(address):
        return None
    return f"the care-of address {address} is not unicast routable", offset


def is_unicast_routable(address: IPv6Address) -> bool:
    """Tell whether an address can be a care-of address (6275-6.1.7-9)."""
    number = int(address)
    return number > 1 and number >> 120 != 0xFF and number >> 118 != 0x3FA


def advice_not_below_lifetime(view: MessageView) -> Violation | None:
    """The refresh interval does not end before the granted lifetime."""
    message = view.message
    for offset, option in view.placed[BindingRefreshAdvice.TYPE]:
        if (
            isinstance(option, BindingRefreshAdvice)
            and isinstance(message, ProxyBindingAcknowledgement)
            and not message.is_rejection
            and option.interval >= message.lifetime
        ):
            text = f"refresh interval {option.interval} is not below the lifetime"
            return text, offset + 2
    return None


def nonces_without_authorization(view: MessageView) -> Violation | None:
    """Nonce indices come without the authenticator that they are for."""
    offset, option = view.placed[NonceIndices.TYPE][0]
    if BindingAuthorizationData.TYPE in view.placed:
        return None
    if not isinstance(option, NonceIndices):
        return None
    return "NonceIndices without BindingAuthorizationData", offset


def nonces_for_home_agent(view: MessageView) -> Violation | None:
    """Nonce indices go to a home agent, which has given no nonce."""
    message = view.message
    offset, option = view.placed[NonceIndices.TYPE][0]
    if not isinstance(option, NonceIndices):
        return None
    if isinstance(message, ProxyBindingUpdate) and message.home_registration:
        return "NonceIndices with the H flag", offset
    return None


def option_in_error(view: MessageView) -> Violation | None:
    """A Binding Error has an option that means something in other messages.

    A vendor's may be in every message (RFC 5094).
    """
    for offset, option in view.layout:
        if not isinstance(option, (Pad1, PadN, UnknownOption, VendorSpecific)):
            return (
                f"{option_title(type(option))} is not valid in a Binding Error",
                offset,
            )
    return None


def authorization_data_not_last(view: MessageView) -> Violation | None:
    """Something follows the authenticator, be it padding."""
    offset, _ = view.placed[BindingAuthorizationData.TYPE][0]
    if offset != view.layout[-1][0]:
        return "an option follows BindingAuthorizationData", offset
    return None


def identifier_after_authorization(view: MessageView) -> Violation | None:
    """The identifier stands behind the authenticator."""
    offset, _ = view.placed[MobileNodeIdentifier.TYPE][0]
    authorization = view.placed.get(BindingAuthorizationData.TYPE)
    if authorization and offset > authorization[0][0]:
        text = "MobileNodeIdentifier follows the authentication option"
        return text, offset
    return None
