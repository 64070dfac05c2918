"""A harness around a whole LMA: it plays the LMA's scenarios of a pack.

    pmip6 vectors generate --out out
    pmip6 vectors run out --role lma -- python examples/harness/play_lma.py

One JSON object to a line comes in, one goes out (docs/vectors.md).  The LMA is that of
tests/foreign_lma, which shares nothing with pmip6; put your own in its place.  It has no
data plane and reads some ambiguities of the RFC otherwise than the pack: it says so, and
is not asked.
"""

import json
import struct
import sys
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

import foreign_lma.lma
import foreign_lma.sockets
from foreign_lma.lma import LocalMobilityAnchor
from foreign_lma.settings import NodePolicy, Settings
from foreign_lma.sockets import IPPROTO_MH, Packet, Server

IPPROTO_ICMPV6, LIFETIME_UNITS = 58, 65536
CANNOT = {"forwarding", "waits_for_deregistration"}
READS_OTHERWISE = {
    "either_of_two_sessions",
    "timestamp_ends_with_binding",
    "repeated_deregistration_restarts_delay",
    "unknown_handoff_is_new_session",
}


class Clock:
    """The clock that the LMA sees in place of the module `time`."""

    def __init__(self, time_of_day: int) -> None:
        self.now_ms, self._start = 0, time_of_day / LIFETIME_UNITS

    def monotonic(self) -> float:
        return self.now_ms / 1000

    def time(self) -> float:
        return self._start + self.now_ms / 1000


class Played(Server):
    """The LMA without sockets: what it sends is kept."""

    def __init__(self, told: dict, time_of_day: int) -> None:
        self.clock = foreign_lma.lma.time = foreign_lma.sockets.time = Clock(
            time_of_day
        )
        self.lma = LocalMobilityAnchor(settings_of(told))
        self.errors_left, self.errors_counted_at = 10.0, 0.0
        self.sent: list[dict] = []
        self.mobility = self.icmp = self

    def sendmsg(
        self, buffers: list, ancillary: list, flags: int, address: tuple
    ) -> None:
        self._send(IPPROTO_MH, self.lma.settings.address, address[0], buffers[0])

    def sendto(self, message: bytes, address: tuple) -> None:
        own, other = self.lma.settings.address, IPv6Address(address[0])
        value = checksum(own, other, message, IPPROTO_ICMPV6)
        message = message[:2] + struct.pack("!H", value) + message[4:]
        self._send(IPPROTO_ICMPV6, own, address[0], message)

    def _send(self, kind: int, source: IPv6Address, to: str, message: bytes) -> None:
        header = struct.pack("!IHBB", 6 << 28, len(message), kind, 64)
        octets = header + source.packed + IPv6Address(to).packed + message
        entry = {"at_ms": self.clock.now_ms, "to": "network", "hex": octets.hex()}
        self.sent.append(entry)

    def receives(self, octets: bytes) -> None:
        length, kind, hops = struct.unpack("!HBB", octets[4:8])
        ends = IPv6Address(octets[8:24]), IPv6Address(octets[24:40])
        if kind == IPPROTO_MH and ends[1] == self.lma.settings.address:
            self.handle(Packet(*ends, hops, octets[40 : 40 + length]))

    def taken(self) -> list[dict]:
        sent, self.sent = self.sent, []
        return sent


def checksum(source: IPv6Address, to: IPv6Address, message: bytes, kind: int) -> int:
    octets = (
        source.packed + to.packed + struct.pack("!II", len(message), kind) + message
    )
    octets += bytes(len(octets) % 2)
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def settings_of(told: dict) -> Settings:
    """The settings of a pack as this LMA has them."""
    nodes = tuple(
        (node["identifier"], policy_of(node, told["prefixes_per_session"]))
        for node in told["nodes"]
    )
    pool = IPv6Network(told["prefix_pool"])
    first = pool.network_address
    return Settings(
        IPv6Address(told["lma_address"]),
        frozenset(map(IPv6Address, told["gateways"])),
        tuple(IPv6Network((int(first) + (n << 64), 64)) for n in range(16)),
        nodes,
        max_lifetime=told["maximum_lifetime_units"],
        min_delay_before_bce_delete=told["min_delay_before_bce_delete_ms"] / 1000,
        timestamp_validity_window=told["timestamp_validity_window_ms"] / 1000,
    )


def policy_of(node: dict, usual: int) -> NodePolicy:
    count = node["prefixes_per_session"] or usual
    own = frozenset(map(IPv6Network, node["prefixes"]))
    return NodePolicy(
        node["enabled"], prefixes=own, from_pool=count if node["from_pool"] else 0
    )


def cannot(told: dict, readings: set[str]) -> str:
    """Why this LMA cannot play a scenario; empty where it can."""
    for name in sorted(CANNOT & set(told["switches"])):
        return f"no {name}"
    for name in sorted(READS_OTHERWISE & readings):
        return f"another reading of {name}"
    if any(
        len(n["prefixes"]) > (n["prefixes_per_session"] or 1) for n in told["nodes"]
    ):
        return "a session has all prefixes of its node"
    return ""


def main() -> None:
    lma: Played | None = None
    for line in sys.stdin:
        asked = json.loads(line)
        answer: dict = {}
        if asked["do"] == "start":
            reason = cannot(asked["settings"], set(asked["readings"]))
            if reason:
                answer = {"unsupported": reason}
            else:
                lma = Played(asked["settings"], asked["time_of_day"])
        elif lma is not None and asked["do"] == "apply":
            lma.receives(bytes.fromhex(asked["hex"]))
            answer = {"sent": lma.taken()}
        elif lma is not None and asked["do"] == "advance":
            lma.clock.now_ms = asked["to_ms"]
            lma.lma.cache.expire(lma.clock.monotonic())
            answer = {"sent": lma.taken()}
        elif asked["do"] == "observe":
            answer = {"state": None}
        print(json.dumps(answer), flush=True)


main()
