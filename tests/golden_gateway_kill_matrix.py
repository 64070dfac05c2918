"""The kill matrix of gateways with the golden exchanges, which the package does not have.

python tests/golden_gateway_kill_matrix.py --help
"""

import sys
from dataclasses import dataclass

from gateway_golden_runner import GatewayRun, settings_of
from golden_matching import Disagreement
from golden_runner import covered, load

from pmip6.conformance.mag.faulty_gateways import FaultyGateway
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.kill_matrix import main
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.wire.virtual import EPOCH_NS


@dataclass(frozen=True)
class GoldenGateway:
    """A golden exchange of a gateway in memory."""

    name: str

    def notices(self, peer: FaultyGateway) -> bool:
        """Whether the gateway disagrees with the exchange."""
        exchange = load(self.name)
        settings = settings_of(exchange)
        start = exchange["config"].get("clock_unix_s_at_start")
        link = VirtualGatewayLink(
            lambda start_ms: ReferenceGateway(
                settings,
                rules=peer.rules,
                construction_rules=peer.construction_rules,
                request_fields=peer.request_fields,
                matching_rules=peer.matching_rules,
                echo_rules=peer.echo_rules,
                forwarding_rules=peer.forwarding_rules,
                start_ms=start_ms,
            ),
            EPOCH_NS if start is None else start * 10**9,
        )
        try:
            GatewayRun(exchange, link).run()
        except Disagreement:
            return True
        return False


def golden_gateways() -> tuple[GoldenGateway, ...]:
    """Every golden exchange of a gateway that is covered."""
    return tuple(map(GoldenGateway, covered("GX-MAG-")))


if __name__ == "__main__":
    sys.exit(main(exchanges=golden_gateways()))
