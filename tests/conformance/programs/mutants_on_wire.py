"""Runs faulty peers over the wire, each against its case; run by test_mutants_wire.py.

Arguments are numbers of rows of the table; the output is a JSON list of whether the case
finds each.
"""

import json
import sys

from pmip6.conformance.wire.namespaces import enter_private_network
from pmip6.conformance.wire_kill_table import WIRE_KILLS
from pmip6.conformance.wire_kills import tried


def main(arguments: list[str]) -> None:
    """Print whether each is found."""
    kills = [WIRE_KILLS[int(number)] for number in arguments]
    enter_private_network()
    results = tried(kills)
    for kill, result in zip(kills, results, strict=True):
        print(kill.mutant, result.verdict.name, result.reason, file=sys.stderr)
    found = [kill.is_found_by(r) for kill, r in zip(kills, results, strict=True)]
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
