"""Certificates are answered by two solvers, and refused where anything is missing."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pmip6.model.errors import Pmip6Error
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.proof.any_size import AnySize
from pmip6.properties.proof.certificate import read, verify, write
from pmip6.properties.proof.lemmas import LEMMAS
from pmip6.properties.proof.prove_any_size import SETTINGS
from pmip6.properties.proof.recheck import SOLVERS, recheck
from pmip6.properties.proof.solver_process import answers
from pmip6.properties.property import PROPERTIES
from pmip6.properties.result import Outcome
from pmip6.reports.cli import run

NAME = "advertisement.accepted"
ONE = [p for p in PROPERTIES if p.name == NAME]
SOME = [
    k
    for k in LEMMAS
    if k.name in ("a_free_entry_holds_nothing", "a_registered_node_is_granted")
]  # a proof of one property needs no more


PRINTED = f"""
from pmip6.properties.proof.any_size import AnySize
from pmip6.properties.proof.certificate import write
from pmip6.properties.proof.prove_any_size import LEMMAS, PROPERTIES
names = {sorted(k.name for k in SOME)}
lemmas = [k for k in LEMMAS if k.name in names]
found = [p for p in PROPERTIES if p.name == {NAME!r}]
print(write(AnySize(), found, lemmas=lemmas), end="")
"""


@pytest.fixture(scope="module")
def text() -> str:
    return write(AnySize(), ONE, lemmas=SOME)


def signed(text: str) -> str:
    """The text with the hash of what it holds, as someone would who forges one."""
    first, _, body = text.split("\n", 2)
    return f"{first}\n; sha256 {hashlib.sha256(body.encode()).hexdigest()}\n{body}"


def without(text: str, start: str) -> str:
    """The text without its first query whose title begins so."""
    head, _, rest = text.partition(f"\n; {start}")
    return head + rest.partition("\n(pop 1)\n")[2]


@pytest.mark.parametrize("seed", "12")
def test_a_certificate_is_the_same_in_every_process(seed: str, text: str) -> None:
    """All else is compared with what another process wrote when solvers are asked."""
    done = subprocess.run(
        [sys.executable, "-c", PRINTED],
        env={**os.environ, "PYTHONHASHSEED": seed},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == text


def test_a_certificate_tells_what_it_is_about(text: str) -> None:
    assert read(text, "c").properties == (NAME,)
    assert read(text, "c").assumed


def test_lemmas_are_readable_terms_with_reasons(text: str) -> None:
    assert "; lemma a_free_entry_holds_nothing: Deletion clears the entry" in text
    assert ";   (forall bindingCacheEntry_0: BindingCacheEntry. (~(bce_state[" in text


def test_a_property_without_a_case_is_not_proved_again() -> None:
    engine = AnySize({"sequence_numbers": True})
    silent = [p for p in PROPERTIES if not engine.prover.is_about(p)]
    others = {p.name for p in PROPERTIES if not AnySize().prover.is_about(p)}
    assert {p.name for p in silent} - others == {
        "preserved-prefix.acknowledgement",
        "preserved-prefix.gateway",
    }
    with pytest.raises(Pmip6Error, match="is not what the rules"):
        verify(write(engine, silent, lemmas=SOME), "c.smt2")


FORGERIES: dict[str, tuple[Callable[[str], str], str]] = {
    "another file": (lambda t: "(check-sat)\n", "is no certificate"),
    "damaged": (lambda t: t.replace("bce_node", "bce_mode", 1), "is damaged"),
    "cut off": (lambda t: t[: len(t) // 2], "is damaged"),
    "a query is missing": (
        lambda t: signed(without(t, f"property {NAME}: rule")),
        f"lacks the obligation of property {NAME}: rule",
    ),
    "the query of a lemma is missing": (
        lambda t: signed(without(t, "lemma a_free_entry_holds_nothing: rule expire")),
        "lacks the obligation of lemma a_free_entry_holds_nothing: rule expire",
    ),
    "a query says nothing": (
        lambda t: signed(t.replace("(check-sat)", "(assert false)\n(check-sat)", 1)),
        "is not what the rules",
    ),
    "an axiom more": (
        lambda t: signed(t.replace("; ---- axioms", "(assert false)", 1)),
        "is not what the rules",
    ),
    "a lemma that says less": (
        lambda t: signed(t.replace("no_Gateway) false)", "no_Gateway) true)", 1)),
        "is not what the rules",
    ),
    "a query without an end": (
        lambda t: signed(t.partition("\n(pop 1)\n")[0] + "\n"),
        "is no whole query",
    ),
    "a switch that is none": (
        lambda t: signed(t.replace("; proves", "; switch magic\n; proves", 1)),
        "is no switch: magic",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_certificate_that_was_changed_is_refused(text: str, name: str) -> None:
    change, reason = FORGERIES[name]
    assert change(text) != text
    with pytest.raises(Pmip6Error) as refused:
        verify(change(text), "c.smt2")
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_certificate_of_a_mutant_is_refused_and_not_proved(tmp_path: Path) -> None:
    faulty = mutant("advertised-too-early").rules
    path = tmp_path / "c.smt2"
    path.write_text(write(AnySize(), ONE, faulty, SOME), "utf-8")
    with pytest.raises(Pmip6Error, match="is not what the rules"):
        recheck(path)
    told, found = recheck(path, faulty)  # its own rules, which break the property
    assert len(found) == len(SOLVERS)
    for one in found:
        assert one.outcome(NAME, told) is Outcome.UNDECIDED
        assert one.open_queries(f"property {NAME}")


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_solver_is_no_rubber_stamp(solver: str) -> None:
    file = "(declare-sort A 0)\n(declare-fun p (A) Bool)\n(declare-fun a () A)"
    queries = [
        "(assert (p a))",
        "(assert (p a))\n(assert (forall ((x A)) (not (p x))))",
        "(declare-fun b () A)\n(assert (not (= a b)))",
        "(declare-fun b () Bool)\n(assert (and b (not b)))",
    ]
    for query in queries:
        file += f"\n\n(push 1)\n{query}\n(check-sat)\n(pop 1)\n"
    told = [answer for answer, _ in answers(solver, file)]
    assert told == ["sat", "unsat", "sat", "unsat"]


# ---- the command -----------------------------------------------------------------------


def test_the_command_prints_times_and_assumptions(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.smt2"
    path.write_text(text, "utf-8")
    assert run(["recheck", str(path)]) == 3  # it is about one property of all
    told = capsys.readouterr().out
    row = next(line.split() for line in told.splitlines() if line.startswith(NAME))
    assert row[1] == row[3] == "proved"
    assert all(re.fullmatch(r"\d+\.\d\d", seconds) for seconds in (row[2], row[4]))
    assert "Assumed:\n  timestamps do not wrap\n" in told


def test_without_cvc5_z3_alone_checks(
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "c.smt2"
    path.write_text(text, "utf-8")
    monkeypatch.setitem(sys.modules, "cvc5", None)  # as where it is not installed
    assert run(["recheck", str(path)]) == 3
    told = capsys.readouterr().out
    assert "cvc5 is missing (fix: pip install cvc5, or the extra `proof`)" in told
    assert "z3" in told.splitlines()[2] and "cvc5" not in told.splitlines()[2]


@pytest.mark.nightly
def test_one_command_proves_within_a_minute_and_proves_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["check", "--any-size", "--recheck"]) == 0
    told = capsys.readouterr().out
    assert f"{len(SETTINGS)} certificates: z3 " in told and told.count(
        "Assumed:"
    ) == 1 + len(SETTINGS)
    proofs = re.findall(r"^any size.*? prove +([\d.]+) ", told, re.MULTILINE)
    assert len(proofs) == len(SETTINGS) and sum(map(float, proofs)) < 60
    spent = re.fullmatch(
        r"proved and proved again in \d+ s, (\d+) s of processor time",
        told.splitlines()[-1],
    )
    assert spent is not None and int(spent[1]) < 90


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("recheck none.smt2", "none.smt2: is missing"),
        ("check --certificate out", "--certificate: is about a proof for any size"),
        (
            "check --any-size --recheck --property stale-request",
            "--recheck: proves all properties of our rules again, for any size",
        ),
    ],
)
def test_bad_input_is_told_in_one_line(
    arguments: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments.split()) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(f"pmip6: {line}")
