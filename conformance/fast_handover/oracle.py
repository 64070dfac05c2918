"""What a gateway with fast handover has to send, while a case goes on.

The oracle is a reference gateway beside the one under test, which gets the same packets
at the same times.  It acts by the tables of the model and notes what its handover
messages follow from, so that the choices that a gateway has are not held against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any, cast

from pmip6.conformance.fast_handover.gateway import (
    ADVERTISES_EARLY,
    FastHandoverGateway,
)
from pmip6.conformance.mag.port import Sent, ToNetwork
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.messages import RouterAdvertisement, discovery_options_of
from pmip6.model.discovery.options import PrefixInformation
from pmip6.model.fast_handover.construction import (
    Answered,
    Asked,
    acknowledge_faults,
    initiate_faults,
)
from pmip6.model.fast_handover.context import HandoverContext
from pmip6.model.language.interpreter import Transition
from pmip6.model.mag.due_requests import BEHIND_REQUEST
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
        because: Of a Proxy Binding Update and of handover signalling: what asks for it;
            None where that is what the case is about.
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

    def faults(self, sent: Sent) -> list[tuple[tuple[str, ...], str]]:
        """What is wrong with a packet that has the signature: ids and text."""
        read = decode_packet(sent.packet)
        if read is None:
            return []
        message = read[1].message
        if isinstance(message, HandoverInitiate) and self.asked is not None:
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


AT_RATE = ("5568-5.4-3",)
"""What advises a gateway to let held packets leave at the rate at which they came."""
EARLY = ("5949-5.2-1",)
"""What advises a gateway to advertise before the registration."""
COMPARED = (
    HandoffIndicator.BETWEEN_INTERFACES,
    HandoffIndicator.BETWEEN_GATEWAYS_SAME_INTERFACE,
)
"""What a gateway says of a handoff that has compared the identifiers of before and now."""


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
        return to, *ends, f"packet with GRE key {keyed.key:#x}", keyed.original[40:]
    return to, *ends, "packet", header.payload


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
    """A reference gateway that notes what its handover messages follow from."""

    def __init__(self, settings: GatewaySettings, **others: Any) -> None:
        self._reasons: dict[bytes, Due] = {}
        self._early: list[Sent] = []  # advertisements before the registration
        self._behind: dict[bytes, tuple[str, ...]] = {}  # requests to the anchor
        self._because: tuple[str, ...] | None = None  # of the rule that is taken
        self._turns: dict[bytes, int] = {}  # of packets that were held back
        self._left_ms = 0  # when all would have left, had none left at once
        super().__init__(settings, **others)

    def deadline(self, timer: str) -> int | None:
        """When a timer of the only node falls due; None where it does not run."""
        (node,) = self._visitors
        return self._handover.deadline(timer, node)

    def due(self, sent: list[Sent]) -> list[Due]:
        """What has to come, given what the oracle has just sent."""
        return [
            self._reasons.get(each.packet)
            or Due(
                each,
                is_early=any(each is early for early in self._early),
                turn_ms=self._turns.pop(each.packet, None),
                because=self._behind.get(each.packet),
            )
            for each in sent
        ]

    def releasing_until(self) -> int | None:
        """By when held packets have left that leave now; None where none are left."""
        is_releasing = any(buffer.is_draining for buffer in self._buffers.values())
        return self._left_ms if is_releasing else None

    def _drain(self, node: bytes) -> None:
        buffer, before = self._buffers[node], len(self._out)
        if not buffer.is_draining:
            took_ms = buffer.waiting[-1].came_ms - buffer.waiting[0].came_ms
            self._left_ms = self._handover.now_ms + took_ms
        super()._drain(node)
        for kept, sent in zip(buffer.waiting, self._out[before:], strict=False):
            if kept.due_ms is not None:
                self._turns[sent.packet] = kept.due_ms

    def _taken(self, step: Transition) -> None:
        before = len(self._out)
        self._because = None if step.rule is None else step.rule.requirements or None
        super()._taken(step)
        if step.name == ADVERTISES_EARLY:
            self._note_early(before)
        for sent in self._out[before:] if step.name in BEHIND_REQUEST else ():
            if "PBU" in signature_of(sent):
                self._behind[sent.packet] = BEHIND_REQUEST[step.name]

    def _repeat_advertisement(self, node: bytes) -> None:
        before = len(self._out)
        super()._repeat_advertisement(node)
        self._note_early(before)

    def _note_early(self, before: int) -> None:
        self._early += self._out[before:]

    def _initiate(self, node: bytes, asked: Asked) -> None:
        known = self._about(node)
        super()._initiate(node, asked)
        self._note(asked=(asked, known))

    def _answer(
        self,
        request: HandoverInitiate,
        other: IPv6Address,
        decided: Asked,
        known: HandoverContext,
    ) -> None:
        super()._answer(request, other, decided, known)
        self._note(answered=Answered(request, decided, known))

    def _note(
        self,
        asked: tuple[Asked, HandoverContext] | None = None,
        answered: Answered | None = None,
    ) -> None:
        last = self._out[-1]
        because = self._because
        self._reasons[last.packet] = Due(last, asked, answered, because=because)
