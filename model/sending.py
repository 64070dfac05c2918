"""The messages that the roles send, with a value for each of their fields."""

from pmip6.model.language.table import Message, Step
from pmip6.model.language.terms import FALSE, TRUE, Term
from pmip6.model.state import (
    LINK_LAYER,
    SEQUENCE,
    TECHNOLOGY,
    Origin,
    pba,
    pbu,
)
from pmip6.model.wire.numbers import BindingAckStatus, HandoffIndicator


def send_request(
    step: Step,
    node: Term,
    gateway: Term,
    now: Term,
    *,
    deregistration: Term | bool,
    prefix: Term,
    proxy_coa: Term | None = None,
    handoff_indicator: Term | HandoffIndicator = HandoffIndicator.UNKNOWN,
    link_layer: Term = LINK_LAYER.none,
    technology: Term = TECHNOLOGY.none,
    has_timestamp: Term = TRUE,
    sequence: Term = SEQUENCE.none,
    timely: Term = TRUE,
    has_node_identifier: Term = TRUE,
    has_prefix: Term = TRUE,
    has_handoff_indicator: Term = TRUE,
    has_access_technology: Term = TRUE,
) -> None:
    """Send a PBU of a gateway, complete unless told otherwise (RFC 5213, 6.9.1.5)."""
    step.send(
        pbu,
        node=node,
        gateway=gateway,
        proxy_coa=gateway if proxy_coa is None else proxy_coa,
        origin=Origin.GATEWAY,
        deregistration=deregistration,
        prefix=prefix,
        timestamp=now,
        has_timestamp=has_timestamp,
        sequence=sequence,
        timely=timely,
        handoff_indicator=handoff_indicator,
        link_layer=link_layer,
        technology=technology,
        has_node_identifier=has_node_identifier,
        has_prefix=has_prefix,
        has_handoff_indicator=has_handoff_indicator,
        has_access_technology=has_access_technology,
    )


def send_answer(
    step: Step,
    message: Message,
    status: BindingAckStatus,
    prefix: Term,
    sequence: Term = SEQUENCE.none,
) -> None:
    """Send the acknowledgement to the source of the request."""
    step.send(
        pba,
        node=message.node,
        gateway=message.gateway,
        origin=Origin.ANCHOR,
        status=status,
        prefix=prefix,
        request=message.timestamp,
        sequence=sequence,
        is_echo=TRUE,
        address_in_use=FALSE,
    )


def reject(step: Step, message: Message, status: BindingAckStatus) -> None:
    """Answer with a rejection; the prefix is the request's own (RFC 5213, 5.3.6)."""
    send_answer(step, message, status, message.prefix)


def acknowledge(step: Step, message: Message, prefix: Term) -> None:
    """Accept the request with the session's prefix (RFC 5213, 5.3.6)."""
    send_answer(step, message, BindingAckStatus.ACCEPTED, prefix)
