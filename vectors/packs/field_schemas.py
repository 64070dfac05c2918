"""JSON Schemas of what packets say: fields, options, and the masks of them.

They are made from the declarations of messages and options: these are the names that a
pack has.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import fields
from ipaddress import IPv4Address, IPv6Address

from pmip6.model.discovery import options as discovery
from pmip6.model.discovery.messages import DISCOVERY_CLASSES
from pmip6.model.wire.message_conditions import MessageKind
from pmip6.model.wire.messages import (
    BindingError,
    HandoverAcknowledge,
    HandoverInitiate,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
)
from pmip6.model.wire.option_format import MobilityOption, UnknownOption
from pmip6.model.wire.options import OPTION_CLASSES, Pad1, PadN

Schema = dict[str, object]
Properties = dict[str, Schema]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
NUMBERS: Schema = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}
OCTETS: Schema = {"type": "string", "pattern": "^([0-9a-f]{2})*$"}
ANYTHING: Schema = {}

CONDITIONS: Properties = {
    "any": {"const": True, "description": "free"},
    "between": {**NUMBERS, "description": "a number, both ends included"},
    "one_of": {"type": "array", "description": "one of these values or masks"},
    "same": {**TEXT, "description": "as in the packet that was given last: a path"},
    "clock_ms": {**NUMBER, "description": "a timestamp this near to the clock"},
    "within": {**TEXT, "description": "an address or a prefix of that network"},
    "newer_than": {**TEXT, "description": "after that variable, modulo 65536"},
    "learn": {**TEXT, "description": "keep the value as this variable"},
    "variable": {**TEXT, "description": "as that variable"},
    "plus": {**NUMBER, "description": "and so much more than it"},
}
MESSAGES: dict[type, tuple[MessageKind, ...]] = {
    ProxyBindingUpdate: (
        MessageKind.PROXY_BINDING_UPDATE,
        MessageKind.BINDING_UPDATE,
    ),
    ProxyBindingAcknowledgement: (
        MessageKind.PROXY_BINDING_ACKNOWLEDGEMENT,
        MessageKind.BINDING_ACKNOWLEDGEMENT,
    ),
    BindingError: (MessageKind.BINDING_ERROR,),
    HandoverInitiate: (
        MessageKind.HANDOVER_INITIATE,
        MessageKind.FMIPV6_HANDOVER_INITIATE,
    ),
    HandoverAcknowledge: (
        MessageKind.HANDOVER_ACKNOWLEDGE,
        MessageKind.FMIPV6_HANDOVER_ACKNOWLEDGE,
    ),
}
OPTIONS: tuple[type[MobilityOption], ...] = tuple(
    c for c in (*OPTION_CLASSES, UnknownOption) if c not in (Pad1, PadN)
)
DISCOVERY_OPTIONS = (
    discovery.SourceLinkLayerAddress,
    discovery.TargetLinkLayerAddress,
    discovery.PrefixInformation,
    discovery.Mtu,
    discovery.UnknownDiscoveryOption,
)
OTHERS: dict[str, Properties] = {
    "Error": {"type": NUMBER, "code": NUMBER, "word": NUMBER, "about": ANYTHING},
    "Tunnel": {"ecn": NUMBER, "inner": {"$ref": "#/$defs/Mask"}},
    "Packet": {
        "next_header": NUMBER,
        "hop_limit": NUMBER,
        "ecn": NUMBER,
        "payload": OCTETS,
    },
    "Octets": {"hex": OCTETS},
    "unreadable": {},
}
"""What is no message, by kind: an ICMPv6 error, packets in a tunnel and others."""
ABOUT_DATA = "its octets behind type and length"
ABOUT_UNKNOWN = "an option that no other of these is, or whose length is wrong for it"


def _object(properties: Mapping[str, object], required: Iterable[str]) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": sorted(required),
        "additionalProperties": False,
    }


def _of_type(hint: object) -> Schema:
    """The schema of a field, by its type."""
    if isinstance(hint, types.UnionType):
        return {"anyOf": [_of_type(each) for each in typing.get_args(hint)]}
    if typing.get_origin(hint) is tuple:
        return {"type": "array"}
    known: dict[object, Schema] = {
        bool: {"type": "boolean"},
        int: NUMBER,
        bytes: OCTETS,
        types.NoneType: {"type": "null"},
        IPv4Address: {"type": "string", "format": "ipv4"},
        IPv6Address: {"type": "string", "format": "ipv6"},
    }
    return known[hint]


def fields_of(kind: type) -> Properties:
    """The schemas of the fields of a message or an option, but for its options."""
    hints = typing.get_type_hints(kind)
    names = (field.name for field in fields(kind) if field.name != "options")
    return {name: _of_type(hints[name]) for name in names}


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").partition("\n")[0]


# ---- fields of vectors -----------------------------------------------------------------


def field_schemas() -> dict[str, Schema]:
    """The definitions of messages and options, by the names of their classes."""
    found: dict[str, Schema] = {}
    for option in OPTIONS:
        told: Properties = {
            "option": {"const": option.__name__},
            "number": {"const": option.TYPE} if option.TYPE >= 0 else NUMBER,
            "data": {**OCTETS, "description": ABOUT_DATA},
            **fields_of(option),
        }
        about = ABOUT_UNKNOWN if option is UnknownOption else _first_line(option)
        found[option.__name__] = {**_object(told, told), "description": about}
    every: Schema = {
        "type": "array",
        "items": {"anyOf": [_reference(option.__name__) for option in OPTIONS]},
    }
    for message, kinds in MESSAGES.items():
        told = {
            "kind": {"enum": [kind.value for kind in kinds]},
            **fields_of(message),
            "options": every,
        }
        about = _first_line(message)
        found[message.__name__] = {**_object(told, told), "description": about}
    return found


def message_schema() -> Schema:
    """Any message, or null."""
    messages = [_reference(message.__name__) for message in MESSAGES]
    return {"anyOf": [*messages, {"type": "null"}]}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


# ---- masks -----------------------------------------------------------------------------


def _masked(properties: Properties) -> Properties:
    """Each as it is, or a condition instead."""
    condition = _reference("Condition")
    return {name: {"anyOf": [told, condition]} for name, told in properties.items()}


def _options_mask(options: Iterable[type]) -> Schema:
    return _object({option.__name__: _option_mask(option) for option in options}, ())


def _option_mask(option: type) -> Schema:
    """All options of the name; `contain` some of them; `each` of those that there are."""
    one = _object(_masked({"data": OCTETS, **fields_of(option)}), ())
    some: Schema = {"type": "array", "items": one}
    return {
        "anyOf": [
            some,
            _object({"contain": some}, ["contain"]),
            _object({"each": one}, ["each"]),
        ],
        "description": _first_line(option),
    }


def mask_schemas() -> dict[str, Schema]:
    """The definitions of conditions and masks, a mask for each kind of packet."""
    ends: Properties = {
        "source": TEXT,
        "destination": TEXT,
        "flags": {"type": "array"},
    }
    masks: list[Schema] = []
    for message, kinds in MESSAGES.items():
        told: Properties = {
            "kind": {"enum": [kind.value for kind in kinds]},
            **_masked({**ends, **fields_of(message)}),
            "options": _reference("MobilityOptionsMask"),
        }
        masks.append(_object(told, ["kind"]))
    for kind in DISCOVERY_CLASSES:
        told = {
            "kind": {"const": kind.__name__},
            **_masked({**ends, **fields_of(kind)}),
            "options": _reference("DiscoveryOptionsMask"),
        }
        masks.append(_object(told, ["kind"]))
    for name, properties in OTHERS.items():
        told = {"kind": {"const": name}, **_masked({**ends, **properties})}
        masks.append(_object(told, ["kind"]))
    of_several: Properties = {"kind": _reference("Condition"), "proxy": ANYTHING}
    masks.append(_object(of_several, ["kind"]))
    return {
        "Condition": {**_object(CONDITIONS, ()), "minProperties": 1},
        "MobilityOptionsMask": _options_mask(OPTIONS),
        "DiscoveryOptionsMask": _options_mask(DISCOVERY_OPTIONS),
        "Mask": {"anyOf": masks},
    }
