"""A solver as a process of its own: it answers the queries of a file of SMT-LIB 2.

    python -m pmip6.properties.solver_process z3|cvc5 FILE

What precedes the first `(push 1)` belongs to every query.  It prints a line for each:
the answer and the seconds that it took.  It knows nothing of the model.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

TIME_LIMIT = 10_000  # milliseconds for a query


def z3_answer(script: str) -> str:
    """The answer of Z3 to a script with one query."""
    import z3

    from pmip6.properties.solving import answer_of

    solver = z3.Solver()
    solver.set(timeout=TIME_LIMIT, random_seed=1)
    solver.from_string(script)
    return str(answer_of(solver))


def cvc5_answer(script: str) -> str:
    """The answer of cvc5 to a script with one query."""
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("tlimit-per", str(TIME_LIMIT))
    solver.setOption("enum-inst", "true")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "certificate")
    told: list[str] = []
    while not (command := parser.nextCommand()).isNull():
        told.append(str(command.invoke(solver, parser.getSymbolManager())).strip())
    return next((text for text in reversed(told) if text), "unknown")


ANSWERS: dict[str, Callable[[str], str]] = {"z3": z3_answer, "cvc5": cvc5_answer}


def scripts(text: str) -> list[str]:
    """A script for each query of a file."""
    shared, *blocks = text.split("\n(push 1)\n")
    return [shared + "\n" + block.partition("\n(pop 1)\n")[0] for block in blocks]


def main(solver: str, file: str) -> None:
    """Answer all queries of the file, in its order."""
    for script in scripts(Path(file).read_text("utf-8")):
        started = time.perf_counter()
        told = ANSWERS[solver](script).splitlines()[0]
        print(told, round(time.perf_counter() - started, 4), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
