"""The link to a declared gateway: both interfaces of the tester, and the triggers."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from pmip6.conformance.mag.access_port import EthernetPort
from pmip6.conformance.mag.declaration import GatewayDeclaration, octets
from pmip6.conformance.mag.declared_triggers import DeclaredTriggers
from pmip6.conformance.mag.wire_gateway import WireGatewayLink
from pmip6.conformance.wire.packet_port import PacketPort


@contextmanager
def declared_link(
    declaration: GatewayDeclaration,
    *,
    restart: Callable[[], None] | None = None,
    is_idle: Callable[[], bool] = lambda: True,
) -> Generator[WireGatewayLink]:
    """A link over the declared interfaces, closed in the end.

    Args:
        declaration: The implementation under test.
        restart: Starts it again, with the settings that it had; nothing does where None.
        is_idle: Whether it has nothing to do at the moment, where the tester sees that.

    Raises:
        Pmip6Error: An interface, a privilege or the next hop is missing, or a trigger
            fails.
    """
    tester = declaration.tester
    names = {layer: name for name, layer in declaration.nodes.profiles()}
    with (
        PacketPort(tester.interface, tester.lma_address) as port,
        EthernetPort(tester.access_interface) as access,
    ):
        port.resolve(tester.next_hop)
        link = WireGatewayLink(
            port,
            access,
            proxy_coa=declaration.proxy_coa,
            next_hop=tester.next_hop,
            link_layer_address=octets(declaration.links.link_layer_address),
            triggers=DeclaredTriggers(declaration.triggers, names),
            restart=restart or (lambda: None),
            is_idle=is_idle,
        )
        try:
            yield link
        finally:
            link.close()
