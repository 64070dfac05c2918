"""Gateways with fast handover that choose otherwise where the RFC leaves a choice.

No case for fast handover may fail on them, nor warn unless they do without what is advised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address
from typing import Any

from pmip6.conformance.fast_handover.gateway import (
    ADVERTISES_EARLY,
    FastHandoverGateway,
)
from pmip6.conformance.fast_handover.oracle import AT_RATE, EARLY
from pmip6.conformance.mag.settings import Asked, GatewaySettings
from pmip6.model.domain import shipped_rules
from pmip6.model.fast_handover.construction import Asked as AskedFields
from pmip6.model.fast_handover.context import all_context
from pmip6.model.fast_handover.due_messages import REPEATS
from pmip6.model.fast_handover.forwarding import FAST_HANDOVER_RULES
from pmip6.model.fast_handover.options import (
    ContextRequest,
    MobileNodeLinkLocalAddressInterfaceIdentifier,
    RequestedContext,
)
from pmip6.model.fast_handover.reception import answered_initiate
from pmip6.model.mag.access_link import link_local_address
from pmip6.model.mag.forwarding import Way
from pmip6.model.wire.messages import (
    HandoverAcknowledge,
    HandoverInitiate,
    options_of,
)
from pmip6.model.wire.numbers import (
    SEQUENCE_NUMBERS,
    HandoverAcknowledgeCode,
    HandoverInitiateCode,
)
from pmip6.model.wire.options import (
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
)


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


class TellingMore(FastHandoverGateway):
    """Its offers have all that it may tell of the link, too."""

    def _send(
        self, message: HandoverInitiate | HandoverAcknowledge, other: IPv6Address
    ) -> None:
        if isinstance(message, HandoverInitiate) and options_of(
            message, HomeNetworkPrefix
        ):
            (visitor,) = self._visitors.values()
            more = (
                MobileNodeLinkLocalAddressInterfaceIdentifier(
                    link_local_address(visitor.link_layer).packed[8:]
                ),
                LinkLocalAddress(self.settings.fixed_mag_link_local_address),
            )
            message = replace(message, options=(*message.options, *more))
        super()._send(message, other)


class TellingAgain(FastHandoverGateway):
    """It tells the context once more when it begins to forward."""

    def _send(
        self, message: HandoverInitiate | HandoverAcknowledge, other: IPv6Address
    ) -> None:
        (node,) = self._visitors
        again = all_context(replace(self._context(node), interface_identifier=None))
        if isinstance(message, HandoverInitiate) and message.forward and again:
            told = (o for o in again if o not in message.options)
            message = replace(message, options=(*message.options, *told))
        super()._send(message, other)


class NeverRepeating(FastHandoverGateway):
    """It sends each HI once, and waits as long for the answer as others do."""

    def _initiate(self, node: bytes, asked: AskedFields) -> None:
        before, was_sent = len(self._out), node in self._outstanding
        super()._initiate(node, asked)
        if was_sent:
            del self._out[before:]


class EndingSilently(FastHandoverGateway):
    """It ends to forward, and tells nobody."""

    def _initiate(self, node: bytes, asked: AskedFields) -> None:
        if asked["code"] != HandoverInitiateCode.FORWARDING_COMPLETE.name:
            super()._initiate(node, asked)


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
        changes: By row of forwarding: where packets go instead.
        declared: What it is declared to be otherwise: attributes of the settings for fast
            handover, by name.
    """

    name: str
    summary: str
    requirements: tuple[str, ...]
    kind: type[FastHandoverGateway] = FastHandoverGateway
    advice: tuple[str, ...] = ()
    changes: Mapping[str, Way] = field(default_factory=dict[str, Way])
    declared: Mapping[str, object] = field(default_factory=dict[str, object])

    def start(self, settings: GatewaySettings, start_ms: int) -> FastHandoverGateway:
        """One with some settings, at a time."""
        rows = tuple(
            replace(row, way=self.changes.get(row.name, row.way))
            for row in FAST_HANDOVER_RULES
        )
        return self.kind(settings, forwarding_rules=rows, start_ms=start_ms)


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
    PermittedHandoverGateway(
        "tells-more",
        "its offers have the link-local addresses of the node and of itself",
        ("5949-6.2.3-x1", "5949-6.2.5-x1"),
        TellingMore,
    ),
    PermittedHandoverGateway(
        "tells-again",
        "its HIs with F have the context that was told before",
        ("5949-4.2-7",),
        TellingAgain,
    ),
    PermittedHandoverGateway(
        "asks-for-what-it-needs",
        "it asks for forwarding when it has been offered the context alone, as declared",
        ("5949-4.1-6",),
        declared={"asks": Asked.FORWARDING},
    ),
    PermittedHandoverGateway(
        "ends-silently",
        "it sends no HI when it ends to forward",
        ("5949-4.1-12",),
        EndingSilently,
    ),
    PermittedHandoverGateway(
        "repeats-nothing",
        "it sends each HI once",
        REPEATS,
        NeverRepeating,
        advice=REPEATS,
    ),
    PermittedHandoverGateway(
        "repeats-once",
        "it sends an HI twice at most, as declared",
        ("5568-6.2.1.1-11",),
        declared={"initiate_retries": 1},
    ),
    PermittedHandoverGateway(
        "tunnels-nothing-back",
        "it drops what a node sends that is not registered yet",
        ("5949-4.2-9",),
        advice=("5949-4.2-9",),
        changes={"tunnel_to_former_gateway": Way.DROP},
    ),
    PermittedHandoverGateway(
        "passes-nothing-on",
        "it drops what a node sends that comes from the new gateway",
        ("5949-4.2-9",),
        advice=("5949-4.2-9",),
        changes={"pass_on_to_anchor": Way.DROP},
    ),
    PermittedHandoverGateway(
        "awaits-nobody",
        "it drops what comes for a node before the node",
        ("5949-4.1-7", "5949-4.2-8"),
        advice=("5949-4.2-8", "5949-4.1-7"),
        changes={"buffer_until_arrival": Way.DROP},
    ),
    PermittedHandoverGateway(
        "holds-nothing-back",
        "it drops packets that another gateway asks it to buffer",
        ("5568-6.2.1.1-4",),
        advice=("5568-6.2.1.1-4",),
        changes={"buffer_for_next_gateway": Way.DROP},
    ),
)
