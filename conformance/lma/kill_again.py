"""What is known of mutants before they are tried: what noticed them last, and portions.

Trying the cases of the last document first makes a run quick and leaves nothing to trust:
a mutant counts as noticed only if it is noticed again.  The results of the layers are kept
in a file while a run goes on, and are taken from there as long as no source has changed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

import pmip6.model
from pmip6.conformance.lma.kill_report import Layer
from pmip6.vectors.files import replace_file

Found = dict[str, tuple[Layer, str]]
"""The layer that notices a mutant, and what of it, by the name of the mutant."""

_ROW = re.compile(r"^\| `([^`]+)` \| .* \| ([a-z ]+)(?:: (.+))? \|$", re.MULTILINE)
_WHERE = re.compile(r"^(\S+): \d+ |\bin ([^\s,]+)(?:, where it fails by right)?$")
PACKAGE = Path(pmip6.model.__file__).resolve().parents[1]
SOURCES = ("model", "vectors", "properties", "conformance", "tests/golden")


def rows(text: str) -> Found:
    """The fate of each mutant as a document tells it."""
    return {name: (Layer(layer), by) for name, layer, by in _ROW.findall(text)}


def told_in(document: Path) -> Found:
    """What the last document says of each mutant; nothing where there is none."""
    return rows(document.read_text("utf-8")) if document.is_file() else {}


def configuration_of(by: str) -> str:
    """The configuration in which a property or a count told a mutant."""
    match = _WHERE.search(by)
    return "" if match is None else match[1] or match[2]


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
