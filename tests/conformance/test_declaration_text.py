"""Templates of declarations: they are read as they stand, and say what every key means."""

import json
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from pmip6.conformance.declaration_text import declaration_schema, meanings, template
from pmip6.conformance.declarations import ROLES, load_any
from pmip6.conformance.lma.ics import advice, static_review
from pmip6.conformance.mag.declaration import DeclaredHandover, GatewayDeclaration
from pmip6.conformance.mag.ics import gateway_advice, gateway_review
from pmip6.conformance.wire.esp_end import EspSettings
from pmip6.reports.cli import run
from pmip6.vectors.fast_handover.model import HandoverScene

OPTIONAL = {"esp", "fast_handover"}
"""Tables that are there in comments."""


def _tables(kind: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The tables of a declaration by their keys."""
    return {
        key: field.annotation
        for key, field in kind.model_fields.items()
        if isinstance(field.annotation, type)
        and issubclass(field.annotation, BaseModel)
    }


@pytest.mark.parametrize("role", ROLES)
def test_a_template_is_a_declaration(role: str, tmp_path: Path) -> None:
    path = tmp_path / "iut.toml"
    path.write_text(template(role), "utf-8")
    declared = load_any(path)
    assert isinstance(declared, ROLES[role])
    content = tomllib.loads(template(role))
    assert set(content) == set(ROLES[role].model_fields) - OPTIONAL
    for key, table in _tables(ROLES[role]).items():
        assert set(content[key]) == set(table.model_fields)


@pytest.mark.parametrize("role", ROLES)
def test_every_key_is_explained(role: str) -> None:
    """But for the readings, of which docs/findings.md tells."""
    kinds = [ROLES[role], *_tables(ROLES[role]).values(), EspSettings, DeclaredHandover]
    silent = [
        f"{kind.__name__}.{key}"
        for kind in kinds
        for key in kind.model_fields
        if not meanings(kind).get(key) and key not in _tables(ROLES[role])
    ]
    assert [name for name in silent if not name.startswith("Readings.")] == []


def _with_all_tables(role: str) -> str:
    """A template whose tables in comments are used."""
    head, mark, rest = template(role).partition("# [[esp]]")
    used = [line.removeprefix("# ") for line in (mark + rest).splitlines()]
    keys = [line for line in used if line.startswith("[") or " = " in line]
    return "\n".join([head, *keys])


@pytest.mark.parametrize(
    ("text", "untested"),
    [
        (template("lma"), ["esp", "hooks.restart"]),
        (template("mag"), ["esp", "hooks.restart"]),
        (_with_all_tables("mag"), ["hooks.restart"]),
    ],
    ids=["lma", "mag", "mag with all tables"],
)
def test_a_template_does_not_contradict_itself(
    text: str, untested: list[str], tmp_path: Path
) -> None:
    """It lacks what no example can have, keys and a command of one's own: that is told."""
    path = tmp_path / "iut.toml"
    path.write_text(text, "utf-8")
    declared = load_any(path)
    if isinstance(declared, GatewayDeclaration):
        wrong, notes = list(gateway_review(declared)), gateway_advice(declared)
    else:
        wrong, notes = list(static_review(declared)), advice(declared)
    assert wrong == []
    told = [line for line in notes if "mandatory (RFC 5213, " in line]
    assert len(told) == len(untested), told
    for line, key in zip(told, untested, strict=True):
        assert line.startswith(f"{key}: item ") and "so that it is, " in line


def test_the_tables_in_comments_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "iut.toml"
    text = _with_all_tables("mag").replace(
        "spi_to_gateway = 4097", "spi_to_gateway = 999"
    )
    path.write_text(text, "utf-8")
    declared = load_any(path)
    assert isinstance(declared, GatewayDeclaration)
    assert [one.spi_to_gateway for one in declared.esp] == [999]
    assert declared.fast_handover is not None
    assert declared.fast_handover.scene is HandoverScene.FORWARDING


def test_the_schema_is_of_both_roles() -> None:
    schema = json.loads(declaration_schema())
    assert schema["discriminator"]["mapping"].keys() == ROLES.keys()
    assert set(schema["$defs"]) >= {"Declaration", "GatewayDeclaration"}
    assert schema["$defs"]["GatewayDeclaration"]["additionalProperties"] is False


def test_the_command_writes_them(capsys: pytest.CaptureFixture[str]) -> None:
    for what, text in (
        ("lma", template("lma")),
        ("mag", template("mag")),
        ("schema", declaration_schema()),
    ):
        assert run(["declare", what]) == 0
        assert capsys.readouterr().out == text
    assert run(["declare", "router"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
