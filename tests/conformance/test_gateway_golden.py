"""The golden exchanges of a gateway, in memory under virtual time."""

import tomllib

import pytest
from gateway_golden_runner import GatewayRun, settings_of
from golden_matching import Disagreement
from golden_runner import GOLDEN, load, names

from pmip6.conformance.fast_handover.gateway import gateway_of
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.wire.virtual import EPOCH_NS

OF_GATEWAYS = [name for name in names() if name.startswith(("GX-MAG-", "GX-FH-"))]


NOT_COVERED = tomllib.loads((GOLDEN.parent / "golden_not_covered.toml").read_text())
COVERED = [name for name in OF_GATEWAYS if name not in NOT_COVERED]
CERTAIN = 35
"""Exchanges of fast handover of which the text allows one reading only."""


def test_all_exchanges_are_there() -> None:
    assert len(OF_GATEWAYS) == 66 + 46


def test_every_certain_exchange_of_fast_handover_is_run() -> None:
    certain = {n for n in names() if n.startswith("GX-FH-") and load(n)["certain"]}
    assert len(certain) == CERTAIN
    assert certain <= set(COVERED)


def _run_in_memory(name: str) -> None:
    exchange = load(name)
    settings = settings_of(exchange)
    start = exchange["config"].get("clock_unix_s_at_start")
    link = VirtualGatewayLink(
        lambda start_ms: gateway_of(settings, start_ms=start_ms),
        EPOCH_NS if start is None else start * 10**9,
    )
    GatewayRun(exchange, link).run()


@pytest.mark.parametrize("name", COVERED)
def test_the_gateway_agrees_in_memory(name: str) -> None:
    _run_in_memory(name)


@pytest.mark.parametrize("name", sorted(set(OF_GATEWAYS) - set(COVERED)))
def test_a_listed_exchange_does_disagree(name: str) -> None:
    with pytest.raises(Disagreement):
        _run_in_memory(name)
