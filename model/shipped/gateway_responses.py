"""Runs without end with features of gateways, each alone and every two together.

The features are those beside which an anchor acts as always.  User packets come one at a
time, so that they take no room of answers; of two gateways one routes locally.  Gateways
that restart do so only so often; with restarts for ever a node may wait for ever
(docs/findings.md).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from pmip6.model.domain import Configuration
from pmip6.model.language.table import Role, Rule
from pmip6.model.language.terms import Term, any_of, exists
from pmip6.model.shipped.configurations import RESPONSES
from pmip6.model.shipped.gateway_pairs import (
    GATEWAY_FEATURES,
    LOCAL,
    NO_GATEWAY_PAIRS,
    OF_PEERS,
    PACKETS,
    RESTARTING,
    ROUTERS,
)
from pmip6.model.shipped.named_routers import asked_again
from pmip6.model.shipped.router_configurations import ADDRESSES
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    access_delivery,
    access_packet,
    delivery,
    packet,
)
from pmip6.model.traffic import traffic

AWAITED = ("hints", "solicitations", "spaced", LOCAL, "restarts", "losses", ROUTERS)
"""The features that are asked, by name."""
SENDING = frozenset(r.name for r in traffic.rules if r.on is None)


def _is_under_way(node: Term, gateway: Term, prefix: Term) -> Term:
    ends = {"node": node, "gateway": gateway}
    return any_of(
        *(c.sent(**ends, prefix=prefix) for c in (packet, delivery, access_delivery)),
        *(
            access_packet.sent(**ends, source=prefix, destination=destination)
            for destination in (prefix, PREFIX.none)
        ),
    )


def one_packet_at_a_time(rule: Rule) -> Rule:
    """The rule where nobody sends a user packet while another one is under way."""
    if rule.name not in SENDING:
        return rule
    some = exists(
        MOBILE_NODE,
        lambda n: exists(
            GATEWAY, lambda g: exists(PREFIX, lambda p: _is_under_way(n, g, p))
        ),
    )
    return rule.changed(guard=(*rule.guard, ~some))


def named_one_at_a_time(rule: Rule) -> Rule:
    """The same where the anchor names the link-local address of gateways."""
    return one_packet_at_a_time(asked_again(rule))


def _with(*features: str) -> Configuration:
    told = {k: v for name in features for k, v in GATEWAY_FEATURES[name].items()}
    chosen = RESPONSES.changed(
        name=f"responses+{'+'.join(features)}",
        summary=f"{RESPONSES.summary}, {' and '.join(features)}",
        facts={**RESPONSES.facts, **told},
        restarts_end=bool(RESTARTING & set(features)),
    )
    if ROUTERS in features:
        chosen = chosen.changed(sequences=ADDRESSES, variant=asked_again)
    if LOCAL in features:
        chosen = chosen.changed(
            capacity={**chosen.capacity, **PACKETS},
            in_flight=None,
            roles=chosen.roles | {Role.PEER},
            disabled=chosen.disabled | OF_PEERS,
            variant=named_one_at_a_time
            if ROUTERS in features
            else one_packet_at_a_time,
        )
    return chosen


def _every() -> Iterator[Configuration]:
    yield from map(_with, AWAITED)
    for pair in itertools.combinations(AWAITED, 2):
        if frozenset(pair) not in NO_GATEWAY_PAIRS:
            yield _with(*pair)


GATEWAY_RESPONSES = {c.name: c for c in _every()}
