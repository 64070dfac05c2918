"""The engines by name, and what a command asks of them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pmip6.model.domain import Configuration, Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Rule
from pmip6.model.parts import check_names
from pmip6.model.shipped.named import EVERY, GROUPS, NAMED, SHIPPED, expanded
from pmip6.properties import fuzz
from pmip6.properties.derived import DERIVED, TIME_CAN_GO_ON, derived_properties
from pmip6.properties.exploration import explore
from pmip6.properties.exploration.fair_cycles import fair_cycles
from pmip6.properties.exploration.memory import whole_memory
from pmip6.properties.exploration.search import INTERRUPTED, Reached
from pmip6.properties.exploration.sliced import explore_slices
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.proof import prove
from pmip6.properties.proof.any_size import AnySize
from pmip6.properties.proof.certificate import write
from pmip6.properties.proof.inductive import prove_by_induction
from pmip6.properties.proof.inference import prove_by_inference
from pmip6.properties.proof.prove_any_size import (
    SETTINGS,
    answers_in,
    properties_of,
    prove_any_size,
    setting_name,
)
from pmip6.properties.property import Property, with_a_case
from pmip6.properties.response import RESPONSES, Response
from pmip6.properties.result import Outcome, PropertyResult, Run
from pmip6.properties.swarm import swarm
from pmip6.properties.variant import Variant
from pmip6.reports.choices import LISTED, unknown_name
from pmip6.reports.citations import recorded_properties
from pmip6.vectors.files import replace_file

Progress = Callable[[str], None]
Engine = Callable[["Request", Model, Sequence[Property], Progress], Run]
ALL = "all"


def _explore(
    asked: Request, model: Model, properties: Sequence[Property], progress: Progress
) -> Run:
    """A faulty model is explored up to its first violation, ours to the end."""

    began = time.monotonic()

    def tell(reached: Reached) -> None:
        progress(f"{reached_text(reached, time.monotonic() - began)}; Ctrl-C ends it")

    def explored(chosen: Model, claims: Sequence[Property], deadlock: bool) -> Run:
        return explore.explore(
            chosen,
            claims,
            stop_early=asked.is_faulty,
            deadlock=deadlock,
            progress=tell,
            symmetric=asked.symmetric,
            compact=asked.compact,
            memory=None if asked.memory is None else asked.memory << 20,
            traces=asked.traces,
        )

    left_out = asked.left_out(model)
    if asked.sliced:
        run = explore_slices(
            model, properties, lambda part, claims: explored(part, claims, False)
        )
        return replace(run, notes=(*left_out, *run.notes))
    wanted = asked.responses(model)
    deadlock = asked.wants(explore.NO_DEADLOCK)
    if wanted and not properties and not deadlock:
        return fair_cycles(model, wanted)
    run = explored(model, properties, deadlock)
    run = replace(run, notes=(*left_out, *run.notes))
    if not wanted:
        return run
    progress("runs without end")
    began_cycles = time.monotonic()
    try:
        if INTERRUPTED in run.notes:
            raise KeyboardInterrupt
        more = fair_cycles(model, wanted).properties
    except KeyboardInterrupt:  # what was explored is known already
        more = tuple(
            PropertyResult(r.name, Outcome.UNDECIDED, INTERRUPTED) for r in wanted
        )
        run = replace(run, notes=tuple(dict.fromkeys((*run.notes, INTERRUPTED))))
    return replace(
        run,
        properties=(*run.properties, *more),
        seconds=run.seconds + time.monotonic() - began_cycles,
    )


def reached_text(reached: Reached, seconds: float) -> str:
    """How far a search has come, and how fast, in words."""
    rate = reached.states / max(seconds, 0.001)
    text = (
        f"{reached.states:,} states to depth {reached.depth}, "
        f"{reached.waiting:,} wait, {rate:,.0f} a second"
    )
    return text if reached.memory is None else f"{text}, {reached.memory >> 20:,} MiB"


def _fuzz(
    asked: Request, model: Model, properties: Sequence[Property], progress: Progress
) -> Run:
    progress("random runs")
    return fuzz.fuzz(model, properties, seconds=asked.seconds, seed=asked.first_seed)


def _prove(
    asked: Request, model: Model, properties: Sequence[Property], progress: Progress
) -> Run:
    if asked.depth == 0:
        progress("induction")
        return prove_by_induction(model, properties)
    progress("induction, then bounded runs")
    return prove.prove(model, properties, depth=asked.depth or prove.DEPTH)


ENGINES: dict[str, Engine] = {
    explore.ENGINE: _explore,
    prove.ENGINE: _prove,
    fuzz.ENGINE: _fuzz,
}

# Properties that only one engine tells, and why.
EXPLORED: dict[str, str] = {
    explore.NO_DEADLOCK: "speaks of the messages under way, over which no term quantifies",
    **{r.name: "speaks of runs without end" for r in RESPONSES},
}


@dataclass(frozen=True)
class Request:
    """What `pmip6 check` was asked, with every name found.

    Args:
        configurations: Where to look.
        engines: Names of engines, in the order in which they run.
        selected: Names of the properties; all where it is empty.
        rules: The rules with a fault, or None for those that ship.
        any_size: Prove for any number of elements instead of in each configuration.
        certificate: The folder for the certificates of what is proved, if wanted.
        variant: What a user's file makes of the model, if one is given.
        seed: The first seed of random runs, if one is given.
        seconds: For how long random runs go on; one search where it is 0.
        sliced: Explore for each property the part of the model that it depends on.
        symmetric: Keep one of the states that renamings of elements make of each other.
        compact: Keep marks of states instead of states.
        memory: The most MiB for states, if that is given.
        traces: How many runs are looked for to a violation of each property.
        depth: The longest runs that are looked at beside induction, if that is given.
        swarm: How many crowds are searched at random, in place of configurations.
        infer: Find the invariants of a proof for any size.
    """

    configurations: tuple[Configuration, ...]
    engines: tuple[str, ...]
    selected: frozenset[str]
    rules: tuple[Rule, ...] | None
    any_size: bool = False
    certificate: Path | None = None
    variant: Variant | None = None
    seed: int | None = None
    seconds: float = 0
    sliced: bool = False
    symmetric: bool = False
    compact: bool = False
    memory: int | None = None
    traces: int = 1
    depth: int | None = None
    swarm: int | None = None
    infer: bool = False

    @property
    def is_faulty(self) -> bool:
        """Whether the rules have a fault that somebody made."""
        return self.rules is not None and self.variant is None

    @property
    def properties(self) -> list[Property]:
        """The properties that were asked for."""
        return [p for p in recorded(self.variant) if self.wants(p.name)]

    def properties_of(self, model: Model) -> list[Property]:
        """Those that were asked for and that have a case in the model."""
        every = [
            *with_a_case(model, recorded(self.variant)),
            *derived_properties(model),
        ]
        return [p for p in every if self.wants(p.name)]

    @property
    def first_seed(self) -> int:
        """The seed of the first random search."""
        return fuzz.SEED if self.seed is None else self.seed

    def wants(self, name: str) -> bool:
        """Whether a property was asked for."""
        return not self.selected or name in self.selected

    def responses(self, model: Model) -> list[Response]:
        """The responses that were asked for and that the configuration decides."""
        chosen = model.configuration
        if not chosen.endless or self.is_reduced:
            return []
        asked = (r for r in RESPONSES if r.name not in chosen.silent_on)
        return [r for r in asked if self.wants(r.name) and r.has_a_case(model)]

    @property
    def is_reduced(self) -> bool:
        """Whether fewer states are kept than a run without end is looked for in."""
        return self.sliced or self.symmetric or self.compact

    def left_out(self, model: Model) -> list[str]:
        """A note on what fewer states do not decide, for each option that asks for them."""
        endless = [
            r.name
            for r in RESPONSES
            if model.configuration.endless
            and r.name not in model.configuration.silent_on
            and r.has_a_case(model)
        ]
        undecided = {
            "--slice": [explore.NO_DEADLOCK, *endless] if self.sliced else [],
            "--symmetry": endless if self.symmetric else [],
            "--compact": endless if self.compact else [],
        }
        return [
            f"left out with {option}: {', '.join(filter(self.wants, names))}"
            for option, names in undecided.items()
            if any(map(self.wants, names))
        ]

    def model(self, name: str) -> Model:
        """The model of the configuration of this name."""
        return Model(known(self.variant)[name], self.rules)


def recorded(variant: Variant | None) -> list[Property]:
    """The properties that are terms, with those of a variant."""
    ours = recorded_properties()
    return ours if variant is None else variant.among(ours)


def known(variant: Variant | None) -> dict[str, Configuration]:
    """Every configuration by its name, with those of a variant."""
    return NAMED if variant is None else {**NAMED, **variant.configurations}


def property_names(variant: Variant | None = None) -> list[str]:
    """The names of all properties."""
    return [*(p.name for p in recorded(variant)), *DERIVED, *EXPLORED]


def request(
    configurations: Sequence[str],
    engine: str,
    property_name: str | None,
    mutant_name: str | None,
    any_size: bool = False,
    certificate: Path | None = None,
    variant: Variant | None = None,
    seed: int | None = None,
    seconds: float = 0,
    sliced: bool = False,
    symmetric: bool = False,
    compact: bool = False,
    memory: int | None = None,
    traces: int | None = None,
    depth: int | None = None,
    swarm: int | None = None,
) -> Request:
    """Find every name.

    Raises:
        Pmip6Error: One of them is unknown, or they do not go together.
    """
    named = known(variant)
    if variant is not None:
        _refuse_unknown_properties(variant)
    for name in configurations:
        if name not in (*named, *GROUPS, EVERY):
            raise unknown_name(
                name, "a configuration", (*named, *GROUPS, EVERY), LISTED
            )
    if engine not in (*ENGINES, ALL):
        raise unknown_name(engine, "an engine", (*ENGINES, ALL))
    if any_size and configurations:
        raise Pmip6Error(
            "--any-size",
            "is about no configuration: it proves for any number of nodes",
            f"leave out {' '.join(configurations)}: pmip6 check --any-size",
        )
    if any_size and engine != prove.ENGINE:
        raise Pmip6Error(
            "--any-size",
            f"only the engine {prove.ENGINE} has it",
            f"write pmip6 check --engine {prove.ENGINE} --any-size",
        )
    if certificate is not None and not any_size:
        raise Pmip6Error(
            "--certificate",
            "is about a proof for any size",
            f"write pmip6 check --engine {prove.ENGINE} --any-size",
        )
    if variant is not None and (mutant_name is not None or certificate is not None):
        raise Pmip6Error(
            "--variant",
            "goes with neither --mutant nor --certificate, which are about our rules",
            "leave one of them out",
        )
    for option, value in (("--seed", seed), ("--seconds", seconds or None)):
        if value is not None and engine not in (fuzz.ENGINE, ALL):
            raise Pmip6Error(
                option, "is about random runs", f"add --engine {fuzz.ENGINE}"
            )
    selected = _selected(property_name, variant)
    _refuse_to_reduce(selected, engine, sliced, symmetric, compact)
    for option, value in (("--memory", memory), ("--traces N", traces)):
        if value is not None and engine not in (explore.ENGINE, ALL):
            raise Pmip6Error(
                option, "is about explored states", f"add --engine {explore.ENGINE}"
            )
    if depth is not None and (any_size or engine not in (prove.ENGINE, ALL)):
        raise Pmip6Error(
            "--depth",
            "is about the bounded runs of a proof in a configuration",
            f"write pmip6 check CONFIG --engine {prove.ENGINE} --depth {depth}",
        )
    if swarm is not None and (configurations or variant or engine != fuzz.ENGINE):
        raise Pmip6Error(
            "--swarm",
            "is random runs in configurations of its own, of the rules that ship",
            f"write pmip6 check --engine {fuzz.ENGINE} --swarm {swarm}",
        )
    _refuse_memory_that_there_is_not(memory)
    _refuse_what_cannot_be_told(selected, engine, any_size)
    return Request(
        tuple(named[n] for n in expanded(tuple(configurations) or _usual(variant))),
        tuple(ENGINES) if engine == ALL else (engine,),
        selected,
        _rules(mutant_name, variant),
        any_size,
        certificate,
        variant,
        seed,
        seconds,
        sliced,
        symmetric,
        compact,
        memory,
        traces or 1,
        depth,
        swarm,
    )


def _refuse_unknown_properties(variant: Variant) -> None:
    """Raises Pmip6Error where a configuration of a variant names a property we have not."""
    names = property_names(variant)
    for name, chosen in variant.configurations.items():
        place = f"{variant.path}: configuration {name}"
        check_names(f"{place}: silent_on", "a property", chosen.silent_on, names)
        check_names(f"{place}: broken", "a property", chosen.broken, names)


def _refuse_memory_that_there_is_not(memory: int | None) -> None:
    """Raises Pmip6Error where more is asked for than the machine has."""
    whole = whole_memory()
    if memory is not None and whole is not None and memory > whole >> 20:
        raise Pmip6Error(
            "--memory",
            f"asks for {memory:,} MiB, and this machine has {whole >> 20:,}",
            f"give {whole >> 20} or less; what is too large needs --compact or --slice",
        )


def _usual(variant: Variant | None) -> tuple[str, ...]:
    """Where to look if nobody says so: where the variant does, if it has a place."""
    own = () if variant is None else tuple(variant.configurations)
    return own or (SHIPPED,)


def _rules(mutant_name: str | None, variant: Variant | None) -> tuple[Rule, ...] | None:
    if variant is not None:
        return variant.rules
    return None if mutant_name is None else mutant(mutant_name).rules


def _selected(name: str | None, variant: Variant | None) -> frozenset[str]:
    """The properties of a full name, or of the part of it before the dot."""
    if name is None:
        return frozenset[str]()
    names = property_names(variant)
    found = frozenset(n for n in names if name in (n, n.partition(".")[0]))
    if not found:
        groups = list(dict.fromkeys(n.partition(".")[0] for n in names))
        some = f"choose one of {', '.join(groups)}, or a part of them by its full name"
        raise unknown_name(name, "a property", (*names, *groups), some)
    return found


def _refuse_to_reduce(
    selected: frozenset[str], engine: str, sliced: bool, symmetric: bool, compact: bool
) -> None:
    """Raises Pmip6Error where fewer states cannot decide what is selected."""
    refused = {
        "--slice": set(EXPLORED) if sliced else set[str](),
        "--symmetry": {r.name for r in RESPONSES} if symmetric else set[str](),
        "--compact": {r.name for r in RESPONSES} if compact else set[str](),
    }
    reasons = {
        "--slice": "depends on every step of every rule, so that nothing can be dropped",
        "--symmetry": "asks that the same node gets its turn, and one state stands here"
        " for several in which nodes have changed places",
        "--compact": "asks for the steps between states, which are not kept",
    }
    given = {"--slice": sliced, "--symmetry": symmetric, "--compact": compact}
    for option, is_given in given.items():
        if is_given and engine not in (explore.ENGINE, ALL):
            raise Pmip6Error(
                option, "is about explored states", f"add --engine {explore.ENGINE}"
            )
        if is_given and selected and selected <= refused[option]:
            raise Pmip6Error(
                ", ".join(sorted(selected)), reasons[option], f"leave out {option}"
            )


def _refuse_what_cannot_be_told(
    selected: frozenset[str], engine: str, any_size: bool
) -> None:
    """Raises Pmip6Error where none of the selected properties can be decided."""
    name = ", ".join(sorted(selected))
    group = name if len(selected) == 1 else name.partition(".")[0]
    told = f"write --engine {explore.ENGINE} --property {group}"
    if any_size and selected and selected <= {TIME_CAN_GO_ON, *EXPLORED}:
        raise Pmip6Error(
            name,
            "is about the clocks and channels of a configuration, not about any size",
            "leave out --any-size" if selected <= {TIME_CAN_GO_ON} else told,
        )
    if selected and selected <= set(EXPLORED) and engine not in (explore.ENGINE, ALL):
        reasons = dict.fromkeys(EXPLORED[each] for each in sorted(selected))
        raise Pmip6Error(name, " and ".join(reasons), told)


def runs(asked: Request, progress: Progress) -> Iterator[Run]:
    """Run each engine on each configuration, or prove for any size.

    Raises:
        KeyboardInterrupt: Somebody ended it; the last run tells what it had covered.
    """
    if asked.infer:
        yield prove_by_inference(progress)
        return
    if asked.swarm is not None:
        run = swarm(
            asked.properties,
            asked.swarm,
            rules=asked.rules,
            seed=asked.first_seed,
            seconds=asked.seconds,
            progress=progress,
        )
        yield run
        if INTERRUPTED in run.notes:
            raise KeyboardInterrupt
        return
    if asked.any_size:
        for features in SETTINGS.values():
            engine = AnySize(dict.fromkeys(features, True))
            progress(f"proof for {setting_name(engine.switches)}")
            made = answers_in(engine, asked.rules)
            wanted = [*asked.properties, *(p for p in made if asked.wants(p.name))]
            run = prove_any_size(asked.rules, wanted, engine=engine)
            yield run
            if asked.certificate is not None:
                _certify(asked.certificate, engine, run, asked.rules)
        return
    _refuse_what_none_has_a_case_of(asked)
    for configuration in asked.configurations:
        model = Model(configuration, asked.rules)
        properties = asked.properties_of(model)
        told = {p.name for p in properties}
        terms = (*(p.name for p in recorded(asked.variant)), *DERIVED)
        silent = tuple(n for n in terms if n not in told and asked.wants(n))
        others = asked.wants(explore.NO_DEADLOCK) or asked.responses(model)
        if not properties and (asked.sliced or not others):
            continue
        for name in asked.engines if properties else (explore.ENGINE,):

            def tell(text: str, prefix: str = f"{configuration.name}, {name}") -> None:
                progress(f"{prefix}: {text}")

            run = replace(
                ENGINES[name](asked, model, properties, tell), without_case=silent
            )
            yield run
            if INTERRUPTED in run.notes:
                raise KeyboardInterrupt


def _refuse_what_none_has_a_case_of(asked: Request) -> None:
    """Raises Pmip6Error where the facts of every configuration rule out what is asked."""
    if asked.wants(explore.NO_DEADLOCK):
        return

    def has_a_case(configuration: Configuration) -> bool:
        model = Model(configuration, asked.rules)
        return bool(asked.properties_of(model) or asked.responses(model))

    if not any(map(has_a_case, asked.configurations)):
        named = known(asked.variant)
        others = [n for n, chosen in named.items() if has_a_case(chosen)]
        raise Pmip6Error(
            ", ".join(sorted(asked.selected)),
            "none of these configurations has a case of it",
            f"choose one of {', '.join(others)}",
        )


def certificate_name(switches: Mapping[str, bool]) -> str:
    """The file of the certificate of a proof with these switches."""
    return re.sub("[, ]+", "-", setting_name(switches)) + ".smt2"


def _certify(
    folder: Path,
    engine: AnySize,
    run: Run,
    rules: Sequence[Rule] | None,
) -> None:
    """Write the certificate of a run in which all is proved.

    Raises:
        Pmip6Error: Something is not proved.
    """
    path = folder / certificate_name(engine.switches)
    for result in run.properties:
        if result.outcome is not Outcome.HOLDS:
            raise Pmip6Error(
                str(path),
                f"there is no certificate: {result.name} is {result.outcome.value}",
                "leave out --certificate to see why",
                exit_code=1,
            )
    names = {result.name for result in run.properties}
    proved = [p for p in properties_of(engine, rules) if p.name in names]
    replace_file(path.absolute(), write(engine, proved, rules).encode())


def exit_code(found: Sequence[Run], named: Mapping[str, Configuration] = NAMED) -> int:
    """0 where all hold, 1 where one is violated, 3 where one is undecided.

    For each configuration the strongest engine counts.  What a configuration has no case
    of, as it says itself, does not count, as long as there is something that holds.

    Args:
        found: What the engines found.
        named: The configurations by their names.
    """
    best: dict[tuple[str, str], PropertyResult] = {}
    for run in found:
        for result in run.properties:
            held = best.setdefault((run.configuration, result.name), result)
            if _strength(result) > _strength(held):
                best[run.configuration, result.name] = result
    outcomes = {
        result.outcome
        for (place, name), result in best.items()
        if not result.vacuous
        or place not in named
        or name not in named[place].silent_on
    }
    if Outcome.VIOLATED in outcomes:
        return 1
    return 0 if outcomes == {Outcome.HOLDS} else 3


def _strength(result: PropertyResult) -> tuple[int, bool]:
    order = (Outcome.UNDECIDED, Outcome.HOLDS, Outcome.VIOLATED)
    return order.index(result.outcome), result.vacuous
