"""Gateways with fast handover that choose otherwise where the RFC leaves a choice.

No case for fast handover may fail on them, nor warn unless they do without what is advised.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any

from pmip6.conformance.fast_handover.gateway import (
    ADVERTISES_EARLY,
    FastHandoverGateway,
)
from pmip6.conformance.fast_handover.oracle import AT_RATE, EARLY
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.model.domain import shipped_rules
from pmip6.model.fast_handover.options import (
    ContextRequest,
    MobileNodeLinkLocalAddressInterfaceIdentifier,
    RequestedContext,
)
from pmip6.model.fast_handover.reception import answered_initiate
from pmip6.model.wire.messages import HandoverAcknowledge, HandoverInitiate
from pmip6.model.wire.numbers import SEQUENCE_NUMBERS, HandoverAcknowledgeCode
from pmip6.model.wire.options import MobileNodeIdentifier


class AskingForTheRest(FastHandoverGateway):
    """After an answer with Code 5 it asks for the context that it has not got yet."""

    def __init__(self, settings: GatewaySettings, **others: Any) -> None:
        self._rest: set[int] = set()
        super().__init__(settings, **others)

    def _take_acknowledge(
        self, message: HandoverAcknowledge, source: IPv6Address
    ) -> None:
        if message.sequence in self._rest:
            self._rest.remove(message.sequence)
            return
        outstanding, matching = self._outstanding, self._tables.matching
        node = answered_initiate(message, source, outstanding, matching)
        fetches = node is not None and _fetches(outstanding[node].request)
        super()._take_acknowledge(message, source)
        has_more = message.code == HandoverAcknowledgeCode.CONTEXT_ACCEPTED
        if node is not None and fetches and has_more:
            self._ask_for_the_rest(node, source)

    def _ask_for_the_rest(self, node: bytes, other: IPv6Address) -> None:
        self._initiated = (self._initiated + 1) % SEQUENCE_NUMBERS
        kind = int(MobileNodeLinkLocalAddressInterfaceIdentifier.TYPE)
        asked = ContextRequest((RequestedContext(kind),))
        options = (MobileNodeIdentifier(node), asked)
        self._rest.add(self._initiated)
        self._send(HandoverInitiate(self._initiated, 0, options), other)


def _fetches(request: HandoverInitiate) -> bool:
    return any(isinstance(option, ContextRequest) for option in request.options)


class AdvertisingLate(FastHandoverGateway):
    """It advertises no prefix before the registration of the node."""

    def __init__(self, settings: GatewaySettings, **others: Any) -> None:
        rules = (r for r in shipped_rules() if r.name != ADVERTISES_EARLY)
        super().__init__(settings, rules=tuple(rules), **others)


class HoldingItsRate(FastHandoverGateway):
    """Of the packets that it has held back it lets none leave sooner than they came."""

    most_at_once = 1


@dataclass(frozen=True)
class PermittedHandoverGateway:
    """A gateway that no case fails on.

    Args:
        name: Short and unique.
        summary: What it does otherwise.
        requirements: What allows that.
        kind: The gateway.
        advice: What it does without, so that cases warn of it; empty where all pass.
    """

    name: str
    summary: str
    requirements: tuple[str, ...]
    kind: type[FastHandoverGateway]
    advice: tuple[str, ...] = ()

    def start(self, settings: GatewaySettings, start_ms: int) -> FastHandoverGateway:
        """One with some settings, at a time."""
        return self.kind(settings, start_ms=start_ms)


PERMITTED: tuple[PermittedHandoverGateway, ...] = (
    PermittedHandoverGateway(
        "asks-for-the-rest",
        "after an answer with Code 5 it asks for more context",
        ("5949-6.1.2-4",),
        AskingForTheRest,
    ),
    PermittedHandoverGateway(
        "holds-its-rate",
        "packets that were held back leave as far apart as they came, the first ones too",
        AT_RATE,
        HoldingItsRate,
    ),
    PermittedHandoverGateway(
        "advertises-late",
        "it advertises the prefix of the context when the node is registered, not before",
        EARLY,
        AdvertisingLate,
        advice=EARLY,
    ),
)
