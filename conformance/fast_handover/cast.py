"""Who takes part in a case for fast handover: its node, and the gateway that it expects."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from pmip6.conformance.mag.settings import (
    Asked,
    FastHandoverSettings,
    GatewaySettings,
    PolicyProfile,
)
from pmip6.vectors.fast_handover.model import GATEWAY, OTHER, HandoverScene

ANCHOR = IPv6Address("2001:db8:1::1")
PEER = IPv6Address("2001:db8:200::5")
ACCESS_POINT, NOWHERE = "ap-other", "ap-nowhere"
STRANGER = b"stranger@example.org"
GRANTED_UNITS = 150
PREFIXES = IPv6Network("2001:db8:100::/48")
"""Where the prefixes of the nodes are from."""


@dataclass(frozen=True)
class Cast:
    """The node of a case; cases against one gateway have a node each.

    Args:
        number: Of the node, below 0x4000.
    """

    number: int = 1

    @property
    def node(self) -> bytes:
        """Its identifier."""
        return b"mn%d@example.org" % self.number

    @property
    def link_layer(self) -> bytes:
        """Its link-layer address."""
        return bytes.fromhex("02000000") + self.number.to_bytes(2)

    def prefix(self, *, is_other: bool = False) -> IPv6Network:
        """Its prefix, or another one that an anchor gives it."""
        place = int(PREFIXES.network_address) + ((2 * self.number + is_other) << 64)
        return IPv6Network((place, 64))

    @property
    def address(self) -> IPv6Address:
        """Its address."""
        return self.prefix()[0x00FF_FE00_0101]

    @property
    def link_local(self) -> IPv6Address:
        """Its link-local address."""
        return IPv6Address("fe80::ff:fe00:0") + self.number

    @property
    def profile(self) -> PolicyProfile:
        """What a gateway knows of it."""
        return PolicyProfile(
            identifier=self.node.decode(), link_layer_address=self.link_layer.hex(":")
        )


OFFERS = {
    HandoverScene.BUFFERING: Asked.BUFFERING,
    HandoverScene.CONTEXT: Asked.CONTEXT,
}


@dataclass(frozen=True)
class Times:
    """The times of a gateway, and how long a tester waits for what follows at once.

    Args:
        initiate_ms: How long the gateway waits for the first answer to an HI.
        lifetime_ms: How long it forwards, and keeps a context.
        reaction_ms: How long the tester waits.
        grace_ms: How much longer, where something has not come; on real links both
            clocks go on between two packets.
    """

    initiate_ms: int = 100
    lifetime_ms: int = 10_000
    reaction_ms: int = 50
    grace_ms: int = 0


IN_MEMORY = Times()
ON_THE_WIRE = Times(initiate_ms=400, lifetime_ms=4000, reaction_ms=100, grace_ms=1500)


def settings_of(
    scene: HandoverScene, casts: Iterable[Cast], times: Times = IN_MEMORY
) -> GatewaySettings:
    """The settings of a gateway as cases expect it."""
    asked = OFFERS.get(scene, Asked.FORWARDING)
    return GatewaySettings(
        proxy_coa=GATEWAY,
        lma_address=ANCHOR,
        nodes=tuple(cast.profile for cast in casts),
        access_technology=4,
        link_layer_address="02:00:00:00:00:11",
        fixed_mag_link_local_address=IPv6Address("fe80::1"),
        lifetime_units=GRANTED_UNITS,
        fast_handover=FastHandoverSettings(
            gateways=(OTHER,),
            access_points={ACCESS_POINT: OTHER},
            offers=asked,
            fetches=asked,
            asks=Asked.FORWARDING if scene is HandoverScene.CONTEXT else None,
            buffer_packets=0 if scene is HandoverScene.NO_BUFFER else 64,
            forwards=scene is not HandoverScene.NO_FORWARDING,
            initiate_timeout_ms=times.initiate_ms,
            forwarding_lifetime_ms=times.lifetime_ms,
            context_lifetime_ms=times.lifetime_ms,
        ),
    )
