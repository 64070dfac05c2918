"""A case that has failed can be run again at once: it leaves no session behind."""

import pytest

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.in_memory import (
    anchor_settings,
    reference_declaration,
    run_case_in_memory,
)
from pmip6.conformance.lma.lane import NodeSupply, anchor_campaign
from pmip6.conformance.verdict import Verdict
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.language.table import Rule
from pmip6.model.lma.rules import lma
from pmip6.vectors.lma.purposes import purposes_named

CASES = {
    "hand_off": ("TP_LMA_HO_BV_01", "TP_LMA_HO_BV_02", "TP_LMA_HO_BV_03"),
    "extend": ("TP_LMA_EXT_BV_01", "TP_LMA_EXT_BV_03", "TP_LMA_EXT_TI_02"),
    "deregister": ("TP_LMA_DER_BV_01", "TP_LMA_DER_BV_02"),
    "allocate": ("TP_LMA_REG_BV_01", "TP_LMA_REG_TI_01"),
}
"""Cases that fail where a rule is not answered."""
FEW = 60
"""Nodes, most of which may ask for a prefix by name."""


def _unanswered(name: str) -> tuple[Rule, ...]:
    """The rules of the anchor, one of which does what it has to, and answers nothing."""
    return tuple(r.changed(sends=()) if r.name == name else r for r in lma.rules)


def _verdicts(link: VirtualLink, declared: Declaration, name: str) -> list[Verdict]:
    """The verdicts of a campaign; each packet belongs to a case."""
    campaign = anchor_campaign(declared, link, second=link.now_ms() // 1000)
    result = campaign.run(list(purposes_named(CASES[name])))
    assert result.strays == ()
    return [case.verdict for case in result.cases]


@pytest.mark.parametrize("name", CASES)
def test_what_a_failed_case_registers_it_ends(name: str) -> None:
    """The anchor has no session that is not in its deletion delay."""
    anchors: list[ReferenceAnchor] = []

    def link_to(anchor: ReferenceAnchor) -> VirtualLink:
        anchors.append(anchor)
        return VirtualLink(anchor)

    for purpose in purposes_named(CASES[name]):
        result = run_case_in_memory(
            purpose,
            reference_declaration(),
            rules=_unanswered(name),
            link_to=link_to,
            others_follow=True,
        )
        assert result.verdict is Verdict.FAIL
        assert "REGISTERED" not in {entry.state for entry in anchors[-1].state()}


def test_cases_that_failed_fail_again_at_once() -> None:
    """Not even the deletion delay of the first run is over."""
    name, every = "extend", reference_declaration()
    nodes = every.nodes.model_copy(update={"count": FEW})
    declared = every.model_copy(update={"nodes": nodes})
    settings = anchor_settings(declared, nodes.identifiers())
    link = VirtualLink(ReferenceAnchor(settings, rules=_unanswered(name)))
    failed = [Verdict.FAIL] * len(CASES[name])
    for _ in range(3):
        assert _verdicts(link, declared, name) == failed


def test_a_campaign_begins_with_other_nodes_than_the_one_before() -> None:
    declared = reference_declaration()
    (purpose,) = purposes_named(("TP_LMA_HO_BV_01",))
    found = [NodeSupply(declared, second).nodes_for(purpose) for second in range(60)]
    first = {str(nodes) for nodes in found}
    assert len(first) == len(found) and all(isinstance(n, tuple) for n in found)
