"""What a gateway with fast handover has to send, while a case goes on.

The oracle is a reference gateway beside the one under test, which gets the same packets
at the same times.  It acts by the tables of the model and notes what its handover
messages follow from, so that the choices that a gateway has are not held against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv6Address
from typing import Any, cast

from pmip6.conformance.fast_handover.gateway import (
    ADVERTISES_EARLY,
    FastHandoverGateway,
)
from pmip6.conformance.mag.port import Sent, ToNetwork
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.verdict import level_of
from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.messages import RouterAdvertisement, discovery_options_of
from pmip6.model.discovery.options import PrefixInformation
from pmip6.model.fast_handover.acknowledge import Answered, acknowledge_faults
from pmip6.model.fast_handover.construction import Asked
from pmip6.model.fast_handover.context import HandoverContext, all_context
from pmip6.model.fast_handover.due_messages import (
    ANSWER_TO_NONE,
    BEHIND_ACKNOWLEDGE,
    BEHIND_HANDOVER_REQUEST,
    BEHIND_INITIATE,
)
from pmip6.model.fast_handover.forwarding import (
    ENCAPSULATION,
    FAST_HANDOVER_RULES,
    FLOW_KEY,
    TunnelForm,
)
from pmip6.model.fast_handover.initiate import initiate_faults
from pmip6.model.language.interpreter import Transition
from pmip6.model.mag.advertisement_rules import ADVERTISEMENT_RULES
from pmip6.model.mag.due_requests import AGAINST_REQUEST
from pmip6.model.mag.forwarding import Forwarded
from pmip6.model.requirements.tables import Level
from pmip6.model.wire.abstraction import network
from pmip6.model.wire.gre import read_gre
from pmip6.model.wire.ipv6 import IPPROTO_IPV6, decode_ipv6, decode_packet
from pmip6.model.wire.messages import (
    HandoverAcknowledge,
    HandoverInitiate,
    ProxyBindingUpdate,
    option_of,
    options_of,
)
from pmip6.model.wire.numbers import IPPROTO_GRE, HandoffIndicator
from pmip6.model.wire.options import HandoffIndicatorOption, HomeNetworkPrefix

Signature = tuple[object, ...]
"""What has to be the same of two packets: kind, ends, and what they are about."""


@dataclass(frozen=True)
class Due:
    """Something that has to come.

    Args:
        sent: What the oracle has sent.
        asked: Of a Handover Initiate: what it follows from, and the context.
        answered: Of a Handover Acknowledge: what it follows from.
        is_early: It is an advertisement before the registration, which is advice alone.
        turn_ms: Of a packet that was held back: when it leaves at the rate at which it
            came; None where it may leave at once.
        because: What asks for it; None where that is what the case is about.
    """

    sent: Sent
    asked: tuple[Asked, HandoverContext] | None = None
    answered: Answered | None = None
    is_early: bool = False
    turn_ms: int | None = None
    because: tuple[str, ...] | None = None

    @property
    def signature(self) -> Signature:
        """What a packet of the gateway under test has to have in common with it."""
        return signature_of(self.sent)

    @property
    def initiate(self) -> int | None:
        """The number of the oracle's Handover Initiate; None of any other packet."""
        return number_of_initiate(self.sent)

    @property
    def is_free(self) -> bool:
        """A gateway may do without it."""
        return bool(self.because) and level_of(self.because or ()) is Level.MAY

    def faults(self, sent: Sent) -> list[tuple[tuple[str, ...], str]]:
        """What is wrong with a packet that has the signature: ids and text."""
        read = decode_packet(sent.packet)
        if read is None:
            return []
        message = read[1].message
        if isinstance(message, HandoverInitiate) and self.asked is not None:
            message = _without_told(message, *self.asked)
            wrong = initiate_faults(message, *self.asked)
            return [(fault.requirements, fault.text) for fault in wrong]
        if isinstance(message, HandoverAcknowledge) and self.answered is not None:
            found = acknowledge_faults(message, self.answered)
            return [(fault.requirements, fault.text) for fault in found]
        if isinstance(message, ProxyBindingUpdate):
            return list(self._of_interfaces(message))
        return []

    def _of_interfaces(
        self, message: ProxyBindingUpdate
    ) -> Iterator[tuple[tuple[str, ...], str]]:
        """A request that tells of another handoff than the two identifiers do."""
        read = decode_packet(self.sent.packet)
        assert read is not None and read[1].message is not None
        told, due = (
            option_of(each, HandoffIndicatorOption)
            for each in (message, read[1].message)
        )
        if due is None or due.value not in COMPARED:
            return
        if told is None or told.value != due.value:
            given = "no indicator" if told is None else f"{told.value}"
            text = f"the link-layer identifiers mean handoff {due.value}, not {given}"
            yield ("5949-4.1-9",), text


def _without_told(
    message: HandoverInitiate, asked: Asked, known: HandoverContext
) -> HandoverInitiate:
    """A later HI without the context that it tells once more, as it may."""
    if asked["prefix"] is not None:
        return message
    again = set(all_context(replace(known, gre_key=None)))
    return replace(message, options=tuple(o for o in message.options if o not in again))


AT_RATE = ("5568-5.4-3",)
"""What advises a gateway to let held packets leave at the rate at which they came."""
EARLY = ("5949-5.2-1",)
"""What advises a gateway to advertise before the registration."""
WITHDRAWAL, WITHDRAWING = ("5949-5.2-3",), ("withdraw_prefix",)
"""What asks for the withdrawal of a prefix, and the rule of it."""
WITHOUT_SESSION, FOREIGN = "advertisement without a session", "foreign prefixes"
"""The rows that an advertisement breaks which does not have to come."""
COMPARED = (
    HandoffIndicator.BETWEEN_INTERFACES,
    HandoffIndicator.BETWEEN_GATEWAYS_SAME_INTERFACE,
)
"""What a gateway says of a handoff that has compared the identifiers of before and now."""


GRE_KIND = "packet with GRE key"


def signature_of(sent: Sent) -> Signature:
    """What is compared of a packet; numbers and times are a gateway's own."""
    to: object = "network" if isinstance(sent, ToNetwork) else sent.node
    header = decode_ipv6(sent.packet)
    if header is None:
        return to, "no IPv6", sent.packet
    ends = header.source, header.destination
    signalling = decode_packet(sent.packet)
    if signalling is not None:
        return to, *ends, *_of_message(signalling[1].message)
    discovery = decode_discovery_packet(sent.packet)
    if discovery is not None and isinstance(discovery[1].message, RouterAdvertisement):
        told = discovery_options_of(discovery[1].message, PrefixInformation)
        prefixes = frozenset((o.prefix, o.valid_lifetime > 0) for o in told)
        return to, "RA", prefixes
    if header.next_header == IPPROTO_IPV6:
        return to, *ends, "tunnel packet", header.payload[40:]
    keyed = read_gre(header.payload) if header.next_header == IPPROTO_GRE else None
    if keyed is not None:
        return to, *ends, f"{GRE_KIND} {keyed.key:#x}", keyed.original[40:]
    return to, *ends, "packet", header.payload


def number_of_initiate(sent: Sent) -> int | None:
    """The number of a Handover Initiate; None of any other packet."""
    read = decode_packet(sent.packet)
    message = None if read is None else read[1].message
    return message.sequence if isinstance(message, HandoverInitiate) else None


def user_data(sent: Sent) -> bytes | None:
    """What a user packet carries, in a tunnel or not; None of any other packet."""
    *_, kind, data = signature_of(sent)
    return data if kind != "no IPv6" and isinstance(data, bytes) else None


def other_form(found: Signature, wanted: Signature) -> TunnelForm | None:
    """What is wrong with the tunnel header of a user packet that has to come.

    None where it is not that packet, or goes elsewhere.
    """
    if len(found) != 5 or len(wanted) != 5 or found[:3] != wanted[:3]:
        return None
    (kind, data), (due, text) = found[3:], wanted[3:]
    if kind == due or not isinstance(data, bytes) or not isinstance(text, bytes):
        return None
    if not data.endswith(text):
        return None
    has_key = all(GRE_KIND in str(each) for each in (kind, due))
    return FLOW_KEY if has_key else ENCAPSULATION


def advertises(signature: Signature) -> bool:
    """Whether a signature is that of a Router Advertisement."""
    return signature[1:2] == ("RA",)


def without_withdrawals(signature: Signature) -> Signature | None:
    """What is left where the node has heard nothing that could be withdrawn; None: nothing."""
    if not advertises(signature):
        return signature
    prefixes = cast("frozenset[tuple[object, bool]]", signature[2])
    told = frozenset(each for each in prefixes if each[1])
    return (*signature[:2], told) if told or not prefixes else None


def _of_message(message: object) -> Signature:
    match message:
        case HandoverInitiate():
            return ("HI",)
        case HandoverAcknowledge():
            return "HAck", message.sequence
        case ProxyBindingUpdate():
            prefixes = frozenset(options_of(message, HomeNetworkPrefix))
            return "PBU", message.lifetime == 0, prefixes
        case _:
            return (type(message).__name__,)


def packet_in_words(sent: Sent) -> str:
    """What is compared of a packet, for people."""
    where = (
        "" if isinstance(sent, ToNetwork) else f", on the link of {sent.node.hex(':')}"
    )
    header = decode_ipv6(sent.packet)
    if header is None:
        return f"a packet that is no IPv6{where}"
    ends = f" from {header.source} to {header.destination}"
    signalling = decode_packet(sent.packet)
    if signalling is not None:
        return f"{_message_in_words(signalling[1].message)}{ends}{where}"
    discovery = decode_discovery_packet(sent.packet)
    if discovery is not None and isinstance(discovery[1].message, RouterAdvertisement):
        told = sorted(
            f"{o.prefix}{'' if o.valid_lifetime else ' (withdrawn)'}"
            for o in discovery_options_of(discovery[1].message, PrefixInformation)
        )
        return f"RA with {' and '.join(told) or 'no prefix'}{where}"
    kind = "a tunnel packet" if header.next_header == IPPROTO_IPV6 else "a packet"
    return f"{kind}{ends}{where}"


def _message_in_words(message: object) -> str:
    match message:
        case HandoverInitiate():
            return "HI"
        case HandoverAcknowledge():
            return f"HAck with sequence number {message.sequence}"
        case ProxyBindingUpdate():
            options = options_of(message, HomeNetworkPrefix)
            named = sorted(str(network(o) or "any prefix") for o in options)
            ends = " that de-registers" if message.lifetime == 0 else ""
            return f"PBU{ends} with {' and '.join(named) or 'no prefix'}"
        case _:
            return type(message).__name__


class HandoverOracle(FastHandoverGateway):
    """A reference gateway that notes what its packets follow from.

    Args:
        settings: What it is told.
        interface: The interface identifier of the node, which a gateway may know.
        others: As for any such gateway.
    """

    def __init__(
        self, settings: GatewaySettings, interface: bytes, **others: Any
    ) -> None:
        self._interface = interface
        self._reasons: dict[bytes, list[Due]] = {}  # of the same octets, sent again
        self._early: list[Sent] = []  # advertisements before the registration
        self._behind: dict[
            bytes, tuple[str, ...]
        ] = {}  # RAs and requests to the anchor
        self._turns: dict[bytes, int] = {}  # of packets that were held back
        self._ways: dict[bytes, tuple[str, ...] | None] = {}  # by what packets carry
        self._at_hand: bytes | None = None  # what the packet carries that goes its way
        self._step = ""  # the rule that was taken last
        self._left_ms = 0  # when all would have left, had none left at once
        super().__init__(settings, **others)

    def deadline(self, timer: str) -> int | None:
        """When a timer of the only node falls due; None where it does not run."""
        (node,) = self._visitors
        return self._handover.deadline(timer, node)

    def due(self, sent: list[Sent]) -> list[Due]:
        """What has to come, given what the oracle has just sent."""
        return [
            self._reason(each)
            or Due(
                each,
                is_early=any(each is early for early in self._early),
                turn_ms=self._turns.pop(each.packet, None),
                because=self._because(each),
            )
            for each in sent
        ]

    def _reason(self, sent: Sent) -> Due | None:
        noted = self._reasons.get(sent.packet, [])
        last = noted[-1] if noted else None
        return next((due for due in noted if due.sent is sent), last)

    def _because(self, sent: Sent) -> tuple[str, ...] | None:
        data = user_data(sent)
        found = None if data is None else self._ways.get(data)
        return self._behind.get(sent.packet) if found is None else found

    def against(self, sent: Sent) -> tuple[str, ...] | None:
        """What a packet breaks that nothing asks for; None where it is free to come.

        Empty where no requirement forbids it.
        """
        signature, data = signature_of(sent), user_data(sent)
        if data is not None:
            return self._ways.get(data, ())
        if "HAck" in signature:
            return ANSWER_TO_NONE
        if advertises(signature):
            rows = {row.name: row for row in ADVERTISEMENT_RULES}
            (node,) = self._visitors
            is_served = self._handover.is_granted(node)
            return rows[FOREIGN if is_served else WITHOUT_SESSION].requirements
        return AGAINST_REQUEST.get(self._step, ()) if "PBU" in signature else ()

    def releasing_until(self) -> int | None:
        """By when held packets have left that leave now; None where none are left."""
        is_releasing = any(buffer.is_draining for buffer in self._buffers.values())
        return self._left_ms if is_releasing else None

    # ---- user packets --------------------------------------------------------------------

    def _forward(self, node: bytes, link_layer: bytes, packet: bytes) -> None:
        self._at_hand = user_data(ToNetwork(packet))
        super()._forward(node, link_layer, packet)

    def _receive_other(self, packet: bytes) -> None:
        self._at_hand = user_data(ToNetwork(packet))
        super()._receive_other(packet)

    def _pass_on(self, sender: bytes | None, passed: Forwarded | None) -> None:
        if passed is not None and self._at_hand is not None:
            rows = {row.name: row.requirements for row in FAST_HANDOVER_RULES}
            self._ways[self._at_hand] = rows[passed.rule]
        super()._pass_on(sender, passed)

    def _drain(self, node: bytes) -> None:
        buffer, before = self._buffers[node], len(self._out)
        if not buffer.is_draining:
            took_ms = buffer.waiting[-1].came_ms - buffer.waiting[0].came_ms
            self._left_ms = self._handover.now_ms + took_ms
        super()._drain(node)
        for kept, sent in zip(buffer.waiting, self._out[before:], strict=False):
            if kept.due_ms is not None:
                self._turns[sent.packet] = kept.due_ms
        if node not in self._buffers and len(self._out) == before:
            for kept in buffer.waiting:  # that nobody gets it is a choice of the oracle
                self._ways[user_data(ToNetwork(kept.packet)) or b""] = None

    # ---- signalling ----------------------------------------------------------------------

    def _taken(self, step: Transition) -> None:
        before, self._step = len(self._out), step.name
        super()._taken(step)
        if step.name == ADVERTISES_EARLY:
            self._note_early(before)
        rule = None if step.rule is None else step.rule.requirements
        for sent in self._out[before:]:
            if "PBU" in signature_of(sent):
                known = BEHIND_HANDOVER_REQUEST.get(step.name, rule)
            elif step.name in WITHDRAWING:
                known = WITHDRAWAL
            else:
                known = rule
            if known is not None:
                self._behind[sent.packet] = known

    def _repeat_advertisement(self, node: bytes) -> None:
        before = len(self._out)
        super()._repeat_advertisement(node)
        self._note_early(before)

    def _note_early(self, before: int) -> None:
        self._early += self._out[before:]

    def _initiate(self, node: bytes, asked: Asked) -> None:
        known, told = self._about(node), self.settings
        fixed = told.fixed_mag_link_local_address
        known = replace(
            known,
            interface_identifier=known.interface_identifier or self._interface,
            link_local=fixed if told.fixes_link_local_address else known.link_local,
        )
        super()._initiate(node, asked)
        self._note(BEHIND_INITIATE.get(self._step), asked=(asked, known))

    def _answer(
        self,
        request: HandoverInitiate,
        other: IPv6Address,
        decided: Asked,
        known: HandoverContext,
    ) -> None:
        super()._answer(request, other, decided, known)
        self._note(BEHIND_ACKNOWLEDGE, answered=Answered(request, decided, known))

    def _note(
        self,
        because: tuple[str, ...] | None,
        asked: tuple[Asked, HandoverContext] | None = None,
        answered: Answered | None = None,
    ) -> None:
        last = self._out[-1]
        due = Due(last, asked, answered, because=because)
        self._reasons.setdefault(last.packet, []).append(due)
