"""A domain of reference peers with a Linux mobile node in it, which roams."""

from collections.abc import Callable

from pmip6.conformance.domain.access import TRIGGER_PORT, access_point
from pmip6.conformance.domain.networks import (
    ACCESS_INTERFACE,
    HOME_INTERFACE,
    DomainNetworks,
)
from pmip6.conformance.domain.record import (
    HANDOVER_ASSOCIATIONS,
    HOME_NETWORKS,
    LMAA,
    NODE_LINK_LAYER,
    PROXY_COAS,
    DomainRun,
    Mode,
)
from pmip6.conformance.domain.run import roam
from pmip6.conformance.lma.demonstration import ANCHOR, await_ready, begin_peer
from pmip6.conformance.lma.settings import AnchorSettings, NodeSettings
from pmip6.conformance.mag.serve import GatewayFile
from pmip6.conformance.mag.settings import FastHandoverSettings, PolicyProfile
from pmip6.conformance.wire.esp_end import GatewayEsp
from pmip6.conformance.wire.namespaces import enter_private_network
from pmip6.model.mag.access_link import (
    RESERVED_LINK_LAYER_ADDRESS,
    RESERVED_LINK_LOCAL_ADDRESS,
)
from pmip6.model.state import forwarding

NODE_IDENTIFIER = "mn1@example.org"
GATEWAY = "pmip6.conformance.mag.serve"
IEEE_802_11 = 4
LIFETIME_UNITS = 75
BUFFER_PACKETS = 512
FORWARDING_LIFETIME_MS = 300
DETACHMENT_DELAY_MS = 150


def domain_anchor() -> AnchorSettings:
    """What the anchor of the domain is told."""
    return AnchorSettings(
        lma_address=LMAA,
        gateways=PROXY_COAS,
        nodes=(NodeSettings(identifier=NODE_IDENTIFIER),),
        prefix_pool=HOME_NETWORKS,
        maximum_lifetime_units=LIFETIME_UNITS,
        min_delay_before_bce_delete_ms=10_000,
        timestamp_validity_window_ms=300,
        switches=(forwarding.name,),
        home_interface=HOME_INTERFACE,
    )


def domain_gateway(number: int, mode: Mode) -> GatewayFile:
    """What a gateway of the domain is told; of the other one only for fast handovers."""
    other = 1 - number
    handover = FastHandoverSettings(
        gateways=(PROXY_COAS[other],),
        access_points={access_point(other): PROXY_COAS[other]},
        buffer_packets=BUFFER_PACKETS,
        forwarding_lifetime_ms=FORWARDING_LIFETIME_MS,
        detachment_delay_ms=DETACHMENT_DELAY_MS,
        esp=(_handover_esp(number),),
    )
    return GatewayFile(
        proxy_coa=PROXY_COAS[number],
        lma_address=LMAA,
        nodes=(
            PolicyProfile(
                identifier=NODE_IDENTIFIER,
                link_layer_address=NODE_LINK_LAYER.hex(":"),
            ),
        ),
        access_technology=IEEE_802_11,
        link_layer_address=RESERVED_LINK_LAYER_ADDRESS.hex(":"),
        fixed_mag_link_local_address=RESERVED_LINK_LOCAL_ADDRESS,
        lifetime_units=LIFETIME_UNITS,
        fast_handover=None if mode is Mode.NONE else handover,
        access_interfaces=(ACCESS_INTERFACE,),
        trigger_port=TRIGGER_PORT,
    )


def _handover_esp(number: int) -> GatewayEsp:
    """What a gateway knows of its security associations with the other one."""
    sent, received = HANDOVER_ASSOCIATIONS[number], HANDOVER_ASSOCIATIONS[1 - number]
    return GatewayEsp(
        gateway=sent.destination,
        spi_to_gateway=sent.spi,
        key_to_gateway=sent.key.hex(),
        spi_from_gateway=received.spi,
        key_from_gateway=received.key.hex(),
    )


def demonstrate_domain(
    handoffs: int, report: Callable[[str], None] = lambda line: None
) -> list[DomainRun]:
    """Let the node come in at the first gateway and change over so many times.

    It does so without fast handover, then with either kind, each in a new domain.  This
    process moves into a network of its own for good; see `enter_private_network`.

    Args:
        handoffs: How often it goes from one gateway to the other.
        report: Called with one line for each move.

    Raises:
        Pmip6Error: Networks are not permitted here, a peer does not start, or the node
            is not served.
    """
    enter_private_network()
    return [_run(mode, handoffs, report) for mode in Mode]


def _run(mode: Mode, handoffs: int, report: Callable[[str], None]) -> DomainRun:
    with DomainNetworks() as networks:
        peers = [(begin_peer(networks.anchor, ANCHOR, domain_anchor()), ANCHOR)]
        peers += [
            (begin_peer(network, GATEWAY, domain_gateway(number, mode)), GATEWAY)
            for number, network in enumerate(networks.gateways)
        ]
        for peer, program in peers:  # which start side by side
            await_ready(peer, program)
        path = [number % len(PROXY_COAS) for number in range(handoffs + 1)]
        return roam(networks, path, mode, lambda line: report(f"{mode}: {line}"))
