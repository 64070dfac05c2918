"""Asks an anchor: single requests and user packets, and what comes of them."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterable
from ipaddress import IPv6Address

from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.wire.arrivals import MARK, Arrival, read_arrival
from pmip6.conformance.wire.esp_end import first_sequence
from pmip6.conformance.wire.link import Link
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.esp import EspCheck
from pmip6.model.wire.ipv6 import encode_ipv6
from pmip6.model.wire.messages import (
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
)
from pmip6.model.wire.numbers import (
    IPPROTO_NONE,
    TIMESTAMP_UNITS_PER_SECOND,
    HandoffIndicator,
)
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobilityOption,
    Timestamp,
)

ALL_ZERO = HomeNetworkPrefix(IPv6Address(0), 0)
HEADROOM = 3
"""How many times as long as its slowest answer an anchor is given."""


def units_of(milliseconds: int) -> int:
    """A duration in the units of the Timestamp option."""
    return milliseconds * TIMESTAMP_UNITS_PER_SECOND // 1000


class Asker:
    """Asks an anchor.

    Args:
        declaration: What is declared of it.
        link: The link to it.

    Attributes:
        offset_ms: How far its clock is ahead of the tester's.
        slowest_ms: How long its slowest answer has taken.
    """

    def __init__(self, declaration: Declaration, link: Link) -> None:
        self._declared = declaration
        self._link = link
        self._esp = declaration.esp_end(first_sequence(link.time_of_day()))
        self._nodes = iter(declaration.nodes.identifiers())
        self._sequences = itertools.count(1)
        self.offset_ms = declaration.timers.clock_offset_ms
        self.slowest_ms = 0
        self._last_stamp = 0
        self._mark = 0  # of the last user packet

    def keep_to(self, names: Iterable[str]) -> None:
        """Ask for these nodes alone from now on."""
        self._nodes = iter(names)

    def node(self) -> bytes:
        """A node that was not asked for before.

        Raises:
            Pmip6Error: There is none left.
        """
        name = next(self._nodes, None)
        if name is None:
            raise Pmip6Error(
                "nodes.usable",
                "names too few nodes to probe with",
                "declare 20 of them",
            )
        return name.encode()

    def now(self) -> int:
        """The time of day of the anchor, each time a later one."""
        now = self._link.time_of_day() + units_of(self.offset_ms)
        self._last_stamp = max(now, self._last_stamp + 1)
        return self._last_stamp

    def ask(
        self,
        node: bytes,
        source: IPv6Address,
        *,
        lifetime: int | None = None,
        stamp: int | None = 0,
        second: bool = False,
        indicator: HandoffIndicator = HandoffIndicator.UNKNOWN,
    ) -> ProxyBindingAcknowledgement | None:
        """The answer to a request, None where none comes.

        Args:
            node, source: The mobile node, and the gateway.
            lifetime: In units of 4 s; 0 de-registers; a long one where None.
            stamp: The timestamp; now where 0; without one where None.
            second: From the second interface of the node.
            indicator: The handoff indicator.
        """
        units = self._declared.timers.long_lifetime_units
        options: tuple[MobilityOption, ...] = (
            MobileNodeIdentifier(node),
            ALL_ZERO,
            HandoffIndicatorOption(indicator),
            AccessTechnologyTypeOption(self._declared.access_technology),
            MobileNodeLinkLayerIdentifier(self._link_layer(node, second=second)),
        )
        if stamp is not None:
            options = (*options, Timestamp(stamp or self.now()))
        sequence = next(self._sequences)
        request = ProxyBindingUpdate(
            sequence, units if lifetime is None else lifetime, options
        )
        destination = self._declared.lma_address
        octets = encode(request, source, destination)
        packet = encode_ipv6(source, destination, octets)
        self._link.send(packet if self._esp is None else self._esp.send(packet))
        return self._answer(sequence)

    def _link_layer(self, node: bytes, *, second: bool) -> bytes:
        nodes = self._declared.nodes
        provisioned = nodes.link_layer_identifier(node.decode(), second=second)
        if provisioned is not None:
            return provisioned
        number = zlib.crc32(node) & 0xFFFF
        return bytes((2, second, 0x52, 0x14)) + number.to_bytes(2)

    def _answer(self, sequence: int) -> ProxyBindingAcknowledgement | None:
        sent_ms = self._link.now_ms()
        until = sent_ms + self._declared.timers.reaction_ms * HEADROOM
        while True:
            received = self._link.receive(until)
            if received is None:
                return None
            time_ms, data = received
            arrival = self._read(data, time_ms)
            pba = None if arrival is None else arrival.acknowledgement
            if pba is not None and pba.sequence == sequence:
                self.slowest_ms = max(self.slowest_ms, time_ms - sent_ms)
                return pba

    def _read(self, data: bytes, time_ms: int) -> Arrival | None:
        found = data if self._esp is None else self._esp.receive(data)
        if isinstance(found, EspCheck):
            return None
        return read_arrival(found, time_ms, self._link.time_of_day())

    def user_packet(self, source: IPv6Address, destination: IPv6Address) -> bytes:
        """A user packet that is told from all before."""
        self._mark += 1
        payload = MARK + self._mark.to_bytes(4)
        return encode_ipv6(source, destination, payload, next_header=IPPROTO_NONE)

    def passes(self, packet: bytes, to: IPv6Address) -> bool:
        """Whether the user packet that was sent last comes to an address in time."""
        self._link.send(packet if self._esp is None else self._esp.send(packet))
        until = self._link.now_ms() + self._declared.timers.reaction_ms
        while (received := self._link.receive(until)) is not None:
            arrival = self._read(received[1], received[0])
            if arrival is not None and arrival.mark == self._mark:
                return arrival.packet is not None and arrival.packet.destination == to
        return False
