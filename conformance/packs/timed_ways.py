"""Ways of anchors whose requests have numbers and times of their own.

A tester of the campaign gives each request the number and the time that tell its answer
from others; here several have the same, or come when a tester does not know what runs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.packs.boundary_ways import (
    END,
    FIRST,
    OTHERS,
    SECOND,
    AnchorWay,
    octets_of,
    purpose_of,
)
from pmip6.conformance.packs.cases import Cases, Chosen, anchor_case, as_tour
from pmip6.conformance.packs.numeric_ways import recorded_packets
from pmip6.conformance.packs.rare_ways import ONE_PREFIX, with_pool
from pmip6.conformance.packs.recording import Recorded, clock
from pmip6.model.state import (
    forwarding,
    sequence_numbers,
    several_interfaces,
    waits_for_deregistration,
)
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.ipv6 import decode_packet, encode_ipv6
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.model.wire.options import Timestamp
from pmip6.vectors.lma.stimuli import Request, Stimulus, UserPacket
from pmip6.vectors.packs.scenario_group import PackRole, ScenarioVector


@dataclass(frozen=True)
class Sent:
    """A packet of a way: when it is sent, and what it is like.

    Args:
        at_ms: When.
        like: Which of the stimuli of the way.
        number: Its sequence number, which orders it; a timestamp does where None.
        stamp_ms: How much older than it is sent the timestamp is.
        lifetime: In units of 4 s; that of the stimulus where None.
    """

    at_ms: int
    like: int
    number: int | None = None
    stamp_ms: int = 0
    lifetime: int | None = None


@dataclass(frozen=True)
class TimedWay:
    """What is sent to an anchor, and when.

    Args:
        words: What is special about it.
        needs: Features.
        stimuli: What its packets are like.
        sent: The packets.
        until_ms: How long the tester listens.
        settings: Those of the anchor.
    """

    words: str
    needs: tuple[str, ...]
    stimuli: tuple[Stimulus, ...]
    sent: tuple[Sent, ...]
    until_ms: int
    settings: Chosen[AnchorSettings] = lambda plain: plain


_NUMBERS = (
    several_interfaces.name,
    sequence_numbers.name,
    waits_for_deregistration.name,
)
_WAITS = (several_interfaces.name, waits_for_deregistration.name)
LOW, MIDDLE, HIGH = 1000, 1010, 1020

WAYS = (
    TimedWay(
        "the timestamp of a request that has waited is the last accepted one",
        _WAITS,
        (FIRST, SECOND),
        (Sent(0, 0), Sent(200, 1), Sent(1250, 1, stamp_ms=1150), Sent(1300, 1)),
        1400,
    ),
    TimedWay(
        "the number of a request that has waited orders what follows",
        _NUMBERS,
        (FIRST, SECOND),
        (Sent(0, 0, LOW), Sent(100, 1, HIGH), Sent(1300, 1, MIDDLE)),
        1400,
    ),
    TimedWay(
        "the number of the newer request that has waited orders what follows",
        _NUMBERS,
        (FIRST, SECOND),
        (Sent(0, 0), Sent(100, 1, LOW), Sent(200, 1, HIGH), Sent(1300, 1, MIDDLE)),
        1400,
    ),
    TimedWay(
        "a session goes to a request that waits, with its number",
        _NUMBERS,
        (FIRST, SECOND, END),
        (
            Sent(0, 0, LOW),
            Sent(100, 1, HIGH),
            Sent(200, 2, LOW + 1),
            Sent(300, 1, MIDDLE),
        ),
        400,
    ),
    TimedWay(
        "a request that was refused after it had waited waits no longer",
        _WAITS,
        (FIRST, SECOND),
        (Sent(0, 0), Sent(100, 1), Sent(1300, 1)),
        2500,
        with_pool(ONE_PREFIX),
    ),
    TimedWay(
        "the tunnel of a session that has ended is another one's, too",
        (forwarding.name,),
        (Request(), OTHERS, Request(deregistration=True), UserPacket()),
        (Sent(0, 0), Sent(100, 1), Sent(200, 2), Sent(1500, 3)),
        1600,
    ),
    TimedWay(
        "the tunnel of a session that has expired is another one's, too",
        (forwarding.name,),
        (Request(), OTHERS, UserPacket()),
        (Sent(0, 0, lifetime=1), Sent(100, 1), Sent(4500, 2)),
        4600,
    ),
)


def timed_anchor_ways() -> Cases:
    """Record them."""
    cases = Cases(PackRole.LMA)
    for way in WAYS:
        cases.recorded.append(as_tour(_recorded(way, cases)))
    return cases


def _recorded(way: TimedWay, cases: Cases) -> Recorded:
    like = purpose_of(AnchorWay(way.words, way.needs, way.stimuli))
    plain = Cases(PackRole.LMA)
    scenario = anchor_case(like, plain).scenario
    told = json.dumps(plain.settings[scenario.settings])
    settings = AnchorSettings.model_validate_json(told)
    packets = [
        (sent.at_ms, str(way.stimuli[sent.like]), _octets(scenario, sent, number))
        for number, sent in enumerate(way.sent, start=1)
    ]
    chosen = way.settings(settings)
    return recorded_packets(like, chosen, way.words, packets, cases, way.until_ms)


def _octets(scenario: ScenarioVector, sent: Sent, number: int) -> bytes:
    """The packet of a stimulus with another number or timestamp; `number` is any."""
    told = octets_of(scenario.steps[sent.like].event)
    read = decode_packet(told, proxy_expected=True)
    if read is None or not isinstance(read[1].message, ProxyBindingUpdate):
        return told
    header, request = read[0], read[1].message
    options = tuple(o for o in request.options if not isinstance(o, Timestamp))
    if sent.number is None:
        options = (*options, Timestamp(clock(sent.at_ms - sent.stamp_ms)))
    changed = replace(
        request,
        sequence=number if sent.number is None else sent.number,
        lifetime=request.lifetime if sent.lifetime is None else sent.lifetime,
        options=options,
    )
    source, destination = header.source, header.destination
    return encode_ipv6(source, destination, encode(changed, source, destination))
