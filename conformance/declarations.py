"""Declarations of every role: one format, whose key `role` says which it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import Field

from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.conformance.toml_files import contents_of, load
from pmip6.model.errors import Pmip6Error

ROLES: dict[str, type[Declaration] | type[GatewayDeclaration]] = {
    "lma": Declaration,
    "mag": GatewayDeclaration,
}
AnyDeclaration: TypeAlias = Annotated[
    Declaration | GatewayDeclaration, Field(discriminator="role")
]


def load_any(path: Path) -> Declaration | GatewayDeclaration:
    """Read the declaration of an implementation, whatever it is.

    Raises:
        Pmip6Error: The file is not there, or declares something wrong.
    """
    content = contents_of(path)
    place = f"{path}: role"
    if "role" not in content:
        fix = 'add the line: role = "lma", or role = "mag"'
        raise Pmip6Error(place, "the key is missing", fix)
    role = content["role"]
    if not isinstance(role, str) or role not in ROLES:
        shown = json.dumps(role, default=str)
        raise Pmip6Error(place, f"{shown} is no role", 'write "lma" or "mag"')
    return load(path, ROLES[role])
