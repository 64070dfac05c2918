"""The groups `scenario` and `exchange` of a pack: how one role acts, step by step.

A scenario is a test case of the campaign: what a tester does at which time, and the masks
of what has to come.  An exchange is one step of one, with the state before and after it.
"""

from __future__ import annotations

import enum
import json
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    model_validator,
)

from pmip6.vectors.packs.field_schemas import mask_schemas
from pmip6.vectors.packs.masks import checked
from pmip6.vectors.packs.packet_fields import Fields

NETWORK = "network"
"""Where a packet goes that goes to no node on the access link."""


MOST_OCTETS = 16
"""Of an insertion: those of an address."""


def _hexadecimal(text: str) -> str:
    bytes.fromhex(text.replace(":", ""))
    return text


def _mask(told: Fields) -> Fields:
    checked(told)
    if "kind" not in told:
        raise ValueError("a mask tells no kind")
    return told


Hexadecimal = Annotated[str, AfterValidator(_hexadecimal)]
MaskFields = Annotated[Fields, AfterValidator(_mask)]


class PackRole(enum.StrEnum):
    """The roles that a pack has scenarios for."""

    LMA = "lma"
    MAG = "mag"
    PREVIOUS_MAG = "previous-mag"
    NEW_MAG = "new-mag"


class Strict(BaseModel):
    """Unknown keys are errors; what is None is not written."""

    model_config = ConfigDict(extra="forbid")


class Insert(Strict):
    """Octets of a packet that depend on a learnt variable: its value plus a number.

    The sum is taken modulo 256 to the power of `octets`.
    """

    at: int
    octets: int
    variable: str
    plus: int

    @model_validator(mode="after")
    def _has_a_place(self) -> Insert:
        if self.at < 0 or not 0 < self.octets <= MOST_OCTETS:
            raise ValueError(f"no {self.octets} octets can stand at {self.at}")
        return self


class Event(Strict):
    """What happens to the implementation.

    `packet` comes from the network, `node_packet` from a node on the access link,
    `host_packet` from an ordinary host.  A node, named by its link-layer address, comes
    (`attach`), leaves (`detach`), or is about to move to an access point
    (`indicate_handover`).  `synchronise`: the clock has been set by the common source.
    `restart`: it is started again.  After an insertion the checksum (RFC 1071) at
    `checksum_at` changes with it.
    """

    event: Literal[
        "packet",
        "node_packet",
        "host_packet",
        "attach",
        "detach",
        "indicate_handover",
        "synchronise",
        "restart",
    ]
    hex: Hexadecimal | None = None
    insert: list[Insert] | None = None
    checksum_at: int | None = None
    node: Hexadecimal | None = None
    handoff: int | None = None
    access_point: str | None = None


class Expected(Strict):
    """A packet that comes between two times; that of the reference comes at `at_ms`.

    `to` is `network`, or the link-layer address of a node.  `hex` is what the reference
    implementation sends.  What is not required may come, more than once.
    """

    at_ms: int
    from_ms: int
    until_ms: int
    to: str
    mask: MaskFields
    hex: Hexadecimal
    required: bool = True


class Step(Strict):
    """What is done at a time, None to let time pass, and what has to come of it."""

    at_ms: int
    words: str
    event: Event | None = None
    expect: list[Expected]


class ScenarioVector(Strict):
    """A scenario; `settings` names what the implementation has to be configured with.

    `free` are masks of packets that may come at any time.  `state` are the bindings when
    it ends, for whoever can look at them.  `edges` are those of the model that it takes.
    `readings` are the ambiguities of the RFC (docs/findings.md) that it is about: who
    reads one of them otherwise than the settings say leaves it out.
    """

    name: str
    version: int
    settings: str
    title: str
    requirements: list[str]
    readings: list[str] = []
    free: list[MaskFields]
    steps: list[Step]
    end_ms: int
    state: list[Fields]
    edges: list[str]


class ExchangeVector(Strict):
    """One step from a state; times count from it.

    `before` are the bindings, `held` what else the outcome depends on: cells and timers of
    the model by their names (model/state.py, model/fast_handover/state.py), each for the
    nodes where it is not as in the beginning; requests that wait or have no answer, as
    Mobility Headers; for each link of a gateway what it has been told and when; packets
    that are held back.  What is left of timers is in ms.
    """

    name: str
    scenario: str
    settings: str
    requirements: list[str]
    before: list[Fields]
    held: Fields
    time_of_day: int
    variables: Fields
    step: Step
    after: list[Fields]


class ScenarioFile(Strict):
    """The scenarios of a role, with the settings that they name.

    `rules` are those that the role has with these settings.
    """

    format: Literal["pmip6-scenario/1"] = "pmip6-scenario/1"
    licence: Literal["CC0-1.0"] = "CC0-1.0"
    role: PackRole
    time_of_day: int
    rules: list[str]
    settings: dict[str, Fields]
    vectors: list[ScenarioVector]


class ExchangeFile(Strict):
    """The exchanges of a role, with the settings that they name."""

    format: Literal["pmip6-exchange/1"] = "pmip6-exchange/1"
    licence: Literal["CC0-1.0"] = "CC0-1.0"
    role: PackRole
    settings: dict[str, Fields]
    vectors: list[ExchangeVector]


def group_schema(kind: type[BaseModel]) -> dict[str, object]:
    """The JSON Schema of a file of a group, with that of masks."""
    schema = kind.model_json_schema()
    told = schema["$defs"]
    told["Expected"]["properties"]["mask"] = {"$ref": "#/$defs/Mask"}
    if "ScenarioVector" in told:
        told["ScenarioVector"]["properties"]["free"]["items"] = {"$ref": "#/$defs/Mask"}
    return {**schema, "$defs": {**told, **mask_schemas()}}


def lines_of(told: BaseModel) -> str:
    """A file of vectors as text, one vector to a line."""
    data = told.model_dump(mode="json", exclude_none=True)
    vectors = data.pop("vectors")
    head = json.dumps(data, indent=1, sort_keys=True)
    lines = ",\n  ".join(
        json.dumps(v, sort_keys=True, separators=(",", ":")) for v in vectors
    )
    return head.removesuffix("\n}") + ',\n "vectors": [\n  ' + lines + "\n ]\n}\n"
