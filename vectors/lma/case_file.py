"""A test case of one's own as a file: JSON with the steps as the ledger has them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal, cast

from pydantic import Field, ValidationError

from pmip6.model.errors import Pmip6Error
from pmip6.vectors.lma.purposes import Draft, Group, Kind, Purpose
from pmip6.vectors.lma.stimuli import Stimulus, as_document, from_document
from pmip6.vectors.packs.scenario_group import Strict

FORMAT = "pmip6-case/1"
PREFIX = "OWN_LMA_"
FIX = "pmip6 check --traces DIR writes such files; docs/certifying.md has one"
_NAME = re.compile(rf"{PREFIX}[\w.+-]+")


class CaseFile(Strict):
    """What a file has; `about` says in words where the case comes from."""

    format: Literal["pmip6-case/1"]
    name: str = Field(pattern=rf"^{_NAME.pattern}$")
    version: int = Field(ge=1)
    title: str
    about: str
    group: str
    kind: str
    requirements: list[str]
    needs: list[str]
    preamble: list[dict[str, object]]
    test: dict[str, object]
    probes: list[dict[str, object]]


def name_of(stem: str) -> str:
    """The id of a case by what it comes from; never one of a case that ships."""
    return PREFIX + re.sub(r"[^\w.+-]+", "-", stem)


def is_own(purpose: Purpose) -> bool:
    """Whether a case is none of those that ship."""
    return purpose.name.startswith(PREFIX)


def purpose_of(draft: Draft, stem: str) -> Purpose:
    """A draft as a case of one's own."""
    return Purpose(
        key=draft.key,
        group=draft.group,
        kind=draft.kind,
        title=draft.title,
        requirements=draft.requirements,
        preamble=draft.preamble,
        test=draft.test,
        probes=draft.probes,
        needs=draft.needs,
        name=name_of(stem),
        version=1,
    )


def case_document(purpose: Purpose) -> dict[str, object]:
    """The content of the file of a case, as JSON values."""
    return {
        "format": FORMAT,
        "name": purpose.name,
        "version": purpose.version,
        "title": purpose.title,
        "about": purpose.key,
        "group": purpose.group.name,
        "kind": purpose.kind.name,
        "requirements": list(purpose.requirements),
        "needs": list(purpose.needs),
        "preamble": [*map(as_document, purpose.preamble)],
        "test": as_document(purpose.test),
        "probes": [*map(as_document, purpose.probes)],
    }


def case_text(purpose: Purpose) -> str:
    """The file of a case."""
    return json.dumps(case_document(purpose), indent=1, ensure_ascii=False) + "\n"


def read_case(path: Path) -> Purpose:
    """The case of a file.

    Raises:
        Pmip6Error: It cannot be read, or is no such file.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise Pmip6Error(str(path), reason, FIX) from error
    except ValueError as error:
        raise Pmip6Error(str(path), f"is no JSON: {error}", FIX) from error
    return case_of(content, str(path))


def case_of(content: object, place: str) -> Purpose:
    """The case of the content of a file.

    Args:
        content: JSON values.
        place: Where they stand, for an error.

    Raises:
        Pmip6Error: They are no case.
    """
    try:
        told = CaseFile.model_validate(content, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise Pmip6Error(f"{place}: {where}", first["msg"], FIX) from error
    for name, known in (("group", Group.__members__), ("kind", Kind.__members__)):
        value = cast("str", getattr(told, name))
        if value not in known:
            fix = f"write one of {', '.join(known)}"
            raise Pmip6Error(f"{place}: {name}", f"there is no {value}", fix)
    return Purpose(
        key=told.about,
        group=Group[told.group],
        kind=Kind[told.kind],
        title=told.title,
        requirements=tuple(told.requirements),
        preamble=tuple(
            _stimulus(each, f"{place}: preamble.{n}")
            for n, each in enumerate(told.preamble)
        ),
        test=_stimulus(told.test, f"{place}: test"),
        probes=tuple(
            _stimulus(each, f"{place}: probes.{n}")
            for n, each in enumerate(told.probes)
        ),
        needs=tuple(told.needs),
        name=told.name,
        version=told.version,
    )


def _stimulus(document: dict[str, object], place: str) -> Stimulus:
    try:
        return from_document(document)
    except Pmip6Error as error:
        raise Pmip6Error(place, f"{error.place} {error.reason}", FIX) from error
