"""A test case of one's own as a file: JSON with the steps as the ledger has them.

Its name tells the role: `OWN_LMA_...` is for anchors, `OWN_MAG_...` for gateways.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar, cast

from pydantic import Field, ValidationError

from pmip6.model.errors import Pmip6Error
from pmip6.vectors.lma import stimuli as of_anchors
from pmip6.vectors.lma.purposes import Draft, Group, Kind, Purpose
from pmip6.vectors.mag import stimuli as of_gateways
from pmip6.vectors.mag.groups import Group as GatewayGroup
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import GatewayDraft, GatewayPurpose
from pmip6.vectors.packs.scenario_group import Strict

FORMAT = "pmip6-case/1"
FOR_ANCHORS, FOR_GATEWAYS = "OWN_LMA_", "OWN_MAG_"
"""What the names of cases of one's own begin with."""
FIX = "pmip6 check --traces DIR writes such files; docs/certifying.md has one"
OwnCase: TypeAlias = Purpose | GatewayPurpose
StepT = TypeVar("StepT")
MemberT = TypeVar("MemberT", bound=enum.Enum)


class CaseFile(Strict):
    """What a file has; `about` says in words where the case comes from.

    What an anchor has to support is named in `needs`; for a gateway it is one word, what
    has to be fixed for its domain (`GatewayDomain`).
    """

    format: Literal["pmip6-case/1"]
    name: str = Field(pattern=rf"^(?:{FOR_ANCHORS}|{FOR_GATEWAYS})[\w.+-]+$")
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


def name_of(stem: str, prefix: str = FOR_ANCHORS) -> str:
    """The id of a case by what it comes from; never one of a case that ships."""
    return prefix + re.sub(r"[^\w.+-]+", "-", stem)


def is_own(name: str) -> bool:
    """Whether the id of a case is none of those that ship."""
    return name.startswith((FOR_ANCHORS, FOR_GATEWAYS))


def purpose_of(draft: Draft, stem: str) -> Purpose:
    """A draft as a case of one's own."""
    return Purpose(**vars(draft), name=name_of(stem), version=1)


def gateway_purpose_of(draft: GatewayDraft, stem: str) -> GatewayPurpose:
    """The same for gateways."""
    name = name_of(stem, FOR_GATEWAYS)
    return GatewayPurpose(**vars(draft), name=name, version=1)


def case_document(purpose: OwnCase) -> dict[str, object]:
    """The content of the file of a case, as JSON values."""
    if isinstance(purpose, Purpose):
        needs, steps = [*purpose.needs], _steps(purpose, of_anchors.as_document)
    else:
        needs = [str(purpose.domain)]
        steps = _steps(purpose, of_gateways.as_document)
    return {
        "format": FORMAT,
        "name": purpose.name,
        "version": purpose.version,
        "title": purpose.title,
        "about": purpose.key,
        "group": purpose.group.name,
        "kind": purpose.kind.name,
        "requirements": list(purpose.requirements),
        "needs": needs,
        **steps,
    }


def _steps(
    purpose: OwnCase, document: Callable[[StepT], dict[str, object]]
) -> dict[str, object]:
    def told(step: object) -> dict[str, object]:
        return document(cast("StepT", step))

    return {
        "preamble": [*map(told, purpose.preamble)],
        "test": told(purpose.test),
        "probes": [*map(told, purpose.probes)],
    }


def case_text(purpose: OwnCase) -> str:
    """The file of a case."""
    return json.dumps(case_document(purpose), indent=1, ensure_ascii=False) + "\n"


def read_case(path: Path) -> OwnCase:
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


def case_of(content: object, place: str) -> OwnCase:
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
    kind = _member(Kind.__members__, told.kind, f"{place}: kind")
    requirements = tuple(told.requirements)
    if told.name.startswith(FOR_GATEWAYS):
        domains = {str(domain): domain for domain in GatewayDomain}
        needs = " and ".join(told.needs) or "nothing"
        preamble, test, probes = _told_steps(told, of_gateways.from_document, place)
        return GatewayPurpose(
            key=told.about,
            group=_member(GatewayGroup.__members__, told.group, f"{place}: group"),
            kind=kind,
            domain=_member(domains, needs, f"{place}: needs"),
            title=told.title,
            requirements=requirements,
            preamble=preamble,
            test=test,
            probes=probes,
            name=told.name,
            version=told.version,
        )
    before, step, after = _told_steps(told, of_anchors.from_document, place)
    return Purpose(
        key=told.about,
        group=_member(Group.__members__, told.group, f"{place}: group"),
        kind=kind,
        title=told.title,
        requirements=requirements,
        preamble=before,
        test=step,
        probes=after,
        needs=tuple(told.needs),
        name=told.name,
        version=told.version,
    )


def _member(known: Mapping[str, MemberT], name: str, place: str) -> MemberT:
    if name not in known:
        raise Pmip6Error(
            place, f"there is no {name}", f"write one of {', '.join(known)}"
        )
    return known[name]


def _told_steps(
    told: CaseFile, read: Callable[[dict[str, object]], StepT], place: str
) -> tuple[tuple[StepT, ...], StepT, tuple[StepT, ...]]:
    def step(document: dict[str, object], where: str) -> StepT:
        try:
            return read(document)
        except Pmip6Error as error:
            text = f"{error.place} {error.reason}"
            raise Pmip6Error(f"{place}: {where}", text, FIX) from error

    return (
        tuple(step(each, f"preamble.{n}") for n, each in enumerate(told.preamble)),
        step(told.test, "test"),
        tuple(step(each, f"probes.{n}") for n, each in enumerate(told.probes)),
    )
