"""The declaration that fits what was seen of an implementation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypeAlias, cast

from pydantic import ValidationError

from pmip6.conformance.declaration_text import commented
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.probe import Difference
from pmip6.conformance.mag.declaration import GatewayDeclaration

AnyDeclaration: TypeAlias = Declaration | GatewayDeclaration


def corrected(declaration: AnyDeclaration, found: Sequence[Difference]) -> str:
    """The whole file, commented; at its head what was changed, and what a person has to.

    A value that does not go with the others is left as it is, and told.
    """
    changed: AnyDeclaration = declaration
    left: list[str] = []
    told: list[str] = []
    for each in found:
        text = f"{each.key}: {each.seen}"
        newer = None if each.value is None else _with(changed, each)
        if newer is None:
            left.append(text)
        else:
            changed = newer
            told.append(f"{text}; is now {each.value}")
    lines = [*_listed("Changed by pmip6 probe:", told)]
    lines += _listed("Still to be changed, by you:", left)
    return commented(changed, "\n".join(lines))


def _listed(head: str, lines: Sequence[str]) -> list[str]:
    return [head, *(f"  {line}" for line in lines)] if lines else []


def _with(declaration: AnyDeclaration, difference: Difference) -> AnyDeclaration | None:
    """The declaration with another value; None where that does not fit."""
    values = declaration.model_dump(mode="json")
    table, _, key = difference.key.partition(".")
    cast("dict[str, object]", values[table])[key] = difference.value
    try:
        return type(declaration).model_validate_json(json.dumps(values), strict=True)
    except ValidationError:
        return None
