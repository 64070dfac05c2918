"""What gateways keep for a fast handover (RFC 5949), and the messages between them.

Any gateway is the previous or the new one (PMAG, NMAG) of a node, or both at once in a
chain of moves: its two parts are state of their own.  The fields of the messages are the
flags and options of the RFC.  One LMA serves the domain, and a node has one interface, so
that the LMA address and the identifiers of the node are not told apart.
"""

import enum

from pmip6.model.language.table import LEVEL, Channel, Rigid, StateMap, Timer
from pmip6.model.language.terms import BOOL, Sort, SortKind, enum_sort
from pmip6.model.state import GATEWAY, MOBILE_NODE, PREFIX, TIME
from pmip6.model.wire.numbers import HandoverAcknowledgeCode, HandoverInitiateCode

PACKET = Sort("Packet", SortKind.OPEN)  # numbered user packets


class PreviousState(enum.Enum):
    """What a gateway does for a node as its previous one; the names are ours."""

    IDLE = enum.auto()
    OFFERING = enum.auto()  # the context, in an HI that is not answered yet
    AGREED = enum.auto()  # the new gateway has the context, and will ask for the rest
    ANNOUNCED = enum.auto()  # likewise, but forwarding was announced (U)
    BUFFERING = enum.auto()  # the new gateway has asked for that
    FORWARDING = enum.auto()
    COMPLETING = enum.auto()  # has told the new gateway that forwarding has ended


class NewState(enum.Enum):
    """What a gateway does for a node as its new one; the names are ours."""

    IDLE = enum.auto()
    FETCHING = enum.auto()  # the context, by an HI that is not answered yet
    INFORMED = enum.auto()  # has the context, and may ask for the rest
    PREPARED = enum.auto()  # likewise, but forwarding was announced (U)
    TUNNELLED = enum.auto()


class HandoverRequest(enum.Enum):
    """What an HI asks for, by its sender and flags; the names are ours."""

    NOTHING = enum.auto()
    OFFER = (
        enum.auto()
    )  # of the previous gateway: take the context (step c of figure 2)
    OFFER_AND_BUFFER = enum.auto()  # with U
    OFFER_AND_FORWARD = enum.auto()  # with F
    START_FORWARDING = enum.auto()  # with F: what an HI with U has announced
    COMPLETION = enum.auto()  # with F and code 2
    FETCH = enum.auto()  # of the new gateway: give the context (step c of figure 3)
    FETCH_AND_BUFFER = enum.auto()  # with U
    FETCH_AND_FORWARD = enum.auto()  # with F
    ASK_TO_BUFFER = enum.auto()  # with U (step e of figure 2)
    ASK_TO_FORWARD = enum.auto()  # with F (step e of figure 2)


class Link(enum.Enum):
    """By which link a packet is on its way to a gateway."""

    NONE = enum.auto()
    FROM_ANCHOR = enum.auto()
    FROM_PREVIOUS = enum.auto()  # gateway, towards the node
    FROM_NEW = enum.auto()  # gateway, towards the anchor


# The previous gateway
previous_state = StateMap(
    "previous_state", (MOBILE_NODE, GATEWAY), enum_sort(PreviousState)
)
next_gateway = StateMap("next_gateway", (MOBILE_NODE, GATEWAY), GATEWAY)
forwarding_lifetime = Timer("forwarding_lifetime", (MOBILE_NODE, GATEWAY))  # ours

# The new gateway
new_state = StateMap("new_state", (MOBILE_NODE, GATEWAY), enum_sort(NewState))
former_gateway = StateMap("former_gateway", (MOBILE_NODE, GATEWAY), GATEWAY)
transferred_prefix = StateMap("transferred_prefix", (MOBILE_NODE, GATEWAY), PREFIX)
context_lifetime = Timer("context_lifetime", (MOBILE_NODE, GATEWAY))  # ours

# The HI of a gateway that is not answered yet (RFC 5568, 6.2.1.1); one for each node
handover_request = StateMap(
    "handover_request", (MOBILE_NODE, GATEWAY), enum_sort(HandoverRequest)
)
handover_awaited = StateMap("handover_awaited", (MOBILE_NODE, GATEWAY), TIME)
handover_backoff = StateMap("handover_backoff", (MOBILE_NODE, GATEWAY), LEVEL)
handover_retransmission = Timer("handover_retransmission", (MOBILE_NODE, GATEWAY))

# The access networks: where the node was before, told once at link up; where it is sent
last_link = StateMap("last_link", (MOBILE_NODE,), GATEWAY)
heading = StateMap("heading", (MOBILE_NODE,), GATEWAY)

# Numbered user packets: relations, so that a packet may be in several places
is_packet_sent = StateMap("is_packet_sent", (PACKET,), BOOL)
incoming = StateMap("incoming", (PACKET, GATEWAY), enum_sort(Link))
is_buffered = StateMap("is_buffered", (PACKET, GATEWAY), BOOL)
is_to_anchor = StateMap("is_to_anchor", (PACKET, GATEWAY), BOOL)
is_delivered = StateMap("is_delivered", (PACKET,), BOOL)
is_behind = StateMap("is_behind", (PACKET, PACKET), BOOL)  # in a queue that both are in
is_of_node = Rigid("is_of_node", (PACKET, MOBILE_NODE))  # to it, or from it
is_of_prefix = Rigid("is_of_prefix", (PACKET, PREFIX))  # its destination, or source
is_uplink = Rigid("is_uplink", (PACKET,))
precedes = Rigid("precedes", (PACKET, PACKET))  # sent in the same direction, and before

# Which gateway an AP-ID on the link of the first leads to: the second
resolves = Rigid("resolves", (GATEWAY, GATEWAY))

# Which HIs gateways send of their own accord, where the RFC leaves it to them
is_sent = Rigid("is_sent", (enum_sort(HandoverRequest),))

# After how many repetitions an HI is given up, where other timers have more levels
ends_attempts = Rigid("ends_attempts", (LEVEL,))

# Features
fast_handover = Rigid("fast_handover", ())
directed_moves = Rigid("directed_moves", ())  # nodes move as the network commands
settled_moves = Rigid("settled_moves", ())  # and when the last handover is over
early_moves = Rigid("early_moves", ())  # or before they are registered again
handover_refusals = Rigid("handover_refusals", ())  # gateways may refuse (4.2)
forwarding_failures = Rigid("forwarding_failures", ())  # code 132 (4.1)
postponed_deregistration = Rigid("postponed_deregistration", ())  # findings.md
outliving_tunnels = Rigid("outliving_tunnels", ())  # end after the registration
handover_packets = Rigid("handover_packets", ())  # numbered ones, in both directions
early_commands = Rigid("early_commands", ())  # before packets are kept or forwarded
ordered_paths = Rigid(
    "ordered_paths", ()
)  # the old one is empty before the new is used
unordered_links = Rigid("unordered_links", ())  # else first in, first out
one_packet_buffers = Rigid("one_packet_buffers", ())  # else there is room for all
copying_buffers = Rigid("copying_buffers", ())  # keep copies of what is delivered
FAST_HANDOVER_FEATURES = (
    fast_handover,
    directed_moves,
    settled_moves,
    early_moves,
    handover_refusals,
    forwarding_failures,
    postponed_deregistration,
    outliving_tunnels,
    handover_packets,
    early_commands,
    ordered_paths,
    unordered_links,
    one_packet_buffers,
    copying_buffers,
)

# Steps a, b and g of figure 2; each depends on the access technology
handover_report = Channel(
    "handover_report",
    (("node", MOBILE_NODE), ("gateway", GATEWAY), ("target", GATEWAY)),
)
handover_indication = Channel(
    "handover_indication",
    (("node", MOBILE_NODE), ("gateway", GATEWAY), ("target", GATEWAY)),
)
handover_command = Channel(
    "handover_command",
    (("node", MOBILE_NODE), ("gateway", GATEWAY), ("target", GATEWAY)),
)

# HI and HAck; S is always 0 and P always 1
handover_initiate = Channel(
    "handover_initiate",
    (
        ("node", MOBILE_NODE),
        ("source", GATEWAY),
        ("destination", GATEWAY),
        ("number", TIME),  # its sequence number
        ("code", enum_sort(HandoverInitiateCode)),
        ("buffer", BOOL),  # U
        ("forward", BOOL),  # F
        ("prefix", PREFIX),  # and the rest of the context; none: no context
        ("context_request", BOOL),  # the option
    ),
)
handover_acknowledge = Channel(
    "handover_acknowledge",
    (
        ("node", MOBILE_NODE),
        ("source", GATEWAY),
        ("destination", GATEWAY),
        ("number", TIME),  # that of the HI
        ("code", enum_sort(HandoverAcknowledgeCode)),
        ("buffer", BOOL),
        ("forward", BOOL),
        ("prefix", PREFIX),  # and the rest of the context; none: no context
    ),
)
