"""Certifies permitted variants over the wire; run by test_permitted_variants.py.

Arguments are `VARIANT=CASE,CASE,...`; each variant is a process in a network of its own,
all side by side.  The output is, by variant and case, the verdict, the ids that its
findings cite, and what came from the anchor, in hexadecimal digits.
"""

import json
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from pmip6.conformance.lma.demonstration import demonstrate
from pmip6.conformance.lma.permitted_variants import permitted_variants
from pmip6.conformance.results import CaseResult, tell_nobody
from pmip6.conformance.wire.namespaces import enter_private_network
from pmip6.vectors.lma.purposes import purposes_named

NODES = 12
"""Mobile nodes for each case, which may run more than once."""


def ran(variant: str, cases: Sequence[str]) -> tuple[CaseResult, ...]:
    """The results of the cases on a variant; in a network that is that of the thread."""
    enter_private_network()
    chosen = permitted_variants()[variant]
    declared = chosen.declaration()
    few = declared.nodes.model_copy(update={"count": NODES * len(cases)})
    return demonstrate(
        declared.model_copy(update={"nodes": few}),
        purposes_named(cases),
        out=None,
        ended=tell_nobody,
        variant=chosen,
    ).cases


def told(result: CaseResult) -> dict[str, object]:
    """What the test reads of a result."""
    return {
        "verdict": result.verdict.name,
        "reason": result.reason,
        "cited": sorted({i for f in result.findings for i in f.requirements}),
        "received": [p.data.hex() for p in result.packets if not p.outbound],
    }


def main(arguments: Sequence[str]) -> None:
    """Print what becomes of each case."""
    asked = {
        name: cases.split(",")
        for name, _, cases in (a.partition("=") for a in arguments)
    }
    enter_private_network()
    with ThreadPoolExecutor(len(asked)) as pool:
        results = pool.map(ran, asked.keys(), asked.values())
        found = {
            name: {r.purpose.name: told(r) for r in of_variant}
            for name, of_variant in zip(asked, results, strict=True)
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
