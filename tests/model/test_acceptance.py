"""What follows from accepting is cited by rules that accept, and by no other."""

from pmip6.model.language.table import Rule
from pmip6.model.lma.acceptance import UPON_ACCEPTANCE, broken_by_rejecting
from pmip6.model.lma.rules import lma
from pmip6.model.state import pba, pbu
from pmip6.model.wire.numbers import BindingAckStatus

ACCEPTED = BindingAckStatus.ACCEPTED.name


def accepts(rule: Rule) -> bool:
    """Whether the rule sends an acknowledgement with status 0."""
    return any(s.channel == pba and ACCEPTED in map(str, s.values) for s in rule.sends)


def test_only_rules_that_accept_cite_what_follows() -> None:
    received = [r for r in lma.rules if r.on == pbu]
    citing = [r for r in received if UPON_ACCEPTANCE & set(r.requirements)]
    assert citing and all(map(accepts, citing))
    assert {i for r in citing for i in r.requirements} >= UPON_ACCEPTANCE


def test_a_rejection_breaks_what_makes_a_request_acceptable() -> None:
    (allocate,) = [r for r in lma.rules if r.name == "allocate"]
    broken = broken_by_rejecting(allocate.requirements)
    assert "5213-5.3.2-1" in broken
    assert not {"5213-5.3.2-2", "5213-5.3.2-12"} & set(broken)
    assert broken_by_rejecting(("5213-5.3.2-12",)) == ("5213-5.3.2-12",)
