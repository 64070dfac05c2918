"""The configurations that ship, by name."""

from __future__ import annotations

import itertools

from pmip6.model.domain import Configuration, Element
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Role
from pmip6.model.peer import peer
from pmip6.model.wire.numbers import is_newer_number

Facts = dict[str, frozenset[tuple[Element, ...]]]
ON: frozenset[tuple[Element, ...]] = frozenset({()})


def facts(
    nodes: tuple[str, ...],
    gateways: tuple[str, ...],
    prefixes: tuple[str, ...],
    **others: frozenset[tuple[Element, ...]],
) -> Facts:
    """Every gateway authorised, every node served, every prefix assignable to all."""
    return {
        "is_authorised_gateway": frozenset((g,) for g in gateways),
        "is_known_node": frozenset((n,) for n in nodes),
        "is_enabled_node": frozenset((n,) for n in nodes),
        "is_assignable": frozenset(itertools.product(nodes, prefixes)),
        **others,
    }


def newer(modulus: int) -> frozenset[tuple[Element, ...]]:
    """Which of the numbers below the modulus is greater than which (RFC 6275, 9.5.1).

    A number counts as lower or equal if it is the other or one of the half of all
    numbers that precede it.
    """
    return frozenset(
        (later, earlier)
        for later, earlier in itertools.product(range(modulus), repeat=2)
        if is_newer_number(later, earlier, modulus)
    )


def members(prefix: Element) -> tuple[str, ...]:
    """The prefixes of an element: `p1+p2` is a set of two, `p1` one prefix."""
    return tuple(str(prefix).split("+"))


def overlapping(sets: tuple[str, ...]) -> frozenset[tuple[Element, ...]]:
    """Which of the sets have a prefix in common."""
    return frozenset(
        (one, other)
        for one, other in itertools.product(sets, repeat=2)
        if set(members(one)) & set(members(other))
    )


ONE_NODE = Configuration(
    name="one-node",
    summary="1 mobile node, 2 MAGs, every clock real, unreliable channels",
    nodes=("mn1",),
    gateways=("mag1", "mag2"),
    prefixes=("p1", "p2"),
    entries=("bce1", "bce2"),
    facts=facts(
        ("mn1",),
        ("mag1", "mag2"),
        ("p1", "p2"),
        may_request=frozenset({("mn1", "p1")}),
        is_proposed=frozenset({("mn1", "mag1", "p1")}),
        may_fail_authentication=frozenset({("mn1",)}),
    ),
    durations={
        "binding_lifetime": (3,),
        "min_delay_before_bce_delete": (1,),
        "renewal": (2,),
        "retransmission": (1, 2),
    },
    capacity={"pbu": 2, "pba": 2},
    in_flight=2,
    times=4,
    faults=frozenset({"lose", "duplicate"}),
)

HANDOFF = Configuration(
    name="handoff",
    summary="2 mobile nodes, 2 MAGs, the deletion delay real, unreliable channels",
    nodes=("mn1", "mn2"),
    gateways=("mag1", "mag2"),
    prefixes=("p1", "p2"),
    entries=("bce1", "bce2"),
    facts=facts(("mn1", "mn2"), ("mag1", "mag2"), ("p1", "p2")),
    durations={"min_delay_before_bce_delete": (1,)},
    capacity={"pbu": 2, "pba": 2},
    in_flight=2,
    times=2,
    faults=frozenset({"lose", "duplicate"}),
    disabled=frozenset(  # one-node has them
        {
            "abandon_deregistration",
            "expire",
            "lapse_instead_of_renewal",
            "lapse_instead_of_retransmission",
            "lose_pba",
            "renew",
            "retransmit",
        }
    ),
)

REJECTIONS = Configuration(
    name="rejections",
    summary="2 mobile nodes, one prefix, a peer that sends faulty requests",
    nodes=("mn1", "mn2"),
    gateways=("mag1", "stranger"),
    prefixes=("p1",),
    entries=("bce1", "bce2"),
    facts=facts(
        ("mn1", "mn2"),
        ("mag1", "stranger"),
        ("p1",),
        is_authorised_gateway=frozenset({("mag1",)}),
        may_request=frozenset({("mn1", "p1")}),
    ),
    capacity={"pbu": 1, "pba": 1},
    roles=frozenset({Role.LMA, Role.CHANNEL, Role.PEER}),
    faults=frozenset({"lose"}),
    silent_on=frozenset(  # there is no gateway, no clock and no second request under way
        {
            "advertisement.accepted",
            "advertisement.refused",
            "preserved-prefix.acknowledgement",
            "preserved-prefix.gateway",
            "preserved-prefix.unexpected-answer",
            "stale-request.binding",
            "time-can-go-on",
        }
    ),
)

STRANGERS = REJECTIONS.changed(
    name="strangers",
    summary="nodes that are unknown or barred, a peer that sends faulty requests",
    nodes=("unknown", "barred"),
    facts=facts(
        ("barred",),
        ("mag1",),
        ("p1",),
        is_enabled_node=frozenset(),
        may_request=frozenset({("barred", "p1")}),
    ),
    silent_on=REJECTIONS.silent_on  # nor is there ever a binding
    | {
        "deletion-delay.kept",
        "deletion-delay.running",
        "foreign-deregistration",
        "no-reuse-in-delay",
        "preserved-prefix.session",
        "stale-request.order",
        "unique-binding.prefix",
        "unique-binding.proxy-coa",
        "unique-binding.session",
    },
)

INTERFACES = Configuration(
    name="interfaces",
    summary="1 mobile node with 2 interfaces, gateways that claim any handoff",
    nodes=("mn1",),
    gateways=("mag1", "mag2"),
    prefixes=("p1", "p2"),
    entries=("bce1", "bce2"),
    link_layers=("if1", "if2"),
    technologies=("wlan",),
    facts=facts(
        ("mn1",),
        ("mag1", "mag2"),
        ("p1", "p2"),
        several_interfaces=ON,
        has_interface=frozenset({("mn1", "if1", "wlan"), ("mn1", "if2", "wlan")}),
        may_request=frozenset({("mn1", "p1")}),
    ),
    capacity={"pbu": 1, "pba": 1},
    roles=frozenset({Role.LMA, Role.CHANNEL, Role.PEER}),
    faults=frozenset({"lose"}),
    disabled=frozenset({"send_faulty_request", "send_request_for_prefix"}),
    silent_on=REJECTIONS.silent_on,
    endless=True,
)

NO_FAULTS: frozenset[str] = frozenset()
WAITING = INTERFACES.changed(
    name="waiting",
    summary="1 mobile node with 2 interfaces, an anchor that waits for de-registrations",
    facts=facts(
        ("mn1",),
        ("mag1", "mag2"),
        ("p1", "p2"),
        several_interfaces=ON,
        waits_for_deregistration=ON,
        has_interface=frozenset({("mn1", "if1", "wlan"), ("mn1", "if2", "wlan")}),
    ),
    faults=NO_FAULTS,
    times=2,
)

WAITING_IN_VAIN = WAITING.changed(
    name="waiting-in-vain",
    summary="1 mobile node with 2 interfaces, one prefix, requests that wait for another",
    prefixes=("p1",),
    times=3,
    disabled=WAITING.disabled | {"expire"},  # sessions end by de-registration
    endless=False,
)

SEQUENCES = Configuration(
    name="sequences",
    summary="1 mobile node, gateways that number their requests modulo 8",
    nodes=("mn1",),
    gateways=("mag1", "mag2"),
    prefixes=("p1", "p2"),
    entries=("bce1",),
    sequences=tuple(range(8)),
    facts=facts(
        ("mn1",),
        ("mag1", "mag2"),
        ("p1", "p2"),
        sequence_numbers=ON,
        is_newer=newer(8),
        may_request=frozenset({("mn1", "p1")}),
    ),
    capacity={"pbu": 2, "pba": 1},
    roles=frozenset({Role.LMA, Role.CHANNEL, Role.PEER}),
    faults=frozenset({"lose", "duplicate"}),
    disabled=frozenset(
        {"send_faulty_request", "send_request_for_prefix", "send_request_of_interface"}
    ),
    silent_on=(REJECTIONS.silent_on | {"stale-request.order"})
    - {"stale-request.binding"},
)

ADDRESSES = REJECTIONS.changed(
    name="addresses",
    summary="1 mobile node, gateways that name another address as Proxy-CoA",
    nodes=("mn1",),
    gateways=("mag1", "mag2", "other"),
    prefixes=("p1", "p2"),
    facts=facts(
        ("mn1",),
        ("mag1", "mag2"),
        ("p1", "p2"),
        alternate_addresses=ON,
        is_authorised_gateway=frozenset({("mag1",), ("mag2",)}),
    ),
    capacity={"pbu": 2, "pba": 1},
    faults=frozenset({"lose", "duplicate"}),
    disabled=frozenset(
        {
            "send_faulty_request",
            "send_numbered_request",
            "send_request_for_prefix",
            "send_request_of_interface",
        }
    ),
    times=4,
    silent_on=REJECTIONS.silent_on - {"stale-request.binding"},
    endless=True,
)

PREFIX_SETS = REJECTIONS.changed(
    name="prefix-sets",
    summary="2 mobile nodes, sessions with one or two prefixes, a peer that asks for any",
    gateways=("mag1", "mag2"),
    prefixes=("p1", "p2", "p1+p2"),
    facts=facts(
        ("mn1", "mn2"),
        ("mag1", "mag2"),
        (),
        several_prefixes=ON,
        is_assignable=frozenset({("mn1", "p1+p2"), ("mn2", "p2")}),
        may_request=frozenset({("mn1", "p1"), ("mn1", "p1+p2")}),
        overlaps=overlapping(("p1", "p2", "p1+p2")),
    ),
    faults=frozenset({"lose"}),
    disabled=frozenset({"send_faulty_request"}),
    endless=True,
)

FORWARDING = REJECTIONS.changed(
    name="forwarding",
    summary="2 mobile nodes, 2 MAGs, user packets through tunnels that sessions share",
    gateways=("mag1", "mag2"),
    prefixes=("p1", "p2"),
    tunnels=("tunnel1", "tunnel2"),
    facts=facts(
        ("mn1", "mn2"),
        ("mag1", "mag2"),
        ("p1", "p2"),
        forwarding=ON,
        leads_to=frozenset({("tunnel1", "mag1"), ("tunnel2", "mag2")}),
    ),
    capacity={"pbu": 1, "pba": 1, "packet": 1, "delivery": 1},
    in_flight=1,
    disabled=frozenset({"send_request_for_prefix"}),
    endless=True,
)

LATE_REQUESTS = Configuration(
    name="late-requests",
    summary="1 mobile node, 2 MAGs, requests that leave the timestamp window on their way",
    nodes=("mn1",),
    gateways=("mag1", "mag2"),
    prefixes=("p1",),
    entries=("bce1",),
    facts=facts(("mn1",), ("mag1", "mag2"), ("p1",)),
    durations={"min_delay_before_bce_delete": (2,)},
    capacity={"pbu": 2, "pba": 1},
    in_flight=2,
    times=2,
    faults=frozenset({"lose", "delay"}),
    disabled=frozenset(  # one-node has them
        {
            "abandon_deregistration",
            "expire",
            "lapse_instead_of_renewal",
            "lapse_instead_of_retransmission",
            "lose_pba",
            "renew",
            "retransmit",
        }
    ),
)

OTHER_READINGS = LATE_REQUESTS.changed(
    name="other-readings",
    summary="1 mobile node, 2 MAGs, the other readings of section 5.3.5",
    facts=facts(
        ("mn1",),
        ("mag1", "mag2"),
        ("p1",),
        foreign_deregistration_is_acknowledged=ON,
        repeated_deregistration_restarts_delay=ON,
    ),
    in_flight=1,
    times=3,
    faults=frozenset({"lose"}),
    silent_on=frozenset({"stale-request.binding"}),  # no request overtakes another
)

ANSWERS = Configuration(
    name="answers",
    summary="1 mobile node, 1 MAG, an anchor that answers as it likes",
    nodes=("mn1",),
    gateways=("mag1",),
    prefixes=("p1", "p2"),
    entries=(),
    facts=facts(
        ("mn1",),
        ("mag1",),
        ("p1", "p2"),
        is_proposed=frozenset({("mn1", "mag1", "p1")}),
        may_fail_authentication=frozenset({("mn1",)}),
        handoff_hints=ON,
        altered_answers=ON,
        address_collisions=ON,
        clock_synchronisation=ON,
        numbered_registrations=ON,
        registration_lifetimes=ON,
        router_solicitations=ON,
        spaced_attempts=ON,
    ),
    durations={
        "registration_lifetime": (3,),
        "renewal": (2,),
        "retransmission": (1, 2),
    },
    capacity={"pbu": 0, "pba": 1},
    roles=frozenset({Role.MAG, Role.MN, Role.PEER}),
    disabled=frozenset(r.name for r in peer.rules) - {"send_any_answer"},
    silent_on=frozenset(  # there is no anchor, and so no binding
        {
            "deletion-delay.kept",
            "deletion-delay.running",
            "foreign-deregistration",
            "node-is-silent",
            "preserved-prefix.session",
            "stale-request.binding",
            "stale-request.order",
            "unique-binding.prefix",
            "unique-binding.proxy-coa",
            "unique-binding.session",
        }
    ),
)

RESPONSES = ONE_NODE.changed(
    name="responses",
    summary="1 mobile node, 2 MAGs, every clock real, runs without end",
    prefixes=("p1",),
    entries=("bce1",),
    facts=facts(
        ("mn1",),
        ("mag1", "mag2"),
        ("p1",),
        may_request=frozenset({("mn1", "p1")}),
    ),
    capacity={"pbu": 1, "pba": 1},
    times=3,
    faults=frozenset({"lose"}),
    prompt=True,
    endless=True,
    silent_on=frozenset(  # no request overtakes another, and none is refused
        {"advertisement.refused", "stale-request.binding"}
    ),
)

CONFIGURATIONS = {
    c.name: c
    for c in (
        ONE_NODE,
        HANDOFF,
        REJECTIONS,
        STRANGERS,
        INTERFACES,
        WAITING,
        WAITING_IN_VAIN,
        SEQUENCES,
        ADDRESSES,
        PREFIX_SETS,
        FORWARDING,
        LATE_REQUESTS,
        OTHER_READINGS,
        RESPONSES,
        ANSWERS,
    )
}


def configuration(name: str) -> Configuration:
    """The shipped configuration of this name.

    Raises:
        Pmip6Error: There is none.
    """
    if name not in CONFIGURATIONS:
        raise Pmip6Error(
            name, "is no configuration", f"choose one of {', '.join(CONFIGURATIONS)}"
        )
    return CONFIGURATIONS[name]
