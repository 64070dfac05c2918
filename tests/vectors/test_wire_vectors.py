"""The wire form of runs: complete, deterministic, and checked by its own linter."""

import json
from pathlib import Path

import pytest

from pmip6.model.domain import Model, shipped_rules
from pmip6.model.errors import Pmip6Error
from pmip6.vectors import pack
from pmip6.vectors.scenarios import ROLES, SMALL_SEARCHES


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("vectors")
    pack.generate(made)
    return made


RULED_OUT = {
    rule.name
    for rule in shipped_rules()
    if rule.role in ROLES
    and not any(Model(chosen).has_rule(rule.name) for chosen, _ in SMALL_SEARCHES)
}
"""The other readings of docs/findings.md, restarts, and features of gateways: switched off."""


def test_every_rule_of_a_role_that_can_be_taken_has_a_run(folder: Path) -> None:
    named = {
        s["rule"]
        for path in folder.glob("*.json")
        for s in json.loads(path.read_text()).get("scenarios", ())
    }
    wanted = {r.name for r in shipped_rules() if r.role in ROLES}
    assert wanted - named == RULED_OUT
    assert len(RULED_OUT) < len(named)


def test_octets_and_meaning_agree(folder: Path) -> None:
    assert pack.verify(folder) > 100


def test_the_same_model_gives_the_same_octets(folder: Path, tmp_path: Path) -> None:
    for path in pack.generate(tmp_path):
        assert path.read_bytes() == (folder / path.name).read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"kind": "PBU"', '"kind": "PBX"', "Input should be 'PBU' or 'PBA'"),
        ('"lifetime": 75', '"lifetime": 76', "octets and meaning differ in lifetime"),
        ('"hex": "3b', '"hex": "zz', "the octets are not hexadecimal"),
        ('"licence"', '"license"', "Field required"),
    ],
)
def test_a_changed_file_is_refused_in_one_line(
    folder: Path, tmp_path: Path, old: str, new: str, reason: str
) -> None:
    text = (folder / "lma.json").read_text()
    assert old in text
    (tmp_path / "lma.json").write_text(text.replace(old, new, 1))
    with pytest.raises(Pmip6Error, match=reason) as error:
        pack.verify(tmp_path)
    assert "\n" not in str(error.value)


def test_a_folder_without_vectors_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Pmip6Error, match="has no vector files"):
        pack.verify(tmp_path)
