"""The golden exchanges of a gateway on real links, against the gateway as a process."""

from pathlib import Path

import pytest
from golden_lanes import assert_agreement
from golden_runner import duration_ms, load, names

LANE = Path(__file__).parent / "programs" / "golden_gateway_lane.py"
NOT_ON_THE_WIRE = {"GX-MAG-094", "GX-FH-016"}
"""Both are uncertain: one has a link of ordinary hosts and is run in memory, of the other
the reference gateway takes another reading."""
CHOSEN = [
    name
    for name in names()
    if name.startswith(("GX-MAG-", "GX-FH-")) and name not in NOT_ON_THE_WIRE
]
AT_ONCE_MS = 1500
"""Exchanges that take no longer are run by every test run."""


def _is_long(name: str) -> bool:
    return duration_ms(load(name)) > AT_ONCE_MS


def _assert_agreement(
    chosen: list[str], lanes: int, environment: dict[str, str]
) -> None:
    assert_agreement(LANE, {name: name for name in chosen}, lanes, environment)


def test_all_that_are_certain_are_run_on_the_wire() -> None:
    assert not any(load(name)["certain"] for name in NOT_ON_THE_WIRE)


@pytest.mark.wire
def test_the_gateway_agrees_on_the_wire(environment: dict[str, str]) -> None:
    chosen = [name for name in CHOSEN if not _is_long(name)]
    assert len(chosen) == 27
    _assert_agreement(chosen, 5, environment)


@pytest.mark.wire
@pytest.mark.nightly
def test_the_gateway_agrees_on_the_wire_where_it_takes_long(
    environment: dict[str, str],
) -> None:
    chosen = [name for name in CHOSEN if _is_long(name)]
    assert len(chosen) == 83
    _assert_agreement(chosen, 14, environment)
