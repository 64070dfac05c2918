"""`pmip6 probe` for gateways: what one does against what is declared of it."""

from ipaddress import IPv6Address

import pytest

from pmip6.conformance.declaration_text import commented
from pmip6.conformance.fast_handover.cast import ACCESS_POINT
from pmip6.conformance.fast_handover.gateway import gateway_of
from pmip6.conformance.lma.probe import Difference
from pmip6.conformance.lma.probed import corrected
from pmip6.conformance.mag.probed import GatewayProber, not_looked_at
from pmip6.conformance.mag.reference_gateway import gateway_file, reference_gateway
from pmip6.conformance.mag.settings import Asked, GatewaySettings
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.toml_files import as_toml
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.ipv6 import IPPROTO_IPV6, decode_ipv6
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.vectors.fast_handover.model import HandoverScene
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
    "links.path_mtu": ({"path_mtu": 1400}, 1400),
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
    domain: GatewayDomain = GatewayDomain.FIXED,
    scene: HandoverScene | None = None,
) -> list[Difference]:
    declared = reference_gateway(domain, nodes=4, handover=scene)
    told: GatewaySettings = gateway_file(declared).model_copy(update=changes or {})
    link = kind(lambda start_ms: gateway_of(told, start_ms=start_ms))
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


@pytest.mark.parametrize("scene", HandoverScene)
def test_nothing_differs_where_fast_handover_fits(scene: HandoverScene) -> None:
    assert _found(scene=scene) == []


FORWARDS, KEYS = HandoverScene.FORWARDING, HandoverScene.GRE_KEYS
OF_HANDOVER: dict[str, tuple[dict[str, object], HandoverScene, object]] = {
    "fast_handover.requests": ({"offers": Asked.BUFFERING}, FORWARDS, "buffering"),
    "fast_handover.gre_keys": ({"gre_keys": False}, KEYS, False),
    "fast_handover.initiate_timeout_ms": (
        {"initiate_timeout_ms": 2000},
        FORWARDS,
        2000,
    ),
    "fast_handover.other_gateway": (
        {
            "gateways": (IPv6Address("2001:db8:1::14"),),
            "access_points": {ACCESS_POINT: IPv6Address("2001:db8:1::14")},
        },
        FORWARDS,
        None,
    ),
    "triggers.handover": ({"access_points": {}}, FORWARDS, None),
}
"""The same of its fast handover."""


@pytest.mark.parametrize("key", OF_HANDOVER)
def test_a_key_of_fast_handover_that_does_not_fit_is_told(key: str) -> None:
    changes, scene, value = OF_HANDOVER[key]
    declared = reference_gateway(nodes=4, handover=scene)
    handover = gateway_file(declared).fast_handover
    assert handover is not None
    changed: dict[str, object] = {"fast_handover": handover.model_copy(update=changes)}
    found = _found(changed, scene=scene)
    assert [(each.key, each.value) for each in found] == [(key, value)]
    if value is not None:
        assert f"{key.partition('.')[2]} = {as_toml(value)}" in corrected(
            declared, found
        )


class _Deaf(VirtualGatewayLink):
    """A gateway that passes no user packet on, from the network or a node."""

    def send(self, packet: bytes) -> None:
        header = decode_ipv6(packet)
        if header is None or header.next_header != IPPROTO_IPV6:
            super().send(packet)

    def send_from_node(self, node: bytes, packet: bytes) -> None: ...


def test_a_gateway_that_passes_nothing_on_is_told() -> None:
    assert _found(kind=_Deaf) == [
        Difference(
            "features.forwarding",
            "packets of and for the node are not passed on",
            value=False,
        )
    ]


def test_what_is_not_looked_at_depends_on_what_is_declared() -> None:
    assert "fast_handover" in not_looked_at(DECLARED)
    left = not_looked_at(reference_gateway(handover=FORWARDS))
    assert "fast_handover" not in left and "fast_handover.lifetime_ms" in left


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
