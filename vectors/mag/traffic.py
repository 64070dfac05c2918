"""The user packets of a test case of a gateway: from where to where, and which way."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from typing import assert_never

from pmip6.model.mag.forwarding import (
    Arrival,
    ForwardingRule,
    HostedNode,
    Traffic,
    way_of,
)
from pmip6.model.wire.tunnel_packets import Tunnel
from pmip6.vectors.mag.answers import Scene
from pmip6.vectors.mag.stimuli import (
    Company,
    CompanyAct,
    Downlink,
    HostPacket,
    Source,
    Uplink,
)

LOCAL_HOST = IPv6Address("2001:db8:300::5")
"""An ordinary host on a link of the gateway."""

UserPacket = Uplink | Downlink | Company | HostPacket


@dataclass(frozen=True)
class Sessions:
    """What user packets of a case meet at the gateway.

    Args:
        scene: Who and where.
        own: The prefixes of the session of the node, none where there is no binding.
        company: Those of the other node.
        former: Prefixes that the session of the node has lost.
        enable_mag_local_routing: EnableMAGLocalRouting (RFC 5213, section 9.2).
        policy: What the profile of the node says of it, None where nothing.
    """

    scene: Scene
    own: tuple[IPv6Network, ...]
    company: tuple[IPv6Network, ...]
    former: tuple[IPv6Network, ...]
    enable_mag_local_routing: bool
    policy: bool | None

    def source(self, packet: UserPacket) -> IPv6Address:
        """The source of a packet, without its tunnel header."""
        match packet:
            case Uplink(source=Source.OWN):
                return self.node_address()
            case Uplink(source=Source.FORMER):
                return self.scene.address_in(self.former[0])
            case Uplink(source=Source.LINK_LOCAL):
                return self.scene.node_link_local
            case Uplink():
                return self.scene.nobody
            case Company(act=CompanyAct.GETS) | Downlink():
                return self.scene.correspondent
            case Company():
                return self.scene.companion.node_address
            case HostPacket():
                return LOCAL_HOST
            case _ as never:
                assert_never(never)

    def destination(self, packet: UserPacket) -> IPv6Address:
        """The destination of a packet, without its tunnel header."""
        match packet:
            case Uplink(is_for_company=True) | Company(act=CompanyAct.GETS):
                return self.scene.companion.node_address
            case Uplink() | Company(act=CompanyAct.SENDS):
                return self.scene.correspondent
            case Downlink(is_former=True):
                return self.scene.address_in(self.former[0])
            case Downlink(is_hosted=False):
                return self.scene.nobody
            case Downlink() | Company() | HostPacket():
                return self.node_address()
            case _ as never:
                assert_never(never)

    def node_address(self) -> IPv6Address:
        """An address of the node: of its session's first prefix, if it has one."""
        first = self.own[0] if self.own else self.scene.prefixes[0]
        return self.scene.address_in(first)

    def way(self, packet: UserPacket) -> ForwardingRule:
        """The row that decides over a packet."""
        hosted = [node for node in (self._node(), self._companion()) if node]
        to = self.destination(packet)
        entry: IPv6Address | None = None
        sender: HostedNode | None = None
        match packet:
            case Uplink():
                arrival, sender = Arrival.NODE, self._node()
            case Company(act=CompanyAct.GETS):
                arrival, entry = Arrival.TUNNEL, self.scene.anchor
            case Company():
                arrival, sender = Arrival.NODE, self._companion()
            case Downlink(is_from_anchor=is_from_anchor):
                arrival = Arrival.TUNNEL
                entry = self.scene.anchor if is_from_anchor else self.scene.stranger
            case HostPacket():
                arrival = Arrival.HOST
            case _ as never:
                assert_never(never)
        return way_of(
            Traffic(
                arrival,
                self.source(packet),
                to,
                sender,
                next((node for node in hosted if node.hosts(to)), None),
                entry,
                self.enable_mag_local_routing,
            )
        )

    def receiver(self, packet: UserPacket) -> bytes:
        """Link-layer address that a packet goes to where it goes to a node."""
        to, other = self.destination(packet), self.scene.companion
        return other.link_layer if to == other.node_address else self.scene.link_layer

    def _node(self) -> HostedNode | None:
        if not self.own:
            return None
        return HostedNode(
            self.scene.link_layer, self.own, self._tunnel, policy=self.policy
        )

    def _companion(self) -> HostedNode | None:
        other = self.scene.companion
        if not self.company:
            return None
        return HostedNode(other.link_layer, self.company, self._tunnel)

    @property
    def _tunnel(self) -> Tunnel:
        return Tunnel(self.scene.gateway, self.scene.anchor)
