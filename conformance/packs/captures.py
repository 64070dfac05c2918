"""A capture for each scenario of a pack: what is sent, what the reference sends, and why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pmip6.conformance.packs.files import scenario_file
from pmip6.conformance.wire.capture import Capture, CapturedPacket, write
from pmip6.conformance.wire.link import MILLISECOND_NS
from pmip6.conformance.wire.virtual import EPOCH_NS
from pmip6.vectors.packs.scenario_group import (
    NETWORK,
    PackRole,
    ScenarioFile,
    ScenarioVector,
)
from pmip6.vectors.packs.verification import read_file

CAPTURES = "captures"
"""The folder of them, beside the files of the pack."""
SUFFIX = ".pcapng"


def write_captures(folder: Path) -> list[Path]:
    """Write captures of all scenarios of a pack beside it.

    Raises:
        Pmip6Error: They cannot be written.
    """
    place = folder / CAPTURES
    place.mkdir(exist_ok=True)
    paths: list[Path] = []
    for role in PackRole:
        if (folder / scenario_file(role)).exists():
            told = read_file(folder / scenario_file(role), ScenarioFile)
            for vector in told.vectors:
                paths.append(place / f"{vector.name}{SUFFIX}")
                write(paths[-1], capture_of(vector))
    return paths


def capture_of(vector: ScenarioVector) -> Capture:
    """The packets of a scenario, in order of time, with what they are about."""
    packets = tuple(sorted(_packets(vector), key=lambda packet: packet.time_ns))
    comment = f"{vector.name}: {vector.title} ({', '.join(vector.requirements)})"
    return Capture(packets, comment, NETWORK)


def _packets(vector: ScenarioVector) -> Iterator[CapturedPacket]:
    for step in vector.steps:
        event = step.event
        if event is not None and event.hex is not None:
            where = NETWORK if event.node is None else "access"
            yield CapturedPacket(
                EPOCH_NS + step.at_ms * MILLISECOND_NS,
                bytes.fromhex(event.hex),
                f"sent: {step.words}",
                outbound=True,
                interface=where,
            )
        for expected in step.expect:
            kind = expected.mask.get("kind")
            where = NETWORK if expected.to == NETWORK else "access"
            yield CapturedPacket(
                EPOCH_NS + expected.at_ms * MILLISECOND_NS,
                bytes.fromhex(expected.hex),
                f"expected: {kind} to {expected.to}, after: {step.words}",
                outbound=False,
                interface=where,
            )
