"""What a reference anchor is told: the file of `pmip6 serve lma`."""

import difflib
from collections.abc import Iterator
from ipaddress import IPv6Address, IPv6Network
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pmip6.conformance.settings_rules import (
    GlobalAddress,
    inconsistent,
    numbered,
    refuse_pattern,
    refuse_repetition,
)
from pmip6.conformance.wire.esp_end import EspSettings, refuse_ambiguity
from pmip6.model.domain import RIGIDS
from pmip6.model.language.terms import subterms
from pmip6.model.lma.rules import lma
from pmip6.model.state import forwarding, sequence_numbers
from pmip6.model.wire.messages import UNSPECIFIED

_READ = {t.payload for r in lma.rules for c in r.guard for t in subterms(c)} | {
    t.payload for r in lma.rules for u in r.updates for t in subterms(u.value)
}
SWITCHES = tuple(r.name for r in RIGIDS if not r.index and r.name in _READ)
"""Names of the features and of the switches of docs/findings.md that an anchor reads."""

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)


class NodeSettings(BaseModel):
    """One mobile node that the anchor knows.

    Attributes:
        identifier: Its Mobile Node Identifier, a NAI; with a `*` in it that of several
            nodes, which stands for the numbers from 1 to `count`.
        count: How many they are.
        enabled: Whether it is authorised for the mobility service.
        prefixes: Prefixes that its policy profile grants by name, and prefers.
        from_pool: Whether it may get a prefix of the pool.
        prefixes_per_session: How many of its own prefixes a new session of it gets; as
            many as for any node where None.
    """

    model_config = _STRICT

    identifier: Annotated[str, Field(examples=["mn1@example.org"], min_length=1)]
    count: Annotated[int | None, Field(examples=[100], ge=1, le=0xFFFF)] = None
    enabled: bool = True
    prefixes: Annotated[
        tuple[IPv6Network, ...], Field(examples=[["2001:db8:100:77::/64"]])
    ] = ()
    from_pool: bool = True
    prefixes_per_session: Annotated[int | None, Field(examples=[2], ge=1)] = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        refuse_pattern(self.identifier, self.count)
        return self

    def each(self) -> Iterator[Self]:
        """The nodes that it stands for, one by one."""
        if self.count is None:
            yield self
            return
        for name in numbered(self.identifier, self.count):
            yield self.model_copy(update={"identifier": name, "count": None})


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
        binding_cache_entries: How many sessions there can be at once (a request for one
            more is not answered); enough for all sessions of all nodes where None.
        maximum_lifetime_units: Longest lifetime that is granted, in units of 4 s.
        min_delay_before_bce_delete_ms: MinDelayBeforeBCEDelete (RFC 5213, 9.1).
        max_delay_before_new_bce_assign_ms: MaxDelayBeforeNewBCEAssign (RFC 5213, 9.1); of
            use with the switch `waits_for_deregistration`.
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
        esp: Security associations with gateways; if there are any, the anchor takes no
            request that does not come under one, and answers under them.
    """

    model_config = _STRICT

    lma_address: Annotated[GlobalAddress, Field(examples=["2001:db8:1::1"])]
    gateways: Annotated[tuple[GlobalAddress, ...], Field(examples=[["2001:db8:1::11"]])]
    nodes: Annotated[
        tuple[NodeSettings, ...], Field(examples=[[{"identifier": "mn1@example.org"}]])
    ]
    prefix_pool: Annotated[IPv6Network, Field(examples=["2001:db8:100::/48"])]
    prefixes_per_session: Annotated[int, Field(examples=[1], ge=1)] = 1
    binding_cache_entries: Annotated[int | None, Field(examples=[200], ge=1)] = None
    maximum_lifetime_units: Annotated[int, Field(examples=[900], ge=1, le=0xFFFF)]
    min_delay_before_bce_delete_ms: Annotated[int, Field(examples=[10000], ge=1)] = (
        10000
    )
    max_delay_before_new_bce_assign_ms: Annotated[int, Field(examples=[1500], ge=1)] = (
        1500
    )
    timestamp_validity_window_ms: Annotated[int, Field(examples=[300], ge=0)] = 300
    timestamp_based_approach_in_use: bool = True
    mobile_node_generated_timestamp_in_use: bool = False
    fixed_mag_link_local_address_on_all_access_links: Annotated[
        IPv6Address, Field(examples=["fe80::1"])
    ] = UNSPECIFIED
    switches: Annotated[tuple[str, ...], Field(examples=[[SWITCHES[0]]])] = ()
    home_interface: Annotated[str, Field(examples=["eth0"])] = ""
    esp: tuple[EspSettings, ...] = ()

    @field_validator("nodes")
    @classmethod
    def _each(cls, nodes: tuple[NodeSettings, ...]) -> tuple[NodeSettings, ...]:
        return tuple(one for node in nodes for one in node.each())

    @property
    def features(self) -> tuple[str, ...]:
        """The switches, and those that follow from the other settings."""
        by_number = sequence_numbers.name
        if self.timestamp_based_approach_in_use or by_number in self.switches:
            return self.switches
        return (*self.switches, by_number)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        for switch in self.switches:
            if switch not in SWITCHES:
                near = difflib.get_close_matches(switch, SWITCHES, 1)
                known = f"choose of {', '.join(SWITCHES)}"
                fix = f"write {near[0]}" if near else known
                raise inconsistent("switches", f"{switch} is no switch", fix)
        by_time = self.timestamp_based_approach_in_use
        if self.mobile_node_generated_timestamp_in_use and not by_time:
            raise inconsistent(
                "mobile_node_generated_timestamp_in_use",
                "timestamps of nodes are of use only with timestamp_based_approach_in_use",
                "write false, or timestamp_based_approach_in_use = true",
            )
        fixed = self.fixed_mag_link_local_address_on_all_access_links
        if fixed != UNSPECIFIED and not fixed.is_link_local:
            raise inconsistent(
                "fixed_mag_link_local_address_on_all_access_links",
                f"{fixed} is no link-local address",
                f"write an address of fe80::/64, or {UNSPECIFIED} for none",
            )
        if self.home_interface and forwarding.name not in self.switches:
            raise inconsistent(
                "home_interface",
                f"it needs the switch {forwarding.name}",
                f'write switches = ["{forwarding.name}"]',
            )
        if self.prefix_pool.prefixlen > 64:
            raise inconsistent(
                "prefix_pool",
                f"{self.prefix_pool} holds no /64",
                "write a larger network",
            )
        refuse_repetition(
            (
                (f"nodes[{number}].identifier", node.identifier)
                for number, node in enumerate(self.nodes, 1)
            ),
            "every node needs an identifier of its own",
        )
        refuse_repetition(
            [
                ("lma_address", self.lma_address),
                *(("gateways", gateway) for gateway in self.gateways),
            ],
            "the anchor and each gateway need an address of their own",
        )
        refuse_repetition(
            (
                (f"nodes[{number}].prefixes", prefix)
                for number, node in enumerate(self.nodes, 1)
                for prefix in node.prefixes
            ),
            "a prefix is of one node",
        )
        refuse_ambiguity(self.esp, self.gateways)
        return self
