"""The wire form of a run: octets and meaning of every message, side by side.

Elements of the model get fixed addresses, identifiers and prefixes of the documentation
range; the n-th timestamp of a run is n seconds after a fixed time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from itertools import chain
from typing import cast

from pmip6.model.domain import Element, Model
from pmip6.model.language.interpreter import Message, Transition, Value
from pmip6.model.language.table import Channel
from pmip6.model.language.terms import Sort
from pmip6.model.lma.acknowledgement import acknowledge
from pmip6.model.lma.answer import Answer
from pmip6.model.shipped.configurations import members
from pmip6.model.state import GATEWAY, MOBILE_NODE, PREFIX, TIME
from pmip6.model.wire.abstraction import (
    concrete_request,
    fields_of,
    home_network_prefixes,
    prefix_value,
)
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.messages import ProxyBindingAcknowledgement, ProxyBindingUpdate
from pmip6.model.wire.numbers import AccessTechnologyType, BindingAckStatus
from pmip6.model.wire.options import (
    HomeNetworkPrefix,
    MobilityOption,
    Timestamp,
)

LMA_ADDRESS = IPv6Address("2001:db8:1::1")
LIFETIME = 75  # units of 4 s
EPOCH = Timestamp.from_seconds(1_700_000_000).value
SECOND = 1 << 16


@dataclass(frozen=True)
class WireMessage:
    """One message of a run: who sends it to whom, its octets, and what they say."""

    kind: str
    source: IPv6Address
    destination: IPv6Address
    octets: bytes
    message: ProxyBindingUpdate | ProxyBindingAcknowledgement


class WirePlan:
    """Wire values for the elements of a model, and the requests sent so far."""

    def __init__(self, model: Model) -> None:
        chosen = model.configuration
        self._nodes = {
            n: f"{n}@example.org".encode() for n in sorted(map(str, chosen.nodes))
        }
        self._gateways = {
            g: IPv6Address(int(LMA_ADDRESS) + 0x10 + i)
            for i, g in enumerate(chosen.gateways)
        }
        self._prefixes = {
            p: IPv6Network((int(IPv6Address("2001:db8:100::")) + ((i + 1) << 64), 64))
            for i, p in enumerate(dict.fromkeys(chain(*map(members, chosen.prefixes))))
        }
        self._links = {
            (n, interface): bytes((2, 0, 0, 0, j, i))
            for i, n in enumerate(chosen.nodes, 1)
            for j, interface in enumerate(chosen.link_layers or (None,), 1)
        }
        self._sequences: dict[Element, int] = {}
        self._requests: dict[tuple[Value, Value, Value], ProxyBindingUpdate] = {}

    def value(self, sort: Sort, value: Value) -> Value:
        """The wire value of an element, or the value itself."""
        if value is None:
            return None
        if sort == MOBILE_NODE:
            return self._nodes[str(value)]
        if sort == GATEWAY:
            return self._gateways[value]
        if sort == PREFIX:
            return prefix_value(self._prefixes[p] for p in members(value))
        if sort == TIME:
            assert isinstance(value, int)
            return EPOCH + value * SECOND
        return value

    def messages(self, step: Transition) -> tuple[WireMessage, ...]:
        """The wire form of what a step sends.  Copies by a channel are not sent anew."""
        if step.rule is None or step.rule.role.value == "channel":
            return ()
        return tuple(self._wire(channel, message) for channel, message in step.sent)

    def _wire(self, channel: Channel, message: Message) -> WireMessage:
        abstract = fields_of(message, channel.fields)
        concrete = tuple(
            self.value(sort, value)
            for (_, sort), value in zip(channel.fields, message, strict=True)
        )
        fields = fields_of(concrete, channel.fields)
        gateway = fields["gateway"]
        assert isinstance(gateway, IPv6Address)
        node = abstract["node"]
        if channel.name == "pbu":
            interface = {
                "link_layer": self._links.get((node, abstract["link_layer"])),
                "technology": int(AccessTechnologyType.IEEE_802_11),
                "sequence": self._sequence(gateway, abstract["sequence"]),
            }
            concrete = tuple(
                interface.get(name, value)
                for (name, _), value in zip(channel.fields, concrete, strict=True)
            )
            request = concrete_request(concrete, lifetime=LIFETIME)
            self._requests[node, gateway, abstract["timestamp"]] = request
            return self._message("PBU", gateway, LMA_ADDRESS, request)
        request = self._requests[node, gateway, abstract["request"]]
        answer = Answer(
            status=BindingAckStatus[str(abstract["status"])],
            lifetime=request.lifetime,
            prefixes=home_network_prefixes(fields["prefix"]),
            generated=None,
            now=EPOCH + SECOND * 100,
            accepted_sequence=cast("int | None", abstract["sequence"]),
        )
        return self._message("PBA", LMA_ADDRESS, gateway, acknowledge(request, answer))

    def _sequence(self, gateway: Element, chosen: Value) -> Value:
        """The number that the model has chosen, else the next of the gateway."""
        if chosen is not None:
            return chosen
        self._sequences[gateway] = self._sequences.get(gateway, 0) + 1
        return self._sequences[gateway]

    def _message(
        self,
        kind: str,
        source: IPv6Address,
        destination: IPv6Address,
        message: ProxyBindingUpdate | ProxyBindingAcknowledgement,
    ) -> WireMessage:
        octets = encode(message, source, destination)
        return WireMessage(kind, source, destination, octets, message)


def meaning(
    message: ProxyBindingUpdate | ProxyBindingAcknowledgement,
) -> dict[str, object]:
    """The fields of a message as plain data, by the names of the RFCs."""
    plain: dict[str, object] = {
        "sequence": message.sequence,
        "lifetime": message.lifetime,
        "proxy": message.proxy,
    }
    if isinstance(message, ProxyBindingAcknowledgement):
        plain["status"] = int(message.status)
    else:
        plain["acknowledge"] = message.acknowledge
        plain["home_registration"] = message.home_registration
    plain["options"] = [_option(o) for o in message.options]
    return plain


def _option(option: MobilityOption) -> dict[str, object]:
    plain: dict[str, object] = {
        "option": type(option).__name__,
        "type": option.type_number,
        "data": option.data().hex(),
    }
    if isinstance(option, HomeNetworkPrefix):
        plain["prefix"] = f"{option.prefix}/{option.prefix_length}"
    elif isinstance(option, Timestamp):
        plain["seconds"] = option.value / SECOND
    return plain


def wire_steps(
    model: Model, steps: Iterable[Transition]
) -> list[tuple[Transition, tuple[WireMessage, ...]]]:
    """Each step of a run with the wire form of what it sends."""
    plan = WirePlan(model)
    return [(step, plan.messages(step)) for step in steps]
