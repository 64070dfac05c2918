"""`pmip6 probe`: what an anchor does against what is declared of it."""

from collections.abc import Callable
from ipaddress import IPv6Network
from pathlib import Path

import pytest

from pmip6.conformance.declaration_text import commented
from pmip6.conformance.lma import probe as probe_module
from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.declaration import Declaration, load_declaration
from pmip6.conformance.lma.in_memory import (
    STRANGER,
    anchor_settings,
    reference_declaration,
    reference_esp,
    run_case_in_memory,
)
from pmip6.conformance.lma.probe import Difference, Prober
from pmip6.conformance.lma.probed import corrected
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.verdict import Verdict
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.errors import Pmip6Error
from pmip6.model.state import forwarding, sequence_numbers, several_interfaces
from pmip6.model.wire.numbers import TIMESTAMP_UNITS_PER_SECOND
from pmip6.reports.cli import run
from pmip6.vectors.lma.purposes import purposes_named

Change = Callable[[AnchorSettings], AnchorSettings]
AHEAD_MS = 7_000
NODES = 30


class AheadLink(VirtualLink):
    """A link to an anchor whose clock is ahead."""

    def send(self, packet: bytes) -> None:
        """The anchor finds it later than the tester does."""
        later = self.time_of_day() + AHEAD_MS * TIMESTAMP_UNITS_PER_SECOND // 1000
        answers = self.anchor.receive(packet, self.now_ms(), later)
        self._waiting.extend((self.now_ms(), answer) for answer in answers)


class SilentLink(VirtualLink):
    """Nobody is there."""

    def send(self, packet: bytes) -> None: ...


def _found(
    declared: Declaration,
    change: Change = lambda told: told,
    kind: type[VirtualLink] = VirtualLink,
) -> list[Difference]:
    nodes = declared.nodes.model_copy(update={"count": NODES})
    declared = declared.model_copy(update={"nodes": nodes})
    settings = anchor_settings(declared, nodes.identifiers(), forwards=True)
    return list(Prober(declared, kind(ReferenceAnchor(change(settings)))).run())


def _without(name: str) -> Change:
    def changed(told: AnchorSettings) -> AnchorSettings:
        rest = tuple(s for s in told.switches if s != name)
        return told.model_copy(update={"switches": rest})

    return changed


def _with(name: str) -> Change:
    def changed(told: AnchorSettings) -> AnchorSettings:
        return told.model_copy(update={"switches": (*told.switches, name)})

    return changed


def _set(**values: object) -> Change:
    return lambda told: told.model_copy(update=values)


def test_the_reference_is_as_declared() -> None:
    assert _found(reference_declaration()) == []


def test_under_esp_too() -> None:
    declared = reference_declaration().model_copy(update={"esp": reference_esp()})
    assert _found(declared) == []


EQUAL = "readings.equal_timestamp_is_lower"
STALE = "readings.stale_and_untimely_is_mismatch"
FOREIGN = "readings.foreign_deregistration_is_acknowledged"
WINDOW = "timers.timestamp_validity_window_ms"
ELSEWHERE = IPv6Network("2001:db8:aaaa::/48")
OTHERWISE: dict[str, tuple[Change, object]] = {
    "features.sequence_numbers": (_without(sequence_numbers.name), False),
    "features.several_interfaces": (_without(several_interfaces.name), False),
    EQUAL: (_with("equal_timestamp_is_lower"), True),
    STALE: (_with("stale_and_untimely_is_mismatch"), True),
    FOREIGN: (_with("foreign_deregistration_is_acknowledged"), True),
    "traffic.forwarding": (_without(forwarding.name), False),
    "timers.long_lifetime_units": (_set(maximum_lifetime_units=50), 50),
    "prefixes.pool": (_set(prefix_pool=ELSEWHERE), str(ELSEWHERE)),
}


@pytest.mark.parametrize("key", OTHERWISE)
def test_a_key_that_does_not_fit_is_found(key: str) -> None:
    change, value = OTHERWISE[key]
    (found,) = _found(reference_declaration(), change)
    assert (found.key, found.value) == (key, value)


@pytest.mark.parametrize("known", [20, 22, 29])
def test_nodes_that_it_does_not_know_are_told_and_left_out(known: int) -> None:
    """Nothing else is concluded from what it says of them."""

    def fewer(told: AnchorSettings) -> AnchorSettings:
        return told.model_copy(update={"nodes": told.nodes[:known]})

    (found,) = _found(reference_declaration(), fewer)
    assert (found.key, found.value) == ("nodes.count", known)
    assert found.seen == (
        f"mn{known + 1}@example.org is not served, and mn{known}@example.org is"
    )


def test_user_packets_that_pass_unexpectedly_are_told() -> None:
    declared = reference_declaration()
    traffic = declared.traffic.model_copy(update={"forwarding": False})
    (found,) = _found(declared.model_copy(update={"traffic": traffic}))
    assert (found.key, found.value) == ("traffic.forwarding", True)


def test_who_is_listed() -> None:
    declared = reference_declaration()
    listed = (*declared.tester.proxy_coas[:1], STRANGER)
    found = {d.key: d for d in _found(declared, _set(gateways=listed))}
    assert {"tester.proxy_coas[2]", "tester.unlisted_proxy_coa"} <= set(found)
    assert found["tester.unlisted_proxy_coa"].value is None


@pytest.mark.parametrize("window_ms", [100, 1_500, 5_000])
def test_the_end_of_the_window_is_found(window_ms: int) -> None:
    change = _set(timestamp_validity_window_ms=window_ms)
    (found,) = _found(reference_declaration(), change)
    assert found.key == WINDOW and isinstance(found.value, int)
    assert abs(found.value - window_ms) <= probe_module.LARGEST_MS >> 6


def test_a_clock_that_is_ahead_is_told_and_declared_it_passes() -> None:
    declared = reference_declaration()
    (found,) = _found(declared, kind=AheadLink)
    assert found.key == "timers.clock_offset_ms"
    assert isinstance(found.value, int) and abs(found.value - AHEAD_MS) <= 1
    (purpose,) = purposes_named(["TP_LMA_CHK_BI_18"])
    wrong = run_case_in_memory(purpose, declared, link_to=AheadLink)
    assert wrong.verdict is not Verdict.PASS
    timers = declared.timers.model_copy(update={"clock_offset_ms": found.value})
    right = declared.model_copy(update={"timers": timers})
    assert _found(right, kind=AheadLink) == []
    result = run_case_in_memory(purpose, right, link_to=AheadLink)
    assert result.verdict is Verdict.PASS, result.reason


def test_the_corrected_file_is_whole_and_says_what_was_changed(tmp_path: Path) -> None:
    declared = reference_declaration().model_copy(
        update={"esp": reference_esp(with_data=True)}
    )
    found = [
        Difference("timers.clock_offset_ms", "its clock is ahead", AHEAD_MS),
        Difference("timers.reaction_ms", "an answer took 900 ms", 2_700),
        Difference("tester.proxy_coas[2]", "is not listed"),
        Difference("timers.short_lifetime_units", "cannot be", 0),  # does not fit
    ]
    path = tmp_path / "iut.toml"
    path.write_text(corrected(declared, found), "utf-8")
    read = load_declaration(path)
    timers = declared.timers.model_copy(
        update={"clock_offset_ms": AHEAD_MS, "reaction_ms": 2_700}
    )
    assert read == declared.model_copy(update={"timers": timers})
    text = path.read_text("utf-8")
    assert "#   timers.reaction_ms: an answer took 900 ms; is now 2700" in text
    assert "# Still to be changed, by you:\n#   tester.proxy_coas[2]: is not" in text
    assert "# How long an answer may take." in text


def test_a_declaration_is_written_as_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "iut.toml"
    for esp in ((), reference_esp(), reference_esp(with_data=True)):
        declared = reference_declaration().model_copy(update={"esp": esp})
        path.write_text(commented(declared), "utf-8")
        assert load_declaration(path) == declared


def test_who_does_not_answer_is_one_line() -> None:
    with pytest.raises(Pmip6Error, match="does not answer") as caught:
        _found(reference_declaration(), kind=SilentLink)
    assert caught.value.exit_code == 3


def _written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "iut.toml"
    path.write_text(text, "utf-8")
    return str(path)


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def found(declaration: Declaration) -> list[Difference]:
        return _found(declaration, _set(maximum_lifetime_units=50))

    monkeypatch.setattr(probe_module, "probe_anchor", found)
    file = _written(tmp_path, commented(reference_declaration()))
    out = tmp_path / "corrected.toml"
    assert run(["probe", file, "--out", str(out)]) == 1
    said = capsys.readouterr().out
    assert "timers.long_lifetime_units: a lifetime of 50 is granted" in said
    assert said.endswith("\nreference anchor: 1 difference\n")
    assert load_declaration(out).timers.long_lifetime_units == 50
    monkeypatch.setattr(probe_module, "probe_anchor", _found)
    assert run(["probe", file]) == 0


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("", [], "role: the key is missing"),
        ("role = 'lma'", [], "the key is missing"),
        ("no TOML", [], "is no TOML"),
        (None, [], "cannot be read"),
        (commented(reference_declaration()), ["--out", "no/such/x"], "folder"),
    ],
    ids=["empty", "too little", "no TOML", "not there", "no place"],
)
def test_bad_input_is_one_line(
    text: str | None,
    arguments: list[str],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = "missing.toml" if text is None else _written(tmp_path, text)
    assert run(["probe", file, *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and len(captured.err.splitlines()) == 1
    assert said in captured.err
