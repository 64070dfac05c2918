"""Cases about user packets: the reference passes them, and each kind of fault fails one."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from ipaddress import IPv6Address
from pathlib import Path

import pytest

from pmip6.conformance.lma import forwarding as anchor_forwarding
from pmip6.conformance.lma.declaration import Traffic
from pmip6.conformance.lma.in_memory import (
    CORRESPONDENT,
    LMAA,
    MAG1,
    MAG2,
    reference_declaration,
    run_in_memory,
)
from pmip6.conformance.results import CampaignResult
from pmip6.conformance.verdict import Verdict
from pmip6.model.wire.tunnel_packets import (
    Decapsulated,
    Ecn,
    Passage,
    Tunnel,
    decapsulate,
    ecn_of,
    encapsulate,
    forward,
    with_ecn,
)
from pmip6.properties import protocol
from pmip6.properties.faults.mutants import mutant
from pmip6.vectors.lma.purposes import Group, purposes

assert protocol  # the seeded faults are of its properties

CASES = [p.name for p in purposes() if p.group is Group.FWD]
WIRE_CASES = [
    next(p.name for p in purposes() if p.key == key)
    for key in (
        "tunnel_to_gateway / hand_off / REGISTERED",
        "route_from_gateway / hand_off / REGISTERED",
        "drop_in_deletion_delay / deregister / REGISTERED",
    )
]


def verdicts(result: CampaignResult) -> dict[str, Verdict]:
    """The verdicts that are not PASS."""
    return {
        c.purpose.name: c.verdict for c in result.cases if c.verdict is not Verdict.PASS
    }


def test_the_reference_passes_every_case() -> None:
    assert verdicts(run_in_memory(cases=CASES)) == {}


def test_without_forwarding_they_are_skipped_with_a_reason() -> None:
    declared = reference_declaration()
    traffic = Traffic(forwarding=False, correspondent=CORRESPONDENT)
    declared = declared.model_copy(update={"traffic": traffic})
    result = run_in_memory(cases=CASES, declaration=declared)
    assert {c.verdict for c in result.cases} == {Verdict.SKIP}
    assert {c.reason for c in result.cases} == {
        "needs forwarding, which is not declared"
    }


@pytest.mark.parametrize(
    ("fault", "verdict", "requirement"),
    [
        ("no-route", Verdict.FAIL, "5213-5.6.2-3"),
        ("route-not-moved", Verdict.FAIL, "5213-5.3.4-7"),
        ("shared-tunnel-removed", Verdict.FAIL, "5213-5.6.1-1"),
        ("source-not-checked", Verdict.FAIL, "6275-10.4.5-y1"),
        ("forwarded-in-delay", Verdict.WARN, "5213-5.3.5-5"),
    ],
)
def test_a_fault_of_the_rules_is_found(
    fault: str, verdict: Verdict, requirement: str
) -> None:
    result = run_in_memory(mutant(fault).rules, cases=CASES)
    found = verdicts(result)
    assert set(found.values()) == {verdict}
    named = {i for c in result.cases for f in c.findings for i in f.requirements}
    assert requirement in named


def of_each(passage: Passage, change: Callable[[bytes], bytes]) -> Passage:
    """The passage with its packets changed."""
    packets = tuple(map(change, passage.packets))
    return Passage(packets, passage.loss, passage.reply)


def is_marked(data: bytes) -> bool:
    return ecn_of(data) is not Ecn.NOT_ECT


def older(data: bytes) -> bytes:
    return data[:7] + bytes((data[7] - 1,)) + data[8:]


def without_mark(data: bytes, tunnel: Tunnel, number: int) -> Passage:
    return of_each(
        encapsulate(data, tunnel, number), lambda p: with_ecn(p, Ecn.NOT_ECT)
    )


def for_large_frames(data: bytes, tunnel: Tunnel, number: int) -> Passage:
    return encapsulate(
        data, Tunnel(tunnel.entry_point, tunnel.exit_point, 9000), number
    )


def from_elsewhere(data: bytes, tunnel: Tunnel, number: int) -> Passage:
    return encapsulate(data, Tunnel(MAG2, tunnel.exit_point), number)


def deaf_to_congestion(data: bytes) -> Decapsulated | None:
    return decapsulate(with_ecn(data, Ecn.NOT_ECT))


def congested(data: bytes, router: IPv6Address) -> Passage:
    return of_each(
        forward(data, router), lambda p: with_ecn(p, Ecn.CE) if is_marked(p) else p
    )


def twice(data: bytes, router: IPv6Address) -> Passage:
    return of_each(forward(data, router), older)


OCTETS: dict[str, tuple[str, Callable[..., object], str]] = {
    "the tunnel header has no mark": ("encapsulate", without_mark, "5213-5.6.3-2"),
    "congestion in it is lost": ("decapsulate", deaf_to_congestion, "5213-5.6.3-4"),
    "every mark leaves as congestion": ("forward", congested, "5213-5.6.3-5"),
    "a packet loses two hops": ("forward", twice, "5213-5.6.2-6"),
    "large packets are tunnelled": ("encapsulate", for_large_frames, "5213-5.6.2-4"),
    "another address begins it": ("encapsulate", from_elsewhere, "5213-5.6.2-3"),
}


@pytest.mark.parametrize("name", OCTETS)
def test_a_fault_in_the_octets_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    function, wrong, requirement = OCTETS[name]
    monkeypatch.setattr(anchor_forwarding, function, wrong)
    result = run_in_memory(cases=CASES)
    assert set(verdicts(result).values()) == {Verdict.FAIL}
    named = {i for c in result.cases for f in c.findings for i in f.requirements}
    assert requirement in named


@pytest.mark.wire
def test_over_the_wire_and_in_the_eyes_of_tshark(
    environment: dict[str, str], tmp_path: Path
) -> None:
    asked = [part for name in WIRE_CASES for part in ("--case", name)]
    out = tmp_path / "evidence"
    done = subprocess.run(
        [sys.executable, "-m", "pmip6.reports.start", *asked, "--out", str(out)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(WIRE_CASES)} PASS" in done.stdout
    tshark = shutil.which("tshark")
    if tshark is None:
        pytest.skip("tshark is not installed: the judge alone read the tunnel packets")
    capture = str(out / "lma" / f"{WIRE_CASES[0]}.pcapng")
    fields = [part for name in ("src", "dst", "nxt") for part in ("-e", f"ipv6.{name}")]
    seen = subprocess.run(
        [tshark, "-n", "-r", capture, "-T", "json", "-Y", "ipv6.nxt == 41", *fields],
        capture_output=True,
        check=True,
    )
    (packet,) = json.loads(seen.stdout)
    layers = packet["_source"]["layers"]
    assert layers["ipv6.src"] == [str(LMAA), str(CORRESPONDENT)]
    assert layers["ipv6.dst"][0] == str(MAG2) != str(MAG1)
    assert layers["ipv6.nxt"] == ["41", "59"]
