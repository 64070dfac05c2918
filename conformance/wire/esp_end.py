"""One end of the ESP between an anchor and gateways: what files say of it, and its state."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv6Address
from itertools import chain
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pmip6.conformance.settings_rules import (
    GlobalAddress,
    inconsistent,
    refuse_repetition,
)
from pmip6.model.wire.esp import (
    ALL_CHECKS,
    FIRST_SEQUENCE,
    HANDOVERS,
    KEY_SIZE,
    LARGEST_WORD,
    LEAST_SPI,
    REGISTRATIONS,
    EspCheck,
    ReplayWindow,
    SecurityAssociation,
    has_to_be_protected,
    is_esp,
    is_tunnel_packet,
    protect,
    unprotect,
)
from pmip6.model.wire.ipv6 import IPPROTO_IPV6
from pmip6.model.wire.numbers import IPPROTO_MOBILITY, MobilityHeaderType

Spi = Annotated[int, Field(examples=[0x1001], ge=LEAST_SPI, le=LARGEST_WORD)]
Key = Annotated[
    str,
    Field(examples=["00" * KEY_SIZE], pattern=f"^[0-9a-fA-F]{{{2 * KEY_SIZE}}}$"),
]


class EspPair(BaseModel):
    """Two security associations, one for each direction.

    ESP with NULL encryption, HMAC-SHA-256-128 and keys by hand.

    Attributes:
        spi_to_anchor, spi_to_gateway: Security Parameters Index of each direction.
        key_to_anchor, key_to_gateway: Key of each direction, in hexadecimal digits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    spi_to_anchor: Spi
    key_to_anchor: Key
    spi_to_gateway: Spi
    key_to_gateway: Key


class EspSettings(EspPair):
    """The security associations of an anchor with one gateway.

    Attributes:
        gateway: Address of the gateway.
        data: Those of user packets, in tunnel mode; without them the tunnel is not under
            ESP.  The others are of the signalling, in transport mode.
    """

    gateway: Annotated[GlobalAddress, Field(examples=["2001:db8:1::11"])]
    data: EspPair | None = None

    def to_anchor(self, anchor: IPv6Address) -> Iterator[SecurityAssociation]:
        """The associations of what goes to the anchor."""
        for pair, carries in self._pairs():
            key = bytes.fromhex(pair.key_to_anchor)
            ends = self.gateway, anchor
            yield SecurityAssociation(pair.spi_to_anchor, key, *ends, carries)

    def to_gateway(self, anchor: IPv6Address) -> Iterator[SecurityAssociation]:
        """The associations of what goes to the gateway."""
        for pair, carries in self._pairs():
            key = bytes.fromhex(pair.key_to_gateway)
            ends = anchor, self.gateway
            yield SecurityAssociation(pair.spi_to_gateway, key, *ends, carries)

    def _pairs(self) -> Iterator[tuple[EspPair, int]]:
        yield self, IPPROTO_MOBILITY
        if self.data is not None:
            yield self.data, IPPROTO_IPV6


class GatewayEsp(BaseModel):
    """The security associations of a gateway with another one, of HI and HAck.

    Attributes:
        gateway: Address of the other one.
        spi_to_gateway, key_to_gateway: What this one sends under.
        spi_from_gateway, key_from_gateway: What it receives under.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    gateway: Annotated[GlobalAddress, Field(examples=["2001:db8:1::12"])]
    spi_to_gateway: Spi
    key_to_gateway: Key
    spi_from_gateway: Spi
    key_from_gateway: Key


def refuse_ambiguity(
    settings: Iterable[EspSettings], gateways: Iterable[IPv6Address]
) -> None:
    """See to it that a packet has one association, and each gateway its own.

    Args:
        settings: Those of a file, under the key `esp`; none is no ESP.
        gateways: The gateways that need one, if any does.

    Raises:
        PydanticCustomError: An SPI or a gateway is there twice, a gateway is missing, or
            the user packets of some alone are under ESP.
    """
    every = tuple(settings)
    reason = "each gateway has associations of its own"
    named = [(f"esp[{n}]", one) for n, one in enumerate(every, 1)]
    data = [(f"{place}.data", one.data) for place, one in named if one.data is not None]
    refuse_repetition(
        ((f"{place}.gateway", one.gateway) for place, one in named), reason
    )
    for key in ("spi_to_anchor", "spi_to_gateway"):
        refuse_repetition(
            ((f"{place}.{key}", getattr(pair, key)) for place, pair in (*named, *data)),
            reason,
        )
    if data and len(data) < len(every):
        raise inconsistent(
            "esp",
            "data of some gateways is under ESP, of others not",
            "give each table [[esp]] the key `data`, or none",
        )
    without = set(gateways) - {one.gateway for one in every}
    if every and without:
        raise inconsistent(
            "esp",
            f"{min(without)} has no security association",
            "add a table [[esp]] for it",
        )


class EspEnd:
    """What a node keeps of its security associations: counters and replay windows.

    Args:
        outbound: Those that it sends under.
        inbound: Those that it receives under.
        checks: What it sees to: all, but where it is faulty on purpose.
        kinds: The mobility messages that have to be under ESP.
        first: The sequence number of the first packet under each.
    """

    def __init__(
        self,
        outbound: Iterable[SecurityAssociation],
        inbound: Iterable[SecurityAssociation],
        checks: frozenset[EspCheck] = ALL_CHECKS,
        kinds: frozenset[MobilityHeaderType] = REGISTRATIONS,
        first: int = FIRST_SEQUENCE,
    ) -> None:
        self._kinds = kinds
        self._outbound = {(a.source, a.destination, a.carries): a for a in outbound}
        self._inbound = {a.spi: a for a in inbound}
        carried = {a.carries for a in self._outbound.values()}
        self._protects_tunnels = IPPROTO_IPV6 in carried
        self._checks = checks
        self._windows: dict[int, ReplayWindow] = {}
        self._numbers: dict[int, Iterator[int]] = {
            a.spi: itertools.count(first) for a in self._outbound.values()
        }
        self._last: dict[int, int] = {}

    @property
    def around_tunnels(self) -> Callable[[bytes], bytes] | None:
        """What puts a tunnel packet under ESP; None where none is."""
        return self.send if self._protects_tunnels else None

    def send(self, packet: bytes, fault: EspCheck | None = None) -> bytes:
        """The packet as it goes out: under ESP where it has to be, else as it is.

        Args:
            packet: A packet of this node; one between other ends goes as it is.
            fault: What is wrong with it on purpose.
        """
        carries = self._carries(packet)
        ends = IPv6Address(packet[8:24]), IPv6Address(packet[24:40])
        if carries is None or fault is EspCheck.PROTECTION:
            return packet
        association = self._outbound.get((*ends, carries))
        if association is None:
            return packet
        spi = association.spi
        if fault is EspCheck.REPLAY:
            return protect(packet, association, self._last[spi])
        if fault is EspCheck.ENDS:
            others = self._anothers(association)
            return protect(packet, others, next(self._numbers[others.spi]))
        sequence = next(self._numbers[spi])
        match fault:
            case EspCheck.ASSOCIATION:
                return protect(packet, self._unknown(association), sequence)
            case EspCheck.INTEGRITY:
                protected = protect(packet, association, sequence)
                return protected[:-1] + bytes((protected[-1] ^ 1,))
            case _:
                self._last[spi] = sequence
                return protect(packet, association, sequence)

    def _carries(self, packet: bytes) -> int | None:
        """What associations have to be for that it goes under; None where in clear text."""
        if self._protects_tunnels and is_tunnel_packet(packet):
            return IPPROTO_IPV6
        return IPPROTO_MOBILITY if has_to_be_protected(packet, self._kinds) else None

    def _anothers(self, right: SecurityAssociation) -> SecurityAssociation:
        """An association that this node has at another address."""
        return next(
            a
            for a in self._outbound.values()
            if a.carries == right.carries and a.source != right.source
        )

    def _unknown(self, right: SecurityAssociation) -> SecurityAssociation:
        """The association with an SPI that none has."""
        taken = {a.spi for a in self._outbound.values()}
        spi = next(n for n in itertools.count(LEAST_SPI) if n not in taken)
        return SecurityAssociation(spi, right.key, right.source, right.destination)

    def receive(self, packet: bytes) -> bytes | EspCheck:
        """The packet without ESP, or the check that it fails."""
        if not is_esp(packet):
            must_be = EspCheck.PROTECTION in self._checks
            fails = must_be and self._carries(packet) is not None
            return EspCheck.PROTECTION if fails else packet
        found = unprotect(packet, self._inbound, self._windows, self._checks)
        if isinstance(found, EspCheck):
            return found
        spi = found.association.spi
        window = self._windows.get(spi, ReplayWindow())
        self._windows[spi] = window.after(found.sequence)
        return found.packet

    def forget_windows(self) -> None:
        """The peer has started again, and with manual keys its numbers begin again."""
        self._windows = {}


def first_sequence(time_of_day: int) -> int:
    """The number with which a tester begins, greater than all of its campaigns before.

    With keys by hand an implementation that is not started again goes on with its replay
    window, and nobody sends 256 packets a second.  It comes round in 97 days.

    Args:
        time_of_day: In the format of the Timestamp option.
    """
    return FIRST_SEQUENCE + (time_of_day >> 8) % (LARGEST_WORD // 2)


def anchor_end(
    settings: Iterable[EspSettings],
    anchor: IPv6Address,
    checks: frozenset[EspCheck] = ALL_CHECKS,
    first: int = FIRST_SEQUENCE,
) -> EspEnd | None:
    """The end at an anchor, or at a tester that plays it; None without ESP."""
    every = tuple(settings)
    if not every:
        return None
    outbound = chain.from_iterable(one.to_gateway(anchor) for one in every)
    inbound = chain.from_iterable(one.to_anchor(anchor) for one in every)
    return EspEnd(outbound, inbound, checks, first=first)


def gateways_end(
    settings: Iterable[EspSettings],
    anchor: IPv6Address,
    checks: frozenset[EspCheck] = ALL_CHECKS,
    first: int = FIRST_SEQUENCE,
) -> EspEnd | None:
    """The end at a gateway, or at a tester that plays several; None without ESP.

    Args:
        settings: Those of its addresses.
        anchor: Address of the anchor.
        checks: What it sees to before it takes a message.
        first: The sequence number of the first packet that it sends under each.
    """
    every = tuple(settings)
    if not every:
        return None
    outbound = chain.from_iterable(one.to_anchor(anchor) for one in every)
    inbound = chain.from_iterable(one.to_gateway(anchor) for one in every)
    return EspEnd(outbound, inbound, checks, first=first)


def handover_end(
    settings: Iterable[GatewayEsp],
    own: IPv6Address,
    checks: frozenset[EspCheck] = ALL_CHECKS,
) -> EspEnd | None:
    """The end at a gateway of what it has with other gateways; None without ESP.

    Args:
        settings: Those with each other gateway.
        own: Address of this one.
        checks: What it sees to before it takes a message.
    """
    every = tuple(settings)
    if not every:
        return None
    outbound = [
        SecurityAssociation(
            one.spi_to_gateway, bytes.fromhex(one.key_to_gateway), own, one.gateway
        )
        for one in every
    ]
    inbound = [
        SecurityAssociation(
            one.spi_from_gateway, bytes.fromhex(one.key_from_gateway), one.gateway, own
        )
        for one in every
    ]
    return EspEnd(outbound, inbound, checks, HANDOVERS)


def testers_end(
    settings: Iterable[EspSettings],
    anchor: IPv6Address,
    handover: GatewayEsp | None,
    gateway: IPv6Address,
    first: int = FIRST_SEQUENCE,
) -> EspEnd | None:
    """The end at a tester that plays the anchor and the other gateway; None without ESP.

    Args:
        settings: Those of the gateway under test and the anchor.
        anchor: Address of the anchor.
        handover: What the gateway under test has with the other one, None without.
        gateway: Address of the gateway under test.
        first: The sequence number of the first packet that it sends under each.
    """
    every = tuple(settings)
    if handover is None:
        return anchor_end(every, anchor, first=first)
    other = handover.gateway
    outbound = list(chain.from_iterable(one.to_gateway(anchor) for one in every))
    inbound = list(chain.from_iterable(one.to_anchor(anchor) for one in every))
    outbound.append(
        SecurityAssociation(
            handover.spi_from_gateway,
            bytes.fromhex(handover.key_from_gateway),
            other,
            gateway,
        )
    )
    inbound.append(
        SecurityAssociation(
            handover.spi_to_gateway,
            bytes.fromhex(handover.key_to_gateway),
            gateway,
            other,
        )
    )
    kinds = HANDOVERS | REGISTRATIONS if every else HANDOVERS
    return EspEnd(outbound, inbound, kinds=kinds, first=first)
