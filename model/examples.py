"""Configurations in which something fails, as docs/findings.md tells."""

from __future__ import annotations

from pmip6.model.configurations import ON, RESPONSES, facts

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

EXAMPLES = {c.name: c for c in (REFUSED_RETURN, DUPLICATED_REQUESTS, RESTARTED_DELAY)}
