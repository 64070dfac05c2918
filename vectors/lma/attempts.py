"""The requests that a tester tries: ordinary ones, and ones with one or two faults."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from pmip6.model.state import Fault
from pmip6.vectors.lma.stimuli import Form, Gateway, Node, PrefixForm, Request, Stamp

MAGS = (Gateway.MAG1, Gateway.MAG2)
SINGLE = (
    PrefixForm.ALL_ZERO,
    PrefixForm.OWN,
    PrefixForm.OTHERS,
    PrefixForm.REQUESTABLE,
    PrefixForm.UNASSIGNED,
)
"""What a request names where a node has one session with one prefix."""
FAULTS: tuple[Request, ...] = (
    Request(faults=frozenset({Fault.NO_NODE_IDENTIFIER})),
    Request(gateway=Gateway.STRANGER),
    Request(node=Node.UNKNOWN),
    Request(node=Node.BARRED),
    Request(stamp=Stamp.OLDER),
    Request(stamp=Stamp.EQUAL),
    Request(stamp=Stamp.FUTURE),
    Request(stamp=Stamp.PAST),
    Request(faults=frozenset({Fault.NO_PREFIX})),
    Request(faults=frozenset({Fault.NO_HANDOFF_INDICATOR})),
    Request(faults=frozenset({Fault.NO_ACCESS_TECHNOLOGY})),
)
"""Requests with one thing wrong, in the order in which the anchor checks it."""


def combined(first: Request, second: Request) -> Request | None:
    """A request with both faults; None where they exclude each other."""
    plain = Request()
    values: dict[str, object] = {"faults": first.faults | second.faults}
    for name in ("node", "gateway", "stamp"):
        one, other = getattr(first, name), getattr(second, name)
        default: object = getattr(plain, name)
        if one != default and other != default:
            return None
        values[name] = one if one != default else other
    return replace(plain, **values)  # type: ignore[arg-type]  # names are the fields


def attempts() -> Iterator[tuple[str, Request]]:
    """Every last request, with its variant."""
    forms = itertools.product((False, True), MAGS, SINGLE)
    for ending, gateway, prefix in forms:
        request = Request(gateway=gateway, deregistration=ending, prefix=prefix)
        yield f"prefix {prefix}{', ending' * ending}", request
    yield "no prefix left", Request(node=Node.UNPROVIDED)
    for fault in FAULTS:
        for ending in (False, True):
            # A registration comes from the gateway that a handoff would lead to.
            gateway = fault.gateway
            if gateway is Gateway.MAG1 and not ending:
                gateway = Gateway.MAG2
            if fault.stamp is Stamp.PAST and ending:
                continue
            wrong = replace(fault, gateway=gateway, deregistration=ending)
            yield fault_name(wrong), wrong


def fault_name(request: Request) -> str:
    """What is wrong with a request, and whether it would end the session."""
    words = [fault.name.lower().replace("_", " ") for fault in request.faults]
    if request.gateway is Gateway.STRANGER:
        words.append("from a stranger")
    if request.node not in (Node.SERVED, Node.OTHER):
        words.append(f"{request.node} node")
    if request.stamp is not Stamp.NEWER:
        words.append(f"{request.stamp} timestamp")
    return ", ".join([*sorted(words), *["ending"] * request.deregistration])


def faults_of(request: Request) -> int:
    """How many things are wrong with the request whatever the anchor's state."""
    return sum(
        (
            len(request.faults),
            request.gateway is Gateway.STRANGER,
            request.node not in (Node.SERVED, Node.OTHER, Node.UNPROVIDED),
            request.stamp is not Stamp.NEWER,
        )
    )


def is_faulty(request: Request) -> bool:
    """Something is wrong with the request whatever the anchor's state."""
    return faults_of(request) > 0


def candidates() -> list[Request]:
    """Requests with at most two faults, those with fewer first.

    A request with one fault comes from each gateway, with each prefix, and as a
    de-registration too; two faults alone decide which check is the first.
    """
    forms = tuple(itertools.product((False, True), MAGS, SINGLE))
    found = [
        Request(gateway=gateway, deregistration=ending, prefix=prefix)
        for ending, gateway, prefix in forms
    ]
    found += [replace(request, node=Node.UNPROVIDED) for request in found]
    for fault in FAULTS:
        for ending, gateway, prefix in forms:
            chosen = fault.gateway if fault.gateway is Gateway.STRANGER else gateway
            form = replace(fault, gateway=chosen, deregistration=ending, prefix=prefix)
            found.append(form)
        if fault.node is Node.SERVED:
            found.append(replace(fault, node=Node.UNPROVIDED))
    found += [  # a stranger names the serving gateway as Proxy-CoA
        Request(gateway=Gateway.STRANGER, form=Form.ALTERNATE, deregistration=ending)
        for ending in (False, True)
    ]
    for first, second in itertools.combinations(FAULTS, 2):
        both = combined(first, second)
        if both is not None:
            found.append(both)
    return list(dict.fromkeys(found))
