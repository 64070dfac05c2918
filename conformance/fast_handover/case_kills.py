"""Which faulty gateway each test case for fast handover finds, as for the other roles.

A case is tried on gateways without one of the rules that it makes the gateway take, first
that which it is about; then on such without a row of their tables, on such that do on the
link what they must not, and on other mutants of these rules.  `make kill-matrix` prints it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import partial

from pmip6.conformance.fast_handover.case import run_in_memory
from pmip6.conformance.fast_handover.faulty_gateways import (
    FaultyHandover,
    faulty_handover,
    handover_mutants,
    table_mutants,
)
from pmip6.conformance.fast_handover.faulty_links import HANDOVER_LINKS
from pmip6.conformance.fast_handover.gateway import FastHandoverGateway
from pmip6.conformance.kills import (
    ON_THE_LINK,
    REMOVED,
    Attempt,
    Kill,
    first_found,
    report,
)
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.verdict import Verdict
from pmip6.model.language.interpreter import Transition
from pmip6.vectors.fast_handover.purposes import HandoverPurpose, handover_purposes


def kill(purpose: HandoverPurpose) -> Kill:
    """The first mutant that a case finds."""
    return first_found(purpose.name, _attempts(purpose))


def rules_taken(purpose: HandoverPurpose) -> list[str]:
    """The rules that a case makes the gateway take, the last ones first."""
    taken: list[str] = []

    class Listening(FastHandoverGateway):
        """A gateway that tells which rules it takes."""

        def _taken(self, step: Transition) -> None:
            taken.append(step.name)
            super()._taken(step)

    def start(settings: GatewaySettings, start_ms: int) -> FastHandoverGateway:
        return Listening(settings, start_ms=start_ms)

    run_in_memory(purpose, start)
    return list(dict.fromkeys(reversed(taken)))


def _attempts(purpose: HandoverPurpose) -> Iterator[Attempt]:
    about = purpose.key.split(" / ")
    rules = sorted(rules_taken(purpose), key=lambda rule: rule not in about)
    mutants = [
        m for rule in rules for m in handover_mutants().values() if m.rule == rule
    ]
    rows = sorted(table_mutants().values(), key=lambda peer: peer.subject not in about)
    removed = (faulty_handover(m.name) for m in mutants if m.kind == REMOVED)
    changed = (faulty_handover(m.name) for m in mutants if m.kind != REMOVED)
    yield from _by_peer(purpose, removed)
    yield from _by_peer(purpose, rows)
    for name, link in HANDOVER_LINKS.items():
        yield Attempt(name, ON_THE_LINK, partial(_behind, purpose, link))
    yield from _by_peer(purpose, changed)


def _behind(purpose: HandoverPurpose, link: type[VirtualGatewayLink]) -> Verdict:
    return run_in_memory(purpose, link_to=link).verdict


def _by_peer(
    purpose: HandoverPurpose, peers: Iterable[FaultyHandover]
) -> Iterator[Attempt]:
    for peer in peers:
        yield Attempt(peer.name, peer.kind, partial(_verdict, purpose, peer))


def _verdict(purpose: HandoverPurpose, peer: FaultyHandover) -> Verdict:
    return run_in_memory(purpose, peer.start).verdict


def main() -> int:
    """Print the report; 1 where a case finds none."""
    found = [kill(purpose) for purpose in handover_purposes()]
    print(report(found, "a faulty gateway with fast handover"))
    return int(any(not each.mutant for each in found))


if __name__ == "__main__":
    sys.exit(main())
