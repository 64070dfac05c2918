"""`pack.json`: what a pack is made of; and the lock that keeps ids from changing meaning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import Literal, cast

from pydantic import BaseModel

from pmip6.model.domain import shipped_rules
from pmip6.model.errors import Pmip6Error
from pmip6.model.findings import FormatFault
from pmip6.model.wire.format_rules import FORMAT_RULES
from pmip6.vectors.packs.scenario_group import Strict

PACK_FILE = "pack.json"
LOCK_FILE = "lock.json"
GENERATOR = "pmip6-conformance"
FIRST_VERSION = "1.0.0"
DIGEST = 8
"""Hexadecimal digits of a vector's hash in the lock."""

Group = Literal["wire", "runs", "scenario", "exchange", "cases", "boundaries"]

Lock = dict[str, dict[str, str]]
"""File, id of a vector, hash of the vector; empty where the id is withdrawn."""


BUGS = {
    FormatFault.HEADER_TRUNCATED: "reads behind the end of a packet that ends within "
    "the first octets of the header",
    FormatFault.CHECKSUM: "takes damaged messages, as the checksum or its pseudo-header "
    "is not looked at",
    FormatFault.PAYLOAD_PROTO: "leaves out whether something follows the header, and "
    "takes that for a part of the message or passes it on",
    FormatFault.OCTETS_MISSING: "trusts Header Len and reads behind the end of the packet",
    FormatFault.OCTETS_LEFT_OVER: "takes the length of the packet for that of the "
    "message, and reads options behind its end",
    FormatFault.UNKNOWN_MESSAGE: "reads a message of another type as one that it knows, "
    "or drops it without a Binding Error",
    FormatFault.MESSAGE_TRUNCATED: "reads fields behind the end of a message that is "
    "too short to have them",
    FormatFault.RESERVED: "compares a whole octet where some of its bits are reserved, "
    "and refuses or misreads what a later version may send",
    FormatFault.OPTION_TRUNCATED: "trusts the length of an option and reads behind the "
    "end of the message",
    FormatFault.PADDING: "refuses padding in another form, or takes its octets for options",
    FormatFault.OPTION_LENGTH: "reads an option by its type alone, and with it octets "
    "that belong to the next one",
    FormatFault.OPTION_ALIGNMENT: "reads an option where it should begin, not where it "
    "does, or breaks down at an address that is not aligned",
    FormatFault.OPTION_VALUE: "uses a value without a look at its range, as to shift by "
    "a prefix length of more than 128",
    FormatFault.OPTION_MISSING: "takes a message for whole, and uses a value that is not "
    "there",
    FormatFault.OPTION_DUPLICATE: "takes the first or the last of two options that "
    "contradict each other, where another decoder takes the other",
    FormatFault.FLAG: "goes by the type of a message alone, and does not see from a flag "
    "that it is another one",
    FormatFault.CARE_OF_ADDRESS: "tunnels to an address that is multicast, link-local, "
    "loopback or none",
    FormatFault.OPTION_MISPLACED: "acts on an option in whatever message it comes",
    FormatFault.OPTION_ORDER: "looks for an option wherever it is, though what it covers "
    "depends on its place",
    FormatFault.CODE: "takes a code that the other protocol has given a meaning",
}
"""What is wrong with a decoder that fails the vectors of a fault."""


class FlagNote(Strict):
    """What a flag of the group `wire` is about, the bug that it finds, and the ids."""

    about: str
    bug: str
    requirements: list[str]


class PackedFile(Strict):
    """A file of a pack."""

    group: Group
    vectors: int
    sha256: str


class LockFile(Strict):
    """The file of a lock, of the pack that ships in this version."""

    made_by: str
    version: str
    files: Lock


class PackIndex(Strict):
    """The head of a pack; `model` is a hash of the rules that it is derived from."""

    format: Literal["pmip6-pack/1"] = "pmip6-pack/1"
    licence: Literal["CC0-1.0"] = "CC0-1.0"
    version: str
    generator: str
    generator_version: str
    model: str
    files: dict[str, PackedFile]
    flags: dict[str, FlagNote]


def group_of(name: str) -> Group:
    """The group of a file, by its name."""
    if name.startswith("scenario-"):
        return "scenario"
    if name.startswith("exchange-"):
        return "exchange"
    if name == "cases.json":
        return "cases"
    if name == "boundaries.json":
        return "boundaries"
    return "wire" if name == "wire.json" else "runs"


def index_of(texts: Mapping[str, str], pack_version: str) -> PackIndex:
    """The head of a pack with these files of vectors."""
    flags: set[str] = set()
    files: dict[str, PackedFile] = {}
    for name, text in sorted(texts.items()):
        data = json.loads(text)
        flags |= set(data.get("flags", ()))
        files[name] = PackedFile(
            group=group_of(name),
            vectors=sum(1 for _ in _by_id(data)),
            sha256=hashlib.sha256(text.encode()).hexdigest(),
        )
    return PackIndex(
        version=pack_version,
        generator=GENERATOR,
        generator_version=version(GENERATOR),
        model=hash_of_the_model(),
        files=files,
        flags={
            rule.name: FlagNote(
                about=rule.fault.value,
                bug=f"The decoder {BUGS[rule.fault]}.",
                requirements=list(rule.requirements),
            )
            for rule in FORMAT_RULES
            if rule.name in flags
        },
    )


def hash_of_the_model() -> str:
    """A hash of the rules that ship, whatever their comments say."""
    rules = "\n".join(repr(rule.changed(doc="")) for rule in shipped_rules())
    return hashlib.sha256(rules.encode()).hexdigest()


def vectors_in(data: Mapping[str, object]) -> dict[str, str]:
    """Hashes of the vectors of a file, by their ids."""
    return {
        name: hashlib.sha256(json.dumps(vector, sort_keys=True).encode()).hexdigest()[
            :DIGEST
        ]
        for name, vector in _by_id(data)
    }


def _by_id(data: Mapping[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    told = data.get("vectors", data.get("scenarios", ()))
    for vector in cast("Iterable[dict[str, object]]", told):
        yield str(vector.get("name", vector.get("rule"))), vector


def differences(old: Lock, new: Lock) -> Iterator[tuple[str, str]]:
    """File and id of what is not as it was, or is gone, or was not there."""
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name, {}), new.get(name, {})
        for each in sorted(was.keys() | now.keys()):
            if was.get(each, "") != now.get(each, ""):
                yield name, each


def lock_of(texts: Mapping[str, str]) -> Lock:
    """The ids of these files, with hashes."""
    return {name: vectors_in(json.loads(text)) for name, text in sorted(texts.items())}


def next_version(before: str, old: Lock, new: Lock) -> str:
    """The semantic version after a change: major where a vector changed or went.

    Raises:
        Pmip6Error: An id that was withdrawn is used again.
    """
    major, minor, _ = map(int, before.split("."))
    is_new = False
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name, {}), new.get(name, {})
        for each in was.keys() & now.keys():
            if not was[each]:
                fix = "give the vector another id"
                raise Pmip6Error(f"{name}: {each}", "was withdrawn", fix)
        if any(now.get(each, "") != hash_ for each, hash_ in was.items()):
            return f"{major + 1}.0.0"
        is_new = is_new or bool(now.keys() - was.keys())
    return f"{major}.{minor + 1}.0" if is_new else before


def joined(old: Lock, new: Lock) -> Lock:
    """The lock after a change: ids that are gone stay, as withdrawn."""
    return {
        name: {
            each: new.get(name, {}).get(each, "")
            for each in sorted({**old.get(name, {}), **new.get(name, {})})
        }
        for name in sorted(old.keys() | new.keys())
    }


def text_of(told: BaseModel) -> str:
    """A document as it is written."""
    return json.dumps(told.model_dump(mode="json"), indent=1, sort_keys=True) + "\n"
