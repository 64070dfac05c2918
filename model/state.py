"""The state of a Proxy Mobile IPv6 domain: sorts, maps, timers and channels.

A binding cache entry is an element of its own sort with relations to node, prefix and
Proxy-CoA, so that two entries for one session, a prefix in two entries, or an entry with
two Proxy-CoAs can all be written down.
"""

import enum

from pmip6.model.language.table import LEVEL, Channel, Rigid, StateMap, Timer
from pmip6.model.language.terms import BOOL, Sort, SortKind, enum_sort
from pmip6.model.wire.numbers import BindingAckStatus, HandoffIndicator

MOBILE_NODE = Sort("MobileNode", SortKind.OPEN)
GATEWAY = Sort("Gateway", SortKind.OPEN)
PREFIX = Sort("Prefix", SortKind.OPEN)  # or a set of them, with several_prefixes
ENTRY = Sort("BindingCacheEntry", SortKind.OPEN)
LINK_LAYER = Sort("LinkLayerIdentifier", SortKind.OPEN)  # none: ALL_ZERO
TECHNOLOGY = Sort("AccessTechnology", SortKind.OPEN)
SEQUENCE = Sort("SequenceNumber", SortKind.OPEN)
TUNNEL = Sort("Tunnel", SortKind.OPEN)  # between the anchor and one gateway
TIME = Sort("Time", SortKind.ORDERED)


class BindingState(enum.Enum):
    """Control state of a binding cache entry; the names are ours (RFC 5213, 5.3)."""

    FREE = enum.auto()
    REGISTERED = enum.auto()
    DEREGISTERED = enum.auto()  # waits MinDelayBeforeBCEDelete (RFC 5213, 5.3.5)


class UpdateListState(enum.Enum):
    """Control state of a binding update list entry; ours (RFC 5213, 6.9.1)."""

    ABSENT = enum.auto()
    REGISTERING = enum.auto()
    REGISTERED = enum.auto()
    REFUSED = enum.auto()
    DEREGISTERING = enum.auto()


class Origin(enum.Enum):
    """Who sent a mobility message."""

    GATEWAY = enum.auto()
    ANCHOR = enum.auto()
    NODE = enum.auto()


class Fault(enum.Enum):
    """What is wrong with a request of a faulty peer."""

    NONE = enum.auto()
    NO_NODE_IDENTIFIER = enum.auto()
    NO_PREFIX = enum.auto()
    NO_HANDOFF_INDICATOR = enum.auto()
    NO_ACCESS_TECHNOLOGY = enum.auto()
    UNTIMELY = enum.auto()


# Binding cache of the LMA (RFC 5213, 5.1)
bce_state = StateMap("bce_state", (ENTRY,), enum_sort(BindingState))
bce_node = StateMap("bce_node", (ENTRY,), MOBILE_NODE)
bce_prefix = StateMap("bce_prefix", (ENTRY, PREFIX), BOOL)
bce_proxy_coa = StateMap("bce_proxy_coa", (ENTRY, GATEWAY), BOOL)
bce_link_layer = StateMap("bce_link_layer", (ENTRY,), LINK_LAYER)
bce_technology = StateMap("bce_technology", (ENTRY,), TECHNOLOGY)
bce_sequence = StateMap("bce_sequence", (ENTRY,), SEQUENCE)  # none: by timestamp
bce_router = StateMap("bce_router", (ENTRY,), SEQUENCE)  # in a variant: link-local
last_accepted = StateMap("last_accepted", (MOBILE_NODE,), TIME)
accepted_for = StateMap("accepted_for", (MOBILE_NODE, ENTRY), TIME)  # in variants
binding_lifetime = Timer("binding_lifetime", (ENTRY,))
min_delay_before_bce_delete = Timer("min_delay_before_bce_delete", (ENTRY,))

# A request that waits for the end of another session of its node (RFC 5213, 5.4.1.2)
held_gateway = StateMap("held_gateway", (MOBILE_NODE,), GATEWAY)  # none: none waits
held_proxy_coa = StateMap("held_proxy_coa", (MOBILE_NODE,), GATEWAY)
held_link_layer = StateMap("held_link_layer", (MOBILE_NODE,), LINK_LAYER)
held_technology = StateMap("held_technology", (MOBILE_NODE,), TECHNOLOGY)
held_timestamp = StateMap("held_timestamp", (MOBILE_NODE,), TIME)
held_sequence = StateMap("held_sequence", (MOBILE_NODE,), SEQUENCE)  # none: timestamp
max_delay_before_new_bce_assign = Timer(
    "max_delay_before_new_bce_assign", (MOBILE_NODE,)
)

# Data plane of the LMA (RFC 5213, 5.6), with forwarding
is_established = StateMap("is_established", (TUNNEL,), BOOL)
route = StateMap("route", (PREFIX, TUNNEL), BOOL)  # the prefix is reached over it

# Binding update list of each MAG (RFC 5213, 6.1)
bule_state = StateMap("bule_state", (MOBILE_NODE, GATEWAY), enum_sort(UpdateListState))
bule_prefix = StateMap("bule_prefix", (MOBILE_NODE, GATEWAY), PREFIX)
awaited = StateMap("awaited", (MOBILE_NODE, GATEWAY), TIME)  # request to be answered
backoff = StateMap("backoff", (MOBILE_NODE, GATEWAY), LEVEL)
counter = StateMap("counter", (MOBILE_NODE, GATEWAY), SEQUENCE)  # of requests
bule_router = StateMap("bule_router", (MOBILE_NODE, GATEWAY), SEQUENCE)  # in a variant
awaits_clock = StateMap("awaits_clock", (MOBILE_NODE, GATEWAY), BOOL)  # after 156
retransmission = Timer("retransmission", (MOBILE_NODE, GATEWAY))
renewal = Timer("renewal", (MOBILE_NODE, GATEWAY))
registration_lifetime = Timer("registration_lifetime", (MOBILE_NODE, GATEWAY))
slow_clock = StateMap("slow_clock", (MOBILE_NODE,), TIME)  # what slow clocks show

# Data plane of each MAG (RFC 5213, 6.10), with gateway_forwarding
access_route = StateMap("access_route", (MOBILE_NODE, GATEWAY), PREFIX)  # to its link
has_tunnel = StateMap("has_tunnel", (GATEWAY,), BOOL)  # to the anchor

# The mobile node and its link
attached = StateMap("attached", (MOBILE_NODE,), GATEWAY)
address = StateMap(
    "address", (MOBILE_NODE,), PREFIX
)  # prefix of the last RA on the link
handoff_hint = StateMap(  # what the access network tells of the attachment
    "handoff_hint", (MOBILE_NODE,), enum_sort(HandoffIndicator)
)

# Observers
granted = StateMap("granted", (MOBILE_NODE, GATEWAY), BOOL, observer=True)
accepted_before_restart = StateMap(  # the last timestamp that a restart may have lost
    "accepted_before_restart", (MOBILE_NODE,), TIME, observer=True
)
latest_request = StateMap(  # whatever its timestamp says, where a clock is slow
    "latest_request", (MOBILE_NODE,), TIME, observer=True
)

# What the configuration fixes
is_authorised_gateway = Rigid("is_authorised_gateway", (GATEWAY,))
is_barred = Rigid("is_barred", (GATEWAY, MOBILE_NODE))  # from a node; in a variant
is_known_node = Rigid("is_known_node", (MOBILE_NODE,))
is_enabled_node = Rigid("is_enabled_node", (MOBILE_NODE,))
is_assignable = Rigid("is_assignable", (MOBILE_NODE, PREFIX))
may_request = Rigid("may_request", (MOBILE_NODE, PREFIX))
is_proposed = Rigid("is_proposed", (MOBILE_NODE, GATEWAY, PREFIX))  # known to the MAG
has_interface = Rigid("has_interface", (MOBILE_NODE, LINK_LAYER, TECHNOLOGY))
may_fail_authentication = Rigid("may_fail_authentication", (MOBILE_NODE,))
has_slow_clock = Rigid("has_slow_clock", (GATEWAY,))  # behind those of the others
routes_locally = Rigid("routes_locally", (GATEWAY,))  # EnableMAGLocalRouting (9.2)

# Whose Proxy-CoA is the other end of a tunnel (RFC 5213, 5.6.1)
leads_to = Rigid("leads_to", (TUNNEL, GATEWAY))

# Sets of prefixes that have one in common (RFC 5213, 5.4.1.1)
overlaps = Rigid("overlaps", (PREFIX, PREFIX))

# The order of the counter (RFC 6275, 9.5.1): the first number is greater
is_newer = Rigid("is_newer", (SEQUENCE, SEQUENCE))

# The order of a counter that comes round: the first number is the next one
follows = Rigid("follows", (SEQUENCE, SEQUENCE))

# Features: what the nodes or the anchor of a configuration have
several_interfaces = Rigid("several_interfaces", ())  # of a node, told apart (5.4)
gateways_mix_sessions = Rigid("gateways_mix_sessions", ())  # of one node's interfaces
sequence_numbers = Rigid("sequence_numbers", ())  # order some requests (5.5)
alternate_addresses = Rigid("alternate_addresses", ())  # as Proxy-CoA (6275, 6.2.5)
several_prefixes = Rigid("several_prefixes", ())  # of a session, or of a request (5.2)
handoff_hints = Rigid("handoff_hints", ())  # tell gateways how nodes attach (6.9.1.1)
altered_answers = Rigid("altered_answers", ())  # PBAs of an anchor at fault (6.9.1.2)
address_collisions = Rigid("address_collisions", ())  # of gateway and node (6.8)
clock_synchronisation = Rigid("clock_synchronisation", ())  # ends a wait after 156
numbered_registrations = Rigid("numbered_registrations", ())  # have no timestamp (5.5)
registration_lifetimes = Rigid("registration_lifetimes", ())  # end at gateways, too
router_solicitations = Rigid("router_solicitations", ())  # of nodes (6.9.2)
anchor_restarts = Rigid("anchor_restarts", ())  # at any moment; what it keeps then:
bindings_survive = Rigid("bindings_survive", ())  # the entries and their timers
timestamps_survive = Rigid("timestamps_survive", ())  # the last accepted ones
gateway_restarts = Rigid("gateway_restarts", ())  # at any moment; what it keeps then:
update_list_survives = Rigid("update_list_survives", ())  # the entries and their timers
counted_requests = Rigid("counted_requests", ())  # by a number that comes round
named_routers = Rigid("named_routers", ())  # link-local addresses, by the anchor (6.8)
spaced_attempts = Rigid("spaced_attempts", ())  # after a rejection (6275, 11.8)
forwarding = Rigid("forwarding", ())  # of user packets through tunnels (5.6)
gateway_forwarding = Rigid("gateway_forwarding", ())  # of user packets (6.10)
free_answers = Rigid("free_answers", ())  # of an anchor that decides by chance
waits_for_deregistration = Rigid("waits_for_deregistration", ())  # before 2nd session
FEATURES = (
    several_interfaces,
    waits_for_deregistration,
    gateways_mix_sessions,
    sequence_numbers,
    alternate_addresses,
    several_prefixes,
    handoff_hints,
    altered_answers,
    address_collisions,
    clock_synchronisation,
    numbered_registrations,
    registration_lifetimes,
    router_solicitations,
    anchor_restarts,
    bindings_survive,
    timestamps_survive,
    gateway_restarts,
    update_list_survives,
    counted_requests,
    named_routers,
    spaced_attempts,
    forwarding,
    gateway_forwarding,
    free_answers,
)

# Switches: where the RFCs leave two readings (docs/findings.md)
equal_timestamp_is_lower = Rigid("equal_timestamp_is_lower", ())
stale_and_untimely_is_mismatch = Rigid("stale_and_untimely_is_mismatch", ())
timestamp_ends_with_binding = Rigid("timestamp_ends_with_binding", ())
repeated_deregistration_restarts_delay = Rigid(
    "repeated_deregistration_restarts_delay", ()
)
foreign_deregistration_is_acknowledged = Rigid(
    "foreign_deregistration_is_acknowledged", ()
)
second_session_by_name = Rigid("second_session_by_name", ())
unknown_handoff_is_new_session = Rigid("unknown_handoff_is_new_session", ())

pbu = Channel(
    "pbu",
    (
        ("node", MOBILE_NODE),
        ("gateway", GATEWAY),  # source address of the packet
        ("proxy_coa", GATEWAY),  # the same unless an option names another address
        ("origin", enum_sort(Origin)),
        ("deregistration", BOOL),  # lifetime 0
        ("prefix", PREFIX),  # none: ALL_ZERO
        ("timestamp", TIME),
        ("has_timestamp", BOOL),  # else the sequence number orders it
        ("sequence", SEQUENCE),
        ("timely", BOOL),  # within TimestampValidityWindow on arrival
        ("handoff_indicator", enum_sort(HandoffIndicator)),
        ("link_layer", LINK_LAYER),  # none: no identifier in the request
        ("technology", TECHNOLOGY),
        ("has_node_identifier", BOOL),
        ("has_prefix", BOOL),
        ("has_handoff_indicator", BOOL),
        ("has_access_technology", BOOL),
    ),
)
pba = Channel(
    "pba",
    (
        ("node", MOBILE_NODE),
        ("gateway", GATEWAY),
        ("origin", enum_sort(Origin)),
        ("status", enum_sort(BindingAckStatus)),
        ("prefix", PREFIX),
        ("request", TIME),  # timestamp of the PBU that it answers
        ("sequence", SEQUENCE),  # none: that of the PBU
        ("is_echo", BOOL),  # the options that the PBU had have its values
        ("address_in_use", BOOL),  # by the node: the link-local address that it names
    ),
)
# A user packet at the anchor, and what the anchor sends on (RFC 5213, 5.6.2)
packet = Channel(
    "packet",
    (
        ("node", MOBILE_NODE),  # for the order of channels alone: no packet tells it
        (
            "gateway",
            GATEWAY,
        ),  # source of its tunnel header; none: it has no such header
        ("prefix", PREFIX),  # of its source if it has a tunnel header, else destination
    ),
)
delivery = Channel(
    "delivery",
    (
        ("node", MOBILE_NODE),
        ("gateway", GATEWAY),  # where its tunnel ends; none: it is routed on as it is
        ("prefix", PREFIX),
    ),
)

# A user packet on an access link, and what a gateway sends there (RFC 5213, 6.10.5)
access_packet = Channel(
    "access_packet",
    (
        ("node", MOBILE_NODE),  # on whose link it is
        ("gateway", GATEWAY),
        ("source", PREFIX),
        ("destination", PREFIX),  # none: a host elsewhere
    ),
)
access_delivery = Channel(
    "access_delivery",
    (("node", MOBILE_NODE), ("gateway", GATEWAY), ("prefix", PREFIX)),
)
