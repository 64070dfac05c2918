"""That a rule can be taken, as a term of properties."""

from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Rule
from pmip6.model.language.terms import (
    Sort,
    SortKind,
    Term,
    all_of,
    exists,
    name_of,
    substitute,
    subterms,
    variable,
)

Indices = tuple[Term, ...]


def enabled(rule: Rule, indices: Indices) -> Term:
    """The guard of the rule holds for some choice of its other indices.

    Args:
        rule: The rule.
        indices: Elements for those of the timer whose end it is for.

    Raises:
        Pmip6Error: The guard reads an index that is no element, as a fresh time.
    """
    own = {name_of(a) for a in rule.expiry_args}
    others = [(n, s) for n, s in rule.indices if n not in own]

    def nested(left: list[tuple[str, Sort]], values: dict[Term, Term]) -> Term:
        if not left:
            return all_of(*(substitute(c, values) for c in rule.guard))
        (name, sort), rest = left[0], left[1:]
        index = variable(name, sort)
        if sort.kind is SortKind.OPEN:
            return exists(sort, lambda x: nested(rest, {**values, index: x}))
        if any(t is index for c in rule.guard for t in subterms(c)):
            raise Pmip6Error(rule.name, f"its guard reads the index {name}")
        return nested(rest, values)

    return nested(others, dict(zip(rule.expiry_args, indices, strict=True)))
