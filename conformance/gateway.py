"""The reference gateway: events, packets and time in, packets out, decided by the model.

It drives the gateway's machine (model/machines.py) over the domain of its settings.  What
happens on the access link are steps of the node's machine on the same state.  Requests
are built by model/request_construction.py, answers read by model/answer_matching.py,
advertisements made by model/advertisement_rules.py, user packets passed on by
model/gateway_forwarding.py.  It opens no socket and reads no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address

from pmip6.conformance.gateway_domain import configuration_of
from pmip6.conformance.gateway_port import Sent, ToNetwork, ToNode
from pmip6.conformance.gateway_settings import GatewaySettings
from pmip6.conformance.gateway_visitor import Visitor
from pmip6.model.abstraction import network, networks_of, prefix_value
from pmip6.model.advertisement_rules import advertise
from pmip6.model.answer_matching import (
    ECHO_RULES,
    MATCHING_RULES,
    EchoRule,
    MatchingRule,
    answered,
    is_echo,
)
from pmip6.model.discovery_decoding import decode_discovery_packet
from pmip6.model.discovery_encoding import discovery_packet
from pmip6.model.discovery_messages import (
    ALL_NODES,
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterSolicitation,
)
from pmip6.model.discovery_options import TargetLinkLayerAddress
from pmip6.model.domain import Element, Model
from pmip6.model.encoding import Lies, PaddingStyle, encode
from pmip6.model.error_replies import error_reply
from pmip6.model.gateway_forwarding import (
    FORWARDING_RULES,
    Forwarded,
    ForwardingRule,
    GatewayForwarding,
    HostedNode,
    Way,
)
from pmip6.model.interpreter import Message, Transition, Value
from pmip6.model.ipv6 import Ipv6Packet, decode_ipv6, decode_packet, encode_ipv6
from pmip6.model.machines import MagMachine, MnMachine
from pmip6.model.messages import (
    UNSPECIFIED,
    ProxyBindingAcknowledgement,
    option_of,
    options_of,
)
from pmip6.model.numbers import (
    LIFETIME_UNIT_SECONDS,
    TIMESTAMP_UNITS_PER_SECOND,
    BindingAckStatus,
    HandoffIndicator,
    is_rejection,
)
from pmip6.model.options import (
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
)
from pmip6.model.reassembly import Reassembly
from pmip6.model.reception import Reaction, receive
from pmip6.model.request_construction import (
    CONSTRUCTION_RULES,
    REQUEST_FIELDS,
    ConstructionRule,
    RequestField,
    build_request,
    request_addresses,
)
from pmip6.model.state import Origin, UpdateListState, pba, pbu
from pmip6.model.table import Rule

Report = Callable[[str], None]

OWN_ACTS = (
    "notice_detachment",
    "forget_refused_node",
    "fail_authentication",
    "propose_prefix",
    "request_allocation",
    "advertise",
)
"""What the gateway does by itself as soon as it may, the first one first."""


@dataclass(frozen=True)
class BindingUpdateListEntry:
    """One entry of the binding update list, for a reader (RFC 5213, section 6.1).

    Attributes:
        state: Its control state in the model.
        is_awaited: A request for it has not been answered.
    """

    node: str
    state: str
    prefixes: tuple[str, ...]
    is_awaited: bool


def _silent(_: str) -> None:
    """Reports nothing."""


class ReferenceGateway:
    """A mobile access gateway that acts as its rule table says.

    Args:
        settings: What it is told.
        rules: The rules that it follows; those of the model where None.
        construction_rules: How options of its requests follow.
        request_fields: How fields of its requests follow.
        matching_rules: What an answer to a request has to fulfil.
        echo_rules: Which options of an answer have to be those of the request.
        forwarding_rules: Which way user packets go.
        padding: How it pads its requests.
        report: Called with one line for each event.
        start_ms: The time from which it runs.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        rules: Iterable[Rule] | None = None,
        construction_rules: Iterable[ConstructionRule] = CONSTRUCTION_RULES,
        request_fields: Iterable[RequestField] = REQUEST_FIELDS,
        matching_rules: Iterable[MatchingRule] = MATCHING_RULES,
        echo_rules: Iterable[EchoRule] = ECHO_RULES,
        forwarding_rules: Iterable[ForwardingRule] = FORWARDING_RULES,
        padding: PaddingStyle = PaddingStyle.MINIMAL,
        report: Report = _silent,
        start_ms: int = 0,
    ) -> None:
        self.settings = settings
        self._model = Model(configuration_of(settings), rules)
        self._machine = MagMachine(self._model)
        self._nodes = MnMachine(self._model, self._machine.state)
        self._construction_rules = tuple(construction_rules)
        self._request_fields = tuple(request_fields)
        self._matching_rules = tuple(matching_rules)
        self._echo_rules = tuple(echo_rules)
        self._forwarding = GatewayForwarding(
            settings.proxy_coa,
            enable_mag_local_routing=settings.enable_mag_local_routing,
            rules=tuple(forwarding_rules),
        )
        self._lies = Lies(padding=padding)
        self._report = report
        self._now_ms = start_ms
        self._start_of_day = 0  # time of day at 0 ms
        self._sequence = 0  # counter of all requests (RFC 5213, 6.9.1.1)
        self._timestamp = 0  # of the last request
        self._fragments = 0  # Identification of the last tunnel packet that was cut
        self._reassembly = Reassembly()
        self._visitors = {
            node.identifier.encode(): Visitor(settings, node) for node in settings.nodes
        }
        self._by_link_layer = {
            node.link_layer: node.identifier.encode() for node in settings.nodes
        }

    # ---- events on the access link -----------------------------------------------------

    def attach(
        self,
        node: bytes,
        now_ms: int,
        time_of_day: int,
        handoff: HandoffIndicator | None = None,
    ) -> list[Sent]:
        """A node is on the access link; nothing happens where it is known to be.

        Args:
            node: Its link-layer address.
            now_ms: The time now.
            time_of_day: The time of day now.
            handoff: What the access network tells of the attachment for certain.
        """
        sent = self.advance(now_ms, time_of_day)
        known = self._by_link_layer.get(node)
        if known is None:
            self._report(f"{node.hex(':')}: no policy profile")
            return sent
        hint = HandoffIndicator.UNKNOWN if handoff is None else handoff
        self._on_link(
            "attach_with_hint",
            {"node": known, "gateway": self.settings.proxy_coa, "hint": hint.name},
        )
        return sent + self._settle()

    def detach(self, node: bytes, now_ms: int, time_of_day: int) -> list[Sent]:
        """A node has left the access link; nothing happens where it was not on it."""
        sent = self.advance(now_ms, time_of_day)
        known = self._by_link_layer.get(node)
        if known is not None:
            self._on_link("detach", {"node": known})
            self._visitors[known].leave()
        return sent + self._settle()

    def _on_link(self, act: str, indices: dict[str, Element]) -> None:
        """A step of a node, on the state that it shares with the gateway."""
        self._nodes.state = self._machine.state
        step = self._nodes.act(act, indices)
        if step is not None:
            self._machine.state = self._nodes.state
            self._report(f"{_text(indices['node'])}: {act}")

    def receive_from_node(
        self, node: bytes, packet: bytes, now_ms: int, time_of_day: int
    ) -> list[Sent]:
        """Take an IPv6 packet that a node sent on the access link.

        Args:
            node: Source of the frame.
            packet: From its IPv6 header on, without link-layer padding.
            now_ms: Time of reception.
            time_of_day: Time of day of the reception.
        """
        sent = self.advance(now_ms, time_of_day)
        known = self._by_link_layer.get(node)
        if known is None:
            self._report(f"{node.hex(':')}: no policy profile")
            return sent
        discovery = decode_discovery_packet(packet)
        if discovery is not None:
            header, decoded = discovery
            if decoded.is_valid:
                return sent + self._discover(known, header, decoded.message)
            self._report(f"{_text(known)}: invalid {decoded.findings[0].text}")
            return sent
        hosted = self._hosted()
        sender = next((h for h in hosted if h.node == node), None)
        self._fragments += 1
        passed = self._forwarding.from_node(packet, sender, hosted, self._fragments)
        return sent + self._passed_on(known, passed)

    def _discover(self, node: bytes, header: Ipv6Packet, message: object) -> list[Sent]:
        """Neighbor Discovery of a node (RFC 4861)."""
        visitor = self._visitors[node]
        match message:
            case RouterSolicitation():
                if header.source != UNSPECIFIED:
                    visitor.addresses.add(header.source)
                if self._act("answer_solicitation", {"node": node}) is None:
                    self._report(f"{_text(node)}: no session to advertise")
                    return []
                return [self._advertisement(node, header.source)]
            case NeighborSolicitation(target=target):
                if header.source == UNSPECIFIED:  # duplicate address detection
                    visitor.addresses.add(target)
                else:
                    visitor.addresses.add(header.source)
                return self._neighbor(visitor, header, target)
            case _:
                return []

    def _neighbor(
        self, visitor: Visitor, header: Ipv6Packet, target: IPv6Address
    ) -> list[Sent]:
        """The answer to who asks for the gateway's own address (RFC 4861, 7.2.4)."""
        if target != visitor.link_local:
            return []
        is_probe = header.source == UNSPECIFIED
        advertisement = NeighborAdvertisement(
            target,
            (TargetLinkLayerAddress(self.settings.link_layer),),
            router=True,
            solicited=not is_probe,
            override=True,
        )
        destination = ALL_NODES if is_probe else header.source
        packet = discovery_packet(advertisement, target, destination)
        return [ToNode(visitor.link_layer, packet)]

    # ---- packets from the network ------------------------------------------------------

    def receive_from_network(
        self, packet: bytes, now_ms: int, time_of_day: int
    ) -> list[Sent]:
        """Take an IPv6 packet to the Proxy-CoA: signalling, or out of the tunnel."""
        sent = self.advance(now_ms, time_of_day)
        header = decode_ipv6(packet)
        if header is None or header.destination != self.settings.proxy_coa:
            return sent
        self._reassembly, whole = self._reassembly.add(packet, now_ms / 1000)
        if whole is None:
            return sent
        signalling = decode_packet(whole)
        if signalling is None:
            passed = self._forwarding.from_tunnel(whole, self._hosted())
            return sent + self._passed_on(None, passed)
        header, decoded = signalling
        reception = receive(decoded)
        if reception.reaction is not Reaction.PROCESS:
            self._report(f"{header.source}: {reception.reaction.value}")
            reply = error_reply(reception, header, packet)
            return sent + ([] if reply is None else [ToNetwork(reply)])
        answer = decoded.message
        if not isinstance(answer, ProxyBindingAcknowledgement) or not answer.proxy:
            self._report(f"{header.source}: no proxy binding acknowledgement")
            return sent
        if header.source != self.settings.lma_address:
            self._report(f"{header.source}: is not the anchor")
            return sent
        return sent + self._take_answer(answer)

    def receive_from_host(
        self, packet: bytes, now_ms: int, time_of_day: int
    ) -> list[Sent]:
        """Take a packet of an ordinary host that the gateway gives access to."""
        sent = self.advance(now_ms, time_of_day)
        passed = self._forwarding.from_host(packet, self._hosted())
        return sent + self._passed_on(None, passed)

    def _take_answer(self, answer: ProxyBindingAcknowledgement) -> list[Sent]:
        outstanding = {
            node: visitor.request
            for node, visitor in self._visitors.items()
            if visitor.request is not None
        }
        node = answered(answer, outstanding, self._matching_rules)
        awaited: Value = 0
        if node is None:
            named = option_of(answer, MobileNodeIdentifier)
            node = None if named is None else named.identifier
            if node not in self._visitors:
                self._report("an answer to no request")
                return []
        else:
            awaited = self._cell("awaited", node, self.settings.proxy_coa)
        return self._answered(node, answer, awaited)

    def _answered(
        self, node: bytes, answer: ProxyBindingAcknowledgement, awaited: Value
    ) -> list[Sent]:
        """The machine takes an answer, to the request that is awaited or to none."""
        visitor = self._visitors[node]
        request = visitor.request
        echoes = request is not None and is_echo(answer, request, self._echo_rules)
        told = option_of(answer, LinkLocalAddress)
        named = UNSPECIFIED
        if told is not None and not self.settings.fixes_link_local_address:
            named = told.address
        values: dict[str, Value] = {
            "node": node,
            "gateway": self.settings.proxy_coa,
            "origin": Origin.ANCHOR.name,
            "status": _status(answer.status),
            "prefix": prefix_value(
                found
                for option in options_of(answer, HomeNetworkPrefix)
                if (found := network(option)) is not None
            ),
            "request": awaited,
            "sequence": answer.sequence,
            "is_echo": echoes,
            "address_in_use": named in visitor.addresses,
        }
        message = tuple(values[name] for name, _ in pba.fields)
        left = answer.lifetime * LIFETIME_UNIT_SECONDS * 1000
        left = max(0, left - (self._now_ms - visitor.sent_ms))
        durations = {
            "registration_lifetime": left,
            "renewal": left * self.settings.renew_after_percent // 100,
        }
        step = self._machine.receive(pba, message, durations)
        if step is None:
            self._report(f"{_text(node)}: no rule takes the answer")
            return []
        self._report(f"{_text(node)}: {step.name}")
        if answer.status == BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW and awaited:
            visitor.sequence = answer.sequence
        if not is_rejection(answer.status) and awaited and echoes and int(named):
            visitor.name(named)
        self._follow()
        return self._requests(step) + self._settle()

    # ---- time --------------------------------------------------------------------------

    def advance(self, now_ms: int, time_of_day: int) -> list[Sent]:
        """Let time pass; what falls due meanwhile happens in order, each at its time."""
        self._start_of_day = time_of_day - _units(now_ms)
        sent = self._expire()
        while self._now_ms < now_ms:
            ahead = now_ms - self._now_ms
            left = self._machine.remaining()
            ticks = ahead if left is None else min(left, ahead)
            self._machine.elapse(ticks)
            self._now_ms += ticks
            sent += self._expire()
        return sent

    def _expire(self) -> list[Sent]:
        """Take the rules for all timers that are due."""
        sent: list[Sent] = []
        for timer, args in list(self._machine.due()):
            step = self._machine.expire(timer, args)
            if step is not None:
                self._report(f"{_text(args[0])}: {step.name}")
                self._follow()
                sent += self._requests(step) + self._settle()
        return sent

    def synchronise(self, now_ms: int, time_of_day: int) -> list[Sent]:
        """The clock has been set by the common source: who waits for that may go on."""
        sent = self.advance(now_ms, time_of_day)
        for node in self._visitors:
            step = self._act("register_after_synchronisation", {"node": node})
            sent += [] if step is None else self._requests(step)
        return sent + self._settle()

    def next_deadline(self) -> int | None:
        """When the next timer falls due; None where none runs."""
        if any(self._machine.due()):
            return self._now_ms
        left = self._machine.remaining()
        return None if left is None else self._now_ms + left

    # ---- acts of its own, and what they send -------------------------------------------

    def _settle(self) -> list[Sent]:
        """Do what the rules allow by itself, until there is nothing left."""
        sent: list[Sent] = []
        while (step := self._next_act()) is not None:
            sent += self._requests(step)
            if step.name == "advertise":
                node = step.environment["node"]
                assert isinstance(node, bytes)
                sent.append(self._advertisement(node, UNSPECIFIED))
        return sent

    def _next_act(self) -> Transition | None:
        return next(filter(None, (self._act(name, {}) for name in OWN_ACTS)), None)

    def _act(self, name: str, indices: dict[str, Element]) -> Transition | None:
        """Take a rule of the gateway's own accord, if it allows that."""
        step = self._machine.act(name, indices)
        if step is not None:
            self._report(f"{_text(step.environment['node'])}: {name}")
            self._follow()
        return step

    def _follow(self) -> None:
        """Drop what belonged to requests that nobody waits for, and to entries gone."""
        gone = (UpdateListState.ABSENT.name, UpdateListState.REFUSED.name)
        for node, visitor in self._visitors.items():
            if not self._cell("awaited", node, self.settings.proxy_coa):
                visitor.request = None
            if self._state(node) in gone:
                visitor.named = UNSPECIFIED

    def _requests(self, step: Transition) -> list[Sent]:
        return [self._request(sent) for channel, sent in step.sent if channel == pbu]

    def _request(self, message: Message) -> Sent:
        """The packet for a request of the model."""
        node = message[0]
        assert isinstance(node, bytes)
        visitor = self._visitors[node]
        if self.settings.timestamp_based_approach_in_use:
            now = self._start_of_day + _units(self._now_ms)
            stamp = max(now, self._timestamp + 1)
            known = visitor.registrant(self._sequence, stamp)
        else:
            known = visitor.registrant(visitor.sequence, None)
        request = build_request(
            message,
            known,
            rules=self._construction_rules,
            fields=self._request_fields,
        )
        self._timestamp = known.timestamp or self._timestamp
        self._sequence = visitor.sequence = request.sequence
        visitor.request, visitor.sent_ms = request, self._now_ms
        source, destination = request_addresses(known)
        octets = encode(request, source, destination, lies=self._lies)
        return ToNetwork(encode_ipv6(source, destination, octets))

    def _advertisement(self, node: bytes, solicitor: IPv6Address) -> Sent:
        """The RA for a session, to the node that asked for it or to all on its link."""
        visitor = self._visitors[node]
        link = visitor.home_link(networks_of(self._cell("address", node)))
        destination = ALL_NODES if solicitor == UNSPECIFIED else solicitor
        packet = discovery_packet(advertise(link), link.link_local, destination)
        return ToNode(visitor.link_layer, packet)

    # ---- user packets ------------------------------------------------------------------

    def _hosted(self) -> list[HostedNode]:
        """The nodes that have an established binding."""
        gateway = self.settings.proxy_coa
        return [
            visitor.hosted(networks_of(self._cell("bule_prefix", node, gateway)))
            for node, visitor in self._visitors.items()
            if self._cell("granted", node, gateway)
        ]

    def _passed_on(self, sender: bytes | None, passed: Forwarded | None) -> list[Sent]:
        if passed is None:
            return []
        sent: list[Sent] = []
        if passed.reply is not None and sender is not None:
            sent.append(ToNode(self._visitors[sender].link_layer, passed.reply))
        elif passed.reply is not None:
            sent.append(ToNetwork(passed.reply))
        match passed.way:
            case Way.DROP:
                self._report(f"packet dropped: {passed.rule}")
            case Way.NODE:
                assert passed.receiver is not None
                sent += [ToNode(passed.receiver.node, p) for p in passed.packets]
            case Way.TUNNEL | Way.NETWORK:
                sent += [ToNetwork(packet) for packet in passed.packets]
        return sent

    # ---- the binding update list -------------------------------------------------------

    def _cell(self, name: str, *args: Element) -> Value:
        return self._machine.state.cells[self._model.cells[name, args]]

    def _state(self, node: bytes) -> str:
        return str(self._cell("bule_state", node, self.settings.proxy_coa))

    def state(self) -> list[BindingUpdateListEntry]:
        """The entries of the binding update list."""
        gateway = self.settings.proxy_coa
        return [
            BindingUpdateListEntry(
                node=_text(node),
                state=self._state(node),
                prefixes=tuple(
                    map(str, networks_of(self._cell("bule_prefix", node, gateway)))
                ),
                is_awaited=visitor.request is not None,
            )
            for node, visitor in self._visitors.items()
            if self._state(node) != UpdateListState.ABSENT.name
        ]


def _units(milliseconds: int) -> int:
    """Milliseconds in units of the Timestamp option."""
    return milliseconds * TIMESTAMP_UNITS_PER_SECOND // 1000


def _status(number: int) -> str:
    """The literal of a status; a number without a name is as any other of its kind."""
    if not is_rejection(number):
        return BindingAckStatus.ACCEPTED.name
    if number in list(BindingAckStatus):
        return BindingAckStatus(number).name
    return BindingAckStatus.REASON_UNSPECIFIED.name


def _text(node: object) -> str:
    return node.decode(errors="replace") if isinstance(node, bytes) else str(node)
