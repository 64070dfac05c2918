"""What a case has seen and concluded so far, and how it ends before its end."""

from __future__ import annotations

from dataclasses import dataclass, field

from pmip6.conformance.verdict import Finding, Verdict


@dataclass
class Evidence:
    """What a case has seen and concluded so far.

    Attributes:
        findings: In the order of the packets.
        reason: Why the verdict is not PASS, in one line.
        is_silent: A required acknowledgement did not come.
        steps: What was done and seen, in words.
    """

    verdict: Verdict = Verdict.PASS
    findings: list[Finding] = field(default_factory=list[Finding])
    reason: str = ""
    is_silent: bool = False
    steps: list[str] = field(default_factory=list[str])
    packets: int = 0

    def conclude(self, verdict: Verdict, reason: str) -> None:
        """Take a verdict into account; the worst one and its reason stay."""
        if verdict > self.verdict:
            self.verdict, self.reason = verdict, reason


class UnexpectedBehaviour(Exception):
    """The implementation did what no state of the model allows: the case ends."""
