"""From packets to the messages of the model, and back.

The elements of a concrete model are wire values: the octets of the mobile node
identifier, the Proxy-CoA, the prefix as a network (several as a tuple in ascending
order), the timestamp as its 64-bit number, the octets of the link-layer identifier, the
number of the access technology.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address, IPv6Network
from typing import cast

from pmip6.model.domain import Element
from pmip6.model.language.interpreter import Message, Value
from pmip6.model.state import Origin, pba, pbu
from pmip6.model.wire.messages import (
    ProxyBindingUpdate,
    option_of,
    options_of,
)
from pmip6.model.wire.mobile_ipv6_options import AlternateCareOfAddress
from pmip6.model.wire.numbers import (
    TIMESTAMP_UNITS_PER_SECOND,
    BindingAckStatus,
    HandoffIndicator,
    is_newer_number,
)
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobilityOption,
    Timestamp,
)

NOBODY: Element = b""  # stands for the node of a request without an identifier


class Counter:
    """The sequence numbers that are greater than another (RFC 6275, 9.5.1)."""

    def __contains__(self, pair: object) -> bool:
        """Whether the first number of a pair is greater than the second; none is not."""
        later, earlier = cast("tuple[int | None, int | None]", pair)
        if later is None or earlier is None:
            return False
        return is_newer_number(later, earlier)


def network(option: HomeNetworkPrefix) -> IPv6Network | None:
    """The prefix of an option; None for ALL_ZERO (RFC 5213, section 2.2)."""
    if option.is_all_zero:
        return None
    return IPv6Network((option.prefix, min(option.prefix_length, 128)), strict=False)


def prefix_value(networks: Iterable[IPv6Network]) -> Value:
    """The wire value of a set of prefixes; the order and copies do not matter."""
    distinct = tuple(sorted(set(networks)))
    return distinct if len(distinct) > 1 else distinct[0] if distinct else None


def networks_of(prefix: Value) -> tuple[IPv6Network, ...]:
    """The prefixes of a wire value, in ascending order."""
    if prefix is None:
        return ()
    if isinstance(prefix, IPv6Network):
        return (prefix,)
    assert isinstance(prefix, tuple)
    return cast("tuple[IPv6Network, ...]", prefix)


def home_network_prefixes(prefix: Value) -> tuple[HomeNetworkPrefix, ...]:
    """The options for the prefixes of a wire value; one ALL_ZERO for none."""
    if prefix is None:
        return (HomeNetworkPrefix(IPv6Address(0), 0),)
    return tuple(
        HomeNetworkPrefix(each.network_address, each.prefixlen)
        for each in networks_of(prefix)
    )


def is_timely(timestamp: int, now: int, window_ms: int) -> bool:
    """Tell whether a timestamp is close enough to the anchor's time of day.

    Args:
        timestamp: Value of the Timestamp option.
        now: Time of day of the anchor in the same format.
        window_ms: TimestampValidityWindow.

    Source: RFC 5213, section 5.5 (5213-5.5-15).
    """
    return abs(timestamp - now) * 1000 <= window_ms * TIMESTAMP_UNITS_PER_SECOND


def granted_lifetime(request: ProxyBindingUpdate, maximum: int) -> int:
    """The lifetime that an anchor grants, in units of 4 s: never more than was asked.

    Source: RFC 6275, section 10.3.1 (6275-10.3.1-16); `maximum` is the anchor's policy.
    """
    return min(request.lifetime, maximum)


def _indicator(option: HandoffIndicatorOption | None) -> str:
    """The literal of an indicator; values without a meaning are as the reserved one."""
    known = option is not None and option.value in list(HandoffIndicator)
    number = option.value if option is not None and known else 0
    return HandoffIndicator(number).name


def _link_layer(option: MobileNodeLinkLayerIdentifier | None) -> bytes | None:
    """The identifier of an interface; None where it is ALL_ZERO (RFC 5213, 5.1)."""
    if option is None or not any(option.identifier):
        return None
    return option.identifier


def abstract_request(
    request: ProxyBindingUpdate, source: IPv6Address, *, timely: bool
) -> Message:
    """The message of the model for a PBU that arrived.

    Args:
        request: The decoded PBU.
        source: Source address of the packet, the Proxy-CoA.
        timely: Whether the timestamp is within TimestampValidityWindow of the
            anchor's clock on arrival.

    Source: RFC 5213, sections 5.3.1, 5.5 and 8.
    """
    identifier = option_of(request, MobileNodeIdentifier)
    prefixes = options_of(request, HomeNetworkPrefix)
    timestamp = option_of(request, Timestamp)
    technology = option_of(request, AccessTechnologyTypeOption)
    alternate = option_of(request, AlternateCareOfAddress)
    named = prefix_value(n for n in map(network, prefixes) if n is not None)
    values: dict[str, Value] = {
        "node": NOBODY if identifier is None else identifier.identifier,
        "gateway": source,
        "proxy_coa": source if alternate is None else alternate.address,
        "origin": Origin.GATEWAY.name,
        "deregistration": request.lifetime == 0,
        "prefix": named,
        "timestamp": 0 if timestamp is None else timestamp.value,
        "has_timestamp": timestamp is not None,
        "sequence": request.sequence,
        "timely": timely,
        "handoff_indicator": _indicator(option_of(request, HandoffIndicatorOption)),
        "link_layer": _link_layer(option_of(request, MobileNodeLinkLayerIdentifier)),
        "technology": None if technology is None else technology.value,
        "has_node_identifier": identifier is not None,
        "has_prefix": bool(prefixes),
        "has_handoff_indicator": option_of(request, HandoffIndicatorOption) is not None,
        "has_access_technology": technology is not None,
    }
    return tuple(values[name] for name, _ in pbu.fields)


def concrete_request(
    message: Message,
    *,
    lifetime: int,
    others: tuple[MobilityOption, ...] = (),
) -> ProxyBindingUpdate:
    """The PBU for a message of a concrete model.

    Args:
        message: A `pbu` message whose elements are wire values.
        lifetime: Lifetime of a registration, in units of 4 s.
        others: Options that the model does not read.

    Source: RFC 5213, section 6.9.1.5.
    """
    values = fields_of(message, pbu.fields)
    options: list[MobilityOption] = []
    node, stamp = values["node"], values["timestamp"]
    sequence = values["sequence"]
    assert isinstance(node, bytes) and isinstance(stamp, int)
    assert isinstance(sequence, int)
    if values["has_node_identifier"]:
        options.append(MobileNodeIdentifier(node))
    if values["has_prefix"]:
        options += home_network_prefixes(values["prefix"])
    if values["has_handoff_indicator"]:
        options.append(
            HandoffIndicatorOption(HandoffIndicator[str(values["handoff_indicator"])])
        )
    if values["has_access_technology"]:
        technology = values["technology"]
        assert isinstance(technology, int)
        options.append(AccessTechnologyTypeOption(technology))
    if values["link_layer"] is not None:
        assert isinstance(values["link_layer"], bytes)
        options.append(MobileNodeLinkLayerIdentifier(values["link_layer"]))
    options += others
    if values["has_timestamp"]:
        options.append(Timestamp(stamp))
    return ProxyBindingUpdate(
        sequence=sequence,
        lifetime=0 if values["deregistration"] else lifetime,
        options=tuple(options),
    )


def fields_of(
    message: Message, fields: tuple[tuple[str, object], ...]
) -> dict[str, Value]:
    """The values of a message by the names of its channel's fields."""
    return {name: value for (name, _), value in zip(fields, message, strict=True)}


def status_and_prefix(message: Message) -> tuple[int, Value]:
    """Status number and prefix of a `pba` message."""
    values = fields_of(message, pba.fields)
    return BindingAckStatus[str(values["status"])], values["prefix"]
