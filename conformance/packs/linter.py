"""`pmip6 vectors verify`: a pack on its own, and against the model.

A scenario is played against its own tape: what the reference implementation sent has to be
as the masks want it, and what it was sent has to come out of the learnt variables.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from pmip6.conformance.packs.files import exchange_file, scenario_file
from pmip6.conformance.packs.recording import from_zero
from pmip6.conformance.packs.set_checks import (
    check_boundaries,
    check_cases,
    check_files,
    every_boundary,
    roles_in,
)
from pmip6.conformance.wire.capture import Capture, CapturedPacket
from pmip6.conformance.wire.capture import write as write_capture
from pmip6.model.errors import Pmip6Error
from pmip6.model.requirements.tables import load_requirements
from pmip6.model.wire.numbers import TIMESTAMP_UNITS_PER_SECOND
from pmip6.vectors.packs.boundaries import BOUNDARIES_FILE
from pmip6.vectors.packs.case_list import REMAKE
from pmip6.vectors.packs.index import PACK_FILE, PackIndex
from pmip6.vectors.packs.masks import Memory, differences, learns
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
from pmip6.vectors.packs.verification import FIX, read_file, verify

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
    changed = check_files(folder, index)
    octets = verify(folder)
    names = dict[str, ScenarioVector]()
    exchanges = 0
    packets: list[bytes] = []
    settings: list[Fields] = []
    for role in roles_in(index):
        told = read_file(folder / scenario_file(role), ScenarioFile)
        for vector in told.vectors:
            place = f"{folder / scenario_file(role)}: {vector.name}"
            if vector.name in names:
                raise Pmip6Error(place, "is there twice", FIX)
            names[vector.name] = vector
            _check_scenario(vector, told, place)
            packets += packets_of(vector)
        single = read_file(folder / exchange_file(role), ExchangeFile)
        check_exchanges(single, told, f"{folder / exchange_file(role)}")
        exchanges += len(single.vectors)
        settings += told.settings.values() if role is PackRole.LMA else ()
    check_cases(folder, {name: vector.version for name, vector in names.items()})
    right = every_boundary(folder, roles_in(index), settings)
    check_boundaries(folder / BOUNDARIES_FILE, right, names)
    agreed = tshark_agrees(packets)
    asked = "tshark is not there" if agreed is None else f"tshark reads {agreed} alike"
    other = f"; {changed} vectors are not as in the pack that ships" if changed else ""
    return (
        f"version {index.version}: {octets} messages, {len(names)} scenarios, "
        f"{exchanges} exchanges; {asked}{other}"
    )


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


def check_exchanges(told: ExchangeFile, there: ScenarioFile, place: str) -> None:
    """See that exchanges are steps of scenarios, with what has been learnt before them.

    Args:
        told: The exchanges of a role.
        there: Its scenarios.
        place: The file of the exchanges.

    Raises:
        Pmip6Error: One is not.
    """
    if told.settings != there.settings:
        raise Pmip6Error(f"{place}: settings", "are not those of the scenarios", FIX)
    scenarios = {vector.name: vector for vector in there.vectors}
    with_variables: dict[str, list[Fields]] = {}
    for vector in told.vectors:
        scenario = scenarios.get(vector.scenario)
        name, _, number = vector.name.rpartition("/")
        steps = [] if scenario is None else scenario.steps
        if (
            scenario is None
            or name != scenario.name
            or not number.isdecimal()
            or not 1 <= int(number) <= len(steps)
        ):
            raise Pmip6Error(f"{place}: {vector.name}", "is in no scenario", FIX)
        if name not in with_variables:
            with_variables[name] = list(variables_before(scenario, there))
        wanted = vector.model_copy(
            update={
                "settings": scenario.settings,
                "requirements": scenario.requirements,
                "time_of_day": _time_at(there, steps[int(number) - 1].at_ms),
                "variables": with_variables[name][int(number) - 1],
                "step": from_zero(steps[int(number) - 1]),
            }
        )
        for key in type(vector).model_fields:
            if getattr(vector, key) != getattr(wanted, key):
                reason = f"{key} is not as in step {number} of {name}"
                raise Pmip6Error(f"{place}: {vector.name}", reason, FIX)


def _time_at(told: ScenarioFile, at_ms: int) -> int:
    return told.time_of_day + at_ms * TIMESTAMP_UNITS_PER_SECOND // 1000


def variables_before(scenario: ScenarioVector, told: ScenarioFile) -> Iterator[Fields]:
    """What the packets of the reference implementation teach before each step."""
    memory = Memory()
    for step in scenario.steps:
        yield dict(memory.variables)
        if step.event is not None and step.event.hex:
            memory.request = packet_fields(bytes.fromhex(step.event.hex))
        for expected in step.expect:
            if learns(expected.mask):
                found = packet_fields(bytes.fromhex(expected.hex))
                memory.time_of_day = _time_at(told, expected.at_ms)
                for _ in differences(expected.mask, found, memory):
                    pass  # that there are none is seen when it is played


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
