"""Gateways with fast handover that do on their links what they must not."""

from __future__ import annotations

from pmip6.conformance.fast_handover.cast import Cast
from pmip6.conformance.mag.faulty_links import Leaking
from pmip6.conformance.mag.port import ToNetwork
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.ipv6 import encode_ipv6
from pmip6.model.wire.messages import HandoverInitiate
from pmip6.model.wire.options import MobileNodeIdentifier

CAST = Cast()
"""Who takes part in cases in memory."""


class _Hasty(VirtualGatewayLink):
    """A gateway that hands over whatever node it is told of."""

    def indicate_handover(self, node: bytes, access_point: str) -> None:
        """Send an HI where none goes out."""
        before = len(self._waiting)
        super().indicate_handover(node, access_point)
        if len(self._waiting) == before:
            message = HandoverInitiate(1, 0, (MobileNodeIdentifier(CAST.node),))
            ends = self.gateway.settings.proxy_coa, CAST.other
            octets = encode(message, *ends)
            self._take([ToNetwork(encode_ipv6(*ends, octets))])


class _Leaking(Leaking):
    """A gateway that passes on what it has to drop or to hold back."""

    receiver = CAST.link_layer
    ends = CAST.scene.gateway, CAST.scene.anchor


HANDOVER_LINKS: dict[str, type[VirtualGatewayLink]] = {
    "hands over a node that it does not have": _Hasty,
    "passes on what it must drop": _Leaking,
}
"""Such gateways, by what they do."""
