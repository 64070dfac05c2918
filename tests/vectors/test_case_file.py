"""A case as a file is the case, and what is no case is told in a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pmip6.model.errors import Pmip6Error
from pmip6.vectors.case_file import (
    FOR_GATEWAYS,
    OwnCase,
    case_text,
    name_of,
    read_case,
)
from pmip6.vectors.lma.purposes import purposes
from pmip6.vectors.mag.purposes import gateway_purposes

SHIPPED = purposes()


def written(purpose: OwnCase, folder: Path) -> Path:
    path = folder / "a.case.json"
    path.write_text(case_text(purpose), "utf-8")
    return path


def test_a_case_that_ships_can_be_one_of_ones_own(tmp_path: Path) -> None:
    for purpose in SHIPPED[::10]:
        own = replace(purpose, name=name_of(purpose.name))
        assert read_case(written(own, tmp_path)) == own
    for for_gateways in gateway_purposes()[::10]:
        name = name_of(for_gateways.name, FOR_GATEWAYS)
        case = replace(for_gateways, name=name)
        assert read_case(written(case, tmp_path)) == case


def _other_format(content: dict[str, Any]) -> None:
    content["format"] = "pmip6-case/2"


def _more(content: dict[str, Any]) -> None:
    content["remark"] = "hello"


def _name_of_one_that_ships(content: dict[str, Any]) -> None:
    content["name"] = SHIPPED[0].name


def _other_group(content: dict[str, Any]) -> None:
    content["group"] = "FUN"


def _other_step(content: dict[str, Any]) -> None:
    content["test"] = {"node": "served", "gateway": "mag3"}


def _of_anchors_under_a_name_for_gateways(content: dict[str, Any]) -> None:
    content["name"] = name_of("x", FOR_GATEWAYS)


def _no_steps(content: dict[str, Any]) -> None:
    content["preamble"] = "attach"


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (_other_format, "format"),
        (_more, "remark"),
        (_name_of_one_that_ships, "name"),
        (_other_group, "group"),
        (_other_step, "test"),
        (_no_steps, "preamble"),
        (_of_anchors_under_a_name_for_gateways, "test"),
    ],
)
def test_what_is_no_case_is_told(
    spoil: Callable[[dict[str, Any]], None], place: str, tmp_path: Path
) -> None:
    own = replace(SHIPPED[0], name=name_of("x"))
    content = json.loads(case_text(own))
    spoil(content)
    path = tmp_path / "a.case.json"
    path.write_text(json.dumps(content))
    with pytest.raises(Pmip6Error) as caught:
        read_case(path)
    assert caught.value.place == f"{path}: {place}"
    assert caught.value.fix


@pytest.mark.parametrize("content", ["", "{", "[]", "\xff"])
def test_what_is_no_json_is_told(content: str, tmp_path: Path) -> None:
    path = tmp_path / "a.case.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(Pmip6Error, match=r"a\.case\.json"):
        read_case(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Pmip6Error, match="cannot be read"):
        read_case(tmp_path / "none.json")
