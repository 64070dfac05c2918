"""Test purposes for the order of the checks of RFC 5213, section 5.3.1.

A request that two checks refuse gets the status of the first one.  Of every two checks
there is such a request, as far as a request can have both faults: what a condition of a
rule shows alone (`near_misses.py`) leaves out those of which one fault implies another.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from pmip6.model.state import Fault
from pmip6.model.wire.abstraction import status_and_prefix
from pmip6.vectors.lma.answer_purposes import state_after
from pmip6.vectors.lma.attempts import FAULTS, combined, fault_name
from pmip6.vectors.lma.model import AnchorModel, Reaction
from pmip6.vectors.lma.purposes import Draft
from pmip6.vectors.lma.repertoire import Edge, Taken
from pmip6.vectors.lma.rule_purposes import draft
from pmip6.vectors.lma.stimuli import Node, Request, Stamp, Stimulus

SESSION: tuple[Stimulus, ...] = (Request(),)
"""Before the request, so that its timestamp can be too old."""


def order_purposes(model: AnchorModel, already: Iterable[Draft]) -> Iterator[Draft]:
    """A purpose for every two checks that none of the others has a request for."""
    before = state_after(model, SESSION)
    status = {fault: _status(model.react(before, fault)) for fault in FAULTS}
    shown = {d.test for d in already if isinstance(d.test, Request)}
    told = {
        frozenset((status[first], status[second]))
        for first, second in itertools.combinations(FAULTS, 2)
        if combined(first, second) in shown
    }
    for first, second in itertools.combinations(FAULTS, 2):
        both = combined(first, second)
        pair = frozenset((status[first], status[second]))
        if both is None or len(pair) == 1 or pair in told or not _has_both(both):
            continue
        reaction = model.react(before, both)
        if reaction is None or _status(reaction) != status[first]:
            continue
        told.add(pair)
        variant = f"before another check: {fault_name(both)}"
        edge = Edge(reaction.rules[0].name, reaction.control, variant)
        taken = Taken(edge, reaction.rules, (*SESSION, both), before, reaction)
        ends = (Request(deregistration=True),)
        yield draft(taken, edge.key, SESSION, ends)


def _has_both(request: Request) -> bool:
    """Each of its two faults can be seen in it, whatever the other one is.

    Without an identifier it is of no node, and only a node with a session has a timestamp
    that another one could be older than.
    """
    is_named = Fault.NO_NODE_IDENTIFIER not in request.faults
    is_served = is_named and request.node is Node.SERVED
    return (is_named or request.node is Node.SERVED) and (
        is_served or request.stamp in (Stamp.NEWER, Stamp.FUTURE)
    )


def _status(reaction: Reaction | None) -> int | None:
    """The status of the answer; None where there is none."""
    if reaction is None or reaction.answer is None:
        return None
    return status_and_prefix(reaction.answer)[0]
