"""How a gateway builds a Handover Initiate, and what is wrong with one.

Sources: RFC 5949, sections 4.1, 4.2 and 6.1.1; RFC 5568, section 6.2.1.1.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pmip6.model.fast_handover.construction import (
    Allows,
    Asked,
    Fault,
    equal,
    every_id,
    one_key,
    right_if_there,
    shown,
)
from pmip6.model.fast_handover.context import (
    HandoverContext,
    Options,
    all_context,
)
from pmip6.model.fast_handover.messages import FETCHES, OFFERS
from pmip6.model.fast_handover.options import (
    ContextRequest,
    GreKey,
    Ipv4HomeAddressRequest,
    LocalMobilityAnchorAddress,
    MobileNodeLinkLocalAddressInterfaceIdentifier,
    RequestedContext,
    VendorSpecific,
)
from pmip6.model.fast_handover.state import HandoverRequest
from pmip6.model.wire.messages import (
    HandoverInitiate,
    options_of,
)
from pmip6.model.wire.numbers import HandoverInitiateCode
from pmip6.model.wire.option_format import MobilityOption
from pmip6.model.wire.options import (
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
)


@dataclass(frozen=True)
class InitiateRule:
    """One row: the options of a type that a Handover Initiate has."""

    name: str
    option: type[MobilityOption]
    requirements: tuple[str, ...]
    options: Callable[[Asked, HandoverContext], Options]
    allows: Allows = equal


@dataclass(frozen=True)
class InitiateField:
    """One row: a field of a Handover Initiate.

    Args:
        name: Its name.
        requirements: What asks for its value in any message.
        value: Its value.
        allows: Whether a message has one that will do; only this value where None.
        cited: Which of the requirements a message violates; all where None.
    """

    name: str
    requirements: tuple[str, ...]
    value: Callable[[Asked], int]
    allows: Callable[[HandoverInitiate, Asked], bool] | None = None
    cited: Callable[[Asked], tuple[str, ...]] | None = None


def _node(asked: Asked, known: HandoverContext) -> Options:
    node = asked["node"]
    assert isinstance(node, bytes)
    return (MobileNodeIdentifier(node),)


def _told(option: type[MobilityOption]) -> Callable[[Asked, HandoverContext], Options]:
    """Context of a type, where the message of the model offers any."""

    def options(asked: Asked, known: HandoverContext) -> Options:
        if asked["prefix"] is None:
            return ()
        return tuple(o for o in all_context(known) if isinstance(o, option))

    return options


def _request(asked: Asked, known: HandoverContext) -> Options:
    if not asked["context_request"]:
        return ()
    types = [HomeNetworkPrefix.TYPE, LocalMobilityAnchorAddress.TYPE]
    if known.has_link_layer:
        types.append(MobileNodeLinkLayerIdentifier.TYPE)
    if known.link_local is not None:
        types.append(LinkLocalAddress.TYPE)
    return (ContextRequest(tuple(RequestedContext(int(kind)) for kind in types)),)


def _own_key(asked: Asked, known: HandoverContext) -> Options:
    """By which the packets of the node have to come; at their end there are none."""
    is_over = asked["code"] == HandoverInitiateCode.FORWARDING_COMPLETE.name
    return () if known.gre_key is None or is_over else (GreKey(known.gre_key),)


def _asks_for_link_layer(
    found: set[MobilityOption], wanted: set[MobilityOption]
) -> bool:
    """Whatever else is asked for, the link-layer identifier is, where nodes have one."""
    needed = _entries(wanted) & {RequestedContext(MobileNodeLinkLayerIdentifier.TYPE)}
    return not found or _entries(found) >= needed


def _entries(options: set[MobilityOption]) -> set[RequestedContext]:
    return {
        entry
        for option in options
        if isinstance(option, ContextRequest)
        for entry in option.requests
    }


INITIATE_RULES: tuple[InitiateRule, ...] = (
    InitiateRule(
        "node identifier of a handover initiate",
        MobileNodeIdentifier,
        ("5949-6.1.1-3", "5949-4.1-3", "5949-4.1-4", "5949-4.1-13", "5949-6.1.1-4"),
        _node,
    ),
    InitiateRule(
        "prefixes of a handover initiate",
        HomeNetworkPrefix,
        ("5949-4.1-4", "5949-4.2-7", "5949-6.1.1-4", "5949-6.2.4-x1"),
        _told(HomeNetworkPrefix),
    ),
    InitiateRule(
        "anchor of a handover initiate",
        LocalMobilityAnchorAddress,
        (
            "5949-4.1-4",
            "5949-6.2.2-x1",
            "5949-6.2.2-x3",
            "5949-6.2.2-x6",
            "5949-8-x3",
        ),
        _told(LocalMobilityAnchorAddress),
    ),
    InitiateRule(
        "link-layer identifier of a handover initiate",
        MobileNodeLinkLayerIdentifier,
        ("5949-4.1-5",),
        _told(MobileNodeLinkLayerIdentifier),
    ),
    InitiateRule(
        "interface identifier of a handover initiate",
        MobileNodeLinkLocalAddressInterfaceIdentifier,
        ("5949-6.2.3-x1", "5949-6.2.3-x5"),
        _told(MobileNodeLinkLocalAddressInterfaceIdentifier),
        right_if_there,
    ),
    InitiateRule(
        "IPv4 home address of a handover initiate",
        Ipv4HomeAddressRequest,
        ("5949-4.2-7", "5949-6.2.7-x2"),
        _told(Ipv4HomeAddressRequest),
    ),
    InitiateRule(
        "vendor options of a handover initiate",
        VendorSpecific,
        ("5949-6.2.8-x1",),
        _told(VendorSpecific),
        lambda found, wanted: True,
    ),
    InitiateRule(
        "link-local address of a handover initiate",
        LinkLocalAddress,
        ("5949-6.2.5-x1",),
        _told(LinkLocalAddress),
        right_if_there,
    ),
    InitiateRule(
        "GRE key of a handover initiate",
        GreKey,
        ("5949-4.2-7", "5949-6.2.6-x1", "5949-6.2.6-x3"),
        _own_key,
        one_key,
    ),
    InitiateRule(
        "context request of a handover initiate",
        ContextRequest,
        ("5949-6.2.1-2",),
        _request,
        _asks_for_link_layer,
    ),
)
"""The options of a Handover Initiate, in the order in which ours has them."""

FIRST_REQUESTS = frozenset((*OFFERS, *FETCHES))
"""Handover Initiates whose flags are the sender's choice."""
FORWARDING_BY: dict[HandoverRequest, tuple[str, ...]] = {
    HandoverRequest.START_FORWARDING: (
        "5949-4.2-10",
        "5949-6.1.1-x7",
        "5949-8-x8",
    ),
    HandoverRequest.COMPLETION: ("5949-4.1-12", "5949-6.1.1-x7", "5949-8-x8"),
}
"""Handover Initiates that have the F flag, and what asks for it."""
INITIATE_CODES: dict[HandoverInitiateCode, tuple[str, ...]] = {
    HandoverInitiateCode.DEFAULT: ("5949-6.1.1-x9",),
    HandoverInitiateCode.FORWARDING_COMPLETE: ("5949-6.1.1-x10",),
    HandoverInitiateCode.ALL_CONTEXT_TRANSFERRED: (
        "5949-6.1.1-x11",
        "5949-6.1.1-x12",
        "5949-6.1.1-x13",
    ),
}
"""What asks for each code of a Handover Initiate."""
_OFFERING_CODES = frozenset(
    {HandoverInitiateCode.DEFAULT, HandoverInitiateCode.ALL_CONTEXT_TRANSFERRED}
)


def _request_of(asked: Asked) -> HandoverRequest:
    return HandoverRequest[str(asked["request"])]


def _code_of(asked: Asked) -> HandoverInitiateCode:
    return HandoverInitiateCode[str(asked["code"])]


def _asks_for_something(found: HandoverInitiate, asked: Asked) -> bool:
    """Who asks later does so by U or F; ours asks for one of them at a time."""
    request = _request_of(asked)
    is_free = request in FIRST_REQUESTS or request in FORWARDING_BY
    return is_free or found.buffer or found.forward


def _forwards_where_due(found: HandoverInitiate, asked: Asked) -> bool:
    return found.forward or _request_of(asked) not in FORWARDING_BY


def _has_code(found: HandoverInitiate, asked: Asked) -> bool:
    """Whether Code 3 says that the context is whole is free (RFC 5949, 6.1.1)."""
    wanted = _code_of(asked)
    return found.code == wanted or {found.code, wanted} <= _OFFERING_CODES


INITIATE_FIELDS: tuple[InitiateField, ...] = (
    InitiateField(
        "assigned_address", ("5949-6.1.1-1", "5949-8-x5"), lambda asked: False
    ),
    InitiateField(
        "buffer",
        ("5949-4.1-6", "5949-6.1.1-x6", "5949-8-x6"),
        lambda asked: bool(asked["buffer"]),
        _asks_for_something,
    ),
    InitiateField(
        "proxy",
        ("5949-6.1.1-2", "5949-4.1-4", "5949-4.1-13", "5949-8-x7"),
        lambda asked: True,
    ),
    InitiateField(
        "forward",
        every_id(FORWARDING_BY.values()),
        lambda asked: bool(asked["forward"]),
        _forwards_where_due,
        lambda asked: FORWARDING_BY[_request_of(asked)],
    ),
    InitiateField(
        "code",
        every_id(INITIATE_CODES.values()),
        _code_of,
        _has_code,
        lambda asked: INITIATE_CODES[_code_of(asked)],
    ),
)
"""The fields of a Handover Initiate but for its number, which is a counter's."""


def build_initiate(
    asked: Asked,
    known: HandoverContext,
    sequence: int,
    *,
    rules: Iterable[InitiateRule] = INITIATE_RULES,
    fields: Iterable[InitiateField] = INITIATE_FIELDS,
) -> HandoverInitiate:
    """The Handover Initiate for a message of a concrete model, from the tables.

    Args:
        asked: Its fields: node, code, buffer, forward, prefix and context_request, and
            the request.
        known: What the gateway knows of the node.
        sequence: Its number.
        rules: How its options follow.
        fields: How its fields follow.
    """
    values = {field.name: field.value(asked) for field in fields}
    return HandoverInitiate(
        sequence,
        values["code"],
        tuple(o for rule in rules for o in rule.options(asked, known)),
        assigned_address=bool(values["assigned_address"]),
        buffer=bool(values["buffer"]),
        proxy=bool(values["proxy"]),
        forward=bool(values["forward"]),
    )


def initiate_faults(
    found: HandoverInitiate, asked: Asked, known: HandoverContext
) -> Iterator[Fault]:
    """What is wrong with a Handover Initiate.

    Args:
        found: What a gateway sent.
        asked: The message of the model that it stands for.
        known: What there is to know of the node.
    """
    for rule in INITIATE_RULES:
        wanted = set(rule.options(asked, known))
        there = set(options_of(found, rule.option))
        if not rule.allows(there, wanted):
            text = f"{shown(there)} instead of {shown(wanted)}"
            yield Fault(rule, rule.requirements, text)
    for field in INITIATE_FIELDS:
        value = int(getattr(found, field.name))
        is_right = value == field.value(asked)
        if field.allows is not None:
            is_right = field.allows(found, asked)
        if not is_right:
            cited = field.requirements if field.cited is None else field.cited(asked)
            yield Fault(field, cited, f"{field.name} is {value}")
