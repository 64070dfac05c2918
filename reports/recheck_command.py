"""`pmip6 recheck`: certificates of proofs, checked without the search that found them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from tabulate import tabulate

from pmip6.model.errors import Pmip6Error
from pmip6.properties.proof.any_size import AnySize
from pmip6.properties.proof.certificate import MAKE, Contents, proof_of
from pmip6.properties.proof.prove_any_size import SETTINGS, properties_of
from pmip6.properties.proof.recheck import (
    SOLVERS,
    Recheck,
    how_to_install,
    is_installed,
    recheck,
)
from pmip6.properties.property import Property
from pmip6.properties.result import Outcome
from pmip6.reports.engines import certificate_name

UNDECIDED = 3


def recheck_command(
    place: Annotated[
        Path, typer.Argument(metavar="CERTIFICATE", help="A file, or a folder of them.")
    ],
) -> int:
    """Check proofs for any size with z3 and cvc5.

    Exit codes: 0 proved again, 2 refused, 3 not proved.
    """
    files = [place]
    if place.is_dir():
        files = certificates_in(place)
    for file in files:
        if not file.is_file():
            raise Pmip6Error(str(file), "is missing", f"make it: {MAKE} {place}")
    return recheck_files(files)


def certificates_in(folder: Path) -> list[Path]:
    """The certificates of all settings, as `check --certificate` writes them."""
    every_setting = (dict.fromkeys(on, True) for on in SETTINGS.values())
    return [folder / certificate_name(switches) for switches in every_setting]


def recheck_files(files: Sequence[Path]) -> int:
    """Have each solver answer each certificate, print what it says, and give the exit code."""
    codes: list[int] = []
    totals: dict[str, float] = {}
    for file in files:
        told, found = recheck(file)
        print(table(file.name, told, found), end="\n\n")
        every = {p.name for p in cases(told)} == set(told.properties)
        proved = all(
            one.outcome(name, told) is Outcome.HOLDS
            for one in found
            for name in told.properties
        )
        for one in found:
            totals[one.solver] = totals.get(one.solver, 0.0) + one.total
        codes.append(0 if every and proved and found else UNDECIDED)
    if len(files) > 1:
        spent = ", ".join(f"{name} {total:.1f} s" for name, total in totals.items())
        print(f"{len(files)} certificates: {spent}")
    for solver in SOLVERS:
        if not is_installed(solver):
            print(how_to_install(solver))
    return max(codes)


def cases(told: Contents) -> list[Property]:
    """The properties that have a case with what the certificate switches on."""
    engine = AnySize(dict.fromkeys(told.switches, True))
    return [p for p in properties_of(engine, None) if engine.prover.is_about(p)]


def table(name: str, told: Contents, found: list[Recheck]) -> str:
    """Verdict and time of each solver for each property, and what is assumed."""
    body: list[list[str]] = []
    for known in cases(told):
        claim = proof_of(known.name, told.lemmas)
        row = [known.name]
        for one in found:
            if known.name in told.properties:
                verdict = one.outcome(known.name, told)
                again = "proved" if verdict is Outcome.HOLDS else "not proved"
                row += [again, f"{one.seconds.get(claim, 0.0):.2f}"]
            else:
                row += ["not in it", ""]
        body.append(row)
    lemmas = [f"{len(told.lemmas)} lemmas"]
    total = [f"all {len(told.used)} queries"]
    for one in found:
        unmet = [k for k in told.lemmas if one.open_queries(f"lemma {k}")]
        spent = sum(t for c, t in one.seconds.items() if c.startswith("lemma "))
        lemmas += ["not proved" if unmet else "proved", f"{spent:.2f}"]
        whole = any(answer != "unsat" for answer in one.answers.values())
        total += ["not unsat" if whole else "unsat", f"{one.total:.2f}"]
    headers = ["property", *(h for one in found for h in (one.solver, "seconds"))]
    align = ["left", *(["left", "right"] * len(found))]
    shown = tabulate(
        [*body, lemmas, total],
        headers,
        tablefmt="simple",
        colalign=align,
        disable_numparse=True,
    )
    switches = ", ".join(told.switches) or "none"
    unanswered = [
        f"  {one.solver}, {title}: {answer}"
        for one in found
        for title, answer in one.answers.items()
        if answer != "unsat"
    ]
    parts = [f"{name} (switched on: {switches})", shown]
    if unanswered:
        parts.append("\n".join(["Not unsat:", *unanswered[:20]]))
    if told.assumed:
        parts.append("\n".join(["Assumed:", *(f"  {text}" for text in told.assumed)]))
    return "\n\n".join(parts)
