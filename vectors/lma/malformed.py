"""Volleys: many requests with something wrong, and what is wrong with each.

They are the samples of the group `wire` that break a format rule, by what they change,
with the node and the time of day of the case in them; messages as large as they can be;
and the same message many times.  Nothing is listed here that the format rules do not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import IPv6Address

from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.decoding import decode
from pmip6.model.wire.encoding import Lies, encode
from pmip6.model.wire.messages import MobilityMessage, ProxyBindingUpdate
from pmip6.model.wire.numbers import MobilityHeaderType
from pmip6.model.wire.option_format import MobilityOption, Pad1, UnknownOption
from pmip6.model.wire.options import HomeNetworkPrefix, MobileNodeIdentifier, Timestamp
from pmip6.model.wire.reception import Reaction, Reception, receive
from pmip6.vectors.lma.stimuli import FLOODS, Malformed
from pmip6.vectors.packs.message_samples import (
    ANCHOR,
    GATEWAY,
    PREFIX,
    SESSION,
    EncodedSample,
    samples,
)
from pmip6.vectors.packs.wire_group import Result, result_of

FLOOD = 100
"""How many messages come at once, where it is that which is wrong."""
BASE = "pbu"
_PATTERNS: dict[Malformed, str] = {
    Malformed.LENGTHS: r"header_len|cut to",
    Malformed.OPTION_LENGTHS: r".*\.length=",
    Malformed.OPTION_SIZES: r"\w+ of \d+ octets|.*identifier=",
    Malformed.OPTIONS: r"without=|twice=|with=|first=|no options|.*beside",
    Malformed.HEADER: r"payload_proto|reserved bit|checksum|proxy=",
    Malformed.VALUES: r"\w+\.(?!length|identifier)\w+=",
    Malformed.SOURCES: r"source=",
}
"""What the names of the samples of a volley begin with, behind that of the message."""


@dataclass(frozen=True)
class Shot:
    """One message of a volley.

    Args:
        name: What is wrong with it.
        message: The message, for the node and time of the sample.
        lies: What the encoder gets wrong.
        source: Where it comes from; None: from the gateway.
        reception: What the rules of reception say about the sample; with the name of
            another node a length that is not true may end elsewhere.
    """

    name: str
    message: MobilityMessage
    lies: Lies | None
    source: IPv6Address | None
    reception: Reception

    def octets(
        self, like: ProxyBindingUpdate, source: IPv6Address, destination: IPv6Address
    ) -> bytes:
        """The Mobility Header, with number, node and time of an ordinary request.

        What the sample itself has made of these stays as it is.
        """
        message = self.message
        if isinstance(message, ProxyBindingUpdate):
            message = replace(message, sequence=like.sequence)
        fresh = {type(option): option for option in like.options}
        options = tuple(
            fresh.get(type(o), o) if o in _CHANGING else o for o in message.options
        )
        message = replace(message, options=options)
        return encode(message, source, destination, lies=self.lies)


_CHANGING = tuple(o for o in SESSION if isinstance(o, MobileNodeIdentifier | Timestamp))


@cache
def volley(kind: Malformed) -> tuple[Shot, ...]:
    """The messages of a volley, in the order of the samples."""
    if kind in FLOODS:
        return ()
    if kind is Malformed.TYPES:
        return tuple(_types())
    if kind is Malformed.LARGE:
        return tuple(_large())
    pattern = re.compile(f"{BASE}/(?:{_PATTERNS[kind]})")
    return tuple(
        shot
        for sample in samples()
        if pattern.match(sample.name)
        for shot in (_shot(sample),)
        if shot is not None
    )


def _shot(sample: EncodedSample) -> Shot | None:
    """The message of a sample; None where a receiver takes it as if nothing were wrong."""
    decoded = decode(
        sample.octets, sample.source, sample.destination, proxy_expected=True
    )
    reception = receive(decoded)
    if result_of(decoded, reception.reaction) is not Result.INVALID:
        return None
    moved = None if sample.source == GATEWAY else sample.source
    return Shot(sample.name, sample.message, sample.lies, moved, reception)


def _ordinary() -> ProxyBindingUpdate:
    return ProxyBindingUpdate(1, 75, SESSION)


def _types() -> Iterator[Shot]:
    """Messages that no anchor asks for: each type but that of a request, and beyond."""
    asked = int(MobilityHeaderType.BINDING_UPDATE)
    for number in (*map(int, MobilityHeaderType), 127, 255):
        if number == asked:
            continue
        lies = Lies(mh_type=number)
        decoded = decode(
            encode(_ordinary(), GATEWAY, ANCHOR, lies=lies), GATEWAY, ANCHOR
        )
        yield Shot(
            f"{BASE}/mh_type={number}", _ordinary(), lies, None, receive(decoded)
        )


def _large() -> Iterator[Shot]:
    """As many options of one kind as one message can have."""
    kinds: dict[str, Callable[[int], MobilityOption]] = {
        "Pad1": lambda n: Pad1(),
        "empty unknown options": lambda n: UnknownOption(200 + n % 50, b""),
        "unknown options of 253 octets": lambda n: UnknownOption(200, bytes(253)),
        "HomeNetworkPrefix": lambda n: HomeNetworkPrefix(_prefix(n), 64),
        "MobileNodeIdentifier": lambda n: MobileNodeIdentifier(b"%0200d" % n),
    }
    for name, option in kinds.items():
        count, message = 2048, _ordinary()
        while count:
            more = tuple(option(n) for n in range(count))
            message = replace(message, options=(*SESSION, *more))
            try:
                octets = encode(message, GATEWAY, ANCHOR)
            except Pmip6Error:
                count = count * 7 // 8
                continue
            reception = receive(decode(octets, GATEWAY, ANCHOR))
            yield Shot(f"{BASE}/{count} times {name}", message, None, None, reception)
            break


def _prefix(number: int) -> IPv6Address:
    return IPv6Address(int(PREFIX) + (number << 64))


def discarded(kind: Malformed) -> tuple[str, ...]:
    """Ids behind the messages of a volley that must not be taken, each once."""
    named = (
        name
        for shot in volley(kind)
        if shot.reception.reaction is not Reaction.PROCESS
        for name in shot.reception.requirements
    )
    return tuple(dict.fromkeys(named))
