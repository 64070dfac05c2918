"""`pmip6 model`: what the model is made of."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated

import typer
from tabulate import tabulate

from pmip6.model.domain import RIGIDS, Configuration, Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.edges import CONTROLS, trigger_of
from pmip6.model.language.table import Rule
from pmip6.model.shipped.named import NAMED, TELLING, groups_of
from pmip6.properties import protocol
from pmip6.properties.exploration.coverage import ENOUGH, coverage
from pmip6.properties.faults.mutants import mechanical, seeded
from pmip6.properties.faults.seeded_faults import SEEDED_FAULTS
from pmip6.properties.proof.bounded_smt_lib import DEPTH, smt_lib
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.spin.promela import promela
from pmip6.properties.tla_plus.module import tla_plus
from pmip6.reports.choices import LISTED, unknown_name
from pmip6.reports.diagrams import mermaid
from pmip6.reports.durations import timers_text
from pmip6.reports.handover_figures import FIGURES
from pmip6.reports.handover_figures import diagram as handover_diagram

assert protocol  # it records the properties

model = typer.Typer(help="Show configurations, rules and state diagrams.")


def _known(name: str) -> Configuration:
    if name not in NAMED:
        raise unknown_name(name, "a configuration", NAMED, LISTED)
    return NAMED[name]


def _listed(elements: Iterable[object]) -> str:
    return ", ".join(str(e) for e in elements)


def _told(variant: Callable[[Rule], Rule] | None) -> str:
    """What becomes of the rules of the protocol."""
    return "none" if variant is None else variant.__name__


@model.command("list")
def list_configurations() -> None:
    """List the configurations and the groups that go by one name."""
    body = [
        (", ".join(groups_of(c.name)), c.name, c.summary, "\n".join(sorted(c.broken)))
        for c in NAMED.values()
    ]
    headers = ("groups", "configuration", "summary", "fails there (docs/findings.md)")
    print(tabulate(body, headers, tablefmt="simple"))


@model.command("show")
def show(configuration: Annotated[str, typer.Argument(metavar="CONFIG")]) -> None:
    """Show the elements, clocks and faults of a configuration, and its rules."""
    chosen = _known(configuration)
    print(tabulate(_parts(chosen), tablefmt="plain"))
    print()
    rules = [
        (r.role.value, trigger_of(r), r.name, "\n".join(r.requirements))
        for r in Model(chosen).rules
    ]
    headers = ("role", "trigger", "rule", "requirements")
    print(tabulate(rules, headers, tablefmt="simple"))


def _parts(chosen: Configuration) -> list[tuple[str, str]]:
    return [
        ("configuration", chosen.name),
        ("summary", chosen.summary),
        ("mobile nodes", _listed(chosen.nodes)),
        ("gateways", _listed(chosen.gateways)),
        ("prefixes", _listed(chosen.prefixes)),
        ("binding cache entries", _listed(chosen.entries)),
        ("link-layer identifiers", _listed(chosen.link_layers) or "none"),
        ("access technologies", _listed(chosen.technologies) or "none"),
        ("sequence numbers", _listed(chosen.sequences) or "none"),
        ("real clocks", _durations(chosen.durations)),
        ("channels hold", ", ".join(f"{n} {c}" for n, c in chosen.capacity.items())),
        ("under way at once", str(chosen.in_flight or "no bound")),
        ("timestamps of a node", str(chosen.times or "no bound")),
        ("channels do", ", ".join(_faults(chosen))),
        ("has no case of", ", ".join(sorted(chosen.silent_on)) or "no property"),
        ("fails there", ", ".join(sorted(chosen.broken)) or "no property"),
        ("variant of the rules", _told(chosen.variant)),
        ("rules left out", ", ".join(sorted(chosen.disabled)) or "none"),
        *(
            (name, "; ".join(_holding(Model(chosen), name)) or "none")
            for name in sorted(chosen.facts)
        ),
    ]


def _holding(model: Model, name: str) -> Iterator[str]:
    """For which elements a predicate holds; yes for a switch that is on."""
    (rigid,) = (rigid for rigid in RIGIDS if rigid.name == name)
    for elements in model.tuples(rigid.index):
        if model.is_fact(name, elements):
            yield _listed(elements) or "yes"


def _faults(chosen: Configuration) -> list[str]:
    return [*sorted(chosen.faults), *(["reorder"] if chosen.reorder else [])]


def _durations(durations: Mapping[str, tuple[int, ...]]) -> str:
    """Each clock with its durations in ticks."""
    parts = (f"{n} {' or '.join(map(str, d))}" for n, d in durations.items())
    return ", ".join(parts) or "none; every timer may expire at any time"


@model.command("mutants")
def list_mutants(
    rule: Annotated[
        str | None,
        typer.Argument(metavar="RULE", help="A rule whose faults are wanted."),
    ] = None,
) -> None:
    """List the faults for `pmip6 check --mutant`: the seeded ones, or those of a rule."""
    made = mechanical()
    if rule is None:
        body = [(n, f.property, f.text) for n, f in SEEDED_FAULTS.items()]
        print(tabulate(body, ("mutant", "breaks", "fault"), tablefmt="simple"))
        rules = dict.fromkeys(m.rule for m in made.values())
        print(
            f"\n{len(made):,} more drop a part of a rule:"
            f" pmip6 model mutants RULE, with one of\n{', '.join(rules)}"
        )
        return
    found = [m for m in (*seeded().values(), *made.values()) if m.rule == rule]
    if not found:
        raise unknown_name(rule, "a rule", dict.fromkeys(m.rule for m in made.values()))
    for each in found:
        print(f"{each.name}: {each.text}")


@model.command("coverage")
def show_coverage(
    limit: Annotated[
        int, typer.Option(min=1, help="The most states of each configuration.")
    ] = ENOUGH,
) -> int:
    """Tell in which configurations each rule is taken.

    Exit codes: 0 all are, 1 some are not.
    """
    found = coverage(TELLING.values(), limit=limit)
    body = [(c.rule.role.value, c.rule.name, _listed(c.steps) or "none") for c in found]
    taken = sum(c.is_taken for c in found)
    print(tabulate(body, ("role", "rule", "taken in"), tablefmt="simple"))
    print()
    for role in dict.fromkeys(c.rule.role for c in found):
        of_role = [c.is_taken for c in found if c.rule.role is role]
        print(f"{role.value}: {sum(of_role)} of {len(of_role)}")
    print(
        f"\n{taken} of {len(found)} rules are taken ({taken / len(found):.0%}),"
        f" within {limit:,} states of each configuration"
    )
    return 0 if taken == len(found) else 1


@model.command("timers")
def show_timers() -> None:
    """Find what has to hold between the timers so that a session lives on."""
    print(timers_text())


@model.command("diagram")
def diagram(role: Annotated[str, typer.Argument(metavar="lma|mag|mn")]) -> None:
    """Print the state diagram of a role in Mermaid."""
    roles = {r.value: r for r in CONTROLS}
    if role not in roles:
        raise unknown_name(role, "a role with a state machine", roles)
    print(mermaid(roles[role]), end="")


@model.command("handover")
def handover(
    mode: Annotated[str, typer.Argument(metavar="|".join(FIGURES))],
) -> None:
    """Print a run of a fast handover without failures as a sequence diagram in Mermaid."""
    if mode not in FIGURES:
        raise unknown_name(mode, "a mode of fast handover", FIGURES)
    print(handover_diagram(FIGURES[mode]), end="")


@model.command("export")
def export(
    configuration: Annotated[str, typer.Argument(metavar="CONFIG")],
    language: Annotated[
        str,
        typer.Option("--format", help="The language to write: promela, tla or smtlib."),
    ],
    depth: Annotated[
        int | None, typer.Option(min=0, help="Longest runs, in steps (smtlib).")
    ] = None,
) -> None:
    """Write a configuration in the language of another model checker."""
    if language not in (*EXPORTS, SMT_LIB):
        raise unknown_name(language, "a format", (*EXPORTS, SMT_LIB))
    if depth is not None and language != SMT_LIB:
        raise Pmip6Error(
            "--depth", "is about the runs of SMT-LIB", f"add --format {SMT_LIB}"
        )
    chosen = Model(_known(configuration))
    if language == SMT_LIB:
        asked = with_a_case(chosen, PROPERTIES)
        text = smt_lib(chosen, asked, DEPTH if depth is None else depth)
    else:
        text = EXPORTS[language](chosen)
    print(text, end="")


def _tla(chosen: Model) -> str:
    """The module with every property that says something of the configuration."""
    return tla_plus(chosen, with_a_case(chosen, PROPERTIES))


SMT_LIB = "smtlib"
EXPORTS: dict[str, Callable[[Model], str]] = {"promela": promela, "tla": _tla}
