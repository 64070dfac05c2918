"""`pmip6 vectors verify`, of the files of a pack together.

All are there and no others, with the hashes in the head of the pack, and no id means
anything else than in the pack that ships.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from pmip6.conformance.packs.captures import CAPTURES, SUFFIX
from pmip6.conformance.packs.files import (
    exchange_file,
    scenario_file,
    schema_texts,
    shipped_folder,
    shipped_lock,
)
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.guards.numbers import numbers_of
from pmip6.vectors.packs.boundaries import (
    BOUNDARIES_FILE,
    BoundaryFile,
    ConditionSides,
    GuardBoundaries,
    ValueBoundary,
    boundaries,
)
from pmip6.vectors.packs.case_list import CASES_FILE, CaseFile, cases_of
from pmip6.vectors.packs.index import (
    LOCK_FILE,
    PACK_FILE,
    LockFile,
    PackIndex,
    differences,
    index_of,
    lock_of,
    next_version,
    text_of,
)
from pmip6.vectors.packs.packet_fields import Fields
from pmip6.vectors.packs.scenario_group import PackRole
from pmip6.vectors.packs.scenarios import ROLES
from pmip6.vectors.packs.tours import is_tour
from pmip6.vectors.packs.verification import FIX, content_of, read_file
from pmip6.vectors.packs.wire_group import WIRE_FILE, WireFile

EVERY_PACK = frozenset(
    {WIRE_FILE, CASES_FILE, BOUNDARIES_FILE, *(f"{role.value}.json" for role in ROLES)}
)
"""The files of vectors that a pack has whatever roles it is for."""


def roles_in(index: PackIndex) -> list[PackRole]:
    """The roles that a pack has scenarios for."""
    return [role for role in PackRole if scenario_file(role) in index.files]


def check_files(folder: Path, index: PackIndex) -> int:
    """See that every file is there and as the head of the pack and this version have it.

    Gives how many vectors are not those of the pack that ships; none may be so under its
    version.

    Raises:
        Pmip6Error: A file is missing, or wrong, or none of the pack.
    """
    place = str(folder / PACK_FILE)
    wanted = EVERY_PACK.union(
        *({scenario_file(role), exchange_file(role)} for role in roles_in(index))
    )
    for name in sorted(wanted ^ index.files.keys()):
        what = "has no" if name in wanted else "is of no pack that has"
        raise Pmip6Error(place, f"{what} {name}", FIX)
    for name, text in schema_texts().items():
        if content_of(folder / name) != text.encode():
            reason = "is not the schema of this version"
            raise Pmip6Error(str(folder / name), reason, FIX)
    for path in _others(folder, index):
        raise Pmip6Error(str(path), "is no file of the pack", "move it away")
    texts = {name: _text_of(folder, name, index) for name in sorted(index.files)}
    told = text_of(index_of(texts, index.version))
    if content_of(folder / PACK_FILE) != told.encode():
        raise Pmip6Error(place, "does not tell of these files, of this model", FIX)
    if (folder / LOCK_FILE).exists():
        check_lock(folder, index, texts)
    return unlike_shipped(index, texts, place)


def _others(folder: Path, index: PackIndex) -> Iterator[Path]:
    """What lies in the folder and is no file of a pack."""
    known = {*index.files, PACK_FILE, LOCK_FILE, *schema_texts()}
    for path in sorted(folder.rglob("*")):
        is_capture = path.parent == folder / CAPTURES and path.suffix == SUFFIX
        name = path.relative_to(folder).as_posix()
        if not path.is_dir() and not is_capture and name not in known:
            yield path


def _text_of(folder: Path, name: str, index: PackIndex) -> str:
    """A file of vectors: an object of JSON, with the hash that the pack has of it."""
    content = content_of(folder / name)
    if hashlib.sha256(content).hexdigest() != index.files[name].sha256:
        reason = f"is not the file that {PACK_FILE} has the hash of"
        raise Pmip6Error(str(folder / name), reason, FIX)
    try:
        text = content.decode()
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Pmip6Error(str(folder / name), f"is no JSON: {error}", FIX) from error
    if not _is_group(told):
        raise Pmip6Error(str(folder / name), "is no object with a list of vectors", FIX)
    return text


def _is_group(told: object) -> bool:
    if not isinstance(told, dict):
        return False
    data = cast("dict[str, object]", told)
    vectors = data.get("vectors", data.get("scenarios", []))
    return isinstance(vectors, list) and all(
        isinstance(each, dict) for each in cast("list[object]", vectors)
    )


# ---- ids and versions ------------------------------------------------------------------


def unlike_shipped(index: PackIndex, texts: Mapping[str, str], place: str) -> int:
    """The number of vectors that are not as in the pack that ships, under its version none.

    Raises:
        Pmip6Error: Another version follows from the vectors.
    """
    shipped = read_file(shipped_folder() / PACK_FILE, PackIndex)
    others = [n for n, told in index.files.items() if told != shipped.files[n]]
    if len(index.files) < len(shipped.files) and BOUNDARIES_FILE in others:
        others.remove(BOUNDARIES_FILE)  # it is about the roles that are there
    if index.version == shipped.version and not others:
        return 0
    number, every = shipped_lock()
    lock = lock_of(texts)
    old = {name: ids for name, ids in every.items() if name in lock}
    changed = list(differences(old, lock))
    wanted = next_version(number, old, lock)
    if index.version != wanted:
        first = [f" ({name}: {each} is not as in {number})" for name, each in changed]
        reason = f"is {index.version}, by its vectors {wanted}{''.join(first[:1])}"
        raise Pmip6Error(f"{place}: version", reason, FIX)
    if not changed:
        reason = f"is not that of version {number}, though its vectors are"
        raise Pmip6Error(f"{place}: {others[0]}", reason, FIX)
    return sum(each in lock.get(name, {}) for name, each in changed)


def check_lock(folder: Path, index: PackIndex, texts: Mapping[str, str]) -> None:
    """See that the lock that lies in a folder is that of the vectors beside it.

    Raises:
        Pmip6Error: It cannot be read, or is of other vectors.
    """
    path = folder / LOCK_FILE
    told = read_file(path, LockFile)
    if told.version != index.version:
        reason = f"is {told.version}, that of {PACK_FILE} {index.version}"
        raise Pmip6Error(f"{path}: version", reason, FIX)
    for name, each in differences(told.files, lock_of(texts)):
        reason = f"has not the hash that it has in {name}"
        raise Pmip6Error(f"{path}: {each}", reason, FIX)


# ---- what files say of each other ------------------------------------------------------


def check_cases(folder: Path, scenarios: Mapping[str, int]) -> None:
    """See that scenarios are cases of the list, in their version, or tours.

    Args:
        folder: The pack.
        scenarios: The versions of its scenarios, by name.

    Raises:
        Pmip6Error: One is neither.
    """
    path = folder / CASES_FILE
    cases_of(folder)
    listed = {c.name: c for c in read_file(path, CaseFile).vectors if not c.left_out}
    for name, version in scenarios.items():
        if is_tour(name):
            continue
        if name not in listed:
            raise Pmip6Error(str(path), f"does not list {name}", FIX)
        if listed[name].version != version:
            raise Pmip6Error(
                f"{path}: {name}", "has another version as a scenario", FIX
            )


def every_boundary(
    folder: Path, roles: Sequence[PackRole], settings: Iterable[Fields]
) -> BoundaryFile:
    """The boundaries that a pack has to have, those of octets with what shows them.

    Args:
        folder: The pack.
        roles: Those that it has scenarios for.
        settings: Those of anchors.
    """
    wire = read_file(folder / WIRE_FILE, WireFile).vectors
    return boundaries(roles, {}, wire, numbers_of(settings))


def check_boundaries(
    path: Path, right: BoundaryFile, scenarios: Container[str]
) -> None:
    """See that every boundary is there, shown by scenarios of the pack.

    Args:
        path: The file.
        right: The boundaries that there are.
        scenarios: The names of the scenarios.

    Raises:
        Pmip6Error: One is missing, or is none, or its scenario is missing.
    """
    told = read_file(path, BoundaryFile)
    for name in BoundaryFile.model_fields:
        here, there = getattr(told, name), getattr(right, name)
        if _unshown(here) != _unshown(there):
            raise Pmip6Error(f"{path}: {name}", "are not those of the model", FIX)
    if told.octets != right.octets:
        reason = "are not shown by the vectors that it tells"
        raise Pmip6Error(f"{path}: octets", reason, FIX)
    shown = [c.true for d in told.decisions for c in d.conditions]
    shown += [c.false for d in told.decisions for c in d.conditions]
    for each in [*shown, *(number.vector for number in told.numbers)]:
        if each is not None and each not in scenarios:
            raise Pmip6Error(str(path), f"{each} is no scenario of the pack", FIX)


def _unshown(told: object) -> object:
    """The same without what shows it."""
    match told:
        case GuardBoundaries():
            return told.model_copy(update={"conditions": _unshown(told.conditions)})
        case ConditionSides():
            return told.model_copy(update={"true": None, "false": None})
        case ValueBoundary():
            return told.model_copy(update={"vector": None})
        case list():
            return [_unshown(each) for each in cast("list[object]", told)]
        case _:
            return told
