"""Runs cases of gateways side by side against one gateway process on real links.

Run by test_gateway_campaign_wire.py with the names of purposes of one domain; prints the
verdict of each, and why it is not PASS, as JSON.
"""

import json
import subprocess
import sys
import tempfile
from ipaddress import IPv6Address
from pathlib import Path

from settings_text import toml_of

from pmip6.conformance import netlink
from pmip6.conformance.access_port import EthernetPort
from pmip6.conformance.esp_end import anchor_end
from pmip6.conformance.gateway_case import GatewayTimers
from pmip6.conformance.gateway_in_memory import (
    declared,
    profiles,
    reference_settings,
)
from pmip6.conformance.gateway_scheduler import GatewayScheduler, scene_of
from pmip6.conformance.namespaces import (
    TESTER_INTERFACE,
    Network,
    Peer,
    enter_private_network,
    link,
)
from pmip6.conformance.packet_port import PacketPort
from pmip6.conformance.serve import READY
from pmip6.conformance.serve_gateway import GatewayFile
from pmip6.conformance.wire_gateway import WireGatewayLink
from pmip6.vectors.gateway_purposes import gateway_purposes_named

LMA, MAG = IPv6Address("2001:db8:1::1"), IPv6Address("2001:db8:1::11")
ACCESS, NODES = "access0", "nodes0"
TRIGGER_PORT = 5213
TIMERS = GatewayTimers(reaction_ms=400, tolerance_ms=300)


def _start(network: Network, path: Path) -> Peer:
    """A gateway that is ready."""
    command = [sys.executable, "-m", "pmip6.conformance.serve_gateway", str(path)]
    peer = network.spawn(command, stdout=subprocess.PIPE)
    assert peer.process.stdout is not None
    assert peer.process.stdout.readline().strip() == READY.encode()
    return peer


def main(names: list[str]) -> None:
    purposes = gateway_purposes_named(names)
    scenes = [scene_of(number, MAG, LMA) for number in range(len(purposes))]
    (domain,) = {purpose.domain for purpose in purposes}
    nodes = tuple(node for scene in scenes for node in profiles(domain, scene))
    settings = reference_settings(domain).model_copy(update={"nodes": nodes})
    told = GatewayFile(
        **dict(settings), access_interfaces=(ACCESS,), trigger_port=TRIGGER_PORT
    )
    enter_private_network()
    with Network() as network, tempfile.TemporaryDirectory() as folder:
        link(network, here=[LMA], there=[MAG])
        netlink.create_veth(NODES, ACCESS, network.descriptor)
        netlink.bring_up(NODES)
        network.run(lambda: netlink.bring_up(ACCESS))
        path = Path(folder) / "gateway.toml"
        path.write_text(toml_of(told))
        peers = [_start(network, path)]

        def restart() -> None:
            peers.pop().close()
            peers.append(_start(network, path))

        with PacketPort(TESTER_INTERFACE, LMA) as port, EthernetPort(NODES) as access:
            wire = WireGatewayLink(
                port,
                access,
                proxy_coa=MAG,
                link_layer_address=told.link_layer,
                trigger_port=TRIGGER_PORT,
                restart=restart,
            )
            esp = anchor_end(settings.esp, LMA)
            scheduler = GatewayScheduler(wire, declared(settings), TIMERS, esp)
            results = scheduler.run(purposes, scenes)
            wire.close()
        died = not peers[0].is_running()
    facts = {
        "verdicts": {
            result.purpose.name: [result.verdict.name, result.reason]
            for result in results
        },
        "strays": scheduler.strays,
        "died": died,
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main(sys.argv[1:])
