"""What the tester of a gateway does on its links for each stimulus."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Address
from typing import Protocol

from pmip6.conformance.esp_end import EspEnd
from pmip6.conformance.gateway_packets import (
    answer_packet,
    downlink_packet,
    uplink_packet,
)
from pmip6.conformance.gateway_port import Sent
from pmip6.model.esp import EspCheck
from pmip6.model.messages import UNSPECIFIED
from pmip6.model.numbers import HandoffIndicator
from pmip6.vectors.gateway_discovery import neighbor_solicitation
from pmip6.vectors.gateway_model import HINTS, GatewayModel
from pmip6.vectors.gateway_stimuli import (
    ANSWER_FAULTS,
    Answer,
    Ask,
    Attach,
    Detach,
    Downlink,
    Frame,
    Hint,
    Solicit,
    Stimulus,
    Straggle,
    Synchronise,
    Uplink,
)


class GatewayLink(Protocol):
    """The tester's side of all links of a gateway; times are milliseconds."""

    def now_ms(self) -> int:
        """The time now."""
        ...

    def time_of_day(self) -> int:
        """The time of day now, in the format of the Timestamp option."""
        ...

    def attach(self, node: bytes, handoff: HandoffIndicator | None) -> None:
        """A node comes to the access link; what the network tells of it for certain."""
        ...

    def detach(self, node: bytes) -> None:
        """A node leaves the access link."""
        ...

    def synchronise(self) -> None:
        """The common source sets the clock of the gateway."""
        ...

    def send(self, packet: bytes) -> None:
        """Send a packet to the gateway, from the network."""
        ...

    def send_from_node(self, node: bytes, packet: bytes) -> None:
        """Send a packet of a node to the gateway."""
        ...

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        """What the gateway sends next with its time, or None until then."""
        ...


class GatewayActs:
    """Turns the stimuli of one case into acts.

    Args:
        model: Knows who and where.
        link_local: The gateway's link-local address where it is fixed for the domain.
        first_number: Of the user packets, which they carry.
        esp: The end of the ESP at the tester; None where there is none.

    Attributes:
        packet: The user packet at hand.
    """

    def __init__(
        self,
        model: GatewayModel,
        link_local: IPv6Address,
        first_number: int,
        esp: EspEnd | None,
    ) -> None:
        self.packet = b""
        self._model = model
        self._link_local = link_local
        self._numbers = first_number
        self._esp = esp

    def of(self, stimulus: Stimulus) -> Callable[[GatewayLink], None] | None:
        """What the tester does; None where the stimulus cannot be brought about."""
        scene, model = self._model.scene, self._model
        node = scene.link_layer
        match stimulus:
            case Attach(hint=hint):
                told = None if hint is Hint.NOTHING else HINTS[hint]
                return lambda link: link.attach(node, told)
            case Detach():
                return lambda link: link.detach(node)
            case Synchronise():
                return lambda link: link.synchronise()
            case Solicit() | Ask():
                packet = model.solicitation(stimulus, self._target)
                return lambda link: link.send_from_node(node, packet)
            case Straggle(frame=frame):
                late = self._straggler(frame)
                return lambda link: link.send_from_node(node, late)
            case Answer() if model.request is not None:
                answer = model.answer(stimulus)
                data = answer_packet(answer, stimulus.form, scene)
                data = self._protected(data, ANSWER_FAULTS.get(stimulus.form))
                return lambda link: link.send(data)
            case Uplink():
                up = self._uplink(model.uplink_source(stimulus))
                return lambda link: link.send_from_node(node, up)
            case Downlink():
                self._numbers += 1
                to = model.downlink_destination(stimulus)
                down, self.packet = downlink_packet(stimulus, scene, to, self._numbers)
                down = self._protected(down)
                return lambda link: link.send(down)
            case _:
                return None

    def _protected(self, packet: bytes, fault: EspCheck | None = None) -> bytes:
        """The packet as it goes out, with what is wrong with its ESP."""
        return packet if self._esp is None else self._esp.send(packet, fault)

    @property
    def _target(self) -> IPv6Address:
        """The link-local address of the gateway."""
        named = self._model.named
        return self._link_local if named == UNSPECIFIED else named

    def _straggler(self, frame: Frame) -> bytes:
        scene, model = self._model.scene, self._model
        match frame:
            case Frame.SOLICITATION:
                return model.solicitation(Solicit(), self._target)
            case Frame.NEIGHBOR:
                source, own = scene.node_link_local, scene.link_layer
                return neighbor_solicitation(source, own, self._target)
            case Frame.PACKET:
                return self._uplink(model.node_address())

    def _uplink(self, source: IPv6Address) -> bytes:
        self._numbers += 1
        self.packet = uplink_packet(source, self._numbers)
        return self.packet
