"""A reference gateway in a network of its own, its declaration, and the campaign."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path

from pmip6.conformance.fast_handover.cast import ACCESS_POINT, NOWHERE, OFFERS
from pmip6.conformance.fast_handover.lane import handover_settings
from pmip6.conformance.hooks import Hooks
from pmip6.conformance.lma.demonstration import start_peer
from pmip6.conformance.mag.certify import certify_gateway
from pmip6.conformance.mag.declaration import (
    DeclaredHandover,
    GatewayDeclaration,
    GatewayFeatures,
    GatewayLinks,
    GatewayNodes,
    GatewayPrefixes,
    GatewayTester,
    ProfiledNode,
    WaitingTimes,
)
from pmip6.conformance.mag.declared_triggers import TriggerSettings
from pmip6.conformance.mag.in_memory import PROTECTION
from pmip6.conformance.mag.lane import AT_ONCE
from pmip6.conformance.mag.selection import AnyGatewayPurpose
from pmip6.conformance.mag.serve import GatewayFile
from pmip6.conformance.mag.settings import Asked, PolicyProfile
from pmip6.conformance.results import CampaignResult, Ended
from pmip6.conformance.wire import netlink
from pmip6.conformance.wire.namespaces import TESTER_INTERFACE, Network, Peer, link
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.mag.answers import CORRESPONDENT, NOBODY
from pmip6.vectors.mag.model import GatewayDomain

LMA, MAG, OTHER_GATEWAY, OTHER = (
    IPv6Address(f"2001:db8:1::{host}") for host in ("1", "11", "12", "99")
)
TESTERS_ACCESS, GATEWAYS_ACCESS = "nodes0", "access0"
TRIGGER_PORT = 5213
FAULTY = "pmip6.conformance.mag.serve_faulty"
"""The program of a faulty gateway."""
SPECIAL = 12
"""Nodes of each kind that the gateway treats in a way of its own."""


def reference_gateway(
    domain: GatewayDomain = GatewayDomain.FIXED,
    *,
    nodes: int = 400,
    handover: HandoverScene | None = None,
) -> GatewayDeclaration:
    """The declaration of the reference gateway in a domain.

    Args:
        domain: What is fixed for the domain.
        nodes: How many it serves.
        handover: What it is like in fast handovers; None where it does none.
    """
    signalled = domain is GatewayDomain.SIGNALLED
    protection = PROTECTION.model_copy(update={"gateway": MAG})
    return GatewayDeclaration(
        role="mag",
        name="reference gateway",
        proxy_coa=MAG,
        tester=GatewayTester(
            interface=TESTER_INTERFACE,
            next_hop=MAG,
            lma_address=LMA,
            other_address=OTHER,
            access_interface=TESTERS_ACCESS,
            correspondent=CORRESPONDENT,
        ),
        triggers=TriggerSettings(
            by="datagram",
            address=MAG,
            port=TRIGGER_PORT,
            attach=("attach", "{node}"),
            attach_with_handoff=("attach", "{node}", "{handoff}"),
            detach=("detach", "{node}"),
            clock=("clock",),
            attach_from=("attach", "{node}", "from", "{access_point}"),
            handover=("handover", "{node}", "{access_point}"),
        ),
        nodes=GatewayNodes(
            identifiers="mn*@example.org",
            first_link_layer_address="02:00:00:00:10:01",
            count=nodes,
            listed={},
            denied={
                f"denied{n}@example.org": f"02:00:00:00:30:{n:02x}"
                for n in range(1, SPECIAL + 1)
            },
            exempt={
                f"exempt{n}@example.org": f"02:00:00:00:50:{n:02x}"
                for n in range(1, SPECIAL + 1)
            },
            profiled={
                f"profiled{n}@example.org": ProfiledNode(
                    link_layer_address=f"02:00:00:00:40:{n:02x}",
                    prefix=IPv6Network(f"2001:db8:1f0:{n:x}::/64"),
                )
                for n in range(1, SPECIAL + 1)
            },
        ),
        prefixes=GatewayPrefixes(pool=IPv6Network("2001:db8:100::/48"), outside=NOBODY),
        links=GatewayLinks(
            access_technology=4,
            link_layer_address="02:00:00:00:00:11",
            tells_link_layer_identifiers=domain is not GatewayDomain.ANONYMOUS,
            fixed_mag_link_local_address=IPv6Address("::" if signalled else "fe80::1"),
            path_mtu=1500,
            access_link_mtu=1500,
        ),
        timers=WaitingTimes(
            lifetime_units=150,
            short_lifetime_units=5,
            initial_bindack_timeout_ms=1000,
            max_bindack_timeout_ms=32000,
            reaction_ms=600,
            silence_ms=300,
            tolerance_ms=300,
            clock_tolerance_ms=300,
            answer_delay_ms=0,
        ),
        features=GatewayFeatures(
            forwarding=True,
            timestamp_based_approach_in_use=domain is not GatewayDomain.NUMBERED,
            enable_mag_local_routing=domain.routes_locally,
            dhcp_relay=True,
        ),
        hooks=Hooks(start=(), alive=(), restart=()),
        esp=(protection,) if domain is GatewayDomain.PROTECTED else (),
        fast_handover=None if handover is None else _handover(handover),
    )


def _handover(scene: HandoverScene) -> DeclaredHandover:
    """What the reference gateway does of fast handover."""
    asked = OFFERS.get(scene, Asked.FORWARDING)
    return DeclaredHandover(
        other_gateway=OTHER_GATEWAY,
        access_point=ACCESS_POINT,
        unknown_access_point=NOWHERE,
        requests=asked.value,
        buffer_packets=0 if scene is HandoverScene.NO_BUFFER else 64,
        forwards=scene is not HandoverScene.NO_FORWARDING,
        gre_keys=scene is HandoverScene.GRE_KEYS,
        initiate_timeout_ms=1000,
        lifetime_ms=8000,
    )


def gateway_file(declaration: GatewayDeclaration) -> GatewayFile:
    """The settings of a reference gateway that is as declared."""
    links, timers, nodes = declaration.links, declaration.timers, declaration.nodes
    plain = [
        PolicyProfile(identifier=name, link_layer_address=layer.hex(":"))
        for name, layer in nodes.profiles()
    ]
    denied = [
        PolicyProfile(identifier=name, link_layer_address=at, authorised=False)
        for name, at in nodes.denied.items()
    ]
    exempt = [
        PolicyProfile(
            identifier=name, link_layer_address=at, enable_mag_local_routing=False
        )
        for name, at in nodes.exempt.items()
    ]
    profiled = [
        PolicyProfile(
            identifier=name,
            link_layer_address=node.link_layer_address,
            home_network_prefixes=(node.prefix,),
        )
        for name, node in nodes.profiled.items()
    ]
    return GatewayFile(
        proxy_coa=declaration.proxy_coa,
        lma_address=declaration.tester.lma_address,
        nodes=(*plain, *denied, *exempt, *profiled),
        tells_link_layer_identifiers=links.tells_link_layer_identifiers,
        access_technology=links.access_technology,
        link_layer_address=links.link_layer_address,
        fixed_mag_link_local_address=links.fixed_mag_link_local_address,
        timestamp_based_approach_in_use=(
            declaration.features.timestamp_based_approach_in_use
        ),
        enable_mag_local_routing=declaration.features.enable_mag_local_routing,
        dhcp_servers=(
            (declaration.tester.lma_address,) if declaration.features.dhcp_relay else ()
        ),
        lifetime_units=timers.lifetime_units,
        initial_bindack_timeout_ms=timers.initial_bindack_timeout_ms,
        max_bindack_timeout_ms=timers.max_bindack_timeout_ms,
        path_mtu=links.path_mtu,
        access_link_mtu=links.access_link_mtu,
        visited_prefixes=links.visited_prefixes,
        esp=declaration.esp,
        access_interfaces=(GATEWAYS_ACCESS,),
        trigger_port=TRIGGER_PORT if declaration.triggers.attach else None,
        fast_handover=handover_settings(declaration),
    )


def start_gateway(network: Network, settings: GatewayFile, *, mutant: str = "") -> Peer:
    """Start the reference gateway in a network; it receives packets on return.

    Args:
        network: Where it runs.
        settings: What it is told.
        mutant: Name of the fault that it has; none where empty.

    Raises:
        Pmip6Error: It ends before that.
    """
    if mutant:
        return start_peer(network, FAULTY, settings, "--mutant", mutant)
    return start_peer(network, "pmip6.conformance.mag.serve", settings)


def _link(network: Network, declaration: GatewayDeclaration) -> None:
    """Both links of a gateway: to the network, and the access link."""
    tester, handover = declaration.tester, declaration.fast_handover
    others = [] if handover is None else [handover.other_gateway]
    link(
        network,
        here=[tester.lma_address, *others],
        there=[declaration.proxy_coa],
        here_interface=tester.interface,
    )
    netlink.create_veth(tester.access_interface, GATEWAYS_ACCESS, network.descriptor)
    netlink.bring_up(tester.access_interface)
    network.run(lambda: netlink.bring_up(GATEWAYS_ACCESS))


def demonstrate_gateway(
    declaration: GatewayDeclaration,
    chosen: Iterable[AnyGatewayPurpose],
    *,
    out: Path | None,
    ended: Ended,
    at_once: int = AT_ONCE,
    mutant: str = "",
    started: Callable[[], object] = lambda: None,
) -> CampaignResult:
    """Run cases against the reference gateway, which is a process in another network.

    The process is in a private network of its own (`enter_private_network`).

    Args:
        declaration: That of the reference gateway.
        chosen: The cases.
        out: Folder for the evidence; none is kept where None.
        ended: Called with the result of each case when it has ended.
        at_once: How many cases run side by side.
        mutant: Name of the fault that it has; none where empty.
        started: Called when the gateway runs, before the campaign.

    Raises:
        Pmip6Error: Networks are not permitted here, or the gateway does not start.
    """
    settings = gateway_file(declaration)
    with Network() as network:
        _link(network, declaration)
        start_gateway(network, settings, mutant=mutant)
        started()

        def restart() -> None:
            network.end_peers()
            start_gateway(network, settings, mutant=mutant)

        return certify_gateway(
            declaration,
            chosen,
            out=out,
            ended=ended,
            at_once=at_once,
            restart=restart,
            is_idle=network.is_idle,
        )
