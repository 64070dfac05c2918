"""What a gateway does, held against its declaration: which keys do not fit, and what would.

A node comes, its first request is left without an answer, the next is accepted, and the
node leaves.  What that does not show is left as it is declared, and said so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pmip6.conformance.condition import condition_by
from pmip6.conformance.hooks import start_by, stop_by
from pmip6.conformance.lma.probe import Difference
from pmip6.conformance.mag.acts import GatewayLink
from pmip6.conformance.mag.declaration import GatewayDeclaration, octets
from pmip6.conformance.mag.declared_link import declared_link
from pmip6.conformance.mag.packets import Read, read
from pmip6.conformance.mag.probe import acceptance
from pmip6.conformance.mag.scenes import scenes
from pmip6.conformance.wire.esp_end import anchor_end, first_sequence
from pmip6.model.discovery.messages import RouterAdvertisement, discovery_options_of
from pmip6.model.discovery.options import SourceLinkLayerAddress
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.messages import ProxyBindingUpdate, option_of
from pmip6.model.wire.numbers import TIMESTAMP_UNITS_PER_SECOND
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    Timestamp,
)
from pmip6.vectors.mag.answers import Scene
from pmip6.vectors.mag.discovery import SolicitationForm, router_solicitation

NOT_LOOKED_AT = (
    "timers.max_bindack_timeout_ms",
    "timers.short_lifetime_units",
    "nodes.denied",
    "nodes.exempt",
    "nodes.profiled",
    "links.path_mtu",
    "links.access_link_mtu",
    "features.forwarding",
    "features.enable_mag_local_routing",
    "features.dhcp_relay",
    "fast_handover",
)
"""What one node that comes and leaves does not show."""
PATIENCE = 5
"""How many times the declared reaction the first request is waited for."""
HEADROOM = 3
"""How many times as long as it took a gateway is given."""


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
        self._esp = anchor_end(
            declaration.esp,
            declaration.tester.lma_address,
            first=first_sequence(link.time_of_day()),
        )
        scene = next(scenes(declaration), None)
        if scene is None:
            raise Pmip6Error("nodes", "there is none to probe with", "declare one")
        self._scene: Scene = scene

    def run(self) -> Iterator[Difference]:
        """What does not fit, as it is found.

        Raises:
            Pmip6Error: No request comes, or ESP or the trigger is in the way.
        """
        timers, node = self._declared.timers, self._scene.link_layer
        began_ms = self._link.now_ms()
        self._arrive()
        first = self._request(began_ms + PATIENCE * timers.reaction_ms)
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
        yield from self._of_repetition(came_ms)
        yield from self._of_advertisement()
        self._link.detach(node)
        last = self._request(self._link.now_ms() + PATIENCE * timers.reaction_ms)
        if last is None or last[1].lifetime:
            yield Difference("triggers.detach", "no de-registration follows")

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

    def _of_repetition(self, sent_ms: int) -> Iterator[Difference]:
        """How long it waits for an answer, which it does not get."""
        timers = self._declared.timers
        key, wait_ms = (
            "timers.initial_bindack_timeout_ms",
            timers.initial_bindack_timeout_ms,
        )
        again = self._request(sent_ms + 3 * wait_ms + timers.tolerance_ms)
        if again is None:
            yield Difference(key, f"no request is sent again within {3 * wait_ms} ms")
        elif abs(again[0] - sent_ms - wait_ms) > timers.tolerance_ms:
            taken_ms = again[0] - sent_ms
            yield Difference(key, f"it is sent again after {taken_ms} ms", taken_ms)
        request = self._last if again is None else again[1]
        acceptance(request, self._scene, self._esp)(self._link)

    def _of_advertisement(self) -> Iterator[Difference]:
        links, timers = self._declared.links, self._declared.timers
        until_ms = self._link.now_ms() + PATIENCE * timers.reaction_ms
        came = self._next(
            until_ms, lambda r: isinstance(r.message, RouterAdvertisement)
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

    # ---- the links ---------------------------------------------------------------------

    def _arrive(self) -> None:
        scene = self._scene
        if self._declared.triggers.attach:
            self._link.attach(scene.link_layer, None)
            return
        asked = router_solicitation(
            scene.node_link_local, scene.link_layer, SolicitationForm.ORDINARY
        )
        self._link.send_from_node(scene.link_layer, asked)

    def _request(self, until_ms: int) -> tuple[int, ProxyBindingUpdate, Read] | None:
        """The next request and when it came; None where none comes until then."""
        came = self._next(until_ms, lambda r: isinstance(r.message, ProxyBindingUpdate))
        if came is None:
            return None
        time_ms, found = came
        assert isinstance(found.message, ProxyBindingUpdate)
        self._last = found.message
        return time_ms, found.message, found

    def _next(
        self, until_ms: int, is_wanted: Callable[[Read], bool]
    ) -> tuple[int, Read] | None:
        while (came := self._link.receive(until_ms)) is not None:
            found = read(came[1], self._esp)
            if is_wanted(found):
                return came[0], found
        return None
