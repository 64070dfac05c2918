"""The files of a pack: made, written, and compared with the lock of the one that ships.

`python -m pmip6.conformance.packs.files` makes the pack in vectors/shipped again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from concurrent.futures import ProcessPoolExecutor
from importlib.resources import files
from pathlib import Path

from pmip6.conformance.packs.boundary_ways import anchor_boundary_ways
from pmip6.conformance.packs.cases import (
    Cases,
    anchor_cases,
    anchor_ways,
    gateway_cases,
    gateway_ways,
    handover_cases,
    handover_ways,
    is_previous,
)
from pmip6.conformance.packs.gateway_boundary_ways import (
    gateway_boundary_ways,
    handover_boundary_ways,
)
from pmip6.conformance.packs.guard_facts import main as make_guards
from pmip6.conformance.packs.numeric_ways import numeric_ways
from pmip6.conformance.packs.rare_ways import rare_anchor_ways, rare_handover_ways
from pmip6.conformance.packs.recording import clock
from pmip6.conformance.packs.telling_ways import (
    telling_anchor_ways,
    telling_gateway_ways,
    telling_handover_ways,
)
from pmip6.conformance.packs.timed_ways import timed_anchor_ways
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.fast_handover.purposes import HandoverPurpose, handover_purposes
from pmip6.vectors.files import check_writable, replace_file
from pmip6.vectors.guards.numbers import numbers_in, numbers_of
from pmip6.vectors.guards.shipped import are_of_this_model as guards_are_of_this_model
from pmip6.vectors.packs.boundaries import (
    BOUNDARIES_FILE,
    BoundaryFile,
    Shown,
    boundaries,
)
from pmip6.vectors.packs.boundaries import summary as boundary_lines
from pmip6.vectors.packs.boundaries import text_of as boundaries_text
from pmip6.vectors.packs.case_list import CASES_FILE, REMAKE, CaseFile, cases_text
from pmip6.vectors.packs.index import (
    FIRST_VERSION,
    LOCK_FILE,
    PACK_FILE,
    Lock,
    LockFile,
    PackIndex,
    index_of,
    joined,
    lock_of,
    next_version,
    text_of,
)
from pmip6.vectors.packs.pack import run_texts, schema_documents, wire_text
from pmip6.vectors.packs.packet_fields import Fields
from pmip6.vectors.packs.scenario_group import (
    ExchangeFile,
    ExchangeVector,
    PackRole,
    ScenarioFile,
    ScenarioVector,
    group_schema,
    lines_of,
)
from pmip6.vectors.packs.suites import Coverage, rules_of, smallest, summary
from pmip6.vectors.packs.tours import are_of_this_model
from pmip6.vectors.packs.tours import main as make_tours
from pmip6.vectors.packs.verification import read_file
from pmip6.vectors.packs.wire_group import WIRE_FILE, WireFile, wire_file

SHIPPED = "shipped"
AT_ONCE = 2


def shipped_folder() -> Path:
    """The pack that ships."""
    return Path(str(files("pmip6.vectors"))) / SHIPPED


def scenario_file(role: PackRole) -> str:
    """The name of the file with the scenarios of a role."""
    return f"scenario-{role}.json"


def exchange_file(role: PackRole) -> str:
    """The name of the file with the exchanges of a role."""
    return f"exchange-{role}.json"


def _octets() -> dict[str, str]:
    return {
        WIRE_FILE: wire_text(wire_file()),
        CASES_FILE: cases_text(),
        **run_texts(),
    }


def _of(role: PackRole) -> Iterator[HandoverPurpose]:
    is_wanted = role is PackRole.PREVIOUS_MAG
    return (p for p in handover_purposes() if is_previous(p) is is_wanted)


_SOURCES: dict[PackRole, tuple[Callable[[], Cases], ...]] = {
    PackRole.LMA: (
        anchor_cases,
        anchor_ways,
        rare_anchor_ways,
        numeric_ways,
        anchor_boundary_ways,
        telling_anchor_ways,
        timed_anchor_ways,
    ),
    PackRole.MAG: (
        gateway_cases,
        gateway_ways,
        gateway_boundary_ways,
        telling_gateway_ways,
    ),
    PackRole.PREVIOUS_MAG: (
        lambda: handover_cases(_of(PackRole.PREVIOUS_MAG))[0],
        lambda: handover_ways(PackRole.PREVIOUS_MAG),
        lambda: handover_boundary_ways(PackRole.PREVIOUS_MAG),
        lambda: telling_handover_ways(PackRole.PREVIOUS_MAG),
    ),
    PackRole.NEW_MAG: (
        lambda: handover_cases(_of(PackRole.NEW_MAG))[1],
        lambda: handover_ways(PackRole.NEW_MAG),
        rare_handover_ways,
        lambda: handover_boundary_ways(PackRole.NEW_MAG),
        lambda: telling_handover_ways(PackRole.NEW_MAG),
    ),
}
"""What records the scenarios of a role: its cases, its tours, and other ways."""


def _recorded(role: PackRole, source: int) -> Cases:
    return _SOURCES[role][source]()


def _texts(cases: Cases, coverage: Coverage) -> tuple[dict[str, str], Shown]:
    """The files of a role, and the boundaries that their scenarios show."""
    shown: dict[str, Set[object]] = {
        each.scenario.name: each.sides | _numbers(cases.role, each.scenario)
        for each in cases.recorded
    }
    scenarios = smallest(
        [each.scenario for each in cases.recorded],
        coverage,
        cases.role,
        shown if coverage is Coverage.BOUNDARIES else None,
    )
    kept = {scenario.name for scenario in scenarios}
    exchanges = [
        exchange
        for each in cases.recorded
        if each.scenario.name in kept
        for exchange in each.exchanges
    ]
    told = ScenarioFile(
        role=cases.role,
        time_of_day=clock(0),
        rules=sorted(cases.rules),
        settings=cases.settings,
        vectors=scenarios,
    )
    single = ExchangeFile(
        role=cases.role, settings=cases.settings, vectors=different(exchanges)
    )
    texts = {
        scenario_file(cases.role): lines_of(told),
        exchange_file(cases.role): lines_of(single),
    }
    return texts, {name: sides for name, sides in shown.items() if name in kept}


def _numbers(role: PackRole, scenario: ScenarioVector) -> frozenset[object]:
    """The numbers of requests that a scenario for anchors shows."""
    is_anchor = role is PackRole.LMA
    return frozenset(numbers_in(scenario, clock(0)) if is_anchor else ())


def different(exchanges: Iterable[ExchangeVector]) -> list[ExchangeVector]:
    """The first of all that are alike: in their state, their stimulus and its outcome."""
    found: dict[str, ExchangeVector] = {}
    for exchange in exchanges:
        state = [
            {k: v for k, v in entry.items() if k != "remaining_ms"}
            for entry in exchange.before
        ]
        came = [
            [e.mask.get(name) for name in ("kind", "status", "code")]
            for e in exchange.step.expect
        ]
        alike = [exchange.settings, state, exchange.step.words, came]
        found.setdefault(json.dumps(alike, default=str), exchange)
    return list(found.values())


def vector_texts(
    roles: Sequence[PackRole] = tuple(PackRole),
    coverage: Coverage = Coverage.ALL,
    settings_named: Set[str] = frozenset(),
) -> dict[str, str]:
    """The files of vectors for these roles, by name; the same on any machine.

    Args:
        roles: Whose scenarios they have.
        coverage: The fewest scenarios that cover these are kept.
        settings_named: Scenarios with these settings alone, where some are named.

    Raises:
        Pmip6Error: There are no settings of such a name.
    """
    with ProcessPoolExecutor(AT_ONCE) as pool:
        octets = pool.submit(_octets)
        jobs = {
            role: [
                pool.submit(_recorded, role, source)
                for source in range(len(_SOURCES[role]))
            ]
            for role in roles
        }
        texts = octets.result()
        shown: dict[str, Set[object]] = {}
        settings: dict[str, Fields] = {}
        every_case: list[Cases] = []
        for first, *others in jobs.values():
            whole = first.result()
            for more in others:
                whole = whole.joined(more.result())
            every_case.append(whole)
        _check_settings(settings_named, every_case)
        for whole in every_case:
            found, boundaries_shown = _texts(
                whole.with_settings(settings_named), coverage
            )
            texts |= found
            shown |= boundaries_shown
            if whole.role is PackRole.LMA:
                settings = whole.settings
    wire = WireFile.model_validate_json(texts[WIRE_FILE]).vectors
    texts[BOUNDARIES_FILE] = boundaries_text(
        boundaries(roles, shown, wire, numbers_of(settings.values()))
    )
    wanted = {make(role) for role in roles for make in (scenario_file, exchange_file)}
    every = {make(role) for role in PackRole for make in (scenario_file, exchange_file)}
    return {n: t for n, t in sorted(texts.items()) if n in wanted or n not in every}


def _check_settings(named: Set[str], every: Iterable[Cases]) -> None:
    known = {name for cases in every for name in cases.settings}
    for name in sorted(named - known):
        raise Pmip6Error(
            name,
            "are no settings of these roles",
            f"choose some of {', '.join(sorted(known))}",
        )


# ---- the lock --------------------------------------------------------------------------


def shipped_lock() -> tuple[str, Lock]:
    """Version and lock of the pack that ships."""
    path = shipped_folder() / LOCK_FILE
    if not path.exists():
        return FIRST_VERSION, {}
    told = read_file(path, LockFile)
    return told.version, told.files


def schema_texts() -> dict[str, str]:
    """The JSON Schemas of the files, by name."""
    more = {
        "scenario": group_schema(ScenarioFile),
        "exchange": group_schema(ExchangeFile),
        "pack": PackIndex.model_json_schema(),
        "cases": CaseFile.model_json_schema(),
        "boundaries": BoundaryFile.model_json_schema(),
    }
    return {
        f"schema/{name}.json": json.dumps(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema},
            indent=1,
            sort_keys=True,
        )
        + "\n"
        for name, schema in {**schema_documents(), **more}.items()
    }


def pack_texts(vectors: dict[str, str]) -> dict[str, str]:
    """All files of a pack with these vectors; its version follows from the lock."""
    before, old = shipped_lock()
    lock = lock_of(vectors)
    left = {name: ids for name, ids in old.items() if name in lock}
    number = next_version(before, left, lock) if old else before
    return {
        **vectors,
        PACK_FILE: text_of(index_of(vectors, number)),
        **schema_texts(),
    }


def coverage_of(texts: dict[str, str]) -> list[str]:
    """What the scenarios of these files cover, in lines.

    A gateway has rules for what it does alone and in a handover: each has its role.
    """
    told = {
        role: ScenarioFile.model_validate_json(texts[scenario_file(role)])
        for role in PackRole
        if scenario_file(role) in texts
    }
    lines = [line for file in told.values() for line in summary(file)]
    if PackRole.LMA in told:
        lines.append(rules_of(PackRole.LMA, [told[PackRole.LMA]]))
    gateways = [file for role, file in told.items() if role is not PackRole.LMA]
    if len(gateways) == len(PackRole) - 1:
        lines.append(rules_of("gateways together", gateways))
    found = BoundaryFile.model_validate_json(texts[BOUNDARIES_FILE])
    return [*lines, *boundary_lines(found)]


def make_folders(folder: Path) -> None:
    """Make the folder of a pack, and see to it before a long run that it can be written.

    Raises:
        Pmip6Error: It cannot be made or written.
    """
    try:
        (folder / "schema").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or "cannot be made"
        raise Pmip6Error(str(folder), reason, "name another folder") from error
    for name in (PACK_FILE, f"schema/{Path(PACK_FILE).name}"):
        check_writable(folder / name)


def write(folder: Path, texts: dict[str, str]) -> list[Path]:
    """Write files into a folder.

    Raises:
        Pmip6Error: It cannot be written.
    """
    make_folders(folder)
    for name, text in texts.items():
        replace_file(folder / name, text.encode())
    return [folder / name for name in texts]


def main(tell: Callable[[str], None] = print) -> None:
    """Make the pack that ships again, and its lock; first the tours, if need be."""
    if not are_of_this_model():
        make_tours([])
    if not guards_are_of_this_model():
        make_guards([])
    vectors = vector_texts()
    texts = pack_texts(vectors)
    lock = joined(shipped_lock()[1], lock_of(vectors))
    number = json.loads(texts[PACK_FILE])["version"]
    told = LockFile(made_by=REMAKE, version=number, files=lock)
    write(shipped_folder(), texts)
    text = json.dumps(told.model_dump(), indent=0, sort_keys=True) + "\n"
    replace_file(shipped_folder() / LOCK_FILE, text.encode())
    tell(f"{shipped_folder()}: version {number}")


if __name__ == "__main__":
    main()
