"""What a gateway does, held against its declaration: which keys do not fit, and what would.

A node comes, its first request is left without an answer, the next is accepted, packets go
both ways, and the node leaves.  Where fast handover is declared it comes once more and is
about to move, and the HI is left without an answer.  What that does not show is left as it
is declared, and said so.
"""

from __future__ import annotations

from collections.abc import Iterator

from pmip6.conformance.condition import condition_by
from pmip6.conformance.hooks import start_by, stop_by
from pmip6.conformance.lma.probe import Difference
from pmip6.conformance.mag.acts import GatewayLink
from pmip6.conformance.mag.declaration import GatewayDeclaration, octets
from pmip6.conformance.mag.declared_link import declared_link
from pmip6.conformance.mag.packets import (
    tunnel_packet,
    user_packet,
)
from pmip6.conformance.mag.probed_port import PATIENCE, ProbedPort
from pmip6.model.discovery.messages import (
    RouterAdvertisement,
    discovery_options_of,
)
from pmip6.model.discovery.options import Mtu, SourceLinkLayerAddress
from pmip6.model.errors import Pmip6Error
from pmip6.model.fast_handover.options import GreKey
from pmip6.model.wire.messages import ProxyBindingUpdate, option_of
from pmip6.model.wire.numbers import TIMESTAMP_UNITS_PER_SECOND
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    Timestamp,
)
from pmip6.model.wire.tunnel_packets import HEADER_SIZE

_NOT_LOOKED_AT = (
    "timers.max_bindack_timeout_ms",
    "timers.short_lifetime_units",
    "nodes.denied",
    "nodes.exempt",
    "nodes.profiled",
    "features.enable_mag_local_routing",
    "features.dhcp_relay",
)
_OF_HANDOVER = ("buffer_packets", "forwards", "lifetime_ms", "unknown_access_point")
HEADROOM = 3
"""How many times as long as it took a gateway is given."""


def not_looked_at(declaration: GatewayDeclaration) -> tuple[str, ...]:
    """What one node that comes and leaves does not show."""
    if declaration.fast_handover is None or not declaration.triggers.handover:
        return (*_NOT_LOOKED_AT, "fast_handover")
    return (*_NOT_LOOKED_AT, *(f"fast_handover.{key}" for key in _OF_HANDOVER))


def probe_gateway(declaration: GatewayDeclaration) -> list[Difference]:
    """Look at the declared gateway over its interfaces, started by its hook if it has one.

    Raises:
        Pmip6Error: An interface, a privilege or the next hop is missing, a hook or a
            trigger fails, or the gateway sends no request.
    """
    start_by(declaration.hooks)
    try:
        with declared_link(declaration) as link:
            return list(GatewayProber(declaration, link).run())
    finally:
        stop_by(declaration.hooks)


class GatewayProber:
    """Looks at a gateway.

    Args:
        declaration: What is declared of it.
        link: The links to it, which nobody else uses.
    """

    def __init__(self, declaration: GatewayDeclaration, link: GatewayLink) -> None:
        self._declared = declaration
        self._link = link
        self._port = ProbedPort(declaration, link)
        self._scene = self._port.scene

    def run(self) -> Iterator[Difference]:
        """What does not fit, as it is found.

        Raises:
            Pmip6Error: No request comes, or ESP or the trigger is in the way.
        """
        timers, node = self._declared.timers, self._scene.link_layer
        began_ms = self._link.now_ms()
        self._port.arrive()
        first = self._port.request(began_ms + PATIENCE * timers.reaction_ms)
        if first is None:
            condition = condition_by(self._declared.hooks)
            raise Pmip6Error(
                f"gateway {self._declared.proxy_coa}",
                f"sends no request for {self._scene.node.decode()} ({condition.reason})",
                "look at triggers, nodes, and the addresses of both",
                exit_code=3,
            )
        came_ms, request, found = first
        if found.unprotected is not None:
            yield Difference("esp", f"this does not hold: {found.unprotected.value}")
        taken_ms = came_ms - began_ms
        if taken_ms > timers.reaction_ms:
            text = f"the request took {taken_ms} ms"
            yield Difference("timers.reaction_ms", text, taken_ms * HEADROOM)
        yield from self._of_request(request)
        yield from self._of_repetition(came_ms, request)
        yield from self._of_advertisement()
        yield from self._of_packets()
        self._link.detach(node)
        last = self._port.request(self._port.soon())
        if last is None or last[1].lifetime:
            yield Difference("triggers.detach", "no de-registration follows")
        else:
            self._port.accept(last[1])
            yield from self._of_handover()

    # ---- what is looked at -------------------------------------------------------------

    def _of_request(self, request: ProxyBindingUpdate) -> Iterator[Difference]:
        links, declared = self._declared.links, self._declared
        named = option_of(request, MobileNodeIdentifier)
        if named is None or named.identifier != self._scene.node:
            told = (
                "nobody"
                if named is None
                else named.identifier.decode("ascii", "replace")
            )
            yield Difference("nodes.identifiers", f"a request names {told}")
        stamp = option_of(request, Timestamp)
        has_stamp = stamp is not None
        if has_stamp is not declared.features.timestamp_based_approach_in_use:
            text = f"its requests have {'a' if has_stamp else 'no'} timestamp"
            key = "features.timestamp_based_approach_in_use"
            yield Difference(key, text, has_stamp)
        if stamp is not None:
            apart = abs(stamp.value - self._link.time_of_day())
            apart_ms = apart * 1000 // TIMESTAMP_UNITS_PER_SECOND
            if apart_ms > declared.timers.clock_tolerance_ms:
                text = f"its clock and the tester's are {apart_ms} ms apart"
                yield Difference("timers.clock_tolerance_ms", text)
        technology = option_of(request, AccessTechnologyTypeOption)
        if technology is not None and technology.value != links.access_technology:
            value = int(technology.value)
            text = f"a request says access technology {value}"
            yield Difference("links.access_technology", text, value)
        tells = option_of(request, MobileNodeLinkLayerIdentifier) is not None
        if tells is not links.tells_link_layer_identifiers:
            text = f"its requests have {'a' if tells else 'no'} link-layer identifier"
            yield Difference("links.tells_link_layer_identifiers", text, tells)
        asks = option_of(request, LinkLocalAddress) is not None
        if asks and int(links.fixed_mag_link_local_address):
            text = "its requests ask the anchor for its link-local address"
            yield Difference("links.fixed_mag_link_local_address", text, "::")
        if request.lifetime != declared.timers.lifetime_units:
            text = f"a request asks for {request.lifetime} units of 4 s"
            yield Difference("timers.lifetime_units", text, request.lifetime)

    def _of_repetition(
        self, sent_ms: int, request: ProxyBindingUpdate
    ) -> Iterator[Difference]:
        """How long it waits for an answer, which it does not get."""
        timers = self._declared.timers
        key, wait_ms = (
            "timers.initial_bindack_timeout_ms",
            timers.initial_bindack_timeout_ms,
        )
        again = self._port.request(sent_ms + 3 * wait_ms + timers.tolerance_ms)
        if again is None:
            yield Difference(key, f"no request is sent again within {3 * wait_ms} ms")
        elif abs(again[0] - sent_ms - wait_ms) > timers.tolerance_ms:
            taken_ms = again[0] - sent_ms
            yield Difference(key, f"it is sent again after {taken_ms} ms", taken_ms)
        self._port.accept(request if again is None else again[1])

    def _of_advertisement(self) -> Iterator[Difference]:
        links = self._declared.links
        came = self._port.next(
            self._port.soon(), lambda r: isinstance(r.message, RouterAdvertisement)
        )
        if came is None:
            yield Difference(
                "links.link_layer_address",
                "no Router Advertisement from it follows an acceptance",
            )
            return
        message, source = came[1].message, came[1].packet.source
        fixed = links.fixed_mag_link_local_address
        if int(fixed) and source != fixed:
            text = f"a Router Advertisement comes from {source}"
            yield Difference("links.fixed_mag_link_local_address", text, str(source))
        assert isinstance(message, RouterAdvertisement)
        for told in discovery_options_of(message, SourceLinkLayerAddress):
            if told.address != octets(links.link_layer_address):
                layer = told.address.hex(":")
                text = f"a Router Advertisement says that it has {layer}"
                yield Difference("links.link_layer_address", text, layer)
        takes = min(links.path_mtu - HEADER_SIZE, links.access_link_mtu)
        for mtu in (option.mtu for option in discovery_options_of(message, Mtu)):
            if mtu != takes and not any(
                one.data is not None for one in self._declared.esp
            ):
                text = f"a Router Advertisement has MTU {mtu}, not {takes}"
                fits = mtu < links.access_link_mtu
                yield Difference(
                    "links.path_mtu", text, mtu + HEADER_SIZE if fits else None
                )

    def _of_packets(self) -> Iterator[Difference]:
        """Whether packets of the node go into the tunnel, and packets for it come out."""
        scene, declared = self._scene, self._declared.features.forwarding
        up = user_packet(scene.node_address, scene.correspondent, 1)
        self._link.send_from_node(scene.link_layer, up)
        goes = self._port.passes(up, is_up=True)
        down = user_packet(scene.correspondent, scene.node_address, 2)
        tunnelled = tunnel_packet(down, scene.anchor, scene)
        self._port.send(tunnelled)
        comes = self._port.passes(down, is_up=False)
        if declared and not (goes and comes):
            lost = [way for way, passes in (("of", goes), ("for", comes)) if not passes]
            text = f"packets {' and '.join(lost)} the node are not passed on"
            yield Difference("features.forwarding", text, False)
        elif goes and comes and not declared:
            text = "packets of the node and for it are passed on"
            yield Difference("features.forwarding", text, True)

    def _of_handover(self) -> Iterator[Difference]:
        """What its HIs ask for, whom they go to, and when they are sent again."""
        told = self._declared.fast_handover
        if told is None or not self._declared.triggers.handover:
            return
        self._port.arrive()
        if (came_again := self._port.request(self._port.soon())) is None:
            yield Difference(
                "triggers.attach", "no request follows when it comes again"
            )
            return
        self._port.accept(came_again[1])
        self._port.next(
            self._port.soon(), lambda r: isinstance(r.message, RouterAdvertisement)
        )
        began_ms = self._link.now_ms()
        self._link.indicate_handover(self._scene.link_layer, told.access_point)
        came = self._port.initiate(self._port.soon())
        if came is None:
            yield Difference("triggers.handover", "no Handover Initiate follows")
            return
        sent_ms, message, found = came
        if sent_ms - began_ms > self._declared.timers.reaction_ms:
            taken_ms = sent_ms - began_ms
            text = f"the Handover Initiate took {taken_ms} ms"
            yield Difference("timers.reaction_ms", text, taken_ms * HEADROOM)
        if found.unprotected is not None:
            text = f"this does not hold: {found.unprotected.value}"
            yield Difference("fast_handover.esp", text)
        if (to := found.packet.destination) != told.other_gateway:
            text = f"a Handover Initiate for {told.access_point} goes to {to}"
            yield Difference("fast_handover.other_gateway", text)
        asks = (
            "forwarding"
            if message.forward
            else "buffering"
            if message.buffer
            else "context"
        )
        if asks != told.requests:
            text = f"a Handover Initiate asks for {asks}"
            yield Difference("fast_handover.requests", text, asks)
        has_key = option_of(message, GreKey) is not None
        if has_key is not told.gre_keys:
            text = f"a Handover Initiate has {'a' if has_key else 'no'} GRE key"
            yield Difference("fast_handover.gre_keys", text, has_key)
        yield from self._of_initiate_timeout(sent_ms, told.initiate_timeout_ms)
        self._link.detach(self._scene.link_layer)

    def _of_initiate_timeout(self, sent_ms: int, wait_ms: int) -> Iterator[Difference]:
        tolerance_ms = self._declared.timers.tolerance_ms
        again = self._port.initiate(sent_ms + 3 * wait_ms + tolerance_ms)
        key = "fast_handover.initiate_timeout_ms"
        if again is None:
            text = f"no Handover Initiate is sent again within {3 * wait_ms} ms"
            yield Difference(key, text)
        elif abs(again[0] - sent_ms - wait_ms) > tolerance_ms:
            taken_ms = again[0] - sent_ms
            yield Difference(key, f"it is sent again after {taken_ms} ms", taken_ms)
