"""What the tester of a gateway does on its links for each stimulus."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Address
from typing import Protocol

from pmip6.conformance.mag.judge import DeclaredGateway
from pmip6.conformance.mag.packets import (
    answer_packet,
    tunnel_packet,
    user_packet,
)
from pmip6.conformance.mag.port import Sent
from pmip6.conformance.mag.service_acts import GatewayServiceActs, Service
from pmip6.conformance.wire.esp_end import EspEnd
from pmip6.model.wire.esp import EspCheck
from pmip6.model.wire.icmp_errors import LEAST_MTU
from pmip6.model.wire.messages import UNSPECIFIED, ProxyBindingUpdate
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.model.wire.tunnel_packets import ROUTER_HOP_LIMIT, Ecn, fragment, with_ecn
from pmip6.vectors.lma.stimuli import PacketForm
from pmip6.vectors.mag.answers import make_answer
from pmip6.vectors.mag.discovery import neighbor_solicitation
from pmip6.vectors.mag.model import HINTS, GatewayModel
from pmip6.vectors.mag.stimuli import (
    ANSWER_FAULTS,
    Answer,
    AnswerForm,
    Ask,
    Attach,
    Company,
    CompanyAct,
    Detach,
    Downlink,
    Frame,
    Hint,
    HostPacket,
    Lease,
    Probe,
    Restart,
    Solicit,
    Stimulus,
    Straggle,
    Synchronise,
    TooBig,
    Uplink,
)
from pmip6.vectors.mag.traffic import UserPacket


class GatewayLink(Protocol):
    """The tester's side of all links of a gateway; times are milliseconds."""

    def now_ms(self) -> int:
        """The time now."""
        ...

    def time_of_day(self) -> int:
        """The time of day now, in the format of the Timestamp option."""
        ...

    def is_idle(self) -> bool:
        """The gateway has nothing to do at the moment, as far as the tester can see."""
        ...

    def attach(self, node: bytes, handoff: HandoffIndicator | None) -> None:
        """A node comes to the access link; what the network tells of it for certain."""
        ...

    def link_up(self, node: bytes, old_access_point: str | None) -> None:
        """A node comes from an access point, which the network tells where it can."""
        ...

    def indicate_handover(self, node: bytes, access_point: str) -> None:
        """The access network tells that a node will move to an access point."""
        ...

    def detach(self, node: bytes) -> None:
        """A node leaves the access link."""
        ...

    def synchronise(self) -> None:
        """The common source sets the clock of the gateway."""
        ...

    def restart(self) -> None:
        """The gateway starts again; the link goes on when it is ready."""
        ...

    def send(self, packet: bytes) -> None:
        """Send a packet to the gateway, from the network."""
        ...

    def send_from_node(self, node: bytes, packet: bytes) -> None:
        """Send a packet of a node to the gateway."""
        ...

    def send_from_host(self, packet: bytes) -> None:
        """Send a packet of an ordinary host to the gateway."""
        ...

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        """What the gateway sends next with its time, or None until then."""
        ...


class GatewayActs:
    """Turns the stimuli of one case into acts.

    Args:
        model: Knows who and where.
        declared: The gateway under test.
        first_number: Of the user packets, which they carry.
        esp: The end of the ESP at the tester; None where there is none.

    Attributes:
        packet: The user packet at hand.
        outer: The tunnel packet that it comes to the gateway in; empty where in none.
        services: What the tester sends beside signalling and user packets.
    """

    def __init__(
        self,
        model: GatewayModel,
        declared: DeclaredGateway,
        first_number: int,
        esp: EspEnd | None,
    ) -> None:
        self.packet, self.outer = b"", b""
        self.services = GatewayServiceActs(model)
        self._model = model
        self._declared = declared
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
            case Restart():
                return lambda link: link.restart()
            case Synchronise():
                return lambda link: link.synchronise()
            case Solicit() | Ask():
                packet = model.solicitation(stimulus, self.target)
                return lambda link: link.send_from_node(node, packet)
            case Straggle(frame=frame):
                late = self._straggler(frame)
                return lambda link: link.send_from_node(node, late)
            case Answer() if model.request is not None:
                answer = model.answer(stimulus)
                data = answer_packet(answer, stimulus.form, scene)
                data = self._protected(data, ANSWER_FAULTS.get(stimulus.form))
                return lambda link: link.send(data)
            case TooBig() | Probe() | Lease():
                return self._service(stimulus)
            case Uplink() | Company() | Downlink() | HostPacket():
                return self._user_packet(stimulus)
            case _:
                return None

    def _user_packet(
        self, stimulus: UserPacket
    ) -> Callable[[GatewayLink], None] | None:
        scene = self._model.scene
        if stimulus == Company(CompanyAct.JOINS):
            return lambda link: link.attach(scene.companion.link_layer, None)
        self._numbers += 1
        sent = self.packet = self._original(stimulus)
        self.outer = b""
        match stimulus:
            case Uplink():
                return lambda link: link.send_from_node(scene.link_layer, sent)
            case HostPacket():
                return lambda link: link.send_from_host(sent)
            case Downlink() | Company(act=CompanyAct.GETS):
                pieces = self._tunnelled(stimulus)
                return lambda link: _send_all(link, pieces)
            case Company():
                other = scene.companion.link_layer
                return lambda link: link.send_from_node(other, sent)

    def _original(self, stimulus: UserPacket) -> bytes:
        """The packet of a user, without tunnel header."""
        traffic = self._model.traffic
        ends = traffic.source(stimulus), traffic.destination(stimulus)
        if not isinstance(stimulus, Uplink | Downlink):
            return user_packet(*ends, self._numbers)
        size, hops = 0, ROUTER_HOP_LIMIT
        match stimulus.form:
            case PacketForm.LARGE:
                size = self._declared.access_link_mtu
            case PacketForm.CUT_UP:
                size = LEAST_MTU
            case PacketForm.LAST_HOP:
                hops = 1
            case PacketForm.ORDINARY:
                pass
        made = user_packet(*ends, self._numbers, size=size, hop_limit=hops)
        return with_ecn(made, stimulus.ecn)

    def _tunnelled(self, stimulus: Downlink | Company) -> tuple[bytes, ...]:
        """The tunnel packet of the packet at hand, whole or in pieces."""
        scene, source, mark = self._model.scene, self._model.scene.anchor, Ecn.NOT_ECT
        if isinstance(stimulus, Downlink):
            source = source if stimulus.is_from_anchor else scene.stranger
            mark = stimulus.tunnel_ecn
        self.outer = tunnel_packet(self.packet, source, scene, mark)
        whole = self._protected(self.outer)
        if isinstance(stimulus, Company) or stimulus.form is not PacketForm.CUT_UP:
            return (whole,)
        return fragment(whole, LEAST_MTU, self._numbers)

    def _service(self, stimulus: Service) -> Callable[[GatewayLink], None] | None:
        self._numbers += 1
        sent = self.services.packet(stimulus, self._numbers)
        if sent is None:
            return None
        if stimulus == Lease():
            node = self._model.scene.link_layer
            return lambda link: link.send_from_node(node, sent)
        return lambda link: link.send(sent)

    def welcome(self, request: ProxyBindingUpdate) -> Callable[[GatewayLink], None]:
        """Accept the registration of the other node."""
        scene = self._model.scene.companion
        answer = make_answer(Answer(), request, scene)
        data = self._protected(answer_packet(answer, AnswerForm.ORDINARY, scene))
        return lambda link: link.send(data)

    def _protected(self, packet: bytes, fault: EspCheck | None = None) -> bytes:
        """The packet as it goes out, with what is wrong with its ESP."""
        return packet if self._esp is None else self._esp.send(packet, fault)

    @property
    def target(self) -> IPv6Address:
        """The link-local address of the gateway, which the node asks for."""
        named = self._model.named
        return self._declared.fixed_link_local if named == UNSPECIFIED else named

    def _straggler(self, frame: Frame) -> bytes:
        scene, model = self._model.scene, self._model
        match frame:
            case Frame.SOLICITATION:
                return model.solicitation(Solicit(), self.target)
            case Frame.NEIGHBOR:
                source, own = scene.node_link_local, scene.link_layer
                return neighbor_solicitation(source, own, self.target)
            case Frame.PACKET:
                self._numbers += 1
                source = model.traffic.node_address()
                self.packet = user_packet(source, scene.correspondent, self._numbers)
                return self.packet


def _send_all(link: GatewayLink, packets: tuple[bytes, ...]) -> None:
    for packet in packets:
        link.send(packet)
