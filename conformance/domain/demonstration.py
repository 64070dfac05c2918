"""A domain of reference peers with a Linux mobile node in it, which roams."""

from collections.abc import Callable

from pmip6.conformance.domain.networks import (
    ACCESS_INTERFACE,
    HOME_INTERFACE,
    DomainNetworks,
)
from pmip6.conformance.domain.record import (
    HOME_NETWORKS,
    LMAA,
    NODE_LINK_LAYER,
    PROXY_COAS,
    DomainRun,
)
from pmip6.conformance.domain.run import roam
from pmip6.conformance.lma.demonstration import start_anchor, start_peer
from pmip6.conformance.lma.settings import AnchorSettings, NodeSettings
from pmip6.conformance.mag.serve import GatewayFile
from pmip6.conformance.mag.settings import PolicyProfile
from pmip6.conformance.wire.namespaces import enter_private_network
from pmip6.model.mag.access_link import (
    RESERVED_LINK_LAYER_ADDRESS,
    RESERVED_LINK_LOCAL_ADDRESS,
)
from pmip6.model.state import forwarding

NODE_IDENTIFIER = "mn1@example.org"
IEEE_802_11 = 4
LIFETIME_UNITS = 75


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


def domain_gateway(number: int) -> GatewayFile:
    """What a gateway of the domain is told."""
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
        access_interfaces=(ACCESS_INTERFACE,),
    )


def demonstrate_domain(
    handoffs: int, report: Callable[[str], None] = lambda line: None
) -> DomainRun:
    """Let the node come in at the first gateway and change over so many times.

    This process moves into a network of its own for good; see `enter_private_network`.

    Args:
        handoffs: How often it goes from one gateway to the other.
        report: Called with one line for each move.

    Raises:
        Pmip6Error: Networks are not permitted here, a peer does not start, or the node
            is not served.
    """
    enter_private_network()
    with DomainNetworks() as networks:
        start_anchor(networks.anchor, domain_anchor())
        for number, network in enumerate(networks.gateways):
            start_peer(network, "pmip6.conformance.mag.serve", domain_gateway(number))
        path = [number % len(PROXY_COAS) for number in range(handoffs + 1)]
        return roam(networks, path, report)
