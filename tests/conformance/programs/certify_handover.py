"""Runs cases for fast handover against reference gateways on real links, side by side.

Run by test_handover_cases_wire.py with the names of purposes; prints the verdict of each,
and why it is not PASS, as JSON.
"""

import json
import sys

from pmip6.conformance.mag.demonstration import demonstrate_gateways
from pmip6.conformance.wire.namespaces import enter_private_network
from pmip6.vectors.fast_handover.purposes import handover_purposes


def main(names: list[str]) -> None:
    """Run the cases of these names."""
    chosen = [purpose for purpose in handover_purposes() if purpose.name in names]
    enter_private_network()
    result = demonstrate_gateways(chosen, out=None, ended=lambda case: None)
    facts = {
        "verdicts": {c.purpose.name: [c.verdict.name, c.reason] for c in result.cases},
        "strays": result.strays,
        "died": result.died,
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main(sys.argv[1:])
