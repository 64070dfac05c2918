"""A campaign over the wire: the declared interface, the hooks, the evidence."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from pmip6.conformance.campaign import (
    AT_ONCE,
    Campaign,
    CampaignResult,
    CaseResult,
    Ended,
    Probed,
    Restart,
)
from pmip6.conformance.declaration import Declaration
from pmip6.conformance.evidence_folder import EvidenceFolder
from pmip6.conformance.link import WireLink
from pmip6.conformance.packet_port import PacketPort
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.purposes import Purpose

START_SECONDS = 60.0
"""How long the hook that starts the anchor, or the one that restarts it, may take."""


def _say_nothing(_: object) -> None:
    """Tells nobody."""


def certify(
    declaration: Declaration,
    chosen: Iterable[Purpose],
    *,
    out: Path | None = None,
    ended: Ended = _say_nothing,
    at_once: int = AT_ONCE,
    restart: Restart | None = None,
) -> CampaignResult:
    """Run cases against the declared implementation, over its interface.

    Args:
        declaration: The implementation under test.
        chosen: The cases.
        out: Folder for the evidence; none is kept where None.
        ended: Called with the result of each case when it has ended.
        at_once: How many cases run side by side.
        restart: Restarts it; the declared hook where None.

    Raises:
        Pmip6Error: The interface, a privilege, the next hop or a folder is missing, or
            the start hook fails.
    """
    if restart is None and declaration.hooks.restart:
        restart = partial(run_hook, "restart", declaration.hooks.restart)
    if out is None:
        return _run(declaration, chosen, ended, _say_nothing, at_once, restart)
    with EvidenceFolder(out, declaration) as folder:

        def keep(case: CaseResult) -> None:
            folder.add(case)
            ended(case)

        result = _run(declaration, chosen, keep, folder.probed, at_once, restart)
        folder.finish(result)
        return result


def _run(
    declaration: Declaration,
    chosen: Iterable[Purpose],
    ended: Ended,
    probed: Probed,
    at_once: int,
    restart: Restart | None,
) -> CampaignResult:
    if declaration.hooks.start:
        run_hook("start", declaration.hooks.start)
    tester = declaration.tester
    with PacketPort(tester.interface, tester.proxy_coas[0]) as port:
        port.resolve(tester.next_hop)
        link = WireLink(port, tester.next_hop)
        campaign = Campaign(
            declaration,
            link,
            ended=ended,
            probed=probed,
            at_once=at_once,
            restart=restart,
        )
        return campaign.run(chosen)


def run_hook(name: str, command: Sequence[str]) -> None:
    """Run a hook that starts the anchor.

    Raises:
        Pmip6Error: It cannot be run, fails, or takes too long.
    """
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=START_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = str(error)
    else:
        if done.returncode == 0:
            return
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        reason = f"exit status {done.returncode} {' '.join(last)}".rstrip()
    raise Pmip6Error(
        f"hooks.{name}: {' '.join(command)}", reason, "run it by hand", exit_code=3
    )
