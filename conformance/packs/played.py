"""Scenarios of a pack as runs that may notice a fault: played in memory, under virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from pmip6.conformance.fast_handover.differences import Start
from pmip6.conformance.fast_handover.faulty_gateways import FaultyHandover
from pmip6.conformance.fast_handover.gateway import gateway_of
from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.differences import MachineMaker
from pmip6.conformance.lma.faulty_peers import FaultyPeer
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.mag.faulty_gateways import FaultyGateway
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.packs.files import scenario_file, shipped_folder
from pmip6.conformance.packs.peers import AnchorPeer, GatewayPeer
from pmip6.model.fast_handover.forwarding import FAST_HANDOVER_RULES
from pmip6.model.language.table import Rule
from pmip6.model.machines import LmaMachine
from pmip6.model.mag.forwarding import FORWARDING_RULES, ForwardingRule
from pmip6.vectors.packs.replay import Implementation, play
from pmip6.vectors.packs.scenario_group import PackRole, ScenarioFile, ScenarioVector
from pmip6.vectors.packs.verification import read_file

BREAKDOWNS = (AssertionError, LookupError)
"""What a faulty gateway does that breaks down; as a process it would be gone."""


@dataclass(frozen=True, eq=False)
class PackScenario:
    """A scenario of a pack."""

    told: ScenarioFile
    vector: ScenarioVector

    @property
    def name(self) -> str:
        """Its id."""
        return self.vector.name

    def is_about(self, rule: str) -> bool:
        """Whether the rule is taken in it."""
        return any(edge.startswith(f"{rule}: ") for edge in self.vector.edges)

    def fails_on(self, implementation: Implementation) -> bool:
        """Whether an implementation fails."""
        settings = self.told.settings[self.vector.settings]
        role, start = self.told.role, self.told.time_of_day
        return bool(play(self.vector, settings, role, start, implementation))

    # ---- anchors: what conformance/lma/scenarios.py asks of a scenario -----------------

    def concerns(self, peer: FaultyPeer) -> bool:
        """All mutants."""
        return True

    def notices(
        self, rules: tuple[Rule, ...] | None, machine: MachineMaker = LmaMachine
    ) -> bool:
        """Whether an anchor with these rules fails."""
        return self.fails_on(AnchorPeer(partial(_anchor, rules=rules, machine=machine)))

    def notices_anchor(self, peer: FaultyPeer) -> bool:
        """Whether a faulty anchor fails, be it in its rules or in its encoder."""
        make = partial(
            _anchor,
            rules=peer.rules,
            exchange_rules=peer.exchange_rules,
            field_rules=peer.field_rules,
        )
        return self.fails_on(AnchorPeer(make))

    # ---- gateways ----------------------------------------------------------------------

    def notices_gateway(self, start: Start) -> bool:
        """Whether a gateway fails that is made like this."""
        try:
            return self.fails_on(GatewayPeer(start))
        except BREAKDOWNS:
            return True


def _anchor(told: AnchorSettings, **others: Any) -> ReferenceAnchor:
    return ReferenceAnchor(told, **others)


def faulty_start(peer: FaultyGateway | FaultyHandover) -> Start:
    """Makes the faulty gateway."""
    if isinstance(peer, FaultyHandover):
        return peer.start
    return partial(_gateway, peer)


def _gateway(
    peer: FaultyGateway, settings: GatewaySettings, start_ms: int
) -> ReferenceGateway:
    return gateway_of(
        settings,
        rules=peer.rules,
        construction_rules=peer.construction_rules,
        request_fields=peer.request_fields,
        matching_rules=peer.matching_rules,
        echo_rules=peer.echo_rules,
        forwarding_rules=_forwarding(peer, settings),
        start_ms=start_ms,
    )


def _forwarding(
    peer: FaultyGateway, settings: GatewaySettings
) -> Iterator[ForwardingRule]:
    """The ways of user packets that a gateway with these settings has, but for the fault."""
    has_more = settings.fast_handover is not None
    for row in FAST_HANDOVER_RULES if has_more else peer.forwarding_rules:
        if row in peer.forwarding_rules or row not in FORWARDING_RULES:
            yield row


def scenarios_of(*roles: PackRole) -> list[PackScenario]:
    """The scenarios of these roles in the pack that ships."""
    found: list[PackScenario] = []
    for role in roles:
        told = read_file(shipped_folder() / scenario_file(role), ScenarioFile)
        found += [PackScenario(told, vector) for vector in told.vectors]
    return found
