"""Declarations as people write them: templates made of the fields, and the JSON Schema.

What a key means is said once, in the docstring of its model; its example is the value that
an error tells to add.  A template is made of both, so that it cannot be out of date.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import cast, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from pmip6.conformance.declarations import ROLES, AnyDeclaration
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.conformance.toml_files import as_toml

WIDTH = 88
_ENTRY = re.compile(r"^(?P<names>[a-z_0-9]+(?:, [a-z_0-9]+)*): (?P<text>.*)$")
HEAD = """\
The declaration of {what} that is to be judged:

    pmip6 certify FILE.toml --out evidence

Every key is needed, but those of a table in double brackets, and what may be left out.
What the implementation does not have is said with an empty value.  The values are examples:
write those of yours."""
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


def commented(declaration: Declaration | GatewayDeclaration, about: str = "") -> str:
    """A declaration as a template writes it, with its own values.

    Args:
        declaration: What is declared.
        about: Comments at its head, beside those of the template.
    """
    kind = type(declaration)
    head = HEAD.format(what=WHAT[declaration.role]) + (f"\n\n{about}" if about else "")
    lines = [f"# {line}".rstrip() for line in head.splitlines()]
    values = declaration.model_dump(mode="json")
    return "\n".join([*lines, *_table(kind, "", values)]) + "\n"


def declaration_schema() -> str:
    """The JSON Schema of declarations, of every role."""
    adapter: TypeAdapter[AnyDeclaration] = TypeAdapter(AnyDeclaration)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Declaration of an implementation under test",
        **adapter.json_schema(),
    }
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"


def _table(
    kind: type[BaseModel], name: str, values: Mapping[str, object] | None = None
) -> Iterator[str]:
    """The lines of a table: its own keys, then the tables in it.

    The values are those of the examples where there are no others.
    """
    said = meanings(kind)
    tables: list[tuple[str, FieldInfo]] = []
    for key, field in kind.model_fields.items():
        if any(of(field) is not None for of in (_model_of, _rows_of, _perhaps_of)):
            tables.append((key, field))
            continue
        yield ""
        yield from _comment(said.get(key, ""))
        example: object = (field.examples or [""])[0]
        yield f"{key} = {as_toml(example if values is None else values[key])}"
    for key, field in tables:
        is_used = values is not None and bool(values[key])
        inner = _model_of(field) or (_perhaps_of(field) if is_used else None)
        place = f"{name}.{key}" if name else key
        if inner is not None:
            yield from ("", "", *_comment(said.get(key) or _first(inner)))
            yield f"[{place}]"
            inside = None if values is None else values[key]
            yield from _table(inner, place, cast("Mapping[str, object] | None", inside))
        elif values is not None and values[key]:
            rows = cast("list[Mapping[str, object]]", values[key])
            yield from _rows(key, rows, said.get(key, ""))
        else:
            yield from _optional(place, field, said.get(key, ""))


def _rows(
    key: str,
    rows: Iterable[Mapping[str, object]],
    meaning: str,
) -> Iterator[str]:
    """An array of tables with their values."""
    yield from ("", "", *_comment(meaning))
    for row in rows:
        yield f"[[{key}]]"
        plain = {n: v for n, v in row.items() if not isinstance(v, dict)}
        for name, value in plain.items():
            if value is not None:
                yield f"{name} = {as_toml(value)}"
        for name, value in row.items():
            if isinstance(value, dict):
                yield f"[{key}.{name}]"
                inner = cast("Mapping[str, object]", value)
                yield from (f"{n} = {as_toml(v)}" for n, v in inner.items())


def _optional(place: str, field: FieldInfo, meaning: str) -> Iterator[str]:
    """What may be left out, a table or an array of them: in comments, to be used."""
    inner = _rows_of(field)
    head = f"[{place}]" if inner is None else f"[[{place}]]"
    inner = inner or _perhaps_of(field)
    assert inner is not None
    yield from ("", "", *_comment(meaning), f"# {head}")
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


def _perhaps_of(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a key that is a table or not there."""
    kinds = get_args(field.annotation)
    if len(kinds) != 2 or kinds[1] is not type(None):
        return None
    kind = kinds[0]
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


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
