"""Ways of anchors to boundaries of guards that no case and no tour comes to.

Some need settings that a tester of the campaign cannot ask for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from ipaddress import IPv6Network

from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.packs.cases import Cases, Chosen, anchor_case, as_tour
from pmip6.conformance.packs.numeric_ways import recorded_packets
from pmip6.conformance.packs.rare_ways import with_pool
from pmip6.conformance.packs.recording import Recorded
from pmip6.model.state import (
    forwarding,
    max_delay_before_new_bce_assign,
    min_delay_before_bce_delete,
    sequence_numbers,
    several_interfaces,
    several_prefixes,
    waits_for_deregistration,
)
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.ipv6 import decode_packet, encode_ipv6
from pmip6.model.wire.messages import ProxyBindingUpdate, options_of
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.model.wire.options import HomeNetworkPrefix
from pmip6.vectors.lma.purposes import Group, Kind, Purpose
from pmip6.vectors.lma.stimuli import (
    Form,
    Gateway,
    Interface,
    Node,
    Order,
    Phase,
    PrefixForm,
    Request,
    Stimulus,
    UserPacket,
    Wait,
    as_document,
)
from pmip6.vectors.packs.scenario_group import Event, Expected, PackRole
from pmip6.vectors.packs.tours import tour_name

TWO_PREFIXES = IPv6Network("2001:db8:100::/63")
BARRED_PREFIX = IPv6Network("2001:db8:300::/64")
LONG_MS = 60_000


@dataclass(frozen=True)
class AnchorWay:
    """What is done to an anchor, what is special about it, and its settings."""

    words: str
    needs: tuple[str, ...]
    stimuli: tuple[Stimulus, ...]
    settings: Chosen[AnchorSettings] = lambda plain: plain


# ---- settings --------------------------------------------------------------------------


def _with_a_barred_prefix(plain: AnchorSettings) -> AnchorSettings:
    own = {"prefixes": (BARRED_PREFIX,)}
    nodes = (n if n.enabled else n.model_copy(update=own) for n in plain.nodes)
    return plain.model_copy(update={"nodes": tuple(nodes)})


def _with_one_gateway(plain: AnchorSettings) -> AnchorSettings:
    return plain.model_copy(update={"gateways": plain.gateways[:1]})


def _waits_for_long(plain: AnchorSettings) -> AnchorSettings:
    return plain.model_copy(update={"max_delay_before_new_bce_assign_ms": LONG_MS})


# ---- stimuli ---------------------------------------------------------------------------

NEW = HandoffIndicator.NEW_INTERFACE
FIRST = Request(indicator=NEW)
END = Request(deregistration=True, prefix=PrefixForm.OWN)
OTHERS = Request(node=Node.OTHER)
BARRED = Request(node=Node.BARRED)
SECOND = Request(gateway=Gateway.MAG2, interface=Interface.SECOND)
"""It waits where the node has a session for its first interface."""
THIRD = Request(interface=Interface.OTHER_TECHNOLOGY, indicator=NEW)
ANONYMOUS = Request(link_layer_identifier=False)
ELSEWHERE = Request(form=Form.ALTERNATE)
DELETED = Wait(min_delay_before_bce_delete.name, Phase.PAST)
LATER = Wait(min_delay_before_bce_delete.name, Phase.BEGUN)
WAITED = Wait(max_delay_before_new_bce_assign.name, Phase.PAST)
_INTERFACES = (several_interfaces.name, sequence_numbers.name)
_WAITS = (several_interfaces.name, waits_for_deregistration.name)

WAYS = (
    AnchorWay(
        "a node without the service names its own prefix",
        (),
        (replace(BARRED, prefix=PrefixForm.UNASSIGNED),),
        _with_a_barred_prefix,
    ),
    AnchorWay(
        "a number below the accepted one ends the session of another gateway",
        (sequence_numbers.name,),
        (
            Request(order=Order.NEXT),
            replace(END, gateway=Gateway.MAG2, order=Order.LOWER),
        ),
    ),
    AnchorWay(
        "two sessions for one interface, with and without a number",
        _INTERFACES,
        (
            replace(FIRST, order=Order.NEXT),
            Request(interface=Interface.SECOND, indicator=NEW),
            Request(
                prefix=PrefixForm.OWN,
                interface=Interface.SECOND,
                indicator=HandoffIndicator.BETWEEN_INTERFACES,
                order=Order.NEXT,
            ),
            Request(interface=Interface.SECOND, order=Order.LOWER),
        ),
    ),
    AnchorWay(
        "a number between those of two sessions for one interface (docs/findings.md)",
        _INTERFACES,
        (
            replace(FIRST, order=Order.NEXT),
            replace(SECOND, indicator=NEW, order=Order.FARTHEST),
            replace(
                SECOND,
                prefix=PrefixForm.OWN,
                indicator=HandoffIndicator.BETWEEN_INTERFACES,
                order=Order.NEXT,
            ),
            replace(SECOND, order=Order.NEXT),
        ),
    ),
    AnchorWay(
        "a session behind an address without a tunnel ends",
        (forwarding.name,),
        (ELSEWHERE, replace(END, form=Form.ALTERNATE), UserPacket()),
        _with_one_gateway,
    ),
    AnchorWay(
        "a stranger ends the session that a request waits for",
        _WAITS,
        (
            replace(FIRST, gateway=Gateway.MAG2),
            replace(SECOND, gateway=Gateway.MAG1),
            replace(END, gateway=Gateway.STRANGER, form=Form.ALTERNATE),
        ),
    ),
    AnchorWay(
        "a number below the accepted one ends the session that a request waits for",
        (*_INTERFACES, waits_for_deregistration.name),
        (
            replace(FIRST, order=Order.NEXT),
            replace(SECOND, order=Order.NEXT),
            replace(END, order=Order.LOWER),
        ),
    ),
    AnchorWay(
        "a request waits, and a session with another prefix ends",
        _WAITS,
        (FIRST, SECOND, replace(END, prefix=PrefixForm.UNASSIGNED)),
    ),
    AnchorWay(
        "a request waits, and a session of another interface ends",
        _WAITS,
        (FIRST, SECOND, replace(END, interface=Interface.OTHER_TECHNOLOGY)),
    ),
    AnchorWay(
        "a request waits for a session that has ended beside another one",
        _WAITS,
        (
            FIRST,
            SECOND,
            THIRD,
            replace(
                END, prefix=PrefixForm.SECOND, interface=Interface.OTHER_TECHNOLOGY
            ),
            LATER,
            END,
            LATER,
            END,
        ),
        _waits_for_long,
    ),
    AnchorWay(
        "the last prefix goes to the interface whose request waits",
        _WAITS,
        (FIRST, SECOND, replace(SECOND, indicator=NEW), WAITED),
        with_pool(TWO_PREFIXES),
    ),
    AnchorWay(
        "a request waits that tells no interface, nor does the session",
        _WAITS,
        (
            replace(ANONYMOUS, indicator=NEW),
            replace(ANONYMOUS, gateway=Gateway.MAG2),
            ANONYMOUS,
            WAITED,
        ),
    ),
    AnchorWay(
        "a request waits for the interface of a session of another node",
        _WAITS,
        (
            replace(OTHERS, indicator=NEW),
            FIRST,
            replace(SECOND, interface=Interface.OTHERS),
            WAITED,
        ),
    ),
)


def anchor_boundary_ways() -> Cases:
    """Record them."""
    cases = Cases(PackRole.LMA)
    for way in WAYS:
        found = anchor_case(purpose_of(way), cases, way.settings)
        cases.recorded.append(as_tour(found))
    cases.recorded.append(as_tour(_parts_of_two_sessions(cases)))
    return cases


def _parts_of_two_sessions(cases: Cases) -> Recorded:
    """A request names one prefix of its own session, and one of another node's."""
    title = "a node names part of its own prefixes and part of another node's"
    stimuli = (OTHERS, Request(), Request(prefix=PrefixForm.PART))
    like = purpose_of(AnchorWay(title, (several_prefixes.name,), stimuli))
    scenario = anchor_case(like, cases).scenario
    told = json.dumps(cases.settings[scenario.settings])
    steps = scenario.steps[: len(stimuli)]
    packets = [(0, step.words, octets_of(step.event)) for step in steps]
    answer = decode_packet(octets_of(steps[0].expect[0]))
    read = decode_packet(packets[-1][2], proxy_expected=True)
    assert answer is not None and answer[1].message is not None and read is not None
    header, request = read[0], read[1].message
    assert isinstance(request, ProxyBindingUpdate)
    foreign = options_of(answer[1].message, HomeNetworkPrefix)
    mixed = replace(request, options=(*request.options, *foreign[:1]))
    source, destination = header.source, header.destination
    octets = encode(mixed, source, destination)
    packets[-1] = 0, title, encode_ipv6(source, destination, octets)
    settings = AnchorSettings.model_validate_json(told)
    return recorded_packets(like, settings, title, packets, cases)


def octets_of(told: Event | Expected | None) -> bytes:
    """The packet that is told."""
    assert told is not None and told.hex is not None
    return bytes.fromhex(told.hex)


def purpose_of(way: AnchorWay) -> Purpose:
    """A way as what the campaign runs."""
    *before, last = way.stimuli
    where = (*way.needs, way.words)
    steps = [as_document(stimulus) for stimulus in way.stimuli]
    name = tour_name(PackRole.LMA, where, steps)
    return Purpose(
        key=name,
        group=Group.CHK,
        kind=Kind.BV,
        title=way.words,
        requirements=(),
        preamble=tuple(before),
        test=last,
        probes=(),
        needs=way.needs,
        name=name,
        version=1,
    )
