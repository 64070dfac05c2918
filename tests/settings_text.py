"""Settings of a reference peer as the TOML file that a person would write."""

import json

from pydantic import BaseModel

TABLES = ("nodes", "esp")
"""What is written as one table for each, behind everything else."""


def toml_of(settings: BaseModel) -> str:
    """The file from which these settings are read back."""
    told = json.loads(settings.model_dump_json(exclude_none=True))
    tables = {key: told.pop(key) for key in TABLES if told.get(key)}
    lines = [f"{key} = {json.dumps(value)}" for key, value in told.items()]
    for key, entries in tables.items():
        for entry in entries:
            lines += ["", f"[[{key}]]"]
            lines += [f"{name} = {json.dumps(value)}" for name, value in entry.items()]
    return "\n".join(lines) + "\n"
