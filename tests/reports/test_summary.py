"""The summary: a line for each run, and what docs/features.md has of it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from pinned_counts import (
    CORNERS,
    FEATURE_CLOCKS,
    FURTHER_PAIRS,
    GATEWAY_PAIRS,
    GATEWAY_RESPONSES,
    GATEWAYS,
    OVERTAKING,
    ROUTERS,
    SMALL,
    TWO_NODES,
)
from pinned_counts import PAIRS as COUNTS
from pinned_counts import RESTARTS as RESTART_COUNTS

from pmip6.model.domain import Model
from pmip6.model.shipped.feature_pairs import FEATURES
from pmip6.model.shipped.named import GROUPS, NAMED, SHIPPED
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome, PropertyResult, Run
from pmip6.reports.cli import run as run_command
from pmip6.reports.engines import property_names
from pmip6.reports.summary import (
    FAILS,
    HOLDS,
    KINDS,
    NO_CASE,
    OPEN,
    PARTLY,
    WITHOUT_CASE,
    kind_of,
    summary,
)

DOCS = Path(__file__).parents[2] / "docs"
WHOLE = (DOCS / "features.md").read_text("utf-8")
DOCUMENT, _, AFTER_IT = WHOLE.partition("\n## Requests that overtake each other\n")
OVERTAKEN, _, LAST_TWO = AFTER_IT.partition("\n## Real clocks\n")
CLOCKED, _, LAST = LAST_TWO.partition("\n## Two mobile nodes\n")
OF_TWO, _, FURTHER = LAST.partition("\n## Late requests and other restarts\n")
COLUMN = re.compile(r" {2,}")


def result(name: str, outcome: Outcome, *, vacuous: bool = False) -> PropertyResult:
    return PropertyResult(name, outcome, "exhaustive", vacuous=vacuous)


def run_of(*results: PropertyResult) -> Run:
    return Run("restart-lost", "explore", 1234, 5678, 7, 1.5, results)


def told(text: str) -> list[list[str]]:
    """The cells of the lines below the rule of a table."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("-----"):
            break
    return [COLUMN.split(line) for line in iter(lambda: next(lines, ""), "")]


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ([result("restart.a", Outcome.HOLDS)], HOLDS),
        ([result("restart.a", Outcome.UNDECIDED, vacuous=True)], NO_CASE),
        ([result("restart.a", Outcome.UNDECIDED)], OPEN),
        (
            [
                result("restart.a", Outcome.HOLDS),
                result("restart.b", Outcome.UNDECIDED, vacuous=True),
            ],
            PARTLY,
        ),
        (
            [
                result("restart.a", Outcome.UNDECIDED),
                result("restart.b", Outcome.VIOLATED),
            ],
            FAILS,
        ),
    ],
)
def test_the_worst_of_a_kind_is_told(
    results: list[PropertyResult], verdict: str
) -> None:
    found = run_of(result("traffic.x", Outcome.HOLDS), *results)
    if verdict == NO_CASE:
        assert told(summary([found])) == [["restart-lost", "1,234", "1.5", HOLDS]]
        return
    (line,) = told(summary([found]))
    assert line == ["restart-lost", "1,234", "1.5", HOLDS, verdict]


def test_what_fails_is_told_with_its_finding() -> None:
    found = run_of(
        result("restart.prefix", Outcome.VIOLATED),
        result("unique-binding.session", Outcome.VIOLATED),
    )
    lines = summary([found]).splitlines()
    assert "restart-lost: restart.prefix fails, as docs/findings.md tells" in lines
    assert "restart-lost: unique-binding.session fails" in lines


def test_what_has_no_case_is_told_where_others_of_its_kind_have_one() -> None:
    found = run_of(
        result("restart.a", Outcome.HOLDS),
        result("restart.b", Outcome.UNDECIDED, vacuous=True),
        result("traffic.x", Outcome.UNDECIDED, vacuous=True),
    )
    for width in (None, 40):
        text = summary([found], width)
        assert f"{WITHOUT_CASE}\nrestart.b: restart-lost\n" in text
        assert "traffic" not in text
    assert WITHOUT_CASE not in summary([run_of(result("restart.a", Outcome.HOLDS))])


def test_what_the_configuration_leaves_no_case_is_told_with_it() -> None:
    silent = ("restart.b", "traffic.x")
    found = replace(run_of(result("restart.a", Outcome.HOLDS)), without_case=silent)
    text = summary([found])
    assert told(text) == [["restart-lost", "1,234", "1.5", PARTLY]]
    assert f"{WITHOUT_CASE}\nrestart.b: restart-lost\n" in text
    assert "traffic" not in text


def test_a_narrow_terminal_gets_lists() -> None:
    text = summary([run_of(result("no-reuse-in-delay", Outcome.HOLDS))], 40)
    assert "restart-lost: 1,234 states, 1.5 s\n  holds: no reuse in delay" in text


def test_kinds_have_titles() -> None:
    kinds = {kind_of(name) for name in property_names()}
    assert set(KINDS) <= kinds


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["check", "addresses+losses", "--summary"]) == 0
    (line,) = told(capsys.readouterr().out)
    assert line[:2] == ["addresses+losses", "199"]
    documented = next(line for line in rows() if line[0] == "addresses+losses")
    documented, line = ([c for c in r[3:] if c != NO_CASE] for r in (documented, line))
    assert documented == line


# ---- the documents -----------------------------------------------------------------------

OF_ANCHORS = ("features", "pairs")
OF_GATEWAYS = ("gateways", "gateway-pairs", "gateway-responses", "routers")
DOCUMENTS: dict[tuple[str, ...], tuple[str, Mapping[str, tuple[int, int, int]]]] = {
    OF_ANCHORS: (DOCUMENT, {**SMALL, **RESTART_COUNTS, **COUNTS}),
    OF_GATEWAYS: (
        (DOCS / "gateway-features.md").read_text("utf-8"),
        {**GATEWAYS, **GATEWAY_PAIRS, **GATEWAY_RESPONSES, **ROUTERS},
    ),
    ("clocks",): (CLOCKED, FEATURE_CLOCKS),
    ("two-nodes",): (OF_TWO, TWO_NODES),
    ("further-pairs",): (FURTHER, FURTHER_PAIRS),
}
"""What is said of some groups, and the pinned counts of their configurations."""
every_document = pytest.mark.parametrize("groups", DOCUMENTS, ids=" ".join)


def names_of(groups: tuple[str, ...]) -> list[str]:
    return [name for group in groups for name in GROUPS[group]]


def rows(groups: tuple[str, ...] = OF_ANCHORS) -> list[list[str]]:
    return told(DOCUMENTS[groups][0])


def test_the_document_has_each_of_those_with_requests_that_overtake() -> None:
    lines, names = told(OVERTAKEN), list(GROUPS["overtaking"])
    counts = {**CORNERS, **OVERTAKING}
    assert [line[0] for line in lines] == names
    assert [line[1] for line in lines] == [f"{counts[n][0]:,}" for n in names]
    assert all(FAILS not in line and OPEN not in line for line in lines)
    assert "\nstale-request." not in OVERTAKEN  # each has a case of it


@every_document
def test_the_document_has_each_feature_alone_and_in_pairs(
    groups: tuple[str, ...],
) -> None:
    counts, names = DOCUMENTS[groups][1], names_of(groups)
    assert [line[0] for line in rows(groups)] == names
    assert [line[1] for line in rows(groups)] == [f"{counts[n][0]:,}" for n in names]
    assert f"pmip6 check {' '.join(groups)} --summary" in DOCUMENTS[groups][0]


@every_document
def test_it_tells_what_fails_and_nothing_is_open(groups: tuple[str, ...]) -> None:
    document = DOCUMENTS[groups][0]
    assert all(OPEN not in line for line in rows(groups))
    failing = {line[0] for line in rows(groups) if FAILS in line}
    assert failing == {n for n in names_of(groups) if NAMED[n].broken}
    for name in failing:
        for broken in NAMED[name].broken:
            assert re.search(
                rf"^{re.escape(name)}: {broken} fails in \d+ steps, as docs/findings.md tells$",
                document,
                re.MULTILINE,
            )


@every_document
def test_what_the_facts_and_the_size_leave_no_case_has_none(
    groups: tuple[str, ...],
) -> None:
    """Neither a verdict where the whole kind has none, nor `holds` where a part has."""
    document = DOCUMENTS[groups][0]
    named = no_case_in(document)
    for line in rows(groups):
        left = {p.name for p in with_a_case(Model(NAMED[line[0]]), PROPERTIES)}
        without = {p.name for p in PROPERTIES} - left
        kinds = {kind_of(name) for name in left}
        for name in without:
            if kind_of(name) in kinds:
                assert line[0] in named[name]


def test_no_reuse_in_delay_has_no_case_with_one_node() -> None:
    reuse = next(p for p in PROPERTIES if p.name == "no-reuse-in-delay")
    for name in {**GROUPS["features"], **GROUPS["pairs"], **GROUPS["clocks"]}:
        model = Model(NAMED[name])
        assert bool(with_a_case(model, [reuse])) == (len(NAMED[name].nodes) > 1)
    titles = [line for line in DOCUMENT.splitlines() if " no reuse " in line]
    column = titles[0].index("no reuse")
    for line in DOCUMENT.splitlines():
        name = line.partition(" ")[0]
        if name in NAMED and line[column - 1] == " " and len(line) > column:
            held = line[column:].split()[0]
            assert held == (HOLDS if len(NAMED[name].nodes) > 1 else NO_CASE)


def test_no_reuse_in_delay_holds_with_two_nodes_in_each_pair() -> None:
    assert all("no-reuse-in-delay" not in NAMED[n].silent_on for n in TWO_NODES)
    (title,) = (line for line in OF_TWO.splitlines() if " no reuse " in line)
    column = title.index("no reuse")
    lines = [line for line in OF_TWO.splitlines() if line.startswith("two-nodes-")]
    assert len(lines) == len(TWO_NODES)
    assert {line[column:].split()[0] for line in lines} == {HOLDS}


def no_case_in(document: str) -> dict[str, list[str]]:
    """Where each property has no case although others of its kind have one."""
    told_below = document.partition(WITHOUT_CASE)[2].partition("\n\n")[0]
    lines = (line.partition(": ") for line in told_below.strip().splitlines())
    return {name: places.split(", ") for name, _, places in lines}


@every_document
def test_it_tells_what_has_no_case(groups: tuple[str, ...]) -> None:
    named: dict[str, set[str]] = {}
    for name, configurations in no_case_in(DOCUMENTS[groups][0]).items():
        assert name in property_names()
        for configuration in configurations:
            named.setdefault(configuration, set()).add(kind_of(name))
    for line in rows(groups):
        marked = line.count(PARTLY)
        assert marked <= len(named.get(line[0], ())) <= marked + line.count(FAILS)


def test_every_feature_of_the_anchor_is_alone_somewhere() -> None:
    for name, feature in FEATURES.items():
        on = {fact for fact, held in feature.facts.items() if held == frozenset({()})}
        others = {
            fact
            for other in FEATURES.values()
            for fact, held in other.facts.items()
            if held == frozenset({()}) and fact not in on
        }
        alone = [
            chosen
            for chosen in GROUPS["features"].values()
            if on <= chosen.facts.keys() and not others & chosen.facts.keys()
        ]
        assert alone, name


def test_the_features_group_is_part_of_other_groups() -> None:
    others = {**GROUPS[SHIPPED], **GROUPS["restarts"]}
    assert all(others[n] is chosen for n, chosen in GROUPS["features"].items())
