"""Format rules over a whole mobility message, one row each.

They need no other message: which options must be there, which only once, where they
may stand, which flags are set.  Rules about one field or one option stand with the
reader of that field (`pmip6.model.decoding`, `pmip6.model.options`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv6Address
from typing import NamedTuple

from pmip6.model.findings import FormatFault, FormatFinding
from pmip6.model.messages import (
    BindingError,
    MobilityMessage,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
)
from pmip6.model.options import (
    AccessTechnologyTypeOption,
    AlternateCareOfAddress,
    BindingAuthorizationData,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobilityOption,
    Timestamp,
)
from pmip6.model.requirement_tables import Level


class PlacedOption(NamedTuple):
    """An option and its offset from the start of the Mobility Header."""

    offset: int
    option: MobilityOption


class MessageKind(Enum):
    """What a message is for the rules: the P flag parts proxy from direct ones."""

    PROXY_BINDING_UPDATE = "PBU"
    BINDING_UPDATE = "BU"
    PROXY_BINDING_ACKNOWLEDGEMENT = "PBA"
    BINDING_ACKNOWLEDGEMENT = "BA"
    BINDING_ERROR = "BE"


PBU = MessageKind.PROXY_BINDING_UPDATE
BU = MessageKind.BINDING_UPDATE
PBA = MessageKind.PROXY_BINDING_ACKNOWLEDGEMENT
BA = MessageKind.BINDING_ACKNOWLEDGEMENT
BE = MessageKind.BINDING_ERROR


def kind_of(message: MobilityMessage) -> MessageKind:
    """Tell the kind of a message from its class and P flag (RFC 5213, 8.1, 8.2)."""
    match message:
        case ProxyBindingUpdate():
            return PBU if message.proxy else BU
        case ProxyBindingAcknowledgement():
            return PBA if message.proxy else BA
        case BindingError():
            return BE


class MessageView(NamedTuple):
    """What a rule looks at.

    `placed` maps an option type number to the places where that type stands, also
    where the option itself could not be read.
    """

    message: MobilityMessage
    placed: dict[int, list[PlacedOption]]
    layout: Sequence[PlacedOption]
    source: IPv6Address


Violation = tuple[str, int]
"""Text and offset of a violation."""


@dataclass(frozen=True, slots=True)
class FormatRule:
    """One row: what is wrong when `violation` gives something."""

    requirements: tuple[str, ...]
    level: Level
    fault: FormatFault
    applies_to: frozenset[MessageKind]
    violation: Callable[[MessageView], Violation | None]


_Check = Callable[[MessageView], Violation | None]


def _missing(option: type[MobilityOption]) -> _Check:
    kind, text = int(option.TYPE), f"{option.__name__} is missing"

    def check(view: MessageView) -> Violation | None:
        return None if kind in view.placed else (text, view.message.FIXED_LENGTH)

    return check


def _repeated(option: type[MobilityOption]) -> _Check:
    kind, name = int(option.TYPE), option.__name__

    def check(view: MessageView) -> Violation | None:
        places = view.placed.get(kind, ())
        if len(places) < 2:
            return None
        return f"{name} occurs {len(places)} times", places[1].offset

    return check


def _present(option: type[MobilityOption]) -> _Check:
    kind, name = int(option.TYPE), option.__name__

    def check(view: MessageView) -> Violation | None:
        places = view.placed.get(kind)
        return (f"{name} is not valid here", places[0].offset) if places else None

    return check


def _acknowledge_flag_clear(view: MessageView) -> Violation | None:
    message = view.message
    if isinstance(message, ProxyBindingUpdate) and not message.acknowledge:
        return "the A flag is 0", 8
    return None


def _proxy_flag_clear(view: MessageView) -> Violation | None:
    return "the P flag is 0", 8 if isinstance(view.message, ProxyBindingUpdate) else 7


def _handoff_indicator_reserved(view: MessageView) -> Violation | None:
    for offset, option in view.placed.get(HandoffIndicatorOption.TYPE, ()):
        if isinstance(option, HandoffIndicatorOption) and option.value == 0:
            return "the handoff indicator is the reserved value 0", offset + 3
    return None


def _access_technology_reserved(view: MessageView) -> Violation | None:
    for offset, option in view.placed.get(AccessTechnologyTypeOption.TYPE, ()):
        if isinstance(option, AccessTechnologyTypeOption) and option.value == 0:
            return "the access technology type is the reserved value 0", offset + 3
    return None


def _identifier_empty(view: MessageView) -> Violation | None:
    for offset, option in view.placed.get(MobileNodeIdentifier.TYPE, ()):
        if isinstance(option, MobileNodeIdentifier) and not option.identifier:
            return "the mobile node identifier is empty", offset + 1
    return None


def _care_of_address_not_routable(view: MessageView) -> Violation | None:
    address, offset = view.source, 0
    for place in view.placed.get(AlternateCareOfAddress.TYPE, ())[:1]:
        if isinstance(place.option, AlternateCareOfAddress):
            address, offset = place.option.address, place.offset
    if is_unicast_routable(address):
        return None
    return f"the care-of address {address} is not unicast routable", offset


def is_unicast_routable(address: IPv6Address) -> bool:
    """Tell whether an address can be a care-of address (6275-6.1.7-9)."""
    number = int(address)
    return number > 1 and number >> 120 != 0xFF and number >> 118 != 0x3FA


def _authorization_data_not_last(view: MessageView) -> Violation | None:
    places = view.placed.get(BindingAuthorizationData.TYPE)
    if places and places[0].offset != view.layout[-1].offset:
        return "an option follows BindingAuthorizationData", places[0].offset
    return None


def _identifier_after_authorization(view: MessageView) -> Violation | None:
    identifiers = view.placed.get(MobileNodeIdentifier.TYPE)
    authorization = view.placed.get(BindingAuthorizationData.TYPE)
    if identifiers and authorization and identifiers[0] > authorization[0]:
        text = "MobileNodeIdentifier follows the authentication option"
        return text, identifiers[0].offset
    return None


_MUST = Level.MUST
_MISSING = FormatFault.OPTION_MISSING
_TWICE = FormatFault.OPTION_DUPLICATE
_VALUE = FormatFault.OPTION_VALUE
_ORDER = FormatFault.OPTION_ORDER


def _rule(
    requirement: str | tuple[str, ...],
    fault: FormatFault,
    applies_to: Iterable[MessageKind],
    violation: _Check,
) -> FormatRule:
    ids = (requirement,) if isinstance(requirement, str) else requirement
    return FormatRule(ids, _MUST, fault, frozenset(applies_to), violation)


SINGLE_OPTIONS: tuple[type[MobilityOption], ...] = (
    MobileNodeIdentifier,
    HandoffIndicatorOption,
    AccessTechnologyTypeOption,
    Timestamp,
    MobileNodeLinkLayerIdentifier,
    LinkLocalAddress,
)
"""Options of which a PBU or PBA has at most one (errata 3140 and 3141)."""

FORMAT_RULES: tuple[FormatRule, ...] = (
    _rule("5213-6.9.1.5-2", FormatFault.FLAG, (PBU,), _acknowledge_flag_clear),
    _rule("5213-6.9.1.5-5", _MISSING, (PBU,), _missing(MobileNodeIdentifier)),
    _rule("5213-6.9.1.5-6", _MISSING, (PBU,), _missing(HomeNetworkPrefix)),
    _rule("5213-6.9.1.5-7", _MISSING, (PBU,), _missing(HandoffIndicatorOption)),
    _rule("5213-6.9.1.5-8", _MISSING, (PBU,), _missing(AccessTechnologyTypeOption)),
    _rule("5213-5.3.6-4", _MISSING, (PBA,), _missing(MobileNodeIdentifier)),
    _rule("5213-5.3.6-7", _MISSING, (PBA,), _missing(HomeNetworkPrefix)),
    _rule("5213-5.3.6-11", _MISSING, (PBA,), _missing(HandoffIndicatorOption)),
    _rule("5213-5.3.6-14", _MISSING, (PBA,), _missing(AccessTechnologyTypeOption)),
    *(_rule("5213-8.1-x10", _TWICE, (PBU,), _repeated(o)) for o in SINGLE_OPTIONS),
    *(_rule("5213-8.2-x11", _TWICE, (PBA,), _repeated(o)) for o in SINGLE_OPTIONS),
    _rule("4283-3.1-x3", _VALUE, (PBU,), _identifier_empty),
    _rule("5213-8.4-x7", _VALUE, (PBU,), _handoff_indicator_reserved),
    _rule("5213-8.5-x8", _VALUE, (PBU,), _access_technology_reserved),
    _rule(
        ("6275-6.1.7-9", "6275-6.1.7-11"),
        FormatFault.CARE_OF_ADDRESS,
        (PBU, BU),
        _care_of_address_not_routable,
    ),
    _rule(
        "6275-6.2.5-x4",
        FormatFault.OPTION_MISPLACED,
        (PBA, BA, BE),
        _present(AlternateCareOfAddress),
    ),
    _rule("6275-6.2-1", _ORDER, MessageKind, _authorization_data_not_last),
    _rule("4283-3.2-1", _ORDER, MessageKind, _identifier_after_authorization),
)
"""Rules that hold for every message of their kind."""

PROXY_RULES: tuple[FormatRule, ...] = (
    _rule(("5213-6.9.1.5-2", "5213-8.1-1"), FormatFault.FLAG, (BU,), _proxy_flag_clear),
    _rule(("5213-5.3.6-x2", "5213-8.2-x4"), FormatFault.FLAG, (BA,), _proxy_flag_clear),
)
"""Rules that hold where only proxy signalling is right."""

_RULES_OF = {
    kind: tuple(rule for rule in FORMAT_RULES if kind in rule.applies_to)
    for kind in MessageKind
}


def check_message(
    message: MobilityMessage,
    layout: Sequence[PlacedOption],
    source: IPv6Address,
    *,
    proxy_expected: bool = False,
) -> list[FormatFinding]:
    """Apply the rules of its kind to a message that was read.

    Args:
        message: The message.
        layout: Its options with their offsets, padding included.
        source: IPv6 source of the packet, the care-of address unless an Alternate
            Care-of Address option says otherwise.
        proxy_expected: Apply PROXY_RULES too.
    """
    placed: dict[int, list[PlacedOption]] = {}
    for place in layout:
        placed.setdefault(place.option.type_number, []).append(place)
    view = MessageView(message, placed, layout, source)
    kind = kind_of(message)
    rules = _RULES_OF[kind]
    if proxy_expected:
        rules += tuple(rule for rule in PROXY_RULES if kind in rule.applies_to)
    findings: list[FormatFinding] = []
    for rule in rules:
        if violation := rule.violation(view):
            text, offset = violation
            findings.append(
                FormatFinding(rule.fault, rule.requirements, rule.level, text, offset)
            )
    return findings
