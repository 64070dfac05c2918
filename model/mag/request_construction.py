"""How a gateway builds a Proxy Binding Update (RFC 5213, 6.9.1.1, 6.9.1.5 and 6.9.4).

The model decides that a request is sent, for which prefixes and with which handoff
indicator; the rest of it follows from these tables.  The reference gateway builds its
requests from them, and the judge compares those of an implementation with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address

from pmip6.model.language.interpreter import Message, Value
from pmip6.model.state import pbu
from pmip6.model.wire.abstraction import fields_of, home_network_prefixes
from pmip6.model.wire.messages import ProxyBindingUpdate, options_of
from pmip6.model.wire.numbers import (
    SEQUENCE_NUMBERS,
    HandoffIndicator,
    is_newer_number,
)
from pmip6.model.wire.option_words import options_in_words
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobilityOption,
    Timestamp,
)


@dataclass(frozen=True, slots=True)
class Registrant:
    """What a gateway knows of a node when it sends a request.

    Args:
        proxy_coa: Global address of the gateway's egress interface.
        lma_address: Address of the node's anchor.
        technology: Access technology of the link (RFC 5213, section 8.5).
        link_layer: Link-layer identifier of the interface, None where it is not known.
        link_local: Address of the gateway on the link, all zero to ask the anchor for
            it; None where it is fixed for the domain.
        lifetime: What a registration asks for, in units of 4 s.
        sequence: The last number of the counter.
        timestamp: Of the request: the time of day, but later than that of the one
            before it.  None where sequence numbers order the requests.
        identifier: Of the node; None where the element of the model is it.
    """

    proxy_coa: IPv6Address
    lma_address: IPv6Address
    technology: int
    link_layer: bytes | None
    link_local: IPv6Address | None
    lifetime: int
    sequence: int
    timestamp: int | None
    identifier: bytes | None = None


Asked = dict[str, Value]
"""The message of the model that the request is the wire form of, by field."""


@dataclass(frozen=True)
class ConstructionRule:
    """One row: the options of a type that a request has."""

    name: str
    option: type[MobilityOption]
    requirements: tuple[str, ...]
    options: Callable[[Asked, Registrant], tuple[MobilityOption, ...]]


@dataclass(frozen=True)
class RequestField:
    """One row: a field of the request; `allows` takes the value that is found."""

    name: str
    requirements: tuple[str, ...]
    value: Callable[[Asked, Registrant], int]
    allows: Callable[[Asked, Registrant, int], bool]


@dataclass(frozen=True)
class RequestAddress:
    """One row: an address of the packet that a request goes in."""

    name: str
    requirements: tuple[str, ...]
    value: Callable[[Registrant], IPv6Address]


def _node_identifier(asked: Asked, known: Registrant) -> tuple[MobilityOption, ...]:
    node = asked["node"] if known.identifier is None else known.identifier
    assert isinstance(node, bytes)
    return (MobileNodeIdentifier(node),)


def _prefixes(asked: Asked, known: Registrant) -> tuple[MobilityOption, ...]:
    return home_network_prefixes(asked["prefix"])


def _indicator(asked: Asked, known: Registrant) -> tuple[MobilityOption, ...]:
    name = str(asked["handoff_indicator"])
    return (HandoffIndicatorOption(HandoffIndicator[name]),)


def _technology(asked: Asked, known: Registrant) -> tuple[MobilityOption, ...]:
    return (AccessTechnologyTypeOption(known.technology),)


def _link_layer(asked: Asked, known: Registrant) -> tuple[MobilityOption, ...]:
    if known.link_layer is None or not any(known.link_layer):
        return ()
    return (MobileNodeLinkLayerIdentifier(known.link_layer),)


def _link_local(asked: Asked, known: Registrant) -> tuple[MobilityOption, ...]:
    return () if known.link_local is None else (LinkLocalAddress(known.link_local),)


def _timestamp(asked: Asked, known: Registrant) -> tuple[MobilityOption, ...]:
    return () if known.timestamp is None else (Timestamp(known.timestamp),)


PREFIXES = ConstructionRule(
    "prefixes of a request",
    HomeNetworkPrefix,
    ("5213-6.9.1.1-5", "5213-6.9.1.1-6", "5213-6.9.1.3-2", "5213-6.9.1.4-3"),
    _prefixes,
)
CONSTRUCTION_RULES: tuple[ConstructionRule, ...] = (
    ConstructionRule(
        "node identifier of a request",
        MobileNodeIdentifier,
        (
            "5213-6.9.1.1-3",
            "5213-6.9.1.5-5",
            "5213-6.1-x2",
            "5213-6.6-1",
            "5213-6.6-3",
            "5213-6.6-7",
        ),
        _node_identifier,
    ),
    PREFIXES,
    ConstructionRule(
        "handoff indicator of a request",
        HandoffIndicatorOption,
        (
            "5213-6.9.1.1-9",
            "5213-6.9.1.1-10",
            "5213-6.9.1.1-11",
            "5213-6.9.1.1-12",
            "5213-6.9.1.1-13",
            "5213-6.9.1.1-14",
            "5213-6.9.1.1-15",
        ),
        _indicator,
    ),
    ConstructionRule(
        "access technology of a request",
        AccessTechnologyTypeOption,
        ("5213-6.9.1.1-20", "5213-6.9.1.1-21"),
        _technology,
    ),
    ConstructionRule(
        "link-layer identifier of a request",
        MobileNodeLinkLayerIdentifier,
        ("5213-6.9.1.1-18", "5213-6.9.1.1-19", "5213-6.1-x3", "5213-8.6-x6"),
        _link_layer,
    ),
    ConstructionRule(
        "link-local address of a request",
        LinkLocalAddress,
        (
            "5213-6.9.1.1-22",
            "5213-6.9.1.1-23",
            "5213-6.9.1.1-24",
            "5213-6.9.1.2-25",
            "5213-6.9.1.2-26",
        ),
        _link_local,
    ),
    ConstructionRule(
        "timestamp of a request",
        Timestamp,
        ("5213-6.9.1.1-16", "5213-6.9.4-6", "5213-9.3-4", "5213-9.3-5"),
        _timestamp,
    ),
)


def _lifetime(asked: Asked, known: Registrant) -> int:
    return 0 if asked["deregistration"] else known.lifetime


def _next(asked: Asked, known: Registrant) -> int:
    return (known.sequence + 1) % SEQUENCE_NUMBERS


REQUEST_FIELDS: tuple[RequestField, ...] = (
    RequestField(
        "acknowledge",
        ("5213-6.9.1.5-2",),
        lambda asked, known: 1,
        lambda asked, known, value: value == 1,
    ),
    RequestField(
        "proxy",
        ("5213-6.9.1.5-2",),
        lambda asked, known: 1,
        lambda asked, known, value: value == 1,
    ),
    RequestField(
        "lifetime",
        ("5213-6.9.1.4-1",),
        _lifetime,
        lambda asked, known, value: (value == 0) == bool(asked["deregistration"]),
    ),
    RequestField(
        "sequence",
        ("5213-6.9.1.1-17", "5213-6.9.4-7", "6275-11.8-8"),
        _next,
        lambda asked, known, value: is_newer_number(value, known.sequence),
    ),
)

REQUEST_ADDRESSES: tuple[RequestAddress, ...] = (
    RequestAddress(
        "source of a request",
        ("5213-6.9.1.5-3", "5213-6.9.1.5-x1", "5213-6.9.1.5-x3", "6275-6.1.7-10"),
        lambda known: known.proxy_coa,
    ),
    RequestAddress(
        "destination of a request",
        ("5213-6.9.1.5-4", "5213-6.9.1.5-x1", "5213-6.1-x6"),
        lambda known: known.lma_address,
    ),
)


def build_request(
    message: Message,
    known: Registrant,
    *,
    rules: Iterable[ConstructionRule] = CONSTRUCTION_RULES,
    fields: Iterable[RequestField] = REQUEST_FIELDS,
) -> ProxyBindingUpdate:
    """The request for a message of a concrete model, from the tables or mutants of them.

    Args:
        message: A `pbu` message whose node and prefix are wire values.
        known: What the gateway knows beside it.
        rules: How its options follow.
        fields: How its fields follow.
    """
    asked = fields_of(message, pbu.fields)
    values = {field.name: field.value(asked, known) for field in fields}
    return ProxyBindingUpdate(
        sequence=values["sequence"],
        lifetime=values["lifetime"],
        acknowledge=bool(values["acknowledge"]),
        proxy=bool(values["proxy"]),
        options=tuple(o for rule in rules for o in rule.options(asked, known)),
    )


def request_addresses(
    known: Registrant, rules: Iterable[RequestAddress] = REQUEST_ADDRESSES
) -> tuple[IPv6Address, IPv6Address]:
    """Source and destination of a request."""
    source, destination = (rule.value(known) for rule in rules)
    return source, destination


def construction_faults(
    request: ProxyBindingUpdate, message: Message, known: Registrant, tolerance: int
) -> Iterator[tuple[ConstructionRule | RequestField, str]]:
    """The rows that a request breaks, each with what is wrong.

    Args:
        request: What a gateway sent.
        message: What the model sends in its place.
        known: As for `build_request`; the timestamp is the time of day of reception.
        tolerance: How far the timestamp may be from it, in units of the option.
    """
    asked = fields_of(message, pbu.fields)
    for rule in CONSTRUCTION_RULES:
        wanted = set(rule.options(asked, known))
        found = set(options_of(request, rule.option))
        if rule.option is Timestamp and len(found) == len(wanted) == 1:
            (stamp,) = options_of(request, Timestamp)
            assert known.timestamp is not None
            if abs(stamp.value - known.timestamp) <= tolerance:
                continue
        if found != wanted:
            yield rule, f"{_shown(found)} instead of {_shown(wanted)}"
    for field in REQUEST_FIELDS:
        value = int(getattr(request, field.name))
        if not field.allows(asked, known, value):
            yield field, f"{field.name} is {value}"


def _shown(options: set[MobilityOption]) -> str:
    return options_in_words(options, "no such option")
