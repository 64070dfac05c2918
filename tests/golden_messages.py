"""Messages of the golden exchanges: from a `send` of tests/golden to typed messages."""

import re
from collections.abc import Mapping
from ipaddress import IPv6Address, IPv6Network
from typing import Any

from pmip6.model.wire.encoding import Lies
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    AlternateCareOfAddress,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobilityOption,
    Timestamp,
    UnknownOption,
)

Send = Mapping[str, Any]
"""A `send` object as the JSON file has it."""
Variables = dict[str, Any]
"""What an exchange has learnt: prefixes in text, timestamps and numbers as int."""

_RELATIVE = re.compile(r"now(?:([+-]\d+)ms)?")
_VARIABLE = re.compile(r"var:(\w+)(?:\+(\d+))?")


def message_of(
    send: Send, variables: Variables, now: int
) -> tuple[ProxyBindingUpdate, Lies | None]:
    """Make the message of a `send`, and the lies that its encoding needs.

    Args:
        send: The object of the JSON file; `from` and the time are the caller's.
        variables: Values learnt so far; a Timestamp with `bind` adds its own.
        now: Time of sending as the 64-bit value of a Timestamp option.
    """
    options: list[MobilityOption] = []
    lengths: list[tuple[int, int]] = []
    for entry in send["options"]:
        if "length" in entry:
            lengths.append((len(options), entry["length"]))
        options.append(_option_of(entry, variables, now))
    if "alternate_coa" in send:
        options.append(AlternateCareOfAddress(IPv6Address(send["alternate_coa"])))
    message = ProxyBindingUpdate(
        _number(send["sequence"], variables) % 0x10000,
        _number(send["lifetime_units"], variables),
        tuple(options),
        acknowledge=bool(send["A"]),
        home_registration=bool(send["H"]),
        proxy=bool(send["P"]),
    )
    return message, _lies_of(send.get("mh", {}), tuple(lengths))


def _lies_of(
    header: Mapping[str, Any], lengths: tuple[tuple[int, int], ...]
) -> Lies | None:
    """Make the lies of the `mh` object and of options with a length of their own."""
    known = {
        "checksum",
        "header_len",
        "mh_type",
        "payload_proto",
        "reserved",
        "truncate_to_header_len",
    }
    if unknown := set(header) - known:
        raise ValueError(f"mh: unknown keys {sorted(unknown)}")
    if not header and not lengths:
        return None
    units = header.get("header_len")
    added = 0
    if isinstance(units, str):
        added, units = int(units.removeprefix("actual") or 0), None
    checksum = header.get("checksum")
    return Lies(
        payload_proto=header.get("payload_proto"),
        header_len=units,
        header_len_added=added,
        mh_type=header.get("mh_type"),
        reserved=header.get("reserved", 0),
        checksum=None if checksum == "corrupt" else checksum,
        corrupt_checksum=checksum == "corrupt",
        option_lengths=lengths,
        truncate_to_header_len=header.get("truncate_to_header_len", False),
    )


def _option_of(
    entry: Mapping[str, Any], variables: Variables, now: int
) -> MobilityOption:
    reserved = entry.get("reserved", 0)
    match entry["option"]:
        case "MN-ID":
            if "data_hex" in entry:
                identifier = bytes.fromhex(entry["data_hex"])
            else:
                identifier = entry["nai"].encode()
            return MobileNodeIdentifier(identifier, entry.get("subtype", 1))
        case "HNP":
            network = _prefix_of(entry["prefix"], variables)
            length = entry.get("prefix_length", network.prefixlen)
            return HomeNetworkPrefix(network.network_address, length, reserved=reserved)
        case "Handoff Indicator":
            value = _number(entry["value"], variables)
            return HandoffIndicatorOption(value, reserved=reserved)
        case "Access Technology Type":
            value = _number(entry["value"], variables)
            return AccessTechnologyTypeOption(value, reserved=reserved)
        case "MN-LL-ID":
            identifier = bytes.fromhex(entry["value"].replace(":", ""))
            return MobileNodeLinkLayerIdentifier(identifier, reserved=reserved)
        case "Link-local Address":
            value = entry["value"]
            if variable := _VARIABLE.fullmatch(value):
                value = variables[variable[1]]
            return LinkLocalAddress(IPv6Address(value))
        case "Timestamp":
            timestamp = Timestamp(_timestamp_of(entry["value"], variables, now))
            if "bind" in entry:
                variables[entry["bind"]] = timestamp.value
            return timestamp
        case "raw":
            return UnknownOption(entry["type"], bytes.fromhex(entry["data_hex"]))
        case other:
            raise ValueError(f"unknown option {other!r}")


def _prefix_of(value: str, variables: Variables) -> IPv6Network:
    if variable := _VARIABLE.fullmatch(value):
        value = str(variables[variable[1]])
    return IPv6Network(value)


def _number(value: int | str, variables: Variables) -> int:
    if isinstance(value, int):
        return value
    variable = _VARIABLE.fullmatch(value)
    if variable is None:
        raise ValueError(f"neither a number nor a variable: {value!r}")
    return int(variables[variable[1]]) + int(variable[2] or 0)


def _timestamp_of(value: int | str, variables: Variables, now: int) -> int:
    """Read `now`, `now-150ms`, a number or a variable; units are 1/65536 s."""
    if isinstance(value, str) and (relative := _RELATIVE.fullmatch(value)):
        return now + int(relative[1] or 0) * 65536 // 1000
    return _number(value, variables)
