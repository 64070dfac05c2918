"""The finite domain of a reference gateway: wire values as elements of the model.

Nodes are the octets of their identifiers; the gateway itself is the only one.  Prefixes
are wire values (model/abstraction.py): those of the profiles are listed, because the
gateway may ask for them; any other may come in an answer.
"""

from collections.abc import Iterator

from pmip6.conformance.gateway_settings import GatewaySettings
from pmip6.model.abstraction import prefix_value
from pmip6.model.domain import Configuration
from pmip6.model.numbers import LIFETIME_UNIT_SECONDS
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

ALWAYS = (
    address_collisions,
    altered_answers,
    clock_synchronisation,
    handoff_hints,
    registration_lifetimes,
    router_solicitations,
    spaced_attempts,
)
"""Features that every reference gateway has."""


def configuration_of(settings: GatewaySettings) -> Configuration:
    """The configuration of the model that these settings describe; ticks are 1 ms."""
    gateway = settings.proxy_coa
    listed = {node.identifier.encode(): node for node in settings.nodes}
    known = {
        n: prefix_value(node.home_network_prefixes)
        for n, node in listed.items()
        if node.home_network_prefixes
    }
    features = [*ALWAYS]
    if not settings.timestamp_based_approach_in_use:
        features.append(numbered_registrations)
    lifetime = settings.lifetime_units * LIFETIME_UNIT_SECONDS * 1000
    return Configuration(
        name="reference gateway",
        summary="the gateway of a settings file",
        nodes=tuple(listed),
        gateways=(gateway,),
        prefixes=tuple(dict.fromkeys(known.values())),
        entries=(),
        facts={
            is_proposed.name: frozenset((n, gateway, p) for n, p in known.items()),
            may_fail_authentication.name: frozenset(
                (n,) for n, node in listed.items() if not node.authorised
            ),
            **{feature.name: frozenset({()}) for feature in features},
        },
        durations={
            registration_lifetime.name: (lifetime,),
            renewal.name: (lifetime * settings.renew_after_percent // 100,),
            retransmission.name: tuple(_backoff(settings)),
        },
        capacity={"pbu": 0, "pba": 0},  # messages go to the wire, not into a queue
        roles=frozenset({Role.MAG, Role.MN}),
    )


def _backoff(settings: GatewaySettings) -> Iterator[int]:
    """The waiting times, each twice the one before, up to the greatest."""
    wait = settings.initial_bindack_timeout_ms
    while wait < settings.max_bindack_timeout_ms:
        yield wait
        wait *= 2
    yield settings.max_bindack_timeout_ms
