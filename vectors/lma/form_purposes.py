"""Test purposes for requests that are valid, though not as they mostly are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pmip6.model.wire.numbers import AccessTechnologyType, HandoffIndicator
from pmip6.vectors.lma.attempts import MAGS
from pmip6.vectors.lma.purposes import Draft, Group, Kind
from pmip6.vectors.lma.stimuli import (
    Form,
    Gateway,
    Node,
    PrefixForm,
    Request,
    Stimulus,
)
from pmip6.vectors.packs.wire_form import HANDOFFS, TECHNOLOGIES

ODD_FORMS: dict[Form, tuple[str, ...]] = {
    Form.RESERVED_SET: ("6275-6.1.1-3", "6275-6.1.7-5"),
    Form.UNKNOWN_OPTION: (
        "5213-8.1-2",
        "6275-6.2.1-1",
        "6275-6.2.1-2",
        "6275-6.1.7-8",
    ),
    Form.PAD1_ONLY: (
        "6275-6.2.2-x4",
        "6275-6.2.2-x1",
        "6275-6.2.2-x2",
        "6275-6.2.2-x3",
        "6275-14-x5",
    ),
    Form.NO_ANSWER_ASKED: ("6275-10.3.1-22",),
    Form.LONGEST_LIFETIME: ("6275-6.1.7-x8",),
    Form.OPTION_RESERVED_SET: (
        "5213-8.3-2",
        "5213-8.4-2",
        "5213-8.5-2",
        "5213-8.6-2",
    ),
    Form.REVERSED: ("5213-8.1-x8", "6275-6.2-x4"),
    Form.VENDOR_SPECIFIC: ("5213-8.1-x11",),
    Form.PADN_FILLED: ("6275-6.2.3-1",),
    Form.ODD_OCTETS: ("5213-8.4-x2", "5213-8.5-x2"),
}
"""Forms of a request that an anchor takes like the ordinary one."""

_GROUPS = {Form.NO_ANSWER_ASKED: Group.ACK, Form.LONGEST_LIFETIME: Group.FMT}

TECHNOLOGY: dict[int, str] = {
    AccessTechnologyType.VIRTUAL: "5213-8.5-x9",
    AccessTechnologyType.PPP: "5213-8.5-x10",
    AccessTechnologyType.IEEE_802_3: "5213-8.5-x11",
    AccessTechnologyType.IEEE_802_11: "5213-8.5-x12",
    AccessTechnologyType.IEEE_802_16E: "5213-8.5-x13",
}
"""Ids of the access technologies by their number."""

HANDOFF: dict[int, str] = {
    HandoffIndicator.NEW_INTERFACE: "5213-8.4-x8",
    HandoffIndicator.BETWEEN_INTERFACES: "5213-8.4-x9",
    HandoffIndicator.BETWEEN_GATEWAYS_SAME_INTERFACE: "5213-8.4-x10",
    HandoffIndicator.UNKNOWN: "5213-8.4-x11",
    HandoffIndicator.NOT_CHANGED: "5213-8.4-x12",
}
"""Ids of the handoff indicators by their number."""

HANDOFF_NUMBERS = ("5213-10-x2",)
TECHNOLOGY_NUMBERS = ("5213-8.5-x7", "5213-10-x4")
ALTERNATE = (
    "6275-14-x7",
    "6275-6.2.5-x5",
    "6275-6.1.7-x14",
    "6275-9.5.1-x7",
    "5213-6.9.1.5-x4",
)


def form_purposes() -> Iterator[Draft]:
    """The purposes for forms, for access technologies, and for other addresses."""
    for form, requirements in ODD_FORMS.items():
        for preamble in ((), (Request(),)):
            yield Draft(
                key=f"form / {form.name} / {len(preamble)} before",
                group=_GROUPS.get(form, Group.RCV),
                kind=Kind.BV,
                title=f"A request is taken as ever: {form}",
                requirements=requirements,
                preamble=preamble,
                test=Request(gateway=Gateway.MAG2, form=form),
                probes=tuple(Request(gateway=g, deregistration=True) for g in MAGS),
            )
    yield Draft(
        key=f"form / {Form.NO_ANSWER_ASKED.name} / refused",
        group=Group.ACK,
        kind=Kind.BI,
        title="A refusal for want of prefixes is told with the A flag clear, too",
        requirements=("6275-9.5.4-3",),
        preamble=(),
        test=Request(node=Node.UNPROVIDED, form=Form.NO_ANSWER_ASKED),
        probes=(),
    )
    yield Draft(
        key=f"form / {Form.TWO_PREFIXES.name} / refused",
        group=Group.FMT,
        kind=Kind.BI,
        title="A request for two prefixes that the node may not have is refused with both",
        requirements=("5213-8.1-x9", "5213-8.3-x2"),
        preamble=(),
        test=Request(prefix=PrefixForm.UNASSIGNED, form=Form.TWO_PREFIXES),
        probes=(),
    )
    for form, technology in TECHNOLOGIES.items():
        handoff = Request(gateway=Gateway.MAG2, form=form)
        yield Draft(
            key=f"form / {form.name} / 0 before",
            group=Group.FMT,
            kind=Kind.BV,
            title=f"A session over {technology.name} lasts from gateway to gateway",
            requirements=(TECHNOLOGY[technology], *TECHNOLOGY_NUMBERS),
            preamble=(),
            test=Request(form=form),
            probes=(handoff, replace(handoff, deregistration=True)),
        )
    yield from _handoff_purposes()
    yield from _alternate_purposes()


def _handoff_purposes() -> Iterator[Draft]:
    """Each indicator where it belongs: a first session, a handoff, or a renewal."""
    for form, indicator in HANDOFFS.items():
        preamble: tuple[Stimulus, ...] = (Request(),)
        match indicator:
            case HandoffIndicator.NEW_INTERFACE:
                preamble, test = (), Request(form=form)
            case HandoffIndicator.NOT_CHANGED:
                test = Request(prefix=PrefixForm.OWN, form=form)
            case _:
                test = Request(gateway=Gateway.MAG2, form=form)
        serving = test.gateway
        yield Draft(
            key=f"form / {form.name} / {len(preamble)} before",
            group=Group.FMT,
            kind=Kind.BV,
            title=f"A request with handoff indicator {indicator.name} is that",
            requirements=(HANDOFF[indicator], *HANDOFF_NUMBERS),
            preamble=preamble,
            test=test,
            probes=tuple(
                Request(gateway=gateway, deregistration=True)
                for gateway in (serving.other, serving)
            ),
        )


def _alternate_purposes() -> Iterator[Draft]:
    """The gateway that another one names serves the node, and no other one does."""
    named = Request(form=Form.ALTERNATE)
    sessions: dict[str, tuple[Stimulus, ...]] = {
        "no session": (),
        "session of the sender": (Request(),),
        "session of the one that is named": (Request(gateway=Gateway.MAG2),),
    }
    for session, preamble in sessions.items():
        yield Draft(
            key=f"form / {named.form.name} / {session}",
            group=Group.CHK,
            kind=Kind.BV,
            title=f"An alternate care-of address is the Proxy-CoA: {session}",
            requirements=ALTERNATE,
            preamble=preamble,
            test=named,
            probes=tuple(Request(gateway=g, deregistration=True) for g in MAGS),
        )
