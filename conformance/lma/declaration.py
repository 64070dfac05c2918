"""The declaration of an implementation under test: what it supports, how to reach it.

It is one TOML file.  Nothing in it is guessed: a key that is not there is an error, but
for `esp`; what the implementation does not have is said with an empty value.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pmip6.conformance.hooks import Hooks
from pmip6.conformance.results import hash_of
from pmip6.conformance.settings_rules import (
    GlobalAddress,
    NeighbourAddress,
    inconsistent,
    numbered,
    refuse_repetition,
)
from pmip6.conformance.toml_files import load
from pmip6.conformance.wire.esp_end import (
    EspEnd,
    EspSettings,
    gateways_end,
    refuse_ambiguity,
)
from pmip6.model.domain import SWITCHES
from pmip6.model.state import (
    binding_lifetime,
    forwarding,
    max_delay_before_new_bce_assign,
    min_delay_before_bce_delete,
    sequence_numbers,
    several_interfaces,
    several_prefixes,
    waits_for_deregistration,
)
from pmip6.model.wire.esp import FIRST_SEQUENCE
from pmip6.model.wire.numbers import TIMESTAMP_UNITS_PER_SECOND
from pmip6.vectors.lma.purposes import ESP, Purpose

LEAST_PHASES = 8
"""How many times a timer's tolerance has to fit into its duration."""

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)


class Tester(BaseModel):
    """How the tester reaches the anchor.

    Attributes:
        interface: Network interface of the tester.
        next_hop: Neighbour that packets to the anchor are given to; it may be the anchor.
        proxy_coas: Addresses of the tester that the anchor lists as gateways.
        unlisted_proxy_coa: Address of the tester that the anchor does not list.
    """

    model_config = _STRICT

    interface: Annotated[str, Field(examples=["eth1"], min_length=1)]
    next_hop: Annotated[NeighbourAddress, Field(examples=["2001:db8:1::1"])]
    proxy_coas: Annotated[
        tuple[GlobalAddress, GlobalAddress],
        Field(examples=[["2001:db8:1::11", "2001:db8:1::12"]]),
    ]
    unlisted_proxy_coa: Annotated[GlobalAddress, Field(examples=["2001:db8:1::99"])]


class Nodes(BaseModel):
    """The mobile nodes that the anchor was told of.

    Attributes:
        usable: Identifiers (NAI) of nodes that may be registered; a `*` in one stands for
            the numbers from 1 to `count`.
        count: See `usable`.
        by_name: Usable nodes that may ask for a prefix by name, with that prefix.
        unknown: An identifier that the anchor does not know.
        several_prefixes: More nodes that may be registered, whose sessions have two
            prefixes or more.
        barred: A node that it knows and does not serve, "" if there is none.
        unprovided: A node that it serves but has no prefix for, "" if there is none.
        first_link_layer_identifier: Link-layer identifier of the first usable node, for
            an anchor that knows its nodes by it; those of the others follow, in their
            order.  May be left out or "": any will do.
    """

    model_config = _STRICT

    usable: Annotated[
        tuple[str, ...], Field(examples=[["mn*@example.org"]], min_length=1)
    ]
    count: Annotated[int, Field(examples=[800], ge=0)]
    by_name: Annotated[
        dict[str, IPv6Network],
        Field(examples=[{"named1@example.org": "2001:db8:200::/64"}]),
    ]
    several_prefixes: Annotated[
        tuple[str, ...], Field(examples=[["multi1@example.org"]])
    ]
    unknown: Annotated[str, Field(examples=["nobody@example.org"], min_length=1)]
    barred: Annotated[str, Field(examples=["barred@example.org"])]
    unprovided: Annotated[str, Field(examples=["unprovided@example.org"])]
    first_link_layer_identifier: Annotated[
        str,
        Field(examples=[""], pattern=r"^(|[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5})$"),
    ] = ""

    def link_layer_identifier(self, name: str, *, second: bool = False) -> bytes | None:
        """That of an interface of a node, None where any will do."""
        if not self.first_link_layer_identifier:
            return None
        first = int(self.first_link_layer_identifier.replace(":", ""), 16)
        every = [*self.identifiers(), *self.several_prefixes, *self.by_name]
        place = every.index(name) if name in every else len(every)
        octets = (first + place).to_bytes(7)[1:]
        return octets[:1] + bytes((octets[1] ^ 1,)) + octets[2:] if second else octets

    def identifiers(self) -> list[str]:
        """The identifiers of `usable`, each pattern with its numbers."""
        return [name for one in self.usable for name in numbered(one, self.count)]

    def every(self) -> list[str]:
        """The identifiers of all nodes that are declared, served or not."""
        others = (self.unknown, self.barred, self.unprovided)
        named = (*self.by_name, *self.several_prefixes, *filter(None, others))
        return [*self.identifiers(), *named]


class Prefixes(BaseModel):
    """The prefixes of the anchor.

    Attributes:
        pool: Where the prefixes that it assigns come from.
        unassigned: A prefix that no usable node may have.
    """

    model_config = _STRICT

    pool: Annotated[IPv6Network, Field(examples=["2001:db8:100::/48"])]
    unassigned: Annotated[IPv6Network, Field(examples=["2001:db8:300::/64"])]


class Traffic(BaseModel):
    """User packets through the anchor.

    Attributes:
        forwarding: Whether it passes them on; if not, the cases about them are skipped.
        correspondent: Address of the tester that plays correspondent nodes.  Packets for
            the prefixes go to `tester.next_hop`, like requests; the anchor sends what
            comes out of a tunnel for this address to the tester's interface.
    """

    model_config = _STRICT

    forwarding: Annotated[bool, Field(examples=[True])]
    correspondent: Annotated[GlobalAddress, Field(examples=["2001:db8:1::c"])]


class Timers(BaseModel):
    """The timers of the anchor, and how exact they are.

    Attributes:
        min_delay_before_bce_delete_ms: MinDelayBeforeBCEDelete (RFC 5213, section 9.1).
        max_delay_before_new_bce_assign_ms: MaxDelayBeforeNewBCEAssign (RFC 5213, section
            9.1), of an anchor that waits so long.
        timestamp_validity_window_ms: TimestampValidityWindow (RFC 5213, section 9.1).
        long_lifetime_units: A lifetime that no case outlives, in units of 4 s.
        short_lifetime_units: A lifetime that cases wait for, in units of 4 s.
        tolerance_ms: How far off the end of a timer may be.
        reaction_ms: How long an answer may take.
        silence_ms: After how long without an answer there will be none.
        clock_offset_ms: How far its clock is ahead of the tester's, which `pmip6 probe`
            tells.  May be left out: 0.
    """

    model_config = _STRICT

    min_delay_before_bce_delete_ms: Annotated[int, Field(examples=[10000], ge=1)]
    max_delay_before_new_bce_assign_ms: Annotated[int, Field(examples=[1600], ge=1)]
    timestamp_validity_window_ms: Annotated[int, Field(examples=[300], ge=1)]
    long_lifetime_units: Annotated[int, Field(examples=[75], ge=2, le=0xFFFF)]
    short_lifetime_units: Annotated[int, Field(examples=[1], ge=1, le=0xFFFF)]
    tolerance_ms: Annotated[int, Field(examples=[200], ge=1)]
    reaction_ms: Annotated[int, Field(examples=[1000], ge=1)]
    silence_ms: Annotated[int, Field(examples=[500], ge=1)]
    clock_offset_ms: Annotated[int, Field(examples=[0])] = 0

    @property
    def clock_offset(self) -> int:
        """The offset in the format of the Timestamp option."""
        return self.clock_offset_ms * TIMESTAMP_UNITS_PER_SECOND // 1000

    @model_validator(mode="after")
    def _is_measurable(self) -> Self:
        short = self.short_lifetime_units * 4000
        for name, duration in (
            ("min_delay_before_bce_delete_ms", self.min_delay_before_bce_delete_ms),
            ("short_lifetime_units", short),
            (
                "max_delay_before_new_bce_assign_ms",
                self.max_delay_before_new_bce_assign_ms,
            ),
        ):
            if duration < LEAST_PHASES * self.tolerance_ms:
                raise inconsistent(
                    "tolerance_ms",
                    f"{self.tolerance_ms} is too much to tell the end of {name}, "
                    f"which is {duration} ms",
                    f"write at most {duration // LEAST_PHASES}, or lengthen {name}",
                )
        return self


class Readings(BaseModel):
    """Which of two readings the anchor takes (docs/findings.md); false: the first.

    Attributes:
        equal_timestamp_is_lower: A timestamp equal to the accepted one gets status 157;
            else 156.
        stale_and_untimely_is_mismatch: An older timestamp that is out of the window as well
            gets status 156; else 157.
        timestamp_ends_with_binding: The last timestamp is forgotten with the entry; else it
            outlives it.
        repeated_deregistration_restarts_delay: A repeated de-registration starts the delay
            before the deletion again; else it goes on.
        foreign_deregistration_is_acknowledged: A de-registration by a gateway that does not
            serve the node is answered; else ignored.
        second_session_by_name: A request by name of a node with another session gets a
            second one; else status 155.
        unknown_handoff_is_new_session: A handoff of which nothing is known, while a session
            ends, gets a new one; else the one that ends.
    """

    model_config = _STRICT

    equal_timestamp_is_lower: Annotated[bool, Field(examples=[False])]
    stale_and_untimely_is_mismatch: Annotated[bool, Field(examples=[False])]
    timestamp_ends_with_binding: Annotated[bool, Field(examples=[False])]
    repeated_deregistration_restarts_delay: Annotated[bool, Field(examples=[False])]
    foreign_deregistration_is_acknowledged: Annotated[bool, Field(examples=[False])]
    second_session_by_name: Annotated[bool, Field(examples=[False])]
    unknown_handoff_is_new_session: Annotated[bool, Field(examples=[False])]

    def taken(self) -> tuple[str, ...]:
        """Names of the model's switches that are on."""
        values = self.model_dump()
        return tuple(s.name for s in SWITCHES if values[s.name])


class Domain(BaseModel):
    """The variables of the domain that an anchor acts on (RFC 5213, section 9.3).

    Attributes:
        mobile_node_generated_timestamp_in_use: MobileNodeGeneratedTimestampInUse; the
            anchor then compares no timestamp with its clock.
    """

    model_config = _STRICT

    mobile_node_generated_timestamp_in_use: Annotated[bool, Field(examples=[False])]


class Features(BaseModel):
    """What the anchor has beyond sessions by node, with one prefix, by timestamp.

    Attributes:
        several_interfaces: It tells the interfaces of a node apart (RFC 5213, 5.4).
        sequence_numbers: It orders requests without a timestamp by their sequence
            number (RFC 5213, 5.5).
        waits_for_deregistration: It waits for the end of a node's other session before it
            makes a new one (RFC 5213, 5.4.1.2), where the kind of handoff is unknown.
    """

    model_config = _STRICT

    several_interfaces: Annotated[bool, Field(examples=[True])]
    sequence_numbers: Annotated[bool, Field(examples=[True])]
    waits_for_deregistration: Annotated[bool, Field(examples=[False])]


class Declaration(BaseModel):
    """An anchor that is to be judged.

    Attributes:
        role: What it is.
        name: What reports call it.
        lma_address: LMAA, where requests go.
        access_technology: Value of the Access Technology Type options that are sent.
        other_access_technology: Another value that the anchor takes, 0 if there is none.
        esp: What protects the signalling, for each address of the tester; empty where
            the anchor is not told to protect it.
    """

    model_config = _STRICT

    role: Annotated[Literal["lma"], Field(examples=["lma"])]
    name: Annotated[str, Field(examples=["our anchor 1.0"], min_length=1)]
    lma_address: Annotated[GlobalAddress, Field(examples=["2001:db8:1::1"])]
    access_technology: Annotated[int, Field(examples=[4], ge=1, le=255)]
    other_access_technology: Annotated[int, Field(examples=[5], ge=0, le=255)]
    tester: Annotated[Tester, Field(examples=["{}"])]
    nodes: Annotated[Nodes, Field(examples=["{}"])]
    prefixes: Annotated[Prefixes, Field(examples=["{}"])]
    traffic: Annotated[Traffic, Field(examples=["{}"])]
    timers: Annotated[Timers, Field(examples=["{}"])]
    domain: Annotated[Domain, Field(examples=["{}"])]
    features: Annotated[Features, Field(examples=["{}"])]
    readings: Annotated[Readings, Field(examples=["{}"])]
    hooks: Annotated[Hooks, Field(examples=["{}"])]
    esp: tuple[EspSettings, ...] = ()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        usable = self.nodes.identifiers()
        others = {
            "nodes.unknown": self.nodes.unknown,
            "nodes.barred": self.nodes.barred,
            "nodes.unprovided": self.nodes.unprovided,
        }
        several = self.nodes.several_prefixes
        every = [("nodes.usable", name) for name in usable]
        every += [("nodes.several_prefixes", name) for name in several]
        refuse_repetition(
            [*every, *((key, name) for key, name in others.items() if name)],
            "every node needs an identifier of its own",
        )
        if self.access_technology == self.other_access_technology:
            raise inconsistent(
                "other_access_technology",
                f"{self.access_technology} is that of access_technology",
                "write another one, or 0",
            )
        for name in self.nodes.by_name:
            if name in others.values():
                key = next(key for key, other in others.items() if other == name)
                raise inconsistent(
                    "nodes.by_name",
                    f"{name} is the node of {key}, and not a usable one",
                    "write a usable node",
                )
        coas = self.tester.proxy_coas
        refuse_repetition(
            [
                ("lma_address", self.lma_address),
                *(("tester.proxy_coas", address) for address in coas),
                ("tester.unlisted_proxy_coa", self.tester.unlisted_proxy_coa),
                ("traffic.correspondent", self.traffic.correspondent),
            ],
            "the anchor, the Proxy-CoAs and the correspondent need an address each",
        )
        refuse_ambiguity(self.esp, (*coas, self.tester.unlisted_proxy_coa))
        return self

    @property
    def address(self) -> IPv6Address:
        """Where the anchor is."""
        return self.lma_address

    @property
    def interface(self) -> str:
        """The tester's interface to the anchor."""
        return self.tester.interface

    @property
    def sha256(self) -> str:
        """A hash of what is declared; comments and order in the file do not count."""
        return hash_of(self)

    def taken(self) -> tuple[str, ...]:
        """Names of the switches and features of the model that bear on every case."""
        interfaces = (several_interfaces.name,) * self.features.several_interfaces
        waits = (
            waits_for_deregistration.name,
        ) * self.features.waits_for_deregistration
        return (*self.readings.taken(), *interfaces, *waits)

    def has(self, name: str) -> bool:
        """Whether the anchor has a feature of the model, or takes a switch."""
        if name == ESP:
            return bool(self.esp)
        if name == several_prefixes.name:
            return bool(self.nodes.several_prefixes)
        if name == sequence_numbers.name:
            return self.features.sequence_numbers
        if name == forwarding.name:
            return self.traffic.forwarding
        return name in self.taken()

    def suited(self, purposes: Iterable[Purpose]) -> tuple[Purpose, ...]:
        """The cases whose features the anchor has."""
        return tuple(p for p in purposes if all(map(self.has, p.needs)))

    def esp_end(self, first: int = FIRST_SEQUENCE) -> EspEnd | None:
        """The tester's end of the ESP, for one campaign; None where there is none.

        Args:
            first: The number of the first packet that it sends under an association.
        """
        return gateways_end(self.esp, self.lma_address, first=first)

    def durations(self) -> dict[str, int]:
        """Durations of the model's timers in ms; the lifetime is what is granted."""
        return {
            min_delay_before_bce_delete.name: self.timers.min_delay_before_bce_delete_ms,
            max_delay_before_new_bce_assign.name: (
                self.timers.max_delay_before_new_bce_assign_ms
            ),
            binding_lifetime.name: self.timers.short_lifetime_units * 4000,
        }


def load_declaration(path: Path) -> Declaration:
    """Read a declaration.

    Raises:
        Pmip6Error: The file is not there, or declares something wrong.
    """
    return load(path, Declaration)
