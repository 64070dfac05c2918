"""Reference implementations for a pack to be played against, in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from pmip6.conformance.fast_handover.gateway import gateway_of
from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.port import ToNode
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.packs.recording import state_of
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.vectors.packs.packet_fields import Fields
from pmip6.vectors.packs.replay import Came
from pmip6.vectors.packs.scenario_group import NETWORK, Event, PackRole


class AnchorPeer:
    """An anchor in memory.

    Args:
        make: Makes it from its settings, as a mutant if need be.
    """

    def __init__(
        self, make: Callable[[AnchorSettings], ReferenceAnchor] = ReferenceAnchor
    ) -> None:
        self._make = make
        self._link: VirtualLink | None = None

    @property
    def link(self) -> VirtualLink:
        """Its link, once it has been started."""
        assert self._link is not None
        return self._link

    def start(
        self,
        role: PackRole,
        settings: Fields,
        time_of_day: int,
        readings: Sequence[str],
    ) -> None:
        """Begin anew."""
        told = AnchorSettings.model_validate_json(json.dumps(settings))
        self._link = VirtualLink(self._make(told))

    def apply(self, event: Event, data: bytes) -> Sequence[Came]:
        """Give it a packet."""
        self.link.send(data)
        return self.advance(self.link.now_ms())

    def advance(self, to_ms: int) -> Sequence[Came]:
        """Let time pass."""
        found: list[Came] = []
        while (came := self.link.receive(to_ms)) is not None:
            found.append(Came(came[0], NETWORK, came[1]))
        return found

    def observe(self) -> list[Fields]:
        """Its binding cache."""
        return state_of(self.link.anchor.state())

    def stop(self) -> None:
        """There is nothing to end."""


def _gateway(settings: GatewaySettings, start_ms: int) -> ReferenceGateway:
    return gateway_of(settings, start_ms=start_ms)


class GatewayPeer:
    """A gateway in memory.

    Args:
        make: Makes it from its settings at a time, as a mutant if need be.
    """

    def __init__(
        self, make: Callable[[GatewaySettings, int], ReferenceGateway] = _gateway
    ) -> None:
        self._make = make
        self._link: VirtualGatewayLink | None = None

    @property
    def link(self) -> VirtualGatewayLink:
        """Its link, once it has been started."""
        assert self._link is not None
        return self._link

    def start(
        self,
        role: PackRole,
        settings: Fields,
        time_of_day: int,
        readings: Sequence[str],
    ) -> None:
        """Begin anew."""
        told = GatewaySettings.model_validate_json(json.dumps(settings))
        self._link = VirtualGatewayLink(lambda start_ms: self._make(told, start_ms))

    def apply(self, event: Event, data: bytes) -> Sequence[Came]:
        """Let an event happen."""
        self._do(event, data)
        return self.advance(self.link.now_ms())

    def _do(self, event: Event, data: bytes) -> None:
        link, node = self.link, bytes.fromhex((event.node or "").replace(":", ""))
        match event.event:
            case "packet":
                link.send(data)
            case "node_packet":
                link.send_from_node(node, data)
            case "host_packet":
                link.send_from_host(data)
            case "attach":
                if event.handoff is None:
                    link.link_up(node, event.access_point)
                else:
                    link.attach(node, HandoffIndicator(event.handoff))
            case "detach":
                link.detach(node)
            case "indicate_handover":
                link.indicate_handover(node, event.access_point or "")
            case "synchronise":
                link.synchronise()
            case "restart":
                link.restart()

    def advance(self, to_ms: int) -> Sequence[Came]:
        """Let time pass."""
        found: list[Came] = []
        while (came := self.link.receive(to_ms)) is not None:
            time_ms, sent = came
            to = sent.node.hex(":") if isinstance(sent, ToNode) else NETWORK
            found.append(Came(time_ms, to, sent.packet))
        return found

    def observe(self) -> list[Fields]:
        """Its binding update list."""
        return state_of(self.link.gateway.state())

    def stop(self) -> None:
        """There is nothing to end."""
