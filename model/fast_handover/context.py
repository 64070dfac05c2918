"""What a gateway can tell another one of a node, as mobility options.

`AVAILABLE` has a row for each type of option that can carry context.  A Context Request
names types, and for some of them the octets with which the data have to begin; without
one the default set is told (`DEFAULT_CONTEXT`).  Source: RFC 5949, sections 4.1 and 6.2.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Interface, IPv6Address

from pmip6.model.fast_handover.options import (
    ContextRequest,
    GreKey,
    Ipv4HomeAddressRequest,
    LocalMobilityAnchorAddress,
    MobileNodeLinkLocalAddressInterfaceIdentifier,
    RequestedContext,
    VendorSpecific,
)
from pmip6.model.language.interpreter import Value
from pmip6.model.wire.abstraction import home_network_prefixes
from pmip6.model.wire.option_format import MobilityOption
from pmip6.model.wire.options import (
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeLinkLayerIdentifier,
)


@dataclass(frozen=True, slots=True)
class HandoverContext:
    """What a gateway knows of a node that is handed over.

    Args:
        prefix: Wire value of the home network prefixes; None where it knows none.
        lma_address: Address of the anchor that serves the node, None where not known.
        link_layer: Link-layer identifier of the interface, None where not known.
        interface_identifier: That of the node's link-local address, None likewise.
        ipv4_home_address: With its prefix length, None where the node has none.
        others: What vendors add.
        link_local: Address of the gateway on the link of the node, where it is the
            node's alone; None where it is one for the domain.
        gre_key: By which the gateway expects packets of the node from the other one;
            None where these have no GRE header.
    """

    prefix: Value = None
    lma_address: IPv6Address | None = None
    link_layer: bytes | None = None
    interface_identifier: bytes | None = None
    ipv4_home_address: IPv4Interface | None = None
    others: tuple[VendorSpecific, ...] = field(default=())
    link_local: IPv6Address | None = None
    gre_key: int | None = None

    @property
    def has_link_layer(self) -> bool:
        """Whether there is a valid identifier, which a zero one is not (4.1)."""
        return self.link_layer is not None and any(self.link_layer)


Options = tuple[MobilityOption, ...]


def _prefixes(known: HandoverContext) -> Options:
    return () if known.prefix is None else home_network_prefixes(known.prefix)


def _anchor(known: HandoverContext) -> Options:
    address = known.lma_address
    return () if address is None else (LocalMobilityAnchorAddress(address),)


def _link_layer(known: HandoverContext) -> Options:
    if known.link_layer is None or not known.has_link_layer:
        return ()
    return (MobileNodeLinkLayerIdentifier(known.link_layer),)


def _interface(known: HandoverContext) -> Options:
    identifier = known.interface_identifier
    if identifier is None:
        return ()
    return (MobileNodeLinkLocalAddressInterfaceIdentifier(identifier),)


def _ipv4(known: HandoverContext) -> Options:
    address = known.ipv4_home_address
    if address is None:
        return ()
    return (Ipv4HomeAddressRequest(address.ip, address.network.prefixlen),)


def _link_local(known: HandoverContext) -> Options:
    address = known.link_local
    return () if address is None else (LinkLocalAddress(address),)


def _key(known: HandoverContext) -> Options:
    return () if known.gre_key is None else (GreKey(known.gre_key),)


def _others(known: HandoverContext) -> Options:
    return known.others


@dataclass(frozen=True)
class ContextRow:
    """One row: options of a type that carry context, where the gateway has any.

    Args:
        is_default: Told without being asked for (RFC 5949, 4.1, step d of figure 3).
    """

    option: type[MobilityOption]
    requirements: tuple[str, ...]
    options: Callable[[HandoverContext], Options]
    is_default: bool = False


AVAILABLE: tuple[ContextRow, ...] = (
    ContextRow(HomeNetworkPrefix, ("5949-6.2.4-x1",), _prefixes, is_default=True),
    ContextRow(
        LocalMobilityAnchorAddress, ("5949-6.2.2-x1",), _anchor, is_default=True
    ),
    ContextRow(MobileNodeLinkLayerIdentifier, (), _link_layer, is_default=True),
    ContextRow(
        MobileNodeLinkLocalAddressInterfaceIdentifier,
        ("5949-6.2.3-x1", "5949-6.2.3-x5"),
        _interface,
    ),
    ContextRow(Ipv4HomeAddressRequest, ("5949-6.2.7-x2",), _ipv4, is_default=True),
    ContextRow(VendorSpecific, ("5949-6.2.8-x1",), _others),
    ContextRow(LinkLocalAddress, ("5949-6.2.5-x1",), _link_local),
    ContextRow(GreKey, ("5949-6.2.6-x1",), _key, is_default=True),
)
"""The types of context that a gateway can have, in the order in which they are told."""


def all_context(known: HandoverContext) -> Options:
    """All that the gateway can tell."""
    return tuple(o for row in AVAILABLE for o in row.options(known))


def default_context(known: HandoverContext) -> Options:
    """What is told without being asked for."""
    return tuple(o for row in AVAILABLE if row.is_default for o in row.options(known))


def named_by(entry: RequestedContext, known: HandoverContext) -> Options:
    """What of the context an entry of a Context Request names."""
    return tuple(
        option
        for option in all_context(known)
        if option.type_number == entry.type and option.data().startswith(entry.content)
    )


def requested_context(asked: ContextRequest | None, known: HandoverContext) -> Options:
    """What of the context an HI asks for, each option once: the prefixes in any case.

    Where it names nothing, that is the default (docs/findings.md).
    """
    if asked is None or not asked.requests:
        return default_context(known)
    named = (o for entry in asked.requests for o in named_by(entry, known))
    return tuple(dict.fromkeys((*_prefixes(known), *named)))


def lacking(
    asked: ContextRequest | None, known: HandoverContext
) -> tuple[RequestedContext, ...]:
    """The entries of a Context Request of which the gateway knows nothing."""
    entries = () if asked is None else asked.requests
    return tuple(entry for entry in entries if not named_by(entry, known))
