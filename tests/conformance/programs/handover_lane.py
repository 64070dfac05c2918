"""Runs test cases for fast handover one after the other against gateway processes.

Run by test_handover_cases_wire.py with the ids of the cases; prints what disagrees as
JSON.  The cases of a scene share a gateway, and have a node each.
"""

import json
import subprocess
import sys
import tempfile
from itertools import groupby
from pathlib import Path

from settings_text import toml_of

from pmip6.conformance.fast_handover.case import HandoverCase
from pmip6.conformance.fast_handover.cast import ANCHOR, ON_THE_WIRE, Cast, settings_of
from pmip6.conformance.lma.serve import READY
from pmip6.conformance.mag.access_port import EthernetPort
from pmip6.conformance.mag.access_triggers import TriggerSender
from pmip6.conformance.mag.serve import GatewayFile
from pmip6.conformance.mag.wire_gateway import WireGatewayLink
from pmip6.conformance.wire import netlink
from pmip6.conformance.wire.namespaces import (
    TESTER_INTERFACE,
    Network,
    enter_private_network,
    link,
)
from pmip6.conformance.wire.packet_port import PacketPort
from pmip6.vectors.fast_handover.model import GATEWAY, OTHER, HandoverScene
from pmip6.vectors.fast_handover.purposes import HandoverPurpose, handover_purposes

ACCESS, NODES = "access0", "nodes0"
TRIGGER_PORT = 5213


def _not_again() -> None:
    raise AssertionError("no case restarts the gateway")


def run(
    scene: HandoverScene,
    chosen: list[HandoverPurpose],
    ports: tuple[PacketPort, EthernetPort],
    network: Network,
) -> dict[str, str]:
    """The cases of a scene; what was found in each, or the empty string."""
    casts = [Cast(number) for number in range(1, len(chosen) + 1)]
    settings = settings_of(scene, casts, ON_THE_WIRE)
    told = GatewayFile(
        **dict(settings), access_interfaces=(ACCESS,), trigger_port=TRIGGER_PORT
    )
    results: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gateway.toml"
        path.write_text(toml_of(told))
        module = "pmip6.conformance.mag.serve"
        program = [sys.executable, "-m", module, str(path)]
        peer = network.spawn(program, stdout=subprocess.PIPE)
        assert peer.process.stdout is not None
        assert peer.process.stdout.readline().strip() == READY.encode()
        wire = WireGatewayLink(
            *ports,
            proxy_coa=GATEWAY,
            link_layer_address=told.link_layer,
            triggers=TriggerSender(GATEWAY, TRIGGER_PORT),
            restart=_not_again,
        )
        for purpose, cast in zip(chosen, casts, strict=True):
            wire.drain()
            found = HandoverCase(purpose, wire, cast, ON_THE_WIRE).run().findings
            results[purpose.name] = "; ".join(each.text for each in found)
        wire.close()
        alive = peer.is_running()
        status = peer.close()
    if not alive or status != 0:
        return dict.fromkeys(results, f"the gateway ended with {status}")
    return results


def main(names: list[str]) -> None:
    """Run each, and print what was found or nothing for each."""
    chosen = [p for p in handover_purposes() if p.name in names]
    chosen.sort(key=lambda purpose: purpose.scene.name)
    enter_private_network()
    results: dict[str, str] = {}
    with Network() as network:
        link(network, here=[ANCHOR, OTHER], there=[GATEWAY])
        netlink.create_veth(NODES, ACCESS, network.descriptor)
        netlink.bring_up(NODES)
        network.run(lambda: netlink.bring_up(ACCESS))
        with (
            PacketPort(TESTER_INTERFACE, ANCHOR) as port,
            EthernetPort(NODES) as nodes,
        ):
            for scene, group in groupby(chosen, key=lambda purpose: purpose.scene):
                results |= run(scene, list(group), (port, nodes), network)
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1:])
