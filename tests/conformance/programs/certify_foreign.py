"""Certifies the foreign LMA in a network of its own; run by test_foreign_lma.py.

Prints the result as JSON: for each case its verdict, and the findings with their ids;
then the findings that many cases have.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from pmip6.conformance.lma.certify import certify
from pmip6.conformance.lma.declaration import load_declaration
from pmip6.conformance.wire.namespaces import Network, enter_private_network, link
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.lma.purposes import purposes, purposes_named

TESTS = Path(__file__).resolve().parents[2]
FOLDER = TESTS / "foreign_lma"


def start(network: Network, defects: list[str]) -> None:
    """Start the LMA; it receives packets on return."""
    words = [word for name in defects for word in ("--defect", name)]
    settings = str(FOLDER / "settings.toml")
    peer = network.spawn(
        [sys.executable, "-m", "foreign_lma", settings, *words],
        stdout=subprocess.PIPE,
        stderr=None if os.environ.get("FOREIGN_LMA_LOG") else subprocess.DEVNULL,
        environment={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    assert peer.process.stdout is not None
    if peer.process.stdout.readline() != b"ready\n":
        raise Pmip6Error("foreign LMA", "has ended at once", "see what it says")


def main() -> None:
    """Print the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", action="append", default=[])
    parser.add_argument("--defect", action="append", default=[])
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    declaration = load_declaration(FOLDER / "iut.toml")
    tester = declaration.tester
    enter_private_network()
    with Network() as network:
        link(
            network,
            here=(*tester.proxy_coas, tester.unlisted_proxy_coa),
            there=(declaration.lma_address,),
            here_interface=tester.interface,
        )
        start(network, asked.defect)

        def restart() -> None:
            network.end_peers()
            start(network, asked.defect)

        result = certify(
            declaration,
            purposes_named(asked.case) if asked.case else purposes(),
            out=asked.out,
            restart=restart,
        )
    cases = {
        case.purpose.name: {
            "verdict": case.verdict.name,
            "reason": case.reason,
            "findings": [
                {"requirements": f.requirements, "text": f.text} for f in case.findings
            ],
        }
        for case in result.cases
    }
    repeated = [
        {
            "verdict": each.verdict.name,
            "requirements": each.finding.requirements,
            "cases": each.cases,
        }
        for each in result.repeated
    ]
    told = {"died": result.died, "strays": result.strays}
    print(json.dumps({**told, "cases": cases, "repeated": repeated}))


if __name__ == "__main__":
    main()
