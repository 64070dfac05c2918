"""Variants: files of a user's own rules, state, properties and configurations."""

from pathlib import Path

import pytest

from pmip6.model.domain import MAPS, RIGIDS, TIMERS, Model
from pmip6.model.errors import Pmip6Error
from pmip6.properties.exploration.explore import explore
from pmip6.properties.proof.prove import prove
from pmip6.properties.property import PROPERTIES
from pmip6.properties.result import Outcome
from pmip6.properties.spin.run import is_installed, spin
from pmip6.properties.variant import Variant, variant_of

EXAMPLES = Path(__file__).parents[2] / "examples" / "variants"
HEAD = """
from pmip6.model.state import MOBILE_NODE, attached
from pmip6.model.language.table import Channel, Role, RoleTable, StateMap
from pmip6.model.language.terms import BOOL
"""


def _model(variant: Variant) -> Model:
    (configuration,) = variant.configurations.values()
    return Model(configuration, variant.rules)


def test_an_anchor_that_deletes_at_once_is_caught() -> None:
    with variant_of(EXAMPLES / "delete_at_once.py") as variant:
        model = _model(variant)
        run = explore(model, variant.among(PROPERTIES))
        violated = [r for r in run.properties if r.outcome is Outcome.VIOLATED]
        assert [r.name for r in violated] == ["deletion-delay.kept"]
        (trace,) = [r.trace for r in violated]
        assert trace is not None
        assert len(trace.steps) == 6
        assert (run.states, run.transitions) == (18_597, 85_716)


def test_state_timer_and_property_of_a_variant_take_part() -> None:
    with variant_of(EXAMPLES / "sleeping_node.py") as variant:
        model = _model(variant)
        (own,) = variant.properties
        run = explore(model, [own])
        assert [r.outcome for r in run.properties] == [Outcome.HOLDS] * 2
        proved = prove(model, [own])
        assert [r.outcome for r in proved.properties] == [Outcome.HOLDS]
        if is_installed():
            assert spin(model).states == run.states
        awake = tuple(
            r.changed(guard=r.guard[:1]) if r.name == "attach_awake" else r
            for r in variant.rules
        )
        faulty = explore(Model(model.configuration, awake), [own], stop_early=True)
        assert faulty.properties[0].outcome is Outcome.VIOLATED


def test_nothing_of_a_variant_is_left_behind() -> None:
    before = [list(MAPS), list(TIMERS), list(RIGIDS), list(PROPERTIES)]
    with variant_of(EXAMPLES / "sleeping_node.py"):
        assert "asleep" in MAPS
        assert "sleep" in TIMERS
        assert "nodes_sleep" in RIGIDS
    assert before == [list(MAPS), list(TIMERS), list(RIGIDS), list(PROPERTIES)]


WRONG = {
    "x = (": ("variant.py:5: is no Python: '(' was never closed", "mend the line"),
    "import nothing_of_that_name": (
        "variant.py:5: ModuleNotFoundError: No module named 'nothing_of_that_name'",
        "docs/variants.md shows what a variant may say",
    ),
    "raise SystemExit(0)": (
        "variant.py:5: SystemExit: 0",
        "docs/variants.md shows what a variant may say",
    ),
    "x = 1": ("variant.py: says nothing of its own", "docs/variants.md shows"),
    "WITHOUT = ('atach',)": (
        "variant.py: WITHOUT: atach is no rule of the model",
        "did you mean attach",
    ),
    "x = Channel('letters', ())": (
        "variant.py: letters: is a channel, and a variant has the channels of the model",
        "keep what a role has to know in a state map",
    ),
    "x = StateMap('attached', (MOBILE_NODE,), BOOL)": (
        "attached: is declared already, otherwise",
        "choose another name",
    ),
    "@RoleTable(Role.MN).rule(node=MOBILE_NODE, requirement=())\n"
    "def nap(step, node):\n"
    "    step.set(attached[node], True)": (
        "variant.py:7: attached[node]: cannot be set to True",
        "docs/variants.md shows",
    ),
    "@RoleTable(Role.MN).rule(node=MOBILE_NODE, requirement=())\n"
    "def nap(step, node):\n"
    "    if attached[node]:\n"
    "        step.set(attached[node], attached[node])": (
        "lets Python decide on a term",
        "write &, |, ~, one_of() or ite() instead",
    ),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_file_is_told_in_one_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "variant.py"
    path.write_text(HEAD + text + "\n", encoding="utf-8")
    before = [list(MAPS), list(PROPERTIES)]
    with pytest.raises(Pmip6Error) as told, variant_of(path):
        pass
    reason, fix = WRONG[text]
    assert reason in str(told.value)
    assert fix in str(told.value)
    assert "\n" not in str(told.value)
    assert before == [list(MAPS), list(PROPERTIES)]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("missing.py", "is not there"), ("notes.txt", "is no Python file")],
)
def test_what_is_no_file_of_a_variant(name: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(Pmip6Error, match=reason), variant_of(tmp_path / name):
        pass
