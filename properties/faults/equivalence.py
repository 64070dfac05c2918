"""Whether nobody can tell a mutant of the anchor's rules from the anchor: proofs.

A mutant that drops a condition is equivalent where the other conditions imply it, one that
drops an update where the cell has that value already, one that does not stop a timer where
that does not run.  This is asked for any number of nodes, gateways, prefixes and entries,
under the lemmas of the proofs (properties/proof/lemmas.py) and a few more that are proved with
them, with every feature on in one of the settings, and without.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import z3

from pmip6.model.domain import shipped_rules
from pmip6.model.language.folding import decided, decided_rule
from pmip6.model.language.table import Message, Rule
from pmip6.model.language.terms import (
    Op,
    Term,
    all_of,
    forall,
    implies,
    name_of,
    substitute,
    subterms,
)
from pmip6.model.lma.binding_cache import is_bound_to
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    SEQUENCE,
    TECHNOLOGY,
    TIME,
    TUNNEL,
    alternate_addresses,
    bce_proxy_coa,
    bce_sequence,
    forwarding,
    has_slow_clock,
    held_gateway,
    held_link_layer,
    held_proxy_coa,
    held_sequence,
    held_technology,
    held_timestamp,
    is_authorised_gateway,
    is_enabled_node,
    is_established,
    is_known_node,
    last_accepted,
    max_delay_before_new_bce_assign,
    packet,
    pbu,
    route,
    sequence_numbers,
    several_interfaces,
    waits_for_deregistration,
)
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.properties.faults.gateway_settings import (
    GATEWAY_LEMMAS,
    GATEWAY_SETTINGS,
)
from pmip6.properties.faults.handover_settings import (
    HANDOVER_LEMMAS,
    HANDOVER_SETTINGS,
)
from pmip6.properties.faults.noticed import RuleChange
from pmip6.properties.proof.any_size import AnySize
from pmip6.properties.proof.lemma import Lemma
from pmip6.properties.proof.lemmas import LEMMAS
from pmip6.properties.proof.obligations import Prover, may_hold
from pmip6.properties.proof.open_world import AnyState
from pmip6.properties.proof.prove_any_size import SETTINGS
from pmip6.properties.proof.solving import answer_of
from pmip6.properties.proof.z3_terms import Translator
from pmip6.properties.protocol import one_proxy_coa_for_each_entry

_MOST = SETTINGS["several interfaces"]
_OUTLASTED = ("bindings_survive", "timestamps_survive")
_READINGS = (
    "equal_timestamp_is_lower",
    "foreign_deregistration_is_acknowledged",
    "repeated_deregistration_restarts_delay",
    "second_session_by_name",
    "stale_and_untimely_is_mismatch",
)
FURTHER: dict[str, tuple[str, ...]] = {
    "waiting": (*_MOST, "waits_for_deregistration"),
    "waiting, one interface": ("waits_for_deregistration",),
    "waiting, several interfaces": ("waits_for_deregistration", "several_interfaces"),
    "user packets": (*_MOST, "forwarding"),
    "restarts": (*_MOST, "forwarding", "anchor_restarts"),
    "restarts with bindings": (*_MOST, "forwarding", "anchor_restarts", *_OUTLASTED),
    "restarts while requests wait": (
        *_MOST,
        "anchor_restarts",
        "waits_for_deregistration",
    ),
    "no restart to outlast": _OUTLASTED,
    "timestamps end with bindings": (*_MOST, "timestamp_ends_with_binding"),
    "unknown handoffs are new sessions": (*_MOST, "unknown_handoff_is_new_session"),
    "other readings": (*_MOST, *_READINGS),
    "other readings, one interface": _READINGS,
    "other readings while requests wait": (
        *_MOST,
        *_READINGS,
        "waits_for_deregistration",
    ),
    **{f"only {reading}": (*_MOST, reading) for reading in _READINGS},
}
"""More settings, for the rules that no setting of the proofs has."""
EVERY = {**SETTINGS, **FURTHER}

IMPLIED = (
    "the other conditions imply it, for any number of nodes, gateways and prefixes"
)
IDLE = "it changes nothing, for any number of nodes, gateways and prefixes"
SAME = "the same rule whichever features and readings are on"


# ---- what else is true of every state ----------------------------------------------------


def _is_served(node: Term) -> Term:
    return is_known_node(node) & is_enabled_node(node)


def _nothing_is_held(node: Term) -> Term:
    return all_of(
        held_gateway[node] == GATEWAY.none,
        held_proxy_coa[node] == GATEWAY.none,
        held_link_layer[node] == held_link_layer.value.none,
        held_technology[node] == TECHNOLOGY.none,
        held_timestamp[node] == TIME.none,
        held_sequence[node] == SEQUENCE.none,
    )


_PACKET = Message(packet)
_MORE = (
    Lemma(
        one_proxy_coa_for_each_entry.name,
        one_proxy_coa_for_each_entry.term,
        one_proxy_coa_for_each_entry.doc,
    ),
    Lemma(
        "bound nodes are served",
        forall(
            ENTRY,
            lambda b: forall(
                MOBILE_NODE, lambda n: implies(is_bound_to(b, n), _is_served(n))
            ),
        ),
        "A binding comes from an accepted request.",
    ),
    Lemma(
        "remembered nodes are served",
        forall(
            MOBILE_NODE, lambda n: implies(last_accepted[n] != TIME.none, _is_served(n))
        ),
        "Only the timestamps of accepted requests are remembered.",
    ),
    Lemma(
        "serving gateways are authorised",
        forall(
            ENTRY,
            lambda b: forall(
                GATEWAY,
                lambda g: implies(
                    ~alternate_addresses() & bce_proxy_coa[b, g],
                    is_authorised_gateway(g),
                ),
            ),
        ),
        "The Proxy-CoA is the source of an accepted request.",
    ),
    Lemma(
        "who waits is served",
        forall(
            MOBILE_NODE,
            lambda n: (
                _nothing_is_held(n)
                | all_of(
                    waits_for_deregistration(),
                    several_interfaces(),
                    held_gateway[n] != GATEWAY.none,
                    _is_served(n),
                )
            ),
        ),
        "Only an anchor that waits keeps a request, once it has passed all checks.",
    ),
    Lemma(
        "the delay runs only while a request waits",
        forall(
            MOBILE_NODE,
            lambda n: implies(
                max_delay_before_new_bce_assign.running(n),
                held_gateway[n] != GATEWAY.none,
            ),
        ),
        "The delay begins with a request that waits, and stops with it.",
    ),
    Lemma(
        "tunnels only where user packets are passed on",
        forwarding()
        | forall(
            TUNNEL,
            lambda t: ~is_established[t] & forall(PREFIX, lambda p: ~route[p, t]),
        ),
        "An anchor that passes on nothing makes no tunnel.",
    ),
    Lemma(
        "numbers only where they order requests",
        all_of(
            sequence_numbers()
            | forall(ENTRY, lambda b: bce_sequence[b] == SEQUENCE.none),
            sequence_numbers()
            | forall(MOBILE_NODE, lambda n: held_sequence[n] == SEQUENCE.none),
        ),
        "Where timestamps order all requests no sequence number is kept.",
    ),
    Lemma(
        "user packets only where they are passed on",
        forwarding(),
        "Nobody sends them where there is no such anchor.",
        packet,
    ),
)
_REQUEST = Message(pbu)
_ABSENT = all_of(
    _REQUEST.has_node_identifier | ~is_known_node(_REQUEST.node),
    _REQUEST.has_prefix | (_REQUEST.prefix == PREFIX.none),
    _REQUEST.has_handoff_indicator
    | (_REQUEST.handoff_indicator == HandoffIndicator.RESERVED),
    _REQUEST.has_access_technology | (_REQUEST.technology == TECHNOLOGY.none),
)
"""What a request says whose option is absent (model/wire/abstraction.py): nobody's, nothing."""
_STAMPED = implies(
    ~sequence_numbers() | _REQUEST.has_timestamp, _REQUEST.timestamp != TIME.none
)
"""A request has a timestamp, but where sequence numbers may order it in its place."""
_POLICY = forall(MOBILE_NODE, lambda n: implies(is_enabled_node(n), is_known_node(n)))
"""Only a node that the anchor knows of is authorised for the service."""


# ---- proofs ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    """Proofs with some switches on, and the lemmas that are inductive there."""

    engine: AnySize
    lemmas: tuple[Lemma, ...]

    @property
    def prover(self) -> Prover:
        """What makes the formulas."""
        return self.engine.prover

    def left(self, rule: Rule | None) -> Rule | None:
        """The rule as the switches leave it; None where they rule it out."""
        return None if rule is None else decided_rule(rule, self.prover.holding)

    def implies(self, rule: Rule, conclusions: Sequence[Term]) -> bool:
        """Whether all of these hold wherever the rule is taken."""
        values = self.prover.choice(rule)
        terms = Translator(self.prover.world, AnyState())
        assumed = [_POLICY, *[_ABSENT, _STAMPED] * (rule.on == pbu)]
        holding = self.prover.holding
        solver = self.engine.solver()
        solver.add(*self.prover.assumed(self.lemmas))
        solver.add(*(terms.condition(decided(a, holding), values) for a in assumed))
        solver.add(*self.prover.taken(rule))
        told = [terms.condition(decided(c, holding), values) for c in conclusions]
        solver.add(z3.Not(z3.And(*told)))
        return answer_of(solver) == z3.unsat


def _open(name: str) -> tuple[AnySize, list[Lemma]]:
    """The proofs of a setting, and the lemmas that say something there."""
    every = {**EVERY, **HANDOVER_SETTINGS, **GATEWAY_SETTINGS}
    engine = AnySize(dict.fromkeys(every[name], True))
    more: tuple[Lemma, ...] = _MORE
    if name in HANDOVER_SETTINGS:
        more += HANDOVER_LEMMAS
    elif name in GATEWAY_SETTINGS:
        more = (*HANDOVER_LEMMAS, *GATEWAY_LEMMAS)
    return engine, engine.prover.telling([*LEMMAS, *more])


_inductive: dict[str, tuple[int, ...]] = {}


def inductive(name: str) -> tuple[int, ...]:
    """Which lemmas are inductive in a setting: those that no feature of it breaks."""
    if name not in _inductive:
        engine, known = _open(name)
        kept, _ = engine.inductive_part(list(engine.rules(shipped_rules())), known)
        _inductive[name] = tuple(n for n, k in enumerate(known) if k in kept)
    return _inductive[name]


def take_over(found: Mapping[str, tuple[int, ...]]) -> None:
    """Take what another process has found with `inductive`, by the name of the setting."""
    _inductive.update(found)


@cache
def setting(name: str) -> Setting:
    """The setting of this name; the lemmas that a feature of it breaks are left out."""
    engine, known = _open(name)
    return Setting(engine, tuple(known[n] for n in inductive(name)))


# ---- the argument ----------------------------------------------------------------------


def reason_equivalent(change: RuleChange, names: Iterable[str] = EVERY) -> str | None:
    """The argument by which the mutant is equivalent; None where there is none.

    Args:
        change: The rule with the fault.
        names: The settings in which it has to be.
    """
    right, wrong = change.right, change.wrong
    if wrong is None:
        return None
    is_same = True
    for chosen in map(setting, names):
        taken = chosen.left(wrong)
        if taken is None:
            continue
        told = _needed(taken, chosen.left(right))
        if told is None:
            return None
        if told:
            is_same = False
            if not chosen.implies(taken, told):
                return None
    if is_same:
        return SAME if is_same_rule(change) else None
    return IMPLIED if change.is_in_the_guard else IDLE


def is_same_rule(change: RuleChange) -> bool:
    """Whether the fault leaves the same rule under every choice of its switches.

    The settings of the proofs are some choices only.
    """
    assert change.wrong is not None
    needed = {name_of(c) for c in change.wrong.guard if _is_switch(c)}
    needed |= may_hold({})
    names = [name for name in switches_of(change.right) if name not in needed]
    for count in range(len(names) + 1):
        for on in itertools.combinations(names, count):
            holding = frozenset((*needed, *on))
            left = decided_rule(change.wrong, holding)
            if left is None:
                continue
            if _needed(left, decided_rule(change.right, holding)) != []:
                return False
    return True


def switches_of(rule: Rule) -> list[str]:
    """The features and readings that a rule asks for anywhere."""
    terms = (*rule.guard, *(update.value for update in rule.updates))
    asked = (part for term in terms for part in subterms(term) if _is_switch(part))
    return sorted({name_of(part) for part in asked})


def _is_switch(term: Term) -> bool:
    """Slow clocks are asked for like a feature: most settings have none."""
    return term.op is Op.RIGID and (
        not term.args or name_of(term) == has_slow_clock.name
    )


def _needed(wrong: Rule, right: Rule | None) -> list[Term] | None:
    """What has to hold where the rule with the fault is taken; None: nothing suffices."""
    if right is None:
        return [all_of(*wrong.guard) & ~all_of(*wrong.guard)]
    if not _ids(wrong.guard) <= _ids(right.guard):
        return None  # another condition, not one less
    found = [c for c in right.guard if id(c) not in _ids(wrong.guard)]
    kept = {(u.map.name, *map(id, u.args), id(u.value)) for u in wrong.updates}
    for update in right.updates:
        if (update.map.name, *map(id, update.args), id(update.value)) not in kept:
            same = update.map[update.args] == update.value
            for bound in update.bound:
                same = _for_each(bound, same)
            found.append(same)
    stopped = {(t.timer.name, *map(id, t.args), id(t.level)) for t in wrong.timers}
    for change in right.timers:
        if (change.timer.name, *map(id, change.args), id(change.level)) not in stopped:
            if change.level is not None or change.bound:
                return None
            found.append(~change.timer.running(*change.args))
    return None if len(wrong.sends) < len(right.sends) else found


def _for_each(bound: Term, term: Term) -> Term:
    return forall(bound.sort, lambda x: substitute(term, {bound: x}))


def _ids(terms: Iterable[Term]) -> set[int]:
    """Terms are interned, so that each is told by its id."""
    return set(map(id, terms))
