"""Replays the vectors of octets on a decoder of its own, with nothing but Python.

    pmip6 vectors generate --out out
    python examples/harness/replay_wire.py out/wire.json

A decoder is wrong if it refuses a vector that is to be processed, takes one that is not, or
reads other values than `fields` says.  Put your own decoder in place of `decode`.
"""

import json
import struct
import sys
from ipaddress import IPv6Address
from pathlib import Path

FIXED = {5: 12, 6: 12, 7: 24, 14: 10, 15: 10}
"""Octets before the options, by MH Type."""
KNOWN = {*range(8), 14, 15}


def verifies(source: IPv6Address, destination: IPv6Address, body: bytes) -> bool:
    """The checksum over pseudo-header and message (RFC 6275, section 6.1.1)."""
    octets = (
        source.packed + destination.packed + struct.pack("!II", len(body), 135) + body
    )
    octets += bytes(len(octets) % 2)
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total == 0xFFFF


def is_routable(address: IPv6Address) -> bool:
    is_special = address.is_multicast or address.is_link_local or address.is_loopback
    return not is_special and not address.is_unspecified


def decode(
    source: IPv6Address, destination: IPv6Address, octets: bytes
) -> tuple[str, dict]:
    """What becomes of a message, and what it says where it is processed."""
    if len(octets) < 6:
        return "discard", {}
    length = 8 * (octets[1] + 1)
    body, kind = octets[:length], octets[2]
    if not verifies(source, destination, body):
        return "discard", {}
    if kind not in KNOWN:
        return "binding_error", {}
    if octets[0] != 59:
        return "parameter_problem", {}
    at = FIXED.get(kind, 0)
    if len(body) < at:
        return "parameter_problem", {}
    if length > len(octets) or not at:
        return "discard", {}
    options, care_of = [], source
    while at < len(body):
        number = body[at]
        if number == 0:  # Pad1
            at += 1
            continue
        data = body[at + 2 : at + 2 + body[at + 1]] if at + 2 <= len(body) else None
        if data is None or len(data) != body[at + 1]:
            return "discard", {}
        if number == 3 and len(data) == 16:
            care_of = IPv6Address(data)
        if number != 1:  # PadN
            options.append((number, data.hex()))
        at += 2 + len(data)
    if kind == 5 and not is_routable(care_of):
        return "discard", {}
    fields: dict = {"options": options}
    if kind == 5:
        fields["sequence"], flags, fields["lifetime"] = struct.unpack(
            "!HHH", body[6:12]
        )
        fields |= {"acknowledge": bool(flags & 0x8000), "proxy": bool(flags & 0x0200)}
    elif kind == 6:
        status, flags, number, lifetime = struct.unpack("!BBHH", body[6:12])
        fields |= {"status": status, "sequence": number, "lifetime": lifetime}
        fields["proxy"] = bool(flags & 0x20)
    elif kind == 7:
        fields |= {"status": body[6], "home_address": str(IPv6Address(body[8:24]))}
    else:
        fields["sequence"], flags, fields["code"] = struct.unpack("!HBB", body[6:10])
        fields["proxy"] = bool(flags & (0x20 if kind == 14 else 0x40))
    return "process", fields


def wrong(vector: dict) -> str:
    """What the decoder reads otherwise than the vector says; empty where nothing."""
    ends = IPv6Address(vector["source"]), IPv6Address(vector["destination"])
    reception, found = decode(*ends, bytes.fromhex(vector["hex"]))
    if reception != vector["reception"]:
        return f"{reception} instead of {vector['reception']}"
    told = dict(vector["fields"] or {})
    told["options"] = [(o["number"], o["data"]) for o in told.get("options", [])]
    for name, value in found.items():
        if told[name] != value:
            return f"{name} is {value} instead of {told[name]}"
    return ""


def main() -> int:
    if len(sys.argv) != 2:
        print(f"{sys.argv[0]}: name the file wire.json of a pack", file=sys.stderr)
        return 2
    vectors = json.loads(Path(sys.argv[1]).read_text())["vectors"]
    failed = {v["name"]: text for v in vectors if (text := wrong(v))}
    for name, text in failed.items():
        print(f"{name}: {text}")
    print(f"{len(vectors)} vectors, {len(failed)} wrong")
    return int(bool(failed) or not vectors)


sys.exit(main())
