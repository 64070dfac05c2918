"""A variant: rules, state, properties and configurations of a user's own (docs/variants.md).

The file of a variant says what it has with the means of the model itself: role tables,
state maps, timers, predicates, properties, configurations, each a name of the module.  What
has the name of a rule or a property of ours takes its place; all else comes beside ours.
"""

from __future__ import annotations

import importlib.util
import re
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
    Model,
    shipped_rules,
)
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.interpreter import TICK
from pmip6.model.language.table import Channel, Rigid, RoleTable, Rule, StateMap, Timer
from pmip6.model.language.terms import Sort
from pmip6.model.parts import check_names
from pmip6.model.requirements.tables import load_requirements
from pmip6.model.shipped import configurations as shipped
from pmip6.model.shipped.named import EVERY, GROUPS
from pmip6.properties.property import PROPERTIES, Property

Declaration = StateMap | Timer | Rigid
DECLARED: dict[type, Declared[Any]] = {StateMap: MAPS, Timer: TIMERS, Rigid: RIGIDS}
MODULE = "pmip6_variant"
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9+._-]*[A-Za-z0-9])?")
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
        try:
            _declare(path, module, added)
            made = _variant(path, module, own, [each.name for each in added])
        except Pmip6Error:
            raise
        except Exception as error:  # what nobody foresaw is still the file's fault
            raise Pmip6Error(
                _place(path, error), _reason(error), _fix(error)
            ) from error
        yield made
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
            given = cast("dict[str, object]", vars(item))  # whatever the file gave
            index = given["index"]
            several = cast("tuple[object, ...]", index)
            sorts = several if isinstance(index, tuple) else (None,)
            sorts += (given["value"],) if "value" in given else ()
            if not all(isinstance(sort, Sort) for sort in sorts):
                raise Pmip6Error(
                    f"{path}: {item.name}",
                    f"has the index {index!r:.60}, no tuple of sorts",
                    "write (MOBILE_NODE,), as in model/state.py",
                )
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
    without = _without(path, module, ours)
    kept = [new.get(name, rule) for name, rule in ours.items() if name not in without]
    beside = [rule for name, rule in new.items() if name not in ours]
    rules = (*kept, *beside)
    for rule in new.values():
        _check_rule(path, rule, ours.get(rule.name))
    for claim in properties:
        _check_citations(f"{path}: property {claim.name}", claim.requirements)
    configurations = _configurations(path, module)
    for configuration in configurations.values():
        _check_configuration(path, configuration, rules)
    changes = tuple(
        f"{what}: {', '.join(names)}"
        for what, names in (
            ("rules replaced", [name for name in new if name in ours]),
            ("rules added", [rule.name for rule in beside]),
            ("rules left out", without),
            ("state", state),
            ("properties", [p.name for p in properties]),
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
    return Variant(path, rules, properties, configurations, changes)


def _without(path: Path, module: ModuleType, ours: Mapping[str, Rule]) -> list[str]:
    """The names of the rules that are left out."""
    given: object = getattr(module, WITHOUT, ())
    is_several = isinstance(given, tuple | list | set | frozenset)
    names = list(cast("Iterable[object]", given)) if is_several else [given]
    texts = [name for name in names if isinstance(name, str)]
    if not is_several or texts != names:
        raise Pmip6Error(
            f"{path}: {WITHOUT}",
            f"is {given!r:.60}, no tuple of names of rules",
            f'write {WITHOUT} = ("name",)',
        )
    check_names(f"{path}: {WITHOUT}", "a rule of the model", texts, ours)
    return texts


def _check_rule(path: Path, rule: Rule, ours: Rule | None) -> None:
    """Refuse a rule that no role would take, or that has the name of the clock's step."""
    place = f"{path}: rule {rule.name}"
    if rule.name == TICK:
        raise Pmip6Error(place, "has the name of the step of the clocks", "rename it")
    if ours is not None and rule.role is not ours.role:
        raise Pmip6Error(
            place,
            f"is one of {rule.role}, and ours of this name one of {ours.role}",
            f"write it in a RoleTable({ours.role}), or choose another name",
        )
    _check_citations(place, rule.requirements)


def _check_citations(place: str, cited: Sequence[str]) -> None:
    """Refuse an id of an RFC that we have a table of, where the table has no such id."""
    known = load_requirements()
    tables = {name.partition("-")[0] for name in known}
    ours = [name for name in cited if name.partition("-")[0] in tables]
    check_names(f"{place}: requirement", "a requirement of the tables", ours, known)


def _configurations(path: Path, module: ModuleType) -> dict[str, Configuration]:
    """The configurations of the file, by name."""
    found: dict[str, Configuration] = {}
    for variable, value in vars(module).items():
        if not isinstance(value, Configuration) or value is _imported(variable):
            continue
        name, place = value.name, f"{path}: {variable}"
        if NAME.fullmatch(name) is None:
            raise Pmip6Error(
                place,
                f"{name!r} is no name of a configuration",
                "write letters and digits, with + . _ - between them",
            )
        if name in (EVERY, *GROUPS):
            raise Pmip6Error(
                place, f"{name} is a group of configurations", "choose another name"
            )
        if found.setdefault(name, value) is not value:
            raise Pmip6Error(
                place, f"another one of the file has the name {name}", "rename one"
            )
    return found


def _check_configuration(
    path: Path, configuration: Configuration, rules: Sequence[Rule]
) -> None:
    """Refuse what a configuration names that its model does not have."""
    try:
        model = Model(configuration, rules)
    except Pmip6Error as error:
        raise Pmip6Error(f"{path}: {error.place}", error.reason, error.fix) from error
    place = f"{path}: configuration {configuration.name}"
    for rule in model.rules:
        channels = {send.channel.name for send in rule.sends}
        for name in sorted(channels - set(configuration.capacity)):
            raise Pmip6Error(
                f"{place}: capacity",
                f"rule {rule.name} sends on {name}, which is not named",
                "say how many messages it holds",
            )
    for name, held in configuration.facts.items():
        sorts = RIGIDS[name].index
        known = set(model.tuples(sorts))
        for each in sorted(cast("Iterable[object]", held), key=repr):
            if each not in known:
                raise Pmip6Error(
                    f"{place}: facts: {name}",
                    f"{each!r:.60} is no tuple of elements that the configuration has",
                    f"it is about ({', '.join(sort.name for sort in sorts)})",
                )


def _imported(name: str) -> Configuration | None:
    """The configuration of ours that a file may have imported under this name."""
    found = getattr(shipped, name, None)
    return found if isinstance(found, Configuration) else None
