"""Declarations as people write them: templates made of the fields, and the JSON Schema.

What a key means is said once, in the docstring of its model; its example is the value that
an error tells to add.  A template is made of both, so that it cannot be out of date.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from typing import get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from pmip6.conformance.declarations import ROLES, AnyDeclaration
from pmip6.conformance.toml_files import as_toml

WIDTH = 88
_ENTRY = re.compile(r"^(?P<names>[a-z_0-9]+(?:, [a-z_0-9]+)*): (?P<text>.*)$")
HEAD = """\
The declaration of {what} that is to be judged:

    pmip6 certify FILE.toml --out evidence

Every key is needed, but those of a table in double brackets.  What the implementation does
not have is said with an empty value.  The values are examples: write those of yours."""
WHAT = {
    "lma": "a local mobility anchor (LMA)",
    "mag": "a mobile access gateway (MAG)",
}


def template(role: str) -> str:
    """The commented declaration of an implementation of a role, with example values."""
    kind = ROLES[role]
    head = textwrap.indent(HEAD.format(what=WHAT[role]), "# ", lambda _: True)
    lines = [line.rstrip() for line in head.splitlines()]
    return "\n".join([*lines, *_table(kind, "")]) + "\n"


def declaration_schema() -> str:
    """The JSON Schema of declarations, of every role."""
    adapter: TypeAdapter[AnyDeclaration] = TypeAdapter(AnyDeclaration)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Declaration of an implementation under test",
        **adapter.json_schema(),
    }
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"


def _table(kind: type[BaseModel], name: str) -> Iterator[str]:
    """The lines of a table: its own keys, then the tables in it."""
    said = meanings(kind)
    tables: list[tuple[str, FieldInfo]] = []
    for key, field in kind.model_fields.items():
        if _model_of(field) is not None or _rows_of(field) is not None:
            tables.append((key, field))
            continue
        yield ""
        yield from _comment(said.get(key, ""))
        yield f"{key} = {as_toml((field.examples or [''])[0])}"
    for key, field in tables:
        inner = _model_of(field)
        if inner is not None:
            place = f"{name}.{key}" if name else key
            yield from ("", "", *_comment(said.get(key) or _first(inner)))
            yield f"[{place}]"
            yield from _table(inner, place)
        else:
            yield from _optional(key, field, said.get(key, ""))


def _optional(key: str, field: FieldInfo, meaning: str) -> Iterator[str]:
    """An array of tables that may be left out: in comments, such that it can be used."""
    inner = _rows_of(field)
    assert inner is not None
    yield from ("", "", *_comment(meaning), f"# [[{key}]]")
    said = meanings(inner)
    for name, of in inner.model_fields.items():
        yield from _comment(said.get(name, ""))
        if of.examples:
            yield f"# {name} = {as_toml(of.examples[0])}"


def _model_of(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a key that is a table."""
    inner = field.annotation
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return inner
    return None


def _rows_of(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a key that is an array of tables."""
    if get_origin(field.annotation) is not tuple:
        return None
    row = get_args(field.annotation)[0]
    return row if isinstance(row, type) and issubclass(row, BaseModel) else None


def _first(kind: type[BaseModel]) -> str:
    """What a model is, in the first line of its docstring."""
    return (kind.__doc__ or "").strip().splitlines()[0]


def meanings(kind: type[BaseModel]) -> dict[str, str]:
    """What each key of a model means, as its docstring says under `Attributes:`."""
    found: dict[str, str] = {}
    for each in reversed([k for k in kind.__mro__ if issubclass(k, BaseModel)]):
        text = textwrap.dedent((each.__doc__ or "").partition("Attributes:\n")[2])
        names: list[str] = []
        for line in text.splitlines():
            entry = _ENTRY.match(line)
            if entry is not None:
                names = entry["names"].split(", ")
                found |= dict.fromkeys(names, entry["text"])
            elif line.startswith(" ") and names:
                said = f"{found[names[0]]} {line.strip()}"
                found |= dict.fromkeys(names, said)
    return found


def _comment(text: str) -> list[str]:
    plain = text.replace("`", "")
    return [f"# {line}" for line in textwrap.wrap(plain, WIDTH - 2)]
