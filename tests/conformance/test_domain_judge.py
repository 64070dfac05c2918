"""The judge of a domain: silent on a run without fault, and each fault is found by its row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address, IPv6Network

import pytest
from random_messages import (
    valid_acknowledgement,
    valid_handover_acknowledge,
    valid_initiate,
    valid_update,
)

from pmip6.conformance.domain.judge import DOMAIN_RULES, GATEWAY_ROWS, judge
from pmip6.conformance.domain.observed import Observed, without_esp
from pmip6.conformance.domain.record import (
    BETWEEN,
    CORRESPONDENT,
    HANDOVER_ASSOCIATIONS,
    LMAA,
    NODE,
    PROXY_COAS,
    DomainRun,
    Move,
    Seen,
    gateway_place,
)
from pmip6.model.discovery.encoding import DiscoveryLies, discovery_packet
from pmip6.model.discovery.messages import (
    ALL_NODES,
    ALL_ROUTERS,
    DiscoveryMessage,
    NeighborSolicitation,
    RouterSolicitation,
    solicited_node,
)
from pmip6.model.discovery.options import SourceLinkLayerAddress
from pmip6.model.mag.access_link import (
    RESERVED_LINK_LAYER_ADDRESS,
    RESERVED_LINK_LOCAL_ADDRESS,
    home_link_advertisement,
    link_local_address,
)
from pmip6.model.requirements.tables import load_requirements
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.esp import protect
from pmip6.model.wire.icmp_errors import report
from pmip6.model.wire.ipv6 import decode_packet, encode_ipv6
from pmip6.model.wire.messages import UNSPECIFIED, MobilityMessage, ProxyBindingUpdate
from pmip6.model.wire.numbers import BindingAckStatus
from pmip6.model.wire.options import MobileNodeIdentifier, MobilityOption, Timestamp
from pmip6.model.wire.tunnel_packets import Tunnel, encapsulate, forward

MAC = bytes.fromhex("020000000101")
GATEWAY = RESERVED_LINK_LAYER_ADDRESS
EVERYONE = bytes.fromhex("333300000001")
LINK_LOCAL = link_local_address(MAC)
PREFIX = IPv6Network("2001:db8:100:1::/64")
HOME = IPv6Address("2001:db8:100:1:0:ff:fe00:101")
FOREIGN = IPv6Address("2001:db8:999::1")
OTHER = IPv6Address("fe80::bad")
ROUTERS = (RESERVED_LINK_LOCAL_ADDRESS,)
STEP_NS = 10**9
NO_NEXT_HEADER, MOBILITY = 59, 135
DESTINATION_UNREACHABLE = 1


@dataclass
class Writer:
    """Writes down a run, a second between two steps and a millisecond within one."""

    run: DomainRun = field(default_factory=DomainRun)
    time_ns: int = STEP_NS

    def step(self) -> None:
        self.time_ns += STEP_NS

    def see(self, place: str, packet: bytes, *, out: bool, to: bytes = GATEWAY) -> None:
        ends = (MAC, to) if out or place != NODE else (GATEWAY, MAC)
        self.time_ns += 10**6
        self.run.seen.append(Seen(self.time_ns, place, out, *ends, packet))

    def from_node(self, message: DiscoveryMessage, source: IPv6Address) -> None:
        target = getattr(message, "target", None)
        to = ALL_ROUTERS if target is None else solicited_node(target)
        self.see(NODE, discovery_packet(message, source, to), out=True, to=EVERYONE)

    def advertise(self, to: IPv6Address = ALL_NODES) -> None:
        self.see(NODE, advertisement(to), out=False)

    def signal(self, gateway: int, message: MobilityMessage, *, out: bool) -> None:
        ends = (PROXY_COAS[gateway], LMAA) if out else (LMAA, PROXY_COAS[gateway])
        packet = encode_ipv6(*ends, encode(message, *ends))
        self.see(gateway_place(gateway), packet, out=out)

    def hand_over(self, gateway: int, message: MobilityMessage) -> None:
        ends = (PROXY_COAS[gateway], PROXY_COAS[1 - gateway])
        packet = encode_ipv6(*ends, encode(message, *ends))
        protected = protect(packet, HANDOVER_ASSOCIATIONS[gateway], 1)
        self.see(BETWEEN, protected, out=gateway == 0)

    def move(self, start: int | None, end: int) -> None:
        left, self.time_ns = self.time_ns, self.time_ns + 10**7
        self.run.moves.append(Move(start, end, left, self.time_ns, (HOME,), ROUTERS))

    def send_up(self, gateway: int, packet: bytes) -> None:
        self.see(NODE, packet, out=True)
        for each in encapsulate(packet, Tunnel(PROXY_COAS[gateway], LMAA)).packets:
            self.see(gateway_place(gateway), each, out=True)

    def send_down(self, gateway: int, packet: bytes) -> None:
        (tunnelled,) = encapsulate(packet, Tunnel(LMAA, PROXY_COAS[gateway])).packets
        self.see(gateway_place(gateway), tunnelled, out=False)
        (inner,) = forward(packet, LMAA).packets
        (delivered,) = forward(inner, PROXY_COAS[gateway]).packets
        self.see(NODE, delivered, out=False)


def advertisement(to: IPv6Address = ALL_NODES) -> bytes:
    message = home_link_advertisement([PREFIX], mtu=1460)
    return discovery_packet(message, RESERVED_LINK_LOCAL_ADDRESS, to)


def data(source: IPv6Address, destination: IPv6Address, text: bytes) -> bytes:
    return encode_ipv6(source, destination, text, next_header=NO_NEXT_HEADER)


def honest_run() -> DomainRun:
    """The node comes in at one gateway, goes to the other, and is served at both."""
    writer = Writer()
    for number in (0, 1):
        writer.move(None if number == 0 else 0, number)
        if number == 0:
            for address in (LINK_LOCAL, HOME):
                writer.from_node(NeighborSolicitation(address), UNSPECIFIED)
        sequence = 1 + 2 * number
        _register(writer, number, sequence)
        writer.advertise()
        writer.step()
        source = SourceLinkLayerAddress(MAC)
        writer.from_node(RouterSolicitation((source,)), LINK_LOCAL)
        writer.advertise(LINK_LOCAL)
        writer.step()
        writer.send_up(number, data(HOME, CORRESPONDENT, b"up %d" % number))
        writer.step()
        writer.send_down(number, data(CORRESPONDENT, HOME, b"down %d" % number))
        writer.step()
    return writer.run


def _register(writer: Writer, number: int, sequence: int) -> None:
    update = replace(valid_update(), sequence=sequence)
    writer.signal(number, update, out=True)
    if number == 1:  # the first gateway notices that the node has gone
        gone = replace(valid_update(), sequence=9, lifetime=0)
        writer.signal(0, gone, out=True)
    answer = replace(valid_acknowledgement(), sequence=sequence)
    writer.signal(number, answer, out=False)


def handed_over_run() -> DomainRun:
    """The node is handed over: the new gateway has the context, and advertises at once."""
    writer = Writer(honest_run())
    writer.time_ns = writer.run.seen[-1].time_ns + STEP_NS
    initiate = replace(valid_initiate(), sequence=7)
    writer.hand_over(1, initiate)
    writer.hand_over(0, replace(valid_handover_acknowledge(), sequence=7))
    writer.move(1, 0)
    writer.advertise()
    writer.step()
    _register(writer, 0, 11)
    writer.run.moves[-1] = replace(writer.run.moves[-1], indicated_ns=STEP_NS)
    return writer.run


def test_a_context_may_be_advertised_before_the_registration() -> None:
    run = handed_over_run()
    assert judge(Observed(run)) == []
    at = _first(run, lambda each: each.place == BETWEEN)
    del run.seen[at : at + 2]
    found = {name for each in judge(Observed(run)) for name in each.requirements}
    assert "5213-6.7-1" in found


def test_a_run_without_fault_has_no_finding() -> None:
    observed = Observed(honest_run())
    assert judge(observed) == []
    bindings = [observed.binding(0, t * STEP_NS) for t in (1, 3, 4, 9)]
    assert [b is not None for b in bindings] == [False, True, True, False]


def test_a_gateway_that_takes_its_time_with_a_packet_passes_it_on_all_the_same() -> (
    None
):
    run = honest_run()
    last = run.seen[-1]
    run.seen[-1] = replace(last, time_ns=last.time_ns + 3 * STEP_NS)
    assert not last.is_outbound and judge(Observed(run)) == []


# ---- faults ------------------------------------------------------------------------------


def _first(run: DomainRun, is_it: Callable[[Seen], bool]) -> int:
    return next(n for n, each in enumerate(run.seen) if is_it(each))


def _nth_ra(run: DomainRun, number: int) -> int:
    found = [
        n
        for n, each in enumerate(run.seen)
        if each.place == NODE and not each.is_outbound and each.packet[6] == 58
    ]
    return found[number]


def _with_ra(run: DomainRun, packet: bytes, number: int = 0) -> None:
    at = _nth_ra(run, number)
    run.seen[at] = replace(run.seen[at], packet=packet)


def _is_tunnel(each: Seen, *, out: bool) -> bool:
    is_core = each.place != NODE and each.packet[6] == 41
    return is_core and each.is_outbound == out


def _after(run: DomainRun, at: int, seen: Seen) -> None:
    run.seen.insert(at + 1, replace(seen, time_ns=run.seen[at].time_ns + 1000))


def send_mobility_message(run: DomainRun) -> None:
    octets = encode(valid_update(), HOME, CORRESPONDENT)
    at = _nth_ra(run, 1)
    packet = encode_ipv6(HOME, CORRESPONDENT, octets, next_header=MOBILITY)
    _after(run, at, Seen(0, NODE, True, MAC, GATEWAY, packet))


def advertise_itself(run: DomainRun) -> None:
    at = _nth_ra(run, 1)
    _after(run, at, replace(run.seen[at], is_outbound=True))


def _change_last_request(
    run: DomainRun, change: Callable[[MobilityOption], Sequence[MobilityOption]]
) -> None:
    """Each option of the last request of a gateway becomes none, another or several."""

    def is_request(each: Seen) -> bool:
        read = decode_packet(each.packet)
        is_update = read is not None and isinstance(read[1].message, ProxyBindingUpdate)
        return is_update and each.is_outbound

    at = max(n for n, each in enumerate(run.seen) if is_request(each))
    read = decode_packet(run.seen[at].packet)
    assert read is not None
    header, message = read[0], read[1].message
    assert isinstance(message, ProxyBindingUpdate)
    options = tuple(new for option in message.options for new in change(option))
    ends = header.source, header.destination
    octets = encode(replace(message, options=options), *ends)
    packet = encode_ipv6(*ends, octets, next_header=MOBILITY)
    run.seen[at] = replace(run.seen[at], packet=packet)


def rename_the_node(run: DomainRun) -> None:
    other = MobileNodeIdentifier(b"other@example.org")
    _change_last_request(
        run, lambda o: (other if isinstance(o, MobileNodeIdentifier) else o,)
    )


def order_by_numbers_at_one_gateway(run: DomainRun) -> None:
    _change_last_request(run, lambda o: () if isinstance(o, Timestamp) else (o,))


def change_address(run: DomainRun) -> None:
    run.moves[1] = replace(run.moves[1], addresses=(HOME, FOREIGN))


def change_router(run: DomainRun) -> None:
    run.moves[1] = replace(run.moves[1], routers=(OTHER,))


def end_connection(run: DomainRun) -> None:
    run.connection.fault = "mobile node: Connection reset by peer"


def lose_numbers(run: DomainRun) -> None:
    run.connection.sent, run.connection.returned = 10, 9


def detect_no_duplicate(run: DomainRun) -> None:
    del run.seen[1]


def answer_no_solicitation(run: DomainRun) -> None:
    del run.seen[_nth_ra(run, 1)]


def answer_late(run: DomainRun) -> None:
    at = _nth_ra(run, 1)
    run.seen[at] = replace(run.seen[at], time_ns=run.seen[at].time_ns + 7 * 10**8)


def send_from_own_link_layer(run: DomainRun) -> None:
    at = _nth_ra(run, 0)
    run.seen[at] = replace(run.seen[at], source=bytes.fromhex("020000000011"))


def advertise_from_own_identifier(run: DomainRun) -> None:
    message = home_link_advertisement([PREFIX], mtu=1460)
    _with_ra(run, discovery_packet(message, OTHER, ALL_NODES))


def advertise_to_everyone(run: DomainRun) -> None:
    at = _nth_ra(run, 0)
    run.seen[at] = replace(run.seen[at], destination=EVERYONE)


def advertise_own_link_layer(run: DomainRun) -> None:
    message = home_link_advertisement([PREFIX], mtu=1460, link_layer_address=MAC)
    _with_ra(run, discovery_packet(message, RESERVED_LINK_LOCAL_ADDRESS, ALL_NODES))


def advertise_no_prefix(run: DomainRun) -> None:
    message = home_link_advertisement([], mtu=1460)
    _with_ra(run, discovery_packet(message, RESERVED_LINK_LOCAL_ADDRESS, ALL_NODES))


def advertise_a_foreign_prefix(run: DomainRun) -> None:
    foreign = IPv6Network((FOREIGN, 64), strict=False)
    message = home_link_advertisement([PREFIX, foreign], mtu=1460)
    _with_ra(run, discovery_packet(message, RESERVED_LINK_LOCAL_ADDRESS, ALL_NODES))


def advertise_without_mtu(run: DomainRun) -> None:
    message = home_link_advertisement([PREFIX])
    _with_ra(run, discovery_packet(message, RESERVED_LINK_LOCAL_ADDRESS, ALL_NODES))


def advertise_too_large_an_mtu(run: DomainRun) -> None:
    message = home_link_advertisement([PREFIX], mtu=1500)
    _with_ra(run, discovery_packet(message, RESERVED_LINK_LOCAL_ADDRESS, ALL_NODES))


def advertise_as_no_router(run: DomainRun) -> None:
    message = home_link_advertisement([PREFIX], mtu=1460, router_lifetime=0)
    _with_ra(run, discovery_packet(message, RESERVED_LINK_LOCAL_ADDRESS, ALL_NODES))


def advertise_with_reserved_bits(run: DomainRun) -> None:
    message = home_link_advertisement([PREFIX], mtu=1460)
    ends = (RESERVED_LINK_LOCAL_ADDRESS, ALL_NODES)
    _with_ra(run, discovery_packet(message, *ends, lies=DiscoveryLies(reserved=1)))


def advertise_before_the_answer(run: DomainRun) -> None:
    at = _first(run, lambda each: each.packet[6] == MOBILITY)
    _after(run, at, Seen(0, NODE, False, GATEWAY, MAC, advertisement()))


def advertise_after_a_rejection(run: DomainRun) -> None:
    at = _first(run, lambda each: each.packet[6] == MOBILITY and not each.is_outbound)
    status = BindingAckStatus.ADMINISTRATIVELY_PROHIBITED
    answer = replace(valid_acknowledgement(), sequence=1, status=status, lifetime=0)
    ends = (LMAA, PROXY_COAS[0])
    packet = encode_ipv6(*ends, encode(answer, *ends))
    run.seen[at] = replace(run.seen[at], packet=packet)


def tunnel_from_elsewhere(run: DomainRun) -> None:
    at = _first(run, lambda each: _is_tunnel(each, out=True))
    packet = run.seen[at].packet
    moved = packet[:8] + FOREIGN.packed + packet[24:]
    run.seen[at] = replace(run.seen[at], packet=moved)


def leave_the_tunnel_header(run: DomainRun) -> None:
    at = _first(run, lambda each: _is_tunnel(each, out=False))
    run.seen[at + 1] = replace(run.seen[at + 1], packet=run.seen[at].packet)


def report_what_is_not_there(run: DomainRun) -> None:
    at = _first(run, lambda each: _is_tunnel(each, out=False))
    seen = run.seen[at]
    error = report(DESTINATION_UNREACHABLE, 3, 0, seen.packet[40:], PROXY_COAS[0])
    assert error is not None
    _after(run, at, replace(seen, is_outbound=True, packet=error))


def tunnel_nothing(run: DomainRun) -> None:
    del run.seen[_first(run, lambda each: _is_tunnel(each, out=True))]


def deliver_nothing(run: DomainRun) -> None:
    del run.seen[_first(run, lambda each: _is_tunnel(each, out=False)) + 1]


def _tunnel_also(run: DomainRun, source: IPv6Address, at: int) -> None:
    """The node sends one more packet, and the first gateway tunnels it."""
    packet = data(source, CORRESPONDENT, b"more")
    inner = encode_ipv6(
        source, CORRESPONDENT, b"more", next_header=NO_NEXT_HEADER, hop_limit=63
    )
    outer = encode_ipv6(PROXY_COAS[0], LMAA, inner, next_header=41)
    seen = Seen(0, gateway_place(0), True, MAC, GATEWAY, outer)
    _after(run, at, seen)
    _after(run, at, Seen(0, NODE, True, MAC, GATEWAY, packet))
    run.seen[at + 2] = replace(seen, time_ns=run.seen[at + 1].time_ns + 1000)


def tunnel_link_local_source(run: DomainRun) -> None:
    _tunnel_also(run, LINK_LOCAL, _nth_ra(run, 1))


def tunnel_foreign_source(run: DomainRun) -> None:
    _tunnel_also(run, FOREIGN, _nth_ra(run, 1))


def tunnel_without_binding(run: DomainRun) -> None:
    advertise_after_a_rejection(run)


def deliver_what_is_not_its(run: DomainRun) -> None:
    other = IPv6Address("2001:db8:100:2::1")
    at = _first(run, lambda each: _is_tunnel(each, out=False))
    for place, out in ((at, False), (at + 1, False)):
        packet = data(CORRESPONDENT, other, b"not yours")
        (inner,) = forward(packet, LMAA).packets
        if place == at:
            packet = encode_ipv6(LMAA, PROXY_COAS[0], inner, next_header=41)
        else:
            (packet,) = forward(inner, PROXY_COAS[0]).packets
        run.seen[place] = replace(run.seen[place], packet=packet, is_outbound=out)


def _handed_over(run: DomainRun) -> None:
    made = handed_over_run()
    run.moves, run.seen = made.moves, made.seen


def initiate_from_elsewhere(run: DomainRun) -> None:
    _handed_over(run)
    at = _first(run, lambda each: each.place == BETWEEN)
    ends = (FOREIGN, PROXY_COAS[0])
    packet = encode_ipv6(*ends, encode(replace(valid_initiate(), sequence=7), *ends))
    run.seen[at] = replace(run.seen[at], packet=packet)


def acknowledge_another_number(run: DomainRun) -> None:
    _handed_over(run)
    at = _first(run, lambda each: each.place == BETWEEN) + 1
    ends = (PROXY_COAS[0], PROXY_COAS[1])
    answer = replace(valid_handover_acknowledge(), sequence=8)
    run.seen[at] = replace(
        run.seen[at], packet=encode_ipv6(*ends, encode(answer, *ends))
    )


def acknowledge_to_elsewhere(run: DomainRun) -> None:
    _handed_over(run)
    at = _first(run, lambda each: each.place == BETWEEN) + 1
    ends = (PROXY_COAS[0], FOREIGN)
    answer = replace(valid_handover_acknowledge(), sequence=7)
    run.seen[at] = replace(
        run.seen[at], packet=encode_ipv6(*ends, encode(answer, *ends))
    )


def hand_over_in_clear(run: DomainRun) -> None:
    _handed_over(run)
    at = _first(run, lambda each: each.place == BETWEEN)
    run.seen[at] = replace(run.seen[at], packet=without_esp(run.seen[at].packet))


FAULTS: list[tuple[Callable[[DomainRun], None], str]] = [
    (send_mobility_message, "5213-3-y1"),
    (advertise_itself, "4861-6.2.4-1"),
    (rename_the_node, "5213-6.6-2"),
    (order_by_numbers_at_one_gateway, "5213-9.3-3"),
    (send_from_own_link_layer, "5213-9.3-3"),
    (advertise_from_own_identifier, "5213-9.3-3"),
    (change_address, "5213-6.7-y1"),
    (change_router, "5213-6.7-y1"),
    (end_connection, "5213-6.7-y1"),
    (lose_numbers, "5213-6.7-y1"),
    (detect_no_duplicate, "4862-5.4-1"),
    (answer_no_solicitation, "4861-6.2.6-3"),
    (answer_late, "5213-6.9.2-2"),
    (send_from_own_link_layer, "6543-1-1"),
    (advertise_from_own_identifier, "6543-1-3"),
    (advertise_from_own_identifier, "5213-6.9.3-1"),
    (advertise_to_everyone, "5213-6.3-y1"),
    (advertise_own_link_layer, "5213-9.3-9"),
    (advertise_no_prefix, "5213-6.9.2-2"),
    (advertise_a_foreign_prefix, "5213-6.7-y1"),
    (advertise_without_mtu, "5213-6.9.2-6"),
    (advertise_too_large_an_mtu, "5213-6.9.5-8"),
    (advertise_as_no_router, "5213-6.9.1.2-23"),
    (advertise_with_reserved_bits, "4861-4.2-y1"),
    (advertise_before_the_answer, "5213-6.7-1"),
    (advertise_after_a_rejection, "5213-6.9.2-4"),
    (tunnel_from_elsewhere, "5213-6.10.5-14"),
    (leave_the_tunnel_header, "5213-6.10.5-2"),
    (report_what_is_not_there, "5213-6.10.5-4"),
    (tunnel_nothing, "5213-6.10.5-12"),
    (deliver_nothing, "5213-6.10.5-1"),
    (tunnel_link_local_source, "5213-6.10.5-13"),
    (tunnel_foreign_source, "5213-6.9.1.2-20"),
    (tunnel_without_binding, "5213-6.10.5-8"),
    (deliver_what_is_not_its, "5213-6.10.5-4"),
    (initiate_from_elsewhere, "5949-6.1.1-x3"),
    (acknowledge_another_number, "5949-6.1.1-x5"),
    (acknowledge_to_elsewhere, "5949-6.1.2-x4"),
    (hand_over_in_clear, "5949-7-1"),
]


@pytest.mark.parametrize(
    ("fault", "id_"), FAULTS, ids=[f"{fault.__name__}-{id_}" for fault, id_ in FAULTS]
)
def test_a_fault_is_found(fault: Callable[[DomainRun], None], id_: str) -> None:
    run = honest_run()
    fault(run)
    found = judge(Observed(run))
    assert id_ in {name for finding in found for name in finding.requirements}


def test_every_row_finds_a_fault_and_cites_known_requirements() -> None:
    found: set[str] = set()
    for fault, _ in FAULTS:
        run = honest_run()
        fault(run)
        found |= {name for each in judge(Observed(run)) for name in each.requirements}
    rows = (*DOMAIN_RULES, *GATEWAY_ROWS)
    assert {name for row in rows for name in row.requirements} <= found
    assert found <= load_requirements().keys()
    for row in rows:
        assert set(row.requirements) & {id_ for _, id_ in FAULTS}, row.name
