"""Ordinary mobility messages, and each with one thing changed: what vectors of octets show.

A change is named by what it changes, so that the name of a vector never moves:
`pbu/lifetime=65535`, `pba/without=HandoffIndicatorOption`, `pbu/header_len+1`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address
from typing import TypeVar

from pmip6.model.errors import Pmip6Error
from pmip6.model.fast_handover.options import (
    ContextRequest,
    GreKey,
    Ipv4HomeAddressRequest,
    LocalMobilityAnchorAddress,
    MobileNodeLinkLocalAddressInterfaceIdentifier,
    MobilityHeaderLinkLayerAddress,
    RequestedContext,
    VendorSpecific,
)
from pmip6.model.wire.decoding import decode
from pmip6.model.wire.encoding import Lies, PaddingStyle, encode
from pmip6.model.wire.field_rules import OPTION_READERS
from pmip6.model.wire.message_data import FIXED_LENGTH
from pmip6.model.wire.messages import (
    BindingError,
    HandoverAcknowledge,
    HandoverInitiate,
    MobilityMessage,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
)
from pmip6.model.wire.mobile_ipv6_options import (
    AlternateCareOfAddress,
    BindingAuthorizationData,
    BindingRefreshAdvice,
    NonceIndices,
)
from pmip6.model.wire.numbers import (
    AccessTechnologyType,
    BindingAckStatus,
    BindingErrorStatus,
    HandoffIndicator,
    HandoverAcknowledgeCode,
    HandoverInitiateCode,
    MobilityHeaderType,
    MobilityOptionType,
)
from pmip6.model.wire.option_format import MobilityOption, Pad1, UnknownOption
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    Timestamp,
)

GATEWAY = IPv6Address("2001:db8:1::11")
OTHER_GATEWAY = IPv6Address("2001:db8:1::12")
ANCHOR = IPv6Address("2001:db8:1::1")
PREFIX = IPv6Address("2001:db8:100:1::")
ADDRESSES = (
    IPv6Address("::"),
    IPv6Address("::1"),
    IPv6Address("fe80::1"),
    IPv6Address("ff02::1"),
    IPv6Address("2001:db8::1"),
)
NODE = MobileNodeIdentifier(b"mn1@example.org")
SESSION: tuple[MobilityOption, ...] = (
    NODE,
    HomeNetworkPrefix(PREFIX, 64),
    HandoffIndicatorOption(HandoffIndicator.NEW_INTERFACE),
    AccessTechnologyTypeOption(AccessTechnologyType.IEEE_802_11),
    MobileNodeLinkLayerIdentifier(bytes((2, 0, 0, 0, 0, 1))),
    LinkLocalAddress(IPv6Address("fe80::1")),
    Timestamp.from_seconds(1_700_000_000),
)
OTHER_OPTIONS: tuple[MobilityOption, ...] = (
    AlternateCareOfAddress(OTHER_GATEWAY),
    BindingRefreshAdvice(10),
    NonceIndices(1, 2),
    BindingAuthorizationData(bytes(range(12))),
    ContextRequest((RequestedContext(MobilityOptionType.HOME_NETWORK_PREFIX),)),
    LocalMobilityAnchorAddress(ANCHOR),
    MobileNodeLinkLocalAddressInterfaceIdentifier(bytes((2, 0, 0, 0, 0, 0, 0, 1))),
    GreKey(7),
    Ipv4HomeAddressRequest(IPv4Address("192.0.2.1"), 24),
    VendorSpecific(32473, 1, b"vendor"),
    MobilityHeaderLinkLayerAddress(bytes((2, 0, 0, 0, 0, 2))),
    UnknownOption(200, b"unknown"),
)
NUMBERS = (
    *(0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF),
    *(n for bits in (32, 64) for n in ((1 << bits - 1) - 1, 1 << bits - 1)),
    *(n for bits in (32, 64) for n in ((1 << bits) - 2, (1 << bits) - 1)),
)
"""Boundaries of fields of 8, 16, 32 and 64 bits."""
ENUMERATIONS: dict[type, type[IntEnum]] = {
    ProxyBindingAcknowledgement: BindingAckStatus,
    BindingError: BindingErrorStatus,
    HandoverInitiate: HandoverInitiateCode,
    HandoverAcknowledge: HandoverAcknowledgeCode,
    HandoffIndicatorOption: HandoffIndicator,
    AccessTechnologyTypeOption: AccessTechnologyType,
}
PREFIX_LENGTHS = (0, 1, 32, 63, 64, 65, 127, 128, 129, 255)
LENGTHS_IN = ("pbu", "handover-initiate")
"""The messages in which each option has its shortest and its longest data, and beyond."""
IDENTIFIER_LENGTHS = (0, 1, 8, 16, 17, 253, 254)


Part = TypeVar("Part", bound=MobilityMessage | MobilityOption)


@dataclass(frozen=True)
class Sample:
    """Octets of a Mobility Header that show one thing.

    Args:
        name: What it shows; never changes its meaning.
        source, destination: Addresses of its packet.
        octets: The Mobility Header and what follows it.
    """

    name: str
    source: IPv6Address
    destination: IPv6Address
    octets: bytes


@dataclass(frozen=True)
class EncodedSample(Sample):
    """A sample with what the encoder was given."""

    message: MobilityMessage
    lies: Lies | None


@dataclass(frozen=True)
class _Base:
    """An ordinary message, and the addresses of its packet."""

    name: str
    message: MobilityMessage
    source: IPv6Address
    destination: IPv6Address

    def sample(
        self, shown: str, message: MobilityMessage, lies: Lies | None = None
    ) -> Iterator[EncodedSample]:
        """The octets of a message; none where a value does not fit its field."""
        try:
            octets = encode(message, self.source, self.destination, lies=lies)
        except Pmip6Error:
            return
        name = f"{self.name}/{shown}"
        yield EncodedSample(name, self.source, self.destination, octets, message, lies)

    def findings(self, message: MobilityMessage) -> bool:
        """Whether a message of this kind breaks a rule."""
        octets = encode(message, self.source, self.destination)
        return bool(decode(octets, self.source, self.destination).findings)

    def lie(self, shown: str, lies: Lies) -> Iterator[EncodedSample]:
        """The octets of the ordinary message with something wrong."""
        return self.sample(shown, self.message, lies)


def _bases() -> Iterator[_Base]:
    accepted, rejected = (
        BindingAckStatus.ACCEPTED,
        BindingAckStatus.MAG_NOT_AUTHORIZED_FOR_PROXY_REG,
    )
    yield _Base("pbu", ProxyBindingUpdate(1, 75, SESSION), GATEWAY, ANCHOR)
    yield _Base(
        "pba", ProxyBindingAcknowledgement(accepted, 1, 75, SESSION), ANCHOR, GATEWAY
    )
    yield _Base(
        "pba-rejecting",
        ProxyBindingAcknowledgement(rejected, 1, 0, SESSION),
        ANCHOR,
        GATEWAY,
    )
    yield _Base(
        "binding-error",
        BindingError(BindingErrorStatus.UNRECOGNIZED_MH_TYPE),
        ANCHOR,
        GATEWAY,
    )
    context = (NODE, HomeNetworkPrefix(PREFIX, 64), LocalMobilityAnchorAddress(ANCHOR))
    yield _Base(
        "handover-initiate",
        HandoverInitiate(1, HandoverInitiateCode(0), context),
        GATEWAY,
        OTHER_GATEWAY,
    )
    yield _Base(
        "handover-acknowledge",
        HandoverAcknowledge(1, HandoverAcknowledgeCode(0), context),
        OTHER_GATEWAY,
        GATEWAY,
    )


def ordinary_messages() -> Iterator[tuple[MobilityMessage, IPv6Address, IPv6Address]]:
    """The messages that vectors change something of, with the addresses of their packets."""
    for base in _bases():
        yield base.message, base.source, base.destination


def samples() -> Iterator[EncodedSample]:
    """Every sample, the ordinary message of each kind first."""
    for base in _bases():
        yield from base.sample("ordinary", base.message)
        yield from _values(base)
        yield from _options(base)
        yield from _layouts(base)
        yield from _lengths(base)


def _values(base: _Base) -> Iterator[EncodedSample]:
    """Every field of the message at its boundaries, every flag the other way; the source."""
    for address in ADDRESSES:
        moved = replace(base, source=address)
        yield from moved.sample(f"source={address}", base.message)
    for name, value, text in _changes(base.message):
        changed = _with(base.message, name, value)
        yield from base.sample(f"{name}={text}", changed)


def _changes(
    item: MobilityMessage | MobilityOption,
) -> Iterator[tuple[str, object, str]]:
    """Field, value and text of each change of one field that is not an option list."""
    for field in fields(item):
        value: object = getattr(item, field.name)
        for new in _others(item, field.name, value):
            text = f"{len(new)} octets" if isinstance(new, bytes) else str(new)
            yield field.name, new, text if not isinstance(new, int) else str(int(new))


def _with(item: Part, name: str, value: object) -> Part:
    return replace(item, **{name: value})  # type: ignore[arg-type]  # a field of it


def _others(
    item: MobilityMessage | MobilityOption, name: str, value: object
) -> Iterator[object]:
    """Other values of a field: boundaries, first and last of an enumeration, unknown ones."""
    match value:
        case bool():
            yield not value
        case int() if (
            name in ("status", "code", "value") and type(item) in ENUMERATIONS
        ):
            known = sorted(map(int, ENUMERATIONS[type(item)]))
            near = {n + d for n in known for d in (-1, 0, 1)} | {0xFF}
            yield from sorted(n for n in near if 0 <= n <= 0xFF and n != value)
        case int() if name == "prefix_length":
            yield from (n for n in PREFIX_LENGTHS if n != value)
        case int() if name == "reserved":
            yield from (1 << bit for bit in range(16))
        case int():
            yield from (n for n in NUMBERS if n != value)
        case bytes():
            yield from (bytes(n) for n in IDENTIFIER_LENGTHS if n != len(value))
        case IPv6Address():
            yield from (a for a in ADDRESSES if a != value)
        case _:
            return


def _options(base: _Base) -> Iterator[EncodedSample]:
    """Every option changed, left out, doubled and added; all of them the other way round."""
    message = base.message
    for i, option in enumerate(message.options):
        kind = type(option).__name__
        before, behind = message.options[:i], message.options[i + 1 :]
        others = (*before, *behind)
        yield from base.sample(f"without={kind}", replace(message, options=others))
        twice = (*before, option, option, *behind)
        yield from base.sample(f"twice={kind}", replace(message, options=twice))
        yield from _option(base, i)
        if isinstance(option, HomeNetworkPrefix):
            every = (*before, option, HomeNetworkPrefix(ADDRESSES[0], 0), *behind)
            shown = "HomeNetworkPrefix beside an all-zero one"
            yield from base.sample(shown, replace(message, options=every))
    for option in (*SESSION, *OTHER_OPTIONS):
        if not any(type(option) is type(other) for other in message.options):
            kind = type(option).__name__
            with_it = replace(message, options=(*message.options, option))
            yield from base.sample(f"with={kind}", with_it)
            first = replace(message, options=(option, *message.options))
            yield from base.sample(f"first={kind}", first)
            is_update = isinstance(message, ProxyBindingUpdate)
            takes_none = isinstance(option, NonceIndices)  # without breaking a rule
            if (is_update and takes_none) or not base.findings(with_it):
                yield from _option(replace(base, message=with_it), -1)
    turned = replace(message, options=message.options[::-1])
    yield from base.sample("options reversed", turned)
    yield from base.sample("no options", replace(message, options=()))


def _option(base: _Base, place: int) -> Iterator[EncodedSample]:
    """One option of the message: its fields, its length, its alignment."""
    message = base.message
    place %= len(message.options)
    option = message.options[place]
    kind = type(option).__name__
    before, behind = message.options[:place], message.options[place + 1 :]
    for name, value, text in _changes(option):
        changed = (*before, _with(option, name, value), *behind)
        yield from base.sample(
            f"{kind}.{name}={text}", replace(message, options=changed)
        )
    length = len(option.data())
    for told in sorted({0, length - 1, length + 1, 255}):
        lies = Lies(option_lengths=((place, told),))
        yield from base.lie(f"{kind}.length={told}", lies)
    reader = OPTION_READERS.get(int(option.type_number))
    lengths = () if reader is None else (reader.lengths.start, reader.lengths.stop - 1)
    beside = sorted({n + d for n in lengths for d in (-1, 0, 1)} & set(range(256)))
    known = {0, length - 1, length, length + 1}
    more = [bytes(n) for n in beside if n not in known and base.name in LENGTHS_IN]
    for data in (b"", option.data()[:-1], option.data() + bytes(1), *more):
        wrong = (*before, UnknownOption(option.type_number, data), *behind)
        shown = f"{kind} of {len(data)} octets"
        yield from base.sample(shown, replace(message, options=wrong))
    last = replace(message, options=(*before, *behind, option))
    octets = encode(last, base.source, base.destination)
    placed = decode(octets, base.source, base.destination).layout
    where = max(i for i, (_, each) in enumerate(placed) if each.data() == option.data())
    shifted = [each for _, each in placed[:where]]
    yield from base.sample(
        f"{kind} one octet further",
        replace(message, options=(*shifted, Pad1(), option)),
        Lies(padding=PaddingStyle.UNALIGNED),
    )


def _layouts(base: _Base) -> Iterator[EncodedSample]:
    """The header and the padding otherwise; each reserved bit set."""
    for style in PaddingStyle:
        if style is not PaddingStyle.MINIMAL:
            yield from base.lie(f"padding={style.name.lower()}", Lies(padding=style))
    longest = UnknownOption(MobilityOptionType.PADN, bytes(255))
    padded = replace(base.message, options=(*base.message.options, longest))
    yield from base.sample("PadN of 255 octets", padded)
    yield from base.lie("PadN filled", Lies(padn_content=0xFF))
    for number in (0, 6, 58, 60, 135, 255):
        yield from base.lie(f"payload_proto={number}", Lies(payload_proto=number))
    known = set(map(int, MobilityHeaderType))
    for number in range(256):
        if number not in known and {number - 1, number + 1} & (known | {256}):
            yield from base.lie(f"mh_type={number}", Lies(mh_type=number))
    for bit in range(16):
        if bit < 8:
            yield from base.lie(f"reserved bit {bit}", Lies(reserved=1 << bit))
        lies = Lies(message_reserved=1 << bit)
        yield from base.lie(f"message reserved bit {bit}", lies)
    yield from base.lie("checksum inverted in a bit", Lies(corrupt_checksum=True))
    yield from base.lie("checksum=0", Lies(checksum=0))


def _lengths(base: _Base) -> Iterator[EncodedSample]:
    """Lengths that are not what came: of the header and of the packet."""
    honest = encode(base.message, base.source, base.destination)
    for added in (-1, 1, 2):
        yield from base.lie(f"header_len{added:+}", Lies(header_len_added=added))
    for number in (0, 1, 255):
        yield from base.lie(f"header_len={number}", Lies(header_len=number))
        lies = Lies(header_len=number, truncate_to_header_len=True)
        yield from base.lie(f"header_len={number}, cut to it", lies)
    fixed = FIXED_LENGTH[int(base.message.MH_TYPE)]
    for length in sorted({0, 1, 5, 6, fixed - 1, fixed, len(honest) - 1}):
        yield from base.lie(f"cut to {length} octets", Lies(truncate_to=length))
    for more in (1, 8):
        yield from base.lie(f"{more} octets behind", Lies(trailing=bytes(more)))
