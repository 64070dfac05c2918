"""TOML files that people write, read strictly into pydantic models.

A file is wrong in one line: its name, the key, the reason, and what to write instead.
"""

import difflib
import json
import tomllib
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from pmip6.model.errors import Pmip6Error

Settings = TypeVar("Settings", bound=BaseModel)
Location = tuple[int | str, ...]


def load(path: Path, kind: type[Settings]) -> Settings:
    """Read a TOML file as a model; addresses and prefixes are strings in it.

    The first example of a field (`Field(examples=[...])`) is the line that an error
    tells to add.

    Raises:
        Pmip6Error: The file is not there, is no TOML, or does not fit the model.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise Pmip6Error(str(path), reason, "name a file that is there") from error
    except UnicodeDecodeError as error:
        raise Pmip6Error(str(path), "is no UTF-8 text", "save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise Pmip6Error(str(path), f"is no TOML: {error}") from error
    try:
        return kind.model_validate_json(json.dumps(content, default=str), strict=True)
    except ValidationError as error:
        raise _first_error(path, kind, error) from error


def _first_error(
    path: Path, kind: type[BaseModel], error: ValidationError
) -> Pmip6Error:
    """The first of the errors, with its place in the file and the fix."""
    every = error.errors(include_url=False)
    first = every[0]
    where, model, field = _place(kind, first["loc"])
    more = f" (and {len(every) - 1} more)" if len(every) > 1 else ""
    key = str(first["loc"][-1]) if first["loc"] else ""
    match first["type"]:
        case "missing":
            reason = f"the key is missing{more}"
            fix = f"add the line: {_line(key, field)}"
        case "extra_forbidden":
            reason = f"the key is unknown{more}"
            close = difflib.get_close_matches(key, model.model_fields, 1)
            known = ", ".join(model.model_fields)
            fix = f"write {close[0]}" if close else f"known are: {known}"
        case _:
            told = first["msg"].removeprefix("Value error, ")
            shown = json.dumps(first["input"], default=str)[:60]
            reason = f"{shown} is wrong: {told}{more}" if field else f"{told}{more}"
            fix = f"for example: {_line(key, field)}" if field else ""
    return Pmip6Error(f"{path}: {where}", reason, fix)


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


def _line(key: str, field: FieldInfo | None) -> str:
    """The line of the file that sets a key to its example."""
    if field is None or not field.examples:
        return f"{key} = ..."
    return f"{key} = {json.dumps(field.examples[0])}"
