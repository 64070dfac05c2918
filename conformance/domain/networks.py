"""The networks of a small domain: an anchor, gateways, a mobile and a correspondent node.

    correspondent node ---- anchor ---- gateway 1 ....
                               |            |        .... mobile node
                               +------- gateway 2 ....

Each is a host in a network of its own.  The mobile node has one interface, and the other
end of it is the access link, which is at one gateway at a time: moving it takes the
carrier from the node's interface and gives it back, as roaming does, and nothing else.
"""

from ipaddress import IPv6Address, IPv6Network

from pmip6.conformance.domain.record import (
    CORRESPONDENT,
    CORRESPONDENT_ROUTER,
    HOME_NETWORKS,
    LMAA,
    NODE_LINK_LAYER,
    PROXY_COAS,
    ROUTER_LINK_LOCAL,
)
from pmip6.conformance.wire import netlink
from pmip6.conformance.wire.closing import Closing
from pmip6.conformance.wire.namespaces import Network

ACCESS_INTERFACE = "access0"
NODE_INTERFACE = "wlan0"
CORE_INTERFACE = "core0"
HOME_INTERFACE = "home0"
CORRESPONDENT_INTERFACE = "eth0"
HANDOVER_INTERFACE = "handover0"
WHOLE, SUBNET = 128, 64
PATIENCE_SECONDS = 60.0
"""After so long something is broken; a move takes seconds where a machine is overloaded."""


def gateway_interface(number: int) -> str:
    """Name of the anchor's interface to a gateway."""
    return f"mag{number + 1}"


class DomainNetworks(Closing):
    """The networks, joined by links and empty of processes; the node is at no gateway.

    The process that makes them is in a private network (`enter_private_network`).

    Raises:
        Pmip6Error: The kernel refuses a network or a link.
    """

    def __init__(self) -> None:
        self._networks: list[Network] = []
        try:
            self.anchor = self._network()
            self.gateways = tuple(self._network() for _ in PROXY_COAS)
            self.correspondent = self._network()
            self.node = self._network()
            self._nowhere = self._access_at = self._network()
            for number, proxy_coa in enumerate(PROXY_COAS):
                self._join_gateway(number, proxy_coa)
            self._join_gateways()
            self._join_correspondent()
            self._make_node()
        except BaseException:
            self.close()
            raise

    def _network(self) -> Network:
        made = Network()
        self._networks.append(made)
        return made

    def _join_gateway(self, number: int, proxy_coa: IPv6Address) -> None:
        """A link between anchor and gateway, who reach each other and nobody else."""
        anchor, gateway = self.anchor, self.gateways[number]
        name = gateway_interface(number)
        _join(anchor, name, gateway, CORE_INTERFACE)
        for network, interface, own, other in (
            (anchor, name, LMAA, proxy_coa),
            (gateway, CORE_INTERFACE, proxy_coa, LMAA),
        ):
            _give_address(network, interface, own, WHOLE)
            _give_route(network, interface, IPv6Network(other))

    def _join_gateways(self) -> None:
        """A link between the gateways, for handovers; each knows the other one there."""
        _join(
            self.gateways[0], HANDOVER_INTERFACE, self.gateways[1], HANDOVER_INTERFACE
        )
        for number, gateway in enumerate(self.gateways):
            other = PROXY_COAS[1 - number]
            # Neighbours are solicited for an address on the link where it is.
            _give_address(gateway, HANDOVER_INTERFACE, PROXY_COAS[number], WHOLE)
            _give_route(gateway, HANDOVER_INTERFACE, IPv6Network(other))

    def _join_correspondent(self) -> None:
        """The correspondent node, whose router is the anchor: home networks begin there."""
        anchor, correspondent = self.anchor, self.correspondent
        _join(anchor, HOME_INTERFACE, correspondent, CORRESPONDENT_INTERFACE)
        _give_address(anchor, HOME_INTERFACE, CORRESPONDENT_ROUTER, SUBNET)
        # Without it the kernel solicits no neighbour for packets with a foreign source.
        _give_address(anchor, HOME_INTERFACE, ROUTER_LINK_LOCAL, SUBNET)
        _give_address(correspondent, CORRESPONDENT_INTERFACE, CORRESPONDENT, SUBNET)
        anchor.run(lambda: netlink.add_blackhole(HOME_NETWORKS))
        _give_route(
            correspondent, CORRESPONDENT_INTERFACE, HOME_NETWORKS, CORRESPONDENT_ROUTER
        )

    def _make_node(self) -> None:
        """The mobile node: its interface is up, out of reach of any gateway."""
        node, nowhere = self.node, self._nowhere
        nowhere.run(
            lambda: netlink.create_veth(
                ACCESS_INTERFACE, NODE_INTERFACE, node.descriptor
            )
        )
        node.run(lambda: netlink.without_offloads(NODE_INTERFACE))
        node.run(lambda: netlink.bring_up_host(NODE_INTERFACE, NODE_LINK_LAYER))

    def move(self, number: int | None) -> None:
        """Take the access link to another gateway, or out of reach of any.

        The node's interface loses its carrier, and has it back at the gateway.

        Raises:
            Pmip6Error: The kernel refuses it.
        """
        target = self._nowhere if number is None else self.gateways[number]
        self._access_at.run(
            lambda: netlink.hand_over(ACCESS_INTERFACE, target.descriptor)
        )
        self._access_at = target
        if number is not None:
            target.run(lambda: netlink.bring_up(ACCESS_INTERFACE))

    def close(self) -> None:
        """Ends all processes in the networks, and lets go of these."""
        for network in self._networks:
            network.end_peers()  # while all interfaces are still there
        while self._networks:
            self._networks.pop().close()


def _join(here: Network, here_name: str, there: Network, there_name: str) -> None:
    """A link between two networks, up at both ends, without addresses or offloads."""
    here.run(lambda: netlink.create_veth(here_name, there_name, there.descriptor))
    for network, name in ((here, here_name), (there, there_name)):
        _prepare(network, name)


def _prepare(network: Network, interface: str) -> None:
    network.run(lambda: netlink.without_offloads(interface))
    network.run(lambda: netlink.bring_up(interface))


def _give_address(
    network: Network, interface: str, address: IPv6Address, length: int
) -> None:
    network.run(lambda: netlink.add_address(interface, address, length))


def _give_route(
    network: Network,
    interface: str,
    destination: IPv6Network,
    router: IPv6Address | None = None,
) -> None:
    network.run(lambda: netlink.add_route(destination, interface, router))
