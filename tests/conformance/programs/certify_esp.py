"""Certifies the reference anchor over ESP and prints the verdicts; run by test_esp.py."""

import json
import sys

from pmip6.conformance.lma.demonstration import demonstrate
from pmip6.conformance.lma.in_memory import reference_declaration, reference_esp
from pmip6.conformance.wire.namespaces import enter_private_network
from pmip6.vectors.lma.purposes import purposes_named


def main() -> None:
    """Run the cases that are named and print their verdicts and protocols."""
    with_data = "--with-data" in sys.argv
    names = [name for name in sys.argv[1:] if name != "--with-data"]
    esp = reference_esp(with_data=with_data)
    declaration = reference_declaration().model_copy(update={"esp": esp})
    enter_private_network()
    result = demonstrate(
        declaration, purposes_named(names), out=None, ended=lambda _: None
    )
    kinds = sorted({p.data[6] for case in result.cases for p in case.packets})
    verdicts = {case.purpose.name: case.verdict.name for case in result.cases}
    print(json.dumps({"verdicts": verdicts, "next headers": kinds}))


if __name__ == "__main__":
    main()
