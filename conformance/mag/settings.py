"""What a reference gateway is told: its own variables and those of its domain."""

from collections.abc import Iterator
from enum import StrEnum
from ipaddress import IPv4Interface, IPv6Address, IPv6Network
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pmip6.conformance.settings_rules import (
    GlobalAddress,
    inconsistent,
    numbered,
    refuse_pattern,
    refuse_repetition,
)
from pmip6.conformance.wire.esp_end import (
    EspSettings,
    GatewayEsp,
    refuse_ambiguity,
)

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)
_LINK_LAYER = r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$"

LinkLayerAddress = Annotated[str, Field(pattern=_LINK_LAYER)]


class PolicyProfile(BaseModel):
    """One mobile node that the gateway serves, or one of its interfaces (RFC 5213, 6.2).

    Attributes:
        identifier: Its Mobile Node Identifier, a NAI; with a `*` in it that of several
            nodes, which stands for the numbers from 1 to `count`.
        count: How many they are.
        link_layer_address: That of its interface, by which it is recognised; of the first
            of several, and the others have the next ones.
        authorised: Whether it gets access.
        home_network_prefixes: Prefixes that the profile tells; the gateway asks for
            them by name.
        enable_mag_local_routing: Whether its packets are routed locally, where that is
            not left to the gateway's flag (RFC 5213, section 9.2).
        ipv4_home_address: Its IPv4 home address, which a fast handover tells the next
            gateway of; the gateway itself forwards no IPv4.
    """

    model_config = _STRICT

    identifier: Annotated[str, Field(examples=["mn1@example.org"], min_length=1)]
    count: Annotated[int | None, Field(examples=[100], ge=1, le=0xFFFF)] = None
    link_layer_address: Annotated[
        LinkLayerAddress, Field(examples=["02:00:00:00:01:01"])
    ]
    authorised: bool = True
    home_network_prefixes: Annotated[
        tuple[IPv6Network, ...], Field(examples=[["2001:db8:100:1::/64"]])
    ] = ()
    enable_mag_local_routing: bool | None = None
    ipv4_home_address: IPv4Interface | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        refuse_pattern(self.identifier, self.count)
        return self

    @property
    def link_layer(self) -> bytes:
        """The link-layer address in octets."""
        return bytes.fromhex(self.link_layer_address.replace(":", ""))

    def each(self) -> Iterator[Self]:
        """The nodes that it stands for, one by one."""
        if self.count is None:
            yield self
            return
        first = int.from_bytes(self.link_layer)
        for place, name in enumerate(numbered(self.identifier, self.count)):
            layer = (first + place).to_bytes(6).hex(":")
            found = {"identifier": name, "count": None, "link_layer_address": layer}
            yield self.model_copy(update=found)


class Asked(StrEnum):
    """What an HI of the gateway asks for beside the context (RFC 5949, section 4.1)."""

    CONTEXT = "context"
    BUFFERING = "buffering"
    FORWARDING = "forwarding"


class FastHandoverSettings(BaseModel):
    """What a gateway with fast handover is told (RFC 5949).

    Attributes:
        gateways: The other gateways that it hands nodes over to, and gets them from.
        access_points: The gateway that each access point belongs to.
        offers: What its HIs ask for as previous gateway.
        fetches: What its HIs ask for as new gateway.
        asks: What it asks for as new gateway, once it has the context without a tunnel;
            nothing where None (RFC 5949, section 4.1, step e).
        buffer_packets: Packets that it can hold back for a node.
        forwards: Whether it can forward the packets of a node to another gateway.
        initiate_timeout_ms: Twice the round trip to another gateway, or 100 ms.
        initiate_retries: HI_RETRIES (RFC 5568, section 9).
        forwarding_lifetime_ms: How long it forwards; the RFC names no such time.
        context_lifetime_ms: How long it keeps a context; the RFC names no such time.
        detachment_delay_ms: How long after a node has left its registration ends, so that
            the new gateway can still ask for its context; the RFC names no such time.
        esp: Security associations with the other gateways; if there are any, HI and HAck
            are sent under them, and none is taken outside.
        gre_keys: Packets go to and come from other gateways with GRE headers that have a
            key, which HI and HAck tell (RFC 5949, sections 4.2 and 6.2.6).
    """

    model_config = _STRICT

    gateways: Annotated[
        tuple[GlobalAddress, ...], Field(examples=[["2001:db8:1::12"]], min_length=1)
    ]
    access_points: Annotated[
        dict[str, GlobalAddress], Field(examples=[{"ap-2": "2001:db8:1::12"}])
    ] = {}
    offers: Asked = Asked.FORWARDING
    fetches: Asked = Asked.FORWARDING
    asks: Literal[Asked.BUFFERING, Asked.FORWARDING] | None = None
    buffer_packets: Annotated[int, Field(ge=0)] = 64
    forwards: bool = True
    initiate_timeout_ms: Annotated[int, Field(ge=1)] = 100
    initiate_retries: Annotated[int, Field(ge=0, le=10)] = 3
    forwarding_lifetime_ms: Annotated[int, Field(ge=1)] = 10_000
    context_lifetime_ms: Annotated[int, Field(ge=1)] = 10_000
    detachment_delay_ms: Annotated[int, Field(ge=0)] = 0
    esp: tuple[GatewayEsp, ...] = ()
    gre_keys: bool = False

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        for name, gateway in self.access_points.items():
            if gateway not in self.gateways:
                raise inconsistent(
                    f"fast_handover.access_points.{name}",
                    f"{gateway} is no gateway of fast_handover.gateways",
                    "list it there",
                )
        refuse_repetition(
            (
                (f"fast_handover.esp[{n}].gateway", one.gateway)
                for n, one in self._esp()
            ),
            "each gateway has associations of its own",
        )
        refuse_repetition(
            (
                (f"fast_handover.esp[{n}].spi_from_gateway", one.spi_from_gateway)
                for n, one in self._esp()
            ),
            "each gateway has associations of its own",
        )
        if self.esp and {one.gateway for one in self.esp} != set(self.gateways):
            raise inconsistent(
                "fast_handover.esp",
                "has other gateways than fast_handover.gateways",
                "give each of them one table, and no other one",
            )
        return self

    def _esp(self) -> Iterator[tuple[int, GatewayEsp]]:
        return iter(enumerate(self.esp, 1))


class GatewaySettings(BaseModel):
    """Settings of a reference gateway; nothing that matters on the wire has a default.

    Attributes:
        proxy_coa: Address of the egress interface (RFC 5213, section 2.2).
        lma_address: LMAA, the anchor of all listed nodes.
        nodes: Their policy profiles.
        access_technology: Number of the access technology (RFC 5213, section 8.5).
        tells_link_layer_identifiers: Whether the identifiers of the interfaces are
            known for requests.
        link_layer_address: That of the gateway on the access link; the variable
            FixedMAGLinkLayerAddressOnAllAccessLinks where it is fixed.
        fixed_mag_link_local_address: FixedMAGLinkLocalAddressOnAllAccessLinks; all zero
            lets the anchor say it.
        timestamp_based_approach_in_use: Else sequence numbers order the requests.
        enable_mag_local_routing: EnableMAGLocalRouting (RFC 5213, section 9.2).
        lifetime_units: Lifetime that registrations ask for, in units of 4 s.
        renew_after_percent: When a granted lifetime is renewed.
        initial_bindack_timeout_ms: INITIAL_BINDACK_TIMEOUT (RFC 6275, section 12).
        max_bindack_timeout_ms: MAX_BINDACK_TIMEOUT (RFC 6275, section 12).
        ties_prefix_lifetimes: Prefixes are advertised for as long as the registration
            lasts, not without end (RFC 5213, section 6.7).
        answers_to_all_nodes: Solicitations are answered to all nodes of the link, not to
            who asked (RFC 4861, section 6.2.6).
        dhcp_servers: Where DHCP messages of nodes are relayed to; none turns that off.
        path_mtu: MTU of the path to the anchor.
        access_link_mtu: MTU of the access link.
        visited_prefixes: Local prefixes that nodes without mobility service have regular
            IPv6 access with (RFC 5213, section 6.14); none turns that off.
        esp: Security associations with the anchor; if there are any, the gateway sends no
            request outside them and takes no answer.
        fast_handover: Fast handover between gateways; none without it.
    """

    model_config = _STRICT

    proxy_coa: Annotated[GlobalAddress, Field(examples=["2001:db8:1::11"])]
    lma_address: Annotated[GlobalAddress, Field(examples=["2001:db8:1::1"])]
    nodes: Annotated[
        tuple[PolicyProfile, ...],
        Field(
            examples=[
                [
                    {
                        "identifier": "mn1@example.org",
                        "link_layer_address": "02:00:00:00:01:01",
                    }
                ]
            ]
        ),
    ]
    access_technology: Annotated[int, Field(examples=[4], ge=1, le=255)]
    tells_link_layer_identifiers: bool = True
    link_layer_address: Annotated[
        LinkLayerAddress, Field(examples=["00:00:5e:00:52:13"])
    ]
    fixed_mag_link_local_address: Annotated[IPv6Address, Field(examples=["fe80::1"])]
    timestamp_based_approach_in_use: bool = True
    enable_mag_local_routing: bool = False
    lifetime_units: Annotated[int, Field(examples=[900], ge=1, le=0xFFFF)]
    renew_after_percent: Annotated[int, Field(ge=1, le=99)] = 75
    initial_bindack_timeout_ms: Annotated[int, Field(ge=1)] = 1000
    max_bindack_timeout_ms: Annotated[int, Field(ge=1)] = 32000
    ties_prefix_lifetimes: bool = False
    answers_to_all_nodes: bool = False
    dhcp_servers: Annotated[
        tuple[IPv6Address, ...], Field(examples=[["2001:db8:1::1"]])
    ] = ()
    path_mtu: Annotated[int, Field(ge=1280)] = 1500
    access_link_mtu: Annotated[int, Field(ge=1280)] = 1500
    visited_prefixes: Annotated[
        tuple[IPv6Network, ...], Field(examples=[["2001:db8:5:1::/64"]])
    ] = ()
    esp: tuple[EspSettings, ...] = ()
    fast_handover: FastHandoverSettings | None = None

    @field_validator("nodes")
    @classmethod
    def _each(cls, nodes: tuple[PolicyProfile, ...]) -> tuple[PolicyProfile, ...]:
        return tuple(one for node in nodes for one in node.each())

    @property
    def link_layer(self) -> bytes:
        """The link-layer address of the gateway in octets."""
        return bytes.fromhex(self.link_layer_address.replace(":", ""))

    @property
    def fixes_link_local_address(self) -> bool:
        """Whether the gateway's link-local address is one for the whole domain."""
        return int(self.fixed_mag_link_local_address) != 0

    @property
    def interfaces(self) -> dict[bytes, PolicyProfile]:
        """The profiles by what the model takes for a node: an interface.

        The binding update list has an entry for each (RFC 5213, section 6.1).  The first
        one of a node has its identifier.
        """
        found: dict[bytes, PolicyProfile] = {}
        for node in self.nodes:
            name = node.identifier.encode()
            if name in found:
                name += f" on {node.link_layer_address}".encode()
            found[name] = node
        return found

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        fixed = self.fixed_mag_link_local_address
        if int(fixed) and not fixed.is_link_local:
            raise inconsistent(
                "fixed_mag_link_local_address",
                f"{fixed} is no link-local address",
                "write an address of fe80::/64, or :: for none",
            )
        tells_apart = self.tells_link_layer_identifiers and self.fast_handover is None
        for key, values in (
            ("identifier", [node.identifier for node in self.nodes]),
            ("link_layer_address", [node.link_layer_address for node in self.nodes]),
        ):
            if key == "identifier" and tells_apart:
                continue  # a node may have several interfaces
            refuse_repetition(
                (
                    (f"nodes[{number}].{key}", value)
                    for number, value in enumerate(values, 1)
                ),
                "every node needs one of its own",
            )
        refuse_repetition(
            [("proxy_coa", self.proxy_coa), ("lma_address", self.lma_address)],
            "the gateway and its anchor need an address each",
        )
        refuse_ambiguity(self.esp, (self.proxy_coa,))
        others = () if self.fast_handover is None else self.fast_handover.gateways
        refuse_repetition(
            [
                ("proxy_coa", self.proxy_coa),
                *((f"fast_handover.gateways[{n}]", g) for n, g in enumerate(others, 1)),
            ],
            "every gateway needs an address of its own",
        )
        return self
