"""What docs/certifying.md tells to write is right: settings, keys and options."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from pmip6.conformance.declarations import ROLES
from pmip6.conformance.expectations import Expectations
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.conformance.mag.serve import GatewayFile
from pmip6.conformance.toml_files import load
from pmip6.reports.cli import run

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


def test_the_files_fit_the_templates() -> None:
    """The namespaces of the guide are those of the examples of the keys."""
    lma, mag = (tomllib.loads(BLOCKS[name]) for name in ("lma.toml", "mag.toml"))
    examples = {
        key: field.examples[0]
        for kind in (Declaration, GatewayDeclaration)
        for key, field in kind.model_fields.items()
        if field.examples
    }
    assert lma["lma_address"] == examples["lma_address"]
    assert mag["proxy_coa"] == examples["proxy_coa"]


def _paths(kind: type[BaseModel]) -> set[str]:
    found = set(kind.model_fields)
    for field in kind.model_fields.values():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found |= set(inner.model_fields)
    return found


def test_every_key_of_the_table_exists() -> None:
    rows = [line.split("|")[2:4] for line in TEXT.splitlines() if line.count("|") == 4]
    checked = 0
    for cells in rows:
        for cell, role in zip(cells, ROLES, strict=True):
            for key in re.findall(r"`\[*([a-z_.]+)\]*`", cell):
                assert set(key.split(".")) <= _paths(ROLES[role]), (key, role)
                checked += 1
    assert checked > 40


def test_every_option_exists(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["certify", "--help"]) == 0
    known = capsys.readouterr().out
    for line in TEXT.splitlines():
        if "pmip6 certify" in line:
            for option in re.findall(r"(--[a-z]+)", line):
                assert option in known
