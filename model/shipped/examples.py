"""Configurations in which something fails, as docs/findings.md tells."""

from __future__ import annotations

from pmip6.model.shipped.configurations import LATE_REQUESTS, ON, RESPONSES, facts
from pmip6.model.shipped.counted_requests import matched_by_number
from pmip6.model.shipped.timestamp_readings import compared_per_binding

REFUSED_RETURN = RESPONSES.changed(
    name="refused-return",
    summary="1 mobile node, 2 MAGs, a node that comes back before its refusal is forgotten",
    facts=facts(("mn1",), ("mag1", "mag2"), ("p1",)),
    broken=frozenset({"response.prefix"}),
)

DUPLICATED_REQUESTS = RESPONSES.changed(
    name="duplicated-requests",
    summary="1 mobile node, 1 MAG, requests that arrive twice",
    gateways=("mag1",),
    facts=facts(
        ("mn1",),
        ("mag1",),
        ("p1",),
        may_request=frozenset({("mn1", "p1")}),
    ),
    capacity={"pbu": 2, "pba": 2},
    faults=frozenset({"lose", "duplicate"}),
    broken=frozenset({"response.prefix"}),
)

RESTARTED_DELAY = RESPONSES.changed(
    name="restarted-delay",
    summary="1 mobile node, 1 MAG, each de-registration starts the deletion delay again",
    gateways=("mag1",),
    facts=facts(
        ("mn1",),
        ("mag1",),
        ("p1",),
        may_request=frozenset({("mn1", "p1")}),
        repeated_deregistration_restarts_delay=ON,
    ),
    broken=frozenset({"response.deletion"}),
)

MODULUS = 3
"""Of the counter in `wrapped-numbers`; on the wire it is 65536."""
WRAPPED_NUMBERS = LATE_REQUESTS.changed(
    name="wrapped-numbers",
    summary="1 mobile node, 1 MAG that knows its requests by a counter modulo 3 alone",
    gateways=("mag1",),
    prefixes=("p1", "p2"),
    sequences=tuple(range(MODULUS)),
    facts=facts(
        ("mn1",),
        ("mag1",),
        ("p1", "p2"),
        counted_requests=ON,
        follows=frozenset(((n + 1) % MODULUS, n) for n in range(MODULUS)),
    ),
    durations={"min_delay_before_bce_delete": (1,)},
    capacity={"pbu": 1, "pba": 2},
    in_flight=3,
    times=3,
    faults=frozenset({"lose"}),
    disabled=LATE_REQUESTS.disabled - {"renew"},
    silent_on=frozenset(  # no request is refused or overtaken, and no gateway reads
        {  # which request an answer is for
            "advertisement.refused",
            "foreign-deregistration",
            "preserved-prefix.acknowledgement",
            "preserved-prefix.gateway",
            "preserved-prefix.unexpected-answer",
            "stale-request.binding",
        }
    ),
    broken=frozenset({"preserved-prefix.settled"}),
    variant=matched_by_number,
)

BINDING_TIMESTAMPS = LATE_REQUESTS.changed(
    name="binding-timestamps",
    summary="1 mobile node, 2 MAGs, timestamps are compared with that of the binding alone",
    prefixes=("p1", "p2"),
    facts=facts(("mn1",), ("mag1", "mag2"), ("p1", "p2")),
    durations={"min_delay_before_bce_delete": (1,)},
    times=3,
    faults=frozenset({"lose", "duplicate"}),
    disabled=LATE_REQUESTS.disabled - {"expire"},
    broken=frozenset(
        {
            "answer.at-once",
            "preserved-prefix.acknowledgement",
            "preserved-prefix.gateway",
            "stale-request.binding",
            "stale-request.order",
        }
    ),
    variant=compared_per_binding,
)

EXAMPLES = {
    c.name: c
    for c in (
        REFUSED_RETURN,
        DUPLICATED_REQUESTS,
        RESTARTED_DELAY,
        WRAPPED_NUMBERS,
        BINDING_TIMESTAMPS,
    )
}
