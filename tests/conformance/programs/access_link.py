"""A Linux host on a gateway's access link, with nothing but its kernel.

It says in JSON what the port saw and what the host made of it.
"""

import json
import sys
import time
from collections.abc import Callable
from ipaddress import IPv6Network

from pmip6.conformance.mag.access_port import AccessPort
from pmip6.conformance.mag.link_events import LinkMonitor
from pmip6.conformance.wire import netlink
from pmip6.conformance.wire.namespaces import Network, enter_private_network
from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.encoding import discovery_packet
from pmip6.model.discovery.messages import ALL_NODES
from pmip6.model.mag.access_link import (
    RESERVED_LINK_LAYER_ADDRESS,
    RESERVED_LINK_LOCAL_ADDRESS,
    home_link_advertisement,
)

ACCESS, NODE = "access0", "wlan0"
NODE_ADDRESS = bytes.fromhex("020000000101")
ANOTHER_ADDRESS = bytes.fromhex("020000000102")
PREFIX = IPv6Network("2001:db8:100:1::/64")
OTHER_PREFIX = IPv6Network("2001:db8:100:2::/64")
SECONDS = 5.0


def main() -> None:
    enter_private_network()
    monitor = LinkMonitor()
    with Network() as host, Network() as elsewhere:
        netlink.create_veth(ACCESS, NODE, host.descriptor)
        netlink.bring_up(ACCESS)
        port = AccessPort(ACCESS, RESERVED_LINK_LAYER_ADDRESS)
        carrier_before = _carrier(monitor)
        host.run(lambda: netlink.without_offloads(NODE))
        host.run(lambda: netlink.bring_up_host(NODE, NODE_ADDRESS))
        kinds, senders, findings = _heard_until(port, "RouterSolicitation")
        _advertise(port, ANOTHER_ADDRESS, OTHER_PREFIX)
        _advertise(port, NODE_ADDRESS, PREFIX)
        addresses = _wait(lambda: host.run(lambda: _global_addresses()))
        routers = host.run(lambda: netlink.default_routers(NODE))
        carrier_after = _carrier(monitor)
        port.close()
        netlink.hand_over(ACCESS, elsewhere.descriptor)
        gone = _carrier(monitor)
        facts = {
            "carrier": [carrier_before, carrier_after, gone],
            "kinds": kinds,
            "senders": senders,
            "findings": findings,
            "addresses": addresses,
            "routers": [str(router) for router in routers],
            "mtu": host.run(lambda: netlink.link_mtu(NODE)),
            "kept": host.run(lambda: _global_addresses()),
        }
    print(json.dumps(facts))


def _carrier(monitor: LinkMonitor) -> bool | None:
    """The last thing that was told of the access interface."""
    time.sleep(0.05)
    told = [event.is_up for event in monitor.events() if event.interface == ACCESS]
    return told[-1] if told else None


def _heard_until(port: AccessPort, last: str) -> tuple[list[str], list[str], int]:
    kinds: list[str] = []
    senders: set[str] = set()
    findings = 0
    deadline = time.monotonic() + SECONDS
    while last not in kinds and time.monotonic() < deadline:
        frame = port.receive(0.2)
        if frame is None:
            continue
        senders.add(frame.source.hex(":"))
        read = decode_discovery_packet(frame.packet)
        if read is not None:
            kinds.append(type(read[1].message).__name__)
            findings += len(read[1].findings)
    return kinds, sorted(senders), findings


def _advertise(port: AccessPort, node: bytes, prefix: IPv6Network) -> None:
    message = home_link_advertisement([prefix], mtu=1460)
    packet = discovery_packet(message, RESERVED_LINK_LOCAL_ADDRESS, ALL_NODES)
    port.send(node, packet)


def _wait(ask: Callable[[], list[str]]) -> list[str]:
    deadline = time.monotonic() + SECONDS
    while not (answer := ask()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return answer


def _global_addresses() -> list[str]:
    return [
        str(address) for address in netlink.addresses(NODE) if not address.is_link_local
    ]


if __name__ == "__main__":
    sys.exit(main())
