"""Settings of a reference peer as the TOML file that a person would write."""

import json

from pydantic import BaseModel


def toml_of(settings: BaseModel) -> str:
    """The file from which these settings are read back."""
    told = json.loads(settings.model_dump_json(exclude_none=True))
    nodes = told.pop("nodes")
    lines = [f"{key} = {json.dumps(value)}" for key, value in told.items()]
    for node in nodes:
        lines += ["", "[[nodes]]"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in node.items()]
    return "\n".join(lines) + "\n"
