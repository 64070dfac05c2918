"""Two linked hosts and a peer that sleeps; run by test_namespaces.py.

Prints one line of JSON about them, then waits until it is ended.
"""

import json
import os
import sys
import time
from ipaddress import IPv6Address
from pathlib import Path

from pmip6.conformance.wire.namespaces import Network, enter_private_network, link
from pmip6.model.errors import Pmip6Error


def _addresses() -> dict[str, str]:
    """Flags of each IPv6 address in the network of this process, in hexadecimal."""
    lines = Path("/proc/thread-self/net/if_inet6").read_text().splitlines()
    return {
        str(IPv6Address(int(line.split()[0], 16))): line.split()[4] for line in lines
    }


def main(how_to_end: str) -> None:
    """Sets up the hosts; `how_to_end` is `wait` or `return`."""
    enter_private_network()
    with Network() as network:
        link(
            network,
            here=[IPv6Address("2001:db8::1"), IPv6Address("2001:db8::2")],
            there=[IPv6Address("2001:db8::100")],
        )
        peer = network.spawn(["sleep", "600"])
        facts = {
            "tester": os.getpid(),
            "user": os.getuid(),
            "peer": peer.pid,
            "networks": [
                os.stat("/proc/self/ns/net").st_ino,
                os.stat(f"/proc/{peer.pid}/ns/net").st_ino,
            ],
            "here": _addresses(),
            "there": network.run(_addresses),
        }
        print(json.dumps(facts), flush=True)
        if how_to_end == "wait":
            time.sleep(600)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Pmip6Error as error:
        sys.exit(error.line())
    except KeyboardInterrupt:
        sys.exit(130)
