"""User packets at the gateway: which way each goes (RFC 5213, section 6.10.5).

`FORWARDING_RULES` decides: of the rows for where a packet comes from the first whose
condition holds.  The reference gateway forwards by it, and the judge of a domain holds
what it sees against it.  Source: RFC 5213, sections 6.10.3 to 6.10.5 and 6.14.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv6Address, IPv6Network

from pmip6.model.wire.ipv6 import decode_ipv6
from pmip6.model.wire.tunnel_packets import (
    Decapsulated,
    Tunnel,
    decapsulate,
    encapsulate,
    forward,
)


class Arrival(Enum):
    """Where a packet comes from."""

    NODE = "from a mobile node on an access link"
    HOST = "from an ordinary host that the gateway gives access to"
    TUNNEL = "out of the tunnel of an anchor, or of another gateway"


class Way(Enum):
    """Where a packet goes."""

    TUNNEL = "into the tunnel to the anchor of the node that sent it"
    NODE = "to the mobile node whose prefix its destination is of"
    NETWORK = "to the network, as any packet"
    NEXT_GATEWAY = "into the tunnel to the gateway that the node is handed over to"
    FORMER_GATEWAY = "into the tunnel to the gateway that the node comes from"
    BUFFER = "into the buffer of the node"
    DROP = "nowhere"


@dataclass(frozen=True, slots=True)
class HostedNode:
    """A mobile node on an access link whose binding is established.

    In a fast handover (RFC 5949) it may be on no link, and have no binding yet.

    Attributes:
        node: Its link-layer address.
        prefixes: The home network prefixes of its session.
        tunnel: From the Proxy-CoA to the anchor of the session.
        is_registered: Its binding is established.
        is_on_link: It is on the access link.
        is_buffering: The gateway holds its packets back for the next gateway.
        is_draining: It is on the link, and packets that came before still wait for it.
        next: To the gateway that its packets are forwarded to, None without one.
        former: To the gateway that forwards its packets to here, None without one.
        policy: Whether its own packets are routed locally, as its profile says; None
            leaves it to EnableMAGLocalRouting (5213-9.2-5).
        gre_key: By which other gateways send its packets to here, None where their
            packets have no GRE header (RFC 5949, section 6.2.6).
    """

    node: bytes
    prefixes: tuple[IPv6Network, ...]
    tunnel: Tunnel
    is_registered: bool = True
    is_on_link: bool = True
    is_buffering: bool = False
    is_draining: bool = False
    next: Tunnel | None = None
    former: Tunnel | None = None
    policy: bool | None = None
    gre_key: int | None = None

    def hosts(self, address: IPv6Address) -> bool:
        """Whether an address is of one of its prefixes."""
        return any(address in prefix for prefix in self.prefixes)


@dataclass(frozen=True, slots=True)
class Traffic:
    """All that decides over one packet.

    Attributes:
        arrival: Where it comes from.
        source: Source Address of the packet, without any tunnel header.
        destination: Destination Address of it.
        sender: The node that sent it; None for other arrivals, and for a node that has
            no established binding.
        receiver: The node that hosts its destination, None where none does.
        origin: The node that hosts its source, None where none does.
        entry_point: Source of the tunnel header, None without one.
        gre_key: Key of the GRE header, None without one.
        enable_mag_local_routing: EnableMAGLocalRouting (RFC 5213, section 9.2).
        sources_are_checked: Nodes send from their own prefixes alone (docs/findings.md).
    """

    arrival: Arrival
    source: IPv6Address
    destination: IPv6Address
    sender: HostedNode | None = None
    receiver: HostedNode | None = None
    entry_point: IPv6Address | None = None
    enable_mag_local_routing: bool = False
    sources_are_checked: bool = True
    origin: HostedNode | None = None
    gre_key: int | None = None


@dataclass(frozen=True, slots=True)
class ForwardingRule:
    """One row: packets of an arrival for which the condition holds go this way."""

    name: str
    requirements: tuple[str, ...]
    arrival: Arrival
    condition: Callable[[Traffic], bool]
    way: Way


def _has_foreign_source(traffic: Traffic) -> bool:
    sender = traffic.sender
    return (
        traffic.sources_are_checked
        and sender is not None
        and not sender.hosts(traffic.source)
    )


def _is_local(traffic: Traffic) -> bool:
    policy = None if traffic.sender is None else traffic.sender.policy
    is_allowed = traffic.enable_mag_local_routing if policy is None else policy
    return is_allowed and traffic.receiver is not None


def _comes_from_anchor(traffic: Traffic) -> bool:
    receiver = traffic.receiver
    return (
        receiver is not None
        and receiver.tunnel.exit_point == traffic.entry_point
        and traffic.gre_key is None
    )


def _row(
    name: str,
    requirements: str,
    arrival: Arrival,
    condition: Callable[[Traffic], bool],
    way: Way,
) -> ForwardingRule:
    return ForwardingRule(name, tuple(requirements.split()), arrival, condition, way)


FORWARDING_RULES: tuple[ForwardingRule, ...] = (
    _row(
        "drop_link_local_source",
        "5213-6.10.5-13",
        Arrival.NODE,
        lambda traffic: traffic.source.is_link_local,
        Way.DROP,
    ),
    _row(
        "drop_without_binding",
        "5213-6.10.5-8",
        Arrival.NODE,
        lambda traffic: traffic.sender is None,
        Way.DROP,
    ),
    _row(
        "drop_foreign_source",
        "5213-6.9.1.2-20",
        Arrival.NODE,
        _has_foreign_source,
        Way.DROP,
    ),
    _row(
        "route_locally",
        "5213-6.10.3-1 5213-6.10.3-2 5213-6.10.5-9 5213-6.10.5-11 5213-9.2-4",
        Arrival.NODE,
        _is_local,
        Way.NODE,
    ),
    _row(
        "tunnel_though_local",
        "5213-6.10.5-9 5213-6.10.5-10 5213-6.10.5-14",
        Arrival.NODE,
        lambda traffic: traffic.receiver is not None,
        Way.TUNNEL,
    ),
    _row(
        "tunnel_to_anchor",
        "5213-6.9.1.2-20 5213-6.10.5-12 5213-6.10.5-14",
        Arrival.NODE,
        lambda traffic: True,
        Way.TUNNEL,
    ),
    _row(
        "deliver_from_host",
        "5213-6.10.5-6",
        Arrival.HOST,
        _is_local,
        Way.NODE,
    ),
    _row(
        "route_from_host",
        "5213-6.10.5-6 5213-6.10.5-7",
        Arrival.HOST,
        lambda traffic: True,
        Way.NETWORK,
    ),
    _row(
        "deliver_from_tunnel",
        "5213-6.10.5-1 5213-6.10.5-2 5213-6.10.5-3 5213-6.6-8",
        Arrival.TUNNEL,
        _comes_from_anchor,
        Way.NODE,
    ),
    _row(
        "drop_hosted_nowhere",
        "5213-6.10.5-4",
        Arrival.TUNNEL,
        lambda traffic: True,
        Way.DROP,
    ),
)
"""Of the rows for an arrival the first that holds decides; the last always holds."""


def way_of(
    traffic: Traffic, rules: Iterable[ForwardingRule] = FORWARDING_RULES
) -> ForwardingRule:
    """Give the row that decides over a packet."""
    return next(
        rule
        for rule in rules
        if rule.arrival is traffic.arrival and rule.condition(traffic)
    )


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What becomes of a packet.

    Attributes:
        way: Where it goes; DROP where a tunnel or its own hop limit lets it go nowhere.
        rule: Name of the row that decided.
        packets: What goes out there, several where a tunnel packet is cut up.
        receiver: The node that it goes to or is held back for, None for other ways.
        reply: ICMPv6 message to the source, None without one.
    """

    way: Way
    rule: str
    packets: tuple[bytes, ...] = ()
    receiver: HostedNode | None = None
    reply: bytes | None = None


@dataclass(frozen=True, slots=True)
class GatewayForwarding:
    """How a gateway forwards; it is a value, and knows no node by itself.

    Attributes:
        proxy_coa: Its address, source of what it reports.
        enable_mag_local_routing: EnableMAGLocalRouting (RFC 5213, section 9.2).
        sources_are_checked: Nodes send from their own prefixes alone.
        rules: The rows that it follows.
    """

    proxy_coa: IPv6Address
    enable_mag_local_routing: bool = False
    sources_are_checked: bool = True
    rules: tuple[ForwardingRule, ...] = FORWARDING_RULES

    def from_node(
        self,
        data: bytes,
        sender: HostedNode | None,
        hosted: Iterable[HostedNode],
        identification: int = 0,
    ) -> Forwarded | None:
        """Take a packet that came in a frame of a node; None where it is no IPv6.

        Args:
            data: The packet as it came.
            sender: The node, None where it has no established binding.
            hosted: The nodes that have one, the sender included.
            identification: What marks the fragments of a tunnel packet.
        """
        return self._pass_on(Arrival.NODE, data, hosted, sender, identification)

    def from_host(self, data: bytes, hosted: Iterable[HostedNode]) -> Forwarded | None:
        """Take a packet of an ordinary host; None where it is no IPv6."""
        return self._pass_on(Arrival.HOST, data, hosted)

    def from_tunnel(
        self, data: bytes, hosted: Iterable[HostedNode], identification: int = 0
    ) -> Forwarded | None:
        """Take a tunnel packet to the Proxy-CoA; None where it is none.

        Args:
            data: The tunnel packet, put together from its fragments.
            hosted: The nodes that have an established binding, or are handed over.
            identification: What marks the fragments of a tunnel packet.
        """
        inner = decapsulate(data, takes_gre=True)
        if inner is None:
            return None
        return self._pass_on(
            Arrival.TUNNEL,
            inner.original,
            hosted,
            identification=identification,
            outer=inner,
        )

    def _pass_on(
        self,
        arrival: Arrival,
        data: bytes,
        hosted: Iterable[HostedNode],
        sender: HostedNode | None = None,
        identification: int = 0,
        outer: Decapsulated | None = None,
    ) -> Forwarded | None:
        header = decode_ipv6(data)
        if header is None:
            return None
        to, by = header.destination, header.source
        every = tuple(hosted)
        traffic = Traffic(
            arrival,
            by,
            to,
            sender,
            next((node for node in every if node.hosts(to)), None),
            None if outer is None else outer.entry_point,
            self.enable_mag_local_routing,
            self.sources_are_checked,
            next((node for node in every if node.hosts(by)), None),
            None if outer is None else outer.gre_key,
        )
        rule = way_of(traffic, self.rules)
        if rule.way is Way.DROP:
            return Forwarded(Way.DROP, rule.name)
        if rule.way is Way.BUFFER:
            return Forwarded(Way.BUFFER, rule.name, (data,), traffic.receiver)
        if rule.way in (Way.NODE, Way.NETWORK):
            passage = forward(data, self.proxy_coa)
        else:
            tunnel = _tunnel(rule.way, traffic)
            if tunnel is None:  # a faulty table lets it in: there is no tunnel for it
                return Forwarded(Way.DROP, rule.name)
            passage = encapsulate(data, tunnel, identification)
        if passage.loss is not None:
            return Forwarded(Way.DROP, rule.name, reply=passage.reply)
        to_node = rule.way in (Way.NODE, Way.NEXT_GATEWAY)
        receiver = traffic.receiver if to_node else None
        return Forwarded(rule.way, rule.name, passage.packets, receiver)


def _tunnel(way: Way, traffic: Traffic) -> Tunnel | None:
    """The tunnel that a packet goes into, by the node that it is of."""
    if way is Way.NEXT_GATEWAY:
        return None if traffic.receiver is None else traffic.receiver.next
    sender = traffic.sender or traffic.origin
    if sender is None:
        return None
    return sender.former if way is Way.FORMER_GATEWAY else sender.tunnel
