"""Vectors of octets: each shows one thing, every format rule is shown, others agree."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from tshark import dissect

from pmip6.model.errors import Pmip6Error
from pmip6.model.findings import FormatFault
from pmip6.model.wire.format_rules import FORMAT_RULES
from pmip6.model.wire.ipv6 import encode_ipv6
from pmip6.vectors.packs.field_schemas import Schema, field_schemas
from pmip6.vectors.packs.index import BUGS
from pmip6.vectors.packs.message_samples import samples
from pmip6.vectors.packs.pack import wire_text
from pmip6.vectors.packs.verification import verify_wire
from pmip6.vectors.packs.wire_group import (
    WIRE_FILE,
    WireVector,
    uncovered,
    unlike,
    wire_file,
    wire_vectors,
)

SEVERAL = {
    "binding-error/UnknownOption.length=8",
    "binding-error/with=BindingAuthorizationData",
    "handover-acknowledge/first=BindingAuthorizationData",
    "handover-initiate/first=BindingAuthorizationData",
    "pba-rejecting/first=BindingAuthorizationData",
    "pba/first=BindingAuthorizationData",
    "pbu/first=BindingAuthorizationData",
    "pbu/NonceIndices one octet further",
    "pbu/first=NonceIndices",
    "pbu/with=NonceIndices",
}
"""Those that break several rules, because one of the rules is never broken alone."""
NONCES = ("pbu/NonceIndices.home=", "pbu/NonceIndices.care_of=")
"""Their values: no message of the group may have nonce indices at all."""


@pytest.fixture(scope="module")
def vectors() -> list[WireVector]:
    return wire_vectors()


def test_every_format_rule_is_broken_by_a_vector(vectors: list[WireVector]) -> None:
    assert uncovered(vectors) == []


def test_a_vector_breaks_one_rule_or_none(vectors: list[WireVector]) -> None:
    several = {v.name for v in vectors if len(v.flags) > 1}
    assert {name for name in several if not name.startswith(NONCES)} == SEVERAL
    assert all(bool(v.flags) == (v.result != "valid") for v in vectors)


def test_names_and_octets_are_distinct(vectors: list[WireVector]) -> None:
    assert max(Counter(s.name for s in samples()).values()) == 1
    assert max(Counter((v.source, v.hex) for v in vectors).values()) == 1


def test_the_numbers(vectors: list[WireVector]) -> None:
    assert Counter(v.result for v in vectors) == {
        "valid": 1312,
        "invalid": 672,
        "acceptable": 620,
    }
    assert Counter(v.reception for v in vectors) == {
        "process": 2380,
        "discard": 157,
        "parameter_problem": 43,
        "binding_error": 24,
    }


def test_every_reserved_bit_is_set_alone(vectors: list[WireVector]) -> None:
    """As many bits as the layouts of RFC 5213, 5949 and 6275 leave reserved."""
    rules = {r.name for r in FORMAT_RULES if r.fault is FormatFault.RESERVED}
    octets = {
        v.flags[0]: set[str]() for v in vectors if v.flags and v.flags[0] in rules
    }
    assert octets.keys() == rules
    bits = Counter(
        v.flags[0]
        for v in vectors
        if v.flags and v.flags[0] in rules and v.name.startswith("pbu/")
    )
    assert bits["update_reserved"] == 9
    assert bits["header_reserved"] == bits["home_network_prefix_reserved"] == 8
    assert bits["mobile_node_link_layer_identifier_reserved"] == 16


def test_tshark_reads_every_valid_vector(
    vectors: list[WireVector], tmp_path: Path
) -> None:
    """It finds nothing malformed in those, and a wrong checksum where we say so."""
    shown = [
        v
        for v in vectors
        if v.result == "valid" or (v.flags == ["checksum"] and "checksum" in v.name)
    ]
    packets = [
        encode_ipv6(v.source, v.destination, bytes.fromhex(v.hex)) for v in shown
    ]
    for vector, read in zip(shown, dissect(packets, tmp_path), strict=True):
        fields = {f.get("name"): f.get("show") for f in read.iter("field")}
        protocols = {p.get("name") for p in read.iter("proto")}
        assert "mipv6" in protocols, vector.name
        if vector.result == "valid":
            assert "_ws.malformed" not in protocols, vector.name
            assert fields.get("mip6.mhtype") == str(int(vector.hex[4:6], 16))


def test_a_changed_octet_is_noticed(vectors: list[WireVector]) -> None:
    """The checksum covers all octets that are read."""
    for vector in [v for v in vectors if v.reception == "process"][::20]:
        changed = f"{int(vector.hex[:2], 16) ^ 1:02x}{vector.hex[2:]}"
        assert list(unlike(vector.model_copy(update={"hex": changed})))
        assert not list(unlike(vector))


CHANGES: dict[str, tuple[Callable[[Any], object], str]] = {
    "a name twice": (
        lambda told: told["vectors"].append(told["vectors"][0]),
        "has pbu/ordinary more than once",
    ),
    "one less": (lambda told: told["vectors"].pop(0), "has no vector pbu/ordinary"),
    "another result": (
        lambda told: told["vectors"][0].update(result="invalid"),
        "pbu/ordinary: by its octets, result is valid",
    ),
    "another field": (
        lambda told: told["vectors"][0]["fields"].update(sequence=2),
        "pbu/ordinary: by its octets, fields is",
    ),
    "no octets": (
        lambda told: told["vectors"][0].update(hex="zz"),
        "pbu/ordinary: the octets are not hexadecimal",
    ),
    "another name": (
        lambda told: told["vectors"].append(
            {**told["vectors"][0], "name": "pbu/ordinry"}
        ),
        "pbu/ordinry is no vector (like pbu/ordinary)",
    ),
    "octets of another": (
        lambda told: told["vectors"][0].update(
            {k: v for k, v in told["vectors"][1].items() if k != "name"}
        ),
        "pbu/ordinary: has octets that do not show what its name says",
    ),
    "another flag": (
        lambda told: told["flags"].update(checksum="nothing"),
        "flags: are not those of the vectors",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_file_is_refused_in_one_line(tmp_path: Path, change: str) -> None:
    act, reason = CHANGES[change]
    path = tmp_path / WIRE_FILE
    told = wire_file().model_dump(mode="json")
    act(told)
    path.write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(Pmip6Error) as error:
        verify_wire(path)
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_the_file_is_one_vector_to_a_line(tmp_path: Path) -> None:
    path = tmp_path / WIRE_FILE
    text = wire_text(wire_file())
    path.write_text(text, encoding="utf-8")
    assert verify_wire(path) == sum('"hex": ' in line for line in text.splitlines())


def test_it_is_told_what_bug_each_fault_finds() -> None:
    assert {rule.fault for rule in FORMAT_RULES} == BUGS.keys()
    assert len(set(BUGS.values())) == len(BUGS)


def test_the_schema_has_every_field_and_option_of_the_vectors() -> None:
    schema = field_schemas()
    for vector in wire_file().vectors:
        told: Any = vector.fields
        if told is None:
            continue
        (message,) = (s for s in schema.values() if told["kind"] in kinds_in(s))
        assert told.keys() == properties(message).keys()
        for option in told["options"]:
            assert option.keys() == properties(schema[option["option"]]).keys()


def properties(schema: Schema) -> dict[str, Any]:
    return cast("dict[str, Any]", schema["properties"])


def kinds_in(schema: Schema) -> list[str]:
    return properties(schema).get("kind", {}).get("enum", [])
