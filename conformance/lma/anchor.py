"""The reference anchor: packets and time in, packets out, decided by the model alone.

It drives the LMA's machine (model/machines.py) over the domain of its settings.  A packet
is read by the codec, judged by the rules of reception, abstracted, given to the machine,
and answered from the exchange rules.  It opens no socket and reads no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import cast

from pmip6.conformance.held_state import Held, as_text, held_cells, told
from pmip6.conformance.lma.domain import (
    UNLISTED_GATEWAY,
    UNLISTED_PREFIX,
    Listed,
    SetsOfPrefixes,
    configuration_of,
    prefix_of,
)
from pmip6.conformance.lma.forwarding import AnchorForwarding, UserPacket
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.wire.esp_end import anchor_end
from pmip6.model.domain import Element, Model
from pmip6.model.language.interpreter import Message, Transition, Value
from pmip6.model.language.table import Rule
from pmip6.model.lma.acknowledgement import (
    ADDRESS_RULES,
    EXCHANGE_RULES,
    FIELD_RULES,
    acknowledge,
    answer_addresses,
    held_link_local_address,
)
from pmip6.model.lma.answer import (
    AddressRule,
    Answer,
    ExchangeRule,
    FieldRule,
    HeldAddress,
)
from pmip6.model.machines import LmaMachine
from pmip6.model.state import (
    BindingState,
    bce_link_layer,
    bce_node,
    bce_prefix,
    bce_proxy_coa,
    bce_sequence,
    bce_state,
    bce_technology,
    binding_lifetime,
    forwarding,
    min_delay_before_bce_delete,
    overlaps,
    pba,
    pbu,
    sequence_numbers,
)
from pmip6.model.state import packet as user_packet
from pmip6.model.wire.abstraction import (
    abstract_request,
    fields_of,
    granted_lifetime,
    home_network_prefixes,
    is_timely,
    networks_of,
)
from pmip6.model.wire.encoding import Lies, PaddingStyle, encode
from pmip6.model.wire.error_replies import error_reply
from pmip6.model.wire.esp import ALL_CHECKS, EspCheck
from pmip6.model.wire.ipv6 import Ipv6Packet, decode_ipv6, decode_packet, encode_ipv6
from pmip6.model.wire.messages import UNSPECIFIED, ProxyBindingUpdate, option_of
from pmip6.model.wire.numbers import (
    LIFETIME_UNIT_SECONDS,
    BindingAckStatus,
    is_rejection,
)
from pmip6.model.wire.options import Timestamp
from pmip6.model.wire.reassembly import Reassembly
from pmip6.model.wire.reception import Reaction, proxy_binding_update, receive

Report = Callable[[str], None]
_GENERATED = 0xFE80 << 112 | 0x5213 << 48


@dataclass(frozen=True)
class BindingCacheEntry:
    """One entry of the binding cache, for a reader (RFC 5213, section 5.1).

    Attributes:
        state: REGISTERED, or DEREGISTERED while its deletion is delayed.
        remaining_ms: Until its lifetime or its deletion delay ends; None without end.
        link_layer_identifier, access_technology_type: Of the interface, None where the
            anchor does not tell the interfaces of a node apart.
        sequence: The last accepted one; None where timestamps order requests.
    """

    entry: str
    state: str
    node: str
    prefixes: tuple[str, ...]
    proxy_coas: tuple[str, ...]
    link_local_address: IPv6Address | None
    remaining_ms: int | None
    link_layer_identifier: str | None
    access_technology_type: int | None
    sequence: int | None


_IN_ENTRIES = frozenset(
    {
        *(each.name for each in (bce_state, bce_node, bce_prefix, bce_proxy_coa)),
        *(each.name for each in (bce_link_layer, bce_technology, bce_sequence)),
        binding_lifetime.name,
        min_delay_before_bce_delete.name,
    }
)
"""What an entry tells."""


@dataclass(frozen=True)
class HeldRequest:
    """A request that waits for the end of another session (RFC 5213, 5.4.1.2).

    Attributes:
        lifetime: What is granted, in units of 4 s.
        time_of_day: When it came.
    """

    header: Ipv6Packet
    request: ProxyBindingUpdate
    lifetime: int
    time_of_day: int

    @property
    def durations(self) -> dict[str, int]:
        """Ticks of the timers that the request fixes."""
        return {binding_lifetime.name: self.lifetime * LIFETIME_UNIT_SECONDS * 1000}


def _acknowledged(step: Transition) -> list[Message]:
    """The acknowledgements that a step sends."""
    return [sent for channel, sent in step.sent if channel == pba]


def _silent(_: str) -> None:
    """Reports nothing."""


def _living(model: Model) -> LmaMachine:
    """The machine of an anchor that many nodes may have sessions at."""
    return LmaMachine(model, lives=True)


class ReferenceAnchor:
    """A local mobility anchor that acts as its rule table says.

    Args:
        settings: What it is told.
        rules: The rules that it follows; those of the model where None.
        exchange_rules: How options of its answers follow from requests.
        field_rules: How fields of its answers follow from requests.
        address_rules: How the addresses of its answers follow from those of requests.
        padding: How it pads its answers.
        esp_checks: What it sees to before it takes a message, where it is told of ESP.
        report: Called with one line for each event.
        start_ms: The time from which it runs.
        machine: What drives the rules; one that is watched, for the kill matrix.
        model: That of these settings and rules, where it has been made before.
    """

    def __init__(
        self,
        settings: AnchorSettings,
        *,
        rules: Iterable[Rule] | None = None,
        exchange_rules: Iterable[ExchangeRule] = EXCHANGE_RULES,
        field_rules: Iterable[FieldRule] = FIELD_RULES,
        address_rules: Iterable[AddressRule] = ADDRESS_RULES,
        padding: PaddingStyle = PaddingStyle.MINIMAL,
        esp_checks: frozenset[EspCheck] = ALL_CHECKS,
        report: Report = _silent,
        start_ms: int = 0,
        machine: Callable[[Model], LmaMachine] = _living,
        model: Model | None = None,
    ) -> None:
        self.settings = settings
        self._model = model or Model(configuration_of(settings), rules)
        chosen = self._model.configuration
        self._listed = Listed(chosen)
        self._prefixes = cast("SetsOfPrefixes", chosen.facts[overlaps.name])
        self._machine = machine(self._model)
        self._exchange_rules = tuple(exchange_rules)
        self._field_rules = tuple(field_rules)
        self._address_rules = tuple(address_rules)
        self._lies = Lies(padding=padding)
        self._report = report
        self._now_ms = start_ms
        self._link_local: dict[Element, HeldAddress | None] = {}
        self._held: dict[Element, HeldRequest] = {}  # by node
        self._foreign: Value = None  # what UNLISTED_PREFIX stands for
        self._fragments = Reassembly()
        self._esp = anchor_end(settings.esp, settings.lma_address, esp_checks)
        self._data_plane: AnchorForwarding | None = None
        if forwarding.name in settings.switches:
            self._data_plane = AnchorForwarding(
                settings.lma_address,
                chosen,
                self._has_session,
                None if self._esp is None else self._esp.around_tunnels,
            )

    # ---- packets ---------------------------------------------------------------------

    def receive(self, packet: bytes, now_ms: int, time_of_day: int) -> list[bytes]:
        """Take an IPv6 packet, and give those that answer it or go on.

        Args:
            packet: From its IPv6 header on.
            now_ms: Time of reception, on the clock of `advance`.
            time_of_day: Time of reception in the format of the Timestamp option.
        """
        due = self.advance(now_ms)
        whole = self._whole(packet, now_ms)
        if whole is None:
            return due
        read = whole if self._esp is None else self._esp.receive(whole)
        if isinstance(read, EspCheck):
            return [*due, *self._ignore(f"not so: {read.value}")]
        return [*due, *self._protected(self._take(read, time_of_day))]

    def _whole(self, packet: bytes, now_ms: int) -> bytes | None:
        """The packet, put together if it is the last fragment of one to the anchor."""
        header = decode_ipv6(packet)
        if header is None or header.destination != self.settings.lma_address:
            return packet
        self._fragments, whole = self._fragments.add(packet, now_ms / 1000)
        return whole

    def _protected(self, packets: list[bytes]) -> list[bytes]:
        """The packets as they go out, where it is told of ESP."""
        return packets if self._esp is None else list(map(self._esp.send, packets))

    def _take(self, packet: bytes, time_of_day: int) -> list[bytes]:
        if self._data_plane is not None:
            passing = self._data_plane.read(packet)
            if passing is not None:
                return self._pass_on(self._data_plane, passing)
        read = decode_packet(packet)
        if read is None:
            return self._ignore("no mobility message")
        header, decoded = read
        if header.destination != self.settings.lma_address:
            return self._ignore(f"{header.source}: sent to {header.destination}")
        reception = receive(decoded)
        if reception.reaction is not Reaction.PROCESS:
            cause = reception.cause
            why = "no message for an anchor" if cause is None else cause.text
            self._report(f"{header.source}: {reception.reaction.value}: {why}")
            reply = error_reply(reception, header, packet)
            return [] if reply is None else [reply]
        request = proxy_binding_update(decoded.message)
        if request is None:
            return self._ignore(f"{header.source}: no proxy binding update")
        stamp = option_of(request, Timestamp)
        if stamp is None and sequence_numbers.name not in self.settings.features:
            return self._ignore(f"{header.source}: no timestamp to order it by")
        return self._answer(header, request, time_of_day)

    def _pass_on(
        self, data_plane: AnchorForwarding, passing: UserPacket
    ) -> list[bytes]:
        """Send a user packet on as the rules say; one between two nodes goes back."""
        step = self._machine.receive(user_packet, passing.message)
        if step is None:
            return self._ignore("user packet: no rule takes it")
        self._report(f"user packet: {step.name}")
        out: list[bytes] = []
        for channel, sent in step.sent:
            gateway = fields_of(sent, channel.fields)["gateway"]
            if gateway is None:
                returning = data_plane.to_prefix(passing.original)
                if returning is not None:
                    return self._pass_on(data_plane, returning)
                passage = data_plane.onward(passing.original)
            else:
                end = IPv6Address(str(gateway))
                passage = data_plane.into_tunnel(passing.original, end)
            reply = () if passage.reply is None else (passage.reply,)
            out += [*passage.packets, *reply]
        return out

    def _ignore(self, reason: str) -> list[bytes]:
        self._report(f"ignored: {reason}")
        return []

    def _answer(
        self, header: Ipv6Packet, request: ProxyBindingUpdate, now: int
    ) -> list[bytes]:
        stamp = option_of(request, Timestamp)
        timely = (
            stamp is None
            or self.settings.mobile_node_generated_timestamp_in_use
            or is_timely(stamp.value, now, self.settings.timestamp_validity_window_ms)
        )
        asked = abstract_request(request, header.source, timely=timely)
        message = self._listed.within(asked)
        self._foreign = fields_of(asked, pbu.fields)["prefix"]
        is_foreign = fields_of(message, pbu.fields)["prefix"] == UNLISTED_PREFIX
        self._prefixes.unlisted = frozenset(
            networks_of(self._foreign) if is_foreign else ()
        )
        lifetime = granted_lifetime(request, self.settings.maximum_lifetime_units)
        current = HeldRequest(header, request, lifetime, now)
        node = fields_of(message, pbu.fields)["node"]
        held = self._held.get(node)
        ends = held is not None and not request.lifetime
        step = self._machine.receive(
            pbu, message, held.durations if held and ends else current.durations
        )
        if step is None:
            return self._ignore(f"{header.source}: no rule takes the request")
        self._report(f"{header.source}: {step.name}")
        answers = [
            self._acknowledgement(answered, sent, step)
            for answered, sent in zip(
                (current, held), _acknowledged(step), strict=False
            )
            if answered is not None
        ]
        if not step.sent and request.lifetime and self._is_waiting(node):
            self._held[node] = current
        self._forget(step)
        return answers

    def _is_waiting(self, node: Element) -> bool:
        return self._cell("held_gateway", node) is not None

    def _acknowledgement(
        self, answered: HeldRequest, sent: Message, step: Transition
    ) -> bytes:
        """The packet for an answer of the model."""
        header, request = answered.header, answered.request
        values = fields_of(sent, pba.fields)
        status = BindingAckStatus[str(values["status"])]
        accepted = values["sequence"]
        assert accepted is None or isinstance(accepted, int)
        entry = None if is_rejection(status) else step.environment.get("entry")
        held = self._link_local.get(entry)
        generated = None if entry is None else self._generated_address(entry)
        answer = Answer(
            status=status,
            lifetime=answered.lifetime,
            prefixes=home_network_prefixes(self._prefix(values["prefix"])),
            generated=generated,
            now=answered.time_of_day,
            held=held,
            is_new=entry not in self._link_local,
            accepted_sequence=accepted,
        )
        if generated is not None:
            kept = held_link_local_address(request, held, generated)
            self._link_local[entry] = kept
        message = acknowledge(
            request,
            answer,
            exchange_rules=self._exchange_rules,
            field_rules=self._field_rules,
        )
        gateway = self._address(values, header)
        source, destination = answer_addresses(
            gateway, header.destination, self._address_rules
        )
        octets = encode(message, source, destination, lies=self._lies)
        return encode_ipv6(source, destination, octets)

    def _address(self, values: dict[str, Value], header: Ipv6Packet) -> IPv6Address:
        """The gateway that is answered; an unlisted one is the sender of the request."""
        gateway = values["gateway"]
        if gateway == UNLISTED_GATEWAY:
            return header.source
        return IPv6Address(str(gateway))

    def _prefix(self, element: Value) -> Value:
        """The prefix on the wire for an element; the last unlisted one for theirs."""
        if element is None or element == UNLISTED_PREFIX:
            return None if element is None else self._foreign
        return prefix_of(element)

    def _generated_address(self, entry: Element) -> IPv6Address:
        """The link-local address of the gateway for an entry that has none."""
        fixed = self.settings.fixed_mag_link_local_address_on_all_access_links
        if fixed != UNSPECIFIED:
            return fixed
        number = self._model.configuration.entries.index(entry) + 1
        return IPv6Address(_GENERATED | number)

    # ---- time ------------------------------------------------------------------------

    def advance(self, now_ms: int) -> list[bytes]:
        """Let time pass; what falls due meanwhile happens in order, each at its time.

        Gives the packets that it sends of its own accord: answers to requests that it
        has made wait.
        """
        sent: list[bytes] = []
        while self._now_ms < now_ms:
            ahead = now_ms - self._now_ms
            due = self._machine.remaining()
            ticks = ahead if due is None else min(due, ahead)
            self._machine.elapse(ticks)
            self._now_ms += ticks
            for timer, args in list(self._machine.due()):
                held = self._held.get(args[0])
                durations = None if held is None else held.durations
                step = self._machine.expire(timer, args, durations)
                if step is not None:
                    self._report(f"{args[0]}: {step.name}")
                    if held is not None:
                        sent += [
                            self._acknowledgement(held, answer, step)
                            for answer in _acknowledged(step)
                        ]
                    self._forget(step)
        return self._protected(sent)

    def next_deadline(self) -> int | None:
        """When the next timer falls due; None where none runs."""
        due = self._machine.remaining()
        return None if due is None else self._now_ms + due

    # ---- the binding cache -----------------------------------------------------------

    def _cell(self, name: str, *args: Element) -> Value:
        return self._machine.state.cells[self._model.cells[name, args]]

    def _has_session(self, prefix: Element) -> bool:
        """Whether an entry has the prefix, or the set of prefixes."""
        entries = self._model.configuration.entries
        return any(self._cell("bce_prefix", entry, prefix) for entry in entries)

    def _is_free(self, entry: Element) -> bool:
        return self._cell("bce_state", entry) == BindingState.FREE.name

    def _forget(self, step: Transition) -> None:
        """Drop what belonged to the entry of a step, if it is gone, and who has waited."""
        entry = step.environment.get("entry")
        if entry in self._link_local and self._is_free(entry):
            del self._link_local[entry]
        for node in [n for n in self._held if not self._is_waiting(n)]:
            del self._held[node]

    def state(self) -> list[BindingCacheEntry]:
        """The entries of the binding cache."""
        return [
            self._readable(entry)
            for entry in self._model.configuration.entries
            if not self._is_free(entry)
        ]

    def _readable(self, entry: Element) -> BindingCacheEntry:
        chosen = self._model.configuration
        node = self._cell("bce_node", entry)
        held = self._link_local.get(entry)
        timers = [
            self._machine.state.timers[self._model.timers[name, (entry,)]]
            for name in (binding_lifetime.name, min_delay_before_bce_delete.name)
        ]
        return BindingCacheEntry(
            entry=str(entry),
            state=str(self._cell("bce_state", entry)),
            node=node.decode() if isinstance(node, bytes) else str(node),
            prefixes=tuple(
                str(network)
                for p in chosen.prefixes
                if self._cell("bce_prefix", entry, p)
                for network in networks_of(self._prefix(p))
            ),
            proxy_coas=tuple(
                str(g) for g in chosen.gateways if self._cell("bce_proxy_coa", entry, g)
            ),
            link_local_address=None if held is None else held.address,
            remaining_ms=min((t - 1 for t in timers if t), default=None),
            link_layer_identifier=cast(
                "str | None", as_text(self._cell(bce_link_layer.name, entry))
            ),
            access_technology_type=cast(
                "int | None", as_text(self._cell(bce_technology.name, entry))
            ),
            sequence=cast("int | None", as_text(self._cell(bce_sequence.name, entry))),
        )

    def held(self) -> Held:
        """What else its next step depends on (conformance/held_state.py)."""
        cells = held_cells(
            self._model,
            self._machine.state,
            without=_IN_ENTRIES,
            prefixes=lambda told: as_text(networks_of(self._prefix(told))),
        )
        waiting = {
            node: encode(held.request, held.header.source, held.header.destination)
            for node, held in self._held.items()
        }
        return {
            **cells,
            **told(waiting_requests=waiting, fragments=self._fragments.pieces()),
        }
