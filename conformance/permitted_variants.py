"""Anchors that choose otherwise where the RFC leaves a choice; every case has to pass.

They test the tester: a judge that fails one of them asks for more than the RFC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv6Network

from pmip6.conformance.anchor_settings import AnchorSettings, NodeSettings
from pmip6.conformance.campaign import CaseResult
from pmip6.conformance.declaration import Declaration
from pmip6.conformance.in_memory import reference_declaration, run_case_in_memory
from pmip6.model.acknowledgement import EXCHANGE_RULES
from pmip6.model.answer import ExchangeRule
from pmip6.model.encoding import PaddingStyle
from pmip6.vectors.purposes import Purpose

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
    """

    name: str
    text: str
    settings: Callable[[AnchorSettings], AnchorSettings] = _as_told
    exchange_rules: tuple[ExchangeRule, ...] = EXCHANGE_RULES
    padding: PaddingStyle = PaddingStyle.MINIMAL
    reading: str = ""
    warning: str = ""

    def declaration(self) -> Declaration:
        """What is declared of it."""
        declared = reference_declaration()
        readings = declared.readings
        if self.reading:
            readings = readings.model_copy(update={self.reading: True})
        return declared.model_copy(update={"readings": readings})

    def run(self, purpose: Purpose) -> CaseResult:
        """Run one case against it, in memory."""
        return run_case_in_memory(
            purpose,
            self.declaration(),
            exchange_rules=self.exchange_rules,
            settings=self.settings,
            padding=self.padding,
        )


def _with_own_prefixes(settings: AnchorSettings) -> AnchorSettings:
    """Each node that has none, but would get one, has a prefix in its profile."""
    own = STATIC.subnets(new_prefix=64)

    def provided(node: NodeSettings) -> NodeSettings:
        if node.prefixes or not node.from_pool or not node.enabled:
            return node
        return node.model_copy(update={"prefixes": (next(own),), "from_pool": False})

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


def _with_shorter_lifetimes(settings: AnchorSettings) -> AnchorSettings:
    less = max(1, settings.maximum_lifetime_units // 2)
    return settings.model_copy(update={"maximum_lifetime_units": less})


def _orders() -> Iterator[tuple[str, tuple[ExchangeRule, ...]]]:
    yield "reversed", tuple(reversed(EXCHANGE_RULES))
    half = len(EXCHANGE_RULES) // 2
    yield "rotated", (*EXCHANGE_RULES[half:], *EXCHANGE_RULES[:half])


def permitted_variants() -> dict[str, PermittedVariant]:
    """All variants by name."""
    found = [
        PermittedVariant(
            "static-prefixes", "each node has its own prefix", _with_own_prefixes
        ),
        PermittedVariant(
            "several-prefixes", "a session has two prefixes", _with_two_prefixes
        ),
        PermittedVariant(
            "shorter-lifetimes",
            "half of the lifetime is granted",
            _with_shorter_lifetimes,
        ),
        PermittedVariant(
            "pad1",
            "every octet of padding is a Pad1",
            padding=PaddingStyle.PAD1_ONLY,
            warning="6275-6.2.2-x5",
        ),
        *(
            PermittedVariant(
                f"options-{order}", f"the options are {order}", exchange_rules=rules
            )
            for order, rules in _orders()
        ),
        *(
            PermittedVariant(f"reading-{name}", f"takes {name}", reading=name)
            for name in type(reference_declaration().readings).model_fields
        ),
    ]
    return {variant.name: variant for variant in found}
