"""User packets in a handover: each assumption dropped, and what each mode loses."""

import pytest
from traces import replays

from pmip6.model.domain import Configuration, Model
from pmip6.model.fast_handover.configurations import (
    NO_TIMEOUT,
    PREDICTIVE,
    PREDICTIVE_SIGNALLING,
    REACTIVE,
    sent,
    with_packets,
)
from pmip6.model.fast_handover.packets import is_under_way
from pmip6.model.fast_handover.previous_gateway import keeps_packets
from pmip6.model.fast_handover.state import (
    PACKET,
    HandoverRequest,
    Link,
    incoming,
    is_delivered,
    is_uplink,
)
from pmip6.model.language.terms import TRUE, Term, after, all_of, exists
from pmip6.model.shipped.configurations import ON
from pmip6.model.state import GATEWAY, MOBILE_NODE, attached
from pmip6.properties import protocol
from pmip6.properties.exploration.explore import explore
from pmip6.properties.handover_packets import (
    ANNOUNCED,
    COPIES,
    LASTING,
    LINKS,
    PATHS,
    REGISTERED,
    ROOM,
    SIGNALLED,
)
from pmip6.properties.property import PROPERTIES, Property, Scope
from pmip6.properties.result import Outcome, PropertyResult

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler
BY_NAME = {p.name: p for p in PROPERTIES}


def predictive(
    *on: str, off: str = "", sends: HandoverRequest | None = None
) -> Configuration:
    """The predictive configuration with features switched on, and one off."""
    facts = {n: f for n, f in PREDICTIVE.facts.items() if n != off}
    facts |= dict.fromkeys(on, ON)
    if sends is not None:
        facts["is_sent"] = sent(sends)
    return PREDICTIVE.changed(facts=facts)


SLOW = PREDICTIVE.changed(disabled=PREDICTIVE.disabled - NO_TIMEOUT)
"""An HI may be repeated and given up before its answer comes."""
CLOCKED = SLOW.changed(durations={"handover_retransmission": (1, 2)})
"""It is so after a time of its own; nothing is given up before it was repeated."""


def decided(chosen: Configuration, wanted: Property) -> PropertyResult:
    """What the explorer says of one property; a run that breaks it is replayed."""
    model = Model(chosen)
    run = explore(model, [wanted], stop_early=True, deadlock=False)
    (result,) = run.properties
    if result.trace is not None:
        assert replays(result.trace, model)
    return result


def one_packet(down: int, up: int, *on: str, off: str = "") -> Configuration:
    """Packets in one direction alone, in the predictive configuration otherwise."""
    chosen = with_packets(PREDICTIVE_SIGNALLING, down=down, up=up)
    facts = {n: f for n, f in chosen.facts.items() if n != off}
    return chosen.changed(facts=facts | dict.fromkeys(on, ON))


DOWN = one_packet(1, 0)
SLOW_DOWN = DOWN.changed(disabled=DOWN.disabled - NO_TIMEOUT)
CLOCKED_DOWN = SLOW_DOWN.changed(durations={"handover_retransmission": (1, 2)})

# What breaks a property: the assumption, the configuration, the property, its shortest run,
# and how that ends.
DROPPED: dict[str, tuple[str, Configuration, str, int, str]] = {
    "links are first in, first out": (
        LINKS,
        predictive("unordered_links"),
        "handover.in-order",
        7,
        "deliver_packet",
    ),
    "the old path is empty before the new one is used": (
        PATHS,
        predictive(off="ordered_paths"),
        "handover.in-order",
        19,
        "deliver_packet",
    ),
    "buffers have room for all packets": (
        ROOM,
        predictive("one_packet_buffers"),
        "handover.no-loss",
        14,
        "lose_packet",
    ),
    "buffers have room for what comes after the request": (
        ROOM,
        one_packet(2, 0, "one_packet_buffers"),
        "handover.loss",
        14,
        "lose_packet",
    ),
    "tunnel and context last": (
        LASTING,
        predictive(off="outliving_tunnels"),
        "handover.no-loss",
        13,
        "lose_packet",
    ),
    "tunnel and context last for what comes after the request": (
        LASTING,
        one_packet(1, 0, off="outliving_tunnels"),
        "handover.loss",
        13,
        "lose_packet",
    ),
    "tunnel and context last for uplink": (
        LASTING,
        one_packet(0, 1, off="outliving_tunnels"),
        "handover.uplink-loss",
        16,
        "lose_relayed_uplink",
    ),
    "the registration lasts as long as the forwarding": (
        REGISTERED,
        predictive(off="postponed_deregistration"),
        "handover.no-loss",
        14,
        "lose_at_anchor",
    ),
    "the node leaves when its packets are kept or forwarded": (
        ANNOUNCED,
        predictive("early_commands"),
        "handover.no-loss",
        13,
        "lose_packet",
    ),
    "the node leaves when its packets are kept or forwarded, after the request": (
        ANNOUNCED,
        one_packet(1, 0, "early_commands"),
        "handover.loss",
        31,
        "discard_kept_packet",
    ),
    "the previous gateway takes uplink when the node is on the new link": (
        ANNOUNCED,
        predictive("early_commands"),
        "handover.uplink-loss",
        17,
        "lose_relayed_uplink",
    ),
    "the node goes where and when it is sent": (
        ANNOUNCED,
        predictive(off="directed_moves"),
        "handover.no-loss",
        7,
        "lose_packet",
    ),
    "the node goes where it is sent, after the request": (
        ANNOUNCED,
        one_packet(1, 0, off="directed_moves"),
        "handover.loss",
        16,
        "lose_packet",
    ),
    "the node sends when there is a tunnel": (
        ANNOUNCED,
        one_packet(0, 1, off="directed_moves"),
        "handover.uplink-loss",
        13,
        "lose_relayed_uplink",
    ),
    "no HI or HAck is late: the new gateway gives up what it was promised": (
        SIGNALLED,
        SLOW,
        "handover.no-loss",
        14,
        "lose_packet",
    ),
    "no HI or HAck is late: a repeated HI takes the new gateway back": (
        SIGNALLED,
        CLOCKED,
        "handover.no-loss",
        16,
        "lose_packet",
    ),
    "no HI or HAck is late: what comes after the request is given up": (
        SIGNALLED,
        SLOW_DOWN,
        "handover.loss",
        14,
        "lose_packet",
    ),
    "no HI or HAck is late: what comes after the request is taken back": (
        SIGNALLED,
        CLOCKED_DOWN,
        "handover.loss",
        16,
        "lose_packet",
    ),
    "buffers keep no copies of what is delivered": (
        COPIES,
        predictive("copying_buffers"),
        "handover.no-duplicate",
        12,
        "buffer_packet",
    ),
}


QUICK = (
    "the old path is empty before the new one is used",
    "tunnel and context last",
    *(name for name in DROPPED if name.startswith("no HI or HAck is late")),
    *(name for name, (_, chosen, *_) in DROPPED.items() if len(chosen.packets) < 3),
)


def all_but(names: tuple[str, ...], quick: tuple[str, ...]) -> list[object]:
    """The names; those that are not quick are for the night."""
    return [
        pytest.param(n, id=n, marks=[] if n in quick else [pytest.mark.nightly])
        for n in names
    ]


@pytest.mark.parametrize("name", all_but(tuple(DROPPED), QUICK))
def test_a_run_shows_why_the_assumption_is_needed(name: str) -> None:
    _, chosen, broken, length, last = DROPPED[name]
    result = decided(chosen, BY_NAME[broken])
    assert result.outcome is Outcome.VIOLATED and result.trace is not None
    assert len(result.trace.steps) == length
    assert result.trace.steps[-1].name == last


@pytest.mark.parametrize(
    "name", sorted({broken for _, _, broken, *_ in DROPPED.values()})
)
def test_each_assumption_has_its_run(name: str) -> None:
    dropped = {assumed for assumed, _, broken, *_ in DROPPED.values() if broken == name}
    assert dropped == set(BY_NAME[name].assumptions)


# ---- what each mode loses ------------------------------------------------------------------


def loses(when: Term, packet: Term, gateway: Term) -> Term:
    """The step loses a packet from the anchor at this gateway, in this situation."""
    return all_of(
        ~is_uplink(packet),
        incoming[packet, gateway] == Link.FROM_ANCHOR,
        when,
        ~after(is_delivered[packet]),
        ~after(exists(GATEWAY, lambda g: is_under_way(packet, g))),
    )


def situation(name: str, node: Term, gateway: Term) -> Term:
    """Where the node is, seen from its previous gateway."""
    away = (attached[node] != gateway) & (attached[node] != GATEWAY.none)
    return {
        "on the old link": attached[node] == gateway,
        "on no link": attached[node] == GATEWAY.none,
        "on the new link, nothing asked": away & ~keeps_packets(node, gateway),
        "on the new link, asked": away & keeps_packets(node, gateway),
    }[name]


def lost(name: str) -> Property:
    """Wrong where a packet to the node can be lost in the situation."""
    return Property(
        name=f"no loss {name}",
        term=~exists(
            PACKET,
            lambda p: exists(
                MOBILE_NODE,
                lambda n: exists(GATEWAY, lambda g: loses(situation(name, n, g), p, g)),
            ),
        ),
        scope=Scope.STEP,
        premise=TRUE,
        requirements=(),
        doc="No packet is lost then.",
    )


SITUATIONS = (
    "on the old link",
    "on no link",
    "on the new link, nothing asked",
    "on the new link, asked",
)
WITHOUT = REACTIVE.changed(disabled=REACTIVE.disabled | {"fetch_context"})
LOSES: dict[str, tuple[Configuration, tuple[bool, bool, bool, bool]]] = {
    "without fast handover": (WITHOUT, (False, True, True, False)),
    "reactive": (REACTIVE, (False, True, True, False)),
    "predictive": (PREDICTIVE, (False, False, False, False)),
}


@pytest.mark.parametrize("mode", all_but(tuple(LOSES), ("predictive",)))
def test_which_packets_a_mode_loses(mode: str) -> None:
    chosen, expected = LOSES[mode]
    model = Model(chosen)
    run = explore(model, [lost(s) for s in SITUATIONS], deadlock=False)
    found = tuple(p.outcome is Outcome.VIOLATED for p in run.properties)
    assert found == expected


# ---- uplink at the switch-over ---------------------------------------------------------------


@pytest.mark.nightly
def test_uplink_on_the_old_path_is_lost_when_the_anchor_switches() -> None:
    """What the previous gateway passes on comes from a gateway that serves no more."""
    wanted = BY_NAME["handover.uplink-loss"]
    strict = Property(
        name="no uplink is lost at the anchor",
        term=~exists(
            PACKET,
            lambda p: all_of(
                is_uplink(p),
                exists(GATEWAY, lambda g: is_under_way(p, g)),
                ~after(is_delivered[p]),
                ~after(exists(GATEWAY, lambda g: is_under_way(p, g))),
            ),
        ),
        scope=Scope.STEP,
        premise=TRUE,
        requirements=(),
        doc="No packet of the node is lost under way.",
    )
    chosen = predictive(sends=HandoverRequest.OFFER_AND_FORWARD)
    assert decided(chosen, wanted).outcome is Outcome.HOLDS
    result = decided(chosen, strict)
    assert result.trace is not None and len(result.trace.steps) == 17
    assert [s.name for s in result.trace.steps[-2:]] == [
        "hand_off",
        "lose_uplink_at_anchor",
    ]
