"""Test purposes for a gateway whose signalling is under ESP (RFC 5213, section 4).

What an answer under ESP has to be is asked from the checks of `pmip6.model.wire.esp`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pmip6.model.wire.esp import ANSWERS
from pmip6.model.wire.numbers import BindingAckStatus
from pmip6.vectors.lma.purposes import Kind
from pmip6.vectors.mag.edges import RENEWAL, RETRANSMISSION, SCENE, closing
from pmip6.vectors.mag.groups import Group
from pmip6.vectors.mag.model import GatewayDomain, GatewayModel
from pmip6.vectors.mag.purposes import GatewayDraft
from pmip6.vectors.mag.stimuli import (
    ANSWER_FAULTS,
    Answer,
    AnswerForm,
    Attach,
    Stimulus,
)

_DOMAIN = GatewayDomain.PROTECTED
_IPSEC = "5213-4-2"
_TRY_AGAIN = Answer(BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED)
_REFUSED = BindingAckStatus.REASON_UNSPECIFIED
_STATES: tuple[tuple[str, tuple[Stimulus, ...], BindingAckStatus], ...] = (
    # An answer has to have come before its number comes again.
    ("REGISTERING", (Attach(), _TRY_AGAIN, RETRANSMISSION), BindingAckStatus.ACCEPTED),
    ("REGISTERED, renewing", (Attach(), Answer(is_short=True), RENEWAL), _REFUSED),
)
"""States in which an answer is awaited, how to get there, and an answer that shows."""


def gateway_esp_purposes() -> Iterator[GatewayDraft]:
    """Request and answer as they have to be; each answer that fails a check."""
    yield _draft(
        f"{_DOMAIN} / sent",
        Kind.BV,
        "A request goes out under ESP",
        ("5213-4-1", _IPSEC, "5213-4-3", "5213-6.9.1.5-12", "6275-6.1.7-2"),
        (),
        Attach(),
    )
    yield _draft(
        f"{_DOMAIN} / taken",
        Kind.BV,
        "An answer under ESP is taken",
        (*ANSWERS, _IPSEC),
        (Attach(),),
        Answer(),
    )
    control, preamble, _ = _STATES[-1]
    yield _draft(
        f"{_DOMAIN} / number out of window / {control}",
        Kind.BI,
        f"A refused number in {AnswerForm.CLEAR_TEXT} is ignored ({control})",
        ("6275-11.7.3-10",),
        preamble,
        Answer(
            BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW, form=AnswerForm.CLEAR_TEXT
        ),
    )
    for form in ANSWER_FAULTS:
        for control, preamble, status in _STATES:
            yield _draft(
                f"{_DOMAIN} / {form.name} / {control}",
                Kind.BI,
                f"An answer with {form} is ignored ({control})",
                ANSWERS,
                preamble,
                Answer(status, form=form),
            )


def _draft(
    key: str,
    kind: Kind,
    title: str,
    requirements: tuple[str, ...],
    preamble: tuple[Stimulus, ...],
    test: Stimulus,
) -> GatewayDraft:
    model = GatewayModel(SCENE, _DOMAIN)
    for stimulus in (*preamble, test):
        assert model.apply(stimulus) is not None
    return GatewayDraft(
        key=key,
        group=Group.SEC,
        kind=kind,
        domain=_DOMAIN,
        title=title,
        requirements=requirements,
        preamble=preamble,
        test=test,
        probes=tuple(closing(model)),
    )
