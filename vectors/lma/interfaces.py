"""What a tester tries where a node may have several interfaces (RFC 5213, section 5.4)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from pmip6.model.state import Fault, several_interfaces
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.vectors.lma.attempts import FAULTS, MAGS
from pmip6.vectors.lma.repertoire import Repertoire, Taken, is_accepted
from pmip6.vectors.lma.stimuli import (
    Form,
    Gateway,
    Interface,
    Node,
    PrefixForm,
    Request,
)

NEW = HandoffIndicator.NEW_INTERFACE
MOVED = HandoffIndicator.BETWEEN_INTERFACES
INDICATORS = (
    HandoffIndicator.BETWEEN_GATEWAYS_SAME_INTERFACE,
    HandoffIndicator.NOT_CHANGED,
    HandoffIndicator.NEW_INTERFACE,
    HandoffIndicator.UNKNOWN,
    HandoffIndicator.BETWEEN_INTERFACES,
    HandoffIndicator.RESERVED,
)
"""The preferred ones first."""
OF_ONE_NODE = (Interface.FIRST, Interface.SECOND, Interface.OTHER_TECHNOLOGY)


def _requests() -> Iterator[tuple[str, Request]]:
    """Requests for every interface with every prefix and indicator; plain ones first."""
    named = (PrefixForm.ALL_ZERO, PrefixForm.OWN, PrefixForm.SECOND)
    for ending, prefix, indicator, identified, interface, gateway in itertools.product(
        (False, True),
        named,
        INDICATORS,
        (True, False),
        OF_ONE_NODE,
        reversed(MAGS),
    ):
        if identified or interface is not Interface.SECOND:
            request = Request(
                gateway=gateway,
                deregistration=ending,
                prefix=prefix,
                link_layer_identifier=identified,
                interface=interface,
                indicator=indicator,
            )
            yield str(request), request


def _requests_of_no_meaning() -> Iterator[tuple[str, Request]]:
    """The same with an indicator that means nothing: to an anchor as the reserved one."""
    for _, request in _requests():
        if request.indicator is HandoffIndicator.RESERVED:
            odd = replace(request, form=Form.HANDOFF_UNASSIGNED)
            yield str(odd), odd


def _requests_of_another() -> Iterator[tuple[str, Request]]:
    """Requests that tell a node's interface from another's by the node alone.

    The identifier is the same, or neither has one.
    """
    for ending, gateway, identified, indicator in itertools.product(
        (False, True), MAGS, (True, False), INDICATORS
    ):
        request = Request(
            node=Node.OTHER,
            gateway=gateway,
            deregistration=ending,
            link_layer_identifier=identified,
            interface=Interface.OTHERS if identified else Interface.FIRST,
            indicator=indicator,
        )
        yield str(request), request


def _faulty_requests() -> Iterator[Request]:
    """Requests with a fault for which a handoff between interfaces finds the session.

    Such a one reads no link-layer identifier and no access technology.
    """
    for fault, ending, gateway, prefix in itertools.product(
        FAULTS, (False, True), MAGS, (PrefixForm.ALL_ZERO, PrefixForm.OWN)
    ):
        if Fault.NO_HANDOFF_INDICATOR in fault.faults:
            continue
        yield replace(
            fault,
            gateway=fault.gateway if fault.gateway is Gateway.STRANGER else gateway,
            deregistration=ending,
            prefix=prefix,
            indicator=MOVED,
        )


INTERFACES = Repertoire(
    needs=(several_interfaces.name,),
    preamble=(
        Request(indicator=NEW),
        Request(indicator=NEW, interface=Interface.SECOND),
        Request(indicator=NEW, interface=Interface.OTHER_TECHNOLOGY),
        Request(indicator=NEW, link_layer_identifier=False),
        Request(deregistration=True),
        Request(
            deregistration=True,
            prefix=PrefixForm.OWN,
            indicator=MOVED,
        ),
    ),
    attempts=(*_requests(), *_requests_of_another(), *_requests_of_no_meaning()),
    candidates=(*(r for _, r in _requests_of_another()), *_faulty_requests()),
    probes=(
        *(
            Request(
                gateway=gateway,
                deregistration=ending,
                link_layer_identifier=identified,
                interface=interface,
                indicator=indicator,
            )
            for ending, gateway in itertools.product((True, False), MAGS)
            for identified, interface, indicator in (
                (True, Interface.FIRST, NEW),
                (True, Interface.SECOND, NEW),
                (True, Interface.OTHER_TECHNOLOGY, NEW),
                (
                    False,
                    Interface.FIRST,
                    HandoffIndicator.BETWEEN_GATEWAYS_SAME_INTERFACE,
                ),
            )
        ),
        *(
            Request(
                gateway=gateway, deregistration=True, prefix=prefix, indicator=MOVED
            )
            for gateway in MAGS
            for prefix in (PrefixForm.OWN, PrefixForm.SECOND)
        ),
    ),
    longest_preamble=2,
    longest_probe=1,
)


def _shown_by_name(taken: Taken) -> tuple[str, ...]:
    """A prefix is in one session only."""
    return () if is_accepted(taken) else ("5213-5.2-2", "5213-5.3.2-2")


NAMED = Repertoire(
    needs=INTERFACES.needs,
    preamble=(Request(prefix=PrefixForm.REQUESTABLE, indicator=NEW),),
    attempts=(
        (
            "prefix of its other session, which it may ask for by name",
            Request(
                gateway=Gateway.MAG2,
                prefix=PrefixForm.OWN,
                interface=Interface.SECOND,
                indicator=NEW,
            ),
        ),
    ),
    candidates=(),
    probes=INTERFACES.probes,
    focus=frozenset({"reject_requested_prefix"}),
    longest_preamble=1,
    longest_probe=1,
    shows=_shown_by_name,
)
"""A node asks for a prefix by name that it has: each session has its own prefixes."""
