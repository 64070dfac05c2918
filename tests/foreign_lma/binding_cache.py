"""The Binding Cache of the LMA: RFC 5213, sections 5.1, 5.4.1 and 5.3.2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from ipaddress import IPv6Address, IPv6Network

from foreign_lma.mobility_header import UNSPECIFIED, HomeNetworkPrefix, Options
from foreign_lma.settings import NodePolicy, Settings

BETWEEN_INTERFACES, BETWEEN_GATEWAYS = 2, 3  # Handoff Indicator, section 8.4
NO_LINK_LAYER_IDENTIFIER = bytes(2)
FIXED_LINK_LOCAL = IPv6Address("fe80::200:5eff:fe00:5213")  # RFC 6543


class Status(IntEnum):
    """Status values: RFC 5213, section 8.9, and RFC 6275, section 6.1.8."""

    ACCEPTED = 0
    INSUFFICIENT_RESOURCES = 130
    HOME_REGISTRATION_NOT_SUPPORTED = 131
    SEQUENCE_NUMBER_OUT_OF_WINDOW = 135
    PROXY_REG_NOT_ENABLED = 152
    NOT_LMA_FOR_THIS_MOBILE_NODE = 153
    MAG_NOT_AUTHORIZED_FOR_PROXY_REG = 154
    NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX = 155
    TIMESTAMP_MISMATCH = 156
    TIMESTAMP_LOWER_THAN_PREV_ACCEPTED = 157
    MISSING_HOME_NETWORK_PREFIX_OPTION = 158
    BCE_PBU_PREFIX_SET_DO_NOT_MATCH = 159
    MISSING_MN_IDENTIFIER_OPTION = 160
    MISSING_HANDOFF_INDICATOR_OPTION = 161
    MISSING_ACCESS_TECH_TYPE_OPTION = 162


@dataclass(eq=False)
class Rejected(Exception):
    """The request is refused; `timestamp` and `sequence` replace what would be copied."""

    status: Status
    timestamp: int | None = None
    sequence: int | None = None


@dataclass
class BindingCacheEntry:
    """One mobility session, section 5.1; it `expires` by the monotonic clock."""

    mn_identifier: bytes
    prefixes: list[IPv6Network]
    proxy_coa: IPv6Address = UNSPECIFIED
    link_layer_identifier: bytes = NO_LINK_LAYER_IDENTIFIER
    access_technology: int = 0
    link_local: IPv6Address = FIXED_LINK_LOCAL
    sequence: int = 0
    timestamp: int = 0
    expires: float = 0.0


def network(prefix: HomeNetworkPrefix) -> IPv6Network:
    return IPv6Network((prefix.address, prefix.length), strict=False)


@dataclass
class BindingCache:
    """The entries, and where the next prefix of the pool comes from."""

    settings: Settings
    entries: list[BindingCacheEntry] = field(default_factory=list[BindingCacheEntry])
    next_in_pool: int = 0

    def expire(self, now: float) -> None:
        """Delete the entries whose lifetime, or whose wait of section 5.3.5, is over."""
        self.entries = [bce for bce in self.entries if bce.expires > now]

    def next_expiry(self) -> float | None:
        return min((bce.expires for bce in self.entries), default=None)

    def of_node(self, mn_identifier: bytes | None) -> list[BindingCacheEntry]:
        return [bce for bce in self.entries if bce.mn_identifier == mn_identifier]

    def find(self, asked: Options, proxy_coa: IPv6Address) -> BindingCacheEntry | None:
        """The entry that a request updates, section 5.4.1, or None; raises Rejected."""
        requested = [prefix for prefix in asked.prefixes if not prefix.is_zero()]
        if requested:
            return self._find_by_prefix(asked, proxy_coa, requested)
        of_node = self.of_node(asked.mn_identifier)
        only_one = of_node[0] if len(of_node) == 1 else None
        if asked.link_layer_identifier is None:
            is_handoff = asked.handoff in (BETWEEN_INTERFACES, BETWEEN_GATEWAYS)
            return only_one if is_handoff else None
        interface = (asked.access_technology, asked.link_layer_identifier)
        for bce in of_node:
            if (bce.access_technology, bce.link_layer_identifier) == interface:
                return bce
        return only_one if asked.handoff == BETWEEN_INTERFACES else None

    def _find_by_prefix(
        self, asked: Options, proxy_coa: IPv6Address, requested: list[HomeNetworkPrefix]
    ) -> BindingCacheEntry | None:
        """Section 5.4.1.1: where one requested prefix is in an entry, all have to be."""
        wanted = {network(prefix) for prefix in requested}
        values = {prefix.network_address for prefix in wanted}
        for bce in self.entries:
            if any(prefix.network_address in values for prefix in bce.prefixes):
                break
        else:
            return None
        if bce.mn_identifier != asked.mn_identifier:
            raise Rejected(Status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX)
        if len(asked.prefixes) != len(bce.prefixes) or wanted != set(bce.prefixes):
            raise Rejected(Status.BCE_PBU_PREFIX_SET_DO_NOT_MATCH)
        if asked.handoff == BETWEEN_INTERFACES:
            return bce
        if asked.access_technology != bce.access_technology:
            return None
        if asked.link_layer_identifier is not None:
            is_same = asked.link_layer_identifier == bce.link_layer_identifier
        else:
            is_unnamed = bce.link_layer_identifier == NO_LINK_LAYER_IDENTIFIER
            is_same = is_unnamed and asked.handoff == BETWEEN_GATEWAYS
        return bce if is_same or bce.proxy_coa == proxy_coa else None

    def create(self, asked: Options, policy: NodePolicy) -> BindingCacheEntry:
        """Section 5.3.2: an entry with prefixes asked for or allocated; raises Rejected."""
        in_use = {prefix for bce in self.entries for prefix in bce.prefixes}
        prefixes = [network(p) for p in asked.prefixes if not p.is_zero()]
        if any(p not in policy.prefixes or p in in_use for p in prefixes):
            raise Rejected(Status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX)
        if len(prefixes) < len(asked.prefixes):
            prefixes += self._allocate(policy, in_use.union(prefixes))
        assert asked.mn_identifier is not None, "refused before"
        bce = BindingCacheEntry(asked.mn_identifier, prefixes)
        self.entries.append(bce)
        return bce

    def _allocate(
        self, policy: NodePolicy, in_use: set[IPv6Network]
    ) -> list[IPv6Network]:
        """Static prefixes of the node, else the next of the pool; raises Rejected."""
        static = sorted(policy.prefixes - in_use)
        if static:
            return static
        if policy.from_pool == 0:
            raise Rejected(Status.INSUFFICIENT_RESOURCES)
        found: list[IPv6Network] = []
        for place, prefix in self._pool_from_next():
            if prefix not in in_use:
                found.append(prefix)
            if len(found) == policy.from_pool:
                self.next_in_pool = place + 1
                return found
        raise Rejected(Status.INSUFFICIENT_RESOURCES)

    def _pool_from_next(self) -> Iterator[tuple[int, IPv6Network]]:
        """The pool once around, so that a prefix that was freed rests for a while."""
        places = list(enumerate(self.settings.pool))
        yield from places[self.next_in_pool :]
        yield from places[: self.next_in_pool]
