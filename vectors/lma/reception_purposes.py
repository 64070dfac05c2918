"""Test purposes for what an anchor must not take: the checks before any rule.

Which requests those are, and what becomes of them, is asked from the rules of
reception (`pmip6.model.wire.reception`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv6Address

from pmip6.model.wire.decoding import decode
from pmip6.model.wire.error_replies import TO_NOBODY
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.model.wire.options import MobileNodeIdentifier, Timestamp
from pmip6.model.wire.reception import (
    NO_PROXY_REGISTRATION,
    Reaction,
    Reception,
    receive,
)
from pmip6.vectors.lma.attempts import MAGS
from pmip6.vectors.lma.purposes import Draft, Group, Kind
from pmip6.vectors.lma.stimuli import Form, Gateway, Request
from pmip6.vectors.packs.wire_form import encode_form, further_options, source_of

_SOURCE, _LMAA = IPv6Address("2001:db8::1"), IPv6Address("2001:db8::2")
_MESSAGE = ProxyBindingUpdate(1, 1, (MobileNodeIdentifier(b"mn"), Timestamp(1)))


SOURCE: dict[Form, tuple[str, ...]] = {
    Form.FROM_NOBODY: (
        "6275-9.5.1-1",
        "6275-9.5.1-16",
        "6275-9.5.4-9",
        "6275-10.3.1-1",
    ),
}
"""What more is behind the reaction to a source of no use as an address of a node."""


def reception_of(form: Form) -> Reception:
    """What the rules of reception say about a form of a request."""
    source = source_of(form, _SOURCE)
    message = _MESSAGE
    if form is Form.WRONG_ALTERNATE:
        options = further_options(Request(form=form), _SOURCE, _SOURCE)
        message = replace(_MESSAGE, options=_MESSAGE.options + options)
    octets = encode_form(form, message, source, _LMAA)
    return receive(decode(octets, source, _LMAA))


def reception_purposes() -> Iterator[Draft]:
    """A purpose for each form that is not handed to the rules, with and without session."""
    for form in Form:
        reception = reception_of(form)
        requirements: tuple[str, ...]
        if form is Form.UNKNOWN_TYPE_FROM_NOBODY:
            requirements, outcome = TO_NOBODY, Reaction.DISCARD.value
        elif reception.cause is not None:
            requirements = reception.requirements
            requirements += ("6275-9.5.4-1", *SOURCE.get(form, ()))
            outcome = reception.reaction.value
        elif form is Form.DIRECT:
            requirements, outcome = NO_PROXY_REGISTRATION, "no proxy registration"
        else:
            continue
        for preamble in ((), (Request(),)):
            yield Draft(
                key=f"reception / {form.name} / {len(preamble)} before",
                group=Group.RCV,
                kind=Kind.BI,
                title=f"A request with {form}: {outcome}",
                requirements=("5213-5.3.1-2", "6275-9.2-1", *requirements),
                preamble=preamble,
                test=Request(gateway=Gateway.MAG2, form=form),
                probes=tuple(
                    Request(gateway=gateway, deregistration=True)
                    for gateway in reversed(MAGS)
                ),
            )
