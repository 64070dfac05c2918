"""Tunnel packets between two hosts, whose kernels know of no tunnel.

It says in JSON what came out at each end.
"""

import json
import socket
import sys
from ipaddress import IPv6Address, IPv6Network

from pmip6.conformance.lma.serve import PacketSender
from pmip6.conformance.wire import netlink
from pmip6.conformance.wire.namespaces import (
    PEER_INTERFACE,
    TESTER_INTERFACE,
    Network,
    enter_private_network,
    link,
)
from pmip6.conformance.wire.tunnel_socket import RoutedPort, TunnelSocket
from pmip6.model.wire.ipv6 import encode_ipv6
from pmip6.model.wire.tunnel_packets import (
    Ecn,
    Tunnel,
    decapsulate,
    encapsulate,
    with_ecn,
)

HERE, THERE = IPv6Address("2001:db8:1::11"), IPv6Address("2001:db8:1::1")
INNER, FAR = IPv6Address("2001:db8:100:1::9"), IPv6Address("2001:db8:200::5")
HOME = IPv6Network("2001:db8:100::/48")
ELSEWHERE = IPv6Network("2001:db8:200::/48")
NO_NEXT_HEADER = 59
PORT = 4000
SECONDS = 2.0


def main() -> None:
    enter_private_network()
    with Network() as other:
        link(other, here=(HERE,), there=(THERE,))
        entry = PacketSender()
        exit_point = other.run(lambda: TunnelSocket(THERE))
        tunnel = Tunnel(HERE, THERE, path_mtu=1280)
        received: list[list[object]] = []
        for number, size in enumerate((8, 1200, 1240)):
            original = encode_ipv6(INNER, FAR, bytes(size), next_header=NO_NEXT_HEADER)
            marked = with_ecn(original, Ecn.ECT_0)
            passage = encapsulate(marked, tunnel, number)
            for packet in passage.packets:
                entry.send(packet)
            came = exit_point.receive(SECONDS)
            inner = None if came is None else decapsulate(came)
            wanted = marked[:7] + bytes((marked[7] - 1,)) + marked[8:]
            received.append(
                [
                    len(passage.packets),
                    inner is not None and inner.original == wanted,
                    inner is not None and inner.entry_point == HERE,
                    None if came is None else came[1] >> 4 & 3,
                ]
            )
        for network in (HOME, ELSEWHERE):
            netlink.add_route(network, TESTER_INTERFACE, THERE)
            other.run(lambda leads=network: netlink.add_blackhole(leads))
        port = other.run(lambda: RoutedPort(PEER_INTERFACE, (HOME,)))
        facts = {"received": received, "routed": _routed_into(port)}
        exit_point.close()
        port.close()
    print(json.dumps(facts))


def _routed_into(port: RoutedPort) -> list[object]:
    """What comes to a port when a host gives packets to its node, and what comes back."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as host:
        host.settimeout(0.3)
        host.connect((str(FAR), PORT))
        host.send(b"elsewhere")
        host.connect((str(INNER), PORT))
        host.send(b"down")
        packet = port.receive(SECONDS)
        error = ""
        try:
            host.recv(1)
        except TimeoutError:
            pass
        except OSError as refused:
            error = str(refused)
    if packet is None:
        return []
    return [packet[6], packet[-4:].decode(), port.receive(0) is None, error]


if __name__ == "__main__":
    sys.exit(main())
