"""The judgement of what comes back for a request that must not be taken.

What must come back is asked from the model: `model/wire/reception.py` says what the reaction
is, `model/wire/error_replies.py` makes the reply and says which aspects of it count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pmip6.conformance.lma.requests import Prepared
from pmip6.conformance.verdict import Finding, Layer, finding
from pmip6.conformance.wire.arrivals import Arrival
from pmip6.model.wire.error_replies import (
    TO_NOBODY,
    error_reply,
    reaction_of,
    reply_rules,
)
from pmip6.model.wire.ipv6 import Ipv6Packet, decode_ipv6
from pmip6.model.wire.numbers import is_rejection
from pmip6.model.wire.reception import NO_PROXY_REGISTRATION, Reaction
from pmip6.vectors.lma.stimuli import Form


def judge_reception(
    prepared: Prepared, arrivals: Sequence[Arrival], packet: int
) -> list[Finding]:
    """What is wrong with the reaction to a request that must be discarded."""
    expected = expected_reply(prepared)
    return [
        *judge_acknowledgements(prepared, arrivals, packet),
        *(
            _judge_silence(prepared, arrivals, packet)
            if expected is None
            else _judge_reply(prepared, expected, arrivals, packet)
        ),
    ]


def expected_reply(prepared: Prepared) -> Ipv6Packet | None:
    """The error reply that the model makes for a request; None where it makes none."""
    sent = decode_ipv6(prepared.packet)
    assert sent is not None
    reply = error_reply(prepared.reception, sent, prepared.packet)
    return None if reply is None else decode_ipv6(reply)


def lacks_reply(prepared: Prepared, arrivals: Sequence[Arrival]) -> bool:
    """Whether a reply has to come that has not come yet."""
    expected = expected_reply(prepared)
    return expected is not None and not _replies(expected, arrivals)


def _replies(expected: Ipv6Packet, arrivals: Sequence[Arrival]) -> list[Ipv6Packet]:
    """The packets that are of the kind that is expected."""
    kind = reaction_of(expected)
    packets = (arrival.packet for arrival in arrivals)
    return [p for p in packets if p is not None and reaction_of(p) is kind]


def judge_acknowledgements(
    prepared: Prepared, arrivals: Sequence[Arrival], packet: int
) -> Iterator[Finding]:
    """The acknowledgements of a request that must be discarded."""
    requirements = prepared.reception.requirements or NO_PROXY_REGISTRATION
    for arrival in arrivals:
        pba = arrival.acknowledgement
        if pba is None:
            continue
        is_direct = prepared.request.form is Form.DIRECT
        if is_direct and (not pba.proxy or is_rejection(pba.status)):
            continue  # a home agent may answer a direct registration
        text = f"expected no acknowledgement, got {arrival}"
        yield finding(requirements, text, packet, Layer.BEHAVIOUR)


def _judge_silence(
    prepared: Prepared, arrivals: Sequence[Arrival], packet: int
) -> Iterator[Finding]:
    reaction = prepared.reception.reaction
    if reaction is Reaction.PROCESS:
        return  # a home agent does something of its own with a direct registration
    is_told = reaction is not Reaction.DISCARD  # were there somebody to tell
    requirements = TO_NOBODY if is_told else prepared.reception.requirements
    for arrival in arrivals:
        if arrival.acknowledgement is None:
            text = f"expected silence, got {arrival}"
            yield finding(requirements, text, packet, Layer.BEHAVIOUR)


def _judge_reply(
    prepared: Prepared,
    expected: Ipv6Packet,
    arrivals: Sequence[Arrival],
    packet: int,
) -> Iterator[Finding]:
    kind = reaction_of(expected)
    assert kind is not None
    replies = _replies(expected, arrivals)
    rules = reply_rules(prepared.reception)
    if not replies:
        text = f"expected to {kind.value}; no such reply came"
        yield finding(rules[0].requirements, text, packet, Layer.BEHAVIOUR)
    for reply in replies:
        for rule in rules:
            wanted, got = rule.read(expected), rule.read(reply)
            if got != wanted:
                text = f"{kind.value}: expected {rule.aspect} {wanted}, got {got}"
                yield finding(rule.requirements, text, packet, Layer.BEHAVIOUR)
