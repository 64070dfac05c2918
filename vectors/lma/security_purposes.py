"""Test purposes for what somebody may send who listens, or who means harm (RFC 5213, 11).

What follows from each is asked from the rules of the anchor, as for any request.  Beside
these are the cases for gateways that are not listed and for de-registrations by others
(`rule_purposes`), for prefixes of other nodes, and for ESP (`esp_purposes`).
"""

from __future__ import annotations

from collections.abc import Iterator

from pmip6.model.state import min_delay_before_bce_delete
from pmip6.vectors.lma.attempts import MAGS
from pmip6.vectors.lma.purposes import Draft, Group, Kind
from pmip6.vectors.lma.stimuli import (
    Form,
    Gateway,
    Phase,
    Request,
    Stamp,
    Stimulus,
    Wait,
)

FRESH = ("5213-5.5-14",)
"""Behind the refusal of a timestamp that is no greater than an accepted one."""
TIMELY = ("5213-5.5-15", "5213-5.5-21", "5213-5.5-22")
"""Behind the refusal of a timestamp that is out of the window."""

_REGISTRATION, _END = Request(), Request(deregistration=True)
_MOVED = Request(gateway=Gateway.MAG2)
REPLAYS: dict[str, tuple[tuple[Stimulus, ...], Request]] = {
    "the last registration": ((_REGISTRATION,), Request(stamp=Stamp.EQUAL)),
    "the registration before a handoff": (
        (_REGISTRATION, _MOVED),
        Request(stamp=Stamp.OLDER),
    ),
    "the registration before the de-registration": (
        (_REGISTRATION, _END),
        Request(stamp=Stamp.OLDER),
    ),
    "the registration of a session that is over": (
        (_REGISTRATION, _END, Wait(min_delay_before_bce_delete.name, Phase.PAST)),
        Request(stamp=Stamp.PAST),
    ),
    "the de-registration of the session before": (
        (_REGISTRATION, _END, _REGISTRATION),
        Request(deregistration=True, stamp=Stamp.OLDER),
    ),
}
"""What comes before, and what of it comes again, octet by octet."""


def security_purposes() -> Iterator[Draft]:
    """Requests that come again, and such as would keep a node out for ever."""
    ends = tuple(Request(gateway=g, deregistration=True) for g in reversed(MAGS))
    for what, (before, again) in REPLAYS.items():
        yield Draft(
            key=f"security / replay / {what}",
            group=Group.SEC,
            kind=Kind.BO,
            title=f"A request that comes again changes nothing: {what}",
            requirements=FRESH,
            preamble=before,
            test=_with_same_octets(again),
            probes=ends,
        )
    for session in ((), (_REGISTRATION,)):
        yield Draft(
            key=f"security / farthest timestamp / {len(session)} before",
            group=Group.SEC,
            kind=Kind.BI,
            title="A timestamp far ahead is refused, and does not keep the node out",
            requirements=TIMELY,
            preamble=session,
            test=Request(gateway=Gateway.MAG2, stamp=Stamp.FARTHEST),
            probes=(_MOVED, *ends),
        )


def _with_same_octets(request: Request) -> Request:
    return Request(
        deregistration=request.deregistration,
        stamp=request.stamp,
        form=Form.SAME_OCTETS,
    )
