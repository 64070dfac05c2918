"""Checking the files of vectors: each message on its own, each run on the model, the set.

A file that passes is one that the model may have made: the set is whole, every run is one
of the model, in its order and with all its messages, and the octets say what stands beside.
"""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from pmip6.model.domain import Model, shipped_rules
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.interpreter import TICK
from pmip6.model.language.table import Rule
from pmip6.model.requirements.tables import load_requirements
from pmip6.model.wire.decoding import Decoded, decode
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.messages import (
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
)
from pmip6.vectors.packs.pack import (
    MessageVector,
    ScenarioVector,
    StepVector,
    VectorFile,
    violated,
)
from pmip6.vectors.packs.replayed import ToldStep, configuration_names, unlike_the_model
from pmip6.vectors.packs.run_form import meaning
from pmip6.vectors.packs.scenarios import ROLES, SMALL_SEARCHES
from pmip6.vectors.packs.wire_group import (
    WIRE_FILE,
    WireFile,
    WireVector,
    unlike,
    wire_file,
)

File = TypeVar("File", bound=BaseModel)
FIX = "generate the vectors again"
TIME_ROLE = "time"


def verify(folder: Path) -> int:
    """Check the files of octets and of runs in a folder, and count their messages.

    Raises:
        Pmip6Error: The set is not whole, a file does not follow the schema, octets do not
            say what stands beside them, or a run is none of the model.
    """
    runs = sorted(f"{role.value}.json" for role in ROLES)
    for name in (*runs, WIRE_FILE):
        if not (folder / name).is_file():
            raise Pmip6Error(str(folder / name), "is missing", FIX)
    octets = verify_wire(folder / WIRE_FILE)
    return octets + sum(_verify_file(folder / name) for name in runs)


def verify_wire(path: Path) -> int:
    """Check the vectors of octets, each against the codec and all for being there.

    Raises:
        Pmip6Error: One says otherwise, is missing, or is none of the group.
    """
    told = read_file(path, WireFile)
    place = str(path)
    names = Counter(vector.name for vector in told.vectors)
    for vector in told.vectors:
        if names[vector.name] > 1:
            raise Pmip6Error(place, f"has {vector.name} more than once", FIX)
        _verify_octets(vector, f"{place}: {vector.name}")
    right = wire_file()
    for vector in right.vectors:
        if vector.name not in names:
            raise Pmip6Error(place, f"has no vector {vector.name}", FIX)
    wanted = {vector.name: vector for vector in right.vectors}
    for vector in told.vectors:
        if vector.name not in wanted:
            near = _near(vector.name, wanted)
            raise Pmip6Error(place, f"{vector.name} is no vector{near}", FIX)
        if vector.hex != wanted[vector.name].hex:
            reason = "has octets that do not show what its name says"
            raise Pmip6Error(f"{place}: {vector.name}", reason, FIX)
    if told.flags != right.flags:
        raise Pmip6Error(f"{place}: flags", "are not those of the vectors", FIX)
    return len(told.vectors)


def _verify_octets(vector: WireVector, place: str) -> None:
    try:
        wrong = list(unlike(vector))
    except ValueError as error:
        raise Pmip6Error(place, "the octets are not hexadecimal", FIX) from error
    if wrong:
        raise Pmip6Error(place, f"by its octets, {wrong[0]}", FIX)


def content_of(path: Path) -> bytes:
    """The octets of a file.

    Raises:
        Pmip6Error: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise Pmip6Error(str(path), reason, "name a file that can be read") from error


def read_file(path: Path, kind: type[File]) -> File:
    """A file in the form of its schema.

    Raises:
        Pmip6Error: It cannot be read, or is not in this form.
    """
    try:
        return kind.model_validate_json(content_of(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise Pmip6Error(f"{path}: {where}", first["msg"], FIX) from error


def _verify_file(path: Path) -> int:
    told = read_file(path, VectorFile)
    if told.role != path.stem:
        raise Pmip6Error(f"{path}: role", f"is {told.role}, not {path.stem}", FIX)
    _verify_rules(told, str(path))
    count = 0
    for scenario in told.scenarios:
        place = f"{path}: scenario {scenario.rule}"
        _verify_scenario(scenario, place)
        for number, step in enumerate(scenario.steps, 1):
            for message in step.sent:
                _verify_message(message, f"{place}, step {number}")
                count += 1
        _verify_run(scenario, place)
    return count


@cache
def _rules() -> dict[str, Rule]:
    return {rule.name: rule for rule in shipped_rules()}


@cache
def _names_taken() -> frozenset[str]:
    """The rules that the configurations of the searches have."""
    models = [Model(chosen) for chosen, _ in SMALL_SEARCHES]
    return frozenset(n for n in _rules() if any(m.has_rule(n) for m in models))


def _verify_rules(told: VectorFile, place: str) -> None:
    """The file has one run for each rule of its role."""
    count = Counter(scenario.rule for scenario in told.scenarios)
    for name, times in count.items():
        rule = _rule(name, f"{place}: scenario {name}")
        if rule is None or rule.role.value != told.role:
            raise Pmip6Error(place, f"{name} is no rule of the role {told.role}", FIX)
        if times > 1:
            raise Pmip6Error(place, f"has {times} runs for {name}", FIX)
    for rule in _rules().values():
        is_wanted = rule.role.value == told.role and rule.name in _names_taken()
        if is_wanted and rule.name not in count:
            raise Pmip6Error(place, f"has no run for the rule {rule.name}", FIX)


def _rule(name: str, place: str) -> Rule | None:
    """The rule of this name; None for the passing of time."""
    if name == TICK:
        return None
    if name not in _rules():
        raise Pmip6Error(place, f"{name} is no rule{_near(name, _rules())}", FIX)
    return _rules()[name]


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), 1)
    return f" (like {close[0]})" if close else ""


def _verify_scenario(scenario: ScenarioVector, place: str) -> None:
    """Names, roles and requirement ids are those of the model."""
    if scenario.configuration not in configuration_names():
        reason = (
            f"{scenario.configuration} is no configuration in which runs are searched"
        )
        raise Pmip6Error(place, reason, FIX)
    if not scenario.steps or scenario.steps[-1].rule != scenario.rule:
        raise Pmip6Error(place, "its last step does not take the rule", FIX)
    for number, step in enumerate(scenario.steps, 1):
        _verify_step(step, f"{place}, step {number}")


def _verify_step(step: StepVector, place: str) -> None:
    rule = _rule(step.rule, place)
    role = TIME_ROLE if rule is None else rule.role.value
    if step.role != role:
        raise Pmip6Error(
            place, f"{step.rule} is of the role {role}, not {step.role}", FIX
        )
    for name in step.requirements:
        if name not in load_requirements():
            known = load_requirements()
            raise Pmip6Error(
                place, f"{name} is no requirement{_near(name, known)}", FIX
            )
    cited = [] if rule is None else list(rule.requirements)
    if step.requirements != cited:
        reason = f"{step.rule} cites {', '.join(cited) or 'nothing'}"
        raise Pmip6Error(place, f"{reason}, not {', '.join(step.requirements)}", FIX)


def _verify_run(scenario: ScenarioVector, place: str) -> None:
    steps = [
        ToldStep(
            step.rule,
            tuple((m.kind, m.source, m.destination, m.hex) for m in step.sent),
        )
        for step in scenario.steps
    ]
    unlike = unlike_the_model(scenario.configuration, steps)
    if unlike is not None:
        number, reason = unlike
        raise Pmip6Error(f"{place}, step {number}", reason, FIX)


def _verify_message(vector: MessageVector, place: str) -> None:
    try:
        octets = bytes.fromhex(vector.hex)
    except ValueError as error:
        raise Pmip6Error(place, "the octets are not hexadecimal", FIX) from error
    decoded = decode(octets, vector.source, vector.destination, proxy_expected=True)
    message = decoded.message
    _verify_violations(decoded, vector, place)
    kind = ProxyBindingUpdate if vector.kind == "PBU" else ProxyBindingAcknowledgement
    if not isinstance(message, kind):
        raise Pmip6Error(place, f"the octets are no {vector.kind}", FIX)
    said = json.loads(json.dumps(meaning(message)))
    if said != vector.meaning:
        keys = [k for k in said if said[k] != vector.meaning.get(k)]
        raise Pmip6Error(
            place,
            f"octets and meaning differ in {', '.join(keys) or 'extra keys'}",
            FIX,
        )
    if encode(message, vector.source, vector.destination) != octets:
        raise Pmip6Error(place, "the meaning does not encode to the octets", FIX)


def _verify_violations(decoded: Decoded, vector: MessageVector, place: str) -> None:
    """The octets break the format rules that stand beside them, and no others."""
    for found in decoded.findings:
        unsaid = [n for n in found.rule.requirements if n not in vector.violates]
        if unsaid:
            what = f"{found.text} (octet {found.offset})"
            reason = (
                f"the octets break {', '.join(unsaid)}, which it does not say: {what}"
            )
            raise Pmip6Error(place, reason, FIX)
    kept = [name for name in vector.violates if name not in violated(decoded)]
    if kept:
        reason = f"it says that the octets break {', '.join(kept)}, which they do not"
        raise Pmip6Error(place, reason, FIX)
