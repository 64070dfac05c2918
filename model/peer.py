"""A peer that does not follow the RFC: messages that no correct gateway or anchor sends."""

from pmip6.model.language.table import Role, RoleTable, Step
from pmip6.model.language.terms import (
    BOOL,
    FALSE,
    Term,
    enum_sort,
    forall,
    implies,
    ite,
    one_of,
)
from pmip6.model.lma.binding_cache import is_bound_to
from pmip6.model.sending import send_request
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    LINK_LAYER,
    MOBILE_NODE,
    PREFIX,
    SEQUENCE,
    TECHNOLOGY,
    TIME,
    Fault,
    Origin,
    altered_answers,
    alternate_addresses,
    awaited,
    bce_link_layer,
    bce_prefix,
    bce_technology,
    bule_prefix,
    free_answers,
    gateways_mix_sessions,
    has_interface,
    pba,
    sequence_numbers,
    several_interfaces,
)
from pmip6.model.wire.numbers import BindingAckStatus, HandoffIndicator

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


@peer.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    now=TIME,
    prefix=PREFIX,
    is_named=BOOL,
    link_layer=LINK_LAYER,
    is_identified=BOOL,
    technology=TECHNOLOGY,
    indicator=enum_sort(HandoffIndicator),
    deregistration=BOOL,
    requirement=(),
)
def send_request_of_interface(
    step: Step,
    node: Term,
    gateway: Term,
    now: Term,
    prefix: Term,
    is_named: Term,
    link_layer: Term,
    is_identified: Term,
    technology: Term,
    indicator: Term,
    deregistration: Term,
) -> None:
    """Any gateway sends a request for any interface of a node, identified or not.

    Unless gateways mix sessions, it names no prefix but that of the interface's session.
    """
    of_interface = forall(
        ENTRY,
        lambda b: implies(
            is_bound_to(b, node)
            & (bce_link_layer[b] == link_layer)
            & (bce_technology[b] == technology),
            bce_prefix[b, prefix],
        ),
    )
    step.require(
        several_interfaces(),
        has_interface(node, link_layer, technology),
        gateways_mix_sessions() | ~is_named | of_interface,
    )
    send_request(
        step,
        node,
        gateway,
        now,
        deregistration=deregistration,
        prefix=ite(is_named, prefix, PREFIX.none),
        handoff_indicator=indicator,
        link_layer=ite(is_identified, link_layer, LINK_LAYER.none),
        technology=technology,
    )


@peer.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    sequence=SEQUENCE,
    prefix=PREFIX,
    is_named=BOOL,
    deregistration=BOOL,
    requirement=(),
)
def send_numbered_request(
    step: Step,
    node: Term,
    gateway: Term,
    sequence: Term,
    prefix: Term,
    is_named: Term,
    deregistration: Term,
) -> None:
    """Any gateway sends a request without a timestamp, with any sequence number."""
    step.require(sequence_numbers())
    send_request(
        step,
        node,
        gateway,
        TIME.none,
        deregistration=deregistration,
        prefix=ite(is_named, prefix, PREFIX.none),
        has_timestamp=FALSE,
        sequence=sequence,
    )


@peer.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    proxy_coa=GATEWAY,
    now=TIME,
    deregistration=BOOL,
    requirement=(),
)
def send_request_for_address(
    step: Step,
    node: Term,
    gateway: Term,
    proxy_coa: Term,
    now: Term,
    deregistration: Term,
) -> None:
    """Any gateway names any address as the Proxy-CoA of a node."""
    step.require(alternate_addresses())
    send_request(
        step,
        node,
        gateway,
        now,
        deregistration=deregistration,
        prefix=PREFIX.none,
        proxy_coa=proxy_coa,
    )


@peer.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    is_answer=BOOL,
    status=enum_sort(BindingAckStatus),
    prefix=PREFIX,
    is_echo=BOOL,
    address_in_use=BOOL,
    requirement=(),
)
def send_any_answer(
    step: Step,
    node: Term,
    gateway: Term,
    is_answer: Term,
    status: Term,
    prefix: Term,
    is_echo: Term,
    address_in_use: Term,
) -> None:
    """An anchor answers the last request of a gateway, or none, as it likes.

    One status stands for all those that gateways treat as they treat it.
    """
    accepted = status == BindingAckStatus.ACCEPTED
    step.require(
        altered_answers() | free_answers(),
        altered_answers() | is_echo,
        one_of(
            status,
            BindingAckStatus.ACCEPTED,
            BindingAckStatus.REASON_UNSPECIFIED,
            BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW,
            BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX,
            BindingAckStatus.TIMESTAMP_MISMATCH,
            BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED,
        ),
        implies(address_in_use, accepted & is_echo),
        implies(~accepted, prefix == bule_prefix[node, gateway]),
    )
    step.send(
        pba,
        node=node,
        gateway=gateway,
        origin=Origin.ANCHOR,
        status=status,
        prefix=prefix,
        request=ite(is_answer, awaited[node, gateway], TIME.none),
        sequence=SEQUENCE.none,
        is_echo=is_echo,
        address_in_use=address_in_use,
    )
