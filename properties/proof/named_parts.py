"""Parts of a guard that do not depend on the quantifiers around them, under names.

A solver makes a function of a quantifier inside another one, and may apply it to its own
results for ever.  A part that no outer quantifier binds a variable of is a truth value:
it becomes an index of the rule, and a conjunct says what it stands for.
"""

from __future__ import annotations

from pmip6.model.language.table import Rule
from pmip6.model.language.terms import BOOL, Op, Term, bound_variable, name_of, variable

_QUANTIFIERS = (Op.FORALL, Op.EXISTS)


def with_named_parts(rule: Rule) -> Rule:
    """The rule with such parts of its guard named; it can be taken as before."""
    names: dict[Term, Term] = {}
    guard = tuple(_named(g, frozenset(), names) for g in rule.guard)
    return rule.changed(
        indices=(*rule.indices, *((name_of(n), BOOL) for n in names.values())),
        guard=(*guard, *(name == part for part, name in names.items())),
    )


def _named(term: Term, bound: frozenset[str], names: dict[Term, Term]) -> Term:
    """The term with the outermost of such parts replaced by their names."""
    if term.op in _QUANTIFIERS:
        if bound and bound.isdisjoint(_free(term)):
            name = variable(f"part_{len(names) + 1}", BOOL)
            return names.setdefault(term, name)
        bound |= {bound_variable(term)[0]}
    if not term.args:
        return term
    args = tuple(_named(a, bound, names) for a in term.args)
    return Term.make(term.op, args, term.sort, term.payload)


def _free(term: Term) -> set[str]:
    """The names of the variables that the term does not bind itself."""
    if term.op is Op.VARIABLE:
        return {name_of(term)}
    found = {name for arg in term.args for name in _free(arg)}
    return found - {bound_variable(term)[0]} if term.op in _QUANTIFIERS else found
