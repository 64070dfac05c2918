"""A reference anchor in a network of its own, and the campaign against it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from ipaddress import IPv6Address
from pathlib import Path

from pydantic import BaseModel

import pmip6
from pmip6.conformance.lma.certify import certify
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.in_memory import anchor_settings
from pmip6.conformance.lma.permitted_variants import PermittedVariant
from pmip6.conformance.lma.serve import READY
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.results import CampaignResult, Ended
from pmip6.conformance.toml_files import as_toml as toml_value
from pmip6.conformance.wire import netlink
from pmip6.conformance.wire.namespaces import (
    PEER_INTERFACE,
    Network,
    Peer,
    link,
)
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.lma.purposes import Purpose

ENTRIES = 400
"""Sessions that the anchor can have at once: more than the cases side by side need."""
ROUTER_ADDRESS = IPv6Address("fe80::1")
"""The anchor's kernel asks from it for the neighbour that a packet of a node goes to."""
ANCHOR = "pmip6.conformance.lma.serve"
"""The program of a reference anchor."""
SETTINGS_ARE_READ_FROM = "/dev/stdin"


def demonstrate(
    declaration: Declaration,
    chosen: Iterable[Purpose],
    *,
    out: Path | None,
    ended: Ended,
    mutant: str = "",
    variant: PermittedVariant | None = None,
) -> CampaignResult:
    """Run cases against the reference anchor, which is a process in another network.

    The process is in a private network of its own (`enter_private_network`).

    Args:
        declaration: That of the reference anchor, of one that waits, or of the variant.
        chosen: The cases.
        out: Folder for the evidence; none is kept where None.
        ended: Called with the result of each case when it has ended.
        mutant: Name of the fault that it has; none where empty.
        variant: The permitted variant that it is, whose codec is that of the reference.

    Raises:
        Pmip6Error: Networks are not permitted here, or the anchor does not start.
    """
    nodes = declaration.nodes
    names = [*nodes.identifiers(), *nodes.by_name, *nodes.several_prefixes]
    settings = anchor_settings(declaration, names, forwards=True).model_copy(
        update={"binding_cache_entries": ENTRIES, "home_interface": PEER_INTERFACE}
    )
    name = ""
    if variant is not None:
        settings, name = variant.settings(settings), variant.name
    tester = declaration.tester
    with Network() as network:
        link(
            network,
            here=(
                *tester.proxy_coas,
                tester.unlisted_proxy_coa,
                declaration.traffic.correspondent,
            ),
            there=(declaration.lma_address, ROUTER_ADDRESS),
            here_interface=tester.interface,
        )
        network.run(lambda: netlink.add_blackhole(declaration.prefixes.pool))
        start_anchor(network, settings, mutant=mutant, variant=name)

        def restart() -> None:
            network.end_peers()
            start_anchor(network, settings, mutant=mutant, variant=name)

        return certify(declaration, chosen, out=out, ended=ended, restart=restart)


def start_anchor(
    network: Network,
    settings: AnchorSettings,
    *,
    mutant: str = "",
    variant: str = "",
) -> Peer:
    """Start the reference anchor in a network; it receives packets on return.

    Args:
        network: Where it runs.
        settings: What it is told.
        mutant: Name of the fault that it has; none where empty.
        variant: Name of the permitted variant that it is; the reference where empty.

    Raises:
        Pmip6Error: It ends before that.
    """
    how = ["--mutant", mutant] if mutant else []
    how += ["--variant", variant] if variant else []
    return start_peer(network, ANCHOR, settings, *how)


def start_peer(
    network: Network, module: str, settings: BaseModel, *arguments: str
) -> Peer:
    """Start a reference peer in a network; it receives packets on return.

    Args:
        network: Where it runs.
        module: The module that is its program, and takes a file of settings.
        settings: What it is told; nodes of it, if it has any, as an array of tables.
        arguments: What else its program is given.

    Raises:
        Pmip6Error: It ends before that.
    """
    peer = begin_peer(network, module, settings, *arguments)
    await_ready(peer, module)
    return peer


def begin_peer(
    network: Network, module: str, settings: BaseModel, *arguments: str
) -> Peer:
    """Begin to start a reference peer; the arguments are those of `start_peer`."""
    peer = network.spawn(
        [sys.executable, "-m", module, SETTINGS_ARE_READ_FROM, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        environment=_environment(),
    )
    stdin = peer.process.stdin
    assert stdin is not None
    stdin.write(as_toml(settings).encode())
    stdin.close()
    return peer


def await_ready(peer: Peer, module: str) -> None:
    """Wait until a peer receives packets.

    Raises:
        Pmip6Error: It ends before that.
    """
    stdout = peer.process.stdout
    assert stdout is not None
    if stdout.readline().decode().strip() != READY:
        raise Pmip6Error(
            f"{module.rpartition('.')[2]} in a network of its own",
            "has ended at once",
            "see what it says",
            exit_code=3,
        )


def _environment() -> dict[str, str]:
    """An environment in which the peer finds this package and what it needs."""
    places = [str(Path(place).parent) for place in pmip6.__path__]
    places += [place for place in sys.path if place]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(places)}


def as_toml(settings: BaseModel) -> str:
    """The settings file of a peer."""
    content = settings.model_dump(mode="json", exclude_none=True)
    nodes = content.pop("nodes", ())
    lines = [f"{key} = {toml_value(value)}" for key, value in content.items()]
    for values in nodes:
        lines.append("[[nodes]]")
        lines += [f"{key} = {toml_value(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"
