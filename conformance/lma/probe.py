"""What an anchor does, held against its declaration: which keys do not fit, and what would.

Every experiment is a few requests for nodes of its own.  What cannot be told from outside
in a moment (timers, the way of user packets) is left as it is declared, and said so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Network

from pmip6.conformance.hooks import start_by, stop_by
from pmip6.conformance.lma.asker import HEADROOM, Asker, units_of
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.user_packets import HOST
from pmip6.conformance.wire.link import Link, WireLink
from pmip6.conformance.wire.packet_port import PacketPort
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.abstraction import network
from pmip6.model.wire.ipv6 import IPPROTO_IPV6, encode_ipv6
from pmip6.model.wire.messages import (
    option_of,
    options_of,
)
from pmip6.model.wire.numbers import (
    TIMESTAMP_UNITS_PER_SECOND,
    BindingAckStatus,
    HandoffIndicator,
    is_rejection,
)
from pmip6.model.wire.options import (
    HomeNetworkPrefix,
    Timestamp,
)

NOT_LOOKED_AT = (
    "timers.min_delay_before_bce_delete_ms",
    "timers.max_delay_before_new_bce_assign_ms",
    "timers.short_lifetime_units",
    "domain",
    "features.waits_for_deregistration",
)
"""What an experiment of a moment does not show."""
OFF_BY = 4
"""A window that differs by more than a quarter is another one."""
STEPS = 6
"""So often the interval in which the end of the window lies is cut in two."""
LARGEST_MS = 20_000
"""Windows are looked for up to here."""
NOT_SERVED = (
    BindingAckStatus.NOT_LMA_FOR_THIS_MOBILE_NODE,
    BindingAckStatus.PROXY_REG_NOT_ENABLED,
)
"""Statuses for a node that it does not know, or does not serve."""


@dataclass(frozen=True)
class Difference:
    """A key whose value is not what was seen.

    Args:
        key: Its table and name.
        seen: What was seen, in words.
        value: What would fit; None where a person has to say.
    """

    key: str
    seen: str
    value: object = None


def probe_anchor(declaration: Declaration) -> list[Difference]:
    """Ask the declared anchor over its interface, started by its hook where it has one.

    Raises:
        Pmip6Error: The interface, a privilege or the next hop is missing, a hook fails,
            or the anchor does not answer.
    """
    tester = declaration.tester
    start_by(declaration.hooks)
    try:
        with PacketPort(tester.interface, tester.proxy_coas[0]) as port:
            port.resolve(tester.next_hop)
            return list(Prober(declaration, WireLink(port, tester.next_hop)).run())
    finally:
        stop_by(declaration.hooks)


class Prober:
    """Asks an anchor.

    Args:
        declaration: What is declared of it.
        link: The link to it.
    """

    def __init__(self, declaration: Declaration, link: Link) -> None:
        self._declared = declaration
        self._link = link
        self._asker = Asker(declaration, link)
        self.first, self.second = declaration.tester.proxy_coas

    def run(self) -> Iterator[Difference]:
        """What does not fit, as it is found.

        Raises:
            Pmip6Error: It does not answer, or there are too few nodes.
        """
        yield from self._clock()
        yield from self._count()
        yield from self._gateways()
        yield from self._sessions()
        yield from self._others()
        yield from self._order()
        yield from self._readings()
        yield from self._window()
        needed = self._asker.slowest_ms * HEADROOM
        if needed > self._declared.timers.reaction_ms:
            text = f"an answer took {self._asker.slowest_ms} ms"
            yield Difference("timers.reaction_ms", text, needed)
        if self._asker.slowest_ms >= self._declared.timers.silence_ms:
            text = f"an answer took {self._asker.slowest_ms} ms"
            yield Difference("timers.silence_ms", text, needed)

    # ---- experiments -----------------------------------------------------------------

    def _clock(self) -> Iterator[Difference]:
        """Its clock: the answer with status 156 tells how late it is there."""
        node = self._asker.node()
        pba = self._asker.ask(node, self.first)
        if pba is None:
            address = self._declared.lma_address
            raise Pmip6Error(
                f"{address}",
                "does not answer",
                "see that it runs, lists tester.proxy_coas, and has a route to them",
                exit_code=3,
            )
        stamp = option_of(pba, Timestamp)
        if pba.status != BindingAckStatus.TIMESTAMP_MISMATCH or stamp is None:
            return
        units = stamp.value - self._link.time_of_day()
        ahead_ms = units * 1000 // TIMESTAMP_UNITS_PER_SECOND
        self._asker.offset_ms = ahead_ms
        text = f"its clock is {ahead_ms} ms ahead of the tester's"
        yield Difference("timers.clock_offset_ms", text, ahead_ms)

    def _count(self) -> Iterator[Difference]:
        """Whether it knows the last of the nodes; if not the last that it knows is sought.

        Nothing can be told from nodes that it does not know: they are left out.
        """
        names = self._declared.nodes.identifiers()
        if self._is_served(names[-1]):
            return
        known, unknown = 1, len(names)
        while unknown - known > 1:
            middle = (known + unknown) // 2
            if self._is_served(names[middle - 1]):
                known = middle
            else:
                unknown = middle
        text = f"{names[known]} is not served, and {names[known - 1]} is"
        is_one_pattern = len(self._declared.nodes.usable) == 1
        yield Difference("nodes.count", text, known if is_one_pattern else None)
        self._asker.keep_to(names[1:known])

    def _is_served(self, name: str) -> bool:
        pba = self._asker.ask(name.encode(), self.first)
        if pba is None or pba.status in NOT_SERVED:
            return False
        self._asker.ask(name.encode(), self.first, lifetime=0)
        return True

    def _gateways(self) -> Iterator[Difference]:
        """Who is listed."""
        not_listed = BindingAckStatus.MAG_NOT_AUTHORIZED_FOR_PROXY_REG
        for place, address in enumerate((self.first, self.second), 1):
            pba = self._asker.ask(self._asker.node(), address)
            if pba is not None and pba.status == not_listed:
                text = f"{address} is not listed: status {int(not_listed)}"
                yield Difference(f"tester.proxy_coas[{place}]", text)
            elif pba is None:
                text = f"{address} gets no answer"
                yield Difference(f"tester.proxy_coas[{place}]", text)
        stranger = self._declared.tester.unlisted_proxy_coa
        pba = self._asker.ask(self._asker.node(), stranger)
        if pba is not None and not is_rejection(pba.status):
            yield Difference("tester.unlisted_proxy_coa", f"{stranger} is listed")

    def _sessions(self) -> Iterator[Difference]:
        """What a session gets: lifetime, prefixes, one for each interface."""
        node = self._asker.node()
        asked = self._declared.timers.long_lifetime_units
        pba = self._asker.ask(node, self.first, lifetime=asked)
        if pba is None or is_rejection(pba.status):
            status = "no answer" if pba is None else f"status {int(pba.status)}"
            yield Difference("nodes.usable", f"{node.decode()} gets {status}")
            return
        if pba.lifetime < asked:
            text = f"a lifetime of {pba.lifetime} is granted where {asked} is asked for"
            yield Difference("timers.long_lifetime_units", text, pba.lifetime)
        found = set(map(network, options_of(pba, HomeNetworkPrefix)))
        pool = self._declared.prefixes.pool
        for prefix in sorted(n for n in found if n is not None):
            if not prefix.subnet_of(pool):
                near = prefix.supernet(new_prefix=min(48, prefix.prefixlen))
                yield Difference("prefixes.pool", f"it assigns {prefix}", str(near))
        if len(found) > 1:
            text = f"{node.decode()} has {len(found)} prefixes"
            yield Difference("nodes.several_prefixes", text)
        yield from self._packets(min(n for n in found if n is not None))
        second = self._asker.ask(
            node, self.second, second=True, indicator=HandoffIndicator.NEW_INTERFACE
        )
        if second is None or is_rejection(second.status):
            tells = False
        else:
            others = set(map(network, options_of(second, HomeNetworkPrefix)))
            tells = not others & found
        if tells != self._declared.features.several_interfaces:
            what = "another session" if tells else "no session of its own"
            text = f"a second interface gets {what}"
            yield Difference("features.several_interfaces", text, tells)
        self._asker.ask(node, self.first, lifetime=0)
        self._asker.ask(node, self.second, lifetime=0, second=True)

    def _packets(self, prefix: IPv6Network) -> Iterator[Difference]:
        """Whether user packets of a session pass, from the tunnel and into it."""
        home, lma = prefix.network_address + HOST, self._declared.lma_address
        correspondent = self._declared.traffic.correspondent
        up = self._asker.user_packet(home, correspondent)
        tunnelled = encode_ipv6(self.first, lma, up, next_header=IPPROTO_IPV6)
        goes = self._asker.passes(tunnelled, correspondent)
        down = self._asker.user_packet(correspondent, home)
        comes = self._asker.passes(down, self.first)
        declared = self._declared.traffic.forwarding
        if declared and not (goes and comes):
            ways = (("out of", goes), ("into", comes))
            lost = " and ".join(way for way, passes in ways if not passes)
            text = f"user packets do not come {lost} the tunnel"
            yield Difference("traffic.forwarding", text, False)
        elif goes and comes and not declared:
            text = "user packets come out of the tunnel and into it"
            yield Difference("traffic.forwarding", text, True)

    def _others(self) -> Iterator[Difference]:
        """Nodes that are not to get a session."""
        nodes = self._declared.nodes
        for key, name in (
            ("nodes.unknown", nodes.unknown),
            ("nodes.barred", nodes.barred),
            ("nodes.unprovided", nodes.unprovided),
        ):
            pba = self._asker.ask(name.encode(), self.first) if name else None
            if pba is not None and not is_rejection(pba.status):
                yield Difference(key, f"{name} gets a session", "")
                self._asker.ask(name.encode(), self.first, lifetime=0)

    def _order(self) -> Iterator[Difference]:
        """Whether a request without a timestamp is taken."""
        node = self._asker.node()
        pba = self._asker.ask(node, self.first, stamp=None)
        takes = pba is not None and not is_rejection(pba.status)
        if takes != self._declared.features.sequence_numbers:
            what = "taken" if takes else "not taken"
            text = f"a request without a timestamp is {what}"
            yield Difference("features.sequence_numbers", text, takes)
        self._asker.ask(node, self.first, lifetime=0)

    def _readings(self) -> Iterator[Difference]:
        """Which of two readings it takes, where the next answer shows it."""
        readings = self._declared.readings
        node, now = self._asker.node(), self._asker.now()
        self._asker.ask(node, self.first, stamp=now)
        pba = self._asker.ask(node, self.first, stamp=now)
        lower = BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED
        mismatch = BindingAckStatus.TIMESTAMP_MISMATCH
        if pba is not None and pba.status in (lower, mismatch):
            is_lower = pba.status == lower
            if is_lower != readings.equal_timestamp_is_lower:
                text = f"an equal timestamp gets status {int(pba.status)}"
                key = "readings.equal_timestamp_is_lower"
                yield Difference(key, text, is_lower)
        old = now - units_of(LARGEST_MS)
        pba = self._asker.ask(node, self.first, stamp=old)
        if pba is not None and pba.status in (lower, mismatch):
            is_mismatch = pba.status == mismatch
            if is_mismatch != readings.stale_and_untimely_is_mismatch:
                text = f"an old timestamp out of the window gets {int(pba.status)}"
                key = "readings.stale_and_untimely_is_mismatch"
                yield Difference(key, text, is_mismatch)
        pba = self._asker.ask(node, self.second, lifetime=0)
        answers = pba is not None
        if answers != readings.foreign_deregistration_is_acknowledged:
            what = "answered" if answers else "ignored"
            text = f"a de-registration by another gateway is {what}"
            key = "readings.foreign_deregistration_is_acknowledged"
            yield Difference(key, text, answers)
        self._asker.ask(node, self.first, lifetime=0)

    def _window(self) -> Iterator[Difference]:
        """Where the window of timestamps ends, by cutting in two."""
        declared = self._declared.timers.timestamp_validity_window_ms
        within, beyond = 0, LARGEST_MS
        if self._is_timely(beyond):
            text = f"a timestamp {beyond} ms ahead is taken"
            yield Difference("timers.timestamp_validity_window_ms", text)
            return
        inner, outer = declared - declared // OFF_BY, declared + declared // OFF_BY
        if self._is_timely(inner) and not self._is_timely(outer):
            return
        for _ in range(STEPS):
            middle = (within + beyond) // 2
            if self._is_timely(middle):
                within = middle
            else:
                beyond = middle
        text = f"it ends between {within} ms and {beyond} ms"
        key = "timers.timestamp_validity_window_ms"
        yield Difference(key, text, (within + beyond) // 2)

    def _is_timely(self, ahead_ms: int) -> bool:
        node = self._asker.node()
        pba = self._asker.ask(
            node, self.first, stamp=self._asker.now() + units_of(ahead_ms)
        )
        return pba is not None and pba.status != BindingAckStatus.TIMESTAMP_MISMATCH
