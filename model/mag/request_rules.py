"""How a Proxy Binding Update follows from what gateway and anchor said before.

One table of rules about the requests of a gateway (RFC 5213, 6.9.1.1 to 6.9.1.4, 6.9.4
and 6.13).  What a request is for, the exchange alone does not tell: who applies the rules
knows whether the node is attached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from pmip6.model.wire.messages import ProxyBindingUpdate, option_of, options_of
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.model.wire.options import (
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    Timestamp,
)


class Purpose(Enum):
    """What a request of a gateway is for."""

    REGISTRATION = "registration"  # of a node for which no session is accepted
    RENEWAL = "renewal"
    DEREGISTRATION = "de-registration"


@dataclass(frozen=True)
class Situation:
    """What a gateway knows of a node when it sends a request.

    Args:
        purpose: What the request is for.
        initial: The request with which the registration of the node began.
        unanswered: The request before this one for the same purpose; None where there is
            none, or where it was answered.
        prefixes: Of the session, as the last accepting answer has them.
        refused: The prefixes that the anchor has refused the node with 155.
        is_attached: The node is on the link of the gateway.
        tells_handoffs: The gateway can tell how a node has come to its link.
    """

    purpose: Purpose
    initial: ProxyBindingUpdate | None = None
    unanswered: ProxyBindingUpdate | None = None
    prefixes: tuple[HomeNetworkPrefix, ...] = ()
    refused: tuple[HomeNetworkPrefix, ...] = ()
    is_attached: bool = True
    tells_handoffs: bool = False


@dataclass(frozen=True)
class RequestRule:
    """One row: what a request for one of the purposes has to be.

    `fault` says what is wrong with a request, None where nothing is.
    """

    name: str
    requirements: tuple[str, ...]
    purposes: frozenset[Purpose]
    fault: Callable[[ProxyBindingUpdate, Situation], str | None]


def _other_options(request: ProxyBindingUpdate, known: Situation) -> str | None:
    if known.initial is None:
        return None
    wanted = {option.type_number for option in known.initial.options}
    found = {option.type_number for option in request.options}
    if found == wanted:
        return None
    others = (
        f"{what} options of type {', '.join(map(str, sorted(types)))}"
        for what, types in (("lacks", wanted - found), ("adds", found - wanted))
        if types
    )
    return f"{' and '.join(others)}, beside those of the first request"


def _other_prefixes(request: ProxyBindingUpdate, known: Situation) -> str | None:
    found = set(options_of(request, HomeNetworkPrefix))
    if not known.prefixes or found == set(known.prefixes):
        return None
    return f"names {_shown(found)}, the session has {_shown(set(known.prefixes))}"


def _refused_prefixes(request: ProxyBindingUpdate, known: Situation) -> str | None:
    again = set(options_of(request, HomeNetworkPrefix)) & set(known.refused)
    return f"names {_shown(again)}, which was refused" if again else None


def _old_timestamp(request: ProxyBindingUpdate, known: Situation) -> str | None:
    if known.unanswered is None:
        return None
    found, before = (
        option_of(request, Timestamp),
        option_of(known.unanswered, Timestamp),
    )
    if found is None or before is None or found.value > before.value:
        return None
    return "its timestamp is not later than that of the request before it"


def _absent_node(request: ProxyBindingUpdate, known: Situation) -> str | None:
    return None if known.is_attached else "the node is not on the link any more"


def _repeated_for_absent_node(
    request: ProxyBindingUpdate, known: Situation
) -> str | None:
    return None if known.unanswered is None else _absent_node(request, known)


def _guessed_handoff(request: ProxyBindingUpdate, known: Situation) -> str | None:
    if known.tells_handoffs:
        return None
    return _indicates(HandoffIndicator.UNKNOWN)(request, known)


def _claimed_handoff(request: ProxyBindingUpdate, known: Situation) -> str | None:
    found = option_of(request, HandoffIndicatorOption)
    if known.tells_handoffs or found is None or found.value not in _HANDOFFS:
        return None
    return f"has handoff indicator {int(found.value)} without knowing of a handoff"


def _indicates(
    wanted: HandoffIndicator,
) -> Callable[[ProxyBindingUpdate, Situation], str | None]:
    def fault(request: ProxyBindingUpdate, known: Situation) -> str | None:
        found = option_of(request, HandoffIndicatorOption)
        if found is None or found.value == wanted:
            return None
        return f"has handoff indicator {int(found.value)}, not {int(wanted)}"

    return fault


def _shown(prefixes: set[HomeNetworkPrefix]) -> str:
    shown = sorted(f"{p.prefix}/{p.prefix_length}" for p in prefixes)
    return ", ".join(shown) or "no prefix"


_REGISTRATION = frozenset({Purpose.REGISTRATION})
_RENEWAL = frozenset({Purpose.RENEWAL})
_DEREGISTRATION = frozenset({Purpose.DEREGISTRATION})

_HANDOFFS = (
    HandoffIndicator.BETWEEN_INTERFACES,
    HandoffIndicator.BETWEEN_GATEWAYS_SAME_INTERFACE,
)

REQUEST_RULES: tuple[RequestRule, ...] = (
    RequestRule(
        "handoff indicator of a registration",
        ("5213-6.9.1.1-13",),
        _REGISTRATION,
        _guessed_handoff,
    ),
    RequestRule(
        "handoff that nobody saw",
        ("5213-6.9.1.1-15",),
        _REGISTRATION,
        _claimed_handoff,
    ),
    RequestRule(
        "refused prefixes", ("5213-6.9.1.2-15",), _REGISTRATION, _refused_prefixes
    ),
    RequestRule("options of a renewal", ("5213-6.9.1.3-1",), _RENEWAL, _other_options),
    RequestRule(
        "prefixes of a renewal",
        ("5213-6.9.1.3-2", "5213-6.1-1", "5213-6.1-x4"),
        _RENEWAL,
        _other_prefixes,
    ),
    RequestRule(
        "handoff indicator of a renewal",
        ("5213-6.9.1.3-3",),
        _RENEWAL,
        _indicates(HandoffIndicator.NOT_CHANGED),
    ),
    RequestRule(
        "options of a de-registration",
        ("5213-6.9.1.4-2",),
        _DEREGISTRATION,
        _other_options,
    ),
    RequestRule(
        "prefixes of a de-registration",
        ("5213-6.9.1.4-3",),
        _DEREGISTRATION,
        _other_prefixes,
    ),
    RequestRule(
        "handoff indicator of a de-registration",
        ("5213-6.9.1.4-4",),
        _DEREGISTRATION,
        _indicates(HandoffIndicator.UNKNOWN),
    ),
    RequestRule(
        "renewal for a node that has left",
        ("5213-6.13-1", "5213-6.13-2"),
        _RENEWAL,
        _absent_node,
    ),
    RequestRule(
        "repetition for a node that has left",
        ("5213-6.9.4-3",),
        _REGISTRATION | _RENEWAL,
        _repeated_for_absent_node,
    ),
    RequestRule(
        "timestamp of a repetition",
        ("5213-6.9.4-6",),
        _REGISTRATION | _RENEWAL,
        _old_timestamp,
    ),
)


def request_faults(
    request: ProxyBindingUpdate, known: Situation
) -> Iterator[tuple[RequestRule, str]]:
    """The rules that a request breaks, each with what is wrong."""
    for rule in REQUEST_RULES:
        if known.purpose in rule.purposes:
            fault = rule.fault(request, known)
            if fault is not None:
                yield rule, fault
