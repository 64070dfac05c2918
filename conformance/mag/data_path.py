"""The data path of a reference gateway: user packets, the path's MTU, DHCP of its nodes.

Which way user packets go is decided by model/mag/forwarding.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pmip6.conformance.mag.advertising import GatewayAdvertising
from pmip6.conformance.mag.port import Sent, ToNetwork, ToNode
from pmip6.conformance.mag.services import (
    narrowed_path,
    relay_to_node,
    relay_to_servers,
)
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.mag.visitor import Visitor
from pmip6.model.mag.forwarding import (
    Forwarded,
    ForwardingRule,
    GatewayForwarding,
    HostedNode,
    Way,
)
from pmip6.model.mag.machine import GatewayMachine
from pmip6.model.wire.ipv6 import decode_ipv6
from pmip6.model.wire.tunnel_packets import Tunnel


class GatewayDataPath(GatewayAdvertising):
    """What a gateway forwards.

    Args:
        settings: What it is told.
        machine: Knows which nodes have a binding.
        visitors: The nodes of the policy store by their identifiers.
        report: Called with one line for each event.
        rules: Which way user packets go.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        machine: GatewayMachine,
        visitors: dict[bytes, Visitor],
        report: Callable[[str], None],
        rules: Iterable[ForwardingRule],
    ) -> None:
        super().__init__(settings, machine, visitors, report)
        self._forwarding = GatewayForwarding(
            settings.proxy_coa,
            enable_mag_local_routing=settings.enable_mag_local_routing,
            rules=tuple(rules),
        )
        self._path_mtu = settings.path_mtu
        self._fragments = 0  # Identification of the last tunnel packet that was cut

    def _take_packet(self, node: bytes, link_layer: bytes, packet: bytes) -> None:
        """A packet of a node: for the DHCP servers, or to be forwarded."""
        header = decode_ipv6(packet)
        relayed: list[Sent] = []
        if header is not None and self._machine.is_granted(node):
            visitor = self._visitors[node]
            relayed = relay_to_servers(visitor, header, self._machine.prefixes(node))
            if relayed:
                visitor.addresses.add(header.source)
        self._out += relayed
        if not relayed:
            self._forward(node, link_layer, packet)

    def _receive_other(self, packet: bytes) -> None:
        """A tunnel packet, what tells of the path, or the answer of a DHCP server."""
        tunnel = Tunnel(
            self.settings.proxy_coa, self.settings.lma_address, self._path_mtu
        )
        path_mtu = narrowed_path(packet, tunnel)
        if path_mtu is not None:
            self._adjust(path_mtu)
            return
        relayed = relay_to_node(packet, self._visitors.values())
        self._out += relayed
        if not relayed:
            self._fragments += 1
            hosted = self._hosted()
            passed = self._forwarding.from_tunnel(packet, hosted, self._fragments)
            self._pass_on(None, passed)

    def _adjust(self, path_mtu: int) -> None:
        """The path to the anchor takes less: the nodes hear of it (5213-6.9.5-11)."""
        is_change = path_mtu != self._path_mtu
        self._path_mtu = path_mtu
        for node, visitor in self._visitors.items():
            visitor.path_mtu = path_mtu
            if is_change and self._machine.is_granted(node):
                visitor.announcements = 0  # a change is told as a beginning is
                self._announce(node)

    def _hosted(self) -> list[HostedNode]:
        """The nodes that have an established binding."""
        return [
            visitor.hosted(self._machine.prefixes(node))
            for node, visitor in self._visitors.items()
            if self._machine.is_granted(node)
        ]

    def _has_regular_access(self, node: bytes, packet: bytes) -> bool:
        """Whether a packet is of a refused node, from a prefix of regular access."""
        header = decode_ipv6(packet)
        return (
            header is not None
            and self._is_refused(node)
            and any(header.source in p for p in self.settings.visited_prefixes)
        )

    def _forward(self, node: bytes, link_layer: bytes, packet: bytes) -> None:
        hosted = self._hosted()
        if self._has_regular_access(node, packet):
            self._pass_on(node, self._forwarding.from_host(packet, hosted))
            return
        sender = next((h for h in hosted if h.node == link_layer), None)
        self._fragments += 1
        passed = self._forwarding.from_node(packet, sender, hosted, self._fragments)
        self._pass_on(node, passed)

    def _pass_on(self, sender: bytes | None, passed: Forwarded | None) -> None:
        if passed is None:
            return
        if passed.reply is not None and sender is not None:
            link_layer = self._visitors[sender].link_layer
            self._out.append(ToNode(link_layer, passed.reply))
        elif passed.reply is not None:
            self._out.append(ToNetwork(passed.reply))
        match passed.way:
            case Way.DROP:
                self._report(f"packet dropped: {passed.rule}")
            case Way.NODE:
                assert passed.receiver is not None
                receiver = passed.receiver.node
                self._out += [ToNode(receiver, packet) for packet in passed.packets]
            case Way.TUNNEL | Way.NETWORK | Way.FORMER_GATEWAY | Way.NEXT_GATEWAY:
                self._out += [ToNetwork(packet) for packet in passed.packets]
            case Way.BUFFER:
                self._hold_back(passed)

    def _hold_back(self, passed: Forwarded) -> None:
        """Keep a packet for a node; only a gateway with fast handover has buffers."""
        self._report(f"packet dropped: no buffer for {passed.rule}")
