"""`pmip6 probe` for gateways: what one does against what is declared of it."""

from ipaddress import IPv6Address

import pytest

from pmip6.conformance.declaration_text import commented
from pmip6.conformance.lma.probe import Difference
from pmip6.conformance.lma.probed import corrected
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.probed import GatewayProber
from pmip6.conformance.mag.reference_gateway import gateway_file, reference_gateway
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.vectors.mag.model import GatewayDomain

DECLARED = reference_gateway(nodes=4)
CHANGED: dict[str, tuple[dict[str, object], object]] = {
    "features.timestamp_based_approach_in_use": (
        {"timestamp_based_approach_in_use": False},
        False,
    ),
    "links.access_technology": ({"access_technology": 5}, 5),
    "links.tells_link_layer_identifiers": (
        {"tells_link_layer_identifiers": False},
        False,
    ),
    "links.fixed_mag_link_local_address": (
        {"fixed_mag_link_local_address": IPv6Address("fe80::77")},
        "fe80::77",
    ),
    "links.link_layer_address": (
        {"link_layer_address": "02:00:00:00:00:77"},
        "02:00:00:00:00:77",
    ),
    "timers.lifetime_units": ({"lifetime_units": 300}, 300),
    "timers.initial_bindack_timeout_ms": ({"initial_bindack_timeout_ms": 2000}, 2000),
}
"""Settings of a gateway that are not as declared, by the key, and what would fit."""


class _Late(VirtualGatewayLink):
    """A gateway that takes a while to see that a node has come."""

    def attach(self, node: bytes, handoff: HandoffIndicator | None) -> None:
        self.receive(self.now_ms() + 900)
        super().attach(node, handoff)


class _Absent(VirtualGatewayLink):
    """Nobody sees that a node has come."""

    def attach(self, node: bytes, handoff: HandoffIndicator | None) -> None: ...


def _found(
    changes: dict[str, object] | None = None,
    kind: type[VirtualGatewayLink] = VirtualGatewayLink,
    domain: GatewayDomain | None = None,
) -> list[Difference]:
    declared = DECLARED if domain is None else reference_gateway(domain, nodes=4)
    told: GatewaySettings = gateway_file(declared).model_copy(update=changes or {})
    link = kind(lambda start_ms: ReferenceGateway(told, start_ms=start_ms))
    return list(GatewayProber(declared, link).run())


@pytest.mark.parametrize(
    "domain",
    [
        GatewayDomain.FIXED,
        GatewayDomain.SIGNALLED,
        GatewayDomain.NUMBERED,
        GatewayDomain.PROTECTED,
        GatewayDomain.ANONYMOUS,
        GatewayDomain.LOCAL,
    ],
)
def test_nothing_differs_where_the_declaration_fits(domain: GatewayDomain) -> None:
    assert _found(domain=domain) == []


@pytest.mark.parametrize("key", CHANGED)
def test_a_key_that_does_not_fit_is_told_with_what_would(key: str) -> None:
    changes, value = CHANGED[key]
    found = _found(changes)
    assert [(each.key, each.value) for each in found] == [(key, value)]
    text = corrected(DECLARED, found)
    assert "Changed by pmip6 probe:" in text
    table, _, name = key.partition(".")
    plain = commented(DECLARED)
    assert [line for line in text.splitlines() if line.startswith(f"{name} = ")] != [
        line for line in plain.splitlines() if line.startswith(f"{name} = ")
    ], table


def test_a_gateway_that_asks_the_anchor_for_its_address_is_told() -> None:
    found = _found({"fixed_mag_link_local_address": IPv6Address(0)})
    assert (
        Difference(
            "links.fixed_mag_link_local_address",
            "its requests ask the anchor for its link-local address",
            "::",
        )
        in found
    )


def test_a_gateway_that_is_slow_is_told() -> None:
    assert _found(kind=_Late) == [
        Difference("timers.reaction_ms", "the request took 900 ms", 2700)
    ]


def test_clear_text_where_esp_is_declared_is_told() -> None:
    (first, *_) = _found({"esp": ()}, domain=GatewayDomain.PROTECTED)
    assert first.key == "esp"


def test_nothing_is_said_of_a_gateway_that_sends_nothing() -> None:
    with pytest.raises(Pmip6Error, match="sends no request for mn1"):
        _found(kind=_Absent)
