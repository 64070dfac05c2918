"""`pmip6 vectors verify`: each of its checks of a pack notices a fault of its kind.

The packs are that which ships, for one role, with the hashes in `pack.json` made again.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pmip6.conformance.packs.files import (
    exchange_file,
    scenario_file,
    schema_texts,
    shipped_folder,
)
from pmip6.conformance.packs.linter import check_exchanges, lint
from pmip6.conformance.packs.set_checks import (
    EVERY_PACK,
    check_boundaries,
    check_cases,
    check_files,
    check_lock,
    unlike_shipped,
)
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.packs.boundaries import BOUNDARIES_FILE, BoundaryFile, boundaries
from pmip6.vectors.packs.case_list import CASES_FILE
from pmip6.vectors.packs.index import (
    LOCK_FILE,
    PACK_FILE,
    PackIndex,
    index_of,
    text_of,
)
from pmip6.vectors.packs.scenario_group import ExchangeFile, PackRole, ScenarioFile
from pmip6.vectors.packs.verification import read_file
from pmip6.vectors.packs.wire_group import WIRE_FILE, WireFile

ROLE = PackRole.NEW_MAG
SCENARIOS, EXCHANGES = scenario_file(ROLE), exchange_file(ROLE)
Data = dict[str, Any]


def index_in(folder: Path) -> PackIndex:
    return read_file(folder / PACK_FILE, PackIndex)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """The pack that ships, for one role."""
    index = index_in(shipped_folder())
    folder = tmp_path / "pack"
    (folder / "schema").mkdir(parents=True)
    index.files = {
        name: told
        for name, told in index.files.items()
        if name in {*EVERY_PACK, SCENARIOS, EXCHANGES}
    }
    for name in (*index.files, *schema_texts()):
        shutil.copyfile(shipped_folder() / name, folder / name)
    (folder / PACK_FILE).write_text(text_of(index))
    return folder


def put(folder: Path, name: str, content: bytes) -> None:
    """Write a file of a pack, whose hash is made again."""
    (folder / name).write_bytes(content)
    index = index_in(folder)
    index.files[name].sha256 = hashlib.sha256(content).hexdigest()
    (folder / PACK_FILE).write_text(text_of(index))


def change(folder: Path, name: str, how: Callable[[Data], object]) -> None:
    """Change what a file says."""
    data = json.loads((folder / name).read_text())
    how(data)
    put(folder, name, json.dumps(data).encode())
    index = index_in(folder)
    index.files[name].vectors = len(data["vectors"])
    (folder / PACK_FILE).write_text(text_of(index))


# ---- files -----------------------------------------------------------------------------

OCTETS: dict[str, tuple[str, bytes, str]] = {
    "octets that are no text": (WIRE_FILE, b"\xff\xfe", "wire.json: is no JSON"),
    "half of it": (EXCHANGES, b'{"vectors": [', "is no JSON"),
    "a list": (EXCHANGES, b"[]", "no object with a list of vectors"),
    "vectors of another kind": (EXCHANGES, b'{"vectors": [1]}', "no object with"),
}


@pytest.mark.parametrize(("name", "content", "reason"), OCTETS.values(), ids=OCTETS)
def test_a_file_that_is_no_file_of_vectors_is_refused(
    pack: Path, name: str, content: bytes, reason: str
) -> None:
    put(pack, name, content)
    with pytest.raises(Pmip6Error, match=reason) as error:
        lint(pack)
    assert "\n" not in str(error.value)


def test_a_file_with_another_hash_is_refused(pack: Path) -> None:
    path = pack / EXCHANGES
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(Pmip6Error, match=rf"{EXCHANGES}: is not the file that"):
        check_files(pack, index_in(pack))


def test_a_file_of_no_pack_is_refused(pack: Path) -> None:
    (pack / "captures").mkdir()
    (pack / "captures" / "TP_LMA_REG_BV_01.pcapng").touch()
    assert check_files(pack, index_in(pack)) == 0
    for name in ("schema/more.json", "more.json", "README.txt", "captures/more.txt"):
        (pack / name).touch()
        with pytest.raises(Pmip6Error, match=rf"{name}: is no file of the pack"):
            check_files(pack, index_in(pack))
        (pack / name).unlink()


@pytest.mark.parametrize("name", [EXCHANGES, BOUNDARIES_FILE])
def test_a_file_that_is_not_listed_is_missed(pack: Path, name: str) -> None:
    index = index_in(pack)
    del index.files[name]
    with pytest.raises(Pmip6Error, match=rf"has no {name}"):
        check_files(pack, index)


def test_a_schema_is_that_of_this_version(pack: Path) -> None:
    path = pack / "schema" / "wire.json"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(Pmip6Error, match="is not the schema of this version"):
        check_files(pack, index_in(pack))


# ---- ids and versions ------------------------------------------------------------------


def a_tour(data: Data) -> Data:
    return next(v for v in data["vectors"] if v["name"].startswith("TOUR_"))


def empty_masks(data: Data) -> None:
    for step in data["vectors"][0]["steps"]:
        for expected in step["expect"]:
            expected["mask"] = {"kind": {"any": True}}


def other_number(data: Data) -> None:
    """One number of the settings is another one."""
    told = next(iter(data["settings"].values()))
    name = next(n for n, v in told.items() if isinstance(v, int) and v > 1)
    told[name] += 1


CHANGES: dict[str, tuple[str, Callable[[Data], object], int]] = {
    "an exchange with another state": (
        EXCHANGES,
        lambda data: data["vectors"][-1].update(before=[{}]),
        1,
    ),
    "no exchange": (EXCHANGES, lambda data: data["vectors"].pop(7), 0),
    "no scenario": (SCENARIOS, lambda data: data["vectors"].pop(0), 0),
    "masks that say nothing": (SCENARIOS, empty_masks, 1),
    "a tour of another name": (
        SCENARIOS,
        lambda data: a_tour(data).update(name="TOUR_NMAG_00000000"),
        1,
    ),
}


def changed(name: str, how: Callable[[Data], object]) -> tuple[PackIndex, str]:
    """A file of the pack that ships with a change, and a head that tells of it."""
    data = json.loads((shipped_folder() / name).read_text())
    how(data)
    text = json.dumps(data)
    return index_of({name: text}, index_in(shipped_folder()).version), text


@pytest.mark.parametrize(("name", "how", "others"), CHANGES.values(), ids=CHANGES)
def test_a_version_has_the_vectors_of_the_pack_that_ships(
    name: str, how: Callable[[Data], object], others: int
) -> None:
    index, text = changed(name, how)
    reason = rf"is .*, by its vectors .*{name}: .* is not as in"
    with pytest.raises(Pmip6Error, match=reason):
        unlike_shipped(index, {name: text}, PACK_FILE)
    index.version = f"{int(index.version.split('.')[0]) + 1}.0.0"
    assert unlike_shipped(index, {name: text}, PACK_FILE) == others


@pytest.mark.parametrize("name", [SCENARIOS, EXCHANGES])
def test_a_version_has_the_settings_of_the_pack_that_ships(name: str) -> None:
    index, text = changed(name, other_number)
    with pytest.raises(Pmip6Error, match=rf"{name}: is not that of version"):
        unlike_shipped(index, {name: text}, PACK_FILE)
    index.version = "99.0.0"
    with pytest.raises(Pmip6Error, match=r"version: is 99\.0\.0, by its vectors"):
        unlike_shipped(index, {name: text}, PACK_FILE)


LOCKS: dict[str, tuple[Callable[[Data], object], str]] = {
    "another version": (lambda data: data.update(version="1.0.0"), "version: is 1.0.0"),
    "another hash": (
        lambda data: data["files"][EXCHANGES].update(x="01234567"),
        "x: has not the hash",
    ),
    "another form": (lambda data: data.update(files=[]), "lock.json: files: "),
}


@pytest.mark.parametrize(("how", "reason"), LOCKS.values(), ids=LOCKS)
def test_the_lock_beside_a_pack_is_of_its_vectors(
    tmp_path: Path, how: Callable[[Data], object], reason: str
) -> None:
    data = json.loads((shipped_folder() / LOCK_FILE).read_text())
    index, texts = (
        index_in(shipped_folder()),
        {EXCHANGES: (shipped_folder() / EXCHANGES).read_text()},
    )
    data["files"] = {EXCHANGES: data["files"][EXCHANGES]}
    (tmp_path / LOCK_FILE).write_text(json.dumps(data))
    check_lock(tmp_path, index, texts)
    how(data)
    (tmp_path / LOCK_FILE).write_text(json.dumps(data))
    with pytest.raises(Pmip6Error, match=reason):
        check_lock(tmp_path, index, texts)


# ---- what files say of each other ------------------------------------------------------


def check_steps(folder: Path) -> None:
    told = read_file(folder / EXCHANGES, ExchangeFile)
    there = read_file(folder / SCENARIOS, ScenarioFile)
    check_exchanges(told, there, EXCHANGES)


STEPS: dict[str, tuple[Callable[[Data], object], str]] = {
    "other settings": (other_number, "settings: are not those"),
    "another time": (
        lambda data: data["vectors"][0].update(time_of_day=5),
        "time_of_day is not as in step",
    ),
    "other variables": (
        lambda data: data["vectors"][3].update(variables={"sequence1": 7}),
        "variables is not as in step",
    ),
    "no such step": (
        lambda data: data["vectors"][0].update(name="TP_FMAG_NEW_BV_01/99"),
        "is in no scenario",
    ),
    "another step": (
        lambda data: data["vectors"][0].update(step=data["vectors"][5]["step"]),
        "step is not as in step",
    ),
    "another id": (
        lambda data: data["vectors"][0].update(requirements=[]),
        "requirements is not as in step",
    ),
}


@pytest.mark.parametrize(("how", "reason"), STEPS.values(), ids=STEPS)
def test_an_exchange_is_a_step_of_a_scenario(
    pack: Path, how: Callable[[Data], object], reason: str
) -> None:
    change(pack, EXCHANGES, how)
    with pytest.raises(Pmip6Error, match=reason):
        check_steps(pack)


def test_a_mask_tells_a_kind(pack: Path) -> None:
    change(
        pack,
        SCENARIOS,
        lambda data: data["vectors"][0]["steps"][-1].update(
            expect=[
                {"at_ms": 0, "from_ms": 0, "until_ms": 9, "to": "x", "mask": {}}
                | {"hex": ""}
            ]
        ),
    )
    with pytest.raises(Pmip6Error, match="a mask tells no kind"):
        read_file(pack / SCENARIOS, ScenarioFile)


def test_a_scenario_is_a_case_of_the_list(pack: Path) -> None:
    told = read_file(pack / SCENARIOS, ScenarioFile)
    versions = {vector.name: vector.version for vector in told.vectors}
    check_cases(pack, versions)
    name = next(name for name in versions if name.startswith("TP_"))
    with pytest.raises(Pmip6Error, match=f"{name}: has another version"):
        check_cases(pack, versions | {name: versions[name] + 1})
    change(
        pack,
        CASES_FILE,
        lambda data: data["vectors"].remove(
            next(each for each in data["vectors"] if each["name"] == name)
        ),
    )
    with pytest.raises(Pmip6Error, match=f"does not list {name}"):
        check_cases(pack, versions)


BOUNDARIES: dict[str, tuple[Callable[[Data], object], str]] = {
    "no decision": (lambda data: data.update(decisions=[]), "decisions: are not"),
    "no octets": (lambda data: data.update(octets=[]), "octets: are not"),
    "other octets": (
        lambda data: data["octets"][0].update(vector="pbu"),
        "octets: are not shown by",
    ),
    "a scenario that is not there": (
        lambda data: data["decisions"][0]["conditions"][0].update(true="TOUR_1"),
        "TOUR_1 is no scenario",
    ),
}


@pytest.fixture(scope="module")
def right() -> BoundaryFile:
    wire = read_file(shipped_folder() / WIRE_FILE, WireFile).vectors
    return boundaries([ROLE], {}, wire, [])


@pytest.mark.parametrize(("how", "reason"), BOUNDARIES.values(), ids=BOUNDARIES)
def test_every_boundary_is_there_with_what_shows_it(
    tmp_path: Path, right: BoundaryFile, how: Callable[[Data], object], reason: str
) -> None:
    data = json.loads((shipped_folder() / BOUNDARIES_FILE).read_text())
    data["decisions"] = [d for d in data["decisions"] if d["role"] == ROLE]
    data["numbers"] = []
    path = tmp_path / BOUNDARIES_FILE
    sides = [c for d in data["decisions"] for c in d["conditions"]]
    names = {side.get(value) for side in sides for value in ("true", "false")}
    path.write_text(json.dumps(data))
    check_boundaries(path, right, names)
    how(data)
    path.write_text(json.dumps(data))
    with pytest.raises(Pmip6Error, match=reason):
        check_boundaries(path, right, names)
