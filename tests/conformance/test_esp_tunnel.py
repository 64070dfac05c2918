"""ESP around user packets: anchor and gateway pass every case under it, in both directions."""

import json
import subprocess
import sys
from ipaddress import IPv6Address
from pathlib import Path

import pytest

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.in_memory import (
    LMAA,
    MAG1,
    reference_esp,
    run_case_in_memory,
)
from pmip6.conformance.lma.permitted_variants import permitted_variants
from pmip6.conformance.mag.in_memory import PROTECTION, run_gateway_case
from pmip6.conformance.mag.port import Sent, ToNetwork
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.toml_files import as_toml, load
from pmip6.conformance.verdict import Verdict
from pmip6.conformance.wire.esp_end import EspPair, EspSettings, gateways_end
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.esp import OVERHEAD, is_esp
from pmip6.model.wire.icmp_errors import LEAST_MTU
from pmip6.model.wire.ipv6 import IPPROTO_FRAGMENT, IPPROTO_IPV6, encode_ipv6
from pmip6.model.wire.numbers import IPPROTO_ESP, IPPROTO_NONE
from pmip6.model.wire.tunnel_packets import (
    ETHERNET_MTU,
    Ecn,
    Tunnel,
    ecn_of,
    encapsulate,
)
from pmip6.vectors.lma.purposes import purposes_named
from pmip6.vectors.mag.purposes import gateway_purposes, gateway_purposes_named

PROGRAM = Path(__file__).parent / "programs" / "certify_esp.py"
VARIANT = permitted_variants()["esp-around-tunnel"]
DOWN, UP, CUT_UP, TOO_LARGE = (
    "TP_LMA_FWD_BV_01",
    "TP_LMA_FWD_BV_02",
    "TP_LMA_FWD_BV_40",
    "TP_LMA_FWD_BI_18",
)
BOTH_WAYS = ("TP_MAG_FWD_BV_01", "TP_MAG_FWD_BV_02")
DATA = EspPair(
    spi_to_anchor=0x3001,
    key_to_anchor="c1" * 32,
    spi_to_gateway=0x4001,
    key_to_gateway="71" * 32,
)
AROUND_TUNNEL = (PROTECTION.model_copy(update={"data": DATA}),)


def _kinds(names: tuple[str, ...], esp: tuple[EspSettings, ...]) -> dict[str, set[int]]:
    """The Next Header values of what was sent and received in cases."""
    declared = VARIANT.declaration().model_copy(update={"esp": esp})
    found: dict[str, set[int]] = {}
    for purpose in purposes_named(names):
        result = run_case_in_memory(purpose, declared)
        assert result.verdict is Verdict.PASS, result.reason
        found[purpose.name] = {packet.data[6] for packet in result.packets}
    return found


def test_tunnel_packets_are_under_esp_in_both_directions() -> None:
    names = (DOWN, UP, CUT_UP)
    clear = _kinds(names, reference_esp())
    under = _kinds(names, reference_esp(with_data=True))
    for name in names:
        tunnelled = {IPPROTO_FRAGMENT if name == CUT_UP else IPPROTO_IPV6}
        assert tunnelled <= clear[name] and IPPROTO_IPV6 not in under[name]
        assert under[name] <= {IPPROTO_ESP, IPPROTO_NONE, IPPROTO_FRAGMENT}


class ClearTunnels(VirtualLink):
    """A link to an anchor that does not protect what it sends in the tunnel."""

    def __init__(self, anchor: ReferenceAnchor) -> None:
        super().__init__(anchor)
        self._gateways = gateways_end(VARIANT.esp, LMAA)

    def receive(self, until_ms: int) -> tuple[int, bytes] | None:
        found = super().receive(until_ms)
        if found is None or self._gateways is None:
            return found
        clear = self._gateways.receive(found[1])
        is_data = isinstance(clear, bytes) and clear[6] == IPPROTO_IPV6
        return (found[0], clear) if is_data and isinstance(clear, bytes) else found


def test_an_anchor_whose_tunnel_packets_are_clear_fails() -> None:
    (down,) = purposes_named([DOWN])
    declared = VARIANT.declaration()
    assert run_case_in_memory(down, declared).verdict is Verdict.PASS
    result = run_case_in_memory(down, declared, link_to=ClearTunnels)
    assert result.verdict is Verdict.FAIL
    assert "astray" in result.reason


class Noting(VirtualGatewayLink):
    """A link that keeps what the gateway sends into the network."""

    seen: set[int]

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        came = super().receive(until_ms)
        if came is not None and isinstance(came[1], ToNetwork):
            type(self).seen.add(came[1].packet[6])
        return came


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_a_gateway_passes_with_its_tunnel_under_esp(name: str) -> None:
    (purpose,) = gateway_purposes_named([name])
    Noting.seen = set()
    result = run_gateway_case(purpose, esp=AROUND_TUNNEL, link_to=Noting)
    assert (result.verdict, Noting.seen) == (Verdict.PASS, {IPPROTO_ESP}), result.reason


def test_a_gateway_passes_the_cases_of_user_packets_with_its_tunnel_under_esp() -> None:
    cases = [p for p in gateway_purposes() if p.group.name in ("FWD", "SEC")]
    results = [run_gateway_case(purpose, esp=AROUND_TUNNEL) for purpose in cases]
    assert len(results) > 40
    assert [
        (r.purpose.name, r.reason) for r in results if r.verdict != Verdict.PASS
    ] == []


def test_a_tunnel_has_room_for_esp() -> None:
    ends = gateways_end(VARIANT.esp, LMAA)
    assert ends is not None
    gateway, node = VARIANT.esp[0].gateway, IPv6Address("2001:db8:100::1")
    tunnel = Tunnel(gateway, LMAA, protect=ends.around_tunnels)
    room = ETHERNET_MTU - 40 - OVERHEAD
    for size in range(LEAST_MTU, room + 2):
        packet = encode_ipv6(node, LMAA, bytes(size - 40), next_header=IPPROTO_NONE)
        passage = encapsulate(packet, tunnel, 1)
        if size > room:
            assert passage.reply is not None
            assert int.from_bytes(passage.reply[44:48]) == room
            continue
        (under,) = passage.packets
        assert is_esp(under) and len(under) <= ETHERNET_MTU


def _unprotected(tunnelled: bytes) -> bytes:
    return tunnelled


def test_under_esp_the_tunnel_header_has_the_mark_of_the_packet() -> None:
    node = IPv6Address("2001:db8:100::1")
    for ecn in Ecn:
        packet = encode_ipv6(node, LMAA, b"", traffic_class=int(ecn))
        marks = [
            ecn_of(encapsulate(packet, Tunnel(MAG1, LMAA, protect=how)).packets[0])
            for how in (None, _unprotected)
        ]
        assert marks == [Ecn.ECT_0 if ecn is Ecn.CE else ecn, ecn]


@pytest.mark.parametrize(
    ("without", "change", "told"),
    [
        (0, {}, "data of some gateways is under ESP"),
        (None, {"spi_to_gateway": 0x2002}, "8194 is there already"),
    ],
)
def test_what_does_not_go_together_is_told(
    without: int | None, change: dict[str, object], told: str, tmp_path: Path
) -> None:
    content = VARIANT.declaration().model_dump(mode="json", exclude_none=True)
    if without is not None:
        del content["esp"][without]["data"]
    else:
        content["esp"][0]["data"].update(change)
    file = tmp_path / "declared.toml"
    file.write_text("".join(f"{k} = {as_toml(v)}\n" for k, v in content.items()))
    with pytest.raises(Pmip6Error) as raised:
        load(file, Declaration)
    assert told in raised.value.line()


@pytest.mark.wire
def test_the_reference_anchor_passes_over_the_wire(environment: dict[str, str]) -> None:
    names = [DOWN, UP, CUT_UP, TOO_LARGE]
    run = subprocess.run(
        [sys.executable, str(PROGRAM), "--with-data", *names],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["verdicts"] == dict.fromkeys(names, "PASS")
    assert IPPROTO_ESP in told["next headers"]
    assert IPPROTO_IPV6 not in told["next headers"]
