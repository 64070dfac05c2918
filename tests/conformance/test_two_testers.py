"""Another tester on the same link, with nodes and addresses of its own."""

from dataclasses import replace
from ipaddress import IPv6Address

import pytest

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.in_memory import anchor_settings, reference_declaration
from pmip6.conformance.lma.lane import anchor_campaign
from pmip6.conformance.results import CampaignResult
from pmip6.conformance.verdict import Verdict
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.ipv6 import decode_packet, encode_ipv6
from pmip6.model.wire.messages import ProxyBindingAcknowledgement
from pmip6.model.wire.options import MobileNodeIdentifier
from pmip6.vectors.lma.purposes import purposes_named

DECLARED = reference_declaration()
CASES = ["TP_LMA_REG_BV_01", "TP_LMA_HO_BV_01"]
THEIR_NODE, THEIR_ADDRESS = b"node-1@example.net", IPv6Address("2001:db8:1::77")


class _Shared(VirtualLink):
    """A link on which a PBA comes before each own one, with the same sequence number.

    Attributes:
        node: The node of that PBA; None for that of the own one.
        address: Where it goes; None for that of the own one.
    """

    node: bytes | None = THEIR_NODE
    address: IPv6Address | None = THEIR_ADDRESS

    def send(self, packet: bytes) -> None:
        """Give a packet to the anchor."""
        before = len(self._waiting)
        super().send(packet)
        own = list(self._waiting)[before:]
        for _ in own:
            self._waiting.pop()
        for when_ms, answer in own:
            self._waiting += [(when_ms, self._theirs(answer)), (when_ms, answer)]

    def _theirs(self, answer: bytes) -> bytes:
        found = decode_packet(answer)
        assert found is not None
        header, message = found[0], found[1].message
        assert isinstance(message, ProxyBindingAcknowledgement)
        options = tuple(
            replace(o, identifier=self.node or o.identifier)
            if isinstance(o, MobileNodeIdentifier)
            else o
            for o in message.options
        )
        to = self.address or header.destination
        octets = encode(replace(message, options=options), header.source, to)
        return encode_ipv6(header.source, to, octets)


def _run(link: VirtualLink, name: str = CASES[0]) -> CampaignResult:
    return anchor_campaign(DECLARED, link).run(list(purposes_named([name])))


def _link() -> _Shared:
    names = DECLARED.nodes.identifiers()[:60]
    return _Shared(ReferenceAnchor(anchor_settings(DECLARED, names)))


@pytest.mark.parametrize("name", CASES)
def test_answers_to_another_tester_are_of_no_case(name: str) -> None:
    result = _run(_link(), name)
    (case,) = result.cases
    assert (case.verdict, case.findings) == (Verdict.PASS, ())
    assert all(each.endswith(" for another tester") for each in result.strays)
    assert len(result.strays) >= sum(not p.outbound for p in case.packets)
    assert not any(THEIR_ADDRESS.packed in p.data for p in case.packets)


@pytest.mark.parametrize(
    ("node", "address", "said"),
    [
        (None, THEIR_ADDRESS, "destination address: expected "),
        (THEIR_NODE, None, "mobile-node-identifier: expected "),
    ],
    ids=["own node", "own address"],
)
def test_a_wrong_answer_to_this_tester_is_judged(
    node: bytes | None, address: IPv6Address | None, said: str
) -> None:
    """What is right in one of both is for the case, and wrong."""
    link = _link()
    link.node, link.address = node, address
    (case,) = _run(link).cases
    assert case.verdict is not Verdict.PASS
    assert any(finding.text.startswith(said) for finding in case.findings)
