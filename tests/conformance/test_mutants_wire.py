"""Faulty LMAs and MAGs as processes over the wire: a named case finds each of them."""

import json
import subprocess
import sys
from collections import Counter
from ipaddress import IPv6Address
from pathlib import Path

import pytest

from pmip6.conformance.conduct import CONDUCTS, Conduct, conduct_named
from pmip6.conformance.wire_kill_table import WIRE_KILLS
from pmip6.conformance.wire_kills import DOCUMENT, document
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.ipv6 import decode_packet, encode_ipv6

PROGRAM = Path(__file__).parent / "programs" / "mutants_on_wire.py"
KINDS = {"format", "encoder", "timer", "retransmission", "ordering", "robustness"}
DECISIONS = {"guard", "removed", "update", "send"}
OFTEN = (
    "encoder.timestamp.zero",
    "conduct.a-reserved-octet",
    "mag.accept_refusal.removed",
    "mag.fetch_context.removed",
)
"""Those that are tried with all tests, the first of this name in the table."""


def _seen(environment: dict[str, str], numbers: list[int]) -> list[bool]:
    run = subprocess.run(
        [sys.executable, str(PROGRAM), *map(str, numbers)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=1200,
    )
    assert run.returncode == 0, run.stderr
    found: list[bool] = json.loads(run.stdout)
    return found


@pytest.mark.wire
def test_some_faulty_peers_are_found_over_the_wire(
    environment: dict[str, str],
) -> None:
    names = [kill.mutant for kill in WIRE_KILLS]
    numbers = [names.index(name) for name in OFTEN]
    assert _seen(environment, numbers) == [True] * len(OFTEN)
    assert {WIRE_KILLS[number].role for number in numbers} == {"lma", "mag", "fmag"}


@pytest.mark.wire
@pytest.mark.nightly
def test_each_faulty_peer_is_found_over_the_wire(environment: dict[str, str]) -> None:
    seen = _seen(environment, list(range(len(WIRE_KILLS))))
    missed = [k.mutant for k, ok in zip(WIRE_KILLS, seen, strict=True) if not ok]
    assert missed == []


def test_the_table_has_faults_of_each_kind_for_each_role() -> None:
    assert Counter(k.role for k in WIRE_KILLS) == {"lma": 25, "mag": 20, "fmag": 18}
    kinds = {kill.fault.kind for kill in WIRE_KILLS}
    assert kinds >= KINDS | DECISIONS
    assert len({(k.role, k.mutant) for k in WIRE_KILLS}) == len(WIRE_KILLS)


def test_the_document_has_the_table() -> None:
    assert DOCUMENT.read_text("utf-8") == document(WIRE_KILLS)


# ---- conducts ------------------------------------------------------------------------


def test_what_is_no_mobility_message_goes_as_it_is() -> None:
    """Whatever the conduct, and a slow one aside, which sleeps before."""
    packet = encode_ipv6(
        IPv6Address("2001:db8::1"), IPv6Address("2001:db8::2"), b"x", next_header=17
    )
    assert decode_packet(packet) is None
    for name in CONDUCTS:
        conduct = conduct_named(name)
        assert conduct.hears(packet)
        if not name.endswith("slow"):
            assert conduct.says(packet) == [packet]
    assert Conduct().says(packet) == [packet]


def test_an_unknown_conduct_is_one_line() -> None:
    with pytest.raises(
        Pmip6Error, match=r"conduct\.lazy: is no conduct .*conduct\.deaf"
    ):
        conduct_named("conduct.lazy")
