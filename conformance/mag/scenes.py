"""The nodes of a campaign for gateways: each has prefixes that no other has."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv6Address, IPv6Network
from itertools import pairwise

from pmip6.conformance.mag.declaration import (
    PREFIX_LENGTH,
    GatewayDeclaration,
    octets,
)
from pmip6.vectors.mag.answers import Scene
from pmip6.vectors.mag.model import GatewayDomain


def scenes(declaration: GatewayDeclaration) -> Iterator[Scene]:
    """The scene of each declared node: its prefixes are no other's."""
    plain = _scene(declaration)
    prefixes = declaration.prefixes.pool.subnets(new_prefix=PREFIX_LENGTH)
    for (name, layer), pair in zip(
        declaration.nodes.profiles(), _pairs(prefixes), strict=False
    ):
        yield replace(plain, node=name.encode(), link_layer=layer, prefixes=pair)


def special_scenes(
    declaration: GatewayDeclaration,
) -> dict[GatewayDomain, Iterator[Scene]]:
    """The scenes of the nodes that the gateway treats in a way of their own."""
    plain, pool = _scene(declaration), declaration.prefixes.pool
    last = int(pool.broadcast_address) >> 64 << 64
    other = _network(last)
    nodes = declaration.nodes

    pairs = (
        (_network(last - (n << 65)), _network(last - (n << 65) - (1 << 64)))
        for n in itertools.count(1)
    )

    def named(listed: Mapping[str, str]) -> Iterator[Scene]:
        for name, at in listed.items():
            pair = next(pairs)
            yield replace(
                plain, node=name.encode(), link_layer=octets(at), prefixes=pair
            )

    return {
        GatewayDomain.DENIED: named(nodes.denied),
        GatewayDomain.EXEMPT: named(nodes.exempt),
        GatewayDomain.PROFILED: iter(
            [
                replace(
                    plain,
                    node=name.encode(),
                    link_layer=octets(node.link_layer_address),
                    prefixes=(node.prefix, other),
                )
                for name, node in nodes.profiled.items()
            ]
        ),
    }


def _scene(declaration: GatewayDeclaration) -> Scene:
    """The scene of no node: what all have in common."""
    timers, tester = declaration.timers, declaration.tester
    first, second = itertools.islice(
        declaration.prefixes.pool.subnets(new_prefix=PREFIX_LENGTH), 2
    )
    return Scene(
        node=b"",
        link_layer=bytes(6),
        gateway=declaration.proxy_coa,
        anchor=tester.lma_address,
        prefixes=(first, second),
        long_units=timers.lifetime_units,
        short_units=timers.short_lifetime_units,
        correspondent=tester.correspondent,
        stranger=tester.other_address,
        nobody=declaration.prefixes.outside,
        backoff_ms=(timers.initial_bindack_timeout_ms, timers.max_bindack_timeout_ms),
    )


def _network(address: int) -> IPv6Network:
    return IPv6Network((IPv6Address(address), PREFIX_LENGTH))


def _pairs(
    prefixes: Iterator[IPv6Network],
) -> Iterator[tuple[IPv6Network, IPv6Network]]:
    return itertools.islice(pairwise(prefixes), 0, None, 2)
