"""Runs a case against each of some faulty anchors; run by test_mutants_wire.py.

Arguments are pairs of a mutant and a case; the output is a JSON list of verdicts.
"""

import json
import sys

from pmip6.conformance.lma.certify import certify
from pmip6.conformance.lma.demonstration import start_anchor
from pmip6.conformance.lma.in_memory import anchor_settings, reference_declaration
from pmip6.conformance.wire.namespaces import Network, enter_private_network, link
from pmip6.vectors.lma.purposes import purposes_named


def main(arguments: list[str]) -> None:
    """Print the verdicts."""
    declaration = reference_declaration()
    names = [*declaration.nodes.identifiers()[:12], *declaration.nodes.by_name]
    settings = anchor_settings(declaration, names)
    tester = declaration.tester
    enter_private_network()
    verdicts: list[str] = []
    with Network() as network:
        link(
            network,
            here=(*tester.proxy_coas, tester.unlisted_proxy_coa),
            there=(declaration.lma_address,),
            here_interface=tester.interface,
        )
        for mutant, case in zip(arguments[::2], arguments[1::2], strict=True):
            with start_anchor(network, settings, mutant=mutant):
                result = certify(declaration, purposes_named([case]))
            verdicts.append(result.cases[0].verdict.name)
    print(json.dumps(verdicts))


if __name__ == "__main__":
    main(sys.argv[1:])
