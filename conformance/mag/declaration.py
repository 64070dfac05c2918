"""The declaration of a gateway under test: what it supports, how to reach it.

As that of an anchor it is one TOML file, in which nothing is guessed.  The tester is the
gateway's anchor, its access network and every mobile node on it.
"""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pmip6.conformance.hooks import Hooks
from pmip6.conformance.mag.declared_triggers import TriggerSettings
from pmip6.conformance.mag.judge import DeclaredGateway
from pmip6.conformance.mag.script import GatewayTimers
from pmip6.conformance.mag.settings import LinkLayerAddress
from pmip6.conformance.results import hash_of
from pmip6.conformance.settings_rules import (
    GlobalAddress,
    NeighbourAddress,
    inconsistent,
    numbered,
    refuse_repetition,
)
from pmip6.conformance.wire.esp_end import EspSettings, GatewayEsp, refuse_ambiguity
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.mag.model import GatewayDomain

PREFIX_LENGTH = 64
PREFIXES_PER_NODE = 2

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)


class GatewayTester(BaseModel):
    """How the tester reaches the gateway, from both sides.

    Attributes:
        interface: The tester's interface to the network of gateways and anchors.
        next_hop: Neighbour there that packets to the gateway are given to; it may be the
            gateway.
        lma_address: Address of the tester that the gateway has as its anchor.
        other_address: Another address of that network, from which the gateway must not
            be told anything.
        access_interface: The tester's interface to the access link, where it is every
            node.
        correspondent: Whom the nodes exchange packets with, by the anchor; no packet of
            it goes past the tester.
    """

    model_config = _STRICT

    interface: Annotated[str, Field(examples=["eth1"], min_length=1)]
    next_hop: Annotated[NeighbourAddress, Field(examples=["2001:db8:1::11"])]
    lma_address: Annotated[GlobalAddress, Field(examples=["2001:db8:1::1"])]
    other_address: Annotated[GlobalAddress, Field(examples=["2001:db8:1::99"])]
    access_interface: Annotated[str, Field(examples=["eth2"], min_length=1)]
    correspondent: Annotated[GlobalAddress, Field(examples=["2001:db8:200::5"])]


class ProfiledNode(BaseModel):
    """A node whose policy profile names a prefix.

    Attributes:
        link_layer_address: Of its interface.
        prefix: What the gateway asks for by name; it is not in `prefixes.pool`.
    """

    model_config = _STRICT

    link_layer_address: Annotated[
        LinkLayerAddress, Field(examples=["02:00:00:00:40:01"])
    ]
    prefix: Annotated[IPv6Network, Field(examples=["2001:db8:1f0:1::/64"])]


class GatewayNodes(BaseModel):
    """The mobile nodes that the gateway serves; each case has one of its own.

    Attributes:
        identifiers: Their identifiers (NAI); the `*` in it stands for the numbers from 1
            to `count`.
        first_link_layer_address: Of the interface of node 1; the others have the next
            ones.
        count: How many there are.
        listed: More of them, each with its link-layer address.
        denied: Nodes that the gateway knows and that are not entitled to the service.
        exempt: Nodes whose policy profile forbids local routing, which as such goes on
            (`features.enable_mag_local_routing`), written like those of `denied`.
        profiled: Nodes whose policy profile names a prefix, and that prefix.
    """

    model_config = _STRICT

    identifiers: Annotated[str, Field(examples=["mn*@example.org"], pattern=r"\*")]
    first_link_layer_address: Annotated[
        LinkLayerAddress, Field(examples=["02:00:00:00:10:01"])
    ]
    count: Annotated[int, Field(examples=[350], ge=0, le=0xFFFF)]
    listed: Annotated[
        dict[str, LinkLayerAddress],
        Field(examples=[{"guest@example.org": "02:00:00:00:20:01"}]),
    ]
    denied: Annotated[
        dict[str, LinkLayerAddress],
        Field(examples=[{"denied@example.org": "02:00:00:00:30:01"}]),
    ]
    exempt: Annotated[dict[str, LinkLayerAddress], Field(examples=[{}])]
    profiled: Annotated[
        dict[str, ProfiledNode],
        Field(
            examples=[
                {
                    "profiled@example.org": {
                        "link_layer_address": "02:00:00:00:40:01",
                        "prefix": "2001:db8:1f0:1::/64",
                    }
                }
            ]
        ),
    ]

    def profiles(self) -> list[tuple[str, bytes]]:
        """Identifier and link-layer address of every node."""
        first = int.from_bytes(octets(self.first_link_layer_address))
        found = [
            (name, (first + place).to_bytes(6))
            for place, name in enumerate(numbered(self.identifiers, self.count))
        ]
        return found + [(name, octets(at)) for name, at in self.listed.items()]


class GatewayPrefixes(BaseModel):
    """The prefixes that the tester gives as the gateway's anchor.

    Attributes:
        pool: Where they come from, two of 64 bits for each node.
        outside: An address that is in none of them.
    """

    model_config = _STRICT

    pool: Annotated[IPv6Network, Field(examples=["2001:db8:100::/48"])]
    outside: Annotated[GlobalAddress, Field(examples=["2001:db8:999::1"])]


class GatewayLinks(BaseModel):
    """What the gateway has on its links.

    Attributes:
        access_technology: The Access Technology Type that it tells.
        link_layer_address: Its own on the access link.
        tells_link_layer_identifiers: Its requests have the identifiers of the interfaces.
        fixed_mag_link_local_address: FixedMAGLinkLocalAddressOnAllAccessLinks (RFC 5213,
            section 9.3); all zero where the anchor says it.
        path_mtu, access_link_mtu: MTU of the path to the anchor, and of the access link.
        visited_prefixes: Local prefixes that nodes without the service have regular IPv6
            access with (RFC 5213, section 6.14); none where they have none.
    """

    model_config = _STRICT

    access_technology: Annotated[int, Field(examples=[4], ge=1, le=255)]
    link_layer_address: Annotated[
        LinkLayerAddress, Field(examples=["00:00:5e:00:52:13"])
    ]
    tells_link_layer_identifiers: Annotated[bool, Field(examples=[True])]
    fixed_mag_link_local_address: Annotated[IPv6Address, Field(examples=["fe80::1"])]
    path_mtu: Annotated[int, Field(examples=[1500], ge=1280)]
    access_link_mtu: Annotated[int, Field(examples=[1500], ge=1280)]
    visited_prefixes: Annotated[
        tuple[IPv6Network, ...], Field(examples=[["2001:db8:5:1::/64"]])
    ] = ()


class WaitingTimes(BaseModel):
    """The timers of the gateway, and how exact they are.

    Attributes:
        lifetime_units: What its registrations ask for and answers grant, in units of 4 s:
            no case outlives it.
        short_lifetime_units: A lifetime that some answers grant, which cases wait for.
        initial_bindack_timeout_ms: INITIAL_BINDACK_TIMEOUT (RFC 6275, section 12).
        max_bindack_timeout_ms: MAX_BINDACK_TIMEOUT (RFC 6275, section 12).
        reaction_ms: How long may take what follows at once, the trigger included.
        silence_ms: What need not come and has not come until then does not come.
        tolerance_ms: How far off the end of a timer may be.
        clock_tolerance_ms: How far its clock may be from the tester's.
        answer_delay_ms: How long an answer of the tester takes at least; for gateways
            that lose one that comes at once.
    """

    model_config = _STRICT

    lifetime_units: Annotated[int, Field(examples=[150], ge=75, le=0xFFFF)]
    short_lifetime_units: Annotated[int, Field(examples=[5], ge=3, le=30)]
    initial_bindack_timeout_ms: Annotated[int, Field(examples=[1000], ge=100)]
    max_bindack_timeout_ms: Annotated[int, Field(examples=[32000], ge=100)]
    reaction_ms: Annotated[int, Field(examples=[600], ge=1)]
    silence_ms: Annotated[int, Field(examples=[300], ge=1)]
    tolerance_ms: Annotated[int, Field(examples=[300], ge=1)]
    clock_tolerance_ms: Annotated[int, Field(examples=[300], ge=1)]
    answer_delay_ms: Annotated[int, Field(examples=[0], ge=0)]

    @model_validator(mode="after")
    def _is_measurable(self) -> Self:
        first = self.initial_bindack_timeout_ms
        if first > self.max_bindack_timeout_ms:
            raise inconsistent(
                "max_bindack_timeout_ms",
                f"it is less than initial_bindack_timeout_ms, which is {first}",
                "write that or more",
            )
        taken = self.answer_delay_ms + self.reaction_ms + self.tolerance_ms
        if self.silence_ms > self.reaction_ms:
            raise inconsistent(
                "silence_ms",
                f"it is more than reaction_ms, which is {self.reaction_ms}",
                "write that or less",
            )
        if taken >= first:
            raise inconsistent(
                "reaction_ms",
                f"with answer_delay_ms and tolerance_ms it is {taken}, which is too much "
                f"to tell initial_bindack_timeout_ms, which is {first}",
                f"write less than {max(1, first - taken + self.reaction_ms)}",
            )
        return self


class GatewayFeatures(BaseModel):
    """What the gateway does.

    Attributes:
        forwarding: It passes user packets on; if not, the cases about them are skipped.
        timestamp_based_approach_in_use: TimestampBasedApproachInUse (RFC 5213, section
            9.3); else sequence numbers order its requests.
        enable_mag_local_routing: EnableMAGLocalRouting (RFC 5213, section 9.2).
        dhcp_relay: It relays DHCP to the address of the tester's anchor; if not, the
            cases about that are skipped.
    """

    model_config = _STRICT

    forwarding: Annotated[bool, Field(examples=[True])]
    timestamp_based_approach_in_use: Annotated[bool, Field(examples=[True])]
    enable_mag_local_routing: Annotated[bool, Field(examples=[False])]
    dhcp_relay: Annotated[bool, Field(examples=[True])] = False


class DeclaredHandover(BaseModel):
    """Fast handover of the gateway (RFC 5949), with the tester as the other gateway.

    Attributes:
        other_gateway: Address of the tester that the gateway has as another gateway; it
            is on `tester.interface`.
        access_point: What the access network calls an access point of that.
        unknown_access_point: One that belongs to no gateway that it knows.
        requests: What its HIs ask for beside the context: that packets are forwarded
            (F), that they are held back (U), or nothing; without F it asks for forwarding
            when it has got the context.
        asks: What it asks for as new gateway, once it has been offered the context alone;
            None where nothing, or as `requests` says.
        buffer_packets: How many packets it can hold back for a node, 0 for none.
        forwards: It can forward the packets of a node to another gateway.
        initiate_timeout_ms: How long it waits for the first answer to an HI; where that is
            short, it repeats each HI before the tester answers.
        initiate_retries: How often it repeats an HI without an answer, at least once
            (5568-6.2.1.1-10); HI_RETRIES of RFC 5568 are 3.
        lifetime_ms: How long it forwards, and keeps the context of a node.
        gre_keys: Packets between it and other gateways have GRE headers with a key, which
            HI and HAck tell.
        esp: What protects HI and HAck; None where the gateway is not told to protect
            them.
    """

    model_config = _STRICT

    other_gateway: Annotated[GlobalAddress, Field(examples=["2001:db8:1::12"])]
    access_point: Annotated[str, Field(examples=["ap-2"], min_length=1)]
    unknown_access_point: Annotated[str, Field(examples=["ap-9"], min_length=1)]
    requests: Annotated[
        Literal["forwarding", "buffering", "context"], Field(examples=["forwarding"])
    ]
    buffer_packets: Annotated[int, Field(examples=[64], ge=0)]
    forwards: Annotated[bool, Field(examples=[True])]
    initiate_timeout_ms: Annotated[int, Field(examples=[1000], ge=1)]
    lifetime_ms: Annotated[int, Field(examples=[8000], ge=1)]
    gre_keys: Annotated[bool, Field(examples=[False])] = False
    esp: GatewayEsp | None = None
    asks: Literal["forwarding", "buffering"] | None = None
    initiate_retries: Annotated[int, Field(ge=1, le=10)] = 3

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.esp is not None and self.esp.gateway != self.other_gateway:
            raise inconsistent(
                "esp.gateway",
                f"{self.esp.gateway} is not other_gateway",
                "give it the address of that",
            )
        odd = (
            self.requests != "forwarding",
            not self.buffer_packets,
            not self.forwards,
            self.gre_keys,
        )
        if sum(odd) > 1:
            raise inconsistent(
                "requests",
                "no case is for a gateway of which more than one holds: its HIs do not "
                "ask for forwarding, it holds back no packets, it forwards none, packets "
                "have GRE keys",
                "configure the gateway otherwise, a campaign for each",
            )
        return self

    @property
    def scene(self) -> HandoverScene:
        """What its cases are for."""
        if not self.buffer_packets:
            return HandoverScene.NO_BUFFER
        if not self.forwards:
            return HandoverScene.NO_FORWARDING
        if self.gre_keys:
            return HandoverScene.GRE_KEYS
        return {
            "forwarding": HandoverScene.FORWARDING,
            "buffering": HandoverScene.BUFFERING,
            "context": HandoverScene.CONTEXT,
        }[self.requests]


class GatewayDeclaration(BaseModel):
    """A gateway that is to be judged.

    Attributes:
        role: What it is.
        name: What reports call it.
        proxy_coa: Its address in the network of gateways and anchors.
        esp: What protects the signalling with its anchor; empty where the gateway is not
            told to protect it.
        fast_handover: What it does of that; without it the cases for it are skipped.
    """

    model_config = _STRICT

    role: Annotated[Literal["mag"], Field(examples=["mag"])]
    name: Annotated[str, Field(examples=["our gateway 1.0"], min_length=1)]
    proxy_coa: Annotated[GlobalAddress, Field(examples=["2001:db8:1::11"])]
    tester: Annotated[GatewayTester, Field(examples=["{}"])]
    triggers: Annotated[TriggerSettings, Field(examples=["{}"])]
    nodes: Annotated[GatewayNodes, Field(examples=["{}"])]
    prefixes: Annotated[GatewayPrefixes, Field(examples=["{}"])]
    links: Annotated[GatewayLinks, Field(examples=["{}"])]
    timers: Annotated[WaitingTimes, Field(examples=["{}"])]
    features: Annotated[GatewayFeatures, Field(examples=["{}"])]
    hooks: Annotated[Hooks, Field(examples=["{}"])]
    esp: tuple[EspSettings, ...] = ()
    fast_handover: DeclaredHandover | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        profiles = self.nodes.profiles()
        special = [("nodes.denied", n, at) for n, at in self.nodes.denied.items()]
        special += [("nodes.exempt", n, at) for n, at in self.nodes.exempt.items()]
        special += [
            ("nodes.profiled", name, node.link_layer_address)
            for name, node in self.nodes.profiled.items()
        ]
        every = "every node needs one of its own"
        names = [("nodes.listed", name) for name, _ in profiles]
        refuse_repetition([*names, *((key, n) for key, n, _ in special)], every)
        layers = [("nodes.listed", layer.hex(":")) for _, layer in profiles]
        layers += [(key, at) for key, _, at in special]
        own = self.links.link_layer_address
        refuse_repetition([*layers, ("links.link_layer_address", own)], every)
        for name, node in self.nodes.profiled.items():
            if node.prefix.overlaps(self.prefixes.pool):
                raise inconsistent(
                    "nodes.profiled",
                    f"the prefix of {name} is in {self.prefixes.pool}, which is for others",
                    "write another prefix, or another pool",
                )
        refuse_repetition(
            [
                ("proxy_coa", self.proxy_coa),
                ("tester.lma_address", self.tester.lma_address),
                ("tester.other_address", self.tester.other_address),
                ("tester.correspondent", self.tester.correspondent),
                ("prefixes.outside", self.prefixes.outside),
                *(
                    [("fast_handover.other_gateway", handover.other_gateway)]
                    if (handover := self.fast_handover) is not None
                    else []
                ),
            ],
            "the gateway and each part that the tester plays need an address each",
        )
        pool = self.prefixes.pool
        needed = PREFIXES_PER_NODE * (len(profiles) + len(special) + 1)
        held = 1 << max(0, PREFIX_LENGTH - pool.prefixlen)
        if pool.prefixlen > PREFIX_LENGTH or held < needed:
            raise inconsistent(
                "prefixes.pool",
                f"{pool} has no room for two prefixes of {PREFIX_LENGTH} bits for each "
                f"of {len(profiles) + len(special)} nodes",
                "write a shorter prefix",
            )
        for key, address in (
            ("tester.correspondent", self.tester.correspondent),
            ("prefixes.outside", self.prefixes.outside),
        ):
            if address in pool:
                raise inconsistent(key, f"{address} is in {pool}", "write another one")
        fixed = self.links.fixed_mag_link_local_address
        if int(fixed) and not fixed.is_link_local:
            raise inconsistent(
                "links.fixed_mag_link_local_address",
                f"{fixed} is no link-local address",
                "write an address of fe80::/64, or :: for none",
            )
        unusual = (
            not int(fixed),
            not self.features.timestamp_based_approach_in_use,
            not self.links.tells_link_layer_identifiers,
        )
        if sum(unusual) > 1:
            raise inconsistent(
                "links.fixed_mag_link_local_address",
                "no case is for a gateway of which more than one holds: the anchor tells "
                "its link-local address, sequence numbers order its requests, it tells no "
                "link-layer identifiers",
                "configure the gateway otherwise, a campaign for each",
            )
        refuse_ambiguity(self.esp, (self.proxy_coa,))
        return self

    @property
    def address(self) -> IPv6Address:
        """Where the gateway is."""
        return self.proxy_coa

    @property
    def interface(self) -> str:
        """The tester's interface to its network."""
        return self.tester.interface

    @property
    def sha256(self) -> str:
        """A hash of what is declared; comments and order in the file do not count."""
        return hash_of(self)

    @property
    def domain(self) -> GatewayDomain:
        """What is fixed for its domain."""
        if not self.features.timestamp_based_approach_in_use:
            return GatewayDomain.NUMBERED
        if not int(self.links.fixed_mag_link_local_address):
            return GatewayDomain.SIGNALLED
        if not self.links.tells_link_layer_identifiers:
            return GatewayDomain.ANONYMOUS
        if self.features.enable_mag_local_routing:
            return GatewayDomain.LOCAL
        return GatewayDomain.FIXED

    def judged(self) -> DeclaredGateway:
        """What the judge asks of it."""
        return DeclaredGateway(
            self.links.fixed_mag_link_local_address,
            octets(self.links.link_layer_address),
            self.links.path_mtu,
            self.links.access_link_mtu,
            self.links.access_technology,
            self.timers.clock_tolerance_ms,
            self.links.visited_prefixes,
            has_manual_keys=bool(self.esp),
            has_protected_tunnel=any(one.data is not None for one in self.esp),
        )

    def waits(self) -> GatewayTimers:
        """How long cases wait."""
        return GatewayTimers(
            self.timers.reaction_ms,
            self.timers.tolerance_ms,
            self.timers.silence_ms,
            self.timers.answer_delay_ms,
        )


def octets(address: str) -> bytes:
    """A link-layer address in octets."""
    return bytes.fromhex(address.replace(":", ""))
