"""Each table of section 5.4.1 is asked with every handoff indicator, and finds or not."""

from collections import defaultdict

import pytest

from pmip6.model.state import BindingState, several_interfaces
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.vectors.lma.model import AnchorModel
from pmip6.vectors.lma.purposes import purposes
from pmip6.vectors.lma.reached import lookup_of, reaches_lookup
from pmip6.vectors.lma.stimuli import Request
from pmip6.vectors.packs.wire_form import UNASSIGNED_HANDOFF, handoff_of

TABLES = ("5.4.1.1", "5.4.1.2", "5.4.1.3")
KINDS = ("registration", "de-registration")
EVERY = {*map(int, HandoffIndicator), UNASSIGNED_HANDOFF}
HANDOFF = {2, 3}
FOUND: dict[tuple[str, str], set[int]] = {
    ("5.4.1.1", "registration"): EVERY,
    ("5.4.1.1", "de-registration"): EVERY,
    ("5.4.1.2", "registration"): EVERY,
    ("5.4.1.2", "de-registration"): EVERY,
    ("5.4.1.3", "registration"): {*HANDOFF, 4},
    ("5.4.1.3", "de-registration"): {*HANDOFF, 4},
}
"""The indicators with which a table finds a session: the last one asks for some alone."""
NOT_FOUND: dict[tuple[str, str], set[int]] = {
    ("5.4.1.1", "registration"): EVERY - {2},  # with 2 the prefix alone decides
    ("5.4.1.1", "de-registration"): EVERY - {2},
    ("5.4.1.2", "registration"): EVERY,
    ("5.4.1.2", "de-registration"): EVERY,
    ("5.4.1.3", "registration"): EVERY,
    ("5.4.1.3", "de-registration"): EVERY,
}
"""Those with which it finds none, although the node has a session."""


def _asked() -> dict[bool, dict[tuple[str, str], set[int]]]:
    """What the cases ask, by whether the model finds a session.

    A case counts where it cites the table and its request gets there, and where a node
    with a session asks, so that the table has something to choose from.
    """
    asked: dict[bool, dict[tuple[str, str], set[int]]] = {
        found: defaultdict(set) for found in (True, False)
    }
    model = AnchorModel(readings=(several_interfaces.name,))
    for purpose in purposes():
        last = purpose.test
        if purpose.features != model.readings or not isinstance(last, Request):
            continue
        state = model.initial
        for stimulus in purpose.preamble:
            reaction = model.react(state, stimulus)
            assert reaction is not None
            state = reaction.target
        message = model.message(state, last)
        assert message is not None
        table = lookup_of(last)
        cites = any(i.startswith(f"5213-{table}-") for i in purpose.requirements)
        answer = model.receive(state, message).answer
        if cites and reaches_lookup(answer) and model.prefixes_of(state, last.node):
            found = model.addressed(state, message) is not BindingState.FREE
            kind = KINDS[last.deregistration]
            asked[found][table, kind].add(handoff_of(last))
    return asked


@pytest.mark.parametrize(("found", "expected"), [(True, FOUND), (False, NOT_FOUND)])
def test_every_table_has_a_case_for_every_indicator(
    found: bool, expected: dict[tuple[str, str], set[int]]
) -> None:
    assert set(expected) == {(table, kind) for table in TABLES for kind in KINDS}
    assert _asked()[found] == expected


def test_the_odd_number_is_one_that_no_indicator_has() -> None:
    assert UNASSIGNED_HANDOFF not in list(HandoffIndicator)
    assert UNASSIGNED_HANDOFF > 6  # which RFC 7864 has taken since
