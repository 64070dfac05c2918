"""Faulty peers as processes, over the wire: a named case finds each of them.

`make kill-matrix` tries far more mutants in memory, under virtual time; these show that
the tester finds them on real sockets and clocks, too: decisions, copied fields, formats,
timers, retransmission, ordering and robustness of an LMA, a MAG, and a MAG with fast
handover.  Each runs in a network of its own; so does each reference peer, which has to
pass the same cases.  It prints what becomes of each; with `--write` it writes
docs/wire-kill-matrix.md.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path

from pmip6.conformance.lma.demonstration import demonstrate
from pmip6.conformance.lma.in_memory import reference_declaration
from pmip6.conformance.mag.reference_gateway import (
    demonstrate_gateway,
    reference_gateway,
)
from pmip6.conformance.mag.selection import AnyGatewayPurpose
from pmip6.conformance.results import CaseResult, tell_nobody
from pmip6.conformance.verdict import Verdict
from pmip6.conformance.wire.namespaces import enter_private_network
from pmip6.conformance.wire_kill_table import FMAG, LMA, MAG, WIRE_KILLS, WireKill
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.fast_handover.purposes import handover_purposes
from pmip6.vectors.files import replace_file
from pmip6.vectors.lma.purposes import purposes_named
from pmip6.vectors.mag.purposes import gateway_purposes

AT_ONCE = 6
"""Networks that are there at the same time, with a peer and a tester each."""
NODES = 12
"""Mobile nodes that a peer knows: it runs one case, some of them more than once."""
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "wire-kill-matrix.md"


def run_cases(role: str, cases: Sequence[str], mutant: str = "") -> list[CaseResult]:
    """Run cases against a peer that is a process in a network of its own.

    It is done in a thread of its own, as the network is that of the thread.

    Args:
        role: lma, mag or fmag.
        cases: Their ids; those with fast handover are for the same scene.
        mutant: Name of the fault of the peer; none where empty.

    Raises:
        Pmip6Error: Networks are not permitted here, or the peer does not start.
    """
    return _in_thread(lambda: _run_cases(role, cases, mutant))


def _run_cases(role: str, cases: Sequence[str], mutant: str) -> list[CaseResult]:
    enter_private_network()
    nodes = NODES * len(cases)
    if role == LMA:
        declared = reference_declaration()
        few = declared.nodes.model_copy(update={"count": nodes})
        result = demonstrate(
            declared.model_copy(update={"nodes": few}),
            purposes_named(cases),
            out=None,
            ended=tell_nobody,
            mutant=mutant,
        )
    else:
        scene = _scene_of(cases[0]) if role == FMAG else None
        result = demonstrate_gateway(
            reference_gateway(nodes=nodes, handover=scene),
            [_gateway_case(case) for case in cases],
            out=None,
            ended=tell_nobody,
            mutant=mutant,
        )
    return list(result.cases)


def _gateway_case(case: str) -> AnyGatewayPurpose:
    every: tuple[AnyGatewayPurpose, ...]
    every = (*gateway_purposes(), *handover_purposes())
    return next(purpose for purpose in every if purpose.name == case)


def _scene_of(case: str) -> HandoverScene:
    """The scene of a case for fast handover."""
    return next(p.scene for p in handover_purposes() if p.name == case)


def _in_thread(run: Callable[[], list[CaseResult]]) -> list[CaseResult]:
    future: Future[list[CaseResult]] = Future()

    def work() -> None:
        try:
            future.set_result(run())
        except BaseException as error:  # raised again by who waits for it
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future.result()


def tried(
    kills: Sequence[WireKill],
    tell: Callable[[WireKill, CaseResult], None] = lambda kill, result: None,
) -> list[CaseResult]:
    """What becomes of each case on its faulty peer, in the order that is given.

    Args:
        kills: Which.
        tell: Called with each when it has ended.
    """
    results = _side_by_side(
        [(kill.role, [kill.case], kill.mutant) for kill in kills],
        lambda number, found: tell(kills[number], found[0]),
    )
    return [found[0] for found in results]


def references(kills: Iterable[WireKill]) -> list[CaseResult]:
    """What becomes of the same cases on peers without a fault, side by side on each."""
    together: defaultdict[tuple[str, HandoverScene | None], list[str]]
    together = defaultdict(list)
    for role, case in dict.fromkeys((kill.role, kill.case) for kill in kills):
        together[role, _scene_of(case) if role == FMAG else None].append(case)
    runs = [(role, cases, "") for (role, _), cases in together.items()]
    results = _side_by_side(runs, lambda number, found: None)
    return [each for found in results for each in found]


def _side_by_side(
    runs: Sequence[tuple[str, Sequence[str], str]],
    tell: Callable[[int, list[CaseResult]], None],
) -> list[list[CaseResult]]:
    results: dict[int, list[CaseResult]] = {}
    left = iter(range(len(runs)))
    one_at_a_time = threading.Lock()
    errors: list[BaseException] = []

    def work() -> None:
        while not errors:
            with one_at_a_time:
                number = next(left, None)
            if number is None:
                return
            try:
                found = run_cases(*runs[number])
            except BaseException as error:  # raised again below
                errors.append(error)
                return
            with one_at_a_time:
                results[number] = found
                tell(number, found)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(AT_ONCE)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if errors:
        raise errors[0]
    return [results[number] for number in range(len(runs))]


# ---- telling -----------------------------------------------------------------------------


def document(kills: Sequence[WireKill]) -> str:
    """What finds each, where all are found, as the document that ships."""
    by_role = Counter(kill.role for kill in kills)
    counted = ", ".join(f"{number} of {role}" for role, number in by_role.items())
    rows = [
        (
            kill.role,
            kill.fault.kind,
            f"`{kill.mutant}`",
            _cell(kill.text),
            kill.case,
            kill.verdict.name,
        )
        for kill in kills
    ]
    head = ("role", "kind", "mutant", "fault", "case", "verdict")
    return f"""# Kill matrix over the wire

Made by `python -m pmip6.conformance.wire_kills --write`: {len(kills)} faulty peers as
processes, each in a network of its own, on real sockets and clocks ({counted}).  The
named case finds each, and passes on the reference peer.  A `conduct` is no fault of
rules: it is what the process hears and says.  One that is slow or mute from the start is
told apart from one that does the wrong thing: that is INCONC, with this as its reason.

{_table([head, ("---",) * len(head), *rows])}
"""


def _table(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: Sequence[str]) -> int:
    """Print what becomes of each; 1 where a case finds none, or fails on a reference."""
    parser = argparse.ArgumentParser(description="Faulty peers over the wire.")
    parser.add_argument("--role", choices=(LMA, MAG, FMAG), help="those of one role")
    parser.add_argument("--write", action="store_true", help=f"write {DOCUMENT.name}")
    asked = parser.parse_args(arguments)
    kills = [kill for kill in WIRE_KILLS if asked.role in (None, kill.role)]
    enter_private_network()
    missed = 0

    def tell(kill: WireKill, result: CaseResult) -> None:
        nonlocal missed
        is_found = kill.is_found_by(result)
        missed += not is_found
        seen = "found" if is_found else "NOT FOUND"
        about = f"{kill.role:4} {kill.fault.kind:14} {kill.mutant}"
        told = f"{seen} by {kill.case}: {result.verdict.name}: {result.reason}"
        print(f"{about}: {told}", flush=True)

    tried(kills, tell)
    wrong = [r for r in references(kills) if r.verdict is not Verdict.PASS]
    for result in wrong:
        name, verdict = result.purpose.name, result.verdict.name
        print(f"{name} on the reference peer: {verdict}: {result.reason}")
    kinds = Counter(kill.fault.kind for kill in kills)
    counted = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    found = len(kills) - missed
    print(f"{found} of {len(kills)} faulty peers are found over the wire: {counted}")
    if asked.write and not missed and not wrong and asked.role is None:
        replace_file(DOCUMENT, document(kills).encode())
    return int(bool(missed or wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
