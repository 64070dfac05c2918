"""An anchor that makes one check before another one fails a case, whichever two they are."""

import itertools
from collections.abc import Iterator

from pmip6.conformance.lma.in_memory import reference_declaration, run_case_in_memory
from pmip6.conformance.verdict import Verdict
from pmip6.model.domain import shipped_rules
from pmip6.model.language.table import Message, Rule
from pmip6.model.lma import checks
from pmip6.model.state import pbu
from pmip6.model.wire.numbers import BindingAckStatus as Status
from pmip6.vectors.lma.purposes import purposes

ORDER = "5213-5.3-1"
REFUSALS = (rule.name for rule in shipped_rules() if rule.name.startswith("reject_"))
RULES = dict(zip(checks.ORDER, REFUSALS, strict=False))
"""The rule of each check; those of later sections follow them in the table."""
WHOSE = {
    Status.MISSING_MN_IDENTIFIER_OPTION,
    Status.NOT_LMA_FOR_THIS_MOBILE_NODE,
    Status.PROXY_REG_NOT_ENABLED,
    Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED,
}
"""Checks that ask which node it is, or what it had: of two of them one alone can fail."""
STAMPS = {
    Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED,
    Status.TIMESTAMP_MISMATCH,
}
"""Checks of one timestamp, which gets one of the two."""
NUMBERS = Status.SEQUENCE_NUMBER_OUT_OF_WINDOW
"""The cases for anchors that have them see to their order."""


def _hasty(first: Status, second: Status) -> tuple[Rule, ...]:
    """Rules of an anchor that answers with the later check where both fail."""
    message = Message(pbu)
    rule = next(rule for rule in shipped_rules() if rule.name == RULES[second])
    between = checks.ORDER[checks.ORDER.index(first) : checks.ORDER.index(second)]
    passed = {~checks.fault_of(status)(message) for status in between}
    assert passed <= set(rule.guard)
    kept = tuple(condition for condition in rule.guard if condition not in passed)
    hasty = rule.changed(
        name=f"{rule.name}_too_early", guard=(*kept, checks.fault_of(first)(message))
    )
    return (hasty, *shipped_rules())


def _unseen() -> Iterator[tuple[Status, Status]]:
    """The pairs of checks whose order no case of theirs shows."""
    for first, second in itertools.combinations(checks.ORDER, 2):
        rules = _hasty(first, second)
        cases = (p for p in purposes() if p.key.startswith(RULES[first]))
        verdicts = (
            run_case_in_memory(case, reference_declaration(), rules=rules).verdict
            for case in cases
            if ORDER in case.requirements and not case.needs
        )
        if Verdict.FAIL not in verdicts:
            yield first, second


def test_the_first_of_two_checks_that_fail_decides() -> None:
    for pair in map(set, _unseen()):
        assert pair <= WHOSE or pair == STAMPS or NUMBERS in pair, pair
