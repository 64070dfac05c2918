"""The properties of the anchor's data plane, by name (8 and the anchor's part of 10).

They have a case where a configuration forwards user packets.  As for the rules, a packet
names all prefixes of the session that its address is of.
"""

from pmip6.model.language.table import Message
from pmip6.model.language.terms import (
    Term,
    after,
    all_of,
    any_of,
    exists,
    forall,
    implies,
)
from pmip6.model.lma.binding_cache import holds, in_use
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    PREFIX,
    TUNNEL,
    BindingState,
    bce_prefix,
    bce_proxy_coa,
    bce_state,
    delivery,
    forwarding,
    is_established,
    leads_to,
    packet,
    route,
)
from pmip6.properties.property import invariant, message_property


def is_served_over(prefix: Term, tunnel: Term) -> Term:
    """A session has the prefix, and its gateway is at the other end of the tunnel."""
    return exists(
        ENTRY,
        lambda b: all_of(
            holds(b, prefix),
            exists(GATEWAY, lambda g: bce_proxy_coa[b, g] & leads_to(tunnel, g)),
        ),
    )


def is_registered_at(prefix: Term, gateway: Term) -> Term:
    """A registered session has the prefix and is served by the gateway."""
    return exists(
        ENTRY,
        lambda b: all_of(
            bce_state[b] == BindingState.REGISTERED,
            bce_prefix[b, prefix],
            bce_proxy_coa[b, gateway],
        ),
    )


def is_waiting_for_deletion(prefix: Term) -> Term:
    """A session with the prefix is in its deletion delay."""
    return exists(
        ENTRY,
        lambda b: (bce_state[b] == BindingState.DEREGISTERED) & bce_prefix[b, prefix],
    )


# ---- 8, tunnels and routes -------------------------------------------------------------


@invariant(
    "tunnel-state.route",
    premise=lambda: (
        forwarding()
        & exists(PREFIX, lambda p: exists(TUNNEL, lambda t: is_served_over(p, t)))
    ),
    requirement=("5213-5.3.2-10", "5213-5.3.4-6", "5213-5.6.1-1"),
)
def every_session_has_its_route() -> Term:
    """The prefix of a session is routed over the tunnel to its gateway."""
    return implies(
        forwarding(),
        forall(
            PREFIX,
            lambda p: forall(
                TUNNEL, lambda t: implies(is_served_over(p, t), route[p, t])
            ),
        ),
    )


@invariant(
    "tunnel-state.no-other-route",
    premise=lambda: (
        forwarding()
        & exists(PREFIX, lambda p: exists(TUNNEL, lambda t: ~is_served_over(p, t)))
    ),
    requirement=("5213-5.3.4-2", "5213-5.3.5-7"),
)
def no_other_route_is_left() -> Term:
    """A prefix is routed over no tunnel but that to the gateway of its session."""
    return implies(
        forwarding(),
        forall(
            PREFIX,
            lambda p: forall(
                TUNNEL, lambda t: implies(route[p, t], is_served_over(p, t))
            ),
        ),
    )


def is_used(tunnel: Term) -> Term:
    """A session is served by the gateway at the other end of the tunnel."""
    return exists(
        ENTRY,
        lambda b: (
            in_use(b)
            & exists(GATEWAY, lambda g: bce_proxy_coa[b, g] & leads_to(tunnel, g))
        ),
    )


@invariant(
    "tunnel-state.tunnel",
    premise=lambda: forwarding() & exists(TUNNEL, is_used),
    requirement=(
        "5213-5.3.2-8",
        "5213-5.3.2-9",
        "5213-5.3.4-4",
        "5213-5.3.4-5",
        "5213-5.6.1-3",
    ),
)
def every_session_has_its_tunnel() -> Term:
    """There is a tunnel to the gateway of every session."""
    return implies(
        forwarding(),
        forall(TUNNEL, lambda t: implies(is_used(t), is_established[t])),
    )


@invariant(
    "tunnel-state.no-other-tunnel",
    premise=lambda: forwarding() & exists(TUNNEL, lambda t: ~is_used(t)),
    requirement=("5213-5.3.4-3", "5213-5.6.1-6"),
)
def no_other_tunnel_is_left() -> Term:
    """There is no tunnel to a gateway that serves no session."""
    return implies(
        forwarding(),
        forall(TUNNEL, lambda t: implies(is_established[t], is_used(t))),
    )


# ---- 10, traffic at the anchor -----------------------------------------------------------


def is_for_prefix(message: Message) -> Term:
    """The packet comes from a correspondent node."""
    return forwarding() & (message.gateway == GATEWAY.none)


def is_alone(message: Message) -> Term:
    """No packet of the node that was sent on before is still under way.

    One that looks like this one would hide what becomes of it.
    """
    return ~exists(
        PREFIX,
        lambda p: any_of(
            delivery.sent(node=message.node, gateway=GATEWAY.none, prefix=p),
            exists(
                GATEWAY,
                lambda g: delivery.sent(node=message.node, gateway=g, prefix=p),
            ),
        ),
    )


def is_sent_on(message: Message, gateway: Term) -> Term:
    """The step sends the packet on, into the tunnel to the gateway or out of tunnels."""
    sent = delivery.sent(node=message.node, gateway=gateway, prefix=message.prefix)
    return after(sent) & ~sent


def is_tunnelled(message: Message) -> Term:
    """The step sends the packet into some tunnel."""
    return exists(GATEWAY, lambda g: is_sent_on(message, g))


@message_property(
    "traffic.delivered",
    packet,
    premise=lambda m: (
        is_for_prefix(m)
        & is_alone(m)
        & exists(GATEWAY, lambda g: is_registered_at(m.prefix, g))
    ),
    requirement=(
        "5213-5.3.2-11",
        "5213-5.3.4-7",
        "5213-5.6.1-1",
        "5213-5.6.2-3",
    ),
)
def a_packet_goes_to_the_serving_gateway(message: Message) -> Term:
    """A packet for a prefix goes to the gateway where its node is registered, and only there."""
    return forall(
        GATEWAY,
        lambda g: implies(
            is_for_prefix(message) & is_alone(message),
            is_sent_on(message, g) == is_registered_at(message.prefix, g),
        ),
    )


@message_property(
    "traffic.dropped-in-delay",
    packet,
    premise=lambda m: forwarding() & is_waiting_for_deletion(m.prefix),
    requirement=("5213-5.3.5-5",),
)
def nothing_passes_in_the_deletion_delay(message: Message) -> Term:
    """A packet to or from a prefix in its deletion delay goes nowhere."""
    return implies(
        forwarding() & is_waiting_for_deletion(message.prefix),
        ~any_of(is_tunnelled(message), is_sent_on(message, GATEWAY.none)),
    )


@message_property(
    "traffic.source-checked",
    packet,
    premise=lambda m: (
        forwarding()
        & (m.gateway != GATEWAY.none)
        & is_alone(m)
        & ~is_registered_at(m.prefix, m.gateway)
    ),
    requirement=("5213-5.6.2-5", "6275-10.3.1-35", "6275-10.4.5-y1"),
)
def only_the_serving_gateway_sends_for_a_prefix(message: Message) -> Term:
    """A packet out of a tunnel is routed on just if its gateway serves its source."""
    return implies(
        forwarding() & (message.gateway != GATEWAY.none) & is_alone(message),
        is_sent_on(message, GATEWAY.none)
        == is_registered_at(message.prefix, message.gateway),
    )
