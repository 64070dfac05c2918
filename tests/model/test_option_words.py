"""Options in findings: no value stands there as Python would print it."""

from ipaddress import IPv6Address

import pytest

from pmip6.model.discovery.options import Mtu, SourceLinkLayerAddress
from pmip6.model.wire.decoding import decode
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.model.wire.option_format import PadN
from pmip6.model.wire.option_words import (
    option_in_words,
    option_title,
    options_in_words,
)
from pmip6.model.wire.options import (
    OPTION_CLASSES,
    GreKey,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobilityOption,
    Timestamp,
    UnknownOption,
)

PREFIX = HomeNetworkPrefix(IPv6Address("2001:db8::"), 64)
WORDS: dict[str, MobilityOption] = {
    "home network prefix 2001:db8::/64": PREFIX,
    "handoff indicator 4 (unknown)": HandoffIndicatorOption(HandoffIndicator.UNKNOWN),
    "handoff indicator 77": HandoffIndicatorOption(77),
    "mobile node identifier mn1@example.org": MobileNodeIdentifier(b"mn1@example.org"),
    "mobile node identifier 01:ff, subtype 2": MobileNodeIdentifier(b"\x01\xff", 2),
    "mobile node link layer identifier 02:00:01": MobileNodeLinkLayerIdentifier(
        b"\2\0\1"
    ),
    "link local address fe80::1": LinkLocalAddress(IPv6Address("fe80::1")),
    "timestamp 1600000000.000 s": Timestamp(1600000000 << 16),
    "option of type 200 with 01:02": UnknownOption(200, b"\1\2"),
    "gre key key 5": GreKey(5),
}


@pytest.mark.parametrize("words", WORDS)
def test_an_option_in_words(words: str) -> None:
    assert option_in_words(WORDS[words]) == words


@pytest.mark.parametrize("kind", OPTION_CLASSES, ids=lambda kind: kind.__name__)
def test_no_option_stands_there_as_python_prints_it(kind: type[MobilityOption]) -> None:
    shown = 0
    for length in kind.LENGTHS[:24]:
        try:
            option = kind.from_data(bytes(length))
        except (ValueError, IndexError):  # a length that means something else
            continue
        words = option_in_words(option)
        shown += 1
        assert words.islower() or words[0].islower()
        assert not {"(", "'", "<"} & set(words.replace(" (", ""))
    assert shown


TITLES: dict[type[object], str] = {
    HandoffIndicatorOption: "Handoff Indicator option",
    MobileNodeLinkLayerIdentifier: "Mobile Node Link-layer Identifier option",
    LinkLocalAddress: "Link-local Address option",
    GreKey: "GRE Key option",
    PadN: "PadN option",
    SourceLinkLayerAddress: "Source Link-layer Address option",
    Mtu: "MTU option",
}


@pytest.mark.parametrize("kind", TITLES, ids=lambda kind: kind.__name__)
def test_an_option_has_the_name_of_the_rfc(kind: type[object]) -> None:
    assert option_title(kind) == TITLES[kind]


def test_a_finding_tells_a_missing_option_by_that_name() -> None:
    update = ProxyBindingUpdate(1, 75, (MobileNodeIdentifier(b"mn1@example.org"),))
    source, destination = IPv6Address("2001:db8::1"), IPv6Address("2001:db8::2")
    found = decode(encode(update, source, destination), source, destination).findings
    assert "Handoff Indicator option is missing" in [each.text for each in found]


def test_several_are_in_the_order_of_their_words_and_none_has_a_word() -> None:
    link = LinkLocalAddress(IPv6Address("fe80::1"))
    both = "home network prefix 2001:db8::/64, link local address fe80::1"
    assert options_in_words({link, PREFIX}, "none") == both
    assert options_in_words((), "none") == "none"
