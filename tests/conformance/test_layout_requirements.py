"""Anchors whose codec is wrong in one field, or in how it treats a form, fail the cases
that cite the requirements of it, and the right anchor passes them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

import pytest

from pmip6.conformance.lma.changed_codecs import ChangedCodec, inverted, with_checksum
from pmip6.conformance.lma.in_memory import (
    MAG2,
    reference_declaration,
    run_case_in_memory,
)
from pmip6.conformance.results import CaseResult
from pmip6.conformance.verdict import Verdict
from pmip6.model.wire.decoding import decode
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.ipv6 import decode_packet, encode_ipv6
from pmip6.model.wire.layouts import FIELDS, Field, Part, places, requirements_of
from pmip6.model.wire.messages import (
    UNSPECIFIED,
    MobilityMessage,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
    options_of,
)
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    AlternateCareOfAddress,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobilityOption,
    Pad1,
    Timestamp,
)
from pmip6.vectors.lma.layout_purposes import layout_purposes
from pmip6.vectors.lma.purposes import Purpose, purposes
from pmip6.vectors.lma.stimuli import Form, Gateway, LinkLocal, Request
from pmip6.vectors.packs.wire_form import (
    HANDOFFS,
    LONGEST_LIFETIME,
    TECHNOLOGIES,
)

BY_KEY = {purpose.key: purpose for purpose in purposes()}
DECLARED = reference_declaration()


def _run(purpose: Purpose, codec: ChangedCodec) -> CaseResult:
    return run_case_in_memory(purpose, DECLARED, link_to=codec.link)


# ---- fields ----------------------------------------------------------------------------


@pytest.mark.parametrize("part", Part)
def test_the_right_codec_passes(part: Part) -> None:
    assert _run(BY_KEY[f"layout / {part.name}"], ChangedCodec()).verdict is Verdict.PASS


@pytest.mark.parametrize("field", FIELDS, ids=str)
def test_a_field_that_is_read_or_written_elsewhere_fails_its_case(field: Field) -> None:
    purpose = BY_KEY[f"layout / {field.part.name}"]
    assert set(field.requirements) <= set(purpose.requirements)
    directions = {
        "reads": ChangedCodec(reads=inverted(field)),
        "writes": ChangedCodec(writes=inverted(field)),
    }
    if field.part is Part.UPDATE:
        del directions["writes"]
    if field.part is Part.ACKNOWLEDGEMENT:
        del directions["reads"]
    for direction, codec in directions.items():
        assert _run(purpose, codec).verdict is Verdict.FAIL, direction


def test_every_part_has_a_purpose_and_every_purpose_its_fields() -> None:
    assert {d.key for d in layout_purposes()} == {f"layout / {p.name}" for p in Part}
    assert all(requirements_of(part) for part in Part)
    assert {f.part for f in FIELDS} == set(Part)


def _timestamps(change: Callable[[int], int]) -> ChangedCodec:
    """An anchor that takes the octets of a timestamp for another number."""

    def reads(packet: bytes) -> bytes:
        return _changed(packet, lambda o: _stamped(o, change))

    return ChangedCodec(reads=reads)


def _stamped(
    option: MobilityOption, change: Callable[[int], int]
) -> MobilityOption | None:
    if isinstance(option, Timestamp):
        return Timestamp(change(option.value) & 0xFFFF_FFFF_FFFF_FFFF)
    return option


def _changed(
    packet: bytes, change: Callable[[MobilityOption], MobilityOption | None]
) -> bytes:
    """The packet with its options changed, or left out where the change gives None."""
    read = decode_packet(packet)
    assert read is not None and read[1].message is not None
    header, message = read[0], read[1].message
    found = (change(option) for option in message.options)
    options = tuple(option for option in found if option is not None)
    octets = encode(
        replace(message, options=options), header.source, header.destination
    )
    return encode_ipv6(header.source, header.destination, octets)


MISTAKEN: dict[str, Callable[[int], int]] = {
    "since-1900": lambda value: value + (2_208_988_800 << 16),
    "32-bits-of-seconds": lambda value: value << 16,
    "milliseconds": lambda value: (value >> 16) * 1000 << 16,
}


@pytest.mark.parametrize("change", MISTAKEN.values(), ids=MISTAKEN)
def test_a_timestamp_in_another_form_fails_its_case(
    change: Callable[[int], int],
) -> None:
    purpose = BY_KEY[f"layout / {Part.TIMESTAMP.name}"]
    assert {"5213-8.8-x7", "5213-8.8-x8"} <= set(purpose.requirements)
    assert _run(purpose, _timestamps(change)).verdict is Verdict.FAIL


def test_codec_and_table_put_a_field_at_the_same_place() -> None:
    """Of a session, every field of the table is found, in both directions."""
    seen: dict[str, set[Field]] = {"reads": set(), "writes": set()}

    def noting(direction: str) -> Callable[[bytes], bytes]:
        def note(packet: bytes) -> bytes:
            seen[direction] |= {f for f in FIELDS if any(places(packet, f))}
            return packet

        return note

    codec = ChangedCodec(noting("reads"), noting("writes"))
    _run(BY_KEY[f"layout / {Part.PACKET.name}"], codec)
    for direction, other in (("reads", Part.ACKNOWLEDGEMENT), ("writes", Part.UPDATE)):
        assert seen[direction] == {f for f in FIELDS if f.part is not other}


# ---- forms -----------------------------------------------------------------------------


def _update(packet: bytes) -> ProxyBindingUpdate | None:
    read = decode_packet(packet)
    message = None if read is None else read[1].message
    return message if isinstance(message, ProxyBindingUpdate) else None


@dataclass(frozen=True)
class Refuses:
    """An anchor that does not take requests of a kind."""

    is_refused: Callable[[bytes], bool]

    def __call__(self, packet: bytes) -> bytes | None:
        return None if self.is_refused(packet) else packet


def _has_option(kind: int) -> Callable[[bytes], bool]:
    def has(packet: bytes) -> bool:
        message = _update(packet)
        return message is not None and any(
            option.type_number == kind for option in message.options
        )

    return has


def _has_finding(*names: str) -> Callable[[bytes], bool]:
    def has(packet: bytes) -> bool:
        read = decode_packet(packet)
        return read is not None and any(
            finding.rule.name in names for finding in read[1].findings
        )

    return has


def _is_unusual(packet: bytes) -> bool:
    """The timestamp, which gateways put last, is not the last option."""
    message = _update(packet)
    return message is not None and not isinstance(message.options[-1], Timestamp)


def _has_pad1(packet: bytes) -> bool:
    read = decode_packet(packet)
    return read is not None and any(isinstance(o, Pad1) for _, o in read[1].layout)


def _is_at_odd_octet(*kinds: type[MobilityOption]) -> Callable[[bytes], bool]:
    def is_odd(packet: bytes) -> bool:
        read = decode_packet(packet)
        return (
            read is not None
            and isinstance(read[1].message, ProxyBindingUpdate)
            and any(isinstance(o, kinds) and at % 2 for at, o in read[1].layout)
        )

    return is_odd


def _asks_for_no_answer(packet: bytes) -> bool:
    message = _update(packet)
    return message is not None and not message.acknowledge


def _asks_for_the_longest_lifetime(packet: bytes) -> bool:
    message = _update(packet)
    return message is not None and message.lifetime == LONGEST_LIFETIME


def _from_somebody(packet: bytes) -> bytes:
    """An anchor that does not look whether a source is one, and answers anywhere."""
    if not IPv6Address(packet[8:24]).is_multicast:
        return packet
    return with_checksum(packet[:8] + MAG2.packed + packet[24:])


def _without_alternate(packet: bytes) -> bytes:
    if _update(packet) is None:
        return packet
    return _changed(
        packet, lambda o: None if isinstance(o, AlternateCareOfAddress) else o
    )


def _other_technology(packet: bytes) -> bytes:
    def other(option: MobilityOption) -> MobilityOption:
        if isinstance(option, AccessTechnologyTypeOption):
            return AccessTechnologyTypeOption(option.value % 5 + 1)
        return option

    return packet if _update(packet) is None else _changed(packet, other)


def _first_prefix(packet: bytes) -> bytes:
    message = _update(packet)
    if message is None:
        return packet
    first = options_of(message, HomeNetworkPrefix)[:1]

    def only(option: MobilityOption) -> MobilityOption | None:
        is_other = isinstance(option, HomeNetworkPrefix) and option not in first
        return None if is_other else option

    return _changed(packet, only)


def _other_handoff(packet: bytes) -> bytes:
    def other(option: MobilityOption) -> MobilityOption:
        if isinstance(option, HandoffIndicatorOption):
            return HandoffIndicatorOption(option.value % 5 + 1)
        return option

    return packet if _update(packet) is None else _changed(packet, other)


FORMS: dict[Form, Callable[[bytes], bytes | None]] = {
    Form.NO_ANSWER_ASKED: Refuses(_asks_for_no_answer),
    Form.LONGEST_LIFETIME: Refuses(_asks_for_the_longest_lifetime),
    Form.RESERVED_SET: Refuses(_has_finding("header_reserved", "update_reserved")),
    Form.UNKNOWN_OPTION: Refuses(_has_option(200)),
    Form.VENDOR_SPECIFIC: Refuses(_has_option(19)),
    Form.PAD1_ONLY: Refuses(_has_pad1),
    Form.PADN_FILLED: Refuses(_has_finding("padn_value")),
    Form.ODD_OCTETS: Refuses(_is_at_odd_octet(HandoffIndicatorOption)),
    Form.REVERSED: Refuses(_is_unusual),
    Form.OPTION_RESERVED_SET: Refuses(_has_finding("handoff_indicator_reserved")),
    Form.FROM_NOBODY: _from_somebody,
    Form.UNKNOWN_TYPE_FROM_NOBODY: _from_somebody,
    Form.WRONG_ALTERNATE: _without_alternate,
    Form.ALTERNATE: _without_alternate,
    **dict.fromkeys(TECHNOLOGIES, _other_technology),
    Form.TWO_PREFIXES: _first_prefix,
    **dict.fromkeys(HANDOFFS, _other_handoff),
}
"""How an anchor mistreats requests of a form."""

OF_A_FORM: dict[str, tuple[Form, Purpose]] = {
    purpose.name: (purpose.test.form, purpose)
    for purpose in purposes()
    if isinstance(purpose.test, Request)
    and purpose.test.form in FORMS
    and purpose.test.gateway is not Gateway.STRANGER
}
"""Who is not authorised is rejected however the request is read."""


@pytest.mark.parametrize(("form", "purpose"), OF_A_FORM.values(), ids=OF_A_FORM.keys())
def test_an_anchor_that_mistreats_a_form_fails_its_cases(
    form: Form, purpose: Purpose
) -> None:
    assert _run(purpose, ChangedCodec()).verdict is Verdict.PASS
    assert _run(purpose, ChangedCodec(reads=FORMS[form])).verdict is Verdict.FAIL


def test_an_anchor_that_asks_for_an_alignment_of_its_own_fails() -> None:
    """Each of the two options alone; no ordinary request has them there."""
    citing = [p for p in purposes() if "5213-8.5-x2" in p.requirements]
    ordinary = BY_KEY[f"layout / {Part.UPDATE.name}"]
    assert len(citing) == 2
    for kind in (HandoffIndicatorOption, AccessTechnologyTypeOption):
        codec = ChangedCodec(reads=Refuses(_is_at_odd_octet(kind)))
        assert _run(ordinary, codec).verdict is Verdict.PASS
        for purpose in citing:
            assert _run(purpose, codec).verdict is Verdict.FAIL


def test_every_form_that_is_odd_is_mistreated() -> None:
    assert {form for form, _ in OF_A_FORM.values()} == set(FORMS)


def _all_zero(packet: bytes) -> bytes:
    """The packet with the link-local address in it, if there is one, ALL_ZERO."""

    def zero(option: MobilityOption) -> MobilityOption:
        is_address = isinstance(option, LinkLocalAddress)
        return LinkLocalAddress(UNSPECIFIED) if is_address else option

    return _changed(packet, zero)


@pytest.mark.parametrize(
    "purpose",
    [p for p in purposes() if "5213-2.2-y1" in p.requirements],
    ids=lambda purpose: purpose.name,
)
def test_an_anchor_that_mistakes_all_zero_fails_its_cases(purpose: Purpose) -> None:
    """Every address is ALL_ZERO for one, none for the other, which returns it as it is."""
    reads, writes = ChangedCodec(reads=_all_zero), ChangedCodec(writes=_all_zero)
    assert isinstance(purpose.test, Request)
    codec = reads if purpose.test.link_local is LinkLocal.NON_ZERO else writes
    is_seen_before = any(
        isinstance(before, Request) and before.link_local is LinkLocal.ALL_ZERO
        for before in purpose.preamble
    )
    wrong = Verdict.INCONC if is_seen_before and codec is writes else Verdict.FAIL
    has_none = any(
        isinstance(before, Request) and before.link_local is LinkLocal.ABSENT
        for before in purpose.preamble
    )
    if (
        has_none and codec is writes
    ):  # ALL_ZERO is a right answer, too (docs/findings.md)
        wrong = Verdict.PASS
    assert _run(purpose, codec).verdict is wrong


# ---- statuses --------------------------------------------------------------------------


def _status(numbers: Callable[[int], int]) -> ChangedCodec:
    """An anchor that tells other statuses."""

    def writes(packet: bytes) -> bytes:
        read = decode_packet(packet)
        message: MobilityMessage | None = None if read is None else read[1].message
        if read is None or not isinstance(message, ProxyBindingAcknowledgement):
            return packet
        source, destination = read[0].source, read[0].destination
        told = replace(message, status=numbers(int(message.status)))
        octets = encode(told, source, destination)
        assert decode(octets, source, destination).message is not None
        return encode_ipv6(source, destination, octets)

    return ChangedCodec(writes=writes)


OTHER_STATUS: dict[str, Callable[[int], int]] = {
    "5213-8.2-x14": lambda status: status or 128,
    "5213-8.2-x15": lambda status: status & 0x7F,
    "5213-8.2-x16": lambda status: 199 if status > 150 else status,
    "5213-10-x6": lambda status: status - 100 if status > 150 else status,
    "6275-6.1.8-x6": lambda status: status or 1,
    "6275-6.1.8-x10": lambda status: 129 if status == 130 else status,
}


@pytest.mark.parametrize(("requirement", "numbers"), OTHER_STATUS.items())
def test_another_status_fails_the_cases_that_cite_it(
    requirement: str, numbers: Callable[[int], int]
) -> None:
    suited = DECLARED.suited(purposes())
    citing = [p for p in suited if requirement in p.requirements and not p.preamble]
    assert citing
    for purpose in citing[:12]:
        assert _run(purpose, _status(numbers)).verdict is Verdict.FAIL, purpose.name
