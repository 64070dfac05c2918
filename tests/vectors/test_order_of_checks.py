"""An anchor that makes one check before another one fails a case, whichever two they are."""

from collections.abc import Iterator

from pmip6.conformance.lma.in_memory import reference_declaration, run_case_in_memory
from pmip6.conformance.verdict import Verdict
from pmip6.model.wire.numbers import BindingAckStatus as Status
from pmip6.properties.faults.check_order import RULES, swapped_checks
from pmip6.vectors.lma.purposes import purposes

ORDER = "5213-5.3-1"
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


def _unseen() -> Iterator[tuple[Status, Status]]:
    """The pairs of checks whose order no case of theirs shows."""
    for swap in swapped_checks().values():
        first = RULES[swap.first].name
        cases = (p for p in purposes() if p.key.startswith(first))
        verdicts = (
            run_case_in_memory(
                case, reference_declaration(), rules=swap.rules()
            ).verdict
            for case in cases
            if ORDER in case.requirements and not case.needs
        )
        if Verdict.FAIL not in verdicts:
            yield swap.first, swap.second


def test_the_first_of_two_checks_that_fail_decides() -> None:
    for pair in map(set, _unseen()):
        assert pair <= WHOSE or pair == STAMPS or NUMBERS in pair, pair
