"""The configuration of one gateway with its nodes; ticks are milliseconds.

The elements are wire values: nodes the octets of their identifiers, prefixes those of
model/wire/abstraction.py.  Prefixes that no profile tells need not be listed.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from pmip6.model.domain import Configuration, Element
from pmip6.model.fast_handover.state import (
    HandoverRequest,
    context_lifetime,
    ends_attempts,
    fast_handover,
    forwarding_failures,
    forwarding_lifetime,
    handover_acknowledge,
    handover_command,
    handover_indication,
    handover_initiate,
    handover_refusals,
    handover_report,
    handover_retransmission,
    is_sent,
    postponed_deregistration,
    resolves,
)
from pmip6.model.language.interpreter import Value
from pmip6.model.language.table import Role
from pmip6.model.state import (
    address_collisions,
    altered_answers,
    clock_synchronisation,
    handoff_hints,
    is_proposed,
    may_fail_authentication,
    numbered_registrations,
    registration_lifetime,
    registration_lifetimes,
    renewal,
    retransmission,
    router_solicitations,
    spaced_attempts,
)

INITIAL_BINDACK_TIMEOUT_MS = 1000
MAX_BINDACK_TIMEOUT_MS = 32000
"""RFC 6275, section 12."""

MOST_LEVELS = 64
"""More repetitions than any timer of a gateway counts."""

ACCESS_NETWORK_ACTS = frozenset(
    {"report_handover", "obey_command", "ignore_command", "command_handover"}
)
"""What the access network of a real gateway does by itself."""

FEATURES = (
    address_collisions,
    altered_answers,
    clock_synchronisation,
    handoff_hints,
    registration_lifetimes,
    router_solicitations,
    spaced_attempts,
)
"""What meets every real gateway."""


@dataclass(frozen=True)
class HandoverConfiguration:
    """What a gateway with fast handover knows beside (RFC 5949).

    Args:
        gateways: The other ones that it talks to.
        may_refuse: It refuses some handovers.
        may_fail_to_forward: It cannot forward to some gateways.
        requests: What its own HIs ask for, by the names of the model.
        initiate_ms: How long it waits for an answer to an HI, by repetitions.
        forwarding_ms: How long it forwards for another gateway.
        context_ms: How long it keeps the context of a node.
    """

    gateways: tuple[Element, ...]
    may_refuse: bool
    may_fail_to_forward: bool
    requests: tuple[HandoverRequest, ...]
    initiate_ms: tuple[int, ...]
    forwarding_ms: int
    context_ms: int


def with_fast_handover(
    configuration: Configuration, handover: HandoverConfiguration
) -> Configuration:
    """The configuration of a gateway that does fast handovers, too."""
    own, *_ = configuration.gateways
    features = (
        fast_handover,
        postponed_deregistration,
        *([handover_refusals] if handover.may_refuse else []),
        *([forwarding_failures] if handover.may_fail_to_forward else []),
    )
    known = frozenset((own, other) for other in handover.gateways)
    return configuration.changed(
        gateways=(own, *handover.gateways),
        facts={
            **configuration.facts,
            resolves.name: known,
            ends_attempts.name: frozenset(
                (level,) for level in range(len(handover.initiate_ms) - 1, MOST_LEVELS)
            ),
            is_sent.name: frozenset((r.name,) for r in handover.requests),
            **{feature.name: frozenset({()}) for feature in features},
        },
        durations={
            **configuration.durations,
            handover_retransmission.name: handover.initiate_ms,
            forwarding_lifetime.name: (handover.forwarding_ms,),
            context_lifetime.name: (handover.context_ms,),
        },
        capacity={
            **configuration.capacity,
            handover_initiate.name: 0,
            handover_acknowledge.name: 0,
            handover_indication.name: 0,
            handover_report.name: 0,
            handover_command.name: 0,
        },
        disabled=configuration.disabled | ACCESS_NETWORK_ACTS,
    )


def gateway_configuration(
    gateway: Element,
    nodes: Collection[Element],
    *,
    known: Mapping[Element, Value],
    refused: Collection[Element],
    is_numbered: bool,
    lifetime_ms: int,
    renewal_ms: int,
    backoff_ms: tuple[int, ...],
) -> Configuration:
    """The configuration of a gateway.

    Args:
        gateway: Its Proxy-CoA.
        nodes: The nodes that it knows.
        known: The prefixes that it asks for by name, by node.
        refused: The nodes that get no access.
        is_numbered: Sequence numbers order its requests.
        lifetime_ms, renewal_ms: Of a registration, unless an answer says otherwise.
        backoff_ms: How long it waits for an answer, by repetitions.
    """
    features = (*FEATURES, *([numbered_registrations] if is_numbered else []))
    return Configuration(
        name="gateway",
        summary="a gateway with its nodes",
        nodes=tuple(nodes),
        gateways=(gateway,),
        prefixes=tuple(dict.fromkeys(known.values())),
        entries=(),
        facts={
            is_proposed.name: frozenset((n, gateway, p) for n, p in known.items()),
            may_fail_authentication.name: frozenset((n,) for n in refused),
            **{feature.name: frozenset({()}) for feature in features},
        },
        durations={
            registration_lifetime.name: (lifetime_ms,),
            renewal.name: (renewal_ms,),
            retransmission.name: backoff_ms,
        },
        capacity={"pbu": 0, "pba": 0},  # messages go to the wire, not into a queue
        roles=frozenset({Role.MAG, Role.MN}),
    )


def backoff(
    first_ms: int = INITIAL_BINDACK_TIMEOUT_MS, most_ms: int = MAX_BINDACK_TIMEOUT_MS
) -> Iterator[int]:
    """The waiting times, each twice the one before, up to the greatest."""
    while first_ms < most_ms:
        yield first_ms
        first_ms *= 2
    yield most_ms
