"""The group `wire` of the vectors: octets of a Mobility Header, and what they say.

Each vector shows one thing: it is valid, or wrong for one reason, or something that a
sender must not send and a receiver takes nevertheless.  The codec and the rules of
reception of the model say which; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from typing import Literal, cast

from pydantic import BaseModel, ConfigDict

from pmip6.model.findings import FormatFault
from pmip6.model.requirements.tables import Level
from pmip6.model.wire.decoding import Decoded, decode
from pmip6.model.wire.format_rules import FORMAT_RULES
from pmip6.model.wire.message_conditions import kind_of
from pmip6.model.wire.messages import MobilityMessage
from pmip6.model.wire.option_format import MobilityOption
from pmip6.model.wire.reception import Reaction, receive
from pmip6.vectors.packs.message_samples import Sample, samples

WIRE_FILE = "wire.json"

IGNORED = frozenset(
    {
        FormatFault.RESERVED,
        FormatFault.PADDING,
        FormatFault.OPTION_ALIGNMENT,
        FormatFault.OCTETS_LEFT_OVER,
    }
)
"""Faults of a sender that leave a receiver with a message that it can read."""


class Result(Enum):
    """What a decoder has to say of the octets."""

    VALID = "valid"
    INVALID = "invalid"
    ACCEPTABLE = "acceptable"  # wrong of the sender, readable for the receiver


class WireVector(BaseModel):
    """Octets, and what they say.

    `flags` names the format rules that they break (none where valid), `requirements` the
    ids behind them, `offset` the first octet that breaks one.  `reception` is what a node
    does with the packet before its content counts (RFC 6275, section 9.2).  `fields` is
    the message as far as it can be read, null where it cannot.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    source: IPv6Address
    destination: IPv6Address
    hex: str
    result: Literal["valid", "invalid", "acceptable"]
    flags: list[str]
    requirements: list[str]
    offset: int | None
    reception: Literal["process", "discard", "binding_error", "parameter_problem"]
    fields: dict[str, object] | None


class WireFile(BaseModel):
    """All vectors of the group, and what each flag means."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["pmip6-wire/1"]
    licence: Literal["CC0-1.0"]
    flags: dict[str, str]
    vectors: list[WireVector]


def wire_vectors() -> list[WireVector]:
    """A vector for each sample that shows one thing, in the order of the samples.

    Octets that several samples share stand once; octets that break several rules are left
    out where others break each of these rules alone.
    """
    told: dict[tuple[IPv6Address, bytes], tuple[Sample, Decoded]] = {}
    for sample in samples():
        decoded = decode(
            sample.octets, sample.source, sample.destination, proxy_expected=True
        )
        told.setdefault((sample.source, sample.octets), (sample, decoded))
    alone = {flags[0] for _, d in told.values() if len(flags := flags_of(d)) == 1}
    return [
        wire_vector(sample, decoded)
        for sample, decoded in told.values()
        if len(flags_of(decoded)) < 2 or not alone.issuperset(flags_of(decoded))
    ]


def flags_of(decoded: Decoded) -> list[str]:
    """Names of the format rules that a message breaks, each once, in order of octets."""
    return list(dict.fromkeys(f.rule.name for f in decoded.findings))


def wire_vector(sample: Sample, decoded: Decoded) -> WireVector:
    """The vector of a sample."""
    found = decoded.findings
    reception = receive(decoded, fast_handover=True).reaction
    message = decoded.message if reception is Reaction.PROCESS else None
    return WireVector(
        name=sample.name,
        source=sample.source,
        destination=sample.destination,
        hex=sample.octets.hex(),
        result=result_of(decoded, reception).value,
        flags=flags_of(decoded),
        requirements=list(dict.fromkeys(r for f in found for r in f.requirements)),
        offset=found[0].offset if found else None,
        reception=_RECEPTIONS[reception],
        fields=None if message is None else message_fields(message),
    )


_RECEPTIONS: dict[
    Reaction, Literal["process", "discard", "binding_error", "parameter_problem"]
] = {
    Reaction.PROCESS: "process",
    Reaction.DISCARD: "discard",
    Reaction.BINDING_ERROR: "binding_error",
    Reaction.PARAMETER_PROBLEM: "parameter_problem",
}


def result_of(decoded: Decoded, reception: Reaction) -> Result:
    """Whether the octets are right, wrong, or wrong in a way that a receiver ignores."""
    if not decoded.findings:
        return Result.VALID if reception is Reaction.PROCESS else Result.INVALID
    if reception is Reaction.PROCESS and all(
        f.fault in IGNORED or f.level is not Level.MUST for f in decoded.findings
    ):
        return Result.ACCEPTABLE
    return Result.INVALID


def message_fields(message: MobilityMessage) -> dict[str, object]:
    """The fields of a message as plain data, by the names of the RFCs."""
    told = {
        field.name: plain(getattr(message, field.name))
        for field in fields(message)
        if field.name != "options"
    }
    options = [_option_fields(option) for option in message.options]
    return {"kind": kind_of(message).value, **told, "options": options}


def _option_fields(option: MobilityOption) -> dict[str, object]:
    told = {f.name: plain(getattr(option, f.name)) for f in fields(option)}
    return {
        "option": type(option).__name__,
        "number": int(option.type_number),
        "data": option.data().hex(),
        **told,
    }


def plain(value: object) -> object:
    """A value of a field as JSON has it; octet strings in hexadecimal."""
    match value:
        case bool() | None:
            return value
        case int():
            return int(value)
        case bytes():
            return value.hex()
        case IPv4Address() | IPv6Address():
            return str(value)
        case tuple():
            return [plain(each) for each in cast("tuple[object, ...]", value)]
        case _:
            return str(value)


def wire_file() -> WireFile:
    """The whole group."""
    vectors = wire_vectors()
    used = {flag for vector in vectors for flag in vector.flags}
    return WireFile(
        format="pmip6-wire/1",
        licence="CC0-1.0",
        flags={r.name: r.fault.value for r in FORMAT_RULES if r.name in used},
        vectors=vectors,
    )


def unlike(vector: WireVector) -> Iterator[str]:
    """What a vector says otherwise than the codec, a line each."""
    octets = bytes.fromhex(vector.hex)
    decoded = decode(octets, vector.source, vector.destination, proxy_expected=True)
    sample = Sample(vector.name, vector.source, vector.destination, octets)
    right = wire_vector(sample, decoded)
    for name in WireVector.model_fields:
        if _json(getattr(right, name)) != _json(getattr(vector, name)):
            yield f"{name} is {_json(getattr(right, name))}"


def _json(value: object) -> object:
    return str(value) if isinstance(value, IPv6Address) else value


def uncovered(vectors: Iterable[WireVector]) -> list[str]:
    """The format rules that no vector breaks."""
    used = {flag for vector in vectors for flag in vector.flags}
    return [rule.name for rule in FORMAT_RULES if rule.name not in used]
