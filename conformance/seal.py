"""The seal of a result: hashes of all files in its folder, and a chain over its cases.

Each case has a hash of what is told of it and of the case before, so that none can be
taken out, changed or moved; the seal is the hash of the last one, of the rest of the
document, and of every file beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast

from pmip6.conformance.evidence import (
    FINDINGS_FILE,
    JUNIT_FILE,
    RESULT_FILE,
    STATE_FILE,
    STATES,
)
from pmip6.conformance.wire.capture import read
from pmip6.model.errors import Pmip6Error

CHAIN, FILES, SEAL = "sha256", "files", "seal"
Document = dict[str, object]


def sealed(document: Mapping[str, object], folder: Path) -> Document:
    """The result with its seal; the other files of the folder are as they will stay.

    Raises:
        Pmip6Error: A file cannot be read.
    """
    cases, last = list[Document](), ""
    for case in _cases(document):
        last = _hash(last, case)
        cases.append({**case, CHAIN: last})
    files = {path.name: _hash_of(path) for path in _beside(folder)}
    whole = {**document, "cases": cases, FILES: files}
    return {**whole, SEAL: _hash(last, whole)}


def faults_of(folder: Path) -> list[str]:
    """What is wrong with a result, one line each; nothing where it is as it was made.

    Raises:
        Pmip6Error: There is no result, or it cannot be read.
    """
    document = load_result(folder / RESULT_FILE)
    if document.get("complete") is not True:
        return [f"{RESULT_FILE}: the campaign was interrupted: it is not complete"]
    return [
        *_chain_faults(document),
        *_file_faults(document, folder),
        *_packet_faults(document, folder),
    ]


def _chain_faults(document: Document) -> Iterator[str]:
    last = ""
    cases = _cases(document)
    for case in cases:
        told = dict(case)
        claimed = told.pop(CHAIN, None)
        last = _hash(last, told)
        if claimed != last:
            yield f"{case.get('id')}: is not what was found, or a case before it is gone"
            return
    rest = {key: value for key, value in document.items() if key != SEAL}
    if document.get(SEAL) != _hash(last, rest):
        yield f"{RESULT_FILE}: does not fit its seal: a case, a file or a value is not there"
    planned = document.get("planned")
    if planned != len(cases):
        yield f"{RESULT_FILE}: has {len(cases)} of {planned} cases"


def _file_faults(document: Document, folder: Path) -> Iterator[str]:
    told = cast("dict[str, str]", document.get(FILES) or {})
    there = {path.name: path for path in _beside(folder)}
    for name in sorted({*told, *there}):
        if name not in there:
            yield f"{name}: is not there"
        elif name not in told:
            yield f"{name}: does not belong to the result"
        elif _hash_of(there[name]) != told[name]:
            yield f"{name}: is not what was written"


def _packet_faults(document: Document, folder: Path) -> Iterator[str]:
    """Captures that have not the packets of their case."""
    for case in _cases(document):
        name, count = f"{case.get('id')}.pcapng", case.get("packets", 0)
        if not count:
            continue
        try:
            held = len(read(folder / name).packets)
        except Pmip6Error as error:
            yield error.line()
            continue
        if held != count:
            yield f"{name}: has {held} of {count} packets"


def load_result(path: Path) -> Document:
    """The content of a result.

    Raises:
        Pmip6Error: There is none, or it cannot be read.
    """
    try:
        found: object = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Pmip6Error(
            str(path),
            f"cannot be read: {error.strerror}",
            "name a folder of certify --out",
        ) from error
    except ValueError as error:
        raise Pmip6Error(
            str(path), f"is no JSON: {error}", "run certify again"
        ) from error
    document = cast("Document", found) if isinstance(found, dict) else {}
    cases = document.get("cases")
    every = cast("list[object]", cases) if isinstance(cases, list) else [None]
    if not all(isinstance(case, dict) for case in every):
        raise Pmip6Error(str(path), "is no result", "name a folder of certify --out")
    return document


def _cases(document: Mapping[str, object]) -> list[Document]:
    found = document.get("cases")
    if not isinstance(found, list):
        return []
    return [cast("Document", each) for each in cast("list[object]", found)]


def _beside(folder: Path) -> Iterable[Path]:
    """The captures and the reports of the folder; others are no evidence."""
    states = map(STATE_FILE.format, STATES)
    reports = (folder / name for name in (JUNIT_FILE, FINDINGS_FILE, *states))
    return sorted([*folder.glob("*.pcapng"), *filter(Path.exists, reports)])


def _hash(before: str, document: object) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


def _hash_of(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise Pmip6Error(
            str(path), f"cannot be read: {error.strerror}", "check the folder"
        ) from error
