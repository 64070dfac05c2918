"""A plain LMA for the signalling of RFC 5213, section 5, written from its text alone.

It leaves out the wait for a de-registration when the handoff state is unknown, which the
text leaves to it (section 5.4.1.2, 4), and all of the data plane: tunnels and routes.
"""

from __future__ import annotations

import logging
import time
from ipaddress import IPv6Address

from foreign_lma.binding_cache import (
    NO_LINK_LAYER_IDENTIFIER,
    BindingCache,
    BindingCacheEntry,
    Rejected,
    Status,
)
from foreign_lma.mobility_header import (
    UNSPECIFIED,
    BindingUpdate,
    HomeNetworkPrefix,
    Options,
    binding_acknowledgement,
)
from foreign_lma.settings import SUBTYPE_NAI, NodePolicy, Settings

LIFETIME_UNIT = 4.0

log = logging.getLogger("lma")


class Ignored(Exception):
    """The request gets no answer; the argument says why."""


def time_of_day() -> int:
    """Now, in the format of section 8.8: 48 bits of seconds, 16 bits of fraction."""
    return int(time.time() * 65536)


def is_unicast_routable(address: IPv6Address) -> bool:
    return not (
        address.is_multicast
        or address.is_unspecified
        or address.is_loopback
        or address.is_link_local
    )


class LocalMobilityAnchor:
    """The decisions of section 5.3 over a Binding Cache."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.cache = BindingCache(settings)

    def answer(self, update: BindingUpdate, source: IPv6Address) -> bytes | None:
        """The Binding Acknowledgement of section 5.3.6 for an update, or None."""
        now = time.monotonic()
        self.cache.expire(now)
        if not update.proxy:
            # No home agent: RFC 6275, section 10.3.1; without H it would need nonces.
            if not update.home_registration:
                return None
            status = Status.HOME_REGISTRATION_NOT_SUPPORTED
            return binding_acknowledgement(status, False, update.sequence, 0, Options())
        asked = update.options
        try:
            bce, lifetime = self.process(update, source, now)
        except Ignored as reason:
            log.info("%s, %s: ignored, %s", source, asked.mn_identifier, reason)
            return None
        except Rejected as refusal:
            log.info("%s, %s: %s", source, asked.mn_identifier, refusal.status.name)
            reply = self.copied(asked)
            if asked.timestamp is not None and refusal.timestamp is not None:
                reply.timestamp = refusal.timestamp
            sequence = update.sequence if refusal.sequence is None else refusal.sequence
            return binding_acknowledgement(refusal.status, True, sequence, 0, reply)
        log.info("%s, %s: %s", source, asked.mn_identifier, bce)
        reply = self.copied(asked)
        reply.prefixes = [
            HomeNetworkPrefix(p.network_address, p.prefixlen) for p in bce.prefixes
        ]
        if asked.link_local is not None:
            reply.link_local = bce.link_local
        return binding_acknowledgement(
            Status.ACCEPTED, True, update.sequence, lifetime, reply
        )

    def copied(self, asked: Options) -> Options:
        """The options of an answer as far as they are those of the request."""
        nameless = bytes([SUBTYPE_NAI])
        return Options(
            mn_identifier=asked.mn_identifier or nameless,
            prefixes=asked.prefixes or [HomeNetworkPrefix(UNSPECIFIED, 0)],
            handoff=asked.handoff or 0,
            access_technology=asked.access_technology or 0,
            link_layer_identifier=asked.link_layer_identifier,
            link_local=asked.link_local,
            timestamp=asked.timestamp,
        )

    def process(
        self, update: BindingUpdate, source: IPv6Address, now: float
    ) -> tuple[BindingCacheEntry, int]:
        """Section 5.3.1: the entry and lifetime granted; raises Rejected or Ignored."""
        asked = update.options
        proxy_coa = asked.alternate_care_of or source
        if not is_unicast_routable(source) or not is_unicast_routable(proxy_coa):
            raise Ignored("the care-of address is not unicast routable")
        policy = self.check_policy(asked, source)
        if asked.timestamp is not None:
            self.check_timestamp(asked, asked.timestamp)
        else:
            self.check_sequence(update, proxy_coa)
        if not asked.prefixes:
            raise Rejected(Status.MISSING_HOME_NETWORK_PREFIX_OPTION)
        if asked.handoff is None:
            raise Rejected(Status.MISSING_HANDOFF_INDICATOR_OPTION)
        if asked.access_technology is None:
            raise Rejected(Status.MISSING_ACCESS_TECH_TYPE_OPTION)
        bce = self.cache.find(asked, proxy_coa)
        if update.lifetime == 0:
            if bce is None:
                raise Ignored("no session to de-register")
            if bce.proxy_coa != proxy_coa:
                raise Ignored("another gateway serves the session")
            self.renew(bce, update)
            bce.expires = now + self.settings.min_delay_before_bce_delete
            return bce, 0
        if bce is None:
            bce = self.cache.create(asked, policy)
        # The three are new after a handoff (section 5.3.4), the same otherwise.
        bce.proxy_coa = proxy_coa
        bce.access_technology = asked.access_technology
        identifier = asked.link_layer_identifier
        bce.link_layer_identifier = identifier or NO_LINK_LAYER_IDENTIFIER
        self.renew(bce, update)
        lifetime = min(update.lifetime, self.settings.max_lifetime)
        bce.expires = now + lifetime * LIFETIME_UNIT
        return bce, lifetime

    def renew(self, bce: BindingCacheEntry, update: BindingUpdate) -> None:
        """Note in the entry what every accepted request brings."""
        asked = update.options
        bce.sequence = update.sequence
        # Section 5.1 wants zero where there is no timestamp; but the next one has to
        # exceed all that were accepted before (section 5.5, 6), so the last is kept.
        bce.timestamp = asked.timestamp or bce.timestamp
        if asked.link_local is not None and not asked.link_local.is_unspecified:
            bce.link_local = asked.link_local

    def check_policy(self, asked: Options, source: IPv6Address) -> NodePolicy:
        """Section 5.3.1, 4 to 8: the node, and its gateway; raises Rejected."""
        if asked.mn_identifier is None:
            raise Rejected(Status.MISSING_MN_IDENTIFIER_OPTION)
        policy = self.settings.policy_of(asked.mn_identifier)
        mags = self.settings.mags
        if policy is not None and policy.mags is not None:
            mags &= policy.mags
        if source not in mags:
            raise Rejected(Status.MAG_NOT_AUTHORIZED_FOR_PROXY_REG)
        if policy is None:
            raise Rejected(Status.NOT_LMA_FOR_THIS_MOBILE_NODE)
        if not policy.enabled:
            raise Rejected(Status.PROXY_REG_NOT_ENABLED)
        return policy

    def check_timestamp(self, asked: Options, timestamp: int) -> None:
        """Section 5.5, 6 to 9: an equal timestamp is not lower, but not valid either."""
        now = time_of_day()
        accepted = [bce.timestamp for bce in self.cache.of_node(asked.mn_identifier)]
        last = max(accepted, default=0)
        if timestamp < last:
            raise Rejected(Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED, timestamp=now)
        window = self.settings.timestamp_validity_window * 65536
        is_close = abs(timestamp - now) <= window
        is_close = is_close or self.settings.mobile_node_generated_timestamp
        if timestamp == last or not is_close:
            raise Rejected(Status.TIMESTAMP_MISMATCH, timestamp=now)

    def check_sequence(self, update: BindingUpdate, proxy_coa: IPv6Address) -> None:
        """RFC 6275, section 9.5.1, for the session that the request is for."""
        try:
            bce = self.cache.find(update.options, proxy_coa)
        except Rejected:
            return  # It is for no session; a later check says which status it gets.
        if bce is None:
            return
        if not 1 <= (update.sequence - bce.sequence) % 65536 < 32768:
            status = Status.SEQUENCE_NUMBER_OUT_OF_WINDOW
            raise Rejected(status, sequence=bce.sequence)
