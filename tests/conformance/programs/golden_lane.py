"""Runs golden exchanges one after the other against an anchor process on a real link.

Run by test_golden.py with the ids of the exchanges; prints what disagrees as JSON.  Each
exchange gets a fresh anchor, because bindings outlive an exchange.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from golden_matching import Disagreement
from golden_runner import GATEWAYS, LMA, Run, load, settings_of
from settings_text import toml_of

from pmip6.conformance.lma.serve import READY
from pmip6.conformance.wire.link import WireLink
from pmip6.conformance.wire.namespaces import (
    TESTER_INTERFACE,
    Network,
    enter_private_network,
    link,
)
from pmip6.conformance.wire.packet_port import PacketPort


def run(name: str, switches: list[str], port: PacketPort, network: Network) -> str:
    """One exchange; what disagreed, or the empty string."""
    exchange = load(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "anchor.toml"
        path.write_text(toml_of(settings_of(exchange, *switches)))
        program = [sys.executable, "-m", "pmip6.conformance.lma.serve", str(path)]
        with network.spawn(program, stdout=subprocess.PIPE) as peer:
            assert peer.process.stdout is not None
            if peer.process.stdout.readline().strip() != READY.encode():
                return "the anchor did not start"
            while port.receive(0) is not None:
                pass  # nothing of the exchange before may be left
            try:
                Run(exchange, WireLink(port, LMA)).run()
            except Disagreement as found:
                return str(found)
            if not peer.is_running():
                return "the anchor died"
            status = peer.close()
            return "" if status == 0 else f"the anchor ended with {status}"


def main(arguments: list[str]) -> None:
    """Run each `ID` or `ID:SWITCH,...`, and print a disagreement or nothing for each."""
    enter_private_network()
    here = list(GATEWAYS.values())
    results: dict[str, str] = {}
    with Network() as network:
        link(network, here=here, there=[LMA])
        with PacketPort(TESTER_INTERFACE, here[0]) as port:
            for argument in arguments:
                name, _, switches = argument.partition(":")
                chosen = [switch for switch in switches.split(",") if switch]
                results[name] = run(name, chosen, port, network)
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1:])
