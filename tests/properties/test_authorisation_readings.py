"""Gateways that are authorised for certain nodes only: an unknown node gets 154 or 153."""

from collections.abc import Iterable

import pytest
from golden_matching import Disagreement
from golden_runner import GATEWAYS, Run, load, settings_of

from pmip6.conformance.lma import anchor as anchor_module
from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.domain import UNLISTED_NODE, configuration_of
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.domain import Configuration, Element, Model, shipped_rules
from pmip6.model.shipped.authorisation_readings import authorised_per_node
from pmip6.model.shipped.configurations import REJECTIONS
from pmip6.model.state import is_barred
from pmip6.properties import protocol
from pmip6.properties.exploration.explore import explore
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome

assert protocol  # it records the properties

OTHER_GATEWAY, ITS_NODE = "MAG2", b"mn2@example.org"


def _barred(settings: AnchorSettings, others: Iterable[Element]) -> Configuration:
    """The configuration in which MAG2 has but one node."""
    chosen = configuration_of(settings)
    gateway = str(GATEWAYS[OTHER_GATEWAY])
    pairs = frozenset((gateway, node) for node in others if node != ITS_NODE)
    return chosen.changed(facts={**chosen.facts, is_barred.name: pairs})


@pytest.mark.parametrize("also_from_unknown", [True, False])
def test_the_exchange_takes_the_first_reading(
    also_from_unknown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chosen(settings: AnchorSettings) -> Configuration:
        nodes = configuration_of(settings).nodes
        known = [n for n in nodes if also_from_unknown or n != UNLISTED_NODE]
        return _barred(settings, known)

    monkeypatch.setattr(anchor_module, "configuration_of", chosen)
    exchange = load("GX-LMA-014")
    settings = settings_of({**exchange, "config": {}})
    rules = tuple(map(authorised_per_node, shipped_rules()))
    run = Run(exchange, VirtualLink(ReferenceAnchor(settings, rules=rules)))
    if also_from_unknown:
        run.run()
    else:
        with pytest.raises(Disagreement, match="status is 153, wanted 154"):
            run.run()


@pytest.mark.compiler
@pytest.mark.parametrize(
    ("barred", "states"),
    [(frozenset[tuple[str, str]](), 40368), (frozenset({("mag1", "mn2")}), 13456)],
)
def test_all_properties_hold(barred: frozenset[tuple[str, str]], states: int) -> None:
    facts = {**REJECTIONS.facts, is_barred.name: barred}
    model = Model(REJECTIONS.changed(facts=facts, variant=authorised_per_node))
    run = explore(model, with_a_case(model, PROPERTIES))
    undecided = {p.name for p in run.properties if p.outcome is Outcome.UNDECIDED}
    assert all(p.outcome is not Outcome.VIOLATED for p in run.properties)
    assert undecided <= REJECTIONS.silent_on | {"no-reuse-in-delay"}
    assert run.states == states
