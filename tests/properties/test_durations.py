"""The relations between the timers that the search finds, and what the document tells."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from pmip6.model.domain import Model
from pmip6.model.shipped.configurations import LATE_REQUESTS
from pmip6.properties import protocol
from pmip6.properties.durations import (
    STAYING,
    Runs,
    ends_in_handoff,
    lapses,
    of_deletion_delay,
    of_lifetime,
)
from pmip6.properties.exploration.explore import explore
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome
from pmip6.properties.unnoticed_handoffs import Handoffs, Place, of_waiting
from pmip6.reports.cli import run

assert protocol  # it records the properties

DOCUMENT = Path(__file__).parents[2] / "docs" / "timers.md"


def test_renewal_and_repetitions_come_before_the_lifetime_ends() -> None:
    assert [found.least for found in of_lifetime()] == [
        *(2, 3, 4),  # nothing is lost
        *(3, 4, 5),
        *(5, 6, 7),
        *(9, 10, 11),
    ]
    assert all(found.least == found.exceeds + 1 for found in of_lifetime())


def test_the_move_and_repetitions_come_before_the_deletion_delay_ends() -> None:
    assert [found.least for found in of_deletion_delay()] == [
        *(1, 2, 3),  # nothing is lost
        *(2, 3, 4),
        *(4, 5, 6),
    ]
    assert all(found.least == found.exceeds + 1 for found in of_deletion_delay())


def test_the_old_gateway_notices_before_the_wait_is_over() -> None:
    assert [found.least for found in of_waiting()] == 3 * [1, 2, 3, 4, 5]
    assert all(found.least == found.exceeds + 1 for found in of_waiting())
    assert [Handoffs(n, 2, 1).split() for n in range(1, 6)] == [True] * 2 + [False] * 3


@pytest.mark.parametrize(("delay", "splits"), [(3, True), (9, False)])
def test_the_anchor_waits_and_hands_over(delay: int, splits: bool) -> None:
    """An end of the session that comes first, last, or too late leads by other rules."""
    taken = {
        name for _, steps in every_step(Handoffs(delay, 8, 1)) for name, _ in steps
    }
    assert taken >= {
        "hold_request",  # it comes before the end of the session
        "hold_newer_request",  # and is repeated
        "hand_over_to_waiting",
        "hand_off",  # it comes after the end of the session
    }
    assert ("allocate_after_waiting" in taken) == splits


def every_step(runs: Handoffs) -> Iterator[tuple[Place, list[tuple[str, Place]]]]:
    first = Place(runs.interpreter.canonical(runs.interpreter.initial()))
    seen, waiting = {first}, [first]
    for place in waiting:
        steps = list(runs.steps(place))
        yield place, steps
        for _, target in steps:
            if target not in seen:
                seen.add(target)
                waiting.append(target)


def test_longer_is_never_worse() -> None:
    assert [lapses(n, 2, 1) for n in range(1, 8)] == [True] * 3 + [False] * 4
    assert [ends_in_handoff(n, 1, 1) for n in range(1, 6)] == [True] * 2 + [False] * 3


def test_without_repetitions_one_loss_ends_a_session() -> None:
    durations = {"binding_lifetime": (9,), "renewal": (2,), "retransmission": (20,)}
    model = Model(STAYING.changed(durations=durations))
    assert [Runs(model, losses).can_take("expire") for losses in (0, 1)] == [
        False,
        True,
    ]


@pytest.mark.compiler
@pytest.mark.parametrize(
    ("lifetime", "renewal", "delay"), list(itertools.product((1, 3), (1, 2), (1, 3)))
)
def test_the_properties_hold_for_these_durations(
    lifetime: int, renewal: int, delay: int
) -> None:
    chosen = LATE_REQUESTS.changed(
        durations={
            "binding_lifetime": (lifetime,),
            "renewal": (renewal,),
            "min_delay_before_bce_delete": (delay,),
        },
        in_flight=1,
        times=3,
        faults=frozenset({"lose"}),
        disabled=LATE_REQUESTS.disabled - {"expire", "renew"},
    )
    model = Model(chosen)
    found = explore(model, with_a_case(model, PROPERTIES))
    undecided = {p.name for p in found.properties if p.outcome is not Outcome.HOLDS}
    assert undecided == {"stale-request.binding"}  # no request overtakes another
    assert not any(p.outcome is Outcome.VIOLATED for p in found.properties)


def test_the_document_is_what_the_command_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["model", "timers"]) == 0
    assert capsys.readouterr().out == DOCUMENT.read_text("utf-8")
