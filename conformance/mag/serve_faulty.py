"""A faulty gateway as a process of its own, for testing the tester.

`python -m pmip6.conformance.mag.serve_faulty FILE.toml --mutant NAME` is the reference
gateway with one fault: a mutant of its rules or tables, of those of fast handover where
the file has a table for that, or a conduct.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from pmip6.conformance.conduct import PREFIX as CONDUCT
from pmip6.conformance.conduct import conduct_named
from pmip6.conformance.fast_handover.faulty_gateways import faulty_handover
from pmip6.conformance.fast_handover.gateway import FastHandoverGateway
from pmip6.conformance.mag.faulty_gateways import faulty_gateway
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.port import Gateway
from pmip6.conformance.mag.serve import GatewayFile, Start, serve_mag
from pmip6.model.errors import Pmip6Error


def starting(name: str) -> Start:
    """What makes the gateway with the fault of this name.

    Raises:
        Pmip6Error: When it starts: there is none.
    """

    def start(
        told: GatewayFile, report: Callable[[str], None], start_ms: int
    ) -> Gateway:
        if told.fast_handover is not None:
            fault = faulty_handover(name)
            return FastHandoverGateway(
                told,
                tables=fault.tables,
                rules=fault.rules,
                forwarding_rules=fault.forwarding_rules,
                start_ms=start_ms,
                report=report,
            )
        found = faulty_gateway(name)
        return ReferenceGateway(
            told,
            rules=found.rules,
            construction_rules=found.construction_rules,
            request_fields=found.request_fields,
            matching_rules=found.matching_rules,
            echo_rules=found.echo_rules,
            forwarding_rules=found.forwarding_rules,
            report=report,
            start_ms=start_ms,
        )

    return start


def main(arguments: list[str]) -> int:
    """Run the gateway of the arguments; errors are one line."""
    parser = argparse.ArgumentParser(prog="serve_faulty", description="A faulty MAG.")
    parser.add_argument("settings", type=Path, metavar="FILE.toml")
    parser.add_argument("--mutant", required=True, metavar="NAME")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.mutant.startswith(CONDUCT):
            return serve_mag(chosen.settings, conduct=conduct_named(chosen.mutant))
        return serve_mag(chosen.settings, start=starting(chosen.mutant))
    except Pmip6Error as error:
        print(error.line(), file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
