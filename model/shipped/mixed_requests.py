"""Requests of a peer in which two features meet, each of any kind."""

from pmip6.model.language.table import Role, RoleTable, Step
from pmip6.model.language.terms import BOOL, FALSE, Term, enum_sort
from pmip6.model.sending import send_request
from pmip6.model.state import (
    GATEWAY,
    LINK_LAYER,
    MOBILE_NODE,
    PREFIX,
    SEQUENCE,
    TECHNOLOGY,
    TIME,
    alternate_addresses,
    has_interface,
    sequence_numbers,
    several_interfaces,
)
from pmip6.model.wire.numbers import HandoffIndicator

mixed = RoleTable(Role.PEER)


@mixed.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    sequence=SEQUENCE,
    link_layer=LINK_LAYER,
    technology=TECHNOLOGY,
    indicator=enum_sort(HandoffIndicator),
    deregistration=BOOL,
    requirement=(),
)
def send_numbered_request_of_interface(
    step: Step,
    node: Term,
    gateway: Term,
    sequence: Term,
    link_layer: Term,
    technology: Term,
    indicator: Term,
    deregistration: Term,
) -> None:
    """Any gateway numbers a request for any interface of a node."""
    step.require(
        several_interfaces(),
        sequence_numbers(),
        has_interface(node, link_layer, technology),
    )
    send_request(
        step,
        node,
        gateway,
        TIME.none,
        deregistration=deregistration,
        prefix=PREFIX.none,
        handoff_indicator=indicator,
        link_layer=link_layer,
        technology=technology,
        has_timestamp=FALSE,
        sequence=sequence,
    )


@mixed.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    proxy_coa=GATEWAY,
    now=TIME,
    link_layer=LINK_LAYER,
    technology=TECHNOLOGY,
    indicator=enum_sort(HandoffIndicator),
    deregistration=BOOL,
    requirement=(),
)
def send_request_of_interface_for_address(
    step: Step,
    node: Term,
    gateway: Term,
    proxy_coa: Term,
    now: Term,
    link_layer: Term,
    technology: Term,
    indicator: Term,
    deregistration: Term,
) -> None:
    """Any gateway names any address as the Proxy-CoA of any interface of a node."""
    step.require(
        several_interfaces(),
        alternate_addresses(),
        has_interface(node, link_layer, technology),
    )
    send_request(
        step,
        node,
        gateway,
        now,
        deregistration=deregistration,
        prefix=PREFIX.none,
        proxy_coa=proxy_coa,
        handoff_indicator=indicator,
        link_layer=link_layer,
        technology=technology,
    )


@mixed.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    proxy_coa=GATEWAY,
    sequence=SEQUENCE,
    deregistration=BOOL,
    requirement=(),
)
def send_numbered_request_for_address(
    step: Step,
    node: Term,
    gateway: Term,
    proxy_coa: Term,
    sequence: Term,
    deregistration: Term,
) -> None:
    """Any gateway numbers a request that names any address as the Proxy-CoA."""
    step.require(sequence_numbers(), alternate_addresses())
    send_request(
        step,
        node,
        gateway,
        TIME.none,
        deregistration=deregistration,
        prefix=PREFIX.none,
        proxy_coa=proxy_coa,
        has_timestamp=FALSE,
        sequence=sequence,
    )
