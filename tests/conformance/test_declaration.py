"""Declarations: the example is right, and what is wrong is one line with its fix."""

import json
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from pmip6.conformance.lma.declaration import Declaration, load_declaration
from pmip6.conformance.lma.in_memory import reference_declaration, run_case_in_memory
from pmip6.conformance.verdict import Verdict
from pmip6.model.domain import SWITCHES
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.lma.purposes import purposes_named

EXAMPLE = Path(__file__).parents[2] / "examples" / "anchor.toml"
TEXT = EXAMPLE.read_text("utf-8")


def _load(path: Path, text: str) -> Declaration:
    path.write_text(text, "utf-8")
    return load_declaration(path)


def test_the_example_has_every_key() -> None:
    declared = load_declaration(EXAMPLE)
    content = tomllib.loads(TEXT)
    assert set(content) == set(Declaration.model_fields)
    assert len(declared.nodes.identifiers()) == declared.nodes.count
    assert set(content["readings"]) == {r.name for r in SWITCHES}


def test_the_hash_is_of_what_is_declared(tmp_path: Path) -> None:
    path = tmp_path / "iut.toml"
    first = _load(path, TEXT).sha256
    assert len(first) == 64
    assert _load(path, TEXT + "# a comment\n").sha256 == first
    assert _load(path, TEXT.replace("count = 300", "count = 301")).sha256 != first


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "lma_address =",
            "lma_adress =",
            ["lma_adress: the key is unknown", "write lma_address"],
        ),
        ('role = "lma"', 'role = "lma"\ncolour = "red"', ["colour", "unknown"]),
        ('barred = "barred@example.org"', "", ["nodes.barred", "add the line"]),
        ("tolerance_ms = 200", "tolerance_ms = 0", ["timers.tolerance_ms"]),
        (
            "tolerance_ms = 200",
            "tolerance_ms = 900",
            ["tolerance_ms: 900 is too", "at most 500"],
        ),
        ('"2001:db8:1::99"', '"2001:db8:1::999999"', ["unlisted_proxy_coa"]),
        (
            '"2001:db8:1::99"',
            '"2001:db8:1::11"',
            ["already, in tester.proxy_coas"],
        ),
        ('role = "lma"', 'role = "mag"', ["role"]),
        ('"2001:db8:1::99"', '"ff02::1"', ["tester.unlisted_proxy_coa", "a multicast"]),
        ('"2001:db8:1::12"', '"fe80::1"', ["tester.proxy_coas[2]", "a link-local"]),
        (
            'next_hop = "2001:db8:1::1"',
            'next_hop = "::"',
            ["tester.next_hop", "unspec"],
        ),
        (
            '"2001:db8:1::11", ',
            "",
            [
                "tester.proxy_coas: more than 1 of them are needed",
                "(for example: proxy_coas = [",
            ],
        ),
        ('"2001:db8:1::11"', '"x", "y"', ["tester.proxy_coas", "at most 2 items"]),
        (
            TEXT[TEXT.index("[tester]") : TEXT.index("[nodes]")],
            "",
            ["tester: the key is missing (add the table: [tester])"],
        ),
        (
            '"named1@',
            '"nobody@',
            ["nodes.by_name: nobody@example.org is"],
        ),
        (
            'unknown = "nobody',
            'unknown = "barred',
            ["nodes.barred", "in nodes.unknown"],
        ),
        ("[timers]", "[timers", ["TOML", "(at line ", "[name]"]),
        ("equal_timestamp_is_lower = false", "", ["readings.equal_timestamp_is_lower"]),
        ("forwarding = true", "", ["traffic.forwarding", "add the line"]),
        (
            'correspondent = "2001:db8:1::c"',
            'correspondent = "2001:db8:1::11"',
            ["traffic.correspondent", "in tester.proxy_coas"],
        ),
    ],
)
def test_a_wrong_declaration_is_one_line(
    tmp_path: Path, old: str, new: str, said: list[str]
) -> None:
    assert old in TEXT
    with pytest.raises(Pmip6Error) as caught:
        _load(tmp_path / "iut.toml", TEXT.replace(old, new, 1))
    line = caught.value.line()
    assert caught.value.exit_code == 2
    assert "\n" not in line and "iut.toml" in line
    for word in said:
        assert word in line


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(Pmip6Error, match="cannot be read"):
        load_declaration(tmp_path / "missing.toml")


def test_the_reference_declares_itself() -> None:
    declared = reference_declaration()
    assert Declaration.model_validate_json(declared.model_dump_json()) == declared


def test_an_anchor_that_knows_its_nodes_by_their_interface_gets_those() -> None:
    declared = reference_declaration()
    first = "02:00:5e:00:53:fe"
    nodes = declared.nodes.model_copy(update={"first_link_layer_identifier": first})
    names = nodes.identifiers()[:3]
    found = [nodes.link_layer_identifier(name) for name in names]
    assert [f.hex(":") for f in found if f is not None] == [
        first,
        "02:00:5e:00:53:ff",
        "02:00:5e:00:54:00",
    ]
    assert nodes.link_layer_identifier(names[0], second=True) not in found
    provisioned = declared.model_copy(update={"nodes": nodes})
    (purpose,) = purposes_named(["TP_LMA_REG_BV_01"])
    result = run_case_in_memory(purpose, provisioned)
    assert result.verdict is Verdict.PASS
    sent = [p.data for p in result.packets if p.outbound]
    octets = nodes.link_layer_identifier(names[0])
    assert octets is not None and all(octets in data for data in sent)


@pytest.mark.parametrize("text", ["02:00", "x", "02-00-5e-00-53-fe"])
def test_what_is_no_link_layer_identifier_is_refused(text: str) -> None:
    values = reference_declaration().model_dump(mode="json")
    values["nodes"]["first_link_layer_identifier"] = text
    with pytest.raises(ValidationError, match="first_link_layer_identifier"):
        Declaration.model_validate_json(json.dumps(values), strict=True)
