"""The finite domain of a reference anchor: wire values as elements of the model.

Listed nodes, gateways and prefixes are elements of their own (the last two as text).
All others of a sort share one element, which no rule can grant anything to; the anchor
keeps the concrete value of a request for its answer.
"""

import itertools
from collections.abc import Iterator
from ipaddress import IPv6Network
from typing import cast

from pmip6.conformance.anchor_settings import AnchorSettings
from pmip6.model.domain import Configuration, Element
from pmip6.model.interpreter import Message, Value
from pmip6.model.numbers import LIFETIME_UNIT_SECONDS, is_newer_number
from pmip6.model.state import (
    is_newer,
    pbu,
    several_interfaces,
)
from pmip6.model.table import Role

UNLISTED_NODE: Element = "a node that is not listed"
UNLISTED_GATEWAY: Element = "a gateway that is not listed"
UNLISTED_PREFIX: Element = "a prefix that is not listed"
SESSIONS = 4
"""Sessions of a node that has several interfaces, at most."""
SPARE_PREFIXES = 2
"""Prefixes of the pool beyond one for each node, so that allocation has a choice."""


class Counter:
    """The sequence numbers that are greater than another (RFC 6275, 9.5.1)."""

    def __contains__(self, pair: object) -> bool:
        """Whether the first number of a pair is greater than the second."""
        later, earlier = cast("tuple[int, int]", pair)
        return is_newer_number(later, earlier)


def configuration_of(settings: AnchorSettings) -> Configuration:
    """The configuration of the model that these settings describe; ticks are 1 ms."""
    listed = {node.identifier.encode(): node for node in settings.nodes}
    fixed = [prefix for node in settings.nodes for prefix in node.prefixes]
    pool = _pool(settings, set(fixed))
    nodes = (*listed, UNLISTED_NODE)
    pooled = [n for n, node in listed.items() if node.from_pool]
    entries = len(nodes) * _sessions(settings) + len(fixed)
    own = {(n, str(prefix)) for n, node in listed.items() for prefix in node.prefixes}
    lifetime = settings.maximum_lifetime_units * LIFETIME_UNIT_SECONDS * 1000
    return Configuration(
        name="reference anchor",
        summary="the anchor of a settings file",
        nodes=nodes,
        gateways=(*map(str, settings.gateways), UNLISTED_GATEWAY),
        prefixes=(*map(str, fixed), *map(str, pool), UNLISTED_PREFIX),
        entries=tuple(f"bce{number + 1}" for number in range(entries)),
        facts={
            "is_authorised_gateway": frozenset(
                (str(gateway),) for gateway in settings.gateways
            ),
            "is_known_node": frozenset((n,) for n in listed),
            "is_enabled_node": frozenset((n,) for n in listed if listed[n].enabled),
            "is_assignable": frozenset(
                own | set(itertools.product(pooled, map(str, pool)))
            ),
            "may_request": frozenset(own),
            is_newer.name: Counter(),
            **{name: frozenset({()}) for name in settings.switches},
        },
        durations={
            "binding_lifetime": (lifetime,),
            "min_delay_before_bce_delete": (settings.min_delay_before_bce_delete_ms,),
        },
        capacity={"pbu": 0, "pba": 0},  # messages go to the wire, not into a queue
        roles=frozenset({Role.LMA}),
    )


def _sessions(settings: AnchorSettings) -> int:
    """How many sessions a node has at most."""
    return SESSIONS if several_interfaces.name in settings.switches else 1


def _pool(settings: AnchorSettings, fixed: set[IPv6Network]) -> list[IPv6Network]:
    """As many /64 prefixes of the pool as the listed nodes can use, lowest first."""
    wanted = len(settings.nodes) * _sessions(settings) + SPARE_PREFIXES
    return list(itertools.islice(_unreserved(settings.prefix_pool, fixed), wanted))


def _unreserved(pool: IPv6Network, fixed: set[IPv6Network]) -> Iterator[IPv6Network]:
    for prefix in pool.subnets(new_prefix=64):
        if not any(prefix.overlaps(other) for other in fixed):
            yield prefix


def within(configuration: Configuration, message: Message) -> Message:
    """The request with values that are not listed replaced by their shared element."""
    chosen = configuration
    shared: dict[str, tuple[tuple[Element, ...], Element]] = {
        "node": (chosen.nodes, UNLISTED_NODE),
        "gateway": (chosen.gateways, UNLISTED_GATEWAY),
        "proxy_coa": (chosen.gateways, UNLISTED_GATEWAY),
        "prefix": (chosen.prefixes, UNLISTED_PREFIX),
    }

    def element(name: str, value: Value) -> Value:
        if name not in shared or value is None:
            return value
        listed, other = shared[name]
        found = value if isinstance(value, bytes) else str(value)
        return found if found in listed else other

    pairs = zip(pbu.fields, message, strict=True)
    return tuple(element(name, value) for (name, _), value in pairs)
