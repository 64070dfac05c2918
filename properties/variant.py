"""A variant: rules, state, properties and configurations of a user's own (docs/variants.md).

The file of a variant says what it has with the means of the model itself: role tables,
state maps, timers, predicates, properties, configurations, each a name of the module.  What
has the name of a rule or a property of ours takes its place; all else comes beside ours.
"""

from __future__ import annotations

import difflib
import importlib.util
import sys
import traceback
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from pmip6.model.declared import Declared
from pmip6.model.domain import (
    CHANNELS,
    MAPS,
    RIGIDS,
    TIMERS,
    Configuration,
    shipped_rules,
)
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Channel, Rigid, RoleTable, Rule, StateMap, Timer
from pmip6.model.shipped import configurations as shipped
from pmip6.properties.property import PROPERTIES, Property

Declaration = StateMap | Timer | Rigid
DECLARED: dict[type, Declared[Any]] = {StateMap: MAPS, Timer: TIMERS, Rigid: RIGIDS}
MODULE = "pmip6_variant"
WITHOUT = "WITHOUT"  # names of rules of ours that the variant leaves out


@dataclass(frozen=True)
class Variant:
    """What a file makes of the model.

    Args:
        path: The file, as the user wrote it.
        rules: All rules of the model, with those of the file.
        properties: Those of the file.
        configurations: Those of the file, by name.
        changes: What is replaced, added and left out, a line each.
    """

    path: Path
    rules: tuple[Rule, ...]
    properties: tuple[Property, ...]
    configurations: Mapping[str, Configuration]
    changes: tuple[str, ...]

    def among(self, ours: Sequence[Property]) -> list[Property]:
        """Our properties with those of the variant in place or behind them."""
        own = {p.name: p for p in self.properties}
        kept = [own.pop(p.name, p) for p in ours]
        return [*kept, *own.values()]


@contextmanager
def variant_of(path: Path) -> Generator[Variant]:
    """The variant in a file; its state is part of every model until the context ends.

    Raises:
        Pmip6Error: The file is not there, is wrong, or changes nothing.
    """
    before = len(PROPERTIES)
    added: list[Declaration] = []
    try:
        module = _run(path)
        own = tuple(PROPERTIES[before:])
        _declare(path, module, added)
        yield _variant(path, module, own, [each.name for each in added])
    finally:
        del PROPERTIES[before:]
        sys.modules.pop(MODULE, None)
        for each in added:
            DECLARED[type(each)].remove(each)


def _run(path: Path) -> ModuleType:
    """The module that the file makes."""
    spec = importlib.util.spec_from_file_location(MODULE, path)
    if path.suffix != ".py" or spec is None or spec.loader is None:
        raise Pmip6Error(str(path), "is no Python file", "name a file that ends in .py")
    if not path.is_file():
        raise Pmip6Error(str(path), "is not there", "name a file that is")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        place = f"{path}:{error.lineno}"
        raise Pmip6Error(
            place, f"is no Python: {error.msg}", "mend the line"
        ) from error
    except (Exception, SystemExit) as error:  # whatever a file may raise is its fault
        raise Pmip6Error(_place(path, error), _reason(error), _fix(error)) from error
    finally:
        sys.dont_write_bytecode = written
    return module


def _place(path: Path, error: BaseException) -> str:
    """The last line of the file that was being run."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f.lineno for f in frames if Path(f.filename) == path.absolute()]
    lines += [f.lineno for f in frames if Path(f.filename) == path]
    return f"{path}:{lines[-1]}" if lines else str(path)


def _reason(error: BaseException) -> str:
    if isinstance(error, Pmip6Error):
        return f"{error.place}: {error.reason}"
    return f"{type(error).__name__}: {error}"


def _fix(error: BaseException) -> str:
    told = error.fix if isinstance(error, Pmip6Error) else ""
    return told or "docs/variants.md shows what a variant may say"


def _declare(path: Path, module: ModuleType, added: list[Declaration]) -> None:
    """Make the state of the file part of every model; what was added is told at once."""
    for item in vars(module).values():
        if isinstance(item, Channel) and item not in tuple(CHANNELS):
            raise Pmip6Error(
                f"{path}: {item.name}",
                "is a channel, and a variant has the channels of the model only",
                "keep what a role has to know in a state map",
            )
        if isinstance(item, Declaration):
            declared = DECLARED[type(item)]
            if item not in tuple(declared):
                declared.add(item)
                added.append(item)


def _variant(
    path: Path, module: ModuleType, properties: tuple[Property, ...], state: list[str]
) -> Variant:
    own = [
        r for v in vars(module).values() if isinstance(v, RoleTable) for r in v.rules
    ]
    ours = {rule.name: rule for rule in shipped_rules()}
    new = {rule.name: rule for rule in own if rule is not ours.get(rule.name)}
    without = tuple(cast("Iterable[str]", getattr(module, WITHOUT, ())))
    _refuse_unknown(path, without, ours)
    kept = [new.get(name, rule) for name, rule in ours.items() if name not in without]
    beside = [rule for name, rule in new.items() if name not in ours]
    configurations = {
        c.name: c
        for name, c in vars(module).items()
        if isinstance(c, Configuration) and c is not _imported(name)
    }
    replaced = [name for name in new if name in ours]
    properties_named = [p.name for p in properties]
    changes = tuple(
        f"{what}: {', '.join(names)}"
        for what, names in (
            ("rules replaced", replaced),
            ("rules added", [rule.name for rule in beside]),
            ("rules left out", list(without)),
            ("state", state),
            ("properties", properties_named),
            ("configurations", list(configurations)),
        )
        if names
    )
    if not changes:
        raise Pmip6Error(
            str(path),
            "says nothing of its own",
            "docs/variants.md shows what a variant may say",
        )
    return Variant(path, (*kept, *beside), properties, configurations, changes)


def _imported(name: str) -> Configuration | None:
    """The configuration of ours that a file may have imported under this name."""
    found = getattr(shipped, name, None)
    return found if isinstance(found, Configuration) else None


def _refuse_unknown(
    path: Path, without: tuple[str, ...], ours: Mapping[str, Rule]
) -> None:
    for name in without:
        if name not in ours:
            near = " or ".join(difflib.get_close_matches(name, ours, 3))
            raise Pmip6Error(
                f"{path}: {WITHOUT}",
                f"{name} is no rule of the model",
                f"did you mean {near}?" if near else "pmip6 model show lists the rules",
            )
