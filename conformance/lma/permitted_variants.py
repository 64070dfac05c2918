"""Anchors that choose otherwise where the RFC leaves a choice; every case has to pass.

They test the tester: a judge that fails one of them asks for more than the RFC.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv6Network
from typing import TypeAlias

from pmip6.conformance.lma.changed_codecs import SAME_CODEC, ChangedCodec
from pmip6.conformance.lma.declaration import Declaration, Domain
from pmip6.conformance.lma.domain import SESSIONS
from pmip6.conformance.lma.in_memory import (
    reference_declaration,
    reference_esp,
    run_case_in_memory,
    waiting_declaration,
)
from pmip6.conformance.lma.settings import AnchorSettings, NodeSettings
from pmip6.conformance.results import CaseResult
from pmip6.conformance.wire.esp_end import EspSettings
from pmip6.model.lma.acknowledgement import EXCHANGE_RULES, FIELD_RULES
from pmip6.model.lma.answer import Answer, ExchangeRule, Expected, FieldRule
from pmip6.model.state import sequence_numbers
from pmip6.model.wire.encoding import PaddingStyle, encode
from pmip6.model.wire.ipv6 import decode_packet, encode_ipv6
from pmip6.model.wire.messages import BindingError, ProxyBindingUpdate
from pmip6.model.wire.options import BindingRefreshAdvice, MobilityOption
from pmip6.vectors.lma.purposes import Purpose
from pmip6.vectors.packs.wire_form import vendor_options

ExpectedOptions: TypeAlias = Callable[[ProxyBindingUpdate, Answer], Expected]

STATIC = IPv6Network("2001:db8:140::/48")
"""Where nodes get prefixes of their own from that would have one of the pool."""


def _as_told(settings: AnchorSettings) -> AnchorSettings:
    return settings


@dataclass(frozen=True)
class PermittedVariant:
    """An anchor that makes another choice than the reference anchor.

    Args:
        name: Its name.
        text: The choice, in words.
        settings: What it is told, from what the reference anchor would be told.
        exchange_rules: How options of its answers follow, in the order in which they
            stand in the answer.
        padding: How it pads its answers.
        reading: A switch of docs/findings.md that it declares; empty for none.
        warning: Id of the requirement with SHOULD that it does not follow, for a reason of
            its own; empty for none.
        requirements: Ids of the permissions that it uses.
        field_rules: How fields of its answers follow.
        codec: How it writes what it sends.
        by_nodes: Nodes make the timestamps of its domain.
        esp: Its security associations with the tester.
        waits: It waits for the end of a node's other session before it makes a new one.
    """

    name: str
    text: str
    settings: Callable[[AnchorSettings], AnchorSettings] = _as_told
    exchange_rules: tuple[ExchangeRule, ...] = EXCHANGE_RULES
    padding: PaddingStyle = PaddingStyle.MINIMAL
    reading: str = ""
    warning: str = ""
    requirements: tuple[str, ...] = ()
    field_rules: tuple[FieldRule, ...] = FIELD_RULES
    codec: ChangedCodec = SAME_CODEC
    by_nodes: bool = False
    esp: tuple[EspSettings, ...] = ()
    waits: bool = False

    def declaration(self) -> Declaration:
        """What is declared of it."""
        declared = waiting_declaration() if self.waits else reference_declaration()
        readings = declared.readings
        if self.reading:
            readings = readings.model_copy(update={self.reading: True})
        domain = Domain(mobile_node_generated_timestamp_in_use=self.by_nodes)
        changed = {"readings": readings, "domain": domain, "esp": self.esp}
        return declared.model_copy(update=changed)

    def run(self, purpose: Purpose) -> CaseResult:
        """Run one case against it, in memory."""
        return run_case_in_memory(
            purpose,
            self.declaration(),
            exchange_rules=self.exchange_rules,
            field_rules=self.field_rules,
            settings=self.settings,
            padding=self.padding,
            link_to=self.codec.link,
        )


def _with_own_prefixes(settings: AnchorSettings) -> AnchorSettings:
    """Each node that has none, but would get one, has prefixes in its profile.

    It has one for each session that it may have.
    """
    own = STATIC.subnets(new_prefix=64)

    def provided(node: NodeSettings) -> NodeSettings:
        if node.prefixes or not node.from_pool or not node.enabled:
            return node
        prefixes = tuple(itertools.islice(own, SESSIONS))
        return node.model_copy(update={"prefixes": prefixes, "from_pool": False})

    return settings.model_copy(update={"nodes": tuple(map(provided, settings.nodes))})


def _with_two_prefixes(settings: AnchorSettings) -> AnchorSettings:
    """A session gets two prefixes; what a node may ask for by name stays one."""
    own = STATIC.subnets(new_prefix=64)

    def provided(node: NodeSettings) -> NodeSettings:
        if not node.prefixes:
            return node
        first, *others = node.prefixes
        return node.model_copy(update={"prefixes": (first, next(own), *others)})

    nodes = tuple(map(provided, settings.nodes))
    switches = (*settings.switches, "several_prefixes")
    changed = {"nodes": nodes, "prefixes_per_session": 2, "switches": switches}
    return settings.model_copy(update=changed)


def _by_number(settings: AnchorSettings) -> AnchorSettings:
    """Requests have a timestamp only where a case is about those that do."""
    others = (s for s in settings.switches if s != sequence_numbers.name)
    changed = {"timestamp_based_approach_in_use": False, "switches": tuple(others)}
    return settings.model_copy(update=changed)


def _with_shorter_lifetimes(settings: AnchorSettings) -> AnchorSettings:
    less = max(1, settings.maximum_lifetime_units // 2)
    return settings.model_copy(update={"maximum_lifetime_units": less})


def _vendor_specific(request: ProxyBindingUpdate, answer: Answer) -> Expected:
    return Expected((), (vendor_options(),))


def _refresh_advice(request: ProxyBindingUpdate, answer: Answer) -> Expected:
    """Half of the lifetime that is granted, where half of it is something."""
    interval = answer.lifetime // 2
    if answer.is_rejection or request.lifetime == 0 or not interval:
        return Expected((), ((),))
    return Expected((), ((BindingRefreshAdvice(interval),),))


def _lifetime_in_refusals(request: ProxyBindingUpdate, answer: Answer) -> int:
    return 0xFFFF if answer.is_rejection else answer.lifetime


def _with_vendor_option(packet: bytes) -> bytes:
    """A Binding Error with an option that some vendor has defined."""
    read = decode_packet(packet)
    message = None if read is None else read[1].message
    if read is None or not isinstance(message, BindingError):
        return packet
    source, destination = read[0].source, read[0].destination
    told = replace(message, options=vendor_options())
    return encode_ipv6(source, destination, encode(told, source, destination))


def _last_reading(rule: ExchangeRule) -> ExchangeRule:
    """The row with the last of the ways that it allows in place of the first."""

    def expected(request: ProxyBindingUpdate, answer: Answer) -> Expected:
        told = rule.expected(request, answer)
        return Expected(told.requirements, told.alternatives[-1:])

    return replace(rule, expected=expected)


def _also(name: str, expected: ExpectedOptions) -> tuple[ExchangeRule, ...]:
    """The rules of the reference anchor, and one more for what it does not send."""
    return (*EXCHANGE_RULES, ExchangeRule(name, MobilityOption, (), expected))


def _orders() -> Iterator[tuple[str, tuple[ExchangeRule, ...]]]:
    """Reversed also in this: of several ways that an option may be it takes the last."""
    yield "reversed", tuple(map(_last_reading, reversed(EXCHANGE_RULES)))
    half = len(EXCHANGE_RULES) // 2
    yield "rotated", (*EXCHANGE_RULES[half:], *EXCHANGE_RULES[:half])


def permitted_variants() -> dict[str, PermittedVariant]:
    """All variants by name."""
    found = [
        PermittedVariant(
            "static-prefixes", "each node has its own prefix", _with_own_prefixes
        ),
        PermittedVariant(
            "several-prefixes",
            "a session has two prefixes",
            _with_two_prefixes,
            requirements=("5213-8.2-x10", "5213-8.3-x2"),
        ),
        PermittedVariant(
            "shorter-lifetimes",
            "half of the lifetime is granted",
            _with_shorter_lifetimes,
            requirements=("6275-10.3.1-20",),
        ),
        PermittedVariant(
            "vendor-specific",
            "every answer has two vendor-specific options",
            exchange_rules=_also("vendor-specific", _vendor_specific),
            requirements=("5213-8.2-x12", "6275-6.1.8-5"),
        ),
        PermittedVariant(
            "vendor-specific-error",
            "every Binding Error has two vendor-specific options",
            codec=ChangedCodec(writes=_with_vendor_option),
            requirements=("6275-6.1.9-3",),
        ),
        PermittedVariant(
            "refresh-advice",
            "it advises to register again after half of the lifetime",
            exchange_rules=_also("refresh-advice", _refresh_advice),
            requirements=("6275-10.3.1-30",),
        ),
        PermittedVariant(
            "lifetime-in-refusals",
            "a refusal has some lifetime",
            field_rules=tuple(
                replace(rule, value=_lifetime_in_refusals)
                if rule.name == "lifetime"
                else rule
                for rule in FIELD_RULES
            ),
            requirements=("6275-6.1.8-x26",),
        ),
        PermittedVariant(
            "pad1",
            "every octet of padding is a Pad1",
            padding=PaddingStyle.PAD1_ONLY,
            warning="6275-6.2.2-x5",
        ),
        PermittedVariant(
            "timestamps-of-nodes",
            "it is in a domain where nodes make the timestamps",
            by_nodes=True,
        ),
        PermittedVariant(
            "waiting",
            "it waits for the end of the other session of a node",
            waits=True,
        ),
        PermittedVariant(
            "sequence-scheme",
            "it is in a domain where sequence numbers order requests",
            _by_number,
        ),
        PermittedVariant("esp", "its signalling is under ESP", esp=reference_esp()),
        PermittedVariant(
            "esp-around-tunnel",
            "its signalling is under ESP, and its tunnels, too",
            esp=reference_esp(with_data=True),
            requirements=("5213-4-4",),
        ),
        *(
            PermittedVariant(
                f"options-{order}",
                f"the options are {order}",
                exchange_rules=rules,
                requirements=("5213-8.2-x9", "6275-6.2-x4"),
            )
            for order, rules in _orders()
        ),
        *(
            PermittedVariant(f"reading-{name}", f"takes {name}", reading=name)
            for name in type(reference_declaration().readings).model_fields
        ),
    ]
    return {variant.name: variant for variant in found}
