"""Which case kills which faulty anchor: `python -m pmip6.conformance.kill_matrix`.

Every mechanical mutant of the anchor's rules and of the encoder runs the cases in memory
until one fails.  Those on whose request the mutant differs from the anchor come first.
A mutant that no case kills is out of reach for a computed reason, or it survives.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pmip6.conformance.declaration import Declaration
from pmip6.conformance.equivalence import reason_equivalent, reason_out_of_reach
from pmip6.conformance.faulty_peers import (
    FaultyPeer,
    anchor_mutants,
    encoder_mutants,
    faulty_peer,
)
from pmip6.conformance.in_memory import reference_declaration, run_case_in_memory
from pmip6.conformance.verdict import Verdict
from pmip6.model.interpreter import Message, State
from pmip6.model.state import FEATURES
from pmip6.model.table import Rule
from pmip6.vectors.anchor_model import AnchorModel
from pmip6.vectors.files import check_writable, replace_file
from pmip6.vectors.purposes import Purpose, purposes
from pmip6.vectors.stimuli import Request

WANTED_PERCENT = 95
SWITCHABLE = frozenset(rigid.name for rigid in FEATURES)
PROCESSES = 2
PARTS = ("whole", "nested", "encoder")
SEED = 5213
REPORT = "kill-matrix.md"
WIDTH = 120
"""Characters of a condition that are shown; `pmip6 model mutants` has all."""
LEAKED = "shows only when the anchor has no entry left, which no tester can bring about"
WHY_THEY_SURVIVE = {
    "lma.reject_for_lack_of_prefixes.guard-3": "shows only where a node without the "
    "service has no prefix either, which is nobody's to declare",
    "lma.reject_for_lack_of_prefixes.guard-11": "shows only where the pool is used up "
    "while a node has a session: a tester cannot use up a pool",
    "lma.delete_after_delay.update-0": LEAKED,
    "lma.expire.update-0": LEAKED,
    "lma.delete_after_delay.update-2": "shows only where the entry is used again with "
    "another prefix, and which entry and prefix that are is the anchor's choice",
}
"""The mutants within reach that no case kills, with the reason."""


@dataclass(frozen=True)
class Fate:
    """What became of a mutant.

    Args:
        case: Id of the case that fails; empty where none does.
        reason: Why no case can fail; empty where one might.
    """

    name: str
    kind: str
    text: str
    case: str = ""
    reason: str = ""

    @property
    def is_within_reach(self) -> bool:
        """No reason is known why every case has to pass."""
        return not self.reason


# ---- the order of the cases ------------------------------------------------------------


def _features(purpose: Purpose) -> tuple[str, ...]:
    """What of the model the case needs; ESP is around its messages."""
    return tuple(need for need in purpose.needs if need in SWITCHABLE)


def _models(
    rules: Iterable[Rule] | None = None,
) -> dict[tuple[str, ...], AnchorModel]:
    """The anchor that each case is for, by its features."""
    chosen = None if rules is None else tuple(rules)
    return {
        features: AnchorModel(chosen, readings=features)
        for features in {_features(purpose) for purpose in purposes()}
    }


@cache
def _requests() -> tuple[tuple[Purpose, tuple[tuple[State, Message, str], ...]], ...]:
    """The requests of each case: state before, message, name of the rule taken."""
    models = _models()
    found: list[tuple[Purpose, tuple[tuple[State, Message, str], ...]]] = []
    for purpose in purposes():
        model = models[_features(purpose)]
        state, taken = model.initial, list[tuple[State, Message, str]]()
        for stimulus in purpose.stimuli:
            if isinstance(stimulus, Request):
                message = model.message(state, stimulus)
                if message is not None:
                    rules = model.receive(state, message).rules
                    taken.append((state, message, rules[0].name if rules else ""))
            reaction = model.react(state, stimulus)
            state = state if reaction is None else reaction.target
        found.append((purpose, tuple(taken)))
    return tuple(found)


def cases_for(peer: FaultyPeer) -> tuple[Purpose, ...]:
    """All cases, those first that are the most likely to fail."""
    if peer.rules is None:
        return purposes()
    name = peer.subject
    changed = [rule for rule in peer.rules if rule.name == name]
    models = _models(changed)
    rank: dict[str, int] = {}
    for purpose, requests in _requests():
        model = models[_features(purpose)]
        rank[purpose.name] = min(
            (_rank(model, name, *request) for request in requests), default=3
        )
        if purpose.key.startswith(f"{name} /"):
            rank[purpose.name] = min(rank[purpose.name], 1)
    return tuple(sorted(purposes(), key=lambda p: (rank[p.name], p.name)))


def _rank(
    model: AnchorModel, name: str, state: State, message: Message, taken: str
) -> int:
    """How likely it is that a request shows the fault: 0 very, 3 not at all."""
    takes = bool(model.receive(state, message).rules)
    if takes != (taken == name):
        return 0
    return 2 if takes else 3


# ---- one mutant ------------------------------------------------------------------------


@cache
def _declaration() -> Declaration:
    return reference_declaration()


def verdict(peer: FaultyPeer, purpose: Purpose) -> Verdict:
    """The verdict of one case on a faulty anchor in memory."""
    return run_case_in_memory(
        purpose,
        _declaration(),
        rules=peer.rules,
        exchange_rules=peer.exchange_rules,
        field_rules=peer.field_rules,
    ).verdict


def fate_of(name: str) -> Fate:
    """Look for a case that kills the mutant, or for a reason why there is none."""
    peer = faulty_peer(name)
    rules: tuple[Rule, ...] | None = peer.rules
    fate = Fate(name, peer.kind, peer.text)
    if rules is not None:
        reason = reason_out_of_reach(rules, peer.subject) or reason_equivalent(
            rules, peer.subject, changes_effects=peer.kind in ("update", "timer")
        )
        if reason is not None:
            return Fate(name, peer.kind, peer.text, reason=reason)
    for purpose in cases_for(peer):
        if verdict(peer, purpose) is Verdict.FAIL:
            return Fate(name, peer.kind, peer.text, case=purpose.name)
    return fate


def mutants() -> dict[str, list[str]]:
    """The names of all mutants by part.

    The parts are `whole` (rules, with whole conditions dropped), `nested` (parts of
    conditions dropped) and `encoder`.
    """
    found: dict[str, list[str]] = {part: [] for part in PARTS}
    for name in anchor_mutants():
        is_nested = name.rpartition(".")[2].count("-") == 2
        found["nested" if is_nested else "whole"].append(name)
    found["encoder"].extend(encoder_mutants())
    return found


def sampled(names: Sequence[str], size: int) -> list[str]:
    """So many of the names, the same in every run, in their order; all where 0."""
    if not size or size >= len(names):
        return list(names)
    chosen = set(random.Random(SEED).sample(names, size))
    return [name for name in names if name in chosen]


def kill_matrix(names: Sequence[str], processes: int = PROCESSES) -> list[Fate]:
    """The fates of the mutants, in the order given."""
    with multiprocessing.Pool(processes) as pool:
        fates: list[Fate] = []
        for fate in pool.imap(fate_of, names, chunksize=4):
            fates.append(fate)
            print(f"{len(fates)}/{len(names)} {fate.name}", file=sys.stderr)
        return fates


# ---- the report ------------------------------------------------------------------------


def percent_killed(fates: Iterable[Fate]) -> float:
    """How many of those within reach are killed; 100 where none is within reach."""
    reach = [fate for fate in fates if fate.is_within_reach]
    killed = sum(bool(fate.case) for fate in reach)
    return 100 * killed / len(reach) if reach else 100.0


def totals(fates: Sequence[Fate]) -> str:
    """A line for each kind of mutant, and one for all."""
    kinds = [*dict.fromkeys(fate.kind for fate in fates), ""]
    rows = [_row(kind, [f for f in fates if kind in ("", f.kind)]) for kind in kinds]
    headers = ("kind", "mutants", "out of reach", "within", "killed", "survive", "%")
    lines: list[tuple[str, ...]] = [headers, ("---", *("--:",) * 6), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _row(kind: str, fates: Sequence[Fate]) -> tuple[str, ...]:
    reach = [fate for fate in fates if fate.is_within_reach]
    killed = sum(bool(fate.case) for fate in reach)
    counts = (len(fates), len(fates) - len(reach), len(reach), killed)
    numbers = (*counts, len(reach) - killed)
    return (kind or "all", *map(str, numbers), f"{percent_killed(fates):.1f}")


def extent(tried: Mapping[str, int], every: Mapping[str, int]) -> str:
    """How many of the mutants of each part were tried."""
    told = (f"{tried.get(part, 0)} of {every[part]} {part}" for part in every)
    return f"Mutants tried: {', '.join(told)}."


def report(fates: Sequence[Fate], command: str, tried: str) -> str:
    """The matrix as Markdown.

    Args:
        command: The arguments that it was made with.
        tried: What `extent` says.
    """
    survivors = [f for f in fates if f.is_within_reach and not f.case]
    reasons = Counter(fate.reason for fate in fates if fate.reason)
    lines = [
        "# Kill matrix",
        "",
        f"Made by `python -m pmip6.conformance.kill_matrix {command}`:",
        "for each faulty anchor the case that fails on it.",
        "A mutant of a rule is tried before all other rules.  It is out of reach where no",
        "case can tell it from the anchor; the reason is computed.",
        "",
        tried,
        "A `whole` mutant drops a condition, an update, a message, a timer or a rule, a",
        "`nested` one a part of a condition; where a part is not tried in full, the sample",
        "is drawn at random, the same in every run.",
        "",
        totals(fates),
        "",
        "Reasons for being out of reach:",
        "",
        *(f"- {number}: {reason}" for reason, number in sorted(reasons.items())),
        "",
        f"## Survivors: {len(survivors)}",
        "",
        *(f"- {survivor(fate, _escaped)}" for fate in survivors),
        *["None."] * (not survivors),
        "",
        "## All mutants",
        "",
        "| mutant | fault | killed by, or why not |",
        "|---|---|---|",
        *(
            f"| `{f.name}` | {_escaped(f.text)} | {f.case or f.reason or 'survives'} |"
            for f in fates
        ),
    ]
    return "\n".join(lines) + "\n"


def survivor(fate: Fate, written: Callable[[str], str] = str) -> str:
    """A mutant that no case kills, and why."""
    reason = WHY_THEY_SURVIVE.get(fate.name, "no reason is known")
    return f"`{fate.name}` ({written(_shortened(fate.text))}): {reason}"


def _shortened(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 4]} ..."


def _escaped(text: str) -> str:
    return _shortened(text).replace("|", "\\|").replace("_", "\\_").replace("*", "\\*")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the matrix; 1 where fewer are killed than wanted or one survives unexplained."""
    parser = argparse.ArgumentParser(prog="kill_matrix", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs"), metavar="DIR")
    parser.add_argument("--part", action="append", choices=PARTS, help="default: all")
    parser.add_argument(
        "--sample",
        type=int,
        default=0,
        metavar="N",
        help="try so many nested mutants; 0, the default: all",
    )
    chosen = parser.parse_args(arguments)
    parts: list[str] = chosen.part or list(PARTS)
    out: Path = chosen.out
    size: int = chosen.sample
    check_writable(out / REPORT)
    every = mutants()
    taken = {part: every[part] for part in PARTS if part in parts}
    if "nested" in taken:
        taken["nested"] = sampled(every["nested"], size)
    fates = kill_matrix([name for names in taken.values() for name in names])
    tried = extent(_sizes(taken), _sizes(every))
    command = " ".join(
        [*(f"--part {part}" for part in taken), *[f"--sample {size}"] * (size > 0)]
    )
    print(tried)
    print(totals(fates))
    for fate in fates:
        if fate.is_within_reach and not fate.case:
            print(f"survives: {survivor(fate)}")
    replace_file(out / REPORT, report(fates, command, tried).encode())
    unexplained = {f.name for f in fates if f.is_within_reach and not f.case}
    unexplained -= set(WHY_THEY_SURVIVE)
    return int(percent_killed(fates) < WANTED_PERCENT or bool(unexplained))


def _sizes(parts: Mapping[str, Sequence[str]]) -> dict[str, int]:
    return {part: len(names) for part, names in parts.items()}


if __name__ == "__main__":
    sys.exit(main())
