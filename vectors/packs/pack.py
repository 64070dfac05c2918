"""The files of vectors: what they look like, and writing them.

One JSON file for each role, with the runs whose last step takes a rule of the role, and one
for the octets of messages (`vectors/packs/wire_group.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from ipaddress import IPv6Address
from typing import Literal

from pydantic import BaseModel, ConfigDict

from pmip6.model.domain import Configuration, Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.decoding import Decoded, decode
from pmip6.vectors.packs.field_schemas import field_schemas, message_schema
from pmip6.vectors.packs.gateway_runs import GatewayRun
from pmip6.vectors.packs.run_form import WireMessage, meaning, wire_steps
from pmip6.vectors.packs.scenarios import ROLES, Scenario, all_scenarios
from pmip6.vectors.packs.wire_group import WireFile


class Strict(BaseModel):
    """Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid")


class MessageVector(Strict):
    """One message: its octets (the Mobility Header) and what they say.

    `violates` holds the ids of the format requirements that the message breaks, where a
    faulty peer sends it on purpose.
    """

    kind: Literal["PBU", "PBA"]
    source: IPv6Address
    destination: IPv6Address
    hex: str
    meaning: dict[str, object]
    violates: list[str]


class StepVector(Strict):
    """One step of a run: the rule taken, by whom, and what it sent."""

    rule: str
    role: str
    requirements: list[str]
    sent: list[MessageVector]


class ScenarioVector(Strict):
    """A run of a configuration whose last step takes the rule for the first time."""

    rule: str
    configuration: str
    steps: list[StepVector]


class VectorFile(Strict):
    """All runs for the rules of one role."""

    format: Literal["pmip6-wire-vectors/1"]
    licence: Literal["CC0-1.0"]
    role: str
    scenarios: list[ScenarioVector]


def vector_files() -> dict[str, VectorFile]:
    """The vectors of the shipped rules, by file name.

    Raises:
        Pmip6Error: A gateway of the model sends what the request rules forbid.
    """
    by_role: dict[str, list[ScenarioVector]] = {r.value: [] for r in ROLES}
    for configuration, scenario in all_scenarios():
        rule = scenario.steps[-1].rule
        assert rule is not None
        by_role[rule.role.value].append(_scenario(configuration, scenario))
    return {
        f"{role}.json": VectorFile(
            format="pmip6-wire-vectors/1",
            licence="CC0-1.0",
            role=role,
            scenarios=scenarios,
        )
        for role, scenarios in sorted(by_role.items())
    }


def _scenario(configuration: Configuration, scenario: Scenario) -> ScenarioVector:
    model = Model(configuration)
    for fault in GatewayRun(model).faults(scenario.steps):
        raise Pmip6Error(
            f"scenario {scenario.rule}, step {fault.step}",
            f"the request breaks {', '.join(fault.rule.requirements)}: {fault.text}",
            "correct the rule that sends it",
        )
    steps = [
        StepVector(
            rule=step.name,
            role="time" if step.rule is None else step.rule.role.value,
            requirements=[] if step.rule is None else list(step.rule.requirements),
            sent=[_message(m) for m in messages],
        )
        for step, messages in wire_steps(model, scenario.steps)
    ]
    return ScenarioVector(
        rule=scenario.rule, configuration=configuration.name, steps=steps
    )


def _message(message: WireMessage) -> MessageVector:
    return MessageVector(
        kind="PBU" if message.kind == "PBU" else "PBA",
        source=message.source,
        destination=message.destination,
        hex=message.octets.hex(),
        meaning=meaning(message.message),
        violates=violated(
            decode(
                message.octets,
                message.source,
                message.destination,
                proxy_expected=True,
            )
        ),
    )


def violated(decoded: Decoded) -> list[str]:
    return sorted({r for f in decoded.findings for r in f.rule.requirements})


def run_texts() -> dict[str, str]:
    """The files of runs, by name; the same model gives the same octets.

    Raises:
        Pmip6Error: A gateway of the model sends what the request rules forbid.
    """
    return {n: _text(f.model_dump(mode="json")) for n, f in vector_files().items()}


def schema_documents() -> dict[str, dict[str, object]]:
    """The JSON Schemas of the files of runs and of octets."""
    wire = WireFile.model_json_schema()
    wire["$defs"]["WireVector"]["properties"]["fields"] = message_schema()
    wire["$defs"] |= field_schemas()
    return {"runs": VectorFile.model_json_schema(), "wire": wire}


def wire_text(told: WireFile) -> str:
    """The file of octets, one vector to a line."""
    lines = (
        json.dumps(v.model_dump(mode="json"), sort_keys=True) for v in told.vectors
    )
    head = _text(told.model_dump(mode="json", exclude={"vectors"}))
    return (
        head.replace("\n}\n", ',\n "vectors": [\n  ')
        + ",\n  ".join(lines)
        + "\n ]\n}\n"
    )


def _text(data: Mapping[str, object]) -> str:
    return json.dumps(data, indent=1, sort_keys=True) + "\n"
