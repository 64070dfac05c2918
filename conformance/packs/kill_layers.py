"""What in a pack may notice a faulty implementation, and what no tester can tell apart.

A mutant is named `<role>/<name>`: two roles have rows of one name in their tables.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from pmip6.conformance.fast_handover.differences import Differences
from pmip6.conformance.fast_handover.faulty_gateways import (
    PERMITTED,
    FaultyHandover,
    change_of,
    faulty_handover,
    handover_mutants,
    is_permitted,
)
from pmip6.conformance.fast_handover.faulty_gateways import (
    table_mutants as handover_table_mutants,
)
from pmip6.conformance.fast_handover.kill_report import REPORT as HANDOVERS
from pmip6.conformance.kill_report import (
    Found,
    Layer,
    is_nested,
    packets_told,
    rows,
)
from pmip6.conformance.lma import kill_matrix as anchors
from pmip6.conformance.lma.domain import configuration_of
from pmip6.conformance.lma.faulty_peers import FaultyPeer, changed_rules, faulty_peer
from pmip6.conformance.lma.kill_report import REPORT as ANCHORS
from pmip6.conformance.lma.scenarios import first_to_notice
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.mag.domain import (
    configuration_of as gateway_configuration_of,
)
from pmip6.conformance.mag.faulty_gateways import (
    FaultyGateway,
    faulty_gateway,
    faulty_gateways,
)
from pmip6.conformance.mag.faulty_gateways import (
    changed_rules as changed_gateway_rules,
)
from pmip6.conformance.mag.kill_layers import ALIKE as NO_PACKETS
from pmip6.conformance.mag.kill_layers import ALIKE_BESIDE
from pmip6.conformance.mag.kill_report import REPORT as GATEWAYS
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.packs.cases import EITHER_SESSION
from pmip6.conformance.packs.guard_facts import acting
from pmip6.conformance.packs.handover_reach import handover_outcomes
from pmip6.conformance.packs.played import PackScenario, faulty_start, scenarios_of
from pmip6.model.domain import Configuration, shipped_rules
from pmip6.model.fast_handover.new_gateway import new_gateway
from pmip6.model.fast_handover.previous_gateway import previous_gateway
from pmip6.model.fast_handover.registration import handover_registration
from pmip6.model.language.folding import decided_rule
from pmip6.model.language.table import Rule
from pmip6.properties.faults.left_over import is_left_over
from pmip6.properties.faults.noticed import RuleChange, parts_of
from pmip6.properties.guards.acts import first_possible, idle_acts
from pmip6.properties.guards.never_differs import never_differs
from pmip6.properties.guards.proved import Settings
from pmip6.vectors.guards.shipped import shipped_decisions, shipped_guards
from pmip6.vectors.packs.beside import Outcome, StimulusT
from pmip6.vectors.packs.packet_fields import Fields
from pmip6.vectors.packs.scenario_group import PackRole

BOTH = "both-mags"
"""The rules and tables that a gateway has as previous and as new one."""
FREE_FLAGS_FLIPPED = frozenset({"initiate.buffer.flipped", "initiate.forward.flipped"})
"""Masks leave open which flags an HI has; cases know what a gateway is told to ask for."""
HANDOVER = (PackRole.PREVIOUS_MAG, PackRole.NEW_MAG)
EQUIVALENT = "equivalent, as the kill matrix of its role proves"
SAME = "the same rules with all settings of the pack"
LEFT_OVER = "what it leaves behind no rule reads before it is written anew"
ALIKE = "never seen to differ side by side, whatever a tester does"
NEVER = "in no situation does it do anything else, as Z3 proves"
ALIKE_SO_FAR = "not seen to differ side by side, in as many pairs as are looked at"
Peer = FaultyPeer | FaultyGateway | FaultyHandover


# ---- the mutants -----------------------------------------------------------------------


@cache
def mutants() -> dict[str, list[str]]:
    """The names of all mutants, by whose they are; a copy of a condition is not one."""
    every = anchors.mutants()
    found: dict[str, list[str]] = {
        PackRole.LMA: [n for p in ("whole", "written", "encoder") for n in every[p]],
        PackRole.MAG: [n for n in faulty_gateways() if not is_nested(n)],
        PackRole.PREVIOUS_MAG: [],
        PackRole.NEW_MAG: [],
        BOTH: [],
    }
    previous = {rule.name for rule in previous_gateway.rules}
    new = {r.name for r in (*new_gateway.rules, *handover_registration.rules)}
    for name, mutant in handover_mutants().items():
        if is_nested(name):
            continue
        whose: str = BOTH
        if mutant.rule in previous:
            whose = PackRole.PREVIOUS_MAG
        elif mutant.rule in new:
            whose = PackRole.NEW_MAG
        found[whose].append(name)
    found[BOTH] += handover_table_mutants()
    return {role: [f"{role}/{n}" for n in names] for role, names in found.items()}


def peer_of(mutant: str) -> Peer:
    """The faulty implementation of this name.

    Raises:
        Pmip6Error: There is none.
    """
    role, _, name = mutant.partition("/")
    match role:
        case PackRole.LMA:
            return faulty_peer(name)
        case PackRole.MAG:
            return faulty_gateway(name)
        case _:
            return faulty_handover(name)


def _changes(mutant: str) -> list[RuleChange]:
    """What a mutant makes of each rule that it changes, under names of their own."""
    role, _, name = mutant.partition("/")
    match role:
        case PackRole.LMA:
            peer = faulty_peer(name)
            changed = [] if peer.rules is None else changed_rules(peer)
        case PackRole.MAG:
            changed = changed_gateway_rules(name)
        case _:
            known = handover_mutants()
            return [change_of(known[name])] if name in known else []
    return [RuleChange(f"{name}/{r.name}", r, wrong) for r, wrong in changed]


# ---- what notices them -----------------------------------------------------------------


@cache
def _scenarios(role: str) -> list[PackScenario]:
    """Those for implementations of a role; for gateways, in all that they may be."""
    every = scenarios_of(*_GROUPS.get(role, HANDOVER))
    return [s for s in every if EITHER_SESSION not in s.vector.readings]


_ALONE = (PackRole.LMA, PackRole.MAG)
_GROUPS: dict[str, tuple[PackRole, ...]] = {
    PackRole.LMA: (PackRole.LMA,),
    PackRole.MAG: (PackRole.MAG, *HANDOVER),
}


def _is_noticed(peer: Peer, scenario: PackScenario) -> bool:
    if isinstance(peer, FaultyPeer):
        return scenario.notices_anchor(peer)
    return scenario.notices_gateway(faulty_start(peer))


def noticed_again(names: Sequence[str], told: Found) -> Found:
    """The mutants that the scenario notices that noticed them last."""
    found: Found = {}
    for name in names:
        by = told[name][1]
        known = {s.name: s for s in _scenarios(name.partition("/")[0])}
        if by in known and _is_noticed(peer_of(name), known[by]):
            found[name] = Layer.CASE, by
    return found


def noticed(names: Sequence[str]) -> Found:
    """The first scenario that notices each mutant, of those in which it differs."""
    some = [n for n in names if n.startswith(f"{PackRole.LMA}/")]
    others = [n for n in names if not n.startswith(f"{PackRole.LMA}/")]
    found = _anchors_noticed(some) | _gateways_noticed(others)
    return {name: (Layer.CASE, by) for name, by in found.items()}


def _anchors_noticed(names: Sequence[str]) -> dict[str, str]:
    scenarios = _scenarios(PackRole.LMA)
    peers = {faulty_peer(n.partition("/")[2]): n for n in names}
    told = first_to_notice(scenarios, list(peers))
    found = {n: told[peer.name] for peer, n in peers.items() if peer.name in told}
    for peer, name in peers.items():
        if peer.rules is None:
            by = next((s.name for s in scenarios if s.notices_anchor(peer)), None)
            if by is not None:
                found[name] = by
    return found


def _gateways_noticed(names: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    by_scenarios: dict[int, list[str]] = {}
    for name in names:
        some = _scenarios(name.partition("/")[0])
        by_scenarios.setdefault(id(some), []).append(name)
    for own in by_scenarios.values():
        scenarios = _scenarios(own[0].partition("/")[0])
        changes = {name: _changes(name) for name in own}
        every = [change for some in changes.values() for change in some]
        differences = Differences(scenarios, every, PackScenario.notices_gateway)
        for name in own:
            runs = scenarios
            if changes[name]:
                each = (r for c in changes[name] for r in differences.runs(c))
                runs = list(dict.fromkeys(each))
            peer = peer_of(name)
            by = next((s.name for s in runs if _is_noticed(peer, s)), None)
            if by is not None:
                found[name] = by
    return found


# ---- what nobody can notice ------------------------------------------------------------

DOCUMENTS: dict[str, str] = {
    PackRole.LMA: ANCHORS,
    PackRole.MAG: GATEWAYS,
}
"""The kill matrices of the roles; that of fast handover is for all others."""


def certain(names: Sequence[str], folder: Path) -> Found:
    """The mutants that no scenario can notice, whatever it does, and why.

    Args:
        names: The mutants.
        folder: Where the kill matrices of the roles are; without one nothing is proved.
    """
    found: Found = {}
    for name in names:
        role, _, own = name.partition("/")
        document = folder / DOCUMENTS.get(role, HANDOVERS)
        layer, _ = _told_of(document).get(own, (Layer.SURVIVES, ""))
        if layer is Layer.EQUIVALENT:
            found[name] = layer, EQUIVALENT
        elif is_same(name):
            found[name] = Layer.EQUIVALENT, SAME
        elif role == PackRole.LMA and leaves_what_nothing_reads(name):
            found[name] = Layer.EQUIVALENT, LEFT_OVER
    return found


@cache
def _told_of(document: Path) -> Found:
    """What settles each mutant in the kill matrix of its role."""
    return rows(document.read_text("utf-8")) if document.is_file() else {}


@cache
def _packets_of(document: Path) -> dict[str, str]:
    """Whether packets show each mutant, as the kill matrix of its role tells."""
    return packets_told(document.read_text("utf-8")) if document.is_file() else {}


def alike(names: Sequence[str], folder: Path) -> Found:
    """Why nobody can tell each mutant; or, of one that survives, what is known of it.

    The arguments are those of `certain`.
    """
    found: Found = {}
    for name in names:
        role, _, own = name.partition("/")
        if role in _ALONE and is_never_seen(name):
            found[name] = Layer.EQUIVALENT, NEVER
            continue
        match role:
            case PackRole.LMA:
                why, where = "", ""
            case PackRole.MAG:
                packets = _packets_of(folder / GATEWAYS).get(own, "")
                why, where = ALIKE_BESIDE * (packets == NO_PACKETS), ""
            case _:
                why, where = _handover_reason(own)
        if why:
            found[name] = Layer.EQUIVALENT, why
        elif where:
            found[name] = Layer.SURVIVES, where
    return found


def _reason(outcomes: Iterable[Outcome[StimulusT]]) -> tuple[str, str]:
    """Why nobody can tell a mutant, or what else is known of it."""
    some = list(outcomes)
    seen = next((f"differs on {o.run[-1]}" for o in some if o.run), "")
    if seen or not some:
        return "", seen
    if all(outcome.is_whole for outcome in some):
        return ALIKE, ""
    return "", ALIKE_SO_FAR


@cache
def _places(role: str) -> frozenset[tuple[frozenset[str], frozenset[str]]]:
    """What holds with the settings of a role's scenarios, and which rules nobody follows."""
    read = _anchor_settings if role == PackRole.LMA else _gateway_settings
    told = {(s.told.role, s.vector.settings): s.told.settings for s in _scenarios(role)}
    places = [read(settings[name]) for (_, name), settings in told.items()]
    return frozenset(
        (frozenset(n for n, held in place.facts.items() if held), place.disabled)
        for place in places
    )


def _anchor_settings(told: Fields) -> Configuration:
    data = json.dumps(told)
    return configuration_of(AnchorSettings.model_validate_json(data))


def _gateway_settings(told: Fields) -> Configuration:
    data = json.dumps(told)
    return gateway_configuration_of(GatewaySettings.model_validate_json(data))


def is_same(mutant: str) -> bool:
    """Whether a mutant has the rules of its original with all settings of the pack."""
    changes = _changes(mutant)
    return bool(changes) and not any(
        change.differs(holding)
        for change in changes
        for holding, disabled in _places(mutant.partition("/")[0])
        if change.right.name not in disabled
    )


def leaves_what_nothing_reads(mutant: str) -> bool:
    """Whether all that a mutant does is to leave a value behind that no rule reads.

    That is for anchors, whose rules alone decide; the tables of gateways read states, too.
    """
    changes = _changes(mutant)
    return bool(changes) and all(
        _is_left_over(change, holding)
        for change in changes
        for holding, disabled in _places(mutant.partition("/")[0])
        if change.right.name not in disabled and change.differs(holding)
    )


def is_never_seen(mutant: str) -> bool:
    """Whether all that a mutant asks otherwise makes no difference, with any settings."""
    changes = _changes(mutant)
    return bool(changes) and all(map(makes_no_difference, changes))


def makes_no_difference(change: RuleChange) -> bool:
    """Whether a rule with a fault does what it does without, with any settings of the pack."""
    role = change.right.role
    told, decisions = shipped_guards().roles[role.value], shipped_decisions(role)
    done = first_possible(decisions).get(change.right.name, 0)
    world = Settings(told.may_hold, told.always)
    return never_differs(change, acting(told), world, idle_acts(decisions.rules, done))


def _is_left_over(change: RuleChange, holding: frozenset[str]) -> bool:
    if change.wrong is None:
        return False
    right, wrong = (decided_rule(r, holding) for r in (change.right, change.wrong))
    if right is None or wrong is None:
        return False
    kept = set(map(id, change.wrong.updates))
    dropped = [u for u in change.right.updates if id(u) not in kept]
    if len(dropped) != 1 or not _differs_in_updates_alone(right, wrong):
        return False
    return is_left_over(right, dropped[0], _decided_rules(holding))


def _differs_in_updates_alone(right: Rule, wrong: Rule) -> bool:
    return parts_of(right.changed(updates=())) == parts_of(wrong.changed(updates=()))


@cache
def _decided_rules(holding: frozenset[str]) -> tuple[Rule, ...]:
    every = (decided_rule(rule, holding) for rule in shipped_rules())
    return tuple(rule for rule in every if rule is not None)


def _handover_reason(name: str) -> tuple[str, str]:
    mutant = handover_mutants().get(name)
    if mutant is None:
        is_free = name in FREE_FLAGS_FLIPPED or is_permitted(name)
        return (PERMITTED if is_free else ""), ""
    return _reason(each.outcome for each in handover_outcomes(mutant))
