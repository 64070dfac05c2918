"""What becomes of test cases and of a campaign, whatever role the implementation has."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from typing import Protocol

from pydantic import BaseModel

from pmip6.conformance.journal import Journal
from pmip6.conformance.losses import Loss, unexplained
from pmip6.conformance.verdict import Finding, Verdict, verdict_of
from pmip6.conformance.wire.capture import CapturedPacket
from pmip6.vectors.case_purpose import CasePurpose


class Declared(Protocol):
    """What declarations of anchors and of gateways have in common."""

    @property
    def role(self) -> str:
        """What the implementation is: lma or mag."""
        ...

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    @property
    def sha256(self) -> str:
        """A hash of what is declared."""
        ...

    @property
    def address(self) -> IPv6Address:
        """Where it is."""
        ...

    @property
    def interface(self) -> str:
        """The tester's interface to its network."""
        ...


@dataclass(frozen=True)
class CaseResult:
    """What became of a case.

    Args:
        reason: Why the verdict is not PASS, in one line.
        steps: What was done, in words.
        packets: What was sent and received.
        journal: What it was given, where that is kept, so that it can be judged again.
        is_concluded: The campaign has decided what to make of it, as the implementation
            was slow, deaf or dead; the findings of the case alone say something else.
    """

    purpose: CasePurpose
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    steps: tuple[str, ...] = ()
    packets: tuple[CapturedPacket, ...] = ()
    journal: Journal | None = None
    is_concluded: bool = False


@dataclass(frozen=True)
class Repeated:
    """A finding on format or exchange that many cases have, which counts once.

    Args:
        finding: The first of them.
        count: How many there are.
        cases: Ids of the cases that had it.
    """

    finding: Finding
    count: int
    cases: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """What it is for the implementation."""
        return verdict_of([self.finding])


@dataclass(frozen=True)
class Timing:
    """How long a campaign took, in milliseconds.

    Args:
        total_ms: From the first packet to the last.
        longest_ms: The longest of the cases that run side by side.
        alone_ms: All cases together that need the implementation for themselves, and all
            that comes after a restart of it.
        beside_ms: Until the last case has ended that ran side by side with others.
        again_ms: What cases took that ran again.
        computed_ms: Processor time of the tester; where it is much less than the total,
            it is the waits that count.
    """

    total_ms: int
    longest_ms: int
    alone_ms: int
    beside_ms: int = field(default=0, compare=False)
    again_ms: int = field(default=0, compare=False)
    computed_ms: int = field(default=0, compare=False)

    @property
    def limit_ms(self) -> int:
        """What is allowed: a fifth more than the longest case, and those that run alone."""
        return self.longest_ms * 6 // 5 + self.alone_ms

    @property
    def is_kept(self) -> bool:
        """Whether it took no longer."""
        return self.total_ms <= self.limit_ms


def side_by_side(timings: Sequence[Timing | None]) -> Timing | None:
    """How long campaigns took that ran side by side, each on an implementation of its own.

    What is alone on one of them is not on the others: the longest such part counts.
    None where one of them was not measured, or there is none.
    """
    known = [each for each in timings if each is not None]
    if not known or len(known) < len(timings):
        return None
    return Timing(
        max(each.total_ms for each in known),
        max(each.longest_ms for each in known),
        max(each.alone_ms for each in known),
        max(each.beside_ms for each in known),
        max(each.again_ms for each in known),
        sum(each.computed_ms for each in known),
    )


@dataclass(frozen=True)
class CampaignResult:
    """What became of all cases, in the order of their ids.

    Args:
        died: The implementation did not answer any more, or never did.
        strays: Packets that belong to no case, in words.
        repeated: Findings on format or exchange that many cases have, and that their verdicts
            leave out.
        again: Cases that ran again as the tester was late, or answers while others ran
            beside them, each with what it had found.
        timing: How long it took, where that was measured.
        losses: Each time that it did not answer any more.
    """

    declaration: Declared
    cases: tuple[CaseResult, ...]
    died: bool = False
    strays: tuple[str, ...] = ()
    repeated: tuple[Repeated, ...] = ()
    again: tuple[str, ...] = ()
    timing: Timing | None = None
    losses: tuple[Loss, ...] = ()

    @property
    def is_lost(self) -> bool:
        """It does not answer any more, or was lost once and no case is the reason."""
        return self.died or bool(unexplained(self.losses))

    def exit_code(self, *, strict: bool = False) -> int:
        """0 conformant, 1 findings, 3 inconclusive, an error, or no case run."""
        verdicts = {case.verdict for case in self.cases}
        verdicts |= {each.verdict for each in self.repeated}
        return exit_code_of(verdicts, is_lost=self.is_lost, strict=strict)


def exit_code_of(
    verdicts: Iterable[Verdict], *, is_lost: bool, strict: bool = False
) -> int:
    """That of a campaign with these verdicts, as `CampaignResult.exit_code` says it."""
    ran = set(verdicts) - {Verdict.SKIP}
    if is_lost or not ran or Verdict.ERROR in ran:
        return 3
    if Verdict.FAIL in ran or (strict and Verdict.WARN in ran):
        return 1
    return 3 if Verdict.INCONC in ran else 0


Ended = Callable[[CaseResult], None]
Probed = Callable[[Sequence[CapturedPacket]], None]
Restart = Callable[[], None]


def tell_nobody(*_: object) -> None:
    """Stands where nobody wants to be told."""


def hash_of(declaration: BaseModel) -> str:
    """SHA-256 of what is declared; comments and order in the file do not count."""
    content = json.dumps(declaration.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
