"""Which request of a gateway an acknowledgement answers, and whether it echoes it.

`MATCHING_RULES` say what an answer has to have in common with the request of which it is
the answer, `ECHO_RULES` which of its options have to have the values of the request.
Sources: RFC 5213, section 6.9.1.2; RFC 6275, section 11.7.3; docs/findings.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from pmip6.model.language.interpreter import Message, Value
from pmip6.model.state import Origin, pba, registration_lifetime, renewal
from pmip6.model.wire.abstraction import network, prefix_value
from pmip6.model.wire.messages import (
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
    option_of,
    options_of,
)
from pmip6.model.wire.numbers import (
    LIFETIME_UNIT_SECONDS,
    BindingAckStatus,
    is_rejection,
)
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    BindingRefreshAdvice,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobilityOption,
    Timestamp,
)

Answer = ProxyBindingAcknowledgement
Request = ProxyBindingUpdate


@dataclass(frozen=True)
class MatchingRule:
    """One row: what an answer has to fulfil to be the answer to a request."""

    name: str
    requirements: tuple[str, ...]
    holds: Callable[[Answer, Request], bool]


@dataclass(frozen=True)
class EchoRule:
    """One row: an option of the answer that has the value of the request."""

    name: str
    requirements: tuple[str, ...]
    option: type[MobilityOption]

    def holds(self, answer: Answer, request: Request) -> bool:
        """Whether the option, if the answer has it, is that of the request."""
        found = [_plain(each) for each in options_of(answer, self.option)]
        return not found or found == list(options_of(request, self.option))


def _plain(option: MobilityOption) -> MobilityOption:
    """The option with its reserved bits clear: no receiver looks at them (5213-8.4-2)."""
    match option:
        case (
            HandoffIndicatorOption()
            | AccessTechnologyTypeOption()
            | MobileNodeLinkLayerIdentifier()
        ):
            return replace(option, reserved=0)
        case _:
            return option


def _is_numbered(answer: Answer, request: Request) -> bool:
    """An anchor that refuses a number tells its own (RFC 6275, section 9.5.1)."""
    refused = BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW
    by_number = option_of(request, Timestamp) is None
    if answer.status == refused and by_number:
        return _names_the_node(answer, request)
    return answer.sequence == request.sequence


def _names_the_node(answer: Answer, request: Request) -> bool:
    named = option_of(answer, MobileNodeIdentifier)
    return named is not None and named == option_of(request, MobileNodeIdentifier)


MANDATORY: tuple[type[MobilityOption], ...] = (
    MobileNodeIdentifier,
    HomeNetworkPrefix,
    HandoffIndicatorOption,
    AccessTechnologyTypeOption,
)


def _names_the_interface(answer: Answer, request: Request) -> bool:
    named = option_of(answer, MobileNodeLinkLayerIdentifier)
    sent = option_of(request, MobileNodeLinkLayerIdentifier)
    return (None if named is None else _plain(named)) == sent


def _is_complete(answer: Answer, request: Request) -> bool:
    if answer.is_rejection:
        return True
    return all(option_of(answer, option) is not None for option in MANDATORY)


def _grants_time(answer: Answer, request: Request) -> bool:
    return answer.is_rejection or request.lifetime == 0 or answer.lifetime > 0


MATCHING_RULES: tuple[MatchingRule, ...] = (
    MatchingRule(
        "sequence number of an answer",
        ("5213-6.9.1.2-7", "6275-11.7.3-1", "6275-11.7.3-4"),
        _is_numbered,
    ),
    MatchingRule("options of an acceptance", ("5213-6.9.1.2-8",), _is_complete),
    MatchingRule("lifetime of an acceptance", ("6275-11.7.3-7",), _grants_time),
)

ECHO_RULES: tuple[EchoRule, ...] = tuple(
    EchoRule(f"{name} of an answer", ("5213-6.9.1.2-8",), option)
    for name, option in (
        ("handoff indicator", HandoffIndicatorOption),
        ("access technology", AccessTechnologyTypeOption),
        ("link-layer identifier", MobileNodeLinkLayerIdentifier),
        ("node identifier", MobileNodeIdentifier),
    )
)


def answered(
    answer: Answer,
    outstanding: Mapping[bytes, Request],
    rules: Iterable[MatchingRule] = MATCHING_RULES,
) -> bytes | None:
    """The node whose outstanding request an acknowledgement answers.

    Of several the one that it names, and of several interfaces of that node the one that
    it names.  An answer that names another node than that of the request with its number
    is an altered answer to it.

    Args:
        answer: What came from the anchor.
        outstanding: The last request of each node, or interface, that is not answered yet.
        rules: What an answer has to fulfil.
    """
    every = tuple(rules)
    found = [
        node
        for node, request in outstanding.items()
        if all(rule.holds(answer, request) for rule in every)
    ]
    named = [n for n in found if _names_the_node(answer, outstanding[n])]
    at = [n for n in named if _names_the_interface(answer, outstanding[n])]
    return next(iter([*at, *named, *found]), None)


def is_echo(
    answer: Answer, request: Request, rules: Iterable[EchoRule] = ECHO_RULES
) -> bool:
    """Whether all options of an answer that have to be are those of the request."""
    return all(rule.holds(answer, request) for rule in rules)


def abstract_answer(
    answer: Answer,
    node: bytes,
    gateway: IPv6Address,
    *,
    request: Value,
    is_echo: bool,
    address_in_use: bool,
) -> Message:
    """The message of the model for an acknowledgement that came.

    Args:
        answer: The decoded PBA.
        node: The node of the request that it answers, or that it names.
        gateway: The Proxy-CoA.
        request: The time of that request in the model; 0 where it answers none.
        is_echo: Its options are those of the request.
        address_in_use: The node itself uses the link-local address that it names.
    """
    networks = map(network, options_of(answer, HomeNetworkPrefix))
    values: dict[str, Value] = {
        "node": node,
        "gateway": gateway,
        "origin": Origin.ANCHOR.name,
        "status": status_name(answer.status),
        "prefix": prefix_value(found for found in networks if found is not None),
        "request": request,
        "sequence": answer.sequence,
        "is_echo": is_echo,
        "address_in_use": address_in_use,
    }
    return tuple(values[name] for name, _ in pba.fields)


def granted_durations(
    answer: Answer, waited_ms: int, renewal_percent: int
) -> dict[str, int]:
    """Milliseconds of the timers that the lifetime of an answer fixes, by their names.

    Both count from when the request was sent.  An anchor may advise to register again
    before that; an advice of 0 is none (RFC 6275, sections 6.2.4 and 11.7.3).

    Args:
        answer: The decoded PBA.
        waited_ms: How long ago the request was sent.
        renewal_percent: After which part of what is left the gateway registers again.
    """
    left = max(0, _units_ms(answer.lifetime) - waited_ms)
    again = left * renewal_percent // 100
    advice = advised_ms(answer)
    if advice is not None:
        again = min(again, max(0, advice - waited_ms))
    return {registration_lifetime.name: left, renewal.name: again}


def advised_ms(answer: Answer) -> int | None:
    """After how long the anchor advises to register again; None where it does not."""
    advice = option_of(answer, BindingRefreshAdvice)
    return (
        _units_ms(advice.interval) if advice is not None and advice.interval else None
    )


def _units_ms(units: int) -> int:
    return units * LIFETIME_UNIT_SECONDS * 1000


def status_name(number: int) -> str:
    """The literal of a status; a number without a name is as any other of its kind.

    Source: RFC 5213, section 8.9; RFC 6275, section 6.1.8.
    """
    if not is_rejection(number):
        return BindingAckStatus.ACCEPTED.name
    if number in list(BindingAckStatus):
        return BindingAckStatus(number).name
    return BindingAckStatus.REASON_UNSPECIFIED.name
