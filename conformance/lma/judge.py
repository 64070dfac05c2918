"""The first two layers of judgement: one message alone, and an answer to its request.

The format layer repeats what the decoder found.  The exchange layer compares an
acknowledgement with what the exchange rules of the model expect for its request.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from pmip6.conformance.verdict import Finding, Layer, finding
from pmip6.conformance.wire.arrivals import Arrival
from pmip6.model.lma.acknowledgement import (
    ADDRESS_RULES,
    EXCHANGE_RULES,
    FIELD_RULES,
)
from pmip6.model.lma.answer import Answer, HeldAddress
from pmip6.model.wire.messages import (
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
    option_of,
    options_of,
)
from pmip6.model.wire.numbers import TIMESTAMP_UNITS_PER_SECOND
from pmip6.model.wire.option_words import option_in_words
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeLinkLayerIdentifier,
    MobilityOption,
    Timestamp,
)

ANY_LINK_LOCAL = IPv6Address("fe80::")
"""Expected where the anchor is to generate an address and has sent none."""
PROTECTED_ANSWER = ("5213-5.3.6-28", "5213-4-1")
"""Behind the protection of an answer, where ESP is declared."""


@dataclass(frozen=True)
class Sent:
    """A request as it went out.

    Args:
        message: The request.
        source: Its Proxy-CoA.
        destination: The anchor's address.
    """

    message: ProxyBindingUpdate
    source: IPv6Address
    destination: IPv6Address


@dataclass(frozen=True)
class Known:
    """What the tester knows beyond the request.

    Args:
        prefixes: Those of the session where the request is accepted; None where they are
            not known.
        held: The link-local address that the session had before; None where it had none,
            or that is not known.
        clock_tolerance_ms: How far the anchor's time of day may be from the tester's.
        clock_offset: How far the anchor's clock is ahead of the tester's, in the format
            of the Timestamp option.
        node_made_stamps: Nodes make the timestamps of the domain.
        accepted_sequence: The sequence number of the session, where the request has one
            that is not greater.
        is_new: The request makes a new session.
    """

    prefixes: tuple[HomeNetworkPrefix, ...] | None
    held: HeldAddress | None
    clock_tolerance_ms: int
    node_made_stamps: bool = False
    clock_offset: int = 0
    accepted_sequence: int | None = None
    is_new: bool = True


def judge_format(arrival: Arrival, packet: int) -> list[Finding]:
    """What is wrong with a packet whatever it answers."""
    found = list(arrival.packet.findings) if arrival.packet is not None else []
    if arrival.decoded is not None:
        found += arrival.decoded.findings
    unprotected: list[Finding] = []
    if arrival.unprotected is not None:
        text = f"{arrival}, for which this does not hold: {arrival.unprotected.value}"
        unprotected.append(finding(PROTECTED_ANSWER, text, packet, Layer.FORMAT))
    return unprotected + [
        Finding(
            f.requirements,
            f.level,
            f"{f.text} (octet {f.offset})",
            packet,
            Layer.FORMAT,
            f.rule.name,
        )
        for f in found
    ]


def judge_exchange(
    sent: Sent, arrival: Arrival, known: Known, packet: int
) -> list[Finding]:
    """How an acknowledgement differs from what its request calls for.

    Source: RFC 5213, section 5.3.6.
    """
    pba = arrival.acknowledgement
    assert pba is not None and arrival.packet is not None
    answer = answer_of(pba, arrival, known)
    return [
        *_judge_addresses(sent, arrival, packet),
        *_judge_fields(sent.message, pba, answer, packet),
        *_judge_options(sent.message, pba, answer, packet),
    ]


def answer_of(
    pba: ProxyBindingAcknowledgement, arrival: Arrival, known: Known
) -> Answer:
    """The decision behind an acknowledgement, with what only the anchor can choose."""
    stamp = option_of(pba, Timestamp)
    now = arrival.time_of_day + known.clock_offset
    if stamp is not None:
        distance = abs(stamp.value - now) * 1000
        if distance <= known.clock_tolerance_ms * TIMESTAMP_UNITS_PER_SECOND:
            now = stamp.value
    prefixes = tuple(options_of(pba, HomeNetworkPrefix))
    if known.prefixes is not None:
        prefixes = known.prefixes
    option = option_of(pba, LinkLocalAddress)
    generated = ANY_LINK_LOCAL
    if option is not None and option.address.is_link_local:
        generated = option.address
    return Answer(
        pba.status,
        pba.lifetime,
        prefixes,
        generated,
        now,
        known.held,
        is_new=known.is_new,
        accepted_sequence=known.accepted_sequence,
        node_made_stamps=known.node_made_stamps,
    )


def _judge_addresses(sent: Sent, arrival: Arrival, packet: int) -> Iterator[Finding]:
    assert arrival.packet is not None
    for rule in ADDRESS_RULES:
        expected = rule.value(sent.source, sent.destination)
        got = rule.found(arrival.packet.source, arrival.packet.destination)
        if got != expected:
            text = f"{rule.name}: expected {expected}, got {got}"
            yield finding(rule.requirements, text, packet, Layer.EXCHANGE)


def _judge_fields(
    request: ProxyBindingUpdate,
    pba: ProxyBindingAcknowledgement,
    answer: Answer,
    packet: int,
) -> Iterator[Finding]:
    for rule in FIELD_RULES:
        found = int(getattr(pba, rule.name))
        if not rule.allows(request, answer, found):
            expected = rule.value(request, answer)
            wanted = f"expected {expected}"
            if expected == found:  # the anchor may choose, but not this
                wanted = f"asked for {getattr(request, rule.name)}"
            text = f"{rule.name}: {wanted}, got {found}"
            yield finding(rule.requirements, text, packet, Layer.EXCHANGE)


def _judge_options(
    request: ProxyBindingUpdate,
    pba: ProxyBindingAcknowledgement,
    answer: Answer,
    packet: int,
) -> Iterator[Finding]:
    for rule in EXCHANGE_RULES:
        expected = rule.expected(request, answer)
        found = [_plain(option) for option in options_of(pba, rule.option)]
        allowed = [[_plain(o) for o in options] for options in expected.alternatives]
        if not any(_agree(found, options) for options in allowed):
            text = f"{rule.name}: expected {_shown(allowed[0])}, got {_shown(found)}"
            yield finding(expected.requirements, text, packet, Layer.EXCHANGE)


def _agree(found: list[MobilityOption], expected: list[MobilityOption]) -> bool:
    """Whether the options are those expected, in any order."""
    return sorted(found, key=repr) == sorted(expected, key=repr)


def _plain(option: MobilityOption) -> MobilityOption:
    """The option with its reserved bits clear: they are for the format layer."""
    if isinstance(option, HomeNetworkPrefix) and option.is_all_zero:
        option = replace(option, prefix_length=0)  # no meaning in ALL_ZERO
    match option:
        case (
            HomeNetworkPrefix()
            | HandoffIndicatorOption()
            | AccessTechnologyTypeOption()
            | MobileNodeLinkLayerIdentifier()
        ):
            return replace(option, reserved=0)
        case _:
            return option


def _shown(options: list[MobilityOption]) -> str:
    return ", ".join(map(_text, options)) or "none"


def _text(option: MobilityOption) -> str:
    match option:
        case HomeNetworkPrefix():
            return f"{option.prefix}/{option.prefix_length}"
        case LinkLocalAddress():
            return str(option.address)
        case Timestamp():
            return f"{option.seconds:.3f} s"
        case _:
            return option_in_words(option)
