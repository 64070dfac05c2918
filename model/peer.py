"""A peer that does not follow the RFC: requests that a correct gateway never sends."""

from pmip6.model.sending import send_request
from pmip6.model.state import GATEWAY, MOBILE_NODE, PREFIX, TIME, Fault
from pmip6.model.table import Role, RoleTable, Step
from pmip6.model.terms import BOOL, Term, enum_sort

peer = RoleTable(Role.PEER)


@peer.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    now=TIME,
    fault=enum_sort(Fault),
    deregistration=BOOL,
    requirement=(),
)
def send_faulty_request(
    step: Step,
    node: Term,
    gateway: Term,
    now: Term,
    fault: Term,
    deregistration: Term,
) -> None:
    """Any gateway sends a request for any node, complete or with one option missing."""
    send_request(
        step,
        node,
        gateway,
        now,
        deregistration=deregistration,
        prefix=PREFIX.none,
        timely=fault != Fault.UNTIMELY,
        has_node_identifier=fault != Fault.NO_NODE_IDENTIFIER,
        has_prefix=fault != Fault.NO_PREFIX,
        has_handoff_indicator=fault != Fault.NO_HANDOFF_INDICATOR,
        has_access_technology=fault != Fault.NO_ACCESS_TECHNOLOGY,
    )


@peer.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    now=TIME,
    prefix=PREFIX,
    deregistration=BOOL,
    requirement=(),
)
def send_request_for_prefix(
    step: Step,
    node: Term,
    gateway: Term,
    now: Term,
    prefix: Term,
    deregistration: Term,
) -> None:
    """Any gateway asks for any prefix for any node."""
    send_request(step, node, gateway, now, deregistration=deregistration, prefix=prefix)
