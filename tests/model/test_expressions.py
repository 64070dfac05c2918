"""Terms as Python expressions."""

import pytest

from pmip6.model.domain import Model
from pmip6.model.language.expressions import DEEPEST
from pmip6.model.language.interpreter import Interpreter
from pmip6.model.language.terms import BOOL, Op, Term, literal, variable
from pmip6.model.shipped.configurations import configuration

FLAG = variable("flag", BOOL)


def _nested(depth: int) -> Term:
    """A choice within a choice, so deep; the innermost tells the flag."""
    term = FLAG
    for _ in range(depth):
        term = Term.make(Op.ITE, (FLAG, term, literal(False)), BOOL)
    return term


@pytest.mark.parametrize("depth", [1, DEEPEST, DEEPEST + 1, 20 * DEEPEST])
def test_a_term_means_the_same_however_deep_it_is(depth: int) -> None:
    interpreter = Interpreter(Model(configuration("one-node")))
    state = interpreter.initial()
    for flag in (False, True):
        assert interpreter.value(_nested(depth), state, {"flag": flag}) is flag
