"""Certifies an address behind which nobody listens; run by test_certify_wire.py."""

import sys

from pmip6.conformance.lma.certify import certify
from pmip6.conformance.lma.in_memory import reference_declaration
from pmip6.conformance.wire.namespaces import Network, enter_private_network, link
from pmip6.reports.verdicts import verdict_table
from pmip6.vectors.lma.purposes import purposes_named


def main() -> int:
    """Give the exit code of the campaign."""
    declaration = reference_declaration()
    tester = declaration.tester
    enter_private_network()
    with Network() as network:
        here = (*tester.proxy_coas, tester.unlisted_proxy_coa)
        there = (declaration.lma_address,)
        link(network, here=here, there=there, here_interface=tester.interface)
        result = certify(declaration, purposes_named(["TP_LMA_REG_BV_01"]))
    print(verdict_table(result, "pmip6 certify"))
    return result.exit_code()


if __name__ == "__main__":
    sys.exit(main())
