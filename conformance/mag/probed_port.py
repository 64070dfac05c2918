"""The links of a gateway that is probed: acts for a node, and what comes until a time."""

from __future__ import annotations

from collections.abc import Callable

from pmip6.conformance.mag.acts import GatewayLink
from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.conformance.mag.packets import (
    Read,
    neighbour_answer,
    read,
)
from pmip6.conformance.mag.probe import acceptance
from pmip6.conformance.mag.scenes import scenes
from pmip6.conformance.wire.esp_end import first_sequence, testers_end
from pmip6.model.discovery.messages import (
    NeighborSolicitation,
)
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.messages import HandoverInitiate, ProxyBindingUpdate
from pmip6.vectors.mag.answers import Scene
from pmip6.vectors.mag.discovery import SolicitationForm, router_solicitation

PATIENCE = 5
"""How many times the declared reaction the first request is waited for."""


class ProbedPort:
    """What a probe does on the links of a gateway, for one node, and what comes of it.

    Args:
        declaration: What is declared of the gateway.
        link: The links to it, which nobody else uses.

    Attributes:
        scene: The node.

    Raises:
        Pmip6Error: No node is declared.
    """

    def __init__(self, declaration: GatewayDeclaration, link: GatewayLink) -> None:
        self._declared = declaration
        self.link = link
        handover = declaration.fast_handover
        self._esp = testers_end(
            declaration.esp,
            declaration.tester.lma_address,
            None if handover is None else handover.esp,
            declaration.proxy_coa,
            first=first_sequence(link.time_of_day()),
        )
        scene = next(scenes(declaration), None)
        if scene is None:
            raise Pmip6Error("nodes", "there is none to probe with", "declare one")
        self.scene: Scene = scene

    def arrive(self) -> None:
        """The node comes, and the gateway is told so as it is declared."""
        scene = self.scene
        if self._declared.triggers.attach:
            self.link.attach(scene.link_layer, None)
            return
        asked = router_solicitation(
            scene.node_link_local, scene.link_layer, SolicitationForm.ORDINARY
        )
        self.link.send_from_node(scene.link_layer, asked)

    def accept(self, request: ProxyBindingUpdate) -> None:
        """Accept a request of the gateway."""
        acceptance(request, self.scene, self._esp)(self.link)

    def send(self, packet: bytes) -> None:
        """Send a packet to the gateway from the network, as it is declared to go."""
        self.link.send(packet if self._esp is None else self._esp.send(packet))

    def soon(self) -> int:
        """Until when something is waited for that has to come at once."""
        return self.link.now_ms() + PATIENCE * self._declared.timers.reaction_ms

    def request(self, until_ms: int) -> tuple[int, ProxyBindingUpdate, Read] | None:
        """The next request and when it came; None where none comes until then."""
        came = self.next(until_ms, lambda r: isinstance(r.message, ProxyBindingUpdate))
        if came is None:
            return None
        time_ms, found = came
        assert isinstance(found.message, ProxyBindingUpdate)
        return time_ms, found.message, found

    def initiate(self, until_ms: int) -> tuple[int, HandoverInitiate, Read] | None:
        """The next Handover Initiate and when it came; None where none comes until then."""
        came = self.next(until_ms, lambda r: isinstance(r.message, HandoverInitiate))
        if came is None:
            return None
        assert isinstance(came[1].message, HandoverInitiate)
        return came[0], came[1].message, came[1]

    def passes(self, sent: bytes, *, is_up: bool) -> bool:
        """Whether a packet comes out at the other side; a node is found when asked for."""
        until_ms = self.link.now_ms() + self._declared.timers.reaction_ms
        node = None if is_up else self.scene.link_layer
        while came := self.next(until_ms, lambda r: r.is_user_packet or _asks(r)):
            found = came[1]
            if isinstance(found.message, NeighborSolicitation):
                self._answer_solicitation(found.message, found)
            elif found.node == node and found.carries(sent):
                return found.tunnelled is not None or not is_up
        return False

    def _answer_solicitation(self, asked: NeighborSolicitation, came: Read) -> None:
        scene = self.scene
        answer = neighbour_answer(asked.target, scene, came.packet.source)
        own = (scene.node_address, scene.node_link_local)
        if answer is not None and asked.target in own:
            self.link.send_from_node(scene.link_layer, answer)

    def next(
        self, until_ms: int, is_wanted: Callable[[Read], bool]
    ) -> tuple[int, Read] | None:
        """The next packet that is wanted, and when it came."""
        while (came := self.link.receive(until_ms)) is not None:
            found = read(came[1], self._esp)
            if is_wanted(found):
                return came[0], found
        return None


def _asks(found: Read) -> bool:
    return isinstance(found.message, NeighborSolicitation)
