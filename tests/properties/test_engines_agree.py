"""Every engine that finishes on a faulty model says the same of it."""

import engines_agree
import pytest

from pmip6.model.domain import Model
from pmip6.model.shipped.named import NAMED
from pmip6.properties.faults.mutants import mutants

pytestmark = pytest.mark.compiler

BY_DAY = "second-entry"
SHARE = 97
"""One mutant of so many by night; `tests/engines_agree.py` takes any share, or all."""


@pytest.mark.nightly
@pytest.mark.parametrize("name", [*mutants()][1::SHARE])
def test_a_mutant_has_the_same_verdicts_everywhere(name: str) -> None:
    fault = mutants()[name]
    place = engines_agree.place_of(fault)
    if place is None:
        pytest.skip("no configuration in which all engines are quick has another rule")
    found = engines_agree.verdicts(Model(NAMED[place], fault.rules))
    assert found.different == []
    assert found.unfinished or {"--slice", "--symmetry", "--compact"} <= set(
        found.asked
    )


def test_the_mutant_of_the_day_is_asked_of_every_engine() -> None:
    """It breaks a property, so that random runs have something to say, too."""
    found = engines_agree.verdicts(Model(NAMED["no-restart"], mutants()[BY_DAY].rules))
    engines = {"--slice", "--symmetry", "--compact", "plain", "spin", "prove", "fuzz"}
    assert set(found.asked) == engines
    assert found.different == []
