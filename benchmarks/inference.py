"""The search for invariants, and the proofs with them, beside the time they are to take.

    python benchmarks/inference.py

It is what `pmip6 check --any-size --infer` does; processor time counts, so that a busy
machine counts less.
"""

from __future__ import annotations

from pmip6.properties import protocol
from pmip6.properties.proof.inference import prove_by_inference
from pmip6.properties.result import Outcome

assert protocol  # it records the properties


def main() -> int:
    """Print what was found and proved, and in what time; 1 where one is not proved."""
    run = prove_by_inference(lambda text: None)
    for note in run.notes:
        if not note.startswith("lemma "):
            print(note, flush=True)
    return int(any(r.outcome is not Outcome.HOLDS for r in run.properties))


if __name__ == "__main__":
    raise SystemExit(main())
