"""What is selected for a quantifier is what its conditions say, also when they change."""

import random
from ipaddress import IPv6Network

import pytest

from pmip6.conformance.lma.domain import SetsOfPrefixes, element_of
from pmip6.model.domain import Element, Model
from pmip6.model.language.interpreter import Interpreter, State
from pmip6.model.language.selection import Selection
from pmip6.model.language.terms import Term, variable
from pmip6.model.lma.binding_cache import in_use, share_one
from pmip6.model.shipped.configurations import configuration
from pmip6.model.state import ENTRY, PREFIX, overlaps, several_prefixes

STEPS = 60


class _Nothing(Selection):
    """Selects nothing, so that every element is looked at."""

    def __init__(
        self,
        model: Model,
        name: str,
        elements: tuple[Element, ...],
        parts: tuple[Term, ...],
    ) -> None:
        super().__init__(model, name, elements, parts)
        self.first = ()


def _walk(interpreter: Interpreter) -> list[tuple[State, list[State]]]:
    """The states of a run that chance chooses, each with those that follow it."""
    state, chance = interpreter.initial(), random.Random(5213)
    found: list[tuple[State, list[State]]] = []
    for _ in range(STEPS):
        following = [step.target for step in interpreter.transitions(state)]
        found.append((state, following))
        state = chance.choice(following)
    return found


@pytest.mark.parametrize("name", ["prefix-sets", "interfaces"])
def test_the_same_steps_follow_as_where_nothing_is_selected(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model(configuration(name))
    selecting = _walk(Interpreter(model))
    monkeypatch.setattr("pmip6.model.language.evaluation.Selection", _Nothing)
    assert selecting == _walk(Interpreter(model))


def test_a_fact_that_changes_selects_others() -> None:
    one, other = IPv6Network("2001:db8:1::/64"), IPv6Network("2001:db8:2::/64")
    fact = SetsOfPrefixes([one, other])
    chosen = configuration("prefix-sets")
    elements = (element_of(one), element_of(other))
    facts = {**chosen.facts, overlaps.name: fact}
    model = Model(chosen.changed(prefixes=elements, facts=facts))
    looked_at: list[Element] = []

    def overlap(element: Element) -> bool:
        looked_at.append(element)
        return (element, "unlisted") in fact

    condition = overlaps(variable("p", PREFIX), variable("q", PREFIX))
    selection = Selection(model, "p", elements, (condition,))
    env = {"q": "unlisted"}
    fact.unlisted = frozenset({one})
    assert selection.elements((), env, overlap) == (element_of(one),)
    assert selection.elements((), env, overlap) == (element_of(one),)
    assert len(looked_at) == 2  # not again
    fact.unlisted = frozenset({other})
    assert selection.elements((), env, overlap) == (element_of(other),)


def test_what_the_state_says_of_an_element_is_looked_at_in_each_state() -> None:
    model = Model(configuration("prefix-sets"))
    entries = model.configuration.entries
    used = in_use(variable("b", ENTRY))
    selection = Selection(model, "b", entries, (used,))
    assert selection.first == (used,)
    first, second = (("a",), ("a",))
    assert selection.elements(first, {}, lambda entry: entry == entries[0])
    second = tuple(["a"])  # as great, and another one
    assert first is not second
    assert selection.elements(second, {}, lambda entry: False) == ()


def test_what_a_message_decides_is_not_kept() -> None:
    """A condition on state and another variable is left to be looked at each time."""
    model = Model(configuration("prefix-sets"))
    shared = share_one(variable("p", PREFIX), variable("q", PREFIX))
    assert several_prefixes.name in model.configuration.facts
    prefixes = model.configuration.prefixes
    assert Selection(model, "p", prefixes, (shared,)).first == (shared,)
    held = in_use(variable("b", ENTRY))
    assert Selection(model, "p", prefixes, (held, shared)).first == ()
