"""The golden exchanges of an anchor: in memory under virtual time, and on a real link."""

from pathlib import Path

import pytest
from golden_lanes import assert_agreement
from golden_matching import Disagreement
from golden_runner import (
    NOT_COVERED,
    SWITCHES,
    Run,
    covered,
    duration_ms,
    load,
    names,
    settings_of,
)

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.wire.virtual import VirtualLink

LANE = Path(__file__).parent / "programs" / "golden_lane.py"
COVERED = covered("GX-LMA-")
LANES = 12
AT_ONCE_MS = 5000
"""Exchanges that take no longer on the wire are run by every test run."""


def _run_in_memory(name: str) -> None:
    exchange = load(name)
    anchor = ReferenceAnchor(settings_of(exchange, *SWITCHES.get(name, ())))
    Run(exchange, VirtualLink(anchor)).run()


def _is_long(name: str) -> bool:
    return duration_ms(load(name)) > AT_ONCE_MS


def test_every_exchange_is_run_or_listed() -> None:
    assert set(NOT_COVERED) <= set(names())
    assert len(COVERED) == 156


def test_every_certain_exchange_is_run_in_memory_and_on_the_wire() -> None:
    certain = {n for n in names() if n.startswith("GX-LMA-") and load(n)["certain"]}
    assert len(certain) == 128
    assert certain <= set(COVERED)


def test_only_uncertain_exchanges_take_the_other_reading() -> None:
    assert not any(load(name)["certain"] for name in SWITCHES)


@pytest.mark.parametrize("name", COVERED)
def test_the_anchor_agrees_in_memory(name: str) -> None:
    _run_in_memory(name)


@pytest.mark.parametrize("name", [n for n in NOT_COVERED if n.startswith("GX-LMA-")])
def test_a_listed_exchange_does_disagree(name: str) -> None:
    with pytest.raises((Disagreement, ValueError)):
        _run_in_memory(name)


# ---- on the wire -----------------------------------------------------------------------


def _assert_agreement(
    chosen: list[str], lanes: int, environment: dict[str, str]
) -> None:
    arguments = {n: f"{n}:{','.join(SWITCHES.get(n, ()))}" for n in chosen}
    assert_agreement(LANE, arguments, lanes, environment)


@pytest.mark.wire
def test_the_anchor_agrees_on_the_wire(environment: dict[str, str]) -> None:
    chosen = [name for name in COVERED if not _is_long(name)]
    assert len(chosen) == 142
    _assert_agreement(chosen, LANES, environment)


@pytest.mark.wire
@pytest.mark.nightly
def test_the_anchor_agrees_on_the_wire_where_it_takes_long(
    environment: dict[str, str],
) -> None:
    chosen = [name for name in COVERED if _is_long(name)]
    assert len(chosen) == 14
    _assert_agreement(chosen, len(chosen), environment)
