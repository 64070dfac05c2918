"""A campaign over the wire: the declared interface, the hooks, the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from pmip6.conformance.evidence_folder import EvidenceFolder
from pmip6.conformance.findings_report import COMMAND
from pmip6.conformance.hooks import Hooks, restart_by, start_by, state_by, stop_by
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.lane import AT_ONCE, anchor_campaign
from pmip6.conformance.losses import Loss
from pmip6.conformance.results import (
    CampaignResult,
    CaseResult,
    Declared,
    Ended,
    Probed,
    Restart,
    tell_nobody,
)
from pmip6.conformance.wire.link import WireLink
from pmip6.conformance.wire.packet_port import PacketPort
from pmip6.model.wire.numbers import TIMESTAMP_UNITS_PER_SECOND
from pmip6.vectors.lma.purposes import Purpose


def certify(
    declaration: Declaration,
    chosen: Iterable[Purpose],
    *,
    out: Path | None = None,
    ended: Ended = tell_nobody,
    at_once: int = AT_ONCE,
    restart: Restart | None = None,
    lost: Callable[[Loss], None] = tell_nobody,
    command: str = COMMAND,
) -> CampaignResult:
    """Run cases against the declared anchor, over its interface.

    Args:
        declaration: The implementation under test.
        chosen: The cases.
        out: Folder for the evidence; none is kept where None.
        ended: Called with the result of each case when it has ended.
        at_once: How many cases run side by side.
        restart: Restarts it; the declared hook where None.
        lost: Called each time that the implementation does not answer any more.
        command: What runs the campaign.

    Raises:
        Pmip6Error: The interface, a privilege, the next hop or a folder is missing, or
            the start hook fails.
    """
    tester = declaration.tester

    def run(ended: Ended, probed: Probed) -> CampaignResult:
        with PacketPort(tester.interface, tester.proxy_coas[0]) as port:
            port.resolve(tester.next_hop)
            link = WireLink(port, tester.next_hop)
            campaign = anchor_campaign(
                declaration,
                link,
                ended=ended,
                probed=probed,
                at_once=at_once,
                restart=restart or restart_by(declaration.hooks),
                lost=lost,
                second=link.time_of_day() // TIMESTAMP_UNITS_PER_SECOND,
            )
            return campaign.run(chosen)

    return with_evidence(
        declaration, declaration.hooks, run, out=out, ended=ended, command=command
    )


def with_evidence(
    declaration: Declared,
    hooks: Hooks,
    run: Callable[[Ended, Probed], CampaignResult],
    *,
    out: Path | None,
    ended: Ended,
    command: str = COMMAND,
) -> CampaignResult:
    """Start the implementation if a hook does, run a campaign, and keep its evidence.

    Args:
        declaration: The implementation under test.
        hooks: Its commands.
        run: Runs the campaign, and tells of each case and each probe.
        out: Folder for the evidence; none is kept where None.
        ended: Called with the result of each case when it has ended.
        command: What runs the campaign.

    Raises:
        Pmip6Error: As `run` does, or the start hook or the folder fails.
    """
    if out is None:
        start_by(hooks)
        try:
            return run(ended, tell_nobody)
        finally:
            stop_by(hooks)
    with EvidenceFolder(out, declaration, command) as folder:
        start_by(hooks)

        def keep(case: CaseResult) -> None:
            folder.add(case)
            ended(case)

        try:
            folder.tell_state("before", state_by(hooks))
            result = run(keep, folder.probed)
            folder.tell_state("after", state_by(hooks))
        finally:
            stop_by(hooks)
        folder.finish(result)
        return result
