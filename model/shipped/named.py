"""Every configuration by its name, and the groups that go by one name."""

from __future__ import annotations

from pmip6.model.domain import Configuration
from pmip6.model.fast_handover.configurations import FAST_HANDOVERS
from pmip6.model.shipped.configurations import CONFIGURATIONS
from pmip6.model.shipped.examples import EXAMPLES
from pmip6.model.shipped.feature_pairs import PAIRS
from pmip6.model.shipped.restart_configurations import RESTARTS

SHIPPED = "shipped"  # what is decided where none is named

GROUPS: dict[str, dict[str, Configuration]] = {
    SHIPPED: CONFIGURATIONS,
    "restarts": RESTARTS,
    "fast-handover": FAST_HANDOVERS,
    "pairs": PAIRS,
    "examples": EXAMPLES,
}
NAMED: dict[str, Configuration] = {
    name: chosen for group in GROUPS.values() for name, chosen in group.items()
}


def expanded(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of configurations, each once, with groups replaced by their members."""
    every = (n for name in names for n in GROUPS.get(name, (name,)))
    return tuple(dict.fromkeys(every))
