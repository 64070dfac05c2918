"""Hooks around a campaign: started, asked for its state, stopped, whatever happens."""

import time
from pathlib import Path

import pytest

from pmip6.conformance.hooks import Hooks, run_hook, state_by
from pmip6.conformance.lma.certify import with_evidence
from pmip6.conformance.lma.in_memory import reference_declaration
from pmip6.conformance.results import CampaignResult, Ended, Probed, tell_nobody
from pmip6.conformance.seal import faults_of
from pmip6.model.errors import Pmip6Error


def _hooks(log: Path, **others: tuple[str, ...]) -> Hooks:
    def say(word: str) -> tuple[str, ...]:
        return ("sh", "-c", f"echo {word} >> {log}")

    return Hooks(
        **{"start": say("start"), "stop": say("stop"), "alive": (), "restart": ()}
        | others
    )


def _result(ended: Ended, probed: Probed) -> CampaignResult:
    return CampaignResult(reference_declaration(), ())


def _interrupted(ended: Ended, probed: Probed) -> CampaignResult:
    raise KeyboardInterrupt


def test_its_state_is_kept_before_and_after(tmp_path: Path) -> None:
    log, out = tmp_path / "log", tmp_path / "evidence"
    hooks = _hooks(log, state=("cat", str(log)))
    declared = reference_declaration()
    with_evidence(declared, hooks, _result, out=out, ended=tell_nobody)
    assert log.read_text() == "start\nstop\n"
    assert (out / "state-before.txt").read_text() == "start\n"
    assert (out / "state-after.txt").read_text() == "start\n"
    assert faults_of(out) == []
    (out / "state-after.txt").unlink()
    assert faults_of(out) == ["state-after.txt: is not there"]


@pytest.mark.parametrize("keeps", [True, False])
def test_it_is_stopped_when_the_campaign_is_interrupted(
    keeps: bool, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    out = tmp_path / "evidence" if keeps else None
    with pytest.raises(KeyboardInterrupt):
        with_evidence(
            reference_declaration(),
            _hooks(log),
            _interrupted,
            out=out,
            ended=tell_nobody,
        )
    assert log.read_text() == "start\nstop\n"


def test_a_state_that_cannot_be_told_says_why(tmp_path: Path) -> None:
    hooks = _hooks(tmp_path / "log", state=("false",))
    assert "hooks.state: false: exit status 1" in (state_by(hooks) or "")
    assert state_by(_hooks(tmp_path / "log")) is None


def test_a_stop_that_fails_is_one_line(tmp_path: Path) -> None:
    hooks = _hooks(tmp_path / "log", stop=("false",))
    with pytest.raises(Pmip6Error, match="exit status 1"):
        with_evidence(
            reference_declaration(), hooks, _result, out=None, ended=tell_nobody
        )


def test_a_daemon_that_a_hook_leaves_behind_is_not_waited_for() -> None:
    began = time.monotonic()
    assert (
        run_hook("start", ("sh", "-c", "echo up; sleep 20 & echo $!")).split()[0]
        == "up"
    )
    assert time.monotonic() - began < 15
