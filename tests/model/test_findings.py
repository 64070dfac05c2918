"""The findings cite requirement ids and golden exchanges that exist."""

import json
import re
from pathlib import Path

import pytest

from pmip6.model.domain import RIGIDS, SWITCHES
from pmip6.model.requirements.tables import load_requirements

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "findings.md").read_text("utf-8")
REQUIREMENT = re.compile(r"\b\d{4}-[0-9.]+-[xy]?\d+\b")
GOLDEN = re.compile(r"\bGX-[A-Z]+-\d{3}\b")


@pytest.mark.parametrize("name", sorted(set(REQUIREMENT.findall(TEXT))))
def test_cited_requirement_is_in_the_tables(name: str) -> None:
    assert name in load_requirements()


@pytest.mark.parametrize("name", sorted(set(GOLDEN.findall(TEXT))))
def test_cited_golden_exchange_exists(name: str) -> None:
    assert (ROOT / "tests" / "golden" / f"{name}.json").is_file()


def test_uncertain_golden_exchanges_are_called_so() -> None:
    uncertain = {
        name
        for name in GOLDEN.findall(TEXT)
        if not json.loads((ROOT / "tests/golden" / f"{name}.json").read_text("utf-8"))[
            "certain"
        ]
    }
    sentences = re.split(r"\.\s|\n\n|\n- |\|\n", TEXT)
    for name in uncertain:
        around = [sentence for sentence in sentences if name in sentence]
        assert any("uncertain" in sentence for sentence in around), name


def test_every_row_of_the_summary_has_its_section() -> None:
    sections = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    linked = re.findall(r"^\| \[(.+?)\]\(#(.+?)\)", TEXT, re.MULTILINE)
    assert [title for title, _ in linked] == sections
    for title, anchor in linked:
        assert anchor == re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")


def test_every_switch_of_the_model_has_its_finding_and_no_other_is_named() -> None:
    cells = re.findall(r"^\| \[.+?\]\(.+?\) \| `(\w+)`", TEXT, re.MULTILINE)
    switches = {rigid.name for rigid in SWITCHES}
    assert set(cells) <= {rigid.name for rigid in RIGIDS}
    assert switches <= set(cells)
