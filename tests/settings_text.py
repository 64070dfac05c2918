"""Settings of a reference peer as the TOML file that a person would write."""

import json
from typing import cast

from pydantic import BaseModel

TABLES = ("nodes", "esp")
"""What is written as one table for each, behind everything else."""


def toml_of(settings: BaseModel) -> str:
    """The file from which these settings are read back."""
    told = json.loads(settings.model_dump_json(exclude_none=True))
    tables = {key: told.pop(key) for key in TABLES if told.get(key)}
    parts = {key: told.pop(key) for key in list(told) if isinstance(told[key], dict)}
    lines = [f"{key} = {json.dumps(value)}" for key, value in told.items()]
    for key, entries in tables.items():
        for entry in entries:
            lines += ["", f"[[{key}]]"]
            lines += [f"{name} = {json.dumps(value)}" for name, value in entry.items()]
    for key, part in parts.items():
        lines += ["", f"[{key}]", *(f"{n} = {_inline(v)}" for n, v in part.items())]
    return "\n".join(lines) + "\n"


def _inline(value: object) -> str:
    """A value, which may be a table of plain values."""
    if not isinstance(value, dict):
        return json.dumps(value)
    entries = cast("dict[str, object]", value).items()
    pairs = (f"{json.dumps(name)} = {json.dumps(each)}" for name, each in entries)
    return "{" + ", ".join(pairs) + "}"
