"""Which case kills which faulty gateway: `python -m pmip6.conformance.mag.kill_matrix`.

Every mechanical mutant of the gateway's rules and tables runs the cases in memory until
one fails, those first that are derived from its rule.  A mutant that no case kills is out
of reach for a computed reason, or it survives.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pmip6.conformance.mag.faulty_gateways import (
    FaultyGateway,
    faulty_gateway,
    faulty_gateways,
)
from pmip6.conformance.verdict import Verdict
from pmip6.vectors.files import check_writable, replace_file
from pmip6.vectors.mag.distinctions import MARK, WIDEST, compared, gateway_mutants
from pmip6.vectors.mag.purposes import GatewayPurpose, gateway_purposes

WANTED_PERCENT = 95
PROCESSES = 2
REPORT = "gateway-kill-matrix.md"
WIDTH = 120
"""Characters of a condition that are shown; `pmip6 model mutants` has all."""
FOLDED = "the same rule in every domain of a gateway"
UNANSWERED = (
    "shows only where the report of another address is not answered before a renewal is "
    "due, and when a gateway renews is its choice"
)
WHY_THEY_SURVIVE = {
    "mag.propose_prefix.guard-2": "shows where a gateway knows prefixes of two nodes; no "
    "case has two such nodes yet",
    "mag.accept_and_upload_address.update-3": UNANSWERED,
    "mag.accept_and_upload_address.timer-1": UNANSWERED,
    "mag.accept_and_upload_address.update-10": "no case refuses the report of another "
    "address yet",
    "mag.advertise.removed": "a permitted variant: what nobody asks for may come as late "
    "as MaxRtrAdvInterval",
    "matching.lifetime of an acceptance.removed": "no case has an acceptance without a "
    "lifetime yet",
    "forwarding.drop_link_local_source.removed": "a later row drops the packet, too, where "
    "sources are checked",
    "forwarding.drop_without_binding.removed": "a node without a binding has no tunnel "
    "that its packet could go into",
    "forwarding.tunnel_though_local.removed": "the next row sends the packet the same way",
}
"""The mutants within reach that no case kills, with the reason."""


@dataclass(frozen=True)
class Fate:
    """What became of a mutant.

    Args:
        case: Id of the case that notices it; empty where none does.
        reason: Why no case can notice it; empty where one might.
    """

    name: str
    kind: str
    text: str
    case: str = ""
    reason: str = ""


def reason_equivalent(name: str) -> str:
    """Why no case can tell a mutant of the rules; empty where one might."""
    found = [compared(gateway_mutants()[name], setting) for setting in WIDEST]
    if any(each.run is not None for each in found):
        return ""
    if all(each.is_folded for each in found):
        return FOLDED
    pairs = sum(each.pairs for each in found)
    return (
        "never seen to differ, side by side with the gateway whatever node, anchor and "
        f"clocks do: {pairs} pairs of states"
    )


def _cases_for(peer: FaultyGateway) -> list[GatewayPurpose]:
    """All cases, those first that are derived from the rule or the row."""

    def rank(purpose: GatewayPurpose) -> tuple[bool, str]:
        parts = purpose.key.split(" / ")
        return parts[1] not in (peer.subject, MARK + peer.subject), purpose.name

    return sorted(gateway_purposes(), key=rank)


def fate_of(name: str) -> Fate:
    """Look for a case that kills the mutant, or for a reason why there is none.

    A mutant that breaks a SHOULD alone is noticed by a warning.
    """
    peer = faulty_gateway(name)
    if name in gateway_mutants():
        reason = reason_equivalent(name)
        if reason:
            return Fate(name, peer.kind, peer.text, reason=reason)
    warned = ""
    for purpose in _cases_for(peer):
        verdict = peer.verdict(purpose)
        if verdict is Verdict.FAIL:
            return Fate(name, peer.kind, peer.text, case=purpose.name)
        if verdict is Verdict.WARN and not warned:
            warned = f"{purpose.name} (WARN)"
    return Fate(name, peer.kind, peer.text, case=warned)


def kill_matrix(names: Sequence[str], processes: int = PROCESSES) -> list[Fate]:
    """The fates of the mutants, in the order given."""
    with multiprocessing.Pool(processes) as pool:
        fates: list[Fate] = []
        for fate in pool.imap(fate_of, names, chunksize=4):
            fates.append(fate)
            print(f"{len(fates)}/{len(names)} {fate.name}", file=sys.stderr)
        return fates


# ---- the report ------------------------------------------------------------------------


def _written(text: str) -> str:
    short = text if len(text) <= WIDTH else f"{text[: WIDTH - 4]} ..."
    return short.replace("|", "\\|").replace("_", "\\_").replace("*", "\\*")


def survivors(fates: Iterable[Fate]) -> list[Fate]:
    """Those within reach that no case notices."""
    return [fate for fate in fates if not fate.reason and not fate.case]


def percent_noticed(fates: Sequence[Fate]) -> float:
    """How many of those within reach are noticed; 100 where none is within reach."""
    reach = [fate for fate in fates if not fate.reason]
    return 100 * (1 - len(survivors(fates)) / len(reach)) if reach else 100.0


def totals(fates: Sequence[Fate]) -> str:
    """A line for each kind of mutant, and one for all."""
    headers = ("kind", "mutants", "out of reach", "noticed", "survive", "%")
    lines: list[tuple[str, ...]] = [headers, ("---", *("--:",) * 5)]
    for kind in [*dict.fromkeys(fate.kind for fate in fates), ""]:
        own = [fate for fate in fates if kind in ("", fate.kind)]
        away, left = sum(bool(f.reason) for f in own), len(survivors(own))
        numbers = (len(own), away, len(own) - away - left, left)
        lines.append((kind or "all", *map(str, numbers), f"{percent_noticed(own):.1f}"))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _why(fate: Fate) -> str:
    return WHY_THEY_SURVIVE.get(fate.name, "no reason is known")


def report(fates: Sequence[Fate]) -> str:
    """The matrix as Markdown."""
    left = survivors(fates)
    reasons = Counter(fate.reason.partition(":")[0] for fate in fates if fate.reason)
    lines = [
        "# Kill matrix of gateways",
        "",
        "Made by `python -m pmip6.conformance.mag.kill_matrix`: for each faulty gateway",
        "the case that fails on it.  A mutant of a rule is tried before all other rules.  It",
        "is out of reach where no case can tell it from the gateway; the reason is computed.",
        "A mutant that breaks a SHOULD alone is noticed by a warning.",
        "",
        totals(fates),
        "",
        "Reasons for being out of reach:",
        "",
        *(f"- {number}: {reason}" for reason, number in sorted(reasons.items())),
        "",
        f"## Survivors: {len(left)}",
        "",
        *(f"- `{f.name}` ({_written(f.text)}): {_why(f)}" for f in left),
        *["None."] * (not left),
        "",
        "## All mutants",
        "",
        "| mutant | fault | killed by, or why not |",
        "|---|---|---|",
        *(
            f"| `{f.name}` | {_written(f.text)} | {f.case or f.reason or 'survives'} |"
            for f in fates
        ),
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the matrix; 1 where fewer are killed than wanted or one survives unexplained."""
    parser = argparse.ArgumentParser(prog="gateway_kill_matrix", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs"), metavar="DIR")
    out: Path = parser.parse_args(arguments).out
    check_writable(out / REPORT)
    fates = kill_matrix(faulty_gateways())
    print(totals(fates))
    for fate in survivors(fates):
        print(f"survives: `{fate.name}` ({fate.text}): {_why(fate)}")
    replace_file(out / REPORT, report(fates).encode())
    unexplained = {fate.name for fate in survivors(fates)} - set(WHY_THEY_SURVIVE)
    return int(percent_noticed(fates) < WANTED_PERCENT or bool(unexplained))


if __name__ == "__main__":
    sys.exit(main())
