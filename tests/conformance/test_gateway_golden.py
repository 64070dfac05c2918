"""The golden exchanges of a gateway, in memory under virtual time."""

import pytest
from gateway_golden_runner import GatewayRun, settings_of
from golden_runner import load, names

from pmip6.conformance.gateway import ReferenceGateway
from pmip6.conformance.virtual import EPOCH_NS
from pmip6.conformance.virtual_gateway import VirtualGatewayLink

OF_GATEWAYS = [name for name in names() if name.startswith("GX-MAG-")]


def test_all_exchanges_are_there() -> None:
    assert len(OF_GATEWAYS) == 66


@pytest.mark.parametrize("name", OF_GATEWAYS)
def test_the_gateway_agrees_in_memory(name: str) -> None:
    exchange = load(name)
    settings = settings_of(exchange)
    start = exchange["config"].get("clock_unix_s_at_start")
    link = VirtualGatewayLink(
        lambda start_ms: ReferenceGateway(settings, start_ms=start_ms),
        EPOCH_NS if start is None else start * 10**9,
    )
    GatewayRun(exchange, link).run()
