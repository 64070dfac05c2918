"""The reference gateway that does fast handovers, too (RFC 5949), as previous and as new one.

It decides nothing itself: its machine takes the steps (model/fast_handover/machine.py), the
tables of model/fast_handover/initiate.py, acknowledge.py and reception.py make and read HI and
HAck, model/fast_handover/forwarding.py says which way user packets go, and when the packets
leave that are held back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv4Interface, IPv6Address
from typing import Any

from pmip6.conformance.held_state import Held, told
from pmip6.conformance.mag.domain import configuration_of
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.port import Sent, ToNetwork, ToNode
from pmip6.conformance.mag.settings import FastHandoverSettings, GatewaySettings
from pmip6.conformance.wire.esp_end import handover_end
from pmip6.model.fast_handover.acknowledge import (
    ACKNOWLEDGE_FIELDS,
    ACKNOWLEDGE_RULES,
    AcknowledgeField,
    AcknowledgeRule,
    Answered,
    build_acknowledge,
)
from pmip6.model.fast_handover.buffer import MOST_AT_ONCE, HandoverBuffer
from pmip6.model.fast_handover.construction import Asked
from pmip6.model.fast_handover.context import HandoverContext
from pmip6.model.fast_handover.forwarding import FAST_HANDOVER_RULES
from pmip6.model.fast_handover.initiate import (
    INITIATE_FIELDS,
    INITIATE_RULES,
    InitiateField,
    InitiateRule,
    build_initiate,
)
from pmip6.model.fast_handover.machine import (
    NOT_FORWARDING,
    REFUSING,
    HandoverMachine,
)
from pmip6.model.fast_handover.options import (
    GreKey,
    Ipv4HomeAddressRequest,
    VendorSpecific,
)
from pmip6.model.fast_handover.reception import (
    HANDOVER_MATCHING,
    INITIATE_REFUSALS,
    HandoverMatching,
    InitiateRefusal,
    Offered,
    Outstanding,
    abstract_acknowledge,
    abstract_initiate,
    answered_initiate,
    handoff_of,
    refusal_of,
    refused,
)
from pmip6.model.fast_handover.release import (
    RELEASE_RULES,
    Holding,
    Release,
    ReleaseRule,
    release_of,
)
from pmip6.model.fast_handover.state import (
    NewState,
    PreviousState,
    handover_acknowledge,
    handover_initiate,
)
from pmip6.model.language.interpreter import Transition, Value
from pmip6.model.language.table import Rule
from pmip6.model.mag.forwarding import Forwarded, HostedNode
from pmip6.model.wire.abstraction import fields_of, prefix_value
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.esp import ALL_CHECKS, EspCheck
from pmip6.model.wire.ipv6 import Ipv6Packet, decode_ipv6, encode_ipv6
from pmip6.model.wire.messages import (
    UNSPECIFIED,
    HandoverAcknowledge,
    HandoverInitiate,
    option_of,
    options_of,
)
from pmip6.model.wire.numbers import (
    SEQUENCE_NUMBERS,
    HandoffIndicator,
    HandoverAcknowledgeCode,
)
from pmip6.model.wire.options import LinkLocalAddress, MobileNodeLinkLayerIdentifier
from pmip6.model.wire.tunnel_packets import Tunnel, encapsulate, forward

NO_ROOM = HandoverAcknowledgeCode.INSUFFICIENT_RESOURCES.name
RETRANSMITTING = "retransmit_handover_initiate"
ADVERTISES_EARLY = "advertise_transferred_prefix"
ADVERTISING_EARLY = (ADVERTISES_EARLY, "withdraw_prefix")
"""Steps with an RA that base PMIPv6 does not have (RFC 5949, section 5.2)."""


@dataclass(frozen=True)
class HandoverTables:
    """The tables that a gateway follows beside the rules of the model."""

    initiate_rules: tuple[InitiateRule, ...] = INITIATE_RULES
    initiate_fields: tuple[InitiateField, ...] = INITIATE_FIELDS
    acknowledge_rules: tuple[AcknowledgeRule, ...] = ACKNOWLEDGE_RULES
    acknowledge_fields: tuple[AcknowledgeField, ...] = ACKNOWLEDGE_FIELDS
    refusals: tuple[InitiateRefusal, ...] = INITIATE_REFUSALS
    matching: tuple[HandoverMatching, ...] = HANDOVER_MATCHING
    releases: tuple[ReleaseRule, ...] = RELEASE_RULES


THE_TABLES = HandoverTables()


class FastHandoverGateway(ReferenceGateway):
    """A gateway whose settings have `fast_handover`.

    Args:
        settings: What it is told.
        tables: How HI and HAck follow, and when packets that are held back leave.
        others: As for any reference gateway.

    Raises:
        ValueError: The settings have no fast handover.
    """

    machine_kind = HandoverMachine
    """What its machine is; tests of the tester watch another one."""
    most_at_once = MOST_AT_ONCE
    """How many of the packets that it holds back leave one after another."""

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        tables: HandoverTables = THE_TABLES,
        **others: Any,
    ) -> None:
        if settings.fast_handover is None:
            raise ValueError("these settings have no fast handover")
        self._tables = tables
        self._told: FastHandoverSettings = settings.fast_handover
        checks = others.get("esp_checks", ALL_CHECKS)
        self._handover_esp = handover_end(self._told.esp, settings.proxy_coa, checks)
        self._initiated = 0  # the number of the last HI
        self._outstanding: dict[bytes, Outstanding] = {}
        self._answering: HandoverInitiate | None = None
        self._old_link_layers: dict[bytes, bytes] = {}  # those of the contexts
        self._told_by_others: dict[bytes, HandoverContext] = {}
        self._buffers: dict[bytes, HandoverBuffer] = {}
        self._keys_of_others: dict[tuple[bytes, Value], int] = {}
        others.setdefault("forwarding_rules", FAST_HANDOVER_RULES)
        super().__init__(settings, **others)

    def _made_machine(
        self, rules: Iterable[Rule] | None, start_ms: int
    ) -> HandoverMachine:
        self._handover = self.machine_kind(
            configuration_of(self.settings),
            self._taken,
            self._repeat_advertisement,
            rules,
            start_ms,
            detachment_ms=self._told.detachment_delay_ms,
        )
        return self._handover

    def _repeat_advertisement(self, node: bytes) -> None:
        self._send_advertisement(node, self._solicitor)

    # ---- the access network --------------------------------------------------------------

    def indicate_handover(
        self, node: bytes, access_point: str, now_ms: int, time_of_day: int
    ) -> list[Sent]:
        """A node is about to move to an access point (step b of figure 2)."""
        self._elapse(now_ms, time_of_day)
        known = self._known(node)
        target = self._told.access_points.get(access_point)
        if known is not None and target is not None:
            self._handover.indicate(known, target)
        elif known is not None:
            self._report(f"{access_point}: no access point of a gateway")
        return self._sent()

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
            old_access_point: Where it was before, as far as the network tells.
        """
        self._elapse(now_ms, time_of_day)
        known = self._known(node)
        if known is not None and not self._handover.is_attached(known):
            former = self._told.access_points.get(old_access_point or "")
            if former is not None:
                self._handover.come_from(known, former)
            if handoff is None and self._handover.new(known) is not NewState.IDLE:
                handoff = handoff_of(self._old_link_layers.get(known), node)
        return super().attach(node, now_ms, time_of_day, handoff)

    def _has_context(self, node: bytes) -> bool:
        """Whether another gateway has told of the node before it came."""
        return self._handover.new(node) is not NewState.IDLE

    # ---- handover messages ---------------------------------------------------------------

    def _hand_over(
        self, header: Ipv6Packet, message: HandoverInitiate | HandoverAcknowledge
    ) -> None:
        source = header.source
        if source not in self._told.gateways:
            self._report(f"{source}: is no gateway for handovers")
        elif not message.proxy:
            self._report(f"{source}: a message of RFC 5568")
        elif isinstance(message, HandoverInitiate):
            self._take_initiate(message, source)
        else:
            self._take_acknowledge(message, source)

    def _take_initiate(self, message: HandoverInitiate, source: IPv6Address) -> None:
        offered = Offered(message, self._visitors, HandoverContext(), False)
        node = offered.node
        if node is not None and node in self._visitors:
            offered = replace(
                offered,
                known=self._context(node),
                is_under_way=self._handover.is_under_way(node, source),
            )
        rule = refusal_of(offered, self._tables.refusals)
        if rule is not None:
            self._report(f"{source}: {rule.name}")
            self._answer(message, source, refused(rule), offered.known)
            return
        if node is None or node not in self._visitors:
            self._report(f"{source}: an HI for nobody here")
            return
        preferred: tuple[str, ...] = ()
        if not self._told.buffer_packets and (offered.offers or message.buffer):
            preferred = REFUSING
        elif message.forward and not self._can_forward(message):
            preferred = NOT_FORWARDING
        fields = abstract_initiate(offered, source, self.settings.proxy_coa)
        self._answering = message
        self._keep_context(node, message, source)
        if not self._handover.initiate(fields, preferred):
            self._report(f"{source}: no rule takes the HI")
        self._answering = None

    def _take_acknowledge(
        self, message: HandoverAcknowledge, source: IPv6Address
    ) -> None:
        matching = self._tables.matching
        node = answered_initiate(message, source, self._outstanding, matching)
        if node is None:
            self._ignored(message, source)
            return
        number = self._handover.initiate_awaited(node)
        own = self.settings.proxy_coa
        self._keep_context(node, message, source)
        fields = abstract_acknowledge(message, node, source, own, number)
        if not self._handover.acknowledge(fields):
            self._report(f"{source}: no rule takes the HAck")

    def _can_forward(self, message: HandoverInitiate) -> bool:
        """Whether packets can go to the gateway that asks for them."""
        told = option_of(message, GreKey)
        has_key = told is not None and told.key is not None
        return self._told.forwards and (has_key or not self._told.gre_keys)

    def _ignored(self, message: HandoverAcknowledge, source: IPv6Address) -> None:
        self._report(f"{source}: an answer to no HI")

    def _keep_context(
        self,
        node: bytes,
        message: HandoverInitiate | HandoverAcknowledge,
        source: IPv6Address,
    ) -> None:
        """Keep what another gateway tells of a node beside its prefixes."""
        key = option_of(message, GreKey)
        if key is not None and key.key is not None:
            self._keys_of_others[node, source] = key.key
        told = option_of(message, MobileNodeLinkLayerIdentifier)
        if told is not None:
            self._old_link_layers[node] = told.identifier
        known = self._told_by_others.get(node, HandoverContext())
        address = option_of(message, Ipv4HomeAddressRequest)
        if address is not None:
            home = IPv4Interface((address.address, address.prefix_length))
            known = replace(known, ipv4_home_address=home)
        others = tuple(options_of(message, VendorSpecific))
        if others:
            known = replace(known, others=others)
        own = option_of(message, LinkLocalAddress)
        if own is not None:
            known = replace(known, link_local=own.address)
        self._told_by_others[node] = known

    def _name_as_before(self, node: bytes) -> None:
        """On the link of an announced node have the address that its router had so far."""
        known, visitor = self._told_by_others.get(node), self._visitors[node]
        if (
            known is not None
            and known.link_local is not None
            and not self.settings.fixes_link_local_address
            and visitor.named == UNSPECIFIED
            and self._handover.has_context(node)
        ):
            visitor.name(known.link_local)

    def _context(self, node: bytes) -> HandoverContext:
        """What the gateway can tell of a node: of one that it serves, all."""
        if not self._handover.is_granted(node):
            return HandoverContext()
        visitor = self._visitors[node]
        own = sorted(each for each in visitor.addresses if each.is_link_local)
        told = self._told_by_others.get(node, HandoverContext())
        return HandoverContext(
            prefix=prefix_value(self._handover.prefixes(node)),
            lma_address=self.settings.lma_address,
            link_layer=self._link_layer(node),
            interface_identifier=own[0].packed[8:] if own else None,
            ipv4_home_address=visitor.profile.ipv4_home_address
            or told.ipv4_home_address,
            others=told.others,
            link_local=self._own_link_local(node),
            gre_key=self._own_key(node),
        )

    def _about(self, node: bytes) -> HandoverContext:
        """The same, and what it knows of a node that it does not serve."""
        known = self._context(node)
        if known.prefix is None:
            told = prefix_value(self._handover.transferred(node))
            lma_address = self.settings.lma_address
            known = replace(known, prefix=told, lma_address=lma_address)
        link_layer, key = self._link_layer(node), self._own_key(node)
        return replace(known, link_layer=link_layer, gre_key=key)

    def _link_layer(self, node: bytes) -> bytes | None:
        """The link-layer identifier of a node, None where gateways tell none."""
        tells = self.settings.tells_link_layer_identifiers
        return self._visitors[node].link_layer if tells else None

    def _own_key(self, node: bytes) -> int | None:
        """By which the gateway expects packets of a node from others; no other node's.

        Different gateways have different ones, so that nobody takes one for another.
        """
        if not self._told.gre_keys or node not in self._visitors:
            return None
        number = tuple(self._visitors).index(node) + 1
        return (int(self.settings.proxy_coa) & 0xFFFF) << 16 | number

    def _own_link_local(self, node: bytes) -> IPv6Address | None:
        """The gateway's address on the link of a node, where it is the node's alone."""
        is_fixed = self.settings.fixes_link_local_address
        return None if is_fixed else self._visitors[node].link_local

    # ---- what the machine does -----------------------------------------------------------

    def _taken(self, step: Transition) -> None:
        super()._taken(step)
        node = step.environment.get("node", step.environment.get("message.node"))
        assert isinstance(node, bytes)
        self._name_as_before(node)
        for channel, message in step.sent:
            if channel == handover_initiate:
                if step.name != RETRANSMITTING:
                    self._outstanding.pop(node, None)
                asked = fields_of(message, handover_initiate.fields)
                request = self._handover.request(node).name
                self._initiate(node, {**asked, "request": request})
            elif channel == handover_acknowledge:
                decided = fields_of(message, handover_acknowledge.fields)
                assert self._answering is not None
                if step.name in REFUSING:  # the model leaves open for which reason
                    decided["code"] = NO_ROOM
                other = _address(decided["destination"])
                self._answer(self._answering, other, decided, self._about(node))
        if not self._handover.initiate_awaited(node):
            self._outstanding.pop(node, None)
        if step.name in ADVERTISING_EARLY:
            self._send_advertisement(node, self._solicitor)

    def _initiate(self, node: bytes, asked: Asked) -> None:
        """Send an HI, or once more the one that has not been answered."""
        sent = self._outstanding.get(node)
        if sent is None:
            self._initiated = (self._initiated + 1) % SEQUENCE_NUMBERS
            own = self._own_link_local(node)
            known = replace(self._about(node), link_local=own)
            request = build_initiate(
                asked,
                known,
                self._initiated,
                rules=self._tables.initiate_rules,
                fields=self._tables.initiate_fields,
            )
            sent = Outstanding(request, _address(asked["destination"]))
            self._outstanding[node] = sent
        self._send(sent.request, sent.destination)

    def _answer(
        self,
        request: HandoverInitiate,
        other: IPv6Address,
        decided: Asked,
        known: HandoverContext,
    ) -> None:
        answer = build_acknowledge(
            Answered(request, decided, known),
            rules=self._tables.acknowledge_rules,
            fields=self._tables.acknowledge_fields,
        )
        self._send(answer, other)

    def _send(
        self, message: HandoverInitiate | HandoverAcknowledge, other: IPv6Address
    ) -> None:
        own = self.settings.proxy_coa
        octets = encode(message, own, other, lies=self._lies)
        self._out.append(ToNetwork(encode_ipv6(own, other, octets)))

    # ---- user packets --------------------------------------------------------------------

    def _hosted(self) -> list[HostedNode]:
        """The nodes that are registered, or for which there is a tunnel."""
        nodes = (self._hosted_node(node) for node in self._visitors)
        return [node for node in nodes if node is not None]

    def _hosted_node(self, node: bytes) -> HostedNode | None:
        machine = self._handover
        is_registered = machine.is_granted(node)
        has_tunnel = machine.new(node) is NewState.TUNNELLED
        if not is_registered and not has_tunnel:
            return None
        known = machine.prefixes(node) if is_registered else machine.transferred(node)
        previous = machine.previous(node)
        forwards = previous is PreviousState.FORWARDING
        buffer = self._buffers.get(node)
        is_draining = buffer is not None and buffer.is_draining
        is_attached = machine.is_attached(node)
        return replace(
            self._visitors[node].hosted(known),
            is_registered=is_registered,
            is_on_link=is_attached and not is_draining,
            is_draining=is_attached and is_draining and not forwards,
            is_buffering=previous is PreviousState.BUFFERING
            or (forwards and is_draining),
            next=self._tunnel(node, machine.next_gateway(node)) if forwards else None,
            former=self._tunnel(node, machine.former_gateway(node))
            if has_tunnel
            else None,
            gre_key=self._own_key(node),
        )

    def _tunnel(self, node: bytes, other: Value) -> Tunnel | None:
        """The tunnel to another gateway; none where that has not told its key."""
        key = self._keys_of_others.get((node, other)) if self._told.gre_keys else None
        if self._told.gre_keys and key is None:
            return None
        own, mtu = self.settings.proxy_coa, self.settings.path_mtu
        return Tunnel(own, _address(other), mtu, gre_key=key)

    # ---- packets that are held back ------------------------------------------------------

    def _hold_back(self, passed: Forwarded) -> None:
        assert passed.receiver is not None
        node = self._by_link_layer[passed.receiver.node]
        empty = HandoverBuffer(self._told.buffer_packets, self.most_at_once)
        (packet,) = passed.packets
        held = self._buffers.get(node, empty).add(packet, self._machine.now_ms)
        if held is None:
            self._report("packet dropped: the buffer is full")
        else:
            self._buffers[node] = held

    def _sent(self) -> list[Sent]:
        for node in list(self._buffers):
            self._drain(node)
        sent, end = super()._sent(), self._handover_esp
        if end is None:
            return sent
        return [
            ToNetwork(end.send(each.packet)) if isinstance(each, ToNetwork) else each
            for each in sent
        ]

    def _unprotect(self, packet: bytes) -> None:
        header, end = decode_ipv6(packet), self._handover_esp
        if end is None or header is None or header.source not in self._told.gateways:
            super()._unprotect(packet)
            return
        read = end.receive(packet)
        if isinstance(read, EspCheck):
            self._report(f"{header.source}: ignored: not so: {read.value}")
        else:
            self._receive(read)

    def _drain(self, node: bytes) -> None:
        """Let the packets go that may; a buffer without packets is none."""
        machine = self._handover
        buffer, now = self._buffers[node], machine.now_ms
        held = Holding(
            machine.previous(node), machine.new(node), machine.is_attached(node)
        )
        release = release_of(held, self._tables.releases).release
        if release is Release.DISCARD:
            buffer = buffer.empty()
        elif release is not Release.HOLD:
            buffer, packets = buffer.release(now).take_due(now)
            for packet in packets:
                self._let_go(node, packet, release)
        self._buffers[node] = buffer
        if not buffer.waiting:
            del self._buffers[node]

    def _let_go(self, node: bytes, packet: bytes, release: Release) -> None:
        if release is Release.NEXT_GATEWAY:
            self._fragments += 1
            tunnel = self._tunnel(node, self._handover.next_gateway(node))
            if tunnel is None:
                self._report("packet dropped: the other gateway has told no key")
                return
            passage = encapsulate(packet, tunnel, self._fragments)
            self._out += [ToNetwork(each) for each in passage.packets]
        else:
            passage = forward(packet, self.settings.proxy_coa)
            link_layer = self._visitors[node].link_layer
            self._out += [ToNode(link_layer, each) for each in passage.packets]

    def next_deadline(self) -> int | None:
        """When the next timer falls due, or the next packet leaves; None for neither."""
        times = [super().next_deadline(), *(b.next_ms for b in self._buffers.values())]
        return min((time for time in times if time is not None), default=None)

    def held(self) -> Held:
        """What else its next step depends on (conformance/held_state.py)."""
        own = self.settings.proxy_coa
        return {
            **super().held(),
            **told(
                initiates={
                    node: encode(sent.request, own, sent.destination)
                    for node, sent in self._outstanding.items()
                },
                last_initiate_sequence=self._initiated,
                old_link_layers=self._old_link_layers,
                told_by_others={
                    node: context
                    for node, context in self._told_by_others.items()
                    if context != HandoverContext()
                },
                gre_keys_of_others={
                    f"{node.decode()} {gateway}": key
                    for (node, gateway), key in self._keys_of_others.items()
                },
                unnoticed_departures_in_ms=self._handover.unnoticed(),
                buffers={
                    node: [
                        told(
                            packet=kept.packet,
                            came_ms_ago=self._handover.now_ms - kept.came_ms,
                            leaves_in_ms=None
                            if kept.due_ms is None
                            else kept.due_ms - self._handover.now_ms,
                        )
                        for kept in buffer.waiting
                    ]
                    for node, buffer in self._buffers.items()
                },
            ),
        }


def gateway_of(settings: GatewaySettings, **others: Any) -> ReferenceGateway:
    """The reference gateway for some settings: with fast handover where they have it."""
    kind = ReferenceGateway if settings.fast_handover is None else FastHandoverGateway
    return kind(settings, **others)


def _address(gateway: Value) -> IPv6Address:
    assert isinstance(gateway, IPv6Address)
    return gateway
