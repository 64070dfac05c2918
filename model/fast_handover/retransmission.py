"""An HI that is not answered: RFC 5568, section 6.2.1.1.

It is sent again with the same number and twice the wait, at most HI_RETRIES times.  The
levels of `handover_retransmission` are the waits, one for each time that it is sent.
"""

from pmip6.model.fast_handover.messages import (
    OF_PREVIOUS_GATEWAY,
    OFFERS,
    other_end,
    put_initiate,
    stop_awaiting,
)
from pmip6.model.fast_handover.new_gateway import end_part
from pmip6.model.fast_handover.previous_gateway import end
from pmip6.model.fast_handover.state import (
    ends_attempts,
    fast_handover,
    handover_awaited,
    handover_backoff,
    handover_request,
    handover_retransmission,
)
from pmip6.model.language.table import Role, RoleTable, Step
from pmip6.model.language.terms import Term, any_of, one_of, raised
from pmip6.model.state import GATEWAY, MOBILE_NODE, PREFIX, bule_prefix

retransmission_of_initiates = RoleTable(Role.MAG)


def is_last_attempt(node: Term, gateway: Term) -> Term:
    """The HI has been sent as often as it may be, or has lost what it has to tell.

    The context that it offers is gone where the registration has ended since.
    """
    so_far = handover_backoff[node, gateway]
    return any_of(
        raised(so_far) == so_far,
        ends_attempts(so_far),
        one_of(handover_request[node, gateway], *OFFERS)
        & (bule_prefix[node, gateway] == PREFIX.none),
    )


@retransmission_of_initiates.rule(
    expiry=handover_retransmission,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    requirement=(
        "5568-6.2.1.1-10",
        "5568-6.2.1.1-11",
        "5568-6.2.1.1-x7",
        "5568-6.2.1.1-x8",
    ),
)
def retransmit_handover_initiate(step: Step, node: Term, gateway: Term) -> None:
    """Without a HAck the HI is sent again."""
    step.require(fast_handover(), ~is_last_attempt(node, gateway))
    request = handover_request[node, gateway]
    put_initiate(
        step,
        node,
        gateway,
        other_end(node, gateway, request),
        handover_awaited[node, gateway],
        request,
    )
    longer = raised(handover_backoff[node, gateway])
    step.set(handover_backoff[node, gateway], longer)
    step.start(handover_retransmission, node, gateway, level=longer)


@retransmission_of_initiates.rule(
    expiry=handover_retransmission,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    requirement=("5568-6.2.1.1-11", "5568-6.2.1.1-x8", "5568-9-x1"),
)
def give_up_as_previous_gateway(step: Step, node: Term, gateway: Term) -> None:
    """The new gateway does not answer: nothing is forwarded."""
    step.require(
        fast_handover(),
        is_last_attempt(node, gateway),
        one_of(handover_request[node, gateway], *OF_PREVIOUS_GATEWAY),
    )
    end(step, node, gateway)
    stop_awaiting(step, node, gateway)


@retransmission_of_initiates.rule(
    expiry=handover_retransmission,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    requirement=("5568-6.2.1.1-11", "5568-6.2.1.1-x8", "5568-9-x1"),
)
def give_up_as_new_gateway(step: Step, node: Term, gateway: Term) -> None:
    """The previous gateway does not answer: what is left is base PMIPv6."""
    step.require(
        fast_handover(),
        is_last_attempt(node, gateway),
        ~one_of(handover_request[node, gateway], *OF_PREVIOUS_GATEWAY),
    )
    end_part(step, node, gateway)
    stop_awaiting(step, node, gateway)
