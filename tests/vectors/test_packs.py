"""Packs: cases as scenarios, played against what they were recorded from and others."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from ipaddress import IPv6Network
from pathlib import Path
from typing import Any

import pytest

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.in_memory import EXCHANGE_RULES
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.packs.captures import capture_of
from pmip6.conformance.packs.cases import (
    EITHER_SESSION,
    Cases,
    anchor_cases,
    gateway_cases,
    handover_cases,
)
from pmip6.conformance.packs.files import (
    different,
    exchange_file,
    scenario_file,
    shipped_folder,
    vector_texts,
)
from pmip6.conformance.packs.linter import lint, packets_of, tshark_agrees
from pmip6.conformance.packs.peers import AnchorPeer, GatewayPeer
from pmip6.conformance.packs.played import scenarios_of
from pmip6.conformance.packs.rare_ways import rare_anchor_ways, rare_handover_ways
from pmip6.conformance.packs.recording import clock
from pmip6.conformance.packs.running import play_all, run_pack
from pmip6.model.errors import Pmip6Error
from pmip6.model.lma.rules import lma
from pmip6.vectors.fast_handover.purposes import handover_purposes
from pmip6.vectors.lma.purposes import purposes
from pmip6.vectors.mag.purposes import gateway_purposes
from pmip6.vectors.packs.index import LOCK_FILE, joined, next_version
from pmip6.vectors.packs.json_lines import Harness
from pmip6.vectors.packs.observable import edges_of
from pmip6.vectors.packs.replay import Came, Implementation
from pmip6.vectors.packs.scenario_group import (
    Event,
    ExchangeFile,
    PackRole,
    ScenarioFile,
    ScenarioVector,
    lines_of,
)
from pmip6.vectors.packs.suites import (
    Coverage,
    covered_by,
    rule_of,
    smallest,
)
from pmip6.vectors.packs.tours import is_tour

EVERY = 25
"""Of so many cases one is taken, so that each group of them is there."""


def file_of(cases: Cases) -> ScenarioFile:
    return ScenarioFile(
        role=cases.role,
        time_of_day=clock(0),
        rules=sorted(cases.rules),
        settings=cases.settings,
        vectors=[each.scenario for each in cases.recorded],
    )


@pytest.fixture(scope="module")
def anchors() -> Cases:
    return anchor_cases(purposes()[::EVERY])


@pytest.fixture(scope="module")
def scenarios(anchors: Cases) -> dict[PackRole, ScenarioFile]:
    previous, new = handover_cases(handover_purposes()[::EVERY])
    every = (anchors, gateway_cases(gateway_purposes()[::EVERY]), previous, new)
    return {cases.role: file_of(cases) for cases in every}


def peer(role: PackRole) -> Implementation:
    return AnchorPeer() if role is PackRole.LMA else GatewayPeer()


@pytest.mark.parametrize("role", PackRole)
def test_the_reference_implementations_play_what_was_recorded(
    scenarios: dict[PackRole, ScenarioFile], role: PackRole
) -> None:
    told = scenarios[role]
    result = play_all(told, told.vectors, peer(role))
    assert (result.passed, result.failed) == (len(told.vectors), {})


@pytest.mark.parametrize("role", PackRole)
def test_recorded_once_more_the_octets_are_the_same(
    scenarios: dict[PackRole, ScenarioFile], role: PackRole
) -> None:
    shipped = ScenarioFile.model_validate_json(
        (shipped_folder() / f"scenario-{role}.json").read_bytes()
    )
    known = {vector.name: vector for vector in shipped.vectors}
    for vector in scenarios[role].vectors:
        settings = {"settings": ""}  # their numbers count what is recorded
        assert vector.model_copy(update=settings) == known[vector.name].model_copy(
            update=settings
        ), f"{vector.name}: run python -m pmip6.conformance.packs.files"


def changed_octet(vector: ScenarioVector, number: int) -> ScenarioVector:
    """A scenario in which an octet of what the implementation is given differs."""
    changed = vector.model_copy(deep=True)
    events = [s.event for s in changed.steps if s.event is not None and s.event.hex]
    octets = bytearray.fromhex(events[0].hex or "")
    octets[number % len(octets)] ^= 1
    events[0].hex = octets.hex()
    return changed


def test_a_changed_octet_of_a_request_is_noticed(
    scenarios: dict[PackRole, ScenarioFile],
) -> None:
    told = scenarios[PackRole.LMA]
    answered = [
        v
        for v in told.vectors
        if any(e.required for s in v.steps[:1] for e in s.expect)
    ]
    checked = 46  # an octet of the Binding Update, which the checksum covers
    changed = [changed_octet(v, checked + n % 10) for n, v in enumerate(answered)]
    result = play_all(told, changed, AnchorPeer())
    assert len(answered) > 10
    assert (result.passed, len(result.failed)) == (0, len(changed))


def without_timestamps(told: AnchorSettings) -> ReferenceAnchor:
    rules = [rule for rule in EXCHANGE_RULES if rule.name != "timestamp"]
    return ReferenceAnchor(told, exchange_rules=rules)


def test_an_anchor_that_copies_no_timestamp_fails(
    scenarios: dict[PackRole, ScenarioFile],
) -> None:
    told = scenarios[PackRole.LMA]
    result = play_all(told, told.vectors, AnchorPeer(without_timestamps))
    assert len(result.failed) > len(told.vectors) // 2
    assert any("Timestamp" in wrong for wrong in result.failed.values())


def test_prefixes_are_learnt_and_any_of_the_pool_will_do(
    scenarios: dict[PackRole, ScenarioFile],
) -> None:
    def elsewhere(told: AnchorSettings) -> ReferenceAnchor:
        pool = IPv6Network("2001:db8:177:7700::/56")
        return ReferenceAnchor(told.model_copy(update={"prefix_pool": pool}))

    told = scenarios[PackRole.LMA]
    result = play_all(told, told.vectors, AnchorPeer(elsewhere))
    assert result.failed == {}
    assert any("learn" in vector.model_dump_json() for vector in told.vectors)


# ---- suites, exchanges, captures -------------------------------------------------------


@pytest.mark.parametrize("coverage", Coverage)
def test_a_small_suite_covers_as_much(
    scenarios: dict[PackRole, ScenarioFile], coverage: Coverage
) -> None:
    for told in scenarios.values():
        chosen = smallest(told.vectors, coverage, told.role)
        every = covered_by(told.vectors, coverage, told.role)
        assert covered_by(chosen, coverage, told.role) == every
        if coverage is Coverage.RULES and len(told.vectors) > 5:
            assert len(chosen) < len(told.vectors)


def test_an_exchange_goes_from_a_state_to_a_state(anchors: Cases) -> None:
    every = [exchange for each in anchors.recorded for exchange in each.exchanges]
    found = different(every)
    assert 0 < len(found) < len(every)
    assert any(not e.before and e.after for e in found)  # a registration
    assert all(s.from_ms == 0 for e in found for s in e.step.expect)


@pytest.mark.parametrize("role", PackRole)
def test_what_an_exchange_tells_decides_its_outcome(role: PackRole) -> None:
    """Put into the same state at the same time, nobody could do both of two things."""
    path = shipped_folder() / exchange_file(role)
    outcomes: dict[str, tuple[str, str]] = {}
    for told in ExchangeFile.model_validate_json(path.read_bytes()).vectors:
        data = told.model_dump(mode="json")
        given = [data[name] for name in ("settings", "before", "held", "variables")]
        given += [data["time_of_day"], data["step"]["event"]]
        came = [{**e, "hex": ""} for e in data["step"]["expect"]]
        outcome = json.dumps([came, data["after"]], sort_keys=True)
        key = json.dumps(given, sort_keys=True)
        name, other = outcomes.setdefault(key, (told.name, outcome))
        assert outcome == other, f"{told.name} and {name}"


def test_a_capture_shows_every_packet(scenarios: dict[PackRole, ScenarioFile]) -> None:
    for told in scenarios.values():
        for vector in told.vectors:
            capture = capture_of(vector)
            sent = [s for s in vector.steps if s.event is not None and s.event.hex]
            assert len(capture.packets) == len(sent) + len(list(packets_of(vector)))
            assert vector.name in capture.comment


def test_tshark_reads_the_signalling_alike(
    scenarios: dict[PackRole, ScenarioFile],
) -> None:
    every = [p for t in scenarios.values() for v in t.vectors for p in packets_of(v)]
    agreed = tshark_agrees(every)
    if agreed is None:
        pytest.skip("tshark is not installed")
    assert agreed > 50


# ---- the lock --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("new", "version"),
    [
        ({"a": {"x": "1", "y": "2"}}, "1.0.0"),
        ({"a": {"x": "1", "y": "2", "z": "3"}}, "1.1.0"),
        ({"a": {"x": "1", "y": "9"}}, "2.0.0"),
        ({"a": {"x": "1"}}, "2.0.0"),
    ],
)
def test_a_change_changes_the_version(new: Any, version: str) -> None:
    assert next_version("1.0.0", {"a": {"x": "1", "y": "2"}}, new) == version


def test_an_id_that_is_withdrawn_is_not_used_again() -> None:
    lock = joined({"a": {"x": "1", "y": "2"}}, {"a": {"x": "1"}})
    assert lock == {"a": {"x": "1", "y": ""}}
    with pytest.raises(Pmip6Error, match="was withdrawn"):
        next_version("2.0.0", lock, {"a": {"x": "1", "y": "3"}})


# ---- programs of one's own -------------------------------------------------------------

BY_DAY = 7
"""Of so many scenarios one is played by day, tours among them."""
LMA_HARNESS = Path(__file__).parents[2] / "examples" / "harness" / "play_lma.py"


def write_scenarios(folder: Path, told: ScenarioFile) -> None:
    (folder / f"scenario-{told.role}.json").write_text(lines_of(told))


def shipped_scenarios(role: PackRole) -> ScenarioFile:
    path = shipped_folder() / scenario_file(role)
    return ScenarioFile.model_validate_json(path.read_bytes())


@pytest.mark.parametrize(
    "every", [BY_DAY, pytest.param(1, marks=pytest.mark.nightly)], ids=["some", "all"]
)
def test_another_lma_plays_its_scenarios(every: int, tmp_path: Path) -> None:
    """An anchor that shares nothing with the model: no mask asks too much."""
    told = shipped_scenarios(PackRole.LMA)
    chosen = told.vectors[::every]
    write_scenarios(tmp_path, told.model_copy(update={"vectors": chosen}))
    result = run_pack(tmp_path, PackRole.LMA, [sys.executable, str(LMA_HARNESS)])
    assert result.failed == {}
    assert result.passed > len(chosen) // 2
    assert {"no forwarding", "no waits_for_deregistration"} <= result.unsupported.keys()


def test_a_harness_notices_a_changed_octet(
    scenarios: dict[PackRole, ScenarioFile], tmp_path: Path
) -> None:
    told = scenarios[PackRole.LMA]
    plain = next(v for v in told.vectors if v.name.startswith("TP_LMA_REG_BV"))
    covered = range(46, 56)  # octets of the Binding Update, but for its checksum
    changed = [
        changed_octet(plain, at).model_copy(update={"name": f"octet {at}"})
        for at in covered
    ]
    write_scenarios(tmp_path, told.model_copy(update={"vectors": changed}))
    result = run_pack(tmp_path, PackRole.LMA, [sys.executable, str(LMA_HARNESS)])
    assert list(result.failed) == [vector.name for vector in changed]


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("pass", "has ended with code 0 at start"),
        ("print('hello', flush=True); input()", "with what is no JSON"),
        ("print('[]', flush=True); input()", "with no object"),
        ("import sys\nfor line in sys.stdin: print('{}', flush=True)", "no list of"),
        ("import sys\nsys.exit(3)", "has ended with code 3 at start"),
        ("import os\nos.kill(os.getpid(), 9)", "has ended with code -9 at start"),
        ("import os\nos.close(1)\ninput()\ninput()", "has closed its output at start"),
        ("import os\nos.write(1, b'\\xff\\xfe\\n')\ninput()", "with what is no JSON"),
        ("print('[' * 99_999, flush=True); input()", "with what is no JSON"),
        ("input(); print('{}', flush=True); input(); print('x')", "answers apply with"),
    ],
)
def test_a_program_that_does_not_keep_to_the_protocol_is_told(
    scenarios: dict[PackRole, ScenarioFile], tmp_path: Path, program: str, reason: str
) -> None:
    write_scenarios(tmp_path, scenarios[PackRole.LMA])
    with pytest.raises(Pmip6Error, match=reason) as error:
        run_pack(tmp_path, PackRole.LMA, [sys.executable, "-c", program])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "program",
    [
        "import time\ntime.sleep(600)",
        "import subprocess, sys\n"  # what it has started holds its output open
        "subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])",
    ],
)
def test_a_program_that_does_not_answer_is_ended(
    scenarios: dict[PackRole, ScenarioFile], tmp_path: Path, program: str
) -> None:
    write_scenarios(tmp_path, scenarios[PackRole.LMA])
    command = [sys.executable, "-c", program]
    with pytest.raises(Pmip6Error, match=r"has not answered within 0\.2 s at start"):
        run_pack(tmp_path, PackRole.LMA, command, patience=0.2)


SLEEPER = """
import json, sys, time
for line in sys.stdin:
    asked = json.loads(line)
    if asked["do"] == "advance":
        time.sleep(0.3)
    answers = {"apply": {"sent": []}, "advance": {"sent": []}, "observe": {"state": []}}
    print(json.dumps(answers.get(asked["do"], {})), flush=True)
"""


def test_time_that_has_to_pass_is_no_lack_of_an_answer() -> None:
    harness = Harness([sys.executable, "-c", SLEEPER], patience=0.2)
    try:
        with pytest.raises(Pmip6Error, match="has not answered"):
            harness.advance(1)
    finally:
        harness.close()
    harness = Harness([sys.executable, "-c", SLEEPER], patience=5)
    try:
        assert harness.advance(60_000) == []
    finally:
        harness.close()


# ---- bad packs -------------------------------------------------------------------------


FORMS: dict[str, tuple[Callable[[str], str], str]] = {
    "another schema": (
        lambda text: text.replace("pmip6-scenario/1", "pmip6-scenario/2"),
        "format: .*'pmip6-scenario/1'",
    ),
    "a wrong key": (
        lambda text: text.replace('"vectors"', '"vektors"'),
        "vectors: Field required",
    ),
    "half of it": (lambda text: text[: len(text) // 2], "JSON"),
}


@pytest.mark.parametrize(("changed", "reason"), FORMS.values(), ids=FORMS)
def test_a_pack_in_another_form_is_refused(
    scenarios: dict[PackRole, ScenarioFile],
    tmp_path: Path,
    changed: Callable[[str], str],
    reason: str,
) -> None:
    told = scenarios[PackRole.MAG]
    path = tmp_path / f"scenario-{told.role}.json"
    path.write_text(changed(lines_of(told)))
    with pytest.raises(Pmip6Error, match=reason) as error:
        run_pack(tmp_path, PackRole.MAG, ["no program is needed"])
    assert "\n" not in str(error.value)


# ---- the pack that ships ---------------------------------------------------------------


def test_the_pack_that_ships_is_whole_and_of_this_model() -> None:
    index = json.loads((shipped_folder() / "pack.json").read_text())
    assert {f"scenario-{role}.json" for role in PackRole} < index["files"].keys()
    assert "scenarios" in lint(shipped_folder())
    assert (shipped_folder() / LOCK_FILE).exists()  # what is checked, too


def test_the_scenarios_that_ship_take_every_rule_that_a_tester_can_bring_about() -> (
    None
):
    files = {
        role: ScenarioFile.model_validate_json(
            (shipped_folder() / f"scenario-{role}.json").read_bytes()
        )
        for role in PackRole
    }
    gateways = [file for role, file in files.items() if role is not PackRole.LMA]
    for some in ([files[PackRole.LMA]], gateways):
        taken = {rule_of(e) for f in some for v in f.vectors for e in v.edges}
        missing = {rule for f in some for rule in f.rules} - taken
        assert not missing


def test_rare_ways_take_their_rules_with_settings_of_their_own() -> None:
    for cases, rule in (
        (rare_anchor_ways(), "reject_after_waiting"),
        (rare_handover_ways(), "forget_context_and_request"),
    ):
        taken = {rule_of(e) for way in cases.recorded for e in way.scenario.edges}
        assert rule in taken
        for way in cases.recorded:
            assert is_tour(way.scenario.name) and not way.exchanges


def test_an_edge_of_a_gateway_is_that_of_the_node_that_it_serves() -> None:
    """Two nodes are there: each is registering before it is served."""
    purpose = next(p for p in gateway_purposes() if p.name == "TP_MAG_LOC_BO_01")
    (told,) = gateway_cases([purpose]).recorded
    edges = edges_of(PackRole.MAG, told.scenario.edges)
    accepted = {edge for edge in edges if rule_of(edge).startswith("accept")}
    assert accepted == {"accept: REGISTERING > REGISTERED"}


def test_a_packet_at_a_wrong_time_is_told_with_its_time(
    scenarios: dict[PackRole, ScenarioFile],
) -> None:
    class Slow(AnchorPeer):
        """Its answers come a while after it has been told to let time pass."""

        def apply(self, event: Event, data: bytes) -> list[Came]:
            return [
                replace(c, at_ms=c.at_ms + 1500) for c in super().apply(event, data)
            ]

    told = scenarios[PackRole.LMA]
    plain = next(v for v in told.vectors if v.name.startswith("TP_LMA_REG_BV"))
    (wrong,) = play_all(told, [plain], Slow()).failed.values()
    assert wrong.endswith("at 1500 ms, not between 0 and 1000 ms")


def test_a_request_that_belongs_to_two_sessions_is_told_with_its_scenario() -> None:
    names = {"TP_LMA_HO_BV_46": True, "TP_LMA_HO_BV_45": False}
    cases = anchor_cases(p for p in purposes() if p.name in names)
    told = {r.scenario.name: r.scenario.readings for r in cases.recorded}
    assert {name: EITHER_SESSION in some for name, some in told.items()} == names


@pytest.mark.nightly
def test_the_order_of_the_rules_matters_only_where_that_is_told() -> None:
    """Where a message has two takers, another one would be as good."""
    backwards = tuple(reversed(lma.rules))
    peer = AnchorPeer(partial(ReferenceAnchor, rules=backwards))
    failed = [s for s in scenarios_of(PackRole.LMA) if s.fails_on(peer)]
    assert failed
    assert all(EITHER_SESSION in s.vector.readings for s in failed)


def test_scenarios_of_some_settings_are_those_with_these_settings(
    anchors: Cases,
) -> None:
    name = min(anchors.settings)
    some = anchors.with_settings({name})
    assert list(some.settings) == [name]
    every = [each.scenario for each in anchors.recorded]
    kept = [each.scenario for each in some.recorded]
    assert kept == [each for each in every if each.settings == name]
    assert 0 < len(kept) < len(every)
    assert anchors.with_settings(frozenset()) is anchors


@pytest.mark.nightly
def test_the_model_makes_the_pack_that_ships() -> None:
    for name, text in vector_texts().items():
        assert (shipped_folder() / name).read_text() == text, name
