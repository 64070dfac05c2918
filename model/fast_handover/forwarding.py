"""User packets at a gateway in a fast handover: which way each goes.

The rows stand before those of base PMIPv6 that would take the packet otherwise; the first
whose condition holds decides.  Source: RFC 5949, sections 4.1 and 4.2.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pmip6.model.mag.forwarding import (
    FORWARDING_RULES,
    Arrival,
    ForwardingRule,
    Traffic,
    Way,
)


def _is_not_registered_yet(traffic: Traffic) -> bool:
    """The node of the packet has a tunnel to its previous gateway, and no binding."""
    sender = traffic.sender
    return sender is not None and sender.former is not None and not sender.is_registered


def _comes_from_anchor(traffic: Traffic) -> bool:
    receiver = traffic.receiver
    return (
        receiver is not None
        and receiver.tunnel.exit_point == traffic.entry_point
        and traffic.gre_key is None
    )


def _is_forwarded(traffic: Traffic) -> bool:
    receiver = traffic.receiver
    return (
        receiver is not None
        and receiver.next is not None
        and _comes_from_anchor(traffic)
    )


def _is_held_for_next(traffic: Traffic) -> bool:
    receiver = traffic.receiver
    return (
        receiver is not None and receiver.is_buffering and _comes_from_anchor(traffic)
    )


def _is_behind_others(traffic: Traffic) -> bool:
    """What was held back for the node has not left yet, and goes first."""
    receiver = traffic.receiver
    return receiver is not None and receiver.is_draining and _comes_from_anchor(traffic)


def _comes_from_former(traffic: Traffic) -> bool:
    receiver = traffic.receiver
    return (
        receiver is not None
        and receiver.former is not None
        and receiver.former.exit_point == traffic.entry_point
        and receiver.gre_key == traffic.gre_key
    )


def _is_on_link(traffic: Traffic) -> bool:
    receiver = traffic.receiver
    return _comes_from_former(traffic) and receiver is not None and receiver.is_on_link


def _comes_from_next(traffic: Traffic) -> bool:
    origin = traffic.origin
    return (
        origin is not None
        and origin.next is not None
        and origin.next.exit_point == traffic.entry_point
        and origin.gre_key == traffic.gre_key
    )


def _row(
    name: str,
    requirements: str,
    arrival: Arrival,
    condition: Callable[[Traffic], bool],
    way: Way,
) -> ForwardingRule:
    return ForwardingRule(name, tuple(requirements.split()), arrival, condition, way)


HANDOVER_FORWARDING: tuple[ForwardingRule, ...] = (
    _row(
        "tunnel_to_former_gateway",
        "5949-4.2-9",
        Arrival.NODE,
        _is_not_registered_yet,
        Way.FORMER_GATEWAY,
    ),
    _row(
        "buffer_for_next_gateway",
        "5568-6.2.1.1-4",
        Arrival.TUNNEL,
        _is_held_for_next,
        Way.BUFFER,
    ),
    _row(
        "forward_to_next_gateway",
        "5949-6.1.1-x7",
        Arrival.TUNNEL,
        _is_forwarded,
        Way.NEXT_GATEWAY,
    ),
    _row(
        "wait_behind_others",
        "5949-4.2-8 5568-5.4-3",
        Arrival.TUNNEL,
        _is_behind_others,
        Way.BUFFER,
    ),
    _row(
        "deliver_from_former_gateway",
        "5949-4.2-8 5949-4.1-8",
        Arrival.TUNNEL,
        _is_on_link,
        Way.NODE,
    ),
    _row(
        "buffer_until_arrival",
        "5949-4.2-8 5949-4.1-7",
        Arrival.TUNNEL,
        _comes_from_former,
        Way.BUFFER,
    ),
    _row(
        "pass_on_to_anchor",
        "5949-4.2-9",
        Arrival.TUNNEL,
        _comes_from_next,
        Way.TUNNEL,
    ),
)
"""The rows that base PMIPv6 does not have, each with what asks for its way."""


@dataclass(frozen=True)
class TunnelForm:
    """One row: what packets between two gateways have in common with what is agreed."""

    name: str
    requirements: tuple[str, ...]


ENCAPSULATION = TunnelForm(
    "encapsulation between gateways", ("5949-4.2-2", "5949-4.2-4")
)
FLOW_KEY = TunnelForm("GRE key of a flow", ("5949-6.2.6-x3",))
TUNNEL_FORMS = (ENCAPSULATION, FLOW_KEY)
"""How the packets are encapsulated that take one of these ways."""

_FIRST = ("drop_link_local_source", "drop_without_binding", "drop_foreign_source")

FAST_HANDOVER_RULES: tuple[ForwardingRule, ...] = (
    *(rule for rule in FORWARDING_RULES if rule.name in _FIRST),
    *HANDOVER_FORWARDING,
    *(rule for rule in FORWARDING_RULES if rule.name not in _FIRST),
)
"""All rows of a gateway with fast handover; what is refused in base PMIPv6 still is."""
