"""Who takes part in a case for fast handover: its node, and the gateway that it expects."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, IPv6Network

from pmip6.conformance.mag.settings import (
    Asked,
    FastHandoverSettings,
    GatewaySettings,
    PolicyProfile,
)
from pmip6.vectors.fast_handover.model import GATEWAY, OTHER, HandoverScene
from pmip6.vectors.mag.answers import Scene

ANCHOR = IPv6Address("2001:db8:1::1")
ACCESS_POINT, NOWHERE = "ap-other", "ap-nowhere"
GRANTED_UNITS = 150
NODE = Scene(
    node=b"mn1@example.org",
    link_layer=bytes.fromhex("020000000001"),
    gateway=GATEWAY,
    anchor=ANCHOR,
    prefixes=(
        IPv6Network("2001:db8:100:2::/64"),
        IPv6Network("2001:db8:100:3::/64"),
    ),
    long_units=GRANTED_UNITS,
)


@dataclass(frozen=True)
class Cast:
    """Who takes part in a case; cases against one gateway have a node each.

    Args:
        scene: The node, the gateway and its anchor.
        other: The other gateway, which the tester plays.
        access_point: What the access network calls an access point of it.
        nowhere: The same of one that belongs to no gateway that is known.
        has_gre_keys: Packets between the gateways have GRE headers with a key.
    """

    scene: Scene = field(default=NODE)
    other: IPv6Address = OTHER
    access_point: str = ACCESS_POINT
    nowhere: str = NOWHERE
    has_gre_keys: bool = False

    @property
    def node(self) -> bytes:
        """The identifier of the node."""
        return self.scene.node

    @property
    def gre_key(self) -> int | None:
        """By which the other gateway expects packets of the node, None without keys."""
        return int.from_bytes(self.link_layer[-4:]) if self.has_gre_keys else None

    @property
    def third(self) -> IPv6Address:
        """The address of a gateway that nothing is asked of."""
        taken = (self.scene.gateway, self.scene.anchor)
        following = (self.other + n for n in (1, 2, 3))
        return next(address for address in following if address not in taken)

    @property
    def stranger(self) -> bytes:
        """An identifier that no gateway knows, and no other case uses."""
        return b"no-" + self.scene.node

    @property
    def link_layer(self) -> bytes:
        """The link-layer address of the node."""
        return self.scene.link_layer

    def prefix(self, *, is_other: bool = False) -> IPv6Network:
        """The prefix of the node, or another one that an anchor gives it."""
        return self.scene.prefixes[is_other]

    @property
    def address(self) -> IPv6Address:
        """The address of the node."""
        return self.scene.node_address

    @property
    def link_local(self) -> IPv6Address:
        """Its link-local address."""
        return self.scene.node_link_local

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
    """How long a tester waits for what follows at once.

    Args:
        reaction_ms: How long the tester waits.
        grace_ms: How much longer, where something has not come; on real links both
            clocks go on between two packets.
        tolerance_ms: How far off the end of a timer of the gateway may be.
        answer_ms: How long the gateway takes for an answer of the tester.
    """

    reaction_ms: int = 50
    grace_ms: int = 0
    tolerance_ms: int = 0
    answer_ms: int = 0


IN_MEMORY = Times()


def settings_of(
    scene: HandoverScene,
    casts: Iterable[Cast],
    declared: Mapping[str, object] | None = None,
) -> GatewaySettings:
    """The settings of a gateway as cases expect it.

    Args:
        scene: What the cases are for.
        casts: Who takes part in each.
        declared: What is otherwise, by attribute of the settings for fast handover.
    """
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
            gateways=(OTHER, Cast().third),
            access_points={ACCESS_POINT: OTHER},
            offers=asked,
            fetches=asked,
            asks=None if asked is Asked.FORWARDING else Asked.FORWARDING,
            buffer_packets=0 if scene is HandoverScene.NO_BUFFER else 64,
            forwards=scene is not HandoverScene.NO_FORWARDING,
            gre_keys=scene is HandoverScene.GRE_KEYS,
        ).model_copy(update=declared),
    )
