"""All cases for gateways against reference gateways, one for each domain, side by side."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.conformance.mag.reference_gateway import (
    demonstrate_gateway,
    reference_gateway,
)
from pmip6.conformance.mag.selection import AnyGatewayPurpose, reason_to_skip
from pmip6.conformance.results import (
    CampaignResult,
    CaseResult,
    Ended,
    side_by_side,
)
from pmip6.conformance.wire.namespaces import enter_private_network
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.fast_handover.purposes import HandoverPurpose
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import GatewayPurpose

NODES_PER_CASE, SPARE_NODES = 1.25, 16
"""How many nodes a gateway serves, so that some cases can run again; each step of the
reference gateway takes the longer, the more there are."""
MAX_BINDACK_TIMEOUT_MS = 8_000
"""Of these gateways: with the 32 s of RFC 6275 one case takes twice as long as all others."""
HANDOVER = "handover-"
"""What the names of gateways with fast handover begin with."""


class _Lane(threading.Thread):
    """The campaign of one reference gateway, in a network of its own.

    It ends with the process, whatever it does; its peers end with it.  No campaign begins
    before every gateway runs: what one needs to start would make the tester late.
    """

    def __init__(
        self,
        declared: GatewayDeclaration,
        name: str,
        chosen: Iterable[AnyGatewayPurpose],
        out: Path | None,
        ended: Ended,
        all_run: threading.Barrier,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._declared = declared
        self._chosen = tuple(chosen)
        self._out = out
        self._ended = ended
        self._all_run = all_run
        self.result: CampaignResult | None = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            enter_private_network()
            self.result = demonstrate_gateway(
                self._declared,
                self._chosen,
                out=self._out,
                ended=self._ended,
                started=self._all_run.wait,
            )
        except BaseException as error:  # raised again by who waits for it
            self.error = error
            self._all_run.abort()


def domain_for(purpose: GatewayPurpose) -> GatewayDomain:
    """The domain of the reference gateway that a case is run against."""
    for domain in (GatewayDomain.FIXED, GatewayDomain.LOCAL):
        if reason_to_skip(purpose, reference_gateway(domain)) == "":
            return domain
    return purpose.domain


def demonstrate_gateways(
    chosen: Iterable[AnyGatewayPurpose], *, out: Path | None, ended: Ended
) -> CampaignResult:
    """Run cases, each against the reference gateway of its domain.

    Those for fast handover have gateways of their own, one for each scene.

    The process is in a private network of its own (`enter_private_network`).

    Args:
        chosen: The cases.
        out: Folder for the evidence, with a folder in it for each domain.
        ended: Called with the result of each case when it has ended.

    Raises:
        Pmip6Error: Networks are not permitted here, or a gateway does not start.
    """
    every, one_at_a_time = tuple(chosen), threading.Lock()

    def tell(case: CaseResult) -> None:
        with one_at_a_time:
            ended(case)

    places: dict[str, list[AnyGatewayPurpose]] = {}
    for purpose in every:
        places.setdefault(_place_of(purpose), []).append(purpose)
    all_run = threading.Barrier(max(1, len(places)))
    lanes = [
        _Lane(
            _declared_in(place, mine),
            place,
            mine,
            None if out is None else out / place,
            tell,
            all_run,
        )
        for place, mine in places.items()
    ]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    lanes.sort(key=lambda lane: isinstance(lane.error, threading.BrokenBarrierError))
    results = [_of(lane) for lane in lanes]
    cases = sorted((c for r in results for c in r.cases), key=lambda c: c.purpose.name)
    return CampaignResult(
        reference_gateway(),
        tuple(cases),
        any(result.died for result in results),
        tuple(stray for result in results for stray in result.strays),
        tuple(each for result in results for each in result.repeated),
        tuple(line for result in results for line in result.again),
        side_by_side([result.timing for result in results]),
        tuple(loss for result in results for loss in result.losses),
    )


def _place_of(purpose: AnyGatewayPurpose) -> str:
    """What the reference gateway of a case is called."""
    if isinstance(purpose, HandoverPurpose):
        return f"{HANDOVER}{purpose.scene.name.lower()}"
    return str(domain_for(purpose))


def _declared_in(place: str, chosen: list[AnyGatewayPurpose]) -> GatewayDeclaration:
    """The reference gateway that is called so, with nodes enough for some cases."""
    nodes = SPARE_NODES + int(sum(map(_nodes_of, chosen)) * NODES_PER_CASE)
    if place.startswith(HANDOVER):
        scene = HandoverScene[place.removeprefix(HANDOVER).upper()]
        declared = reference_gateway(nodes=nodes, handover=scene)
    else:
        declared = reference_gateway(GatewayDomain(place), nodes=nodes)
    sooner = {"max_bindack_timeout_ms": MAX_BINDACK_TIMEOUT_MS}
    timers = declared.timers.model_copy(update=sooner)
    return declared.model_copy(update={"timers": timers})


def _nodes_of(purpose: AnyGatewayPurpose) -> int:
    """How many nodes a case needs."""
    is_alone = isinstance(purpose, HandoverPurpose) or not purpose.domain.has_company
    return 1 if is_alone else 2


def _of(lane: _Lane) -> CampaignResult:
    if lane.error is not None:
        raise lane.error
    assert lane.result is not None
    return lane.result
