"""The judge of a whole domain: what is seen on its links, against what has to be.

It takes no part.  Advertisements and user packets are held against the tables by which a
gateway acts; the state that those ask for is read off the signalling.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from pmip6.conformance.domain.observed import Binding, Observed, Sight
from pmip6.conformance.domain.record import (
    BETWEEN,
    LMAA,
    NODE,
    NODE_LINK_LAYER,
    PROXY_COAS,
    gateway_place,
)
from pmip6.conformance.verdict import Finding, Layer, level_of
from pmip6.conformance.wire.link import MILLISECOND_NS
from pmip6.model.discovery.messages import (
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
)
from pmip6.model.mag.access_link import (
    RESERVED_LINK_LAYER_ADDRESS,
    RESERVED_LINK_LOCAL_ADDRESS,
)
from pmip6.model.mag.advertisement_rules import (
    ADVERTISEMENT_RULES,
    AdvertisementRule,
    HomeLink,
    advertisement_faults,
)
from pmip6.model.mag.forwarding import (
    FORWARDING_RULES,
    Arrival,
    ForwardingRule,
    HostedNode,
    Traffic,
    Way,
    way_of,
)
from pmip6.model.mag.path_mtu import KnownPath
from pmip6.model.wire.ipv6 import IPPROTO_IPV6
from pmip6.model.wire.messages import (
    UNSPECIFIED,
    HandoverAcknowledge,
    HandoverInitiate,
    ProxyBindingUpdate,
    option_of,
)
from pmip6.model.wire.numbers import IPPROTO_ICMPV6, IPPROTO_MOBILITY
from pmip6.model.wire.options import MobileNodeIdentifier, Timestamp
from pmip6.model.wire.tunnel_packets import ETHERNET_MTU, Tunnel, decapsulate

MAX_RA_DELAY_MS = 500
"""MAX_RA_DELAY_TIME (RFC 4861, section 10)."""
TOLERANCE_MS = 100
"""What a packet on its way may need; how long before a move it may be lost by it."""

Fault = tuple[str, int]
"""What is wrong, and the number of the packet."""


@dataclass(frozen=True)
class DomainRule:
    """One row: `faults` says what is wrong in a domain."""

    name: str
    requirements: tuple[str, ...]
    faults: Callable[[Observed], Iterable[Fault]]


# ---- what the node is and does ----------------------------------------------------------


def _mobility_messages_of_the_node(observed: Observed) -> Iterator[Fault]:
    for sight in observed.at_node(outbound=True):
        if sight.header.next_header == IPPROTO_MOBILITY:
            yield "the mobile node sends a mobility message", sight.number


def _other_identifiers(observed: Observed) -> Iterator[Fault]:
    """The gateways name the only node of the domain otherwise than the first has done."""
    known: bytes | None = None
    for number in range(len(PROXY_COAS)):
        for sight in observed.at(gateway_place(number), outbound=True):
            if isinstance(sight.signalling, ProxyBindingUpdate):
                named = option_of(sight.signalling, MobileNodeIdentifier)
                found = b"" if named is None else named.identifier
                known = found if known is None else known
                if found != known:
                    yield f"the node is named {found!r}, not {known!r}", sight.number


def _advertisements_of_the_node(observed: Observed) -> Iterator[Fault]:
    for sight in observed.at_node(outbound=True):
        if isinstance(sight.message, RouterAdvertisement):
            yield "the mobile node sends a Router Advertisement", sight.number


def _changes_noticed(observed: Observed) -> Iterator[Fault]:
    first, *others = observed.run.moves
    for move in others:
        if move.addresses != first.addresses:
            was, now = _listed(first.addresses), _listed(move.addresses)
            yield f"the node has {now} at gateway {move.end + 1}, and had {was}", 0
        if move.routers != first.routers:
            was, now = _listed(first.routers), _listed(move.routers)
            yield f"its routers are {now} at gateway {move.end + 1}, were {was}", 0


def _lost_connection(observed: Observed) -> Iterator[Fault]:
    connection = observed.run.connection
    if connection.fault:
        yield f"the connection of the node ends: {connection.fault}", 0
    elif connection.returned < connection.sent:
        lost = connection.sent - connection.returned
        yield f"{lost} of {connection.sent} numbers on its connection are lost", 0


def _undetected_duplicates(observed: Observed) -> Iterator[Fault]:
    detected: set[IPv6Address] = {UNSPECIFIED}
    for sight in observed.at_node(outbound=True):
        source = sight.header.source
        message = sight.message
        if isinstance(message, NeighborSolicitation) and source == UNSPECIFIED:
            detected.add(message.target)
        elif source not in detected:
            detected.add(source)  # once is enough
            yield f"{source} is used before anyone was asked who has it", sight.number


# ---- Neighbor Discovery of the gateways -------------------------------------------------


def _late_answers(observed: Observed) -> Iterator[Fault]:
    """Solicitations that no advertisement follows in time."""
    longest = (MAX_RA_DELAY_MS + TOLERANCE_MS) * MILLISECOND_NS
    for sight in observed.at_node(outbound=True):
        if not isinstance(sight.message, RouterSolicitation):
            continue
        begin, end = sight.time_ns, sight.time_ns + longest
        stays = observed.serving_between(begin, end)
        if stays is None or observed.binding(stays, begin) is None:
            continue
        if not any(
            isinstance(each.message, RouterAdvertisement)
            and begin <= each.time_ns < end
            for each in observed.at_node(outbound=False)
        ):
            yield "no advertisement follows the solicitation in time", sight.number


def _other_link_layers(observed: Observed) -> Iterator[Fault]:
    for sight in observed.at_node(outbound=False):
        if sight.seen.source != RESERVED_LINK_LAYER_ADDRESS:
            shown = sight.seen.source.hex(":")
            yield f"a frame of the gateway comes from {shown}", sight.number


def _other_link_locals(observed: Observed) -> Iterator[Fault]:
    for sight in observed.at_node(outbound=False):
        if not isinstance(sight.message, RouterAdvertisement):
            continue
        if sight.header.source != RESERVED_LINK_LOCAL_ADDRESS:
            yield f"an advertisement comes from {sight.header.source}", sight.number


def _values_of_the_domain(observed: Observed) -> Iterator[tuple[str, object, int]]:
    """The variables of section 9.3 as the gateways show them: which, value, packet."""
    for number in range(len(PROXY_COAS)):
        for sight in observed.at(gateway_place(number), outbound=True):
            if isinstance(sight.signalling, ProxyBindingUpdate):
                stamped = option_of(sight.signalling, Timestamp) is not None
                yield "timestamp in requests", stamped, sight.number
    for sight in observed.at_node(outbound=False):
        if isinstance(sight.message, RouterAdvertisement):
            yield "link-local address", sight.header.source, sight.number
            yield "link-layer address", sight.seen.source.hex(":"), sight.number


def _other_values(observed: Observed) -> Iterator[Fault]:
    """A gateway has a variable of the domain that another one has otherwise."""
    known: dict[str, object] = {}
    for which, value, number in _values_of_the_domain(observed):
        if known.setdefault(which, value) != value:
            yield f"{which}: {value} here, {known[which]} before", number


def _shared_advertisements(observed: Observed) -> Iterator[Fault]:
    for sight in observed.at_node(outbound=False):
        if not isinstance(sight.message, RouterAdvertisement):
            continue
        if sight.seen.destination != NODE_LINK_LAYER:
            shown = sight.seen.destination.hex(":")
            yield f"an advertisement goes to {shown}, not to the node", sight.number


# ---- the tunnel --------------------------------------------------------------------------


def _other_tunnel_ends(observed: Observed) -> Iterator[Fault]:
    for number, proxy_coa in enumerate(PROXY_COAS):
        for sight in observed.at(gateway_place(number), outbound=True):
            if sight.header.next_header != IPPROTO_IPV6:
                continue
            ends = (sight.header.source, sight.header.destination)
            if ends != (proxy_coa, LMAA):
                yield f"a tunnel packet goes from {ends[0]} to {ends[1]}", sight.number


def _outer_headers_left(observed: Observed) -> Iterator[Fault]:
    for sight in observed.at_node(outbound=False):
        if sight.header.next_header == IPPROTO_IPV6:
            yield "the node gets a packet with its tunnel header", sight.number


def _errors_told(observed: Observed) -> Iterator[Fault]:
    """Gateways report nothing of packets for nodes that are not there."""
    for number in range(len(PROXY_COAS)):
        for sight in observed.at(gateway_place(number), outbound=True):
            header = sight.header
            is_icmp = header.next_header == IPPROTO_ICMPV6 and header.payload != b""
            if is_icmp and header.payload[0] == 1:
                yield (
                    "the gateway reports a packet that it cannot deliver",
                    sight.number,
                )


# ---- fast handovers -----------------------------------------------------------------------


def _other_handover_ends(observed: Observed) -> Iterator[Fault]:
    """HIs that do not go from the gateway that sends them to the other one."""
    for outbound, ends in ((True, PROXY_COAS), (False, PROXY_COAS[::-1])):
        for sight in observed.at(BETWEEN, outbound=outbound):
            header = sight.header
            if not isinstance(sight.signalling, HandoverInitiate):
                continue
            if (header.source, header.destination) != ends:
                yield (
                    f"an HI goes from {header.source} to {header.destination}",
                    sight.number,
                )


def _unasked_acknowledgements(observed: Observed) -> Iterator[Fault]:
    """HAcks that do not go back to where an HI with their number came from."""
    asked: set[tuple[IPv6Address, IPv6Address, int]] = set()
    for sight in observed.sights:
        if sight.seen.place != BETWEEN:
            continue
        source, destination = sight.header.source, sight.header.destination
        match sight.signalling:
            case HandoverInitiate(sequence=number):
                asked.add((source, destination, number))
            case HandoverAcknowledge(sequence=number):
                if (destination, source, number) not in asked:
                    yield (
                        f"HAck {number} goes from {source} to {destination}, which no HI asks",
                        sight.number,
                    )
            case _:
                continue


def _unprotected_handovers(observed: Observed) -> Iterator[Fault]:
    """HIs and HAcks that anyone could have sent."""
    for sight in observed.sights:
        is_handover = isinstance(
            sight.signalling, HandoverInitiate | HandoverAcknowledge
        )
        if is_handover and not sight.is_protected:
            yield "a handover message is not under ESP", sight.number


DOMAIN_RULES: tuple[DomainRule, ...] = (
    DomainRule("silent node", ("5213-3-y1",), _mobility_messages_of_the_node),
    DomainRule("identifier of the node", ("5213-6.6-2",), _other_identifiers),
    DomainRule("no router", ("4861-6.2.4-1",), _advertisements_of_the_node),
    DomainRule("unnoticed move", ("5213-6.7-y1",), _changes_noticed),
    DomainRule("lasting connection", ("5213-6.7-y1",), _lost_connection),
    DomainRule(
        "detected duplicates",
        ("4862-5.4-1", "4862-5.4-3", "4862-5.4-4"),
        _undetected_duplicates,
    ),
    DomainRule(
        "answer to a solicitation", ("5213-6.9.2-2", "4861-6.2.6-3"), _late_answers
    ),
    DomainRule(
        "reserved link-layer address", ("6543-1-1", "6543-1-x1"), _other_link_layers
    ),
    DomainRule(
        "reserved interface identifier",
        ("6543-1-3", "6543-1-x4", "6543-1-x5"),
        _other_link_locals,
    ),
    DomainRule("variables of the domain", ("5213-9.3-3",), _other_values),
    DomainRule("advertisement to one node", ("5213-6.3-y1",), _shared_advertisements),
    DomainRule("ends of the tunnel", ("5213-6.10.5-14",), _other_tunnel_ends),
    DomainRule("tunnel header removed", ("5213-6.10.5-2",), _outer_headers_left),
    DomainRule("silent drop", ("5213-6.10.5-4",), _errors_told),
    DomainRule(
        "ends of a Handover Initiate",
        ("5949-6.1.1-x3", "5949-6.1.1-x4"),
        _other_handover_ends,
    ),
    DomainRule(
        "answer to a Handover Initiate",
        ("5949-6.1.2-x3", "5949-6.1.2-x4", "5949-6.1.1-x5", "5568-6.2.1.2-x3"),
        _unasked_acknowledgements,
    ),
    DomainRule(
        "protected handover messages",
        ("5949-7-1", "5949-7-2", "5949-7-3"),
        _unprotected_handovers,
    ),
)
"""What is not about single messages, advertisements or the way of user packets."""


# ---- the tables of the gateway ----------------------------------------------------------


def _judge_advertisements(observed: Observed) -> Iterator[Finding]:
    for sight in observed.at_node(outbound=False):
        message = sight.message
        if not isinstance(message, RouterAdvertisement):
            continue
        link = _home_link(observed.advertised(sight.time_ns))
        for rule, fault in advertisement_faults(sight.header, message, link):
            yield _finding(rule.requirements, f"an RA {fault}", sight.number)


def _home_link(prefixes: tuple[IPv6Network, ...]) -> HomeLink:
    return HomeLink(
        prefixes=prefixes,
        withdrawn=(),
        link_local=RESERVED_LINK_LOCAL_ADDRESS,
        link_layer=RESERVED_LINK_LAYER_ADDRESS,
        path=KnownPath(ETHERNET_MTU),
        access_link_mtu=ETHERNET_MTU,
    )


FORWARDING_SEEN = (
    "drop_link_local_source",
    "drop_without_binding",
    "drop_foreign_source",
    "tunnel_to_anchor",
    "deliver_from_tunnel",
    "drop_hosted_nowhere",
)
"""Rows of the forwarding table that packets of one node and one anchor can meet."""

NOT_SHOWN = frozenset(
    {
        "5213-6.9.1.2-24",
        "5213-6.9.1.2-25",
        "5213-6.9.5-7",
        "5213-6.9.5-9",
        "5213-6.9.5-10",
        "5213-6.9.5-12",
        "5213-6.12-1",
        "5213-6.14-3",
        "4861-6.2.4-2",
        "4861-6.2.6-5",
        "4861-6.2.6-6",
    }
)
"""Ids behind rows of these tables that a domain does not show: a link-local address that
the anchor names, an access link narrower than the tunnel, a path that changes, prefixes
that are withdrawn, regular access, how far apart advertisements are."""


@dataclass(frozen=True)
class Judged:
    """A row of a table of the gateway, with those of its ids that a domain shows."""

    name: str
    requirements: tuple[str, ...]


def _judged(rows: Iterable[AdvertisementRule | ForwardingRule]) -> Iterator[Judged]:
    for row in rows:
        shown = tuple(name for name in row.requirements if name not in NOT_SHOWN)
        if shown:
            yield Judged(row.name, shown)


GATEWAY_ROWS: tuple[Judged, ...] = (
    *_judged(ADVERTISEMENT_RULES),
    *_judged(row for row in FORWARDING_RULES if row.name in FORWARDING_SEEN),
)
"""What is judged by the tables of the gateway."""


def _judge_uplink(observed: Observed) -> Iterator[Finding]:
    """Packets of the node that are in the tunnel against their rule, or are not."""
    tunnelled = _Passed()
    for number in range(len(PROXY_COAS)):
        for sight in observed.at(gateway_place(number), outbound=True):
            inner = decapsulate(sight.seen.packet)
            if inner is not None:
                tunnelled.add(number, inner.original, sight.time_ns)
    for sight in observed.at_node(outbound=True):
        if _stays_on_link(sight):
            continue
        serving = observed.serving_between(sight.time_ns, sight.time_ns + 1)
        if serving is None:
            continue
        hosted = _hosted(serving, observed.binding(serving, sight.time_ns))
        source, destination = sight.header.source, sight.header.destination
        rule = way_of(Traffic(Arrival.NODE, source, destination, hosted))
        wanted = rule.way is Way.TUNNEL
        found = tunnelled.has(serving, sight.seen.packet, sight.time_ns, wanted)
        if found != wanted and _is_settled(observed, serving, sight):
            yield _misled(rule, sight, found)


def _judge_downlink(observed: Observed) -> Iterator[Finding]:
    """Packets out of the tunnel that come to the node against their rule, or do not."""
    delivered = _Passed()
    for sight in observed.at_node(outbound=False):
        delivered.add(0, sight.seen.packet, sight.time_ns)
    for number in range(len(PROXY_COAS)):
        for sight in observed.at(gateway_place(number), outbound=False):
            inner = decapsulate(sight.seen.packet)
            header = sight.inner
            if inner is None or header is None:
                continue
            hosted = _hosted(number, observed.binding(number, sight.time_ns))
            receiver = hosted
            if hosted is not None and not hosted.hosts(header.destination):
                receiver = None
            traffic = Traffic(
                Arrival.TUNNEL,
                header.source,
                header.destination,
                None,
                receiver,
                inner.entry_point,
            )
            rule = way_of(traffic)
            wanted = rule.way is Way.NODE
            found = delivered.has(0, inner.original, sight.time_ns, wanted)
            if found != wanted and _is_settled(observed, number, sight):
                yield _misled(rule, sight, found)


def _misled(rule: ForwardingRule, sight: Sight, found: bool) -> Finding:
    done = "passed on" if found else "not passed on"
    return _finding(rule.requirements, f"{rule.name}: a packet is {done}", sight.number)


class _Passed:
    """Packets that went on: where, and when."""

    def __init__(self) -> None:
        self._times: defaultdict[tuple[int, bytes], list[int]] = defaultdict(list)

    def add(self, place: int, packet: bytes, time_ns: int) -> None:
        self._times[place, _without_hop_limit(packet)].append(time_ns)

    def has(self, place: int, packet: bytes, since_ns: int, is_wanted: bool) -> bool:
        """Whether a packet went on there after a time.

        Nobody says how soon one has to that may.  After a second it is another packet of the
        same octets, where it may not.
        """
        until = since_ns + 10 * TOLERANCE_MS * MILLISECOND_NS
        times = self._times.get((place, _without_hop_limit(packet)), ())
        return any(since_ns <= each and (is_wanted or each < until) for each in times)


def _without_hop_limit(packet: bytes) -> bytes:
    return packet[:7] + packet[8:]


def _stays_on_link(sight: Sight) -> bool:
    destination = sight.header.destination
    return (
        destination.is_multicast
        or destination.is_link_local
        or sight.header.source == UNSPECIFIED
    )


def _is_settled(observed: Observed, gateway: int, sight: Sight) -> bool:
    """Whether node and binding stay as they are for a while before and after a packet."""
    around = TOLERANCE_MS * MILLISECOND_NS
    begin, end = sight.time_ns - around, sight.time_ns + around
    before, after = observed.binding(gateway, begin), observed.binding(gateway, end)
    return observed.serving_between(begin, end) == gateway and before == after


def _hosted(gateway: int, binding: Binding | None) -> HostedNode | None:
    if binding is None:
        return None
    tunnel = Tunnel(PROXY_COAS[gateway], LMAA)
    return HostedNode(NODE_LINK_LAYER, binding.prefixes, tunnel)


def _judge_format(observed: Observed) -> Iterator[Finding]:
    """Format findings of what gateways send on the access link and to the anchor."""
    for sight in observed.sights:
        is_sent = sight.seen.is_outbound != (sight.seen.place == NODE)
        is_gateways = is_sent or sight.seen.place == BETWEEN
        for found in sight.findings if is_gateways else ():
            yield Finding(
                found.requirements, found.level, found.text, sight.number, Layer.FORMAT
            )


def _finding(requirements: tuple[str, ...], text: str, number: int) -> Finding:
    level = level_of(requirements)
    return Finding(requirements, level, text, number, Layer.BEHAVIOUR)


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values)) or "none"


def judge(
    observed: Observed, rules: Iterable[DomainRule] = DOMAIN_RULES
) -> list[Finding]:
    """What is wrong in a domain, by packet; number 0 is the run as a whole."""
    found = [
        _finding(rule.requirements, f"{rule.name}: {text}", number)
        for rule in rules
        for text, number in rule.faults(observed)
    ]
    found += _judge_format(observed)
    found += _judge_advertisements(observed)
    found += _judge_uplink(observed)
    found += _judge_downlink(observed)
    return sorted(found, key=lambda finding: finding.packet)
