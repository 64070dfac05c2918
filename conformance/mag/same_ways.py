"""Whether a faulty forwarding table sends every packet the way that the right one does.

What rows ask of a packet is finite: how it comes, whose its addresses are, which nodes the
gateway serves, and what is set.  Sources are checked, as every gateway of ours does.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv6Address, IPv6Network

from pmip6.model.mag.forwarding import (
    Arrival,
    ForwardingRule,
    HostedNode,
    Traffic,
    way_of,
)
from pmip6.model.wire.tunnel_packets import Tunnel

ANCHOR, STRANGER = IPv6Address("2001:db8:1::1"), IPv6Address("2001:db8:1::99")
NODES = tuple(
    HostedNode(
        name.encode(),
        (IPv6Network(prefix),),
        Tunnel(IPv6Address("2001:db8:1::11"), ANCHOR),
    )
    for name, prefix in (("one", "2001:db8:100::/64"), ("other", "2001:db8:101::/64"))
)
ADDRESSES = tuple(
    map(IPv6Address, ("fe80::5", "2001:db8:100::5", "2001:db8:101::5", "2001:db8:2::5"))
)
"""Of the link, of each node, and of nobody here."""


def every_traffic() -> Iterator[Traffic]:
    """Everything that decides over a packet, once for each thing that a row can ask."""
    policies: tuple[bool | None, ...] = (None, True, False)
    for policy, settings in itertools.product(
        policies, itertools.product((True, False), repeat=1 + len(NODES))
    ):
        is_local, *served = settings
        every = (replace(NODES[0], policy=policy), NODES[1])
        nodes = [
            node for node, is_served in zip(every, served, strict=True) if is_served
        ]
        for source, destination in itertools.product(ADDRESSES, repeat=2):
            plain = Traffic(
                Arrival.HOST,
                source,
                destination,
                receiver=next((n for n in nodes if n.hosts(destination)), None),
                origin=next((n for n in nodes if n.hosts(source)), None),
                enable_mag_local_routing=is_local,
            )
            yield plain
            for sender in (None, *nodes):
                yield replace(plain, arrival=Arrival.NODE, sender=sender)
            for entry, key in itertools.product((ANCHOR, STRANGER), (None, 1)):
                yield replace(
                    plain, arrival=Arrival.TUNNEL, entry_point=entry, gre_key=key
                )


def goes_the_same_way(rules: Iterable[ForwardingRule]) -> bool:
    """Every packet goes the same way by these rows as by those of the model."""
    rows = tuple(rules)
    return all(way_of(each).way is way_of(each, rows).way for each in every_traffic())
