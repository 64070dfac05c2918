"""Ways to the boundaries of numbers: requests that differ in one number alone.

The campaign keeps away from these boundaries, as clocks of others are not read to the
millisecond; whoever plays a pack sets the clock.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.packs.cases import Cases, anchor_case, as_tour, readings_of
from pmip6.conformance.packs.recording import (
    Recorded,
    RecordingLink,
    Waiting,
    clock,
    recorded,
)
from pmip6.conformance.packs.walk import Walk
from pmip6.model.lma.registration import allocate
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.ipv6 import Ipv6Packet, decode_packet, encode_ipv6
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.model.wire.numbers import SEQUENCE_NUMBERS
from pmip6.model.wire.options import Timestamp
from pmip6.properties.guards.comparisons import (
    CLOCK,
    LAST_NUMBER,
    LAST_STAMP,
    LIFETIME,
)
from pmip6.vectors.guards.numbers import Number, numbers_of
from pmip6.vectors.lma.purposes import Purpose, purposes
from pmip6.vectors.packs.scenario_group import PackRole
from pmip6.vectors.packs.tours import tour_name

LATER_MS = 100
HIGHEST = SEQUENCE_NUMBERS - 1
WAITING = Waiting(tolerance_ms=100)


@dataclass(frozen=True)
class _Ordinary:
    """A registration as it is recorded, and what it was sent to."""

    purpose: Purpose
    settings: AnchorSettings
    header: Ipv6Packet
    message: ProxyBindingUpdate

    def packet(
        self, number: int, stamp: int | None, lifetime: int | None = None
    ) -> bytes:
        """The same with another sequence number, timestamp or lifetime."""
        options = tuple(o for o in self.message.options if not isinstance(o, Timestamp))
        if stamp is not None:
            options = (*options, Timestamp(stamp))
        asked = self.message.lifetime if lifetime is None else lifetime
        changed = replace(
            self.message, sequence=number, lifetime=asked, options=options
        )
        source, destination = self.header.source, self.header.destination
        return encode_ipv6(source, destination, encode(changed, source, destination))


def _ordinary() -> _Ordinary:
    """The first registration of the first case that is about one."""
    cases = Cases(PackRole.LMA)
    rule = allocate.__name__
    purpose = next(
        p
        for p in purposes()
        if rule in p.key.split(" / ") and not p.preamble and not p.needs
    )
    scenario = anchor_case(purpose, cases).scenario
    event = scenario.steps[0].event
    assert event is not None and event.hex is not None
    read = decode_packet(bytes.fromhex(event.hex), proxy_expected=True)
    assert read is not None and isinstance(read[1].message, ProxyBindingUpdate)
    data = json.dumps(cases.settings[scenario.settings])
    told = AnchorSettings.model_validate_json(data)
    return _Ordinary(purpose, told, read[0], read[1].message)


def _packets(plain: _Ordinary, number: Number) -> Iterator[tuple[int, bytes]]:
    """The requests whose last one has this number, each with its time."""
    value = number.value
    match number.quantity:
        case quantity if quantity == CLOCK:
            yield 0, plain.packet(1, clock(0) + value)
        case quantity if quantity == LAST_STAMP:
            yield 0, plain.packet(1, clock(0))
            yield LATER_MS, plain.packet(2, clock(0) + value)
        case quantity if quantity == LAST_NUMBER:
            yield 0, plain.packet(HIGHEST, None)
            yield LATER_MS, plain.packet((HIGHEST + value) % SEQUENCE_NUMBERS, None)
        case quantity if quantity == LIFETIME:
            yield 0, plain.packet(1, clock(0))
            yield LATER_MS, plain.packet(2, clock(LATER_MS), value)
        case _:
            return  # shown by another one


def numeric_ways() -> Cases:
    """A way for each boundary of a number of a request to an anchor."""
    cases, plain = Cases(PackRole.LMA), _ordinary()
    told = plain.settings.model_dump(mode="json")
    for number in sorted(numbers_of([told])):
        packets = list(_packets(plain, number))
        if packets:
            cases.recorded.append(as_tour(_recorded(plain, number, packets, cases)))
    return cases


def _recorded(
    plain: _Ordinary, number: Number, packets: list[tuple[int, bytes]], cases: Cases
) -> Recorded:
    title = f"{number.quantity}: {number.value}"
    words = (["registration"] * (len(packets) - 1)) + [title]
    told = [(at, what, data) for (at, data), what in zip(packets, words, strict=True)]
    return recorded_packets(plain.purpose, plain.settings, title, told, cases)


def recorded_packets(
    like: Purpose,
    settings: AnchorSettings,
    title: str,
    packets: list[tuple[int, str, bytes]],
    cases: Cases,
    until_ms: int | None = None,
) -> Recorded:
    """Record what an anchor makes of packets, whatever a tester would expect.

    Args:
        like: A case of the same kind.
        settings: What the anchor is told.
        title: What is special about the packets.
        packets: Each with its time, and in words.
        cases: What the settings and rules are noted in.
        until_ms: How long the tester listens; a while after the last packet where None.
    """
    walk = Walk()
    link = RecordingLink(
        ReferenceAnchor(
            settings,
            machine=lambda model: cases.anchors.walking(model, walk),
            model=cases.anchors.model(settings),
        )
    )
    link.tape.opens = walk.answers.popleft
    for at_ms, words, data in packets:
        while link.receive(at_ms) is not None:
            pass
        link.tape.words = partial(str, words)
        link.send(data)
    end_ms = packets[-1][0] + LATER_MS if until_ms is None else until_ms
    while link.receive(end_ms) is not None:
        pass
    link.tape.edges, link.tape.sides = walk.edges, walk.sides
    cases.rules |= walk.rules
    steps = [[at_ms, data.hex()] for at_ms, _, data in packets]
    purpose = replace(
        like, name=tour_name(cases.role, (title,), steps), title=title, version=1
    )
    found = recorded(
        purpose,
        link.tape.end(end_ms),
        cases.name_of("anchor", settings),
        pool=settings.prefix_pool,
        known=set(),
        waiting=WAITING,
        free=[],
    )
    found.scenario.readings = list(
        readings_of(found.scenario, settings, cases.anchors, walk)
    )
    return found
