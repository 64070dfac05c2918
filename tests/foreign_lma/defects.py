"""Ten deliberate defects of the LMA, each by its name; sealed.json says what finds it.

Each replaces what it spoils by something around it, so that they can be there at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv6Address

from foreign_lma import lma as anchor
from foreign_lma import sockets
from foreign_lma.binding_cache import BindingCacheEntry, Rejected, Status
from foreign_lma.lma import LocalMobilityAnchor
from foreign_lma.mobility_header import (
    HOME_NETWORK_PREFIX,
    BindingUpdate,
    HomeNetworkPrefix,
    MalformedMessage,
    Options,
    OptionWriter,
    binding_acknowledgement,
    read_binding_update,
)
from foreign_lma.settings import NodePolicy, Settings

REJECTION = 128


def put(owner: object, name: str, spoilt: Callable[..., object]) -> None:
    """Put something spoilt in the place of a function or method."""
    setattr(owner, name, spoilt)


def unaligned_prefix() -> None:
    """The Home Network Prefix option stands wherever the last option has ended."""
    add = OptionWriter.add

    def spoilt(
        self: OptionWriter, kind: int, value: bytes, multiple: int = 1, offset: int = 0
    ) -> None:
        if kind == HOME_NETWORK_PREFIX:
            multiple = 1
        add(self, kind, value, multiple, offset)

    put(OptionWriter, "add", spoilt)


def stale_timestamp() -> None:
    """The answer has the timestamp of the request of the node before this one."""
    copied = LocalMobilityAnchor.copied
    last: dict[bytes | None, int] = {}

    def spoilt(self: LocalMobilityAnchor, asked: Options) -> Options:
        reply = copied(self, asked)
        if asked.timestamp is not None:
            reply.timestamp = last.get(asked.mn_identifier, asked.timestamp)
            last[asked.mn_identifier] = asked.timestamp
        return reply

    put(LocalMobilityAnchor, "copied", spoilt)


SPOILS: list[Callable[[Options], Options]] = []


def _in_rejections(spoil: Callable[[Options], Options]) -> None:
    """Change the options of what is refused."""
    SPOILS.append(spoil)

    def spoilt(
        status: int, proxy: bool, sequence: int, lifetime: int, options: Options
    ) -> bytes:
        if proxy and status >= REJECTION:
            for change in SPOILS:
                options = change(options)
        return binding_acknowledgement(status, proxy, sequence, lifetime, options)

    put(anchor, "binding_acknowledgement", spoilt)


def handoff_not_copied() -> None:
    """A refusal has the indicator of an unknown handoff, whatever was asked."""
    _in_rejections(lambda options: replace(options, handoff=4))


def length_of_refused_prefix() -> None:
    """A refusal has each prefix with the length 64, whatever was asked."""
    _in_rejections(
        lambda options: replace(
            options,
            prefixes=[HomeNetworkPrefix(p.address, 64) for p in options.prefixes],
        )
    )


def _around_process(
    spoil: Callable[
        [LocalMobilityAnchor, BindingUpdate, IPv6Address],
        tuple[BindingUpdate, IPv6Address],
    ],
) -> None:
    process = LocalMobilityAnchor.process

    def spoilt(
        self: LocalMobilityAnchor,
        update: BindingUpdate,
        source: IPv6Address,
        now: float,
    ) -> tuple[BindingCacheEntry, int]:
        return process(self, *spoil(self, update, source), now)

    put(LocalMobilityAnchor, "process", spoilt)


def foreign_deregistration() -> None:
    """Any listed gateway ends the session of a node, as if it were the serving one."""

    def spoil(
        self: LocalMobilityAnchor, update: BindingUpdate, source: IPv6Address
    ) -> tuple[BindingUpdate, IPv6Address]:
        asked = update.options
        if update.lifetime == 0 and source in self.settings.mags:
            try:
                bce = self.cache.find(asked, source)
            except Rejected:
                bce = None
            if bce is not None:
                asked = replace(asked, alternate_care_of=bce.proxy_coa)
        return replace(update, options=asked), source

    _around_process(spoil)


def options_before_policy() -> None:
    """Missing options are told of before it is asked who sends for whom."""
    check_policy = LocalMobilityAnchor.check_policy

    def spoilt(
        self: LocalMobilityAnchor, asked: Options, source: IPv6Address
    ) -> NodePolicy:
        if asked.mn_identifier is not None:
            if not asked.prefixes:
                raise Rejected(Status.MISSING_HOME_NETWORK_PREFIX_OPTION)
            if asked.handoff is None:
                raise Rejected(Status.MISSING_HANDOFF_INDICATOR_OPTION)
            if asked.access_technology is None:
                raise Rejected(Status.MISSING_ACCESS_TECH_TYPE_OPTION)
        return check_policy(self, asked, source)

    put(LocalMobilityAnchor, "check_policy", spoilt)


def early_deletion() -> None:
    """An entry that is de-registered is kept for half of MinDelayBeforeBCEDelete."""
    begin = LocalMobilityAnchor.__init__

    def spoilt(self: LocalMobilityAnchor, settings: Settings) -> None:
        half = settings.min_delay_before_bce_delete / 2
        begin(self, replace(settings, min_delay_before_bce_delete=half))

    put(LocalMobilityAnchor, "__init__", spoilt)


def deaf_after_cut_option() -> None:
    """After an option that runs over the end of its message it hears nothing more."""
    read, handle = read_binding_update, sockets.Server.handle
    is_deaf = False

    def spoilt_read(message: bytes) -> BindingUpdate:
        nonlocal is_deaf
        try:
            return read(message)
        except MalformedMessage as reason:
            is_deaf = "runs over the end" in str(reason)
            raise

    def spoilt_handle(self: sockets.Server, packet: sockets.Packet) -> None:
        if not is_deaf:
            handle(self, packet)

    put(sockets, "read_binding_update", spoilt_read)
    put(sockets.Server, "handle", spoilt_handle)


def generous_lifetime() -> None:
    """Every session gets the longest lifetime that is configured."""

    def spoil(
        self: LocalMobilityAnchor, update: BindingUpdate, source: IPv6Address
    ) -> tuple[BindingUpdate, IPv6Address]:
        lifetime = self.settings.max_lifetime if update.lifetime else 0
        return replace(update, lifetime=lifetime), source

    _around_process(spoil)


def duplicate_accepted() -> None:
    """A request with the timestamp that was accepted last is accepted again."""
    check_timestamp = LocalMobilityAnchor.check_timestamp

    def spoilt(self: LocalMobilityAnchor, asked: Options, timestamp: int) -> None:
        try:
            check_timestamp(self, asked, timestamp)
        except Rejected:
            accepted = [b.timestamp for b in self.cache.of_node(asked.mn_identifier)]
            if timestamp != max(accepted, default=0):
                raise

    put(LocalMobilityAnchor, "check_timestamp", spoilt)


DEFECTS: dict[str, Callable[[], None]] = {
    defect.__name__.replace("_", "-"): defect
    for defect in (
        unaligned_prefix,
        stale_timestamp,
        handoff_not_copied,
        length_of_refused_prefix,
        foreign_deregistration,
        options_before_policy,
        early_deletion,
        deaf_after_cut_option,
        generous_lifetime,
        duplicate_accepted,
    )
}
