"""How far an anchor gets with a request: which checks and which lookup it makes.

The first check of RFC 5213, section 5.3.1, that fails ends it, and one part of section
5.4.1 alone says what the lookup is.  A purpose cites nothing of what is not reached.
"""

from __future__ import annotations

import re

from pmip6.model.language.interpreter import Message
from pmip6.model.lma.checks import ORDER
from pmip6.model.wire.abstraction import status_and_prefix
from pmip6.model.wire.numbers import BindingAckStatus
from pmip6.vectors.lma.stimuli import PrefixForm, Request

_LOOKUP = re.compile(r"5213-(5\.4\.1\.[123])-")


def reaches(check: BindingAckStatus, answer: Message | None) -> bool:
    """No check before this one refuses the request.

    Args:
        check: The status of the check.
        answer: What the anchor answers; None for silence.
    """
    if answer is None:
        return True
    status = status_and_prefix(answer)[0]
    return status not in ORDER[: ORDER.index(check)]


def reaches_lookup(answer: Message | None) -> bool:
    """No check refuses the request, or only that of the session which it belongs to."""
    status = None if answer is None else status_and_prefix(answer)[0]
    of_session = BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW
    return status == of_session or status not in ORDER


def lookup_of(request: Request) -> str:
    """The section that says how the session of the request is found."""
    if request.prefix is not PrefixForm.ALL_ZERO:
        return "5.4.1.1"
    return "5.4.1.2" if request.link_layer_identifier else "5.4.1.3"


def may_show(requirement: str, request: Request, answer: Message | None) -> bool:
    """The requirement is of no lookup, or of the one that the anchor makes."""
    found = _LOOKUP.match(requirement)
    if found is None:
        return True
    return reaches_lookup(answer) and found[1] == lookup_of(request)
