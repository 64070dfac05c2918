"""Test purposes for what takes several rare steps together, which no search tries.

Each is a way that shows a condition or an effect of a rule which every shorter way hides:
two faults where the sessions are told apart, two sessions at one interface, a request that
waits while there is another node.  What the anchor does at each step, and so what the case
expects, is the model's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pmip6.model.errors import Pmip6Error
from pmip6.model.state import (
    Fault,
    binding_lifetime,
    min_delay_before_bce_delete,
    sequence_numbers,
    several_interfaces,
    several_prefixes,
    waits_for_deregistration,
)
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.vectors.lma.attempts import MAGS
from pmip6.vectors.lma.model import AnchorModel
from pmip6.vectors.lma.purposes import Draft, Kind
from pmip6.vectors.lma.repertoire import Edge, Taken
from pmip6.vectors.lma.rule_purposes import draft
from pmip6.vectors.lma.stimuli import (
    Gateway,
    Interface,
    Node,
    Order,
    Phase,
    PrefixForm,
    Request,
    Stamp,
    Stimulus,
    Wait,
)
from pmip6.vectors.lma.waiting import (
    ANONYMOUS,
    ENDS,
    FIRST,
    MOVED,
    SECOND,
    SECOND_AGAIN,
    TIMER,
)

INTERFACES = (several_interfaces.name,)
NUMBERED = (several_interfaces.name, sequence_numbers.name)
SETS = (several_interfaces.name, several_prefixes.name)
WAITS = (several_interfaces.name, waits_for_deregistration.name)
NEXT, FARTHEST = Order.NEXT, Order.FARTHEST
SECOND_SESSION = replace(SECOND, indicator=HandoffIndicator.NEW_INTERFACE)
MOVED_ALONE = replace(SECOND, indicator=HandoffIndicator.BETWEEN_INTERFACES)
LIFETIME = binding_lifetime.name
END_OF_ANY = Request(
    deregistration=True,
    indicator=HandoffIndicator.BETWEEN_INTERFACES,
    link_layer_identifier=False,
)
"""It ends the only session of its node, of whatever interface."""


@dataclass(frozen=True)
class Way:
    """Steps, and what they show.

    Args:
        shows: What, in words; a part of the key.
        needs: Features without which they make no sense.
        steps: The preamble, and last the step that the purpose is about.
        probes: What comes afterwards.
        kind: The kind of the purpose, where that of its last step is another one.
        requirements: Ids of what it shows beside the rule of its last step.
    """

    shows: str
    needs: tuple[str, ...]
    steps: tuple[Stimulus, ...]
    probes: tuple[Stimulus, ...] = ()
    kind: Kind | None = None
    requirements: tuple[str, ...] = ()


OF_ANOTHER = replace(
    MOVED, interface=Interface.OTHERS, prefix=PrefixForm.ALL_ZERO, order=Order.LOWER
)
"""The session goes to an interface whose identifier one of another node has, too."""
NAMED = PrefixForm.REQUESTABLE

WAYS = (
    *(
        Way(
            f"the delay does not end a session that {gateway} has registered again",
            (),
            (Request(), Request(deregistration=True), Request(gateway=gateway)),
            (
                Wait(min_delay_before_bce_delete.name, Phase.PAST, is_stopped=True),
                Request(gateway=gateway, deregistration=True),
            ),
        )
        for gateway in MAGS
    ),
    Way(
        "the number decides before a missing option",
        NUMBERED,
        (
            replace(FIRST, order=NEXT),
            replace(
                MOVED,
                faults=frozenset({Fault.NO_ACCESS_TECHNOLOGY}),
                order=Order.LOWER,
            ),
        ),
        (ENDS[0],),
    ),
    Way(
        "the number of the session that moves, not of the interface of another node",
        NUMBERED,
        (
            replace(FIRST, order=NEXT),
            replace(FIRST, node=Node.OTHER, order=NEXT),
            OF_ANOTHER,
        ),
    ),
    Way(
        "an interface of another technology is another one",
        INTERFACES,
        (FIRST, replace(MOVED_ALONE, interface=Interface.OTHER_TECHNOLOGY)),
        ENDS,
    ),
    Way(
        "a second interface asks for a free prefix by name",
        INTERFACES,
        (FIRST, replace(SECOND_SESSION, prefix=NAMED)),
    ),
    Way(
        "two interfaces without identifiers are not the same",
        INTERFACES,
        (ANONYMOUS, replace(ANONYMOUS, gateway=Gateway.MAG2, prefix=NAMED)),
    ),
    Way(
        "all prefixes of a session go to another interface",
        SETS,
        (FIRST, replace(MOVED_ALONE, prefix=PrefixForm.REORDERED)),
        (SECOND_SESSION, *ENDS),
        requirements=("5213-5.4-2", "5213-5.4-3", "5213-5.4-4", "5213-5.1-x5"),
    ),
    Way(
        "the interface that waits, beside that of another node",
        WAITS,
        (
            replace(FIRST, node=Node.OTHER),
            FIRST,
            replace(SECOND, interface=Interface.OTHERS),
            ENDS[0],
        ),
        (ENDS[1],),
    ),
    Way(
        "the session of the node is handed over",
        WAITS,
        (replace(FIRST, node=Node.OTHER), ANONYMOUS, SECOND, END_OF_ANY),
        (Request(node=Node.OTHER, deregistration=True), ENDS[1]),
    ),
    Way(
        "the lifetime begins with the hand-over",
        WAITS,
        (FIRST, Wait(LIFETIME, Phase.BEGUN), SECOND, ENDS[0]),
        (Wait(LIFETIME, Phase.NEARLY), ENDS[1]),
        Kind.TI,
    ),
    Way(
        "the timestamp of the newer request that waited",
        WAITS,
        (FIRST, SECOND, SECOND_AGAIN),
        (Wait(TIMER, Phase.PAST), replace(SECOND_AGAIN, stamp=Stamp.OLDER)),
        Kind.TI,
    ),
    Way(
        "the number of the newer request that waited",
        (*WAITS, sequence_numbers.name),
        (
            replace(FIRST, order=NEXT),
            replace(SECOND, order=NEXT),
            replace(SECOND_AGAIN, order=FARTHEST),
            ENDS[0],
            replace(ENDS[0], order=Order.EQUAL),
        ),
        (replace(ENDS[0], order=NEXT),),
    ),
)


def rare_purposes() -> Iterator[Draft]:
    """A purpose for each way, with what its last step takes."""
    for way in WAYS:
        yield draft(
            _taken(way),
            " / ".join((*way.needs, "rare", way.shows)),
            way.steps[:-1],
            way.probes,
            way.kind,
            needs=way.needs,
        )


def _taken(way: Way) -> Taken:
    """The edge that the last step takes.

    Raises:
        Pmip6Error: A step makes no sense, or no rule takes the last one.
    """
    model = AnchorModel(readings=way.needs)
    state = model.initial
    if not model.can_take((*way.steps, *way.probes)):
        raise Pmip6Error(way.shows, "has a step that makes no sense", "correct it")
    for step in way.steps[:-1]:
        reached = model.react(state, step)
        assert reached is not None
        state = reached.target
    reaction = model.react(state, way.steps[-1])
    if reaction is None or not reaction.rules:
        raise Pmip6Error(way.shows, "is taken by no rule", "correct its last step")
    edge = Edge(reaction.rules[0].name, reaction.control, way.shows)
    return Taken(edge, reaction.rules, way.steps, state, reaction, way.requirements)
