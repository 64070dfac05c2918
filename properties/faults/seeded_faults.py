"""A fault for each property that breaks it, so that no property holds for nothing."""

from __future__ import annotations

from dataclasses import replace

from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Message, Rule, Send, Update
from pmip6.model.language.terms import (
    BOOL,
    FALSE,
    TRUE,
    Op,
    SortKind,
    Term,
    enum_literal,
    exists,
    variable,
)
from pmip6.model.lma.binding_cache import is_free
from pmip6.model.lma.restart import restarts
from pmip6.model.lma.tunnels import ends_at
from pmip6.model.lma.waiting import waiting
from pmip6.model.mag.binding_update_list import is_acceptance
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    TIME,
    TUNNEL,
    BindingState,
    Origin,
    bce_prefix,
    bce_proxy_coa,
    bce_state,
    bule_prefix,
    is_established,
    last_accepted,
    pba,
    pbu,
)
from pmip6.properties.faults.fault_changes import (
    SeededFault,
    without,
    without_timer,
    without_update,
)
from pmip6.properties.faults.gateway_faults import GATEWAY_FAULTS
from pmip6.properties.faults.handover_faults import HANDOVER_FAULTS


def _says_nothing(rule: Rule) -> Rule:
    return rule.changed(sends=())


def _removes_shared_tunnels(rule: Rule) -> Rule:
    kept = tuple(u for u in rule.updates if u.map.name != is_established.name)
    each = variable("each_Tunnel", TUNNEL)
    new_end = ends_at(each, lambda g: variable("message.gateway", GATEWAY) == g)
    return rule.changed(
        updates=(*kept, Update(is_established, (each,), new_end, (each,)))
    )


def without_free_prefix(rule: Rule) -> Rule:
    """Drop the condition that no entry has the chosen prefix."""
    chosen = is_free(variable("prefix", PREFIX))
    kept = tuple(g for g in rule.guard if g is not chosen)
    if len(kept) == len(rule.guard):
        raise Pmip6Error(rule.name, "does not ask for a free prefix")
    return rule.changed(guard=kept)


def _looks_at_registered_entries_only(rule: Rule) -> Rule:
    prefix = variable("prefix", PREFIX)
    registered = exists(
        ENTRY,
        lambda b: (bce_state[b] == BindingState.REGISTERED) & bce_prefix[b, prefix],
    )
    changed = tuple(~registered if g is is_free(prefix) else g for g in rule.guard)
    return rule.changed(guard=changed)


def _gives_every_prefix(rule: Rule) -> Rule:
    entry = variable("entry", dict(rule.indices)["entry"])
    each = variable("each_Prefix", PREFIX)
    update = Update(bce_prefix, (entry, each), TRUE, (each,))
    return rule.changed(updates=(*rule.updates, update))


def _adds_its_proxy_coa(rule: Rule) -> Rule:
    entry = variable("entry", dict(rule.indices)["entry"])
    kept = tuple(u for u in rule.updates if u.map.name != "bce_proxy_coa")
    added = Update(bce_proxy_coa, (entry, variable("message.gateway", GATEWAY)), TRUE)
    return rule.changed(updates=(*kept, added))


def _takes_any_prefix(rule: Rule) -> Rule:
    node = variable("message.node", MOBILE_NODE)
    gateway = variable("message.gateway", GATEWAY)
    kept = tuple(u for u in rule.updates if u.map.name != "bule_prefix")
    taken = Update(bule_prefix, (node, gateway), variable("prefix", PREFIX))
    return rule.changed(
        indices=(*rule.indices, ("prefix", PREFIX)), updates=(*kept, taken)
    )


def _without_status(rule: Rule) -> Rule:
    status = is_acceptance(Message(pba))
    kept = tuple(g for g in rule.guard if g is not status)
    if len(kept) == len(rule.guard):
        raise Pmip6Error(rule.name, "does not look at the status")
    return rule.changed(guard=kept)


def _deletes_at_once(rule: Rule) -> Rule:
    entry = variable("entry", dict(rule.indices)["entry"])
    kept = tuple(u for u in rule.updates if u.map.name != "bce_state")
    free = Term.make(Op.LITERAL, (), bce_state.value, "FREE")
    return rule.changed(updates=(*kept, Update(bce_state, (entry,), free)))


def _sends_a_request(rule: Rule) -> Rule:
    now = variable("now", TIME)
    fields = {name: FALSE for name, sort in pbu.fields if sort == BOOL}
    fields |= {n: sort.none for n, sort in pbu.fields if sort.kind is SortKind.OPEN}
    fields |= {
        "node": variable("node", MOBILE_NODE),
        "gateway": variable("gateway", GATEWAY),
        "proxy_coa": variable("gateway", GATEWAY),
        "origin": enum_literal(Origin.NODE),
        "timestamp": now,
        "handoff_indicator": Term.make(
            Op.LITERAL, (), dict(pbu.fields)["handoff_indicator"], "UNKNOWN"
        ),
    }
    values = tuple(fields[name] for name, _ in pbu.fields)
    return rule.changed(
        indices=(*rule.indices, ("now", TIME)), sends=(Send(pbu, values),)
    )


def _stops_timers(rule: Rule) -> Rule:
    stopped = tuple(replace(t, level=None) for t in rule.timers)
    return rule.changed(timers=stopped)


def _begins_to_wait(rule: Rule) -> Rule:
    (beginning,) = (r for r in waiting.rules if r.name == "hold_request")
    return rule.changed(timers=beginning.timers)


def _restarts_empty(rule: Rule) -> Rule:
    """Lose at a restart what an anchor without stable storage loses."""
    (losing,) = (r for r in restarts.rules if r.name == "restart_without_bindings")
    return rule.changed(updates=losing.updates, timers=losing.timers)


def _forgets_timestamps(rule: Rule) -> Rule:
    each = variable("each_MobileNode", MOBILE_NODE)
    kept = tuple(u for u in rule.updates if u.map.name != "last_accepted")
    forgotten = Update(last_accepted, (each,), TIME.none, (each,))
    return rule.changed(updates=(*kept, forgotten))


SEEDED_FAULTS: dict[str, SeededFault] = {
    "second-entry": SeededFault(
        "unique-binding.session",
        "a registration does not look for the session that the node has",
        "allocate",
        without("bce_node"),
    ),
    "prefix-given-twice": SeededFault(
        "unique-binding.prefix",
        "a prefix is allocated although another session has it",
        "allocate",
        without_free_prefix,
    ),
    "two-proxy-coas": SeededFault(
        "unique-binding.proxy-coa",
        "a handoff leaves the old Proxy-CoA beside the new one",
        "hand_off",
        _adds_its_proxy_coa,
    ),
    "prefix-added": SeededFault(
        "preserved-prefix.session",
        "a handoff gives the session every prefix",
        "hand_off",
        _gives_every_prefix,
    ),
    "wrong-prefix-acknowledged": SeededFault(
        "preserved-prefix.acknowledgement",
        "an extension is acknowledged with any prefix",
        "extend",
        without("bce_prefix"),
    ),
    "wrong-prefix-taken": SeededFault(
        "preserved-prefix.gateway",
        "a gateway takes any prefix when it is accepted",
        "accept",
        _takes_any_prefix,
    ),
    "any-prefix-taken": SeededFault(
        "preserved-prefix.settled",
        "a gateway that numbers its requests takes any prefix when it is accepted",
        "accept",
        _takes_any_prefix,
    ),
    "unexpected-answer-taken": SeededFault(
        "preserved-prefix.unexpected-answer",
        "a gateway takes the prefix from an answer to any of its requests",
        "accept",
        without("awaited"),
    ),
    "advertised-too-early": SeededFault(
        "advertisement.accepted",
        "a gateway advertises what it asked for before the anchor has answered",
        "advertise",
        without("bule_state"),
    ),
    "refusal-taken-for-acceptance": SeededFault(
        "advertisement.accepted",
        "a gateway does not look at the status of an answer",
        "accept",
        _without_status,
    ),
    "refusal-ignored": SeededFault(
        "advertisement.refused",
        "a gateway takes notice of no rejection",
        "accept_refusal",
        lambda rule: rule.changed(updates=(), timers=()),
    ),
    "foreign-deregistration-accepted": SeededFault(
        "foreign-deregistration",
        "a de-registration by any gateway is accepted",
        "deregister",
        without("bce_proxy_coa"),
    ),
    "stale-request-accepted": SeededFault(
        "stale-request.binding",
        "a handoff does not look at the timestamp",
        "hand_off",
        without("last_accepted"),
    ),
    "timestamp-goes-back": SeededFault(
        "stale-request.order",
        "an extension does not look at the timestamp",
        "extend",
        without("last_accepted"),
    ),
    "deleted-at-once": SeededFault(
        "deletion-delay.kept",
        "a de-registration deletes the entry at once",
        "deregister",
        _deletes_at_once,
    ),
    "delay-not-started": SeededFault(
        "deletion-delay.running",
        "a de-registration starts no deletion delay",
        "deregister",
        without_timer("min_delay_before_bce_delete"),
    ),
    "delay-not-stopped": SeededFault(
        "deletion-delay.running",
        "a handoff in the deletion delay does not stop it",
        "hand_off",
        without_timer("min_delay_before_bce_delete"),
    ),
    "waiting-prefix-given-away": SeededFault(
        "no-reuse-in-delay",
        "a prefix is allocated although an entry in its deletion delay has it",
        "allocate",
        _looks_at_registered_entries_only,
    ),
    "bindings-not-stored": SeededFault(
        "restart.prefix",
        "an anchor that should keep its binding cache starts with an empty one",
        "restart_with_bindings",
        _restarts_empty,
    ),
    "prefixes-not-reserved": SeededFault(
        "restart.two-nodes",
        "after a restart the prefix of a node that is still there is given away",
        "restart_with_bindings",
        _restarts_empty,
    ),
    "timestamps-not-stored": SeededFault(
        "restart.stale-request",
        "an anchor that should keep the accepted timestamps starts without them",
        "restart_with_bindings",
        _forgets_timestamps,
    ),
    "no-route": SeededFault(
        "tunnel-state.route",
        "a new session gets no route",
        "allocate",
        without_update("route"),
    ),
    "route-left-behind": SeededFault(
        "tunnel-state.no-other-route",
        "the route of a session stays when its deletion delay has passed",
        "delete_after_delay",
        without_update("route"),
    ),
    "shared-tunnel-removed": SeededFault(
        "tunnel-state.tunnel",
        "a handoff removes the tunnel to the previous gateway that others use",
        "hand_off",
        _removes_shared_tunnels,
    ),
    "tunnel-left-behind": SeededFault(
        "tunnel-state.no-other-tunnel",
        "the tunnel of the last session stays when its lifetime has passed",
        "expire",
        without_update("is_established"),
    ),
    "route-not-moved": SeededFault(
        "traffic.delivered",
        "a handoff leaves the route at the previous gateway",
        "hand_off",
        without_update("route"),
    ),
    "forwarded-in-delay": SeededFault(
        "traffic.dropped-in-delay",
        "a packet is tunnelled although the session waits for its deletion",
        "tunnel_to_gateway",
        without("bce_state"),
    ),
    "source-not-checked": SeededFault(
        "traffic.source-checked",
        "a packet is routed on whatever gateway it comes from",
        "route_from_gateway",
        without("route"),
    ),
    "answer-withheld": SeededFault(
        "response.answer",
        "the anchor makes a binding and does not say so",
        "allocate",
        _says_nothing,
    ),
    "wait-not-answered": SeededFault(
        "answer.after-a-wait",
        "the anchor refuses a request that waited and does not say so",
        "reject_after_waiting",
        _says_nothing,
    ),
    "extension-not-answered": SeededFault(
        "answer.at-once",
        "the anchor extends a binding and does not say so",
        "extend",
        _says_nothing,
    ),
    "prefix-withheld": SeededFault(
        "response.prefix",
        "a gateway advertises no prefix",
        "advertise",
        lambda rule: None,
    ),
    "lifetime-not-started": SeededFault(
        "response.silence",
        "a new session has no lifetime",
        "allocate",
        without_timer("binding_lifetime"),
    ),
    "waits-for-ever": SeededFault(
        "response.deletion",
        "a de-registration begins a wait without an end",
        "deregister",
        without_timer("min_delay_before_bce_delete"),
    ),
    "wait-starts-again": SeededFault(
        "response.waiting",
        "a gateway that repeats its request starts the wait for another session again",
        "hold_newer_request",
        _begins_to_wait,
    ),
    "lifetime-stopped": SeededFault(
        "response.departure",
        "an extension stops the lifetime instead of starting it again",
        "extend",
        _stops_timers,
    ),
    "node-speaks": SeededFault(
        "node-is-silent",
        "a mobile node that attaches sends a Binding Update itself",
        "attach",
        _sends_a_request,
    ),
    "entry-never-deleted": SeededFault(
        "time-can-go-on",
        "no rule deletes the entry when the deletion delay has run out",
        "delete_after_delay",
        lambda rule: None,
    ),
    "node-never-leaves": SeededFault(
        "no-deadlock",
        "a mobile node stays on its link for ever, even where it is refused",
        "detach",
        lambda rule: None,
    ),
    "previous-proxy-coa-kept": SeededFault(
        "two-believers",
        "a handoff leaves the session with the previous gateway as well",
        "hand_off",
        _adds_its_proxy_coa,
    ),
    **GATEWAY_FAULTS,
    **HANDOVER_FAULTS,
}
