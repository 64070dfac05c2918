"""Test purposes for where the fields of messages and options stand.

One session from its start to its end, with every option in both directions, shows every
field of the table (`pmip6.model.wire.layouts`); one purpose stands for each part of a packet.
"""

from __future__ import annotations

from collections.abc import Iterator

from pmip6.model.wire.layouts import Part, requirements_of
from pmip6.vectors.lma.purposes import Draft, Group, Kind
from pmip6.vectors.lma.stimuli import LinkLocal, PrefixForm, Request


def layout_purposes() -> Iterator[Draft]:
    """A purpose for each part of a packet."""
    every = Request(link_local=LinkLocal.ALL_ZERO)
    renewal = Request(prefix=PrefixForm.OWN, link_local=LinkLocal.ALL_ZERO)
    for part in Part:
        yield Draft(
            key=f"layout / {part.name}",
            group=Group.FMT,
            kind=Kind.BV,
            title=f"The fields of the {part.value} stand where they belong",
            requirements=requirements_of(part),
            preamble=(),
            test=every,
            probes=(renewal, Request(deregistration=True)),
        )
