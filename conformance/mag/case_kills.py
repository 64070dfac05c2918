"""Which faulty gateway each test case finds: a case that finds none would be of no use.

A case is tried on gateways without one of the rules that it makes the gateway take, first
that which it is about; where those pass, on gateways without a row of their tables, that
check less of ESP, or that do on the link what they must not; last on other mutants of these
rules, and on such with a fault of the encoder.  `make kill-matrix` prints it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from pmip6.conformance.kills import (
    ON_THE_LINK,
    REMOVED,
    Attempt,
    Kill,
    first_found,
    report,
)
from pmip6.conformance.mag.faulty_gateways import (
    FaultyGateway,
    faulty_gateway,
    table_mutants,
)
from pmip6.conformance.mag.faulty_links import LINKS
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.in_memory import run_gateway_case
from pmip6.conformance.results import CaseResult
from pmip6.conformance.verdict import Verdict
from pmip6.model.language.interpreter import Transition
from pmip6.model.wire.esp import ALL_CHECKS, EspCheck
from pmip6.vectors.mag.distinctions import gateway_mutants
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import GatewayPurpose, gateway_purposes

ESP = "esp"
ENCODER = "encoder"


def _listening(taken: list[str]) -> type[ReferenceGateway]:
    """Gateways that tell which rules they take."""

    class Listening(ReferenceGateway):
        """Such a gateway."""

        def _taken(self, step: Transition) -> None:
            taken.append(step.name)
            super()._taken(step)

    return Listening


def kill(purpose: GatewayPurpose) -> Kill:
    """The first mutant that a case finds."""
    return first_found(purpose.name, _attempts(purpose))


def _attempts(purpose: GatewayPurpose) -> Iterator[Attempt]:
    taken: list[str] = []
    run_gateway_case(purpose, make=_listening(taken))
    about = purpose.key.split(" / ")
    rules = sorted(dict.fromkeys(reversed(taken)), key=lambda rule: rule not in about)
    rows = sorted(table_mutants().values(), key=lambda peer: peer.subject not in about)
    yield from _by_peer(purpose, _without_one(rules))
    yield from _by_peer(purpose, (row for row in rows if row.kind != ENCODER))
    for name, link in LINKS.items():
        behind = partial(run_gateway_case, purpose, link_to=link)
        yield Attempt(name, ON_THE_LINK, partial(_verdict, behind))
    for check in EspCheck if purpose.domain is GatewayDomain.PROTECTED else ():
        checks = ALL_CHECKS - {check}
        careless = partial(run_gateway_case, purpose, esp_checks=checks)
        told = f"does not see that {check.value}"
        yield Attempt(told, ESP, partial(_verdict, careless))
    yield from _by_peer(purpose, _changed(rules))
    yield from _by_peer(purpose, (row for row in rows if row.kind == ENCODER))


def _verdict(run: Callable[[], CaseResult]) -> Verdict:
    return run().verdict


def _by_peer(
    purpose: GatewayPurpose, peers: Iterable[FaultyGateway]
) -> Iterator[Attempt]:
    for peer in peers:
        yield Attempt(peer.name, peer.kind, partial(peer.verdict, purpose))


def _without_one(taken: Sequence[str]) -> Iterator[FaultyGateway]:
    """Gateways without one of these rules."""
    names = (f"mag.{rule}.{REMOVED}" for rule in taken)
    return (faulty_gateway(name) for name in names if name in gateway_mutants())


def _changed(taken: Sequence[str]) -> Iterator[FaultyGateway]:
    """Gateways in which one of these rules is another one."""
    for rule in taken:
        for name in gateway_mutants():
            if name.startswith(f"mag.{rule}.") and not name.endswith(REMOVED):
                yield faulty_gateway(name)


def main() -> int:
    """Print the report; 1 where a case finds none."""
    found = [kill(purpose) for purpose in gateway_purposes()]
    print(report(found, "a faulty gateway"))
    return int(any(not each.mutant for each in found))


if __name__ == "__main__":
    sys.exit(main())
