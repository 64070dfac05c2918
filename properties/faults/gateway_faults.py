"""A fault for each property of gateways that restart or pass user packets on."""

from __future__ import annotations

from pmip6.model.language.table import Message, Rule, Update
from pmip6.model.language.terms import TRUE, enum_literal, variable
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    UpdateListState,
    bce_node,
    bule_prefix,
    bule_state,
    granted,
    pbu,
)
from pmip6.properties.faults.fault_changes import (
    SeededFault,
    without,
    without_update,
)


def _restores_any_prefix(rule: Rule) -> Rule:
    """A gateway takes each node that it finds for registered, with one prefix for all."""
    each, gateway = (
        variable("each_MobileNode", MOBILE_NODE),
        variable("gateway", GATEWAY),
    )
    prefix = variable("prefix", PREFIX)
    restored = {
        bule_state.name: (bule_state, enum_literal(UpdateListState.REGISTERED)),
        bule_prefix.name: (bule_prefix, prefix),
        granted.name: (granted, TRUE),
    }
    kept = tuple(u for u in rule.updates if u.map.name not in restored)
    added = tuple(
        Update(state, (each, gateway), value, (each,))
        for state, value in restored.values()
    )
    return rule.changed(
        indices=(*rule.indices, ("prefix", PREFIX)), updates=(*kept, *added)
    )


def _makes_the_session_anew(rule: Rule) -> Rule:
    """A handoff fills its entry as a new session does."""
    entry = variable("entry", ENTRY)
    node = Message(pbu).node
    return rule.changed(updates=(*rule.updates, Update(bce_node, (entry,), node)))


GATEWAY_FAULTS: dict[str, SeededFault] = {
    "node-address-taken": SeededFault(
        "link-local.collision",
        "a gateway takes the link-local address that the anchor names though the node has it",
        "accept",
        without("address_collisions"),
    ),
    "router-made-anew": SeededFault(
        "link-local.kept",
        "a handoff makes another link-local address for the session that there is",
        "hand_off",
        _makes_the_session_anew,
    ),
    "old-router-taken": SeededFault(
        "link-local.one-router",
        "a gateway takes the link-local address from an answer to any of its requests",
        "accept",
        without("awaited"),
    ),
    "another-list-restored": SeededFault(
        "gateway-restart.prefix",
        "a gateway starts again with a binding update list that is not its own",
        "restart_without_update_list",
        _restores_any_prefix,
    ),
    "overtaken-request-accepted": SeededFault(
        "skewed-clocks.order",
        "an extension does not look at the timestamp, and a clock is slow",
        "extend",
        without("last_accepted"),
    ),
    "gateway-route-missing": SeededFault(
        "gateway-tunnel.route",
        "a gateway takes an acceptance and sets up no route for the node",
        "accept",
        without_update("access_route"),
    ),
    "gateway-route-left-behind": SeededFault(
        "gateway-tunnel.no-other-route",
        "the route of a node stays when the gateway de-registers it",
        "notice_detachment",
        without_update("access_route"),
    ),
    "gateway-tunnel-missing": SeededFault(
        "gateway-tunnel.tunnel",
        "a gateway takes an acceptance and sets up no tunnel",
        "accept",
        without_update("has_tunnel"),
    ),
    "gateway-tunnel-left-behind": SeededFault(
        "gateway-tunnel.no-other-tunnel",
        "the tunnel of the last node stays when its gateway de-registers it",
        "notice_detachment",
        without_update("has_tunnel"),
    ),
    "delivered-to-any-node": SeededFault(
        "gateway-traffic.delivered",
        "a packet out of the tunnel goes to the link of any node",
        "deliver_to_node",
        without("access_route"),
    ),
    "unregistered-source-tunnelled": SeededFault(
        "gateway-traffic.source-checked",
        "a gateway tunnels whatever comes from an access link",
        "tunnel_to_anchor",
        without("access_route"),
    ),
    "local-packet-tunnelled": SeededFault(
        "gateway-traffic.tunnelled",
        "a packet is tunnelled although it is routed locally",
        "tunnel_to_anchor",
        without("routes_locally"),
    ),
    "local-routing-always-on": SeededFault(
        "gateway-traffic.local",
        "a gateway routes between its nodes whatever EnableMAGLocalRouting says",
        "route_locally",
        without("routes_locally"),
    ),
}
