"""Rules about layouts and numbers: a message that breaks one gives a finding that cites it."""

import pytest
from random_messages import LMA, MAG, valid_acknowledgement, valid_update

from pmip6.model.wire.checksum import checksum_of
from pmip6.model.wire.decoding import decode
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.messages import MobilityMessage, ProxyBindingAcknowledgement
from pmip6.model.wire.numbers import MobilityOptionType
from pmip6.model.wire.options import UnknownOption

PBU = valid_update()
PBA = valid_acknowledgement()
NOBODYS = 200  # an option type that no RFC of this project names


def _cited(data: bytes) -> set[str]:
    """The ids behind the findings in a message, whose checksum is set right."""
    summed = bytearray(data)
    summed[4:6] = bytes(2)
    summed[4:6] = checksum_of(bytes(summed), MAG, LMA).to_bytes(2)
    found = decode(bytes(summed), MAG, LMA).findings
    return {name for finding in found for name in finding.requirements}


def _place(message: MobilityMessage, kind: int) -> int:
    """Where the first option of a type stands."""
    layout = decode(encode(message, MAG, LMA), MAG, LMA).layout
    return next(at for at, option in layout if option.type_number == kind)


@pytest.mark.parametrize("message", [PBU, PBA], ids=["PBU", "PBA"])
def test_a_right_message_breaks_nothing(message: MobilityMessage) -> None:
    assert _cited(encode(message, MAG, LMA)) == set()


@pytest.mark.parametrize(
    ("kind", "ids"),
    [
        (8, {"4283-3-x5", "4283-5-x1", "4283-3.1-1", "4283-1-1"}),
        (22, {"5213-8.3-x1", "5213-8.3-x5"}),
        (23, {"5213-8.4-x1", "5213-8.4-x4"}),
        (24, {"5213-8.5-x1", "5213-8.5-x4"}),
    ],
)
def test_an_option_of_another_number_is_missed(kind: int, ids: set[str]) -> None:
    data = bytearray(encode(PBA, MAG, LMA))
    for at, option in decode(bytes(data), MAG, LMA).layout:
        if option.type_number == kind:
            data[at] = NOBODYS
    assert ids <= _cited(bytes(data))


@pytest.mark.parametrize(
    ("kind", "ids"),
    [
        (22, {"5213-8.3-x6", "5213-8.3-x8"}),
        (23, {"5213-8.4-x5"}),
        (24, {"5213-8.5-x5"}),
        (26, {"5213-8.7-x3", "5213-8.7-x5", "5213-8.7-x6"}),
        (27, {"5213-8.8-x3", "5213-8.8-x5", "5213-8.8-x6"}),
    ],
)
def test_a_length_that_counts_type_and_length_is_found(
    kind: int, ids: set[str]
) -> None:
    data = bytearray(encode(PBA, MAG, LMA))
    data[_place(PBA, kind) + 1] += 2
    assert ids <= _cited(bytes(data))


@pytest.mark.parametrize(
    ("kind", "id_"),
    [(22, "5213-8.3-x4"), (23, "5213-8.4-x3"), (24, "5213-8.5-x3")],
)
def test_a_value_in_place_of_the_reserved_octet_is_found(kind: int, id_: str) -> None:
    data = bytearray(encode(PBA, MAG, LMA))
    at = _place(PBA, kind)
    data[at + 2], data[at + 3] = data[at + 3] or 1, 0
    assert id_ in _cited(bytes(data))


@pytest.mark.parametrize(
    ("message", "ids"),
    [
        (PBU, {"5213-8.1-x5", "6275-6.1.7-x10"}),
        (PBA, {"5213-8.2-x6", "6275-6.1.8-x27"}),
    ],
    ids=["PBU", "PBA"],
)
def test_a_message_that_ends_within_8_octets_is_found(
    message: MobilityMessage, ids: set[str]
) -> None:
    assert ids <= _cited(encode(message, MAG, LMA)[:-1])


@pytest.mark.parametrize(
    ("message", "ids"),
    [
        (PBU, {"5213-8.1-x6", "6275-6.1.7-x11", "6275-6.2.1-x1"}),
        (PBA, {"5213-8.2-x7", "6275-6.1.8-x28", "6275-6.2.1-x1"}),
    ],
    ids=["PBU", "PBA"],
)
def test_options_that_are_not_type_length_value_are_found(
    message: MobilityMessage, ids: set[str]
) -> None:
    data = bytearray(encode(message, MAG, LMA))
    kind = int(MobilityOptionType.MOBILE_NODE_IDENTIFIER)
    data[_place(message, kind) + 1] = 255
    assert ids <= _cited(bytes(data))


@pytest.mark.parametrize(
    "sum_",
    [
        checksum_of(encode(PBA, MAG, LMA)[:4] + bytes(2), MAG, LMA),  # without the rest
        checksum_of(
            encode(PBA, MAG, LMA), MAG, LMA, 59
        ),  # not zero, and another header
        checksum_of(encode(PBA, MAG, LMA), LMA, LMA),  # another address
    ],
)
def test_a_checksum_over_something_else_is_found(sum_: int) -> None:
    data = bytearray(encode(PBA, MAG, LMA))
    assert int.from_bytes(data[4:6]) != sum_
    data[4:6] = sum_.to_bytes(2)
    (finding,) = decode(bytes(data), MAG, LMA).findings
    assert {f"6275-6.1.1-x{n}" for n in (7, 9, 10, 11, 14)} < {*finding.requirements}


def test_the_acknowledgement_of_these_tests_has_every_option() -> None:
    assert isinstance(PBA, ProxyBindingAcknowledgement)
    kinds = {option.type_number for option in PBA.options}
    assert {8, 22, 23, 24, 26, 27} <= kinds
    assert not any(isinstance(option, UnknownOption) for option in PBA.options)
