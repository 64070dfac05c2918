"""The ledgers of test purposes: ids that stay, and versions that grow.

    python -m pmip6.vectors.ledger            writes the ledgers of anchors and gateways
    python -m pmip6.vectors.ledger --check    fails if that would change it

An id belongs to one key for ever.  A purpose whose steps change gets a new version; one
that the model no longer has is marked as withdrawn.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias, cast

from pmip6.vectors.fast_handover.purposes import (
    HANDOVER_LEDGER,
    HandoverDraft,
    handover_drafts,
)
from pmip6.vectors.fast_handover.stimuli import as_document as handover_document
from pmip6.vectors.ledger_files import COMMAND, Entry, read_ledger
from pmip6.vectors.lma.answer_purposes import answer_purposes
from pmip6.vectors.lma.esp_purposes import esp_purposes
from pmip6.vectors.lma.form_purposes import form_purposes
from pmip6.vectors.lma.forwarding_purposes import forwarding_purposes
from pmip6.vectors.lma.interfaces import INTERFACES, NAMED
from pmip6.vectors.lma.layout_purposes import layout_purposes
from pmip6.vectors.lma.model import AnchorModel
from pmip6.vectors.lma.order_purposes import order_purposes
from pmip6.vectors.lma.purposes import LEDGER, Draft
from pmip6.vectors.lma.rare_purposes import rare_purposes
from pmip6.vectors.lma.reception_purposes import reception_purposes
from pmip6.vectors.lma.repertoire import PREFIX_SETS, SEQUENCES
from pmip6.vectors.lma.restart_purposes import restart_purposes
from pmip6.vectors.lma.robustness_purposes import robustness_purposes
from pmip6.vectors.lma.rule_purposes import rule_purposes
from pmip6.vectors.lma.security_purposes import security_purposes
from pmip6.vectors.lma.stimuli import Request, UserPacket, Volley, Wait, as_document
from pmip6.vectors.lma.waiting import WAITING
from pmip6.vectors.mag import stimuli as gateway_stimuli
from pmip6.vectors.mag.distinctions import (
    distinction_drafts,
    kept_distinctions,
)
from pmip6.vectors.mag.esp_purposes import gateway_esp_purposes
from pmip6.vectors.mag.purposes import (
    GATEWAY_LEDGER,
    GatewayDraft,
    gateway_drafts,
    gateway_purposes,
)
from pmip6.vectors.mag.stimuli import as_document as gateway_document

FEATURES = (PREFIX_SETS, SEQUENCES, INTERFACES, NAMED, WAITING)
"""What is tried where an anchor has a feature."""
AnyDraft: TypeAlias = Draft | GatewayDraft | HandoverDraft


def derive() -> Iterator[Draft]:
    """Every test purpose of the model as it is."""
    drafts = list(_without_restart())
    yield from drafts
    yield from restart_purposes(drafts)


def _without_restart() -> Iterator[Draft]:
    model = AnchorModel()
    plain = list(rule_purposes(model))
    yield from plain
    yield from order_purposes(model, plain)
    yield from answer_purposes(model)
    yield from form_purposes()
    yield from reception_purposes()
    yield from layout_purposes()
    yield from esp_purposes()
    for repertoire in FEATURES:
        yield from rule_purposes(
            AnchorModel(readings=repertoire.needs),
            repertoire,
            plain if repertoire is INTERFACES else (),
        )
    yield from forwarding_purposes()
    yield from robustness_purposes()
    yield from security_purposes()
    yield from rare_purposes()


def derive_gateway(
    kept: Iterable[GatewayDraft], *, looks_further: bool = True
) -> Iterator[GatewayDraft]:
    """Every test purpose for gateways.

    Args:
        kept: The purposes that there are: those that tell faulty gateways stay if they
            still do.
        looks_further: More are looked for, for faults that none of them tells.
    """
    drafts = [*gateway_drafts(), *gateway_esp_purposes()]
    drafts += kept_distinctions(kept)
    yield from drafts
    if looks_further:
        yield from distinction_drafts(drafts)


def document_of(stimulus: object) -> dict[str, object]:
    """A stimulus of anchors or gateways as JSON values."""
    if isinstance(stimulus, Request | Wait | UserPacket | Volley):
        return as_document(stimulus)
    return gateway_document(cast("gateway_stimuli.Stimulus", stimulus))


def steps_of(draft: AnyDraft) -> tuple[list[Entry], Entry, list[Entry]]:
    """Preamble, test and probes as JSON values."""
    if isinstance(draft, HandoverDraft):
        return (
            [handover_document(stimulus) for stimulus in draft.preamble],
            handover_document(draft.test),
            [handover_document(stimulus) for stimulus in draft.probes],
        )
    return (
        [document_of(stimulus) for stimulus in draft.preamble],
        document_of(draft.test),
        [document_of(stimulus) for stimulus in draft.probes],
    )


def steps_hash(draft: AnyDraft) -> str:
    """A hash of the steps; a change of it is a new version."""
    preamble, test, probes = steps_of(draft)
    steps = [*preamble, test, *probes]
    text = json.dumps(steps, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def updated(drafts: Iterable[AnyDraft], ledger: dict[str, Entry]) -> dict[str, Entry]:
    """The ledger with the drafts in it: old keys keep their ids, new ones get new ids."""
    names = {str(entry["key"]): name for name, entry in ledger.items()}
    found: dict[str, Entry] = {
        name: {**entry, "withdrawn": True} for name, entry in ledger.items()
    }
    for draft in drafts:
        name = names.get(draft.key) or _free_name(draft, found)
        old = ledger.get(name)
        version = 1 if old is None else old["version"]
        assert isinstance(version, int)
        if old is not None and old["hash"] != steps_hash(draft):
            version += 1
        found[name] = _entry(draft, version)
    return dict(sorted(found.items()))


def _free_name(draft: AnyDraft, taken: dict[str, Entry]) -> str:
    role = _ROLES[type(draft)]
    stem = f"TP_{role}_{draft.group.name}_{draft.kind.name}"
    names = (f"{stem}_{number:02}" for number in itertools.count(1))
    return next(name for name in names if name not in taken)


_ROLES: dict[type[AnyDraft], str] = {
    Draft: "LMA",
    GatewayDraft: "MAG",
    HandoverDraft: "FMAG",
}
"""The role in the id of a purpose."""


def _entry(draft: AnyDraft, version: int) -> Entry:
    preamble, test, probes = steps_of(draft)
    return {
        "key": draft.key,
        "version": version,
        "hash": steps_hash(draft),
        "title": draft.title,
        "requirements": list(draft.requirements),
        "preamble": preamble,
        "test": test,
        "probes": probes,
        **_needs_of(draft),
        **({"scene": draft.scene} if isinstance(draft, HandoverDraft) else {}),
    }


def _needs_of(draft: AnyDraft) -> Entry:
    """The features that a case for an anchor needs, where it needs any."""
    if isinstance(draft, Draft) and draft.needs:
        return {"needs": list(draft.needs)}
    return {}


def as_text(ledger: dict[str, Entry]) -> str:
    """The file of a ledger."""
    document = {"made_by": COMMAND, "purposes": ledger}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Writes or checks the ledger; 1 where it is not up to date."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    is_check = parser.parse_args(arguments).check
    gateway = derive_gateway(gateway_purposes(), looks_further=not is_check)
    same = [
        _keep(LEDGER, derive(), is_check=is_check),
        _keep(GATEWAY_LEDGER, gateway, is_check=is_check),
        _keep(HANDOVER_LEDGER, handover_drafts(), is_check=is_check),
    ]
    return 0 if all(same) else 1


def _keep(
    name: str,
    drafts: Iterable[AnyDraft],
    *,
    is_check: bool,
) -> bool:
    """Write or check one ledger; False where it is to be checked and differs."""
    path = Path(__file__).with_name(name)
    before = read_ledger(name) if path.exists() else {}
    after = updated(drafts, before)
    if is_check:
        is_same = after == before
        print(f"{name}: {'up to date' if is_same else f'run {COMMAND}'}")
        return is_same
    path.write_text(as_text(after), "utf-8")
    print(f"{name}: {len(after)} purposes")
    return True


if __name__ == "__main__":
    sys.exit(main())
