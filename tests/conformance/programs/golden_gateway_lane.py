"""Runs golden exchanges one after the other against a gateway process on real links.

Run by test_gateway_golden.py with the ids of the exchanges; prints what disagrees as
JSON.  Each exchange gets a fresh gateway, because bindings outlive an exchange.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from gateway_golden_runner import LMA, MAG, GatewayRun, settings_of
from golden_matching import Disagreement
from golden_runner import load
from golden_sent import MAG2
from settings_text import toml_of

from pmip6.conformance.lma.serve import READY
from pmip6.conformance.mag.access_port import EthernetPort
from pmip6.conformance.mag.access_triggers import TriggerSender
from pmip6.conformance.mag.serve import GatewayFile
from pmip6.conformance.mag.wire_gateway import WireGatewayLink
from pmip6.conformance.wire import netlink
from pmip6.conformance.wire.namespaces import (
    TESTER_INTERFACE,
    Network,
    Peer,
    enter_private_network,
    link,
)
from pmip6.conformance.wire.packet_port import PacketPort

ACCESS, NODES = "access0", "nodes0"
TRIGGER_PORT = 5213


class Served:
    """A gateway that runs, and can start again."""

    def __init__(self, network: Network, path: Path) -> None:
        self._network, self._path = network, path
        self.peer = self._start()

    def _start(self) -> Peer:
        module = "pmip6.conformance.mag.serve"
        program = [sys.executable, "-m", module, str(self._path)]
        peer = self._network.spawn(program, stdout=subprocess.PIPE)
        assert peer.process.stdout is not None
        assert peer.process.stdout.readline().strip() == READY.encode()
        return peer

    def restart(self) -> None:
        """End it at once, and start it again."""
        self.peer.close(grace=0)
        self.peer = self._start()


def run(name: str, port: PacketPort, nodes: EthernetPort, network: Network) -> str:
    """One exchange; what disagreed, or the empty string."""
    exchange = load(name)
    told = GatewayFile(
        **dict(settings_of(exchange)),
        access_interfaces=(ACCESS,),
        trigger_port=TRIGGER_PORT,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gateway.toml"
        path.write_text(toml_of(told))
        served = Served(network, path)
        wire = WireGatewayLink(
            port,
            nodes,
            proxy_coa=MAG,
            link_layer_address=told.link_layer,
            triggers=TriggerSender(MAG, TRIGGER_PORT),
            restart=served.restart,
        )
        if (clock := exchange["config"].get("clock_unix_s_at_start")) is not None:
            wire.set_clock(clock)
        wire.drain()  # nothing of the exchange before may be left
        try:
            GatewayRun(exchange, wire).run()
        except Disagreement as found:
            served.peer.close()
            return str(found)
        finally:
            wire.close()
        if not served.peer.is_running():
            return "the gateway died"
        status = served.peer.close()
        return "" if status == 0 else f"the gateway ended with {status}"


def main(names: list[str]) -> None:
    """Run each, and print a disagreement or nothing for each."""
    enter_private_network()
    with Network() as network:
        link(network, here=[LMA, MAG2], there=[MAG])
        netlink.create_veth(NODES, ACCESS, network.descriptor)
        netlink.bring_up(NODES)
        network.run(lambda: netlink.bring_up(ACCESS))
        with PacketPort(TESTER_INTERFACE, LMA) as port, EthernetPort(NODES) as nodes:
            results = {name: run(name, port, nodes, network) for name in names}
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1:])
