"""The configuration of one gateway with its nodes; ticks are milliseconds.

The elements are wire values: nodes the octets of their identifiers, prefixes those of
model/abstraction.py.  Prefixes that no profile tells need not be listed.
"""

from collections.abc import Collection, Iterator, Mapping

from pmip6.model.domain import Configuration, Element
from pmip6.model.interpreter import Value
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
from pmip6.model.table import Role

INITIAL_BINDACK_TIMEOUT_MS = 1000
MAX_BINDACK_TIMEOUT_MS = 32000
"""RFC 6275, section 12."""

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
