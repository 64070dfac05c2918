"""`pmip6 vectors verify`: a pack on its own, and against the model.

A scenario is played against its own tape: what the reference implementation sent has to be
as the masks want it, and what it was sent has to come out of the learnt variables.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from pmip6.conformance.packs.files import (
    exchange_file,
    scenario_file,
    schema_texts,
)
from pmip6.conformance.wire.capture import Capture, CapturedPacket
from pmip6.conformance.wire.capture import write as write_capture
from pmip6.model.errors import Pmip6Error
from pmip6.model.requirements.tables import load_requirements
from pmip6.vectors.packs.case_list import CASES_FILE, REMAKE, CaseFile, cases_of
from pmip6.vectors.packs.index import PACK_FILE, PackIndex, index_of, text_of
from pmip6.vectors.packs.packet_fields import Fields, packet_fields
from pmip6.vectors.packs.replay import Came, play
from pmip6.vectors.packs.scenario_group import (
    Event,
    ExchangeFile,
    PackRole,
    ScenarioFile,
    ScenarioVector,
    Step,
)
from pmip6.vectors.packs.tours import is_tour
from pmip6.vectors.packs.verification import FIX, content_of, read_file, verify

TSHARK_FIELDS = (
    "mip6.mhtype",
    "mip6.bu.seqnr",
    "mip6.bu.lifetime",
    "mip6.ba.status",
    "mip6.ba.seqnr",
    "mip6.ba.lifetime",
)


def lint(folder: Path) -> str:
    """Check a pack; gives one line about it.

    Raises:
        Pmip6Error: With the file, the vector and what is wrong.
    """
    index = read_file(folder / PACK_FILE, PackIndex)
    _check_files(folder, index)
    octets = verify(folder)
    _check_cases(folder, index)
    names = dict[str, ScenarioVector]()
    scenarios = exchanges = 0
    packets: list[bytes] = []
    for role in PackRole:
        if scenario_file(role) not in index.files:
            continue
        told = read_file(folder / scenario_file(role), ScenarioFile)
        for vector in told.vectors:
            place = f"{folder / scenario_file(role)}: {vector.name}"
            if vector.name in names:
                raise Pmip6Error(place, "is there twice", FIX)
            names[vector.name] = vector
            _check_scenario(vector, told, place)
            packets += packets_of(vector)
        scenarios += len(told.vectors)
        single = read_file(folder / exchange_file(role), ExchangeFile)
        _check_exchanges(single, names, f"{folder / exchange_file(role)}")
        exchanges += len(single.vectors)
    agreed = tshark_agrees(packets)
    asked = "tshark is not there" if agreed is None else f"tshark reads {agreed} alike"
    return (
        f"version {index.version}: {octets} messages, {scenarios} scenarios, "
        f"{exchanges} exchanges; {asked}"
    )


def _check_files(folder: Path, index: PackIndex) -> None:
    texts = {name: content_of(folder / name).decode() for name in index.files}
    for name, text in texts.items():
        if hashlib.sha256(text.encode()).hexdigest() != index.files[name].sha256:
            reason = f"is not the file that {PACK_FILE} has the hash of"
            raise Pmip6Error(str(folder / name), reason, FIX)
    if (
        text_of(index_of(texts, index.version))
        != content_of(folder / PACK_FILE).decode()
    ):
        reason = "does not tell of these files, of this model"
        raise Pmip6Error(str(folder / PACK_FILE), reason, FIX)
    for name, text in schema_texts().items():
        if content_of(folder / name).decode() != text:
            reason = "is not the schema of this version"
            raise Pmip6Error(str(folder / name), reason, FIX)
    for path in sorted(folder.glob("*.json")):
        if path.name not in {*texts, PACK_FILE, "lock.json"}:
            raise Pmip6Error(str(path), "is no file of the pack", "move it away")


def _check_cases(folder: Path, index: PackIndex) -> None:
    """Every case that is a scenario is there, where the pack has its role."""
    listed = read_file(folder / CASES_FILE, CaseFile)
    cases_of(folder)
    names: set[str] = set()
    for role in PackRole:
        if scenario_file(role) not in index.files:
            return  # some roles alone
        told = read_file(folder / scenario_file(role), ScenarioFile)
        versions = {v.name: v.version for v in told.vectors}
        names |= versions.keys()
        for each in listed.vectors:
            if versions.get(each.name, each.version) != each.version:
                place = f"{folder / CASES_FILE}: {each.name}"
                raise Pmip6Error(place, "has another version as a scenario", FIX)
    listed_names = {each.name for each in listed.vectors if not each.left_out}
    for name in sorted(names - listed_names):
        if not is_tour(name):
            raise Pmip6Error(str(folder / CASES_FILE), f"does not list {name}", FIX)


# ---- scenarios -------------------------------------------------------------------------


class UnlikeTape(Exception):
    """A packet for the implementation is not what it was; the argument says how."""


class Tape:
    """What the reference implementation sent, told once more."""

    def __init__(self, scenario: ScenarioVector) -> None:
        self._steps = iter(s for s in scenario.steps if s.event is not None)
        first = [s for s in scenario.steps if s.event is None]
        self._left: list[Came] = [c for step in first for c in _came(step)]
        self._state = scenario.state
        self._now_ms = 0

    def start(
        self,
        role: PackRole,
        settings: Fields,
        time_of_day: int,
        readings: Sequence[str],
    ) -> None:
        """It needs no settings."""

    def apply(self, event: Event, data: bytes) -> Sequence[Came]:
        """What came of the next step."""
        step = next(self._steps)
        if data.hex() != (event.hex or ""):
            raise UnlikeTape(f"{step.words}: the insertions change the packet")
        self._left += _came(step)
        return self.advance(self._now_ms)

    def advance(self, to_ms: int) -> Sequence[Came]:
        """What came until then."""
        self._now_ms = to_ms
        due = [came for came in self._left if came.at_ms <= to_ms]
        self._left = [came for came in self._left if came.at_ms > to_ms]
        return due

    def observe(self) -> list[Fields]:
        """The state at the end."""
        return self._state

    def stop(self) -> None:
        """There is nothing to end."""


def _came(step: Step) -> list[Came]:
    return [Came(e.at_ms, e.to, bytes.fromhex(e.hex)) for e in step.expect]


def _check_scenario(vector: ScenarioVector, told: ScenarioFile, place: str) -> None:
    if vector.settings not in told.settings:
        raise Pmip6Error(place, f"there are no settings {vector.settings}", FIX)
    for name in vector.requirements:
        if name not in load_requirements():
            raise Pmip6Error(place, f"{name} is no requirement", FIX)
    try:
        wrong = play(vector, {}, told.role, told.time_of_day, Tape(vector))
    except ValueError as error:
        raise Pmip6Error(place, f"octets cannot be read: {error}", FIX) from error
    except (UnlikeTape, StopIteration) as error:
        raise Pmip6Error(place, str(error) or "has a step too many", FIX) from error
    if wrong:
        raise Pmip6Error(place, f"its octets are not as its masks say: {wrong}", FIX)


def packets_of(vector: ScenarioVector) -> Iterator[bytes]:
    """The packets that the reference implementation sends in a scenario."""
    for step in vector.steps:
        for expected in step.expect:
            yield bytes.fromhex(expected.hex)


def _check_exchanges(
    told: ExchangeFile, scenarios: dict[str, ScenarioVector], place: str
) -> None:
    for vector in told.vectors:
        scenario = scenarios.get(vector.scenario)
        number = vector.name.rpartition("/")[2]
        steps = [] if scenario is None else scenario.steps
        if not number.isdecimal() or not 1 <= int(number) <= len(steps):
            raise Pmip6Error(f"{place}: {vector.name}", "is in no scenario", FIX)
        step = steps[int(number) - 1]
        here = [(e.mask, e.hex) for e in vector.step.expect]
        there = [(e.mask, e.hex) for e in step.expect][: len(here)]
        if vector.step.event != step.event or here != there:
            reason = f"is not step {number} of {vector.scenario}"
            raise Pmip6Error(f"{place}: {vector.name}", reason, FIX)


# ---- tshark ----------------------------------------------------------------------------


def tshark_agrees(packets: Sequence[bytes]) -> int | None:
    """Ask tshark about PBUs and PBAs; gives how many, None where it is not installed.

    Raises:
        Pmip6Error: It reads one otherwise.
    """
    program = shutil.which("tshark")
    if program is None:
        return None
    wanted = {data: _as_tshark(found) for data, found in _signalling(packets)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pack.pcapng"
        kept = tuple(CapturedPacket(0, data) for data in wanted)
        write_capture(path, Capture(kept))
        fields = [part for name in TSHARK_FIELDS for part in ("-e", name)]
        run = subprocess.run(
            [program, "-n", "-r", str(path), "-T", "fields", *fields],
            capture_output=True,
            text=True,
            check=False,
        )
    lines = run.stdout.splitlines()
    if run.returncode or len(lines) != len(wanted):
        reason = run.stderr.strip() or f"{len(lines)} lines for {len(wanted)} packets"
        raise Pmip6Error("tshark", reason, "run tshark on the capture of a scenario")
    for line, (data, told) in zip(lines, wanted.items(), strict=True):
        if line.split("\t") != told:
            reason = f"reads {line.split()} where the vector says {told}"
            raise Pmip6Error(f"tshark: {data.hex()}", reason, REMAKE)
    return len(lines)


def _signalling(packets: Sequence[bytes]) -> Iterator[tuple[bytes, Fields]]:
    for data in packets:
        found = packet_fields(data)
        if found["kind"] in ("PBU", "PBA"):
            yield data, found


def _as_tshark(found: Fields) -> list[str]:
    sequence, lifetime = str(found["sequence"]), str(found["lifetime"])
    if found["kind"] == "PBU":
        return ["5", sequence, lifetime, "", "", ""]
    status = found["status"]
    assert isinstance(status, int)
    return ["6", "", "", str(status), sequence, lifetime]
