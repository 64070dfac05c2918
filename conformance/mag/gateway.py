"""The reference gateway: events, packets and time in, packets out, decided by the model.

It drives the gateway's machine (model/mag/machine.py) over the domain of its settings.
The files beside that one build its requests (request_construction.py), read answers
(answer_matching.py), make advertisements (advertisement_rules.py) and pass on user
packets (forwarding.py).  It opens no socket and reads no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pmip6.conformance.held_state import Held, as_text, held_cells, told
from pmip6.conformance.mag.advertising import (
    is_to_be_read,
    neighbor_advertisement,
)
from pmip6.conformance.mag.data_path import GatewayDataPath
from pmip6.conformance.mag.domain import configuration_of
from pmip6.conformance.mag.port import Sent, ToNetwork
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.mag.visitor import Visitor
from pmip6.conformance.wire.esp_end import gateways_end
from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.messages import (
    NeighborSolicitation,
    RouterSolicitation,
)
from pmip6.model.language.interpreter import Message, Transition
from pmip6.model.language.table import Rule
from pmip6.model.mag.answer_matching import (
    ECHO_RULES,
    MATCHING_RULES,
    EchoRule,
    MatchingRule,
    abstract_answer,
    answered,
    granted_durations,
    is_echo,
)
from pmip6.model.mag.forwarding import (
    FORWARDING_RULES,
    ForwardingRule,
)
from pmip6.model.mag.machine import GatewayMachine
from pmip6.model.mag.request_construction import (
    CONSTRUCTION_RULES,
    REQUEST_FIELDS,
    ConstructionRule,
    RequestField,
    build_request,
    request_addresses,
)
from pmip6.model.state import UpdateListState, bule_prefix, bule_state, pbu
from pmip6.model.wire.abstraction import networks_of
from pmip6.model.wire.encoding import Lies, PaddingStyle, encode
from pmip6.model.wire.error_replies import error_reply
from pmip6.model.wire.esp import ALL_CHECKS, EspCheck
from pmip6.model.wire.ipv6 import Ipv6Packet, decode_ipv6, decode_packet, encode_ipv6
from pmip6.model.wire.messages import (
    UNSPECIFIED,
    HandoverAcknowledge,
    HandoverInitiate,
    ProxyBindingAcknowledgement,
    option_of,
)
from pmip6.model.wire.numbers import (
    TIMESTAMP_UNITS_PER_SECOND,
    BindingAckStatus,
    HandoffIndicator,
    is_rejection,
)
from pmip6.model.wire.options import (
    LinkLocalAddress,
    MobileNodeIdentifier,
)
from pmip6.model.wire.reassembly import Reassembly
from pmip6.model.wire.reception import Reaction, receive

Report = Callable[[str], None]


@dataclass(frozen=True)
class BindingUpdateListEntry:
    """One entry of the binding update list, for a reader (RFC 5213, section 6.1).

    Attributes:
        node, link_layer: The node, and the interface that the session is for.
        state: Its control state in the model.
        is_awaited: A request for it has not been answered.
    """

    node: str
    link_layer: str
    state: str
    prefixes: tuple[str, ...]
    is_awaited: bool


_IN_ENTRIES = frozenset({bule_state.name, bule_prefix.name})
"""What an entry tells."""
_GONE = (UpdateListState.ABSENT.name, UpdateListState.REFUSED.name)
ADVERTISING = ("advertise", "answer_solicitation")


def _silent(_: str) -> None:
    """Reports nothing."""


class ReferenceGateway(GatewayDataPath):
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
        esp_checks: What it sees to before it takes an answer, where it is told of ESP.
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
        esp_checks: frozenset[EspCheck] = ALL_CHECKS,
        report: Report = _silent,
        start_ms: int = 0,
    ) -> None:
        self.settings = settings
        self._esp = gateways_end(settings.esp, settings.lma_address, esp_checks)
        protect = None if self._esp is None else self._esp.around_tunnels
        visitors = {
            name: Visitor(settings, node, settings.path_mtu, protect=protect)
            for name, node in settings.interfaces.items()
        }
        machine = self._made_machine(rules, start_ms)
        super().__init__(settings, machine, visitors, report, forwarding_rules)
        self._construction_rules = tuple(construction_rules)
        self._request_fields = tuple(request_fields)
        self._matching_rules = tuple(matching_rules)
        self._echo_rules = tuple(echo_rules)
        self._lies = Lies(padding=padding)
        self._start_of_day = 0  # time of day at 0 ms
        self._sequence = 0  # counter of all requests (RFC 5213, 6.9.1.1)
        self._timestamp = 0  # of the last request
        self._reassembly = Reassembly()
        self._solicitor = UNSPECIFIED  # of the advertisement at hand
        self._by_link_layer = {
            node.link_layer: name for name, node in settings.interfaces.items()
        }

    def _made_machine(
        self, rules: Iterable[Rule] | None, start_ms: int
    ) -> GatewayMachine:
        configuration = configuration_of(self.settings)
        return GatewayMachine(configuration, self._taken, rules, start_ms)

    def _known(self, link_layer: bytes) -> bytes | None:
        """What the model takes for a node, None where no policy profile has it."""
        found = self._by_link_layer.get(link_layer)
        if found is None:
            self._report(f"{link_layer.hex(':')}: no policy profile")
        return found

    def _sent(self) -> list[Sent]:
        """What has gone out since the last time, under ESP where it has to be."""
        sent, self._out = self._out, []
        return sent if self._esp is None else [self._protected(each) for each in sent]

    def _protected(self, sent: Sent) -> Sent:
        if self._esp is None or not isinstance(sent, ToNetwork):
            return sent
        return ToNetwork(self._esp.send(sent.packet))

    # ---- events on the access link -----------------------------------------------------

    def attach(
        self,
        node: bytes,
        now_ms: int,
        time_of_day: int,
        handoff: HandoffIndicator | None = None,
        old_access_point: str | None = None,
    ) -> list[Sent]:
        """A node is on the access link; nothing happens where it is known to be.

        Args:
            node: Its link-layer address.
            now_ms: The time now.
            time_of_day: The time of day now.
            handoff: What the access network tells of the attachment for certain.
            old_access_point: Where it comes from, which only fast handover asks for.
        """
        self._elapse(now_ms, time_of_day)
        known = self._known(node)
        if known is not None:
            if not self._is_on_link(known) and not self._has_context(known):
                # Another gateway may have named another address meanwhile.
                self._visitors[known].named = UNSPECIFIED
            hint = HandoffIndicator.UNKNOWN if handoff is None else handoff
            self._machine.attach(known, hint)
        return self._sent()

    def indicate_handover(
        self, node: bytes, access_point: str, now_ms: int, time_of_day: int
    ) -> list[Sent]:
        """A node is about to move, which only fast handover asks for."""
        self._elapse(now_ms, time_of_day)
        self._report(f"{node.hex(':')} is about to move to {access_point}")
        return self._sent()

    def detach(self, node: bytes, now_ms: int, time_of_day: int) -> list[Sent]:
        """A node has left the access link; nothing happens where it was not on it."""
        self._elapse(now_ms, time_of_day)
        known = self._known(node)
        if known is not None:
            self._machine.detach(known)
            self._visitors[known].leave()
        return self._sent()

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
        self._elapse(now_ms, time_of_day)
        known = self._known(node)
        if known is None:
            return self._sent()
        if not self._is_on_link(known):
            self._report(f"{_text(known)}: is on no link, its packet is dropped")
            return self._sent()
        discovery = decode_discovery_packet(packet)
        if discovery is None:
            self._take_packet(known, node, packet)
        elif is_to_be_read(discovery[1]):
            self._discover(known, discovery[0], discovery[1].message)
        else:
            told = "; ".join(finding.text for finding in discovery[1].findings)
            self._report(f"{_text(known)}: discarded: {told}")
        return self._sent()

    def _has_context(self, node: bytes) -> bool:
        """Whether another gateway has told of the node before it came."""
        return False

    def _is_on_link(self, node: bytes) -> bool:
        """Whether the link to a node is up."""
        return self._machine.is_attached(node)

    def _discover(self, node: bytes, header: Ipv6Packet, message: object) -> None:
        """Neighbor Discovery of a node (RFC 4861)."""
        visitor = self._visitors[node]
        match message:
            case RouterSolicitation():
                visitor.addresses |= {header.source} - {UNSPECIFIED}
                self._solicitor = header.source
                self._machine.solicit(node)
                self._offer_access(node, header.source)
                self._solicitor = UNSPECIFIED
            case NeighborSolicitation(target=target):
                is_probe = header.source == UNSPECIFIED  # duplicate address detection
                visitor.addresses.add(target if is_probe else header.source)
                self._out += neighbor_advertisement(visitor, header, target)
            case _:
                pass

    # ---- packets from the network ------------------------------------------------------

    def receive_from_network(
        self, packet: bytes, now_ms: int, time_of_day: int
    ) -> list[Sent]:
        """Take an IPv6 packet to the Proxy-CoA: signalling, or out of the tunnel."""
        self._elapse(now_ms, time_of_day)
        header = decode_ipv6(packet)
        if header is not None and header.destination == self.settings.proxy_coa:
            self._reassembly, whole = self._reassembly.add(packet, now_ms / 1000)
            if whole is not None:
                self._unprotect(whole)
        return self._sent()

    def _unprotect(self, packet: bytes) -> None:
        read = packet if self._esp is None else self._esp.receive(packet)
        if isinstance(read, EspCheck):
            self._report(f"ignored: not so: {read.value}")
        else:
            self._receive(read)

    def _receive(self, packet: bytes) -> None:
        signalling = decode_packet(packet)
        if signalling is None:
            self._receive_other(packet)
            return
        header, decoded = signalling
        known = self.settings.fast_handover is not None
        reception = receive(decoded, fast_handover=known)
        answer = decoded.message
        if isinstance(answer, HandoverInitiate | HandoverAcknowledge) and (
            reception.reaction is Reaction.PROCESS
        ):
            self._hand_over(header, answer)
        elif reception.reaction is not Reaction.PROCESS:
            self._report(f"{header.source}: {reception.reaction.value}")
            reply = error_reply(reception, header, packet)
            self._out += [] if reply is None else [ToNetwork(reply)]
        elif not isinstance(answer, ProxyBindingAcknowledgement) or not answer.proxy:
            self._report(f"{header.source}: no proxy binding acknowledgement")
        elif header.source != self.settings.lma_address:
            self._report(f"{header.source}: is not the anchor")
        else:
            self._take_answer(answer)

    def _hand_over(
        self, header: Ipv6Packet, message: HandoverInitiate | HandoverAcknowledge
    ) -> None:
        """Take a handover message; only a gateway with fast handover gets any."""
        self._report(f"{header.source}: no message for this gateway: {message}")

    def receive_from_host(
        self, packet: bytes, now_ms: int, time_of_day: int
    ) -> list[Sent]:
        """Take a packet of an ordinary host that the gateway gives access to."""
        self._elapse(now_ms, time_of_day)
        self._pass_on(None, self._forwarding.from_host(packet, self._hosted()))
        return self._sent()

    def _take_answer(self, answer: ProxyBindingAcknowledgement) -> None:
        outstanding = {
            node: visitor.request
            for node, visitor in self._visitors.items()
            if visitor.request is not None
        }
        node = answered(answer, outstanding, self._matching_rules)
        if node is None:
            named = option_of(answer, MobileNodeIdentifier)
            if named is None or named.identifier not in self._visitors:
                self._report("an answer to no request")
                return
            node, is_awaited = named.identifier, False
        else:
            is_awaited = True
        visitor = self._visitors[node]
        request = visitor.request
        echoes = request is not None and is_echo(answer, request, self._echo_rules)
        told = option_of(answer, LinkLocalAddress)
        address = UNSPECIFIED
        if told is not None and not self.settings.fixes_link_local_address:
            address = told.address
        if is_awaited and echoes:
            if answer.status == BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW:
                visitor.sequence = answer.sequence
            if not is_rejection(answer.status) and address != UNSPECIFIED:
                visitor.name(address)
        message = abstract_answer(
            answer,
            node,
            self.settings.proxy_coa,
            request=self._machine.awaited(node) if is_awaited else 0,
            is_echo=echoes,
            address_in_use=address in visitor.addresses,
        )
        durations = granted_durations(
            answer,
            self._machine.now_ms - visitor.sent_ms,
            self.settings.renew_after_percent,
        )
        if not self._machine.answer(message, durations):
            self._report(f"{_text(node)}: no rule takes the answer")

    # ---- time --------------------------------------------------------------------------

    def _elapse(self, now_ms: int, time_of_day: int) -> None:
        self._start_of_day = time_of_day - _units(now_ms)
        while (due := self._next_announcement()) is not None and due <= now_ms:
            self._machine.elapse(due)
            self._announce_what_is_due()
        self._machine.elapse(now_ms)

    def advance(self, now_ms: int, time_of_day: int) -> list[Sent]:
        """Let time pass; what falls due meanwhile happens in order, each at its time."""
        self._elapse(now_ms, time_of_day)
        return self._sent()

    def synchronise(self, now_ms: int, time_of_day: int) -> list[Sent]:
        """The clock has been set by the common source: who waits for that may go on."""
        self._elapse(now_ms, time_of_day)
        self._machine.synchronise(self._visitors)
        return self._sent()

    def stop(self, now_ms: int, time_of_day: int) -> list[Sent]:
        """It is told to end: its access links hear that it is no router any more."""
        self._elapse(now_ms, time_of_day)
        self._cease()
        return self._sent()

    def next_deadline(self) -> int | None:
        """When the next timer falls due; None where none runs."""
        due = self._machine.next_deadline(), self._next_announcement()
        return min((at for at in due if at is not None), default=None)

    # ---- what the machine does ---------------------------------------------------------

    def _taken(self, step: Transition) -> None:
        """Send what a step sends, and drop what belonged to what is over."""
        node = step.environment.get("node", step.environment.get("message.node"))
        assert isinstance(node, bytes)
        self._report(f"{_text(node)}: {step.name}")
        visitor = self._visitors[node]
        if not self._machine.awaited(node):
            visitor.request = None
        if self._machine.control(node) in _GONE:
            visitor.named = UNSPECIFIED
        for channel, message in step.sent:
            if channel == pbu:
                self._out.append(self._request(node, message))
        if step.name in ADVERTISING:
            self._advertise_to(node, self._solicitor)

    def _request(self, node: bytes, message: Message) -> Sent:
        """The packet for a request of the model."""
        visitor = self._visitors[node]
        if self.settings.timestamp_based_approach_in_use:
            now = self._start_of_day + _units(self._machine.now_ms)
            known = visitor.registrant(self._sequence, max(now, self._timestamp + 1))
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
        visitor.request, visitor.sent_ms = request, self._machine.now_ms
        source, destination = request_addresses(known)
        octets = encode(request, source, destination, lies=self._lies)
        return ToNetwork(encode_ipv6(source, destination, octets))

    # ---- the binding update list -------------------------------------------------------

    def state(self) -> list[BindingUpdateListEntry]:
        """The entries of the binding update list."""
        return [
            BindingUpdateListEntry(
                node=visitor.profile.identifier,
                link_layer=visitor.profile.link_layer_address,
                state=self._machine.control(node),
                prefixes=tuple(map(str, self._machine.prefixes(node))),
                is_awaited=visitor.request is not None,
            )
            for node, visitor in self._visitors.items()
            if self._machine.control(node) != UpdateListState.ABSENT.name
        ]

    def held(self) -> Held:
        """What else its next step depends on (conformance/held_state.py)."""
        now_ms = self._machine.now_ms
        links = {name: each.held(now_ms) for name, each in self._visitors.items()}
        return {
            **held_cells(
                self._machine.model,
                self._machine.state,
                without=_IN_ENTRIES,
                own=self._machine.model.configuration.gateways[0],
                prefixes=lambda prefix: as_text(networks_of(prefix)),
            ),
            **told(
                links={name: held for name, held in links.items() if held},
                last_sequence=self._sequence,
                last_timestamp=self._timestamp,
            ),
        }


def _units(milliseconds: int) -> int:
    """Milliseconds in units of the Timestamp option."""
    return milliseconds * TIMESTAMP_UNITS_PER_SECOND // 1000


def _text(node: bytes) -> str:
    return node.decode(errors="replace")
