"""Test purposes for messages with something wrong: the anchor lives, and serves its nodes."""

from __future__ import annotations

from collections.abc import Iterator

from pmip6.vectors.lma.attempts import MAGS
from pmip6.vectors.lma.malformed import discarded
from pmip6.vectors.lma.purposes import Draft, Group, Kind
from pmip6.vectors.lma.reception_purposes import reception_of
from pmip6.vectors.lma.stimuli import FLOODS, Form, Malformed, Request, Volley

SERVED_ON = ("5213-5.3.3-1", "5213-5.3.6-1")
"""Behind the renewals in between, which are answered as ever."""


def robustness_purposes() -> Iterator[Draft]:
    """A purpose for each volley."""
    for malformed in Malformed:
        yield Draft(
            key=f"robustness / {malformed.name}",
            group=Group.ROB,
            kind=Kind.BO if malformed in FLOODS else Kind.BI,
            title=f"A session is served on, whatever comes: {malformed}",
            requirements=(*SERVED_ON, *_behind(malformed)),
            preamble=(Request(),),
            test=Volley(malformed),
            probes=tuple(
                Request(gateway=g, deregistration=True) for g in reversed(MAGS)
            ),
        )


def _behind(malformed: Malformed) -> tuple[str, ...]:
    """What else a volley shows: that the messages are discarded which have to be."""
    if malformed is Malformed.FLOOD_CUT:
        return reception_of(Form.CUT_OPTION).requirements
    return discarded(malformed)
