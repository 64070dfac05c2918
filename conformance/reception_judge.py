"""The judgement of what comes back for a request that must not be taken.

Source: RFC 6275, sections 9.2 and 9.3.3; RFC 4443, section 3.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pmip6.conformance.arrivals import PARAMETER_PROBLEM, Arrival
from pmip6.conformance.requests import Prepared
from pmip6.conformance.verdict import Finding, Layer, finding
from pmip6.model.messages import UNSPECIFIED
from pmip6.model.numbers import BindingErrorStatus, is_rejection
from pmip6.model.reception import Reaction
from pmip6.vectors.stimuli import Form

DISCARD = "6275-9.2-2"
BINDING_ERROR = ("6275-9.2-4",)
BINDING_ERROR_DESTINATION = ("6275-9.3.3-x1",)
PARAMETER_PROBLEM_SENT = {"payload_proto": ("6275-9.2-7",)}
PARAMETER_PROBLEM_ELSE = ("6275-9.2-10",)
NO_PROXY_REGISTRATION = ("5213-8.1-x4",)
IPV6_HEADER = 40


def judge_reception(
    prepared: Prepared, arrivals: Sequence[Arrival], packet: int
) -> list[Finding]:
    """What is wrong with the reaction to a request that must be discarded."""
    return list(_judge(prepared, arrivals, packet))


def _judge(
    prepared: Prepared, arrivals: Sequence[Arrival], packet: int
) -> Iterator[Finding]:
    cause = prepared.reception.cause
    requirements = NO_PROXY_REGISTRATION if cause is None else cause.requirements
    for arrival in arrivals:
        pba = arrival.acknowledgement
        if pba is None:
            continue
        is_direct = prepared.request.form is Form.DIRECT
        if is_direct and (not pba.proxy or is_rejection(pba.status)):
            continue  # a home agent may answer a direct registration
        text = f"expected no acknowledgement, got {arrival}"
        yield finding(requirements, text, packet, Layer.BEHAVIOUR)
    match prepared.reception.reaction:
        case Reaction.DISCARD:
            for arrival in arrivals:
                if arrival.acknowledgement is None:
                    text = f"expected silence, got {arrival}"
                    yield finding(requirements, text, packet, Layer.BEHAVIOUR)
        case Reaction.BINDING_ERROR:
            yield from _judge_binding_error(prepared, arrivals, packet)
        case Reaction.PARAMETER_PROBLEM:
            yield from _judge_parameter_problem(prepared, arrivals, packet)
        case Reaction.PROCESS:
            return


def _judge_binding_error(
    prepared: Prepared, arrivals: Sequence[Arrival], packet: int
) -> Iterator[Finding]:
    wanted = BindingErrorStatus.UNRECOGNIZED_MH_TYPE
    errors = [a for a in arrivals if a.binding_error is not None]
    if not errors:
        text = f"expected a Binding Error with status {int(wanted)}, none came"
        yield finding(BINDING_ERROR, text, packet, Layer.BEHAVIOUR)
    for arrival in errors:
        error = arrival.binding_error
        assert error is not None and arrival.packet is not None
        if error.status != wanted:
            text = f"Binding Error: expected status {int(wanted)}, got {error.status}"
            yield finding(BINDING_ERROR, text, packet, Layer.BEHAVIOUR)
        if error.home_address != UNSPECIFIED:
            text = f"Binding Error: expected home address ::, got {error.home_address}"
            yield finding(BINDING_ERROR_DESTINATION, text, packet, Layer.BEHAVIOUR)
        if arrival.packet.destination != prepared.sent.source:
            text = f"Binding Error: sent to {arrival.packet.destination}"
            yield finding(BINDING_ERROR_DESTINATION, text, packet, Layer.BEHAVIOUR)


def _judge_parameter_problem(
    prepared: Prepared, arrivals: Sequence[Arrival], packet: int
) -> Iterator[Finding]:
    cause = prepared.reception.cause
    assert cause is not None
    requirements = PARAMETER_PROBLEM_SENT.get(cause.rule.name, PARAMETER_PROBLEM_ELSE)
    pointer = IPV6_HEADER + cause.offset
    wanted = f"ICMPv6 Parameter Problem, code 0, pointer {pointer}"
    for arrival in arrivals:
        error = arrival.icmpv6
        if error is None or error[:1] != bytes((PARAMETER_PROBLEM,)):
            continue
        got = int.from_bytes(error[4:8])
        if error[1] != 0 or got != pointer:
            text = f"expected {wanted}, got code {error[1]}, pointer {got}"
            yield finding(requirements, text, packet, Layer.BEHAVIOUR)
        return
    text = f"expected {wanted}, none came"
    yield finding(requirements, text, packet, Layer.BEHAVIOUR)
