"""The kill matrix with the golden exchanges, which the package itself does not have.

python tests/golden_kill_matrix.py --help
"""

import sys
from dataclasses import dataclass

from golden_matching import Disagreement
from golden_runner import SWITCHES, Run, covered, load, settings_of

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.differences import MachineMaker
from pmip6.conformance.lma.faulty_peers import FaultyPeer
from pmip6.conformance.lma.kill_matrix import main
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.language.table import Rule
from pmip6.model.machines import LmaMachine


@dataclass(frozen=True)
class GoldenScenario:
    """A golden exchange of an anchor in memory."""

    name: str

    def concerns(self, peer: FaultyPeer) -> bool:
        """All mutants."""
        return True

    def is_about(self, rule: str) -> bool:
        """Exchanges were made by readers who know no rules."""
        return False

    def notices(
        self, rules: tuple[Rule, ...] | None, machine: MachineMaker = LmaMachine
    ) -> bool:
        """Whether the anchor disagrees with the exchange."""
        exchange = load(self.name)
        settings = settings_of(exchange, *SWITCHES.get(self.name, ()))
        anchor = ReferenceAnchor(settings, rules=rules, machine=machine)
        try:
            Run(exchange, VirtualLink(anchor)).run()
        except Disagreement:
            return True
        return False


def golden_scenarios() -> tuple[GoldenScenario, ...]:
    """Every golden exchange of an anchor that is covered."""
    return tuple(map(GoldenScenario, covered("GX-LMA-")))


if __name__ == "__main__":
    sys.exit(main(exchanges=golden_scenarios()))
