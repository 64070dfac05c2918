"""How many faulty anchors the scenarios of the shipped pack notice, played in memory.

python -m pmip6.conformance.packs.mutants --sample N
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pmip6.conformance.kill_run import sampled
from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.differences import MachineMaker
from pmip6.conformance.lma.faulty_peers import FaultyPeer, faulty_peer
from pmip6.conformance.lma.kill_matrix import mutants
from pmip6.conformance.lma.scenarios import first_to_notice
from pmip6.conformance.packs.files import scenario_file, shipped_folder
from pmip6.conformance.packs.peers import AnchorPeer
from pmip6.model.language.table import Rule
from pmip6.model.machines import LmaMachine
from pmip6.vectors.packs.replay import play
from pmip6.vectors.packs.scenario_group import PackRole, ScenarioFile, ScenarioVector
from pmip6.vectors.packs.verification import read_file


@dataclass(frozen=True)
class PackScenario:
    """A scenario of a pack, as something that may notice a fault."""

    told: ScenarioFile
    vector: ScenarioVector

    @property
    def name(self) -> str:
        """Its id."""
        return self.vector.name

    def concerns(self, peer: FaultyPeer) -> bool:
        """All mutants."""
        return True

    def is_about(self, rule: str) -> bool:
        """Whether the rule is taken in it."""
        return any(edge.startswith(f"{rule}: ") for edge in self.vector.edges)

    def notices(
        self, rules: tuple[Rule, ...] | None, machine: MachineMaker = LmaMachine
    ) -> bool:
        """Whether an anchor with these rules fails."""
        peer = AnchorPeer(
            lambda told: ReferenceAnchor(told, rules=rules, machine=machine)
        )
        settings = self.told.settings[self.vector.settings]
        start = self.told.time_of_day
        return bool(play(self.vector, settings, PackRole.LMA, start, peer))


def pack_scenarios() -> Iterator[PackScenario]:
    """The scenarios for anchors in the pack that ships."""
    path = shipped_folder() / scenario_file(PackRole.LMA)
    told = read_file(path, ScenarioFile)
    for vector in told.vectors:
        yield PackScenario(told, vector)


def noticed(names: Sequence[str]) -> dict[str, str]:
    """The first scenario that notices each mutant of these names."""
    return first_to_notice(pack_scenarios(), [faulty_peer(name) for name in names])


def main() -> None:
    """Try mutants, and tell what is not noticed."""
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="0: all")
    names = sampled(mutants()["whole"], parser.parse_args().sample)
    found = noticed(names)
    for name in names:
        print(f"{name}: {found.get(name, 'not noticed')}")
    print(f"{len(found)} of {len(names)} noticed")


if __name__ == "__main__":
    main()
