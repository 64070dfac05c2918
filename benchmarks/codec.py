"""Messages per second of the codec, beside scapy in the same run.

    python benchmarks/codec.py

Prints one line per measurement: a Proxy Binding Update with seven options, the best
of several runs, by processor time, so that a busy machine counts less.
scapy knows the options of RFC 5213 only as opaque data.
"""

import importlib
import sys
from collections.abc import Callable
from ipaddress import IPv6Address
from time import process_time

from pmip6.model.wire.decoding import decode
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.ipv6 import encode_ipv6
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    Timestamp,
)

SOURCE = IPv6Address("2001:db8:1::11")
DESTINATION = IPv6Address("2001:db8:1::1")
RUNS = 5
MESSAGE = ProxyBindingUpdate(
    7,
    75,
    (
        MobileNodeIdentifier(b"mn1@example.org"),
        HomeNetworkPrefix(IPv6Address("2001:db8:100:1::"), 64),
        HandoffIndicatorOption(1),
        AccessTechnologyTypeOption(4),
        MobileNodeLinkLayerIdentifier(bytes.fromhex("020000000101")),
        LinkLocalAddress(IPv6Address("fe80::1")),
        Timestamp.from_seconds(1_700_000_000),
    ),
)
OCTETS = encode(MESSAGE, SOURCE, DESTINATION)


def rate_of(work: Callable[[], object], count: int) -> float:
    """Calls per second of processor time, the best of RUNS runs of `count` calls."""
    best = float("inf")
    for _ in range(RUNS):
        start = process_time()
        for _ in range(count):
            work()
        best = min(best, process_time() - start)
    return count / best


def encode_ours() -> object:
    """Encode the message."""
    return encode(MESSAGE, SOURCE, DESTINATION)


def decode_ours() -> object:
    """Decode the message, format findings included."""
    return decode(OCTETS, SOURCE, DESTINATION)


def both_ours() -> object:
    """Encode and decode the message."""
    return decode(encode(MESSAGE, SOURCE, DESTINATION), SOURCE, DESTINATION)


def measure() -> dict[str, float]:
    """Messages per second of our codec by name of the work."""
    return {
        "encode": rate_of(encode_ours, 5_000),
        "decode": rate_of(decode_ours, 5_000),
        "encode and decode": rate_of(both_ours, 5_000),
    }


def measure_scapy() -> dict[str, float]:
    """Messages per second of scapy by name of the work; raises ImportError."""
    inet6 = importlib.import_module("scapy.layers.inet6")
    under = inet6.IPv6(src=str(SOURCE), dst=str(DESTINATION), nh=135)
    packet = encode_ipv6(SOURCE, DESTINATION, OCTETS)
    read = inet6.MIP6MH_BU(OCTETS)

    def encode_scapy() -> object:
        built = read.copy()
        built.cksum = None
        built.clear_cache()
        return bytes(under / built)

    def decode_scapy() -> object:
        return inet6.IPv6(packet).payload.options

    def both_scapy() -> object:
        return inet6.IPv6(encode_scapy()).payload.options

    return {
        "encode": rate_of(encode_scapy, 100),
        "decode": rate_of(decode_scapy, 100),
        "encode and decode": rate_of(both_scapy, 100),
    }


def main() -> int:
    """Print the rates; 0 always, for a benchmark judges nothing."""
    ours = measure()
    try:
        theirs = measure_scapy()
    except ImportError:
        theirs = {}
        print("scapy is not installed: no comparison", file=sys.stderr)
    for name, rate in ours.items():
        line = f"codec: {name:18} {rate:9,.0f} messages/s"
        if name in theirs:
            line += f", scapy {theirs[name]:7,.0f}, ratio {rate / theirs[name]:5.1f}"
        print(line)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
