"""Ten campaigns over the wire give the same verdicts, within the time that is allowed.

`pytest -m nightly -rP` on this file prints the last lines of each campaign.
"""

import os
import subprocess
import sys

import pytest

TIMES = 10
ROLES = {"lma": 572, "mag": 311, "fmag": 248}
"""The demonstrations, and the least number of cases of each."""
IDLE, NEARLY_IDLE = 1.5, 2.0
"""Of how many processors others may make use where a time has to be kept."""


def _verdicts(
    role: str, environment: dict[str, str], *only: str
) -> tuple[dict[str, str], str]:
    """The verdict of each case of a demonstration, or of some, and its last lines."""
    chosen = [word for case in only for word in ("--case", case)]
    done = subprocess.run(
        [sys.executable, "-m", "pmip6.reports.start", "--role", role, *chosen],
        capture_output=True,
        text=True,
        env=environment,
        timeout=600,
    )
    assert done.stderr == ""
    table, _, last = done.stdout.partition("\n\n")
    rows = (line.split() for line in table.splitlines())
    return {row[0]: row[1] for row in rows if row[0].startswith("TP_")}, last


def _repeated(
    role: str, environment: dict[str, str], times: int, *only: str
) -> dict[str, str]:
    """The verdicts of some campaigns, which have to be those of the first one, all PASS."""
    first: dict[str, str] = {}
    for number in range(1, times + 1):
        is_idle = os.getloadavg()[0] < IDLE
        verdicts, last = _verdicts(role, environment, *only)
        print(f"{role}, campaign {number} of {times}: {len(verdicts)} cases\n{last}")
        first = first or verdicts
        assert verdicts == first
        assert set(verdicts.values()) == {"PASS"}
        is_whole = not only  # the beginning of a few cases counts for much
        if is_whole and is_idle and os.getloadavg()[0] < NEARLY_IDLE:
            assert last.splitlines()[2].endswith(": kept")
    return first


@pytest.mark.wire
@pytest.mark.nightly
@pytest.mark.parametrize("role", ROLES)
def test_ten_campaigns_give_the_same_verdicts(
    role: str, environment: dict[str, str]
) -> None:
    """All pass each time; where the machine is idle, each keeps to its limit, too."""
    assert len(_repeated(role, environment, TIMES)) >= ROLES[role]


@pytest.mark.wire
@pytest.mark.nightly
@pytest.mark.parametrize(
    ("role", "cases"),
    [
        ("lma", ("TP_LMA_REG_BV_01", "TP_LMA_HO_BV_01")),
        ("mag", ("TP_MAG_ATT_BV_01",)),
        ("fmag", ("TP_FMAG_BUF_BV_01",)),
    ],
)
def test_a_few_cases_repeated_give_the_same_verdicts(
    role: str, cases: tuple[str, ...], environment: dict[str, str]
) -> None:
    """Each is there every time."""
    assert set(_repeated(role, environment, 2, *cases)) == set(cases)
