"""The configuration that shows each seeded fault, and how long a shortest run is."""

from pmip6.model.domain import Configuration
from pmip6.model.fast_handover.configurations import (
    OTHER_PREFIX,
    PFMIPV6,
    PREDICTIVE,
    REACTIVE,
    RETRANSMISSIONS,
    SMALL_BUFFERS,
)
from pmip6.model.shipped.configurations import (
    ANSWERS,
    FORWARDING,
    HANDOFF,
    ONE_NODE,
    WAITING_IN_VAIN,
)
from pmip6.model.shipped.counted_requests import counted
from pmip6.model.shipped.examples import WRAPPED_NUMBERS
from pmip6.model.shipped.gateway_configurations import GATEWAYS
from pmip6.model.shipped.restart_configurations import RESTARTS
from pmip6.model.shipped.router_configurations import ROUTERS

COUNTED = WRAPPED_NUMBERS.changed(variant=counted)

# The configuration that shows the fault, and the steps of the shortest trace.
SHORTEST: dict[str, tuple[Configuration, int]] = {
    "second-entry": (ONE_NODE, 6),
    "prefix-given-twice": (HANDOFF, 6),
    "two-proxy-coas": (ONE_NODE, 7),
    "prefix-added": (ONE_NODE, 7),
    "wrong-prefix-acknowledged": (ONE_NODE, 6),
    "wrong-prefix-taken": (ONE_NODE, 4),
    "any-prefix-taken": (COUNTED, 4),
    "unexpected-answer-taken": (ONE_NODE, 6),
    "advertised-too-early": (ONE_NODE, 3),
    "refusal-taken-for-acceptance": (ONE_NODE, 7),
    "refusal-ignored": (ONE_NODE, 11),
    "foreign-deregistration-accepted": (ONE_NODE, 9),
    "stale-request-accepted": (ONE_NODE, 7),
    "timestamp-goes-back": (ONE_NODE, 6),
    "deleted-at-once": (ONE_NODE, 6),
    "delay-not-started": (ONE_NODE, 6),
    "delay-not-stopped": (ONE_NODE, 10),
    "waiting-prefix-given-away": (HANDOFF, 10),
    "bindings-not-stored": (RESTARTS["restart-persisted"], 12),
    "prefixes-not-reserved": (RESTARTS["restart-persisted"], 11),
    "timestamps-not-stored": (RESTARTS["restart-persisted-handoff"], 8),
    "no-route": (FORWARDING, 2),
    "route-left-behind": (FORWARDING, 6),
    "shared-tunnel-removed": (FORWARDING, 8),
    "tunnel-left-behind": (FORWARDING, 3),
    "route-not-moved": (FORWARDING, 8),
    "forwarded-in-delay": (FORWARDING, 8),
    "source-not-checked": (FORWARDING, 2),
    "node-address-taken": (ANSWERS, 4),
    "router-made-anew": (ROUTERS["named-routers"], 7),
    "old-router-taken": (ROUTERS["named-routers"], 10),
    "another-list-restored": (GATEWAYS["gateway-restart-lost"], 5),
    "previous-proxy-coa-kept": (GATEWAYS["skewed-clocks"], 10),
    "overtaken-request-accepted": (GATEWAYS["slow-clock"], 12),
    "gateway-route-missing": (GATEWAYS["gateway-packets"], 4),
    "gateway-route-left-behind": (GATEWAYS["gateway-packets"], 6),
    "gateway-tunnel-missing": (GATEWAYS["gateway-packets"], 4),
    "gateway-tunnel-left-behind": (GATEWAYS["gateway-packets"], 6),
    "delivered-to-any-node": (GATEWAYS["gateway-packets"], 6),
    "unregistered-source-tunnelled": (GATEWAYS["local-routing"], 6),
    "local-packet-tunnelled": (GATEWAYS["local-routing"], 6),
    "local-routing-always-on": (GATEWAYS["gateway-packets"], 6),
    "handover-not-repeated": (PREDICTIVE, 7),
    "forwarding-without-end": (PREDICTIVE, 9),
    "late-fetch-answered": (PFMIPV6, 18),
    "unexpected-agreement-taken": (PFMIPV6, 11),
    "refused-handover-taken": (PFMIPV6, 8),
    "tunnel-kept-on-refusal": (RETRANSMISSIONS, 13),
    "context-not-kept": (PREDICTIVE, 8),
    "early-prefix-not-withdrawn": (OTHER_PREFIX, 19),
    "link-not-left": (PREDICTIVE, 12),
    "kept-packet-forgotten": (PREDICTIVE, 12),
    "asked-in-vain": (REACTIVE, 10),
    "uplink-not-relayed": (PREDICTIVE, 15),
    "drained-out-of-order": (PREDICTIVE, 21),
    "buffer-without-bound": (SMALL_BUFFERS, 14),
    "extension-not-answered": (ONE_NODE, 6),
    "wait-not-answered": (WAITING_IN_VAIN, 4),
    "node-speaks": (ONE_NODE, 2),
    "entry-never-deleted": (ONE_NODE, 7),
    "node-never-leaves": (ONE_NODE, 2),
}
