"""The finite domain of a reference anchor: wire values as elements of the model.

Listed nodes, gateways and prefixes are elements of their own (the last two as text).
All others of a sort share one element, which no rule can grant anything to; the anchor
keeps the concrete value of a request for its answer.
"""

import itertools
from collections.abc import Iterable, Iterator
from ipaddress import IPv6Network
from typing import cast

from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.model.domain import Configuration, Element
from pmip6.model.language.interpreter import Message, Value
from pmip6.model.language.table import Role
from pmip6.model.state import (
    alternate_addresses,
    forwarding,
    is_newer,
    leads_to,
    max_delay_before_new_bce_assign,
    overlaps,
    pbu,
    several_interfaces,
)
from pmip6.model.wire.abstraction import Counter, networks_of, prefix_value
from pmip6.model.wire.numbers import LIFETIME_UNIT_SECONDS

UNLISTED_NODE: Element = "a node that is not listed"
UNLISTED_GATEWAY: Element = "a gateway that is not listed"
UNLISTED_PREFIX: Element = "a prefix that is not listed"
SESSIONS = 4
"""Sessions of a node that has several interfaces, at most."""
SPARE_PREFIXES = 2
"""Prefixes of the pool beyond one for each session, so that allocation has a choice."""


class SetsOfPrefixes:
    """The sets of prefixes that have one in common with another (RFC 5213, 5.4.1.1).

    Attributes:
        unlisted: What UNLISTED_PREFIX stands for in the request at hand.
    """

    def __init__(self, listed: Iterable[Value]) -> None:
        self.unlisted: frozenset[IPv6Network] = frozenset()
        self._listed: dict[Element, frozenset[IPv6Network]] = {
            element_of(v): frozenset(networks_of(v)) for v in listed
        }
        self._sets: dict[IPv6Network, list[Element]] = {}
        for element, networks in self._listed.items():
            for network in networks:
                self._sets.setdefault(network, []).append(element)

    @property
    def variant(self) -> frozenset[IPv6Network]:
        """What tells one choice of `unlisted` from another."""
        return self.unlisted

    def partners(self, element: Element) -> set[Element]:
        """The sets that have a prefix in common with this one."""
        networks = self._listed.get(element, self.unlisted)
        found = {each for n in networks for each in self._sets.get(n, ())}
        if not networks.isdisjoint(self.unlisted):
            found.add(UNLISTED_PREFIX)
        return found

    def __contains__(self, pair: object) -> bool:
        """Whether the two sets of a pair have a prefix in common."""
        one, other = cast("tuple[Element, Element]", pair)
        known = self._listed
        found = known.get(one, self.unlisted)
        return not found.isdisjoint(known.get(other, self.unlisted))


def configuration_of(settings: AnchorSettings) -> Configuration:
    """The configuration of the model that these settings describe; ticks are 1 ms."""
    listed = {node.identifier.encode(): node for node in settings.nodes}
    fixed = [prefix for node in settings.nodes for prefix in node.prefixes]
    pool = _pool(settings, set(fixed))
    most = {
        n: node.prefixes_per_session or settings.prefixes_per_session
        for n, node in listed.items()
    }
    named = {n: list(_subsets(node.prefixes, most[n])) for n, node in listed.items()}
    prefixes = [*itertools.chain.from_iterable(named.values()), *pool]
    nodes = (*listed, UNLISTED_NODE)
    pooled = [n for n, node in listed.items() if node.from_pool]
    entries = settings.binding_cache_entries
    if entries is None:
        entries = len(nodes) * _sessions(settings) + len(fixed)
    pooled_sets = [*map(element_of, pool)]
    own = [(n, prefix) for n, sets in named.items() for prefix in sets]
    whole = [
        (n, prefix)
        for n, prefix in own
        if len(networks_of(prefix)) == min(most[n], len(listed[n].prefixes))
    ]
    forwards = forwarding.name in settings.switches
    tunnels = tuple(map(str, settings.gateways)) if forwards else ()
    lifetime = settings.maximum_lifetime_units * LIFETIME_UNIT_SECONDS * 1000
    return Configuration(
        name="reference anchor",
        summary="the anchor of a settings file",
        nodes=nodes,
        gateways=(*map(str, settings.gateways), UNLISTED_GATEWAY),
        prefixes=(*map(element_of, prefixes), UNLISTED_PREFIX),
        entries=tuple(f"bce{number + 1}" for number in range(entries)),
        tunnels=tunnels,
        facts={
            "is_authorised_gateway": frozenset(
                (str(gateway),) for gateway in settings.gateways
            ),
            "is_known_node": frozenset((n,) for n in listed),
            "is_enabled_node": frozenset((n,) for n in listed if listed[n].enabled),
            "is_assignable": frozenset(
                (
                    *((n, element_of(prefix)) for n, prefix in whole),
                    *itertools.product(pooled, pooled_sets),
                )
            ),
            "may_request": frozenset((n, element_of(prefix)) for n, prefix in own),
            overlaps.name: SetsOfPrefixes(prefixes),
            is_newer.name: Counter(),
            leads_to.name: frozenset((g, g) for g in tunnels),
            alternate_addresses.name: frozenset({()}),
            **{name: frozenset({()}) for name in settings.features},
        },
        durations={
            "binding_lifetime": (lifetime,),
            "min_delay_before_bce_delete": (settings.min_delay_before_bce_delete_ms,),
            max_delay_before_new_bce_assign.name: (
                settings.max_delay_before_new_bce_assign_ms,
            ),
        },
        capacity={"pbu": 0, "pba": 0},  # messages go to the wire, not into a queue
        roles=frozenset({Role.LMA}),
    )


def _sessions(settings: AnchorSettings) -> int:
    """How many sessions a node has at most."""
    return SESSIONS if several_interfaces.name in settings.features else 1


def _subsets(prefixes: tuple[IPv6Network, ...], most: int) -> Iterator[Value]:
    """The sets of up to so many of the prefixes."""
    for size in range(1, min(most, len(prefixes)) + 1):
        yield from map(prefix_value, itertools.combinations(prefixes, size))


def _pool(settings: AnchorSettings, fixed: set[IPv6Network]) -> list[Value]:
    """As many sets of /64 prefixes as the sessions can use, lowest first."""
    size = settings.prefixes_per_session
    most = settings.binding_cache_entries or len(settings.nodes) * _sessions(settings)
    wanted = most + SPARE_PREFIXES
    found = _unreserved(settings.prefix_pool, fixed)
    sets = (list(itertools.islice(found, size)) for _ in range(wanted))
    return [prefix_value(each) for each in sets if len(each) == size]


def _unreserved(pool: IPv6Network, fixed: set[IPv6Network]) -> Iterator[IPv6Network]:
    for prefix in pool.subnets(new_prefix=64):
        if not any(prefix.overlaps(other) for other in fixed):
            yield prefix


def element_of(value: Value) -> str:
    """The element for an address, a prefix, or a set of prefixes, as text."""
    if isinstance(value, tuple):
        return " ".join(map(str, networks_of(cast("Value", value))))
    return str(value)


def prefix_of(element: Element) -> Value:
    """The wire value that a prefix element stands for."""
    return prefix_value(map(IPv6Network, str(element).split()))


class Listed:
    """What the messages of the model may hold: the elements of a configuration.

    Args:
        configuration: That of an anchor.
    """

    def __init__(self, configuration: Configuration) -> None:
        nodes = frozenset(configuration.nodes), UNLISTED_NODE
        gateways = frozenset(configuration.gateways), UNLISTED_GATEWAY
        prefixes = frozenset(configuration.prefixes), UNLISTED_PREFIX
        self._shared: dict[str, tuple[frozenset[Element], Element]] = {
            "node": nodes,
            "gateway": gateways,
            "proxy_coa": gateways,
            "prefix": prefixes,
        }

    def within(self, message: Message) -> Message:
        """The request with values that are not listed replaced by their shared element."""

        def element(name: str, value: Value) -> Value:
            if name not in self._shared or value is None:
                return value
            listed, other = self._shared[name]
            found = value if isinstance(value, bytes) else element_of(value)
            return found if found in listed else other

        pairs = zip(pbu.fields, message, strict=True)
        return tuple(element(name, value) for (name, _), value in pairs)
