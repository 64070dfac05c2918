"""Certifies the reference gateway of one domain on real links.

Run by test_gateway_campaign_wire.py with the names of purposes; prints the verdict of each,
and why it is not PASS, as JSON.
"""

import json
import sys
from pathlib import Path

from pmip6.conformance.mag.reference_gateway import (
    demonstrate_gateway,
    reference_gateway,
)
from pmip6.conformance.wire.namespaces import enter_private_network
from pmip6.vectors.mag.purposes import gateway_purposes_named


def main(out: str, names: list[str]) -> None:
    purposes = gateway_purposes_named(names)
    (domain,) = {purpose.domain for purpose in purposes}
    enter_private_network()
    result = demonstrate_gateway(
        reference_gateway(domain),
        purposes,
        out=Path(out) if out else None,
        ended=lambda case: None,
    )
    facts = {
        "verdicts": {
            case.purpose.name: [case.verdict.name, case.reason] for case in result.cases
        },
        "strays": result.strays,
        "died": result.died,
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
