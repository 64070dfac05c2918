"""A campaign for a gateway over the wire: both interfaces, the triggers, the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from pmip6.conformance.campaign import Campaign
from pmip6.conformance.findings_report import COMMAND
from pmip6.conformance.hooks import restart_by
from pmip6.conformance.lma.certify import with_evidence
from pmip6.conformance.losses import Loss
from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.conformance.mag.declared_link import declared_link
from pmip6.conformance.mag.lane import AT_ONCE, GatewayLane
from pmip6.conformance.mag.selection import AnyGatewayPurpose
from pmip6.conformance.results import (
    CampaignResult,
    Ended,
    Probed,
    Restart,
    tell_nobody,
)


def certify_gateway(
    declaration: GatewayDeclaration,
    chosen: Iterable[AnyGatewayPurpose],
    *,
    out: Path | None = None,
    ended: Ended = tell_nobody,
    at_once: int = AT_ONCE,
    restart: Restart | None = None,
    lost: Callable[[Loss], None] = tell_nobody,
    is_idle: Callable[[], bool] = lambda: True,
    command: str = COMMAND,
) -> CampaignResult:
    """Run cases against the declared gateway, over its interfaces.

    Args:
        declaration: The implementation under test.
        chosen: The cases.
        out: Folder for the evidence; none is kept where None.
        ended: Called with the result of each case when it has ended.
        at_once: How many cases run side by side.
        restart: Restarts it; the declared hook where None.
        lost: Called each time that the implementation does not answer any more.
        is_idle: Whether it has nothing to do at the moment, where the tester can see
            that: else nothing is concluded from what has not come.
        command: What runs the campaign.

    Raises:
        Pmip6Error: An interface, a privilege, the next hop or a folder is missing, or a
            hook or trigger fails.
    """
    again = restart or restart_by(declaration.hooks)

    def run(ended: Ended, probed: Probed) -> CampaignResult:
        with declared_link(declaration, restart=again, is_idle=is_idle) as link:
            lane = GatewayLane(declaration, link, can_restart=again is not None)
            campaign = Campaign(
                lane, at_once, ended=ended, probed=probed, restart=again, lost=lost
            )
            try:
                return campaign.run(chosen)
            finally:
                lane.leave()

    return with_evidence(
        declaration, declaration.hooks, run, out=out, ended=ended, command=command
    )
