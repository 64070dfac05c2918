"""The certificate of a proof for any size: one file of SMT-LIB 2 that solvers answer.

It has the declarations, the axioms, the lemmas under their names, and for each
obligation a query that is to be answered `unsat`, with the lemmas that it rests on.  Any
solver reads it.  Before one is asked, everything but the choice of the lemmas is made
again from the model and compared, so that nothing can be left out or weakened.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pmip6.model.domain import RIGIDS, shipped_rules
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Rule
from pmip6.properties.proof.any_size import AnySize
from pmip6.properties.proof.lemma import Lemma
from pmip6.properties.proof.lemmas import LEMMAS
from pmip6.properties.proof.obligations import Claim, Obligation, obligations
from pmip6.properties.proof.prove_any_size import assumptions, properties_of
from pmip6.properties.proof.smt_lib import asserted, declarations, defined
from pmip6.properties.proof.solving import interruptible
from pmip6.properties.property import Property, Scope

FORMAT = "; pmip6 certificate 1"
MAKE = "pmip6 check --engine prove --any-size --certificate"
BEGIN, END = "(push 1)", "(pop 1)"  # around each query
_TITLE = re.compile(r"; (property|lemma) ([\w.-]+): (.+)")
_USED = re.compile(r"\(assert lemma\.([\w.-]+)\)")
_KEPT = re.compile(r"\(define-fun lemma\.([\w.-]+) ")

Used = Mapping[str, Sequence[str]]  # names of lemmas by the title of an obligation


@dataclass(frozen=True)
class Contents:
    """What a certificate says by itself.

    Args:
        switches: The features and readings that are on.
        properties: Names of the properties that it proves.
        lemmas: Names of the lemmas that it proves along with them.
        used: The lemmas that each obligation rests on, by its title.
        assumed: What the proofs take for granted, in words.
    """

    switches: tuple[str, ...]
    properties: tuple[str, ...]
    lemmas: tuple[str, ...]
    used: Used
    assumed: tuple[str, ...]


def title(duty: Obligation) -> str:
    """What an obligation is called in a certificate."""
    kind = "lemma" if isinstance(duty.claim, Lemma) else "property"
    return f"{kind} {duty.claim.name}: {duty.place}"


def proof_of(name: str, lemmas: Iterable[str]) -> str:
    """The claim whose obligations prove a property: a lemma where it is one."""
    return f"{'lemma' if name in lemmas else 'property'} {name}"


def claims(lemmas: Sequence[Lemma], properties: Sequence[Property]) -> list[Claim]:
    """The lemmas, and the properties that are no lemmas themselves."""
    same = {(k.name, k.term) for k in lemmas}
    others = [p for p in properties if (p.name, p.term) not in same]
    return [*lemmas, *others]


@interruptible()
def write(
    engine: AnySize,
    properties: Sequence[Property],
    rules: Sequence[Rule] | None = None,
    lemmas: Sequence[Lemma] = LEMMAS,
) -> str:
    """The certificate of what the engine proved; with all lemmas where it did not.

    Args:
        engine: What remembers on which lemmas each proof rests.
        properties: The properties that were proved.
        rules: The rules, those that ship if not given.
        lemmas: The lemmas that are inductive; those that say nothing are left out.
    """
    taken = list(engine.rules(shipped_rules() if rules is None else rules))
    lemmas = engine.prover.telling(lemmas)
    used: dict[str, list[str]] = {}
    for claim in claims(lemmas, properties):
        for duty in obligations(claim, taken):
            rests_on = engine.rests_on(duty, lemmas)
            used[title(duty)] = [
                k.name
                for k in lemmas
                if k in rests_on or (k is claim and duty.rule is not None)
            ]
    return _text(engine, taken, lemmas, properties, used)


def read(text: str, place: str) -> Contents:
    """What a certificate says; `verify` has to be asked whether it may say so.

    Raises:
        Pmip6Error: It is no certificate, or not whole.
    """
    first, _, rest = text.partition("\n")
    if first != FORMAT:
        raise Pmip6Error(place, "is no certificate", f"make one: {MAKE} {place}")
    second, _, body = rest.partition("\n")
    if second != _sum(body):
        raise Pmip6Error(
            place, "is damaged: its content has another hash", f"{MAKE} {place}"
        )
    used: dict[str, list[str]] = {}
    lines = body.splitlines()
    for number, line in enumerate(lines):
        if line == BEGIN:
            found = _TITLE.fullmatch(lines[number - 1])
            end = lines.index(END, number) if END in lines[number:] else number
            if found is None or end == number:
                raise Pmip6Error(f"{place}:{number + 3}", "is no whole query", MAKE)
            block = (_USED.fullmatch(x) for x in lines[number:end])
            used[found[0].removeprefix("; ")] = [m[1] for m in block if m]
    return Contents(
        switches=tuple(_listed(lines, "; switch ")),
        properties=tuple(_listed(lines, "; proves ")),
        lemmas=tuple(m[1] for line in lines if (m := _KEPT.match(line))),
        used=used,
        assumed=tuple(_listed(lines, "; assumed: ")),
    )


@interruptible()
def verify(
    text: str,
    place: str,
    rules: Sequence[Rule] | None = None,
    known: Sequence[Lemma] = LEMMAS,
) -> Contents:
    """What a certificate says, if all of it but the choice of lemmas is the model's.

    Raises:
        Pmip6Error: It is damaged, lacks an obligation, or differs from the model.
    """
    told = read(text, place)
    switches = {r.name for r in RIGIDS if not r.index}
    for name in set(told.switches) - switches:
        raise Pmip6Error(place, f"switches on what is no switch: {name}")
    engine = AnySize(dict.fromkeys(told.switches, True))
    taken = list(engine.rules(shipped_rules() if rules is None else rules))
    lemmas = [k for k in known if k.name in told.lemmas]
    properties = [
        p
        for p in properties_of(engine, rules)
        if p.name in told.properties and engine.prover.is_about(p)
    ]
    needed = [
        title(duty)
        for claim in claims(lemmas, properties)
        for duty in obligations(claim, taken)
    ]
    missing = [name for name in needed if name not in told.used]
    if missing:
        more = f" and {len(missing) - 1} more" if missing[1:] else ""
        reason = f"lacks the obligation of {missing[0]}{more}"
        raise Pmip6Error(place, reason, f"make it again: {MAKE} {place}")
    names = {k.name for k in lemmas}
    used = {n: [k for k in told.used[n] if k in names] for n in needed}
    again = _text(engine, taken, lemmas, properties, used)
    if again != text:
        pairs = zip(again.splitlines()[2:], text.splitlines()[2:], strict=False)
        line = next((n for n, (a, b) in enumerate(pairs, start=3) if a != b), 3)
        raise Pmip6Error(
            f"{place}:{line}",
            "is not what the rules, lemmas and properties of this version give",
            f"make it again: {MAKE} {place}",
        )
    return told


def _listed(lines: Iterable[str], start: str) -> list[str]:
    return [line.removeprefix(start) for line in lines if line.startswith(start)]


def _sum(body: str) -> str:
    return f"; sha256 {hashlib.sha256(body.encode()).hexdigest()}"


def _text(
    engine: AnySize,
    rules: Sequence[Rule],
    lemmas: Sequence[Lemma],
    properties: Sequence[Property],
    used: Used,
) -> str:
    """The whole text; the rules are those that the engine proves about."""
    prover = engine.prover
    known = ["; ---- axioms", *asserted(prover.axioms)]
    for one in lemmas:
        about = f" (of each {one.channel.name} sent)" if one.channel else ""
        known += [
            "",
            f"; lemma {one.name}{about}: {one.reason}".replace("\n", "\n; "),
            f";   {one.term}",
            *defined(f"lemma.{one.name}", prover.statement(one)),
        ]
    queries: list[str] = []
    for claim in claims(lemmas, properties):
        for duty in obligations(claim, rules):
            queries += _query(engine, duty, used[title(duty)])
    assumed = (a for p in properties for a in assumptions(p, engine.switches))
    head = [
        "; Every query is to be answered unsat: pmip6 recheck FILE.",
        *(f"; switch {name}" for name, on in sorted(engine.switches.items()) if on),
        *(f"; proves {p.name}" for p in properties),
        *(f"; assumed: {text}" for text in dict.fromkeys(assumed)),
        "(set-logic ALL)",
        *declarations(rules, [*known, *queries]),
    ]
    body = "\n".join((*head, "", *known, *queries)) + "\n"
    return f"{FORMAT}\n{_sum(body)}\n{body}"


def _query(engine: AnySize, duty: Obligation, used: Sequence[str]) -> list[str]:
    prover, claim = engine.prover, duty.claim
    values = prover.choice(duty.rule)
    formulas = prover.broken(duty)
    if duty.rule is not None and getattr(claim, "scope", None) is Scope.STATE:
        formulas = [*prover.assumed((claim,)), *formulas]
    return [
        "",
        f"; {title(duty)}",
        BEGIN,
        *(f"(assert lemma.{name})" for name in used),
        *asserted(formulas, values),
        "(check-sat)",
        END,
    ]
