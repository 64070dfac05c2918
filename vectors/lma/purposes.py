"""Test purposes for an anchor: what each test case does, and what it is there for.

The shipped purposes stand in `purposes.json`; `pmip6.vectors.ledger` makes that file
from the model, and gives each purpose an id that is never used for anything else.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import cast

from pmip6.vectors.ledger_files import chosen, shipped
from pmip6.vectors.lma.stimuli import (
    Form,
    Node,
    Request,
    Stimulus,
    Volley,
    Wait,
    from_document,
)

LEDGER = "purposes.json"
ESP = "esp"
"""What a purpose about ESP needs, which is no feature of the model."""


class Group(enum.StrEnum):
    """What a purpose is about, by section of RFC 5213; RCV is RFC 6275, section 9.2.

    FMT is about the formats of section 8, SEC about the ESP of section 4 and requests that
    come again, RST about what outlasts a restart (section 9), ROB about messages with
    something wrong.
    """

    CHK = "5.3.1"
    REG = "5.3.2"
    EXT = "5.3.3"
    HO = "5.3.4"
    DER = "5.3.5"
    ACK = "5.3.6"
    RCV = "9.2"
    FWD = "5.6.2"
    FMT = "8"
    SEC = "4"
    RST = "9"
    ROB = "any"


class Kind(enum.StrEnum):
    """The kinds of test purposes of ETSI."""

    BV = "valid behaviour"
    BI = "invalid behaviour"
    BO = "inopportune behaviour"
    TI = "timers"


@dataclass(frozen=True)
class Draft:
    """A test purpose without its id.

    Args:
        key: What it is derived from; the ledger finds its id by it.
        group, kind: Parts of the id.
        title: One line.
        requirements: Ids of the requirements that it checks.
        preamble: What brings the anchor into the state of the test.
        test: The stimulus that the purpose is about.
        probes: What shows afterwards that the anchor is in the right state.
        needs: Features and switches of the model that it needs (model/state.py), and ESP.
    """

    key: str
    group: Group
    kind: Kind
    title: str
    requirements: tuple[str, ...]
    preamble: tuple[Stimulus, ...]
    test: Stimulus
    probes: tuple[Stimulus, ...]
    needs: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def stimuli(self) -> tuple[Stimulus, ...]:
        """All steps in their order."""
        return (*self.preamble, self.test, *self.probes)


@dataclass(frozen=True)
class Purpose(Draft):
    """A test purpose with its id and the version of its steps."""

    name: str
    version: int

    @property
    def requests(self) -> tuple[Request, ...]:
        """The steps that are requests."""
        return tuple(s for s in self.stimuli if isinstance(s, Request))

    @property
    def features(self) -> tuple[str, ...]:
        """What it needs of the model."""
        return tuple(need for need in self.needs if need != ESP)

    @property
    def timers(self) -> frozenset[str]:
        """Names of the timers that it waits for."""
        return frozenset(s.timer for s in self.stimuli if isinstance(s, Wait))

    @property
    def nodes(self) -> frozenset[Node]:
        """The mobile nodes that it needs."""
        others = {Node.OTHER} if self.has_volley else set[Node]()
        return frozenset({request.node for request in self.requests} | others)

    @property
    def has_volley(self) -> bool:
        """Whether it sends messages with something wrong, many of them."""
        return any(isinstance(s, Volley) for s in self.stimuli)

    @property
    def needs_the_anchor_alone(self) -> bool:
        """Whether an answer would not tell which case it belongs to."""
        alone = (Form.UNKNOWN_TYPE, Form.UNKNOWN_TYPE_FROM_NOBODY)
        return self.has_volley or any(r.form in alone for r in self.requests)

    @property
    def follows_a_restart(self) -> bool:
        """Whether the anchor has to be started again before it."""
        return self.group is Group.RST


def _stimuli(documents: object) -> tuple[Stimulus, ...]:
    return tuple(
        from_document(document)
        for document in cast("list[dict[str, object]]", documents)
    )


def _purpose(name: str, entry: Mapping[str, object]) -> Purpose:
    version = entry["version"]
    assert isinstance(version, int)
    return Purpose(
        key=str(entry["key"]),
        group=Group[name.split("_")[2]],
        kind=Kind[name.split("_")[3]],
        title=str(entry["title"]),
        requirements=tuple(cast("list[str]", entry["requirements"])),
        preamble=_stimuli(entry["preamble"]),
        test=_stimuli([entry["test"]])[0],
        probes=_stimuli(entry["probes"]),
        name=name,
        version=version,
        needs=tuple(cast("list[str]", entry.get("needs", ()))),
    )


@cache
def purposes() -> tuple[Purpose, ...]:
    """The shipped test purposes, by id.

    Raises:
        Pmip6Error: The shipped file is broken.
    """
    return shipped(LEDGER, _purpose)


def purposes_named(names: Iterable[str]) -> tuple[Purpose, ...]:
    """The purposes of these ids, each once, in the order given.

    Raises:
        Pmip6Error: There is no such purpose.
    """
    return chosen(purposes(), names)
