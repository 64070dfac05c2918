"""Test purposes for the ESP around the signalling (RFC 5213, section 4).

What a request under ESP has to be is asked from the checks of `pmip6.model.wire.esp`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pmip6.vectors.lma.attempts import MAGS
from pmip6.vectors.lma.purposes import ESP, Draft, Group, Kind
from pmip6.vectors.lma.stimuli import ESP_FAULTS, Form, Gateway, Node, Request

_ENDS = tuple(Request(gateway=g, deregistration=True) for g in reversed(MAGS))


def esp_purposes() -> Iterator[Draft]:
    """A request as it has to be; each that fails a check, with and without session."""
    yield Draft(
        key="esp / taken",
        group=Group.SEC,
        kind=Kind.BV,
        title="A request under ESP: it is answered under ESP",
        requirements=("5213-4-1", "5213-4-2", "5213-4-3", "5213-5.3.6-28"),
        preamble=(),
        test=Request(),
        probes=_ENDS,
        needs=(ESP,),
    )
    for form, check in ESP_FAULTS.items():
        # A number of the second gateway has to have come before it comes again.
        used = Request(node=Node.OTHER, gateway=Gateway.MAG2)
        before = (used,) if form is Form.REPLAYED else ()
        for session in ((), (Request(),)):
            yield Draft(
                key=f"esp / {form.name} / {len(session)} before",
                group=Group.SEC,
                kind=Kind.BI,
                title=f"A request with {form}: {check.reception.reaction.value}",
                requirements=check.reception.requirements,
                preamble=(*before, *session),
                test=Request(gateway=Gateway.MAG2, form=form),
                probes=_ENDS,
                needs=(ESP,),
            )
