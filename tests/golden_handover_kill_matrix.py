"""The kill matrix of fast handover with the golden exchanges, which the package has not.

python tests/golden_handover_kill_matrix.py --help
"""

import sys
import tomllib
from dataclasses import dataclass

from gateway_golden_runner import GatewayRun, settings_of
from golden_matching import Disagreement
from golden_runner import GOLDEN, load, names

from pmip6.conformance.fast_handover.faulty_gateways import FaultyHandover
from pmip6.conformance.fast_handover.kill_matrix import main
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink


@dataclass
class HandoverExchange:
    """A golden exchange of a gateway in memory."""

    name: str

    def notices(self, peer: FaultyHandover) -> bool:
        """Whether the faulty gateway disagrees with it, or breaks down."""
        exchange = load(self.name)
        settings = settings_of(exchange)
        link = VirtualGatewayLink(lambda start_ms: peer.start(settings, start_ms))
        try:
            GatewayRun(exchange, link).run()
        except (Disagreement, AssertionError, LookupError):
            return True
        return False


def handover_exchanges() -> list[HandoverExchange]:
    """Every golden exchange of fast handover that the gateway agrees with."""
    told = (GOLDEN.parent / "golden_not_covered.toml").read_text()
    left_out = tomllib.loads(told)
    found = (name for name in names() if name.startswith("GX-FH-"))
    return [HandoverExchange(name) for name in found if name not in left_out]


if __name__ == "__main__":
    sys.exit(main(exchanges=handover_exchanges()))
