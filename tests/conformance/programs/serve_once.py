"""Starts a reference peer in a network of its own, tells it to end, and prints what it did.

Run by test_serve.py and test_serve_gateway.py: SETTINGS ADDRESS SIGNAL MODULE.
"""

import json
import os
import subprocess
import sys
from ipaddress import IPv6Address

from pmip6.conformance.wire.namespaces import Network, enter_private_network, link


def main(settings: str, address: str, number: str, module: str) -> None:
    """Print the first line, the exit status, and what else came on both outputs."""
    enter_private_network()
    with Network() as network:
        here = [IPv6Address("2001:db8:1::99")]
        link(network, here=here, there=[IPv6Address(address)])
        with network.spawn(
            [sys.executable, "-m", module, settings],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as peer:
            assert peer.process.stdout is not None
            first = peer.process.stdout.readline().decode()
            if first:
                os.kill(peer.pid, int(number))
            output, errors = peer.process.communicate(timeout=10)
            status = peer.process.returncode
    facts = [first, status, output.decode(), errors.decode()]
    print(json.dumps(facts))


if __name__ == "__main__":
    main(*sys.argv[1:])
