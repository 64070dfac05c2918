"""What a reference gateway keeps of each node beside the binding update list entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, IPv6Network

from pmip6.conformance.held_state import Held, told
from pmip6.conformance.mag.settings import GatewaySettings, PolicyProfile
from pmip6.model.mag.access_link import link_local_address
from pmip6.model.mag.advertisement_rules import HomeLink
from pmip6.model.mag.forwarding import HostedNode
from pmip6.model.mag.path_mtu import KnownPath
from pmip6.model.mag.request_construction import Registrant
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.messages import UNSPECIFIED, ProxyBindingUpdate
from pmip6.model.wire.tunnel_packets import Tunnel


@dataclass
class Visitor:
    """A node of the policy store, and what happened with it on this gateway.

    Attributes:
        settings: Of the gateway.
        profile: Its policy profile.
        request: The last request that has not been answered.
        sent_ms: When that was sent.
        sequence: The last sequence number for its session, where these order requests.
        named: Address of the gateway on its link that anchor or gateway have named;
            unspecified where none has, or where it is fixed for the domain.
        addresses: What the node has used as its own on the link.
        told: The prefixes that it has heard of on the link.
        is_advertised: Its link has had an RA.
        announced_ms: When the last RA to all nodes of the link went out.
        announcements: How many of them have.
        announcement_ms: When the next one is due.
        path_mtu: Of the path to the anchor, as far as it is known.
        protect: What puts its tunnel packets under ESP, None where they go as they are.
    """

    settings: GatewaySettings
    profile: PolicyProfile
    path_mtu: int
    request: ProxyBindingUpdate | None = None
    sent_ms: int = 0
    sequence: int = 0
    named: IPv6Address = UNSPECIFIED
    addresses: set[IPv6Address] = field(default_factory=set[IPv6Address])
    told: set[IPv6Network] = field(default_factory=set[IPv6Network])
    is_advertised: bool = False
    announced_ms: int | None = None
    announcements: int = 0
    announcement_ms: int | None = None
    protect: Callable[[bytes], bytes] | None = None

    @property
    def link_layer(self) -> bytes:
        """Link-layer address of the node."""
        return self.profile.link_layer

    @property
    def link_local(self) -> IPv6Address:
        """The address of the gateway on the link of the node (RFC 5213, 6.8)."""
        if self.settings.fixes_link_local_address:
            return self.settings.fixed_mag_link_local_address
        if self.named != UNSPECIFIED:
            return self.named
        return link_local_address(self.settings.link_layer)

    def name(self, address: IPv6Address) -> None:
        """Take the link-local address of an answer, or another if the node has it."""
        own = link_local_address(self.settings.link_layer)
        while own in self.addresses:
            own += 1
        self.named = own if address in self.addresses else address

    def registrant(self, sequence: int, timestamp: int | None) -> Registrant:
        """What the gateway knows of the node when it sends a request."""
        settings = self.settings
        tells = settings.tells_link_layer_identifiers
        return Registrant(
            proxy_coa=settings.proxy_coa,
            lma_address=settings.lma_address,
            technology=settings.access_technology,
            link_layer=self.link_layer if tells else None,
            link_local=None if settings.fixes_link_local_address else self.named,
            lifetime=settings.lifetime_units,
            sequence=sequence,
            timestamp=timestamp,
            identifier=self.profile.identifier.encode(),
        )

    def held(self, now_ms: int) -> Held:
        """What is kept now, where anything is; times are from now on, or until now."""
        octets = None
        if self.request is not None:
            ends = self.settings.proxy_coa, self.settings.lma_address
            octets = encode(self.request, *ends)
        announced, due = self.announced_ms, self.announcement_ms
        return told(
            request=octets,
            request_sent_ms_ago=None if octets is None else now_ms - self.sent_ms,
            sequence=self.sequence,
            named_address="" if self.named == UNSPECIFIED else self.named,
            addresses_of_node=self.addresses,
            advertised_prefixes=self.told,
            is_advertised=self.is_advertised,
            announced_ms_ago=None if announced is None else now_ms - announced,
            announcements=self.announcements,
            next_announcement_in_ms=None if due is None else due - now_ms,
            path_mtu=self.path_mtu if self.path_mtu != self.settings.path_mtu else None,
        )

    def leave(self) -> None:
        """Forget what was on the link."""
        self.addresses.clear()
        self.told.clear()
        self.is_advertised = False
        self.announced_ms, self.announcements, self.announcement_ms = None, 0, None

    def home_link(
        self, prefixes: Iterable[IPv6Network], visited: Iterable[IPv6Network] = ()
    ) -> HomeLink:
        """The link that it is to see now; what it has heard of before is withdrawn.

        Args:
            prefixes: Of its session.
            visited: Of regular access, where it has no session.
        """
        now, visited = set(prefixes), tuple(visited)
        offered = now or set(visited)
        self.told |= offered
        return HomeLink(
            prefixes=tuple(sorted(now)),
            withdrawn=tuple(sorted(self.told - offered)),
            link_local=self.link_local,
            link_layer=self.settings.link_layer,
            path=KnownPath(self.path_mtu),
            access_link_mtu=self.settings.access_link_mtu,
            visited=visited,
        )

    def hosted(self, prefixes: tuple[IPv6Network, ...]) -> HostedNode:
        """The node with its established binding, as forwarding sees it."""
        settings = self.settings
        ends = settings.proxy_coa, settings.lma_address
        tunnel = Tunnel(*ends, self.path_mtu, protect=self.protect)
        return HostedNode(
            self.link_layer,
            prefixes,
            tunnel,
            policy=self.profile.enable_mag_local_routing,
        )
