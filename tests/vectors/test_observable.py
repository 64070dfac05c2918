"""The state graphs of the roles, and the tours that take all pairs of their edges."""

from pathlib import Path

import pytest

from pmip6.conformance.packs.files import scenario_file, shipped_folder
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.lma.interfaces import INTERFACES
from pmip6.vectors.packs.case_list import CASES_FILE, cases_of, cases_text
from pmip6.vectors.packs.index import PACK_FILE, index_of, text_of
from pmip6.vectors.packs.observable import Tours, edges_of, pairs_in
from pmip6.vectors.packs.role_graphs import (
    DOMAINS,
    anchor_graph,
    anchor_parts,
    gateway_graph,
    handover_graph,
)
from pmip6.vectors.packs.scenario_group import PackRole, ScenarioFile
from pmip6.vectors.packs.suites import Coverage, covered_by, every
from pmip6.vectors.packs.tours import shipped_tours


@pytest.mark.nightly
def test_the_plain_anchor_has_38_states() -> None:
    part = next(part for part in anchor_parts() if not part.needs)
    graph = anchor_graph(part).graph
    assert (len(graph.moves), len(graph.edges()), len(graph.pairs())) == (38, 89, 1580)
    assert graph.edges() <= set(shipped_tours().roles[PackRole.LMA].edges)


def test_anchors_are_explored_with_each_feature() -> None:
    needs = [part.needs for part in anchor_parts()]
    assert () in needs and INTERFACES.needs in needs


def test_tours_take_every_pair_that_a_gateway_can_be_brought_to() -> None:
    explored = gateway_graph(DOMAINS[-1])
    ways = Tours(explored, lambda edges: edges_of(PackRole.MAG, edges), set())
    left, taken = set(ways.graph.pairs()), set[tuple[str, str]]()
    for tour in ways.all():
        state, run = explored.initial, list[str]()
        for stimulus in tour:
            found = explored.take(state, stimulus)
            assert found is not None
            run += found[0]
            state = found[1]
        taken |= pairs_in(edges_of(PackRole.MAG, run))
    assert len(left) > 50
    assert len(taken & left) >= 0.95 * len(left)


def test_a_handover_has_edges_of_both_gateways() -> None:
    graph = handover_graph(HandoverScene.FORWARDING).graph
    every = graph.edges()
    previous = edges_of(PackRole.PREVIOUS_MAG, every)
    new = edges_of(PackRole.NEW_MAG, every)
    assert "give_context: IDLE > AGREED" in previous
    assert "accept_offer: IDLE > TUNNELLED" in new
    assert not set(previous) & set(new)


@pytest.mark.parametrize("role", PackRole)
def test_the_scenarios_that_ship_take_every_edge(role: PackRole) -> None:
    path = shipped_folder() / scenario_file(role)
    told = ScenarioFile.model_validate_json(path.read_bytes())
    for coverage, least in ((Coverage.EDGES, 1.0), (Coverage.PAIRS, LEAST[role])):
        total = every(role, coverage)
        taken = covered_by(told.vectors, coverage, role) & total
        assert len(taken) >= least * len(total), sorted(total - taken)[:5]


LEAST = {
    PackRole.LMA: 0.99,
    PackRole.MAG: 0.98,
    PackRole.PREVIOUS_MAG: 1.0,
    PackRole.NEW_MAG: 0.98,
}
"""The share of the pairs that is taken at least."""


# ---- the cases of a pack ---------------------------------------------------------------


def write_cases(folder: Path, text: str) -> None:
    """A pack that has a list of cases alone."""
    (folder / CASES_FILE).write_text(text)
    (folder / PACK_FILE).write_text(text_of(index_of({CASES_FILE: text}, "1.0.0")))


def test_the_pack_that_ships_lists_every_case(tmp_path: Path) -> None:
    write_cases(tmp_path, cases_text())
    assert cases_of(None) == cases_of(tmp_path)
    assert len(cases_of(None)) > 1000


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"version": 1}', '"version": 99}', "has version 99, here it is 1"),
        ('"name": "TP_LMA_ACK_BI_01"', '"name": "TP_LMA_ACK_BI_99"', "no test case"),
        ('"vectors"', '"vector"', "is no list of cases"),
        ('"steps": "', '"steps": "0', "has other steps than it has here"),
    ],
)
def test_a_pack_that_differs_from_the_purposes_is_told(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    text = cases_text()
    assert old in text
    write_cases(tmp_path, text.replace(old, new, 1))
    with pytest.raises(Pmip6Error, match=reason) as error:
        cases_of(tmp_path)
    assert "\n" not in str(error.value)


def test_a_pack_that_was_changed_is_told(tmp_path: Path) -> None:
    write_cases(tmp_path, cases_text())
    index = index_of({CASES_FILE: cases_text(), "scenario-lma.json": "{}"}, "1.0.0")
    (tmp_path / PACK_FILE).write_text(text_of(index))
    with pytest.raises(Pmip6Error, match=r"scenario-lma\.json: No such file"):
        cases_of(tmp_path)
    (tmp_path / "scenario-lma.json").write_text("{} ")
    with pytest.raises(Pmip6Error, match=r"is not the file that pack\.json has the"):
        cases_of(tmp_path)
    (tmp_path / PACK_FILE).write_text("{}")
    with pytest.raises(Pmip6Error, match=r"pack\.json: is no head of a pack"):
        cases_of(tmp_path)


def test_a_folder_without_a_pack_is_told(tmp_path: Path) -> None:
    with pytest.raises(Pmip6Error, match="No such file"):
        cases_of(tmp_path)
