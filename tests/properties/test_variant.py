"""Variants: files of a user's own rules, state, properties and configurations."""

import re
import tomllib
from pathlib import Path

import pytest

from pmip6.model.domain import MAPS, RIGIDS, TIMERS, Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.shipped.named import NAMED
from pmip6.properties.exploration.explore import explore
from pmip6.properties.proof.prove import prove
from pmip6.properties.property import PROPERTIES
from pmip6.properties.result import Outcome
from pmip6.properties.spin.run import is_installed, spin
from pmip6.properties.variant import Variant, variant_of
from pmip6.reports.engines import exit_code, known, request

EXAMPLES = Path(__file__).parents[2] / "examples" / "variants"
HEAD = """
from pmip6.model.state import MOBILE_NODE, attached
from pmip6.model.language.table import Channel, Role, RoleTable, StateMap, Timer
from pmip6.model.language.terms import BOOL, TRUE
from pmip6.properties.property import invariant
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
    "x = (": ("variant.py:6: is no Python: '(' was never closed", "mend the line"),
    "import nothing_of_that_name": (
        "variant.py:6: ModuleNotFoundError: No module named 'nothing_of_that_name'",
        "docs/variants.md shows what a variant may say",
    ),
    "raise SystemExit(0)": (
        "variant.py:6: SystemExit: 0",
        "docs/variants.md shows what a variant may say",
    ),
    "x = 1": ("variant.py: says nothing of its own", "docs/variants.md shows"),
    "WITHOUT = ('atach',)": (
        "variant.py: WITHOUT: atach is not a rule of the model",
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
        "variant.py:8: attached[node]: cannot be set to True",
        "docs/variants.md shows",
    ),
    "@RoleTable(Role.MN).rule(node=MOBILE_NODE, requirement=())\n"
    "def nap(step, node):\n"
    "    if attached[node]:\n"
    "        step.set(attached[node], attached[node])": (
        "lets Python decide on a term",
        "write &, |, ~, one_of() or ite() instead",
    ),
    "WITHOUT = 'attach'": (
        "variant.py: WITHOUT: is 'attach', no tuple of names of rules",
        'WITHOUT = ("name",)',
    ),
    "WITHOUT = (5,)": ("variant.py: WITHOUT: is (5,), no tuple of names", "name"),
    "x = RoleTable('LMA')": ("variant.py:6: RoleTable: 'LMA' is no role", "Role.LMA"),
    "@RoleTable(Role.MAG).rule(requirement=())\ndef attach(step): pass\n": (
        "says nothing of its own",
        "docs",
    ),
    "x = RoleTable(Role.MAG)\n@x.rule(requirement=())\ndef attach(step): pass": (
        "variant.py: rule attach: is one of Role.MAG, and ours of this name one of Role.MN",
        "write it in a RoleTable(Role.MN)",
    ),
    "x = RoleTable(Role.MN)\n@x.rule(requirement=())\ndef tick(step): pass": (
        "variant.py: rule tick: has the name of the step of the clocks",
        "rename it",
    ),
    "x = RoleTable(Role.MN)\n@x.rule(requirement='5213-9.9.9-9')\ndef nap(step): pass": (
        "variant.py: rule nap: requirement: 5213-9.9.9-9 is not a requirement",
        "did you mean 5213-",
    ),
    "@invariant('mine', premise=lambda: TRUE, requirement=())\ndef x(): return True": (
        "variant.py:6: property mine: its property is True, no term that is true or false",
        "return a term",
    ),
    "@invariant('mine', premise=lambda: 1, requirement=())\ndef x(): return TRUE": (
        "property mine: its premise is 1, no term",
        "return a term",
    ),
    "@invariant('mine', premise=lambda: TRUE, requirement='x')\ndef x(): return TRUE": (
        "property mine: cites 'x', which is no tuple",
        "or () for none",
    ),
    "x = Timer('nap', MOBILE_NODE)": ("nap: has the index", "write (MOBILE_NODE,)"),
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


def test_the_workflow_installs_this_project() -> None:
    project = (EXAMPLES.parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    name = tomllib.loads(project)["project"]["name"]
    workflow = (EXAMPLES / "check.yml").read_text(encoding="utf-8")
    assert re.findall(r"pip install (\S+)", workflow) == [name]


PLACE = """
from pmip6.model.domain import Configuration
from pmip6.model.shipped.configurations import facts
x = Configuration(
    **{
        "name": "mine", "summary": "one node",
        "nodes": ("mn1",), "gateways": ("mag1",), "prefixes": ("p1",),
        "entries": ("bce1",), "facts": facts(("mn1",), ("mag1",), ("p1",)),
        "capacity": {"pbu": 1, "pba": 1}, "in_flight": 1, "times": 1,
        **CHANGED,
    }
)
"""
WRONG_PARTS = {
    "'faults': {'loose'}": ("faults: loose is not a fault", "did you mean lose?"),
    "'faults': 'lose'": ("faults: is 'lose'", "a set of names"),
    "'nodes': 2": ("nodes: is 2", "a tuple of different texts"),
    "'nodes': 'mn1'": ("nodes: is 'mn1'", "a tuple of different texts"),
    "'nodes': ('mn1', 'mn1')": ("nodes: is ('mn1', 'mn1')", "different"),
    "'facts': 5": ("facts: is 5", "a set of tuples for each name"),
    "'facts': {'is_authorised_gatewy': frozenset()}": (
        "names what the model does not have: is_authorised_gatewy",
        "",
    ),
    "'facts': facts(('mnX',), ('mag1',), ('p1',))": (
        "is no tuple of elements that the configuration has",
        "it is about (MobileNode",
    ),
    "'durations': {'binding_lifetime': 3}": ("durations: is {'binding", "in a tuple"),
    "'durations': {'binding_lifetime': ()}": ("durations: is {'binding", "in a tuple"),
    "'durations': {'binding_lifetime': (-3,)}": (
        "durations: is {'binding",
        "0 or more",
    ),
    "'capacity': {'pbu': '2', 'pba': 1}": ("capacity: is {'pbu': '2'", "a number"),
    "'capacity': {'pbx': 2, 'pba': 1}": (
        "capacity: pbx is not a channel",
        "did you mean pbu or pba?",
    ),
    "'capacity': {'pba': 1}": ("sends on pbu, which is not named", "say how many"),
    "'times': 0": ("times: is 0", "a number above 0"),
    "'roles': {'lma'}": ("roles: is {'lma'}", "a set of members of Role"),
    "'reorder': 1": ("reorder: is 1", "True or False"),
    "'name': 'all'": ("x: all is a group of configurations", "another name"),
    "'name': 'a/../../b'": ("'a/../../b' is no name", "letters and digits"),
    "'silent_on': {'deletion-delay.runing'}": (
        "silent_on: deletion-delay.runing is not a property",
        "did you mean deletion-delay.running",
    ),
}


@pytest.mark.parametrize("part", WRONG_PARTS)
def test_a_wrong_configuration_is_told_in_one_line(part: str, tmp_path: Path) -> None:
    path = tmp_path / "variant.py"
    path.write_text(PLACE.replace("CHANGED", "{" + part + "}"), encoding="utf-8")
    with pytest.raises(Pmip6Error) as told, variant_of(path) as variant:
        request((), "explore", None, None, variant=variant)
    reason, fix = WRONG_PARTS[part]
    assert str(told.value).startswith(str(path))
    assert reason in str(told.value)
    assert fix in str(told.value)
    assert "\n" not in str(told.value)


def test_no_two_configurations_of_a_file_have_one_name(tmp_path: Path) -> None:
    path = tmp_path / "variant.py"
    text = PLACE.replace("CHANGED", "{}") + "y = x\nz = x.changed(times=2)\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Pmip6Error, match="z: another one"), variant_of(path):
        pass


@pytest.mark.compiler
def test_what_a_variant_has_no_case_of_as_it_says_does_not_count(
    tmp_path: Path,
) -> None:
    """One of a shipped name has its own list, not that of the shipped one."""
    path = tmp_path / "variant.py"
    silent = "deletion-delay.running"
    listed = next(name for name, c in NAMED.items() if silent in c.silent_on)
    for name in ("mine", listed):
        for part, code in ((f"'silent_on': {{'{silent}'}}", 0), ("", 3)):
            changed = "{" + f"'name': '{name}', {part}" + "}"
            path.write_text(PLACE.replace("CHANGED", changed), encoding="utf-8")
            with variant_of(path) as variant:
                named = known(variant)
                model = Model(named[name], variant.rules)
                names = (silent, "unique-binding.session")
                claims = [claim for claim in PROPERTIES if claim.name in names]
                run = explore(model, claims, lasting=False, deadlock=False)
            assert {r.name: r.vacuous for r in run.properties} == {
                silent: True,
                "unique-binding.session": False,
            }
            assert exit_code([run], named) == code


@pytest.mark.parametrize(
    ("name", "reason"),
    [("missing.py", "is not there"), ("notes.txt", "is no Python file")],
)
def test_what_is_no_file_of_a_variant(name: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(Pmip6Error, match=reason), variant_of(tmp_path / name):
        pass
