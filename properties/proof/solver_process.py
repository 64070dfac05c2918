"""A solver as a process of its own: it answers the queries of a file of SMT-LIB 2.

    python -m pmip6.properties.proof.solver_process z3|cvc5 FILE

What precedes the first `(push 1)` is read once, and belongs to every query.  It prints a
line for each: the answer and the seconds that it took.  It knows nothing of the model.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

TIME_LIMIT = 10_000  # milliseconds for a query

Execute = Callable[[str], str]  # takes commands, and gives what they print


def z3_session() -> Execute:
    """Z3, in the state that the commands leave it in."""
    import z3

    z3.set_param("ctrl_c", False)  # Python raises it, between two queries
    context = z3.Context()

    def execute(commands: str) -> str:
        return z3.Z3_eval_smtlib2_string(context.ref(), commands)

    execute(f"(set-option :timeout {TIME_LIMIT})")
    return execute


def cvc5_session() -> Execute:
    """The solver cvc5, in the state that the commands leave it in."""
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("incremental", "true")
    solver.setOption("tlimit-per", str(TIME_LIMIT))
    solver.setOption("enum-inst", "true")
    parser = cvc5.InputParser(solver)

    def execute(commands: str) -> str:
        parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, commands, "certificate")
        told: list[str] = []
        while not (command := parser.nextCommand()).isNull():
            told.append(str(command.invoke(solver, parser.getSymbolManager())))
        return "".join(told)

    return execute


SESSIONS: dict[str, Callable[[], Execute]] = {"z3": z3_session, "cvc5": cvc5_session}


def answers(solver: str, text: str) -> Iterator[tuple[str, float]]:
    """The answer to each query of a file, and the seconds that it took."""
    shared, *queries = text.split("\n(push 1)\n")
    execute = SESSIONS[solver]()
    execute(shared)
    for query in queries:
        started = time.perf_counter()
        commands, _, _ = query.partition("\n(pop 1)\n")
        told = execute(f"(push 1)\n{commands}\n(pop 1)\n").split("\n")
        yield told[0] or "unknown", time.perf_counter() - started


def main(solver: str, file: str) -> None:
    """Answer all queries of the file, in its order."""
    for told, took in answers(solver, Path(file).read_text("utf-8")):
        print(told, round(took, 4), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
