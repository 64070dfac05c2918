"""TOML files that people write, read strictly into pydantic models.

A file is wrong in one line: its name, the key, the reason, and what to write instead.
"""

import difflib
import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar, cast, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pmip6.conformance.settings_rules import INCONSISTENT
from pmip6.model.errors import Pmip6Error

TOML_FIX = 'values look like "text", 1, true, or ["text", "text"]; tables like [name]'
"""What to do about a line that is no TOML; where it is stands in the reason."""

Settings = TypeVar("Settings", bound=BaseModel)
Location = tuple[int | str, ...]


def load(path: Path, kind: type[Settings]) -> Settings:
    """Read a TOML file as a model; addresses and prefixes are strings in it.

    The first example of a field (`Field(examples=[...])`) is the line that an error
    tells to add.

    Raises:
        Pmip6Error: The file is not there, is no TOML, or does not fit the model.
    """
    content = contents_of(path)
    try:
        return kind.model_validate_json(json.dumps(content, default=str), strict=True)
    except ValidationError as error:
        raise _first_error(path, kind, error) from error


def contents_of(path: Path) -> dict[str, object]:
    """What a TOML file says.

    Raises:
        Pmip6Error: The file is not there, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise Pmip6Error(str(path), reason, "name a file that is there") from error
    except UnicodeDecodeError as error:
        raise Pmip6Error(str(path), "is no UTF-8 text", "save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise Pmip6Error(str(path), f"is no TOML: {error}", TOML_FIX) from error


def _first_error(
    path: Path, kind: type[BaseModel], error: ValidationError
) -> Pmip6Error:
    """The first of the errors, with its place in the file and the fix."""
    every = sorted(error.errors(include_url=False), key=_rank)
    first = every[0]
    where, model, field = _place(kind, first["loc"])
    more = f" (and {len(every) - 1} more)" if len(every) > 1 else ""
    key = next((part for part in reversed(first["loc"]) if isinstance(part, str)), "")
    match first["type"]:
        case "missing" if first["loc"] and isinstance(first["loc"][-1], int):
            where = where.rpartition("[")[0]
            reason = f"more than {first['loc'][-1]} of them are needed{more}"
            fix = f"for example: {_line(key, field)}"
        case "missing":
            reason = f"the key is missing{more}"
            table = _is_table(field)
            what = f"table: [{where}]" if table else f"line: {_line(key, field)}"
            fix = f"add the {what}"
        case "extra_forbidden":
            reason = f"the key is unknown{more}"
            close = difflib.get_close_matches(key, model.model_fields, 1)
            known = ", ".join(model.model_fields)
            fix = f"write {close[0]}" if close else f"known are: {known}"
        case kind_of_error if kind_of_error == INCONSISTENT:
            context = first.get("ctx", {})
            place = f"{where}." if first["loc"] else ""
            where = f"{place}{context['key']}"
            reason, fix = f"{context['reason']}{more}", str(context["fix"])
        case _:
            told = first["msg"].removeprefix("Value error, ")
            shown = json.dumps(first["input"], default=str)[:60]
            reason = f"{shown} is wrong: {told}{more}" if field else f"{told}{more}"
            fix = f"for example: {_line(key, field)}" if field else ""
    return Pmip6Error(f"{path}: {where}", reason, fix)


def _rank(error: ErrorDetails) -> int:
    """A key that is unknown may be the reason why another is missing: it comes first."""
    return 0 if error["type"] == "extra_forbidden" else 1


def _place(
    kind: type[BaseModel], location: Location
) -> tuple[str, type[BaseModel], FieldInfo | None]:
    """The key as a person writes it, the model it belongs to, and its field."""
    text, model = "", kind
    field: FieldInfo | None = None
    for part in location:
        if isinstance(part, int):
            text += f"[{part + 1}]"
            continue
        if field is not None:
            model = _model_in(field.annotation) or model
        text += f".{part}" if text else part
        field = model.model_fields.get(part)
    return text or "the file", model, field


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The model that a field holds, directly or as items."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(inner) for inner in get_args(annotation))
    return next((model for model in found if model is not None), None)


def _is_table(field: FieldInfo | None) -> bool:
    """Whether a key is a table of its own, with keys of a model."""
    inner = field.annotation if field is not None else None
    return isinstance(inner, type) and issubclass(inner, BaseModel)


def _line(key: str, field: FieldInfo | None) -> str:
    """The line of the file that sets a key to its example."""
    if field is None or not field.examples:
        return f"{key} = ..."
    return f"{key} = {as_toml(field.examples[0])}"


def as_toml(value: object) -> str:
    """A value as TOML writes it; mappings become inline tables."""
    if isinstance(value, Mapping):
        pairs = (
            f"{_key(str(k))} = {as_toml(v)}"
            for k, v in cast("Mapping[object, object]", value).items()
        )
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list | tuple):
        items = cast("Sequence[object]", value)
        return f"[{', '.join(map(as_toml, items))}]"
    return json.dumps(value, ensure_ascii=False)


def _key(key: str) -> str:
    is_bare = key.replace("_", "").replace("-", "").isalnum() and key.isascii()
    return key if is_bare else json.dumps(key, ensure_ascii=False)
