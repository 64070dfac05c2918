"""The messages of the golden exchanges: the types hold every one of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from golden_messages import message_of
from random_messages import LMA, MAG

from pmip6.model.findings import FormatFault
from pmip6.model.wire.decoding import decode
from pmip6.model.wire.encoding import Lies, encode
from pmip6.model.wire.messages import ProxyBindingUpdate, option_of, options_of
from pmip6.model.wire.options import HomeNetworkPrefix, Timestamp, UnknownOption

GOLDEN = sorted((Path(__file__).parent / "golden").glob("GX-LMA-*.json"))
NOW = 1_700_000_000 << 16
LEARNT: dict[str, Any] = {
    "p": "2001:db8:100:1::/64",
    "q": "2001:db8:100:2::/64",
    "r": "2001:db8:100:3::/64",
}


def _sends(path: Path) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = json.loads(path.read_text())["steps"]
    return [step["send"] for step in steps if "send" in step]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_message_of_an_exchange_can_be_made(path: Path) -> None:
    for send in _sends(path):
        message, lies = message_of(send, dict(LEARNT), NOW)
        data = encode(message, MAG, LMA, lies=lies)
        decoded = decode(data, MAG, LMA)
        if lies is None:
            # An option given by number reads back as one only if it has no class.
            assert decoded.message == message or options_of(message, UnknownOption)
            assert isinstance(decoded.message, ProxyBindingUpdate)
            assert decoded.message.sequence == send["sequence"]
            assert FormatFault.CHECKSUM not in decoded.faults()
        else:
            assert decoded.findings


def test_times_variables_and_lies_are_read() -> None:
    variables = dict(LEARNT)
    send = {
        "sequence": "var:s+5",
        "A": 1,
        "H": 0,
        "P": 1,
        "lifetime_units": 2,
        "mh": {"header_len": "actual+4", "checksum": "corrupt"},
        "options": [
            {"option": "HNP", "prefix": "var:p", "reserved": 3},
            {"option": "Timestamp", "value": "now-1500ms", "bind": "t"},
            {"option": "raw", "type": 8, "length": 250, "data_hex": "01"},
        ],
    }
    message, lies = message_of(send, variables | {"s": 65534}, NOW)
    assert message.sequence == 3
    assert not message.home_registration
    prefix = option_of(message, HomeNetworkPrefix)
    assert prefix is not None
    assert (str(prefix.prefix), prefix.prefix_length, prefix.reserved) == (
        "2001:db8:100:1::",
        64,
        3,
    )
    timestamp = option_of(message, Timestamp)
    assert timestamp is not None
    assert timestamp.value == NOW - 98304
    assert lies == Lies(
        header_len_added=4, corrupt_checksum=True, option_lengths=((2, 250),)
    )


def test_a_bound_timestamp_is_remembered() -> None:
    variables: dict[str, Any] = {}
    send = {
        "sequence": 1,
        "A": 1,
        "H": 1,
        "P": 1,
        "lifetime_units": 1,
        "options": [{"option": "Timestamp", "value": "now", "bind": "t"}],
    }
    message_of(send, variables, NOW)
    assert variables == {"t": NOW}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mh": {"cheksum": 1}}, "unknown keys"),
        ({"options": [{"option": "Nonsense"}]}, "unknown option"),
        ({"sequence": "soon"}, "neither a number nor a variable"),
    ],
)
def test_what_the_format_does_not_know_is_refused(
    change: dict[str, Any], reason: str
) -> None:
    send = {
        "sequence": 1,
        "A": 1,
        "H": 1,
        "P": 1,
        "lifetime_units": 1,
        "options": list[dict[str, Any]](),
    }
    with pytest.raises(ValueError, match=reason):
        message_of(send | change, {}, NOW)
