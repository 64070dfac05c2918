"""The search for what notices mutants: layer after layer, for every role alike.

Trying what the last document tells first makes a run quick and leaves nothing to trust:
a mutant counts as noticed only if it is noticed again.  The results of the layers are kept
in a file while a run goes on, and are taken from there as long as no source has changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import random
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pmip6.model
from pmip6.conformance.kill_report import (
    Fate,
    Found,
    Layer,
    explained,
    extent,
    is_nested,
    percent_noticed,
    rows,
    survivors,
    totals,
)
from pmip6.properties.faults.equivalence import inductive, take_over
from pmip6.vectors.files import check_writable, replace_file

WANTED_PERCENT = 95
PROCESSES = 2
PORTION = 40
"""So many mutants are tried again before what was found is kept."""
APART = 4
"""So many where each is looked at alone, and for long."""
AT_MOST = 150
"""So many are together where one look at a scenario or a configuration is for all."""
SEED = 5213
NESTED = "nested"
"""The part of the mutants that may be sampled."""
LEMMAS = "lemmas"

Tried = Callable[[Sequence[str]], Found]
"""Which of the mutants something notices, and by what."""

_WHERE = re.compile(
    r"^(\S+): (?:\d+|more|fewer) |\bin ([^\s,]+)(?:, where it fails by right)?$"
)
PACKAGE = Path(pmip6.model.__file__).resolve().parents[1]
SOURCES = ("model", "vectors", "properties", "conformance", "tests/golden")


@dataclass(frozen=True)
class Search:
    """What is tried one after the other.

    Args:
        again: Tries what noticed the mutants last.
        layers: The others by their titles.
        proofs: Title of the layer that proves mutants equivalent.
        settings: The settings of features and readings that the proofs are in.
        apart: Titles of the layers that look at each mutant alone, and for long.
    """

    again: Callable[[Sequence[str], Found], Found]
    layers: Mapping[str, Tried]
    proofs: str = ""
    settings: Sequence[str] = ()
    apart: Sequence[str] = ()


def told_in(document: Path) -> Found:
    """What the last document says of each mutant; nothing where there is none."""
    return rows(document.read_text("utf-8")) if document.is_file() else {}


def configuration_of(by: str) -> str:
    """The configuration in which a property or a count told a mutant."""
    match = _WHERE.search(by)
    return "" if match is None else match[1] or match[2]


def sampled(names: Sequence[str], size: int) -> list[str]:
    """So many of the names, the same in every run, in their order; all where 0."""
    if not size or size >= len(names):
        return list(names)
    chosen = set(random.Random(SEED).sample(names, size))
    return [name for name in names if name in chosen]


# ---- what is kept while a run goes on ----------------------------------------------------


def sources_digest(package: Path = PACKAGE) -> str:
    """A digest of all that decides the fate of a mutant."""
    digest = hashlib.sha256()
    for directory in SOURCES:
        for path in sorted((package / directory).rglob("*")):
            if path.suffix in (".py", ".toml"):
                digest.update(path.read_bytes())
    return digest.hexdigest()


class Kept:
    """The results of finished portions in a file, by what was tried.

    Args:
        path: The file; a broken one, and one of other sources, is begun anew.
        digest: Digest of the sources.
    """

    def __init__(self, path: Path, digest: str) -> None:
        self._path, self._digest = path, digest
        self._portions: dict[str, dict[str, list[str]]] = {}
        try:
            told = json.loads(path.read_text("utf-8"))
            if told["sources"] == digest:
                self._portions = told["portions"]
        except (OSError, ValueError, KeyError, TypeError):
            self._portions = {}

    def known(self, task: str, names: Iterable[str]) -> Found | None:
        """What a finished portion has found; None where it is still to be tried."""
        told = self._portions.get(self._key(task, names))
        if told is None:
            return None
        return {name: (Layer(layer), by) for name, (layer, by) in told.items()}

    def keep(self, task: str, names: Iterable[str], found: Found) -> None:
        """Keep what a portion has found."""
        told = {name: [layer.value, by] for name, (layer, by) in found.items()}
        self._portions[self._key(task, names)] = told
        kept = {"sources": self._digest, "portions": self._portions}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self._path, json.dumps(kept).encode())

    @staticmethod
    def _key(task: str, names: Iterable[str]) -> str:
        return hashlib.sha256("\n".join((task, *names)).encode()).hexdigest()


# ---- layer after layer -------------------------------------------------------------------


def settled(
    names: Sequence[str],
    search: Search,
    told: Found | None = None,
    kept: Kept | None = None,
    processes: int = PROCESSES,
) -> Found:
    """What settles the mutants.

    Args:
        names: The mutants.
        search: What is tried.
        told: What noticed them last, which is tried first.
        kept: Where the results of finished portions are.
        processes: So many work side by side.
    """
    found = noticed_last(names, search, told or {}, kept, processes)
    return tried(names, search, found, kept, processes)


def noticed_last(
    names: Sequence[str],
    search: Search,
    told: Found,
    kept: Kept | None,
    processes: int,
) -> Found:
    """The mutants that are noticed by what noticed them last; see `settled`."""

    def again(some: Sequence[str]) -> Found:
        return search.again(some, told)

    if any(told[n][0] is Layer.EQUIVALENT for n in names if n in told):
        _find_lemmas(search.settings, processes, kept)
    first = _told_portions([name for name in names if name in told], told)
    found = side_by_side("what noticed them last", again, first, processes, kept)
    print(f"noticed again: {len(found)} mutants", file=sys.stderr, flush=True)
    return found


def tried(
    names: Sequence[str],
    search: Search,
    found: Found,
    kept: Kept | None,
    processes: int,
) -> Found:
    """What settles the mutants, those that are found already left aside; see `settled`."""
    for title, layer in search.layers.items():
        left = [name for name in names if name not in found]
        if title == search.proofs and left:
            _find_lemmas(search.settings, processes, kept)
        some = portions(left, processes)
        if title in search.apart:
            some = [left[n : n + APART] for n in range(0, len(left), APART)]
        more = side_by_side(title, layer, some, processes, kept)
        found = found | more
        text = f"{title}: {len(left)} mutants, {len(found)} settled"
        print(text, file=sys.stderr, flush=True)
    return found


def _told_portions(names: Iterable[str], told: Found) -> list[list[str]]:
    """The names in portions; those that one configuration told are together."""
    groups: dict[tuple[Layer, str], list[str]] = {}
    for name in names:
        layer, by = told[name]
        if layer is not Layer.SURVIVES:
            in_one = layer in (Layer.PROPERTY, Layer.COUNT)
            where = configuration_of(by) if in_one else ""
            groups.setdefault((layer, where), []).append(name)
    return [
        group[n : n + PORTION]
        for group in groups.values()
        for n in range(0, len(group), PORTION)
    ]


def _find_lemmas(settings: Sequence[str], processes: int, kept: Kept | None) -> None:
    """Find what the arguments rest on, in all settings: it takes most of their time."""
    told = side_by_side(LEMMAS, _lemmas_of, [[s] for s in settings], processes, kept)
    take_over({name: tuple(map(int, by.split())) for name, (_, by) in told.items()})


def _lemmas_of(settings: Sequence[str]) -> Found:
    """The lemmas of each setting, by their numbers."""
    return {
        name: (Layer.EQUIVALENT, " ".join(map(str, inductive(name))))
        for name in settings
    }


def portions(names: Sequence[str], processes: int = PROCESSES) -> list[list[str]]:
    """The names in large portions, such that mutants of one rule are in several."""
    count = max(processes, -(-len(names) // AT_MOST))
    return [part for n in range(count) if (part := list(names[n::count]))]


_task: Tried | None = None
"""What the processes of a pool do: they inherit it, as it cannot be sent to them."""


def _work(names: Sequence[str]) -> tuple[Sequence[str], Found]:
    assert _task is not None
    return names, _task(names)


def side_by_side(
    title: str,
    task: Tried,
    some: Sequence[Sequence[str]],
    processes: int,
    kept: Kept | None,
) -> Found:
    """What a task gives for all portions of names; what is kept is not done again."""
    global _task
    _task = task
    found: Found = {}
    left: list[Sequence[str]] = []
    for portion in some:
        known = None if kept is None else kept.known(title, portion)
        if known is None:
            left.append(portion)
        else:
            found.update(known)
    done, every = 0, sum(map(len, left))
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for portion, told in pool.imap_unordered(_work, left):
            found.update(told)
            done += len(portion)
            print(f"{title}: {done} of {every}", file=sys.stderr, flush=True)
            if kept is not None:
                kept.keep(title, portion, told)
    return found


# ---- the command -------------------------------------------------------------------------


@dataclass(frozen=True)
class KillMatrix:
    """The kill matrix of a role.

    Args:
        document: File name of its document.
        doc: What its command is about.
        parts: The names of all mutants, by part; nested ones may be sampled.
        fates: What becomes of mutants: names, what was told of them last, what is kept,
            and the number of processes.
        report: The document, from the fates and from what was tried.
        why: The reasons of those that survive.
        option: The option that names a part.
        told_fate: The fate that the last document tells of a mutant of a part that is not
            chosen; without it such mutants are left out.
    """

    document: str
    doc: str | None
    parts: Mapping[str, Sequence[str]]
    fates: Callable[[Sequence[str], Found, Kept | None, int], list[Fate]]
    report: Callable[[Sequence[Fate], str], str]
    why: Mapping[str, str] = field(default_factory=dict[str, str])
    option: str = "--part"
    told_fate: Callable[[str, Found], Fate] | None = None

    def command(self, arguments: Sequence[str] | None = None) -> int:
        """Make it; 1 where fewer are noticed than wanted or one survives unexplained.

        Mutants of one copy of a condition do not count for that.
        """
        stem = self.document.removesuffix(".md")
        parser = argparse.ArgumentParser(prog=stem, description=self.doc)
        parser.add_argument("--out", type=Path, default=Path("docs"), metavar="DIR")
        parser.add_argument(
            self.option,
            action="append",
            choices=list(self.parts),
            dest="part",
            help="default: all",
        )
        parser.add_argument(
            "--sample",
            type=int,
            default=0,
            metavar="N",
            help="try so many nested mutants; 0, the default: all",
        )
        parser.add_argument(
            "--anew",
            action="store_true",
            help="do not try first what the last document tells, and take nothing kept",
        )
        parser.add_argument("--processes", type=int, default=PROCESSES, metavar="N")
        chosen = parser.parse_args(arguments)
        document: Path = chosen.out / self.document
        size: int = chosen.sample
        check_writable(document)
        taken = {
            part: sampled(names, size if part == NESTED else 0)
            for part, names in self.parts.items()
            if not chosen.part or part in chosen.part
        }
        kept = Kept(Path("build") / f"{stem}.json", sources_digest())
        last = told_in(document)
        fates = self.fates(
            [name for names in taken.values() for name in names],
            {} if chosen.anew else last,
            None if chosen.anew else kept,
            chosen.processes,
        )
        if self.told_fate is not None:
            new = {fate.name: fate for fate in fates}
            every = {
                name: new.get(name) or self.told_fate(name, last)
                for names in self.parts.values()
                for name in names
                if name in new or name in last
            }
            fates = list(every.values())
            taken = {
                part: [name for name in names if name in every]
                for part, names in self.parts.items()
            }
        tried = extent(_sizes(taken), _sizes(self.parts))
        print(tried)
        print(totals(fates))
        for fate in survivors(fates):
            told = f"`{fate.name}` ({fate.text}): {explained(fate, self.why)}"
            print(f"survives: {told}")
        replace_file(document, self.report(fates, tried).encode())
        counted = [fate for fate in fates if not is_nested(fate.name)]
        unexplained = {fate.name for fate in survivors(fates)} - set(self.why)
        return int(percent_noticed(counted) < WANTED_PERCENT or bool(unexplained))


def _sizes(parts: Mapping[str, Sequence[str]]) -> dict[str, int]:
    return {part: len(names) for part, names in parts.items()}
