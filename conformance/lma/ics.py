"""The implementation conformance statement of an anchor (`conformance/statement.py`)."""

from __future__ import annotations

from collections.abc import Iterator

from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.statement import (
    COMMAND_THAT_RESTARTS,
    KEYS_OF_ESP,
    Answer,
    Item,
    answers,
    reviewed,
    untested,
)

MEASURED_UNITS = 8
"""A lifetime that no case outlives has to be so many times that which cases wait for."""


ITEMS: tuple[Item[Declaration], ...] = (
    Item(
        1, "sessions of registered nodes", "5213-5.1-1", "nodes.usable", lambda d: True
    ),
    Item(
        2,
        "a prefix that the request names",
        "5213-5.3.2-5",
        "nodes.by_name",
        lambda d: bool(d.nodes.by_name),
    ),
    Item(
        3,
        "several prefixes of a session",
        "5213-5.4-2",
        "nodes.several_prefixes",
        lambda d: bool(d.nodes.several_prefixes),
    ),
    Item(
        4,
        "a session for each interface of a node",
        "5213-5.4-1",
        "features.several_interfaces",
        lambda d: d.features.several_interfaces,
    ),
    Item(
        5,
        "waits for the end of the other session",
        "5213-5.4.1.2-9",
        "features.waits_for_deregistration",
        lambda d: d.features.waits_for_deregistration,
        4,
    ),
    Item(6, "order by timestamp", "5213-5.5-4", "timers", lambda d: True),
    Item(
        7,
        "order by sequence number",
        "5213-5.5-26",
        "features.sequence_numbers",
        lambda d: d.features.sequence_numbers,
    ),
    Item(
        8,
        "refuses nodes that it does not know",
        "5213-5.3.1-8",
        "nodes.unknown",
        lambda d: bool(d.nodes.unknown),
    ),
    Item(
        9,
        "refuses nodes without the service",
        "5213-5.3.1-9",
        "nodes.barred",
        lambda d: bool(d.nodes.barred),
    ),
    Item(
        10,
        "refuses where no prefix is left",
        "5213-5.3.2-4",
        "nodes.unprovided",
        lambda d: bool(d.nodes.unprovided),
    ),
    Item(
        11,
        "user packets through the tunnel",
        "5213-5.6.1-1",
        "traffic.forwarding",
        lambda d: d.traffic.forwarding,
    ),
    Item(
        12,
        "IPsec for the signalling",
        "5213-4-2",
        "esp",
        lambda d: bool(d.esp),
        to_test=KEYS_OF_ESP,
    ),
    Item(
        13,
        "ESP around the tunnel",
        "5213-4-4",
        "esp.data",
        lambda d: any(one.data is not None for one in d.esp),
        12,
    ),
    Item(
        14,
        "what is configured outlasts a restart",
        "5213-9.1-2",
        "hooks.restart",
        lambda d: bool(d.hooks.restart),
        to_test=COMMAND_THAT_RESTARTS,
    ),
)
"""What the RFC has for an anchor and a declaration says."""


def statement(declaration: Declaration) -> tuple[Answer[Declaration], ...]:
    """The answers of a declaration, in the order of the items."""
    return answers(ITEMS, declaration)


def static_review(declaration: Declaration) -> Iterator[str]:
    """Answers that the RFC does not allow, and such as do not go together."""
    yield from reviewed(ITEMS, declaration)
    yield from _contradictions(declaration)


def advice(declared: Declaration) -> Iterator[str]:
    """What is no contradiction, and leaves something undecided."""
    yield from untested(ITEMS, declared)
    timers = declared.timers
    if timers.silence_ms < timers.reaction_ms:
        yield (
            f"timers.silence_ms: where no answer has to come none is waited for after "
            f"{timers.silence_ms} ms, and one may take {timers.reaction_ms} ms "
            "(timers.reaction_ms): what comes in between makes its case INCONC"
        )


def _contradictions(declared: Declaration) -> Iterator[str]:
    """Values that contradict one another, though each is right."""
    pool, unassigned = declared.prefixes.pool, declared.prefixes.unassigned
    if unassigned.subnet_of(pool):
        yield (
            f"prefixes.unassigned: {unassigned} is within prefixes.pool, {pool}: a node "
            "may be given it"
        )
    named = list(declared.nodes.by_name.items())
    for number, (name, prefix) in enumerate(named):
        for other, its in named[:number]:
            if prefix.overlaps(its):
                yield f"nodes.by_name: {name} and {other} have {prefix} in common"
        if prefix.overlaps(unassigned):
            yield f"nodes.by_name: {prefix} of {name} is that of prefixes.unassigned"
    timers = declared.timers
    if timers.long_lifetime_units < MEASURED_UNITS * timers.short_lifetime_units:
        yield (
            f"timers.long_lifetime_units: {timers.long_lifetime_units} is less than "
            f"{MEASURED_UNITS} times timers.short_lifetime_units"
        )
    if timers.silence_ms > timers.reaction_ms:
        yield (
            f"timers.silence_ms: nothing comes any more after {timers.silence_ms} ms, "
            f"while answers may take less, {timers.reaction_ms} ms"
        )
    node_made = declared.domain.mobile_node_generated_timestamp_in_use
    if node_made and declared.timers.clock_offset_ms:
        yield (
            "timers.clock_offset_ms: says nothing where nodes make the timestamps "
            "(domain.mobile_node_generated_timestamp_in_use)"
        )
