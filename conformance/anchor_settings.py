"""What a reference anchor is told: the file of `pmip6 serve lma`."""

from ipaddress import IPv6Address, IPv6Network
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pmip6.model.domain import RIGIDS
from pmip6.model.lma import lma
from pmip6.model.messages import UNSPECIFIED
from pmip6.model.state import forwarding, sequence_numbers
from pmip6.model.terms import subterms

_READ = {t.payload for r in lma.rules for c in r.guard for t in subterms(c)} | {
    t.payload for r in lma.rules for u in r.updates for t in subterms(u.value)
}
SWITCHES = tuple(r.name for r in RIGIDS if not r.index and r.name in _READ)
"""Names of the features and of the switches of docs/findings.md that an anchor reads."""

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)


class NodeSettings(BaseModel):
    """One mobile node that the anchor knows.

    Attributes:
        identifier: Its Mobile Node Identifier, a NAI.
        enabled: Whether it is authorised for the mobility service.
        prefixes: Prefixes that its policy profile grants by name, and prefers.
        from_pool: Whether it may get a prefix of the pool.
    """

    model_config = _STRICT

    identifier: Annotated[str, Field(examples=["mn1@example.org"], min_length=1)]
    enabled: bool = True
    prefixes: Annotated[
        tuple[IPv6Network, ...], Field(examples=[["2001:db8:100:77::/64"]])
    ] = ()
    from_pool: bool = True


class AnchorSettings(BaseModel):
    """Settings of a reference anchor.

    What RFC 5213, sections 9.1 and 9.3, has a default for has that one; nothing else that
    matters on the wire has a default.

    Attributes:
        lma_address: LMAA, the address that requests come to.
        gateways: Proxy-CoAs that may send requests for every listed node.
        nodes: The mobile nodes that the anchor knows.
        prefix_pool: Network from which /64 prefixes are allocated, lowest first.
        prefixes_per_session: How many of them a new session gets.
        maximum_lifetime_units: Longest lifetime that is granted, in units of 4 s.
        min_delay_before_bce_delete_ms: MinDelayBeforeBCEDelete (RFC 5213, 9.1).
        timestamp_validity_window_ms: TimestampValidityWindow (RFC 5213, 9.1).
        timestamp_based_approach_in_use: TimestampBasedApproachInUse (RFC 5213, 9.3); if
            not, requests without a timestamp are ordered by their sequence number, as
            with the switch `sequence_numbers`.
        mobile_node_generated_timestamp_in_use: MobileNodeGeneratedTimestampInUse (RFC
            5213, 9.3): the window is not applied.
        fixed_mag_link_local_address_on_all_access_links: The variable of RFC 5213, 9.3;
            unless ALL_ZERO, it is what the anchor answers when a gateway asks for an
            address, so that all gateways have the same.
        switches: Features that it has and second readings that it takes, by their
            names in the model.
        home_interface: Network interface on which packets for the prefixes come, ""
            where it takes none.
    """

    model_config = _STRICT

    lma_address: Annotated[IPv6Address, Field(examples=["2001:db8:1::1"])]
    gateways: Annotated[tuple[IPv6Address, ...], Field(examples=[["2001:db8:1::11"]])]
    nodes: Annotated[
        tuple[NodeSettings, ...], Field(examples=[[{"identifier": "mn1@example.org"}]])
    ]
    prefix_pool: Annotated[IPv6Network, Field(examples=["2001:db8:100::/48"])]
    prefixes_per_session: Annotated[int, Field(examples=[1], ge=1)] = 1
    maximum_lifetime_units: Annotated[int, Field(examples=[900], ge=1, le=0xFFFF)]
    min_delay_before_bce_delete_ms: Annotated[int, Field(examples=[10000], ge=1)] = (
        10000
    )
    timestamp_validity_window_ms: Annotated[int, Field(examples=[300], ge=0)] = 300
    timestamp_based_approach_in_use: bool = True
    mobile_node_generated_timestamp_in_use: bool = False
    fixed_mag_link_local_address_on_all_access_links: Annotated[
        IPv6Address, Field(examples=["fe80::1"])
    ] = UNSPECIFIED
    switches: Annotated[tuple[str, ...], Field(examples=[[SWITCHES[0]]])] = ()
    home_interface: Annotated[str, Field(examples=["eth0"])] = ""

    @property
    def features(self) -> tuple[str, ...]:
        """The switches, and those that follow from the other settings."""
        by_number = sequence_numbers.name
        if self.timestamp_based_approach_in_use or by_number in self.switches:
            return self.switches
        return (*self.switches, by_number)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        unknown = set(self.switches) - set(SWITCHES)
        if unknown:
            raise ValueError(f"unknown switch {min(unknown)}: {', '.join(SWITCHES)}")
        by_time = self.timestamp_based_approach_in_use
        if self.mobile_node_generated_timestamp_in_use and not by_time:
            raise ValueError(
                "timestamps of nodes are of use only with timestamp_based_approach_in_use"
            )
        fixed = self.fixed_mag_link_local_address_on_all_access_links
        if fixed != UNSPECIFIED and not fixed.is_link_local:
            raise ValueError(f"the fixed address {fixed} is no link-local one")
        if self.home_interface and forwarding.name not in self.switches:
            raise ValueError(f"home_interface needs the switch {forwarding.name}")
        if self.prefix_pool.prefixlen > 64:
            raise ValueError(f"the prefix pool {self.prefix_pool} holds no /64")
        names = [node.identifier for node in self.nodes]
        if len(set(names)) < len(names):
            raise ValueError("two nodes have the same identifier")
        if len(set(self.gateways)) < len(self.gateways):
            raise ValueError("a gateway is listed twice")
        prefixes = [prefix for node in self.nodes for prefix in node.prefixes]
        if len(set(prefixes)) < len(prefixes):
            raise ValueError("a prefix is listed twice")
        return self
