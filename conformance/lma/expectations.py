"""What has to come of an anchor, and what came, in words; what is broken where they differ."""

from __future__ import annotations

from pmip6.conformance.lma.oracle import Outcome
from pmip6.model.language.interpreter import Value
from pmip6.model.lma.acceptance import broken_by_rejecting
from pmip6.model.wire.abstraction import networks_of
from pmip6.model.wire.numbers import BindingAckStatus, is_rejection


def cited(outcome: Outcome, *, is_rejected: bool) -> tuple[str, ...]:
    """What an answer breaks that is not this outcome."""
    is_accepted = outcome.status is not None and not is_rejection(outcome.status)
    if is_rejected and is_accepted:
        return broken_by_rejecting(outcome.rule.requirements)
    return outcome.rule.requirements


def described(status: int, prefix: Value) -> str:
    """An answer in words."""
    name = status.name if isinstance(status, BindingAckStatus) else "unknown"
    words = f"status {int(status)} ({name})"
    return (
        words
        if is_rejection(status)
        else f"{words} with prefix {shown(prefix) or 'none'}"
    )


def shown(prefix: Value) -> str:
    """The prefixes of a session in words; empty where there is none."""
    return " and ".join(map(str, networks_of(prefix)))


def expected(outcome: Outcome) -> str:
    """What an outcome looks like from outside, in words."""
    if outcome.status is None:
        return f"no answer ({outcome.rule.name})"
    known = shown(outcome.before.prefix(outcome.prefix))
    status = BindingAckStatus(outcome.status)
    if is_rejection(status):
        return f"status {int(status)} ({status.name})"
    prefix = known or "a prefix that is free"
    return f"status {int(status)} ({status.name}) with prefix {prefix}"
