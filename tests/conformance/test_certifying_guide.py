"""What docs/certifying.md tells to write is right: settings, keys and options."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from pmip6.conformance.declaration_text import template
from pmip6.conformance.declarations import ROLES, AnyDeclaration, load_any
from pmip6.conformance.expectations import Expectations
from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.probe import Prober
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.conformance.mag.reference_gateway import gateway_file
from pmip6.conformance.mag.serve import GatewayFile
from pmip6.conformance.toml_files import load
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.reports.cli import run
from pmip6.vectors.lma.purposes import purposes

TEXT = (Path(__file__).parents[2] / "docs" / "certifying.md").read_text("utf-8")
BLOCKS = dict(re.findall(r"```toml\n# (\S+)\n(.*?)```", TEXT, flags=re.S))
KINDS: dict[str, type[BaseModel]] = {
    "lma.toml": AnchorSettings,
    "mag.toml": GatewayFile,
    "expected.toml": Expectations,
}


@pytest.mark.parametrize("name", KINDS)
def test_a_file_of_the_guide_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(BLOCKS[name], "utf-8")
    assert isinstance(load(path, KINDS[name]), KINDS[name])
    assert set(BLOCKS) == set(KINDS)


def _read(name: str, role: str, folder: Path) -> tuple[BaseModel, AnyDeclaration]:
    """The settings of the guide, and the declaration that `pmip6 declare` writes."""
    told, declared = folder / name, folder / "iut.toml"
    told.write_text(BLOCKS[name], "utf-8")
    declared.write_text(template(role), "utf-8")
    return load(told, KINDS[name]), load_any(declared)


def test_the_lma_of_the_guide_is_as_the_template_declares(tmp_path: Path) -> None:
    told, declared = _read("lma.toml", "lma", tmp_path)
    assert isinstance(told, AnchorSettings) and isinstance(declared, Declaration)
    nodes = declared.nodes
    enabled = {node.identifier for node in told.nodes if node.enabled}
    assert enabled == {
        *nodes.identifiers(),
        *nodes.by_name,
        *nodes.several_prefixes,
        nodes.unprovided,
    }
    assert nodes.barred in {node.identifier for node in told.nodes} - enabled
    few = told.model_copy(update={"nodes": told.nodes[:30]})
    fewer = declared.model_copy(
        update={"nodes": nodes.model_copy(update={"count": 30})}
    )
    assert list(Prober(fewer, VirtualLink(ReferenceAnchor(few))).run()) == []


def test_the_mag_of_the_guide_is_as_the_template_declares(tmp_path: Path) -> None:
    told, declared = _read("mag.toml", "mag", tmp_path)
    assert isinstance(told, GatewayFile) and isinstance(declared, GatewayDeclaration)
    expected = gateway_file(declared)
    assert told.model_copy(update={"nodes": ()}) == expected.model_copy(
        update={"nodes": ()}
    )
    assert told.nodes == expected.nodes


def _paths(kind: type[BaseModel]) -> set[str]:
    found = set(kind.model_fields)
    for field in kind.model_fields.values():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found |= set(inner.model_fields)
    return found


def _rows() -> list[list[str]]:
    """The table of what real stacks differ in: keys of an LMA, of a MAG, and tests."""
    return [line.split("|")[2:5] for line in TEXT.splitlines() if line.count("|") == 5]


def test_every_key_of_the_table_exists() -> None:
    checked = 0
    for cells in _rows():
        for cell, role in zip(cells, ROLES, strict=False):
            for key in re.findall(r"`\[*([a-z_.]+)\]*`", cell):
                assert set(key.split(".")) <= _paths(ROLES[role]), (key, role)
                checked += 1
    assert checked > 40


def test_every_row_of_the_table_has_a_test() -> None:
    here = {path.stem for path in Path(__file__).parent.glob("test_*.py")}
    rows = [row for row in _rows() if row[2].strip() not in ("test", "---")]
    assert len(rows) == 22
    for row in rows:
        named = {name.strip() for name in row[2].split(",")}
        assert named <= here, named - here


def test_every_case_that_is_named_exists() -> None:
    """Ranges of cases by their ends; `...` stands for a whole group."""
    known = {purpose.name for purpose in purposes()}
    named = re.findall(r"TP_LMA_[A-Z]+_[A-Z]+_(?:\d+|\.\.\.)", TEXT)
    assert len(named) > 10
    for name in named:
        group = name.removesuffix("...")
        assert name in known or any(n.startswith(group) for n in known), name
    for row in TEXT.splitlines():
        first = re.match(r"\| `(TP_LMA_[A-Z]+_[A-Z]+)_\d+`", row)
        if first is not None:
            for number in re.findall(r"`_(\d+)`", row):
                assert f"{first[1]}_{number}" in known


def test_every_option_exists(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["certify", "--help"]) == 0
    known = capsys.readouterr().out
    for line in TEXT.splitlines():
        if "pmip6 certify" in line:
            for option in re.findall(r"(--[a-z]+)", line):
                assert option in known
