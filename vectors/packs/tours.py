"""Tours: ways through the state graph of a role that take all pairs of edges together.

    python -m pmip6.vectors.packs.tours            writes `tours.json`
    python -m pmip6.vectors.packs.tours --check    fails if that would change it

The file has the edges and the pairs of each role, which is what coverage is measured
against, and tours that take all of them, whatever cases there are.  The name of a tour has
a hash of its steps in it: it never means anything else.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, cast

from pydantic import ValidationError

from pmip6.model.errors import Pmip6Error
from pmip6.vectors.fast_handover.model import DERIVED, HandoverScene
from pmip6.vectors.fast_handover.purposes import HandoverGroup, HandoverPurpose
from pmip6.vectors.fast_handover.stimuli import as_document as handover_document
from pmip6.vectors.fast_handover.stimuli import from_document as handover_stimulus
from pmip6.vectors.files import replace_file
from pmip6.vectors.lma.purposes import Group, Kind, Purpose
from pmip6.vectors.lma.stimuli import as_document as anchor_document
from pmip6.vectors.lma.stimuli import from_document as anchor_stimulus
from pmip6.vectors.mag.groups import Group as GatewayGroup
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import GatewayPurpose
from pmip6.vectors.mag.stimuli import as_document as gateway_document
from pmip6.vectors.mag.stimuli import from_document as gateway_stimulus
from pmip6.vectors.packs.index import hash_of_the_model
from pmip6.vectors.packs.observable import (
    Explored,
    Pair,
    SnapshotT,
    StimulusT,
    Tours,
    edges_of,
)
from pmip6.vectors.packs.role_graphs import (
    DOMAINS,
    anchor_graph,
    anchor_parts,
    gateway_graph,
    handover_graph,
)
from pmip6.vectors.packs.scenario_group import PackRole, Strict

COMMAND = "python -m pmip6.vectors.packs.tours"
TOURS_FILE = "tours.json"
AT_ONCE = 2
TOUR = "TOUR"
"""The first part of the name of a tour."""
_PARTS = {
    PackRole.LMA: "LMA",
    PackRole.MAG: "MAG",
    PackRole.PREVIOUS_MAG: "PMAG",
    PackRole.NEW_MAG: "NMAG",
}


class Tour(Strict):
    """A tour: what the implementation is like, and the stimuli.

    `where` are the features of an anchor, the domain of a gateway, or the scene of a fast
    handover.
    """

    name: str
    where: list[str]
    stimuli: list[dict[str, object]]


class RoleTours(Strict):
    """All edges of a role, its pairs as two places in their list, and its tours.

    Of the pairs in `given_up` timers allow none on the ways that lead there.
    """

    edges: list[str]
    pairs: list[tuple[int, int]]
    given_up: list[tuple[int, int]]
    tours: list[Tour]

    def pairs_by_name(self) -> frozenset[Pair]:
        """The pairs as names of edges."""
        return self._named(self.pairs)

    def given_up_by_name(self) -> frozenset[Pair]:
        """Those that are given up, likewise."""
        return self._named(self.given_up)

    def _named(self, pairs: Iterable[tuple[int, int]]) -> frozenset[Pair]:
        return frozenset((self.edges[one], self.edges[two]) for one, two in pairs)


class ToursFile(Strict):
    """The tours of all roles; `model` is a hash of the rules that they are derived from."""

    format: Literal["pmip6-tours/1"] = "pmip6-tours/1"
    made_by: str = COMMAND
    model: str
    roles: dict[PackRole, RoleTours]


# ---- derivation ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """A graph of a role with what makes it differ from the others."""

    where: tuple[str, ...]
    edges: frozenset[str]
    pairs: frozenset[Pair]
    given_up: set[Pair]
    tours: list[list[dict[str, object]]]


def _part(
    where: Iterable[str],
    role: PackRole,
    explored: Explored[StimulusT, SnapshotT],
    covered: set[Pair],
    document: Callable[[StimulusT], dict[str, object]],
) -> _Part:
    ways = Tours(explored, lambda edges: edges_of(role, edges), covered)
    edges, pairs = ways.graph.edges(), ways.graph.pairs()
    found = [[document(s) for s in tour] for tour in ways.all()]
    return _Part(tuple(where), edges, pairs, ways.given_up, found)


def _parts(role: PackRole, covered: set[Pair]) -> Iterator[_Part]:
    match role:
        case PackRole.LMA:
            for part in anchor_parts():
                found = anchor_graph(part)
                yield _part(part.needs, role, found, covered, anchor_document)
        case PackRole.MAG:
            for domain in DOMAINS:
                served = gateway_graph(domain)
                yield _part((domain,), role, served, covered, gateway_document)
        case PackRole.PREVIOUS_MAG | PackRole.NEW_MAG:
            for scene in DERIVED:
                handed = handover_graph(scene)
                yield _part((scene,), role, handed, covered, handover_document)


def derived(role: PackRole) -> RoleTours:
    """The edges, pairs and tours of a role."""
    covered: set[Pair] = set()
    parts = list(_parts(role, covered))
    edges = sorted(frozenset[str]().union(*(part.edges for part in parts)))
    places = {each: place for place, each in enumerate(edges)}
    pairs = frozenset[Pair]().union(*(part.pairs for part in parts))
    given_up = frozenset[Pair]().union(*(part.given_up for part in parts)) - covered
    return RoleTours(
        edges=edges,
        pairs=sorted((places[one], places[two]) for one, two in pairs),
        given_up=sorted((places[one], places[two]) for one, two in given_up),
        tours=[
            Tour(
                name=tour_name(role, part.where, steps),
                where=list(part.where),
                stimuli=steps,
            )
            for part in parts
            for steps in part.tours
        ],
    )


def tour_name(role: PackRole, where: tuple[str, ...], steps: object) -> str:
    """The name of a tour, with a hash of what it does."""
    text = json.dumps([list(where), steps], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{TOUR}_{_PARTS[role]}_{digest}"


def is_tour(name: str) -> bool:
    """Whether a scenario of this name is a tour."""
    return name.startswith(f"{TOUR}_")


# ---- the shipped tours -----------------------------------------------------------------


@cache
def shipped_tours() -> ToursFile:
    """The tours that ship.

    Raises:
        Pmip6Error: The file is broken, or the model has changed since.
    """
    try:
        text = (files("pmip6.vectors") / TOURS_FILE).read_text("utf-8")
        told = ToursFile.model_validate_json(text)
    except (OSError, ValidationError) as error:
        raise Pmip6Error(TOURS_FILE, f"cannot be read: {error}", COMMAND) from error
    if told.model != hash_of_the_model():
        raise Pmip6Error(TOURS_FILE, "is of another model", f"run {COMMAND}")
    return told


def are_of_this_model() -> bool:
    """Whether the tours that ship need not be made again."""
    path = Path(str(files("pmip6.vectors"))) / TOURS_FILE
    try:
        told = ToursFile.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValidationError):
        return False
    return told.model == hash_of_the_model()


def _title(where: Iterable[str]) -> str:
    return f"A way through the states ({', '.join(where) or 'plain'})"


def tours_of(role: PackRole) -> list[Tour]:
    """The tours of a role that ship."""
    return shipped_tours().roles[role].tours


def tour_of(role: PackRole, where: Iterable[str], stimuli: Sequence[object]) -> Tour:
    """A tour with these steps, as JSON values."""
    told, steps = tuple(where), cast("list[dict[str, object]]", list(stimuli))
    return Tour(name=tour_name(role, told, steps), where=list(told), stimuli=steps)


def anchor_tour(tour: Tour) -> Purpose:
    """A tour for anchors, as what the campaign runs."""
    *before, last = map(anchor_stimulus, tour.stimuli)
    return Purpose(
        key=tour.name,
        group=Group.CHK,
        kind=Kind.BV,
        title=_title(tour.where),
        requirements=(),
        preamble=tuple(before),
        test=last,
        probes=(),
        needs=tuple(tour.where),
        name=tour.name,
        version=1,
    )


def gateway_tour(tour: Tour) -> GatewayPurpose:
    """A tour for gateways."""
    *before, last = map(gateway_stimulus, tour.stimuli)
    return GatewayPurpose(
        key=tour.name,
        group=GatewayGroup.ACK,
        kind=Kind.BV,
        domain=GatewayDomain(tour.where[0]),
        title=_title(tour.where),
        requirements=(),
        preamble=tuple(before),
        test=last,
        probes=(),
        name=tour.name,
        version=1,
    )


def handover_tour(role: PackRole, tour: Tour) -> HandoverPurpose:
    """A tour for gateways with fast handover in one of their roles."""
    *before, last = map(handover_stimulus, tour.stimuli)
    return HandoverPurpose(
        key=tour.name,
        group=HandoverGroup.PRE if role is PackRole.PREVIOUS_MAG else HandoverGroup.NEW,
        kind=Kind.BV,
        scene=HandoverScene(tour.where[0]),
        title=_title(tour.where),
        requirements=(),
        preamble=tuple(before),
        test=last,
        probes=(),
        name=tour.name,
        version=1,
    )


def text_of(told: ToursFile) -> str:
    """The file as it is written: a tour to a line."""
    data = told.model_dump(mode="json")
    roles = cast("dict[str, dict[str, list[object]]]", data.pop("roles"))
    head = json.dumps(data, indent=1, sort_keys=True).removesuffix("\n}")
    parts = [f' "{role}": {_text_of_role(found)}' for role, found in roles.items()]
    return head + ',\n "roles": {\n' + ",\n".join(parts) + "\n }\n}\n"


def _text_of_role(found: dict[str, list[object]]) -> str:
    lines = [
        f'  "{name}": [\n   '
        + ",\n   ".join(json.dumps(each, sort_keys=True) for each in found[name])
        + "\n  ]"
        for name in ("edges", "tours")
    ]
    pairs = [
        f'  "{name}": {json.dumps(found[name], separators=(",", ":"))}'
        for name in ("given_up", "pairs")
    ]
    return "{\n" + ",\n".join([*lines, *pairs]) + "\n }"


def main(arguments: list[str] | None = None) -> int:
    """Write or check the file; 1 where it is to be checked and differs."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    is_check = parser.parse_args(arguments).check
    with ProcessPoolExecutor(AT_ONCE) as pool:
        roles = dict(zip(PackRole, pool.map(derived, PackRole), strict=True))
    text = text_of(ToursFile(model=hash_of_the_model(), roles=roles))
    path = Path(str(files("pmip6.vectors"))) / TOURS_FILE
    if is_check:
        is_same = path.exists() and path.read_text("utf-8") == text
        print(f"{TOURS_FILE}: {'up to date' if is_same else f'run {COMMAND}'}")
        return 0 if is_same else 1
    replace_file(path, text.encode())
    for role, found in roles.items():
        print(
            f"{role}: {len(found.edges)} edges, {len(found.pairs)} pairs, "
            f"{len(found.tours)} tours"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
