"""Which rules the facts of a configuration leave a chance: the switches of the findings.

A rule of the other reading takes part in every model, but its guard is false there as
long as its switch is off.
"""

from pmip6.model.domain import Model
from pmip6.model.edges import folded
from pmip6.model.table import Rule
from pmip6.model.terms import FALSE, Op, Term, literal, name_of


def is_enabled(rule: Rule, model: Model) -> bool:
    """Whether the rule takes part in the model and no fact makes its guard false."""
    return rule in model.rules and not any(
        folded(_decided(conjunct, model)) is FALSE for conjunct in rule.guard
    )


def _decided(term: Term, model: Model) -> Term:
    """The term with every switch decided, and every predicate that holds nowhere."""
    if term.op is Op.RIGID:
        if not term.args:
            return literal(model.is_fact(name_of(term), ()))
        if not model.configuration.facts.get(name_of(term)):
            return FALSE
    args = tuple(_decided(arg, model) for arg in term.args)
    return Term.make(term.op, args, term.sort, term.payload)
