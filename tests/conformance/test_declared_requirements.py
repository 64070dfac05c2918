"""Each id that a rule about answers declares is cited when some answer breaks the rule.

All requests (with and without each option), decisions and addresses held are tried; the
right answer is broken in one option, field or address, and judged.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv6Address
from typing import Any

import pytest

from pmip6.conformance.lma import anchor
from pmip6.conformance.lma.in_memory import run_in_memory
from pmip6.conformance.lma.judge import Known, Sent, judge_exchange
from pmip6.conformance.verdict import Finding, Verdict
from pmip6.conformance.wire.arrivals import read_arrival
from pmip6.model.lma.acknowledgement import (
    ADDRESS_RULES,
    ALL_ZERO,
    EXCHANGE_RULES,
    FIELD_RULES,
    acknowledge,
)
from pmip6.model.lma.answer import AddressRule, Answer, FieldRule, HeldAddress
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.ipv6 import encode_ipv6
from pmip6.model.wire.messages import ProxyBindingAcknowledgement, ProxyBindingUpdate
from pmip6.model.wire.numbers import BindingAckStatus
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobilityOption,
    Timestamp,
)

MAG, LMAA = IPv6Address("2001:db8:1::11"), IPv6Address("2001:db8:1::1")
ELSEWHERE = IPv6Address("2001:db8:1::77")
PREFIX = HomeNetworkPrefix(IPv6Address("2001:db8:100::"), 64)
NOW = 1_600_000_000 << 16
OPTIONS: tuple[tuple[MobilityOption | None, ...], ...] = (
    (None, MobileNodeIdentifier(b"mn1@example.org")),
    (None, HomeNetworkPrefix(ALL_ZERO, 0)),
    (None, HandoffIndicatorOption(4)),
    (None, AccessTechnologyTypeOption(4)),
    (None, Timestamp(NOW)),
    (None, MobileNodeLinkLayerIdentifier(bytes(6))),
    (None, LinkLocalAddress(ALL_ZERO), LinkLocalAddress(IPv6Address("fe80::7"))),
)
STATUSES = (
    BindingAckStatus.ACCEPTED,
    BindingAckStatus.NOT_LMA_FOR_THIS_MOBILE_NODE,
    BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED,
    BindingAckStatus.TIMESTAMP_MISMATCH,
)
HELD = (
    None,
    HeldAddress(IPv6Address("fe80::5"), is_named=False),
    HeldAddress(IPv6Address("fe80::6"), is_named=True),
)
STRAY: dict[type[MobilityOption], MobilityOption] = {
    Timestamp: Timestamp(NOW),
    MobileNodeLinkLayerIdentifier: MobileNodeLinkLayerIdentifier(bytes(6)),
    LinkLocalAddress: LinkLocalAddress(IPv6Address("fe80::8")),
}


def _exchanges() -> Iterator[tuple[ProxyBindingUpdate, Answer]]:
    generated = IPv6Address("fe80::9")
    for options in itertools.product(*OPTIONS):
        request = ProxyBindingUpdate(7, 75, tuple(o for o in options if o is not None))
        for status, held in itertools.product(STATUSES, HELD):
            for is_new in (True, False) if held is None else (False,):
                yield (
                    request,
                    Answer(status, 75, (PREFIX,), generated, NOW + 1, held, is_new),
                )


def _judged(
    request: ProxyBindingUpdate,
    answer: Answer,
    pba: ProxyBindingAcknowledgement,
    source: IPv6Address = LMAA,
    destination: IPv6Address = MAG,
) -> list[Finding]:
    octets = encode(pba, source, destination)
    arrival = read_arrival(encode_ipv6(source, destination, octets), 0, NOW + 1)
    known = Known((PREFIX,), answer.held, 300, is_new=answer.is_new)
    return judge_exchange(Sent(request, MAG, LMAA), arrival, known, 1)


def _cited(findings: list[Finding], rule: str) -> set[str]:
    """The ids cited by findings of one rule; no other rule may have a finding."""
    assert {found.text.partition(":")[0] for found in findings} == {rule}
    return {name for found in findings for name in found.requirements}


def _broken(
    pba: ProxyBindingAcknowledgement, kind: type[MobilityOption]
) -> ProxyBindingAcknowledgement:
    """The answer without the options of a type, or with a stray one if it has none."""
    kept = tuple(option for option in pba.options if not isinstance(option, kind))
    if len(kept) == len(pba.options):
        kept = (*kept, STRAY[kind])
    return replace(pba, options=kept)


def test_the_options_of_an_answer() -> None:
    cited: defaultdict[str, set[str]] = defaultdict(set)
    for request, answer in _exchanges():
        pba = acknowledge(request, answer)
        assert _judged(request, answer, pba) == []
        for rule in EXCHANGE_RULES:
            found = _judged(request, answer, _broken(pba, rule.option))
            cited[rule.name] |= _cited(found, rule.name)
    assert cited == {rule.name: set(rule.requirements) for rule in EXCHANGE_RULES}


BROKEN_FIELDS: dict[str, dict[str, Any]] = {
    "proxy": {"proxy": False},
    "sequence": {"sequence": 8},
    "lifetime": {"lifetime": 76},
    "key_management": {"key_management": True},
}


@pytest.mark.parametrize("rule", FIELD_RULES, ids=lambda rule: rule.name)
def test_the_fields_of_an_answer(rule: FieldRule) -> None:
    request, answer = next(_exchanges())
    pba = replace(acknowledge(request, answer), **BROKEN_FIELDS[rule.name])
    assert _cited(_judged(request, answer, pba), rule.name) == set(rule.requirements)


@pytest.mark.parametrize("rule", ADDRESS_RULES, ids=lambda rule: rule.name)
def test_the_addresses_of_an_answer(rule: AddressRule) -> None:
    request, answer = next(_exchanges())
    source, destination = (
        (ELSEWHERE, MAG) if rule.found(LMAA, MAG) == LMAA else (LMAA, ELSEWHERE)
    )
    found = _judged(request, answer, acknowledge(request, answer), source, destination)
    assert _cited(found, rule.name) == set(rule.requirements)


@pytest.mark.parametrize(
    ("case", "stored"),
    [("TP_LMA_ACK_BV_07", "5213-5.3.6-25"), ("TP_LMA_ACK_BV_10", "5213-5.3.6-27")],
)
def test_an_address_that_is_not_stored_is_missed_when_it_is_read_back(
    case: str, stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = run_in_memory(cases=[case]).cases[0]
    assert right.verdict is Verdict.PASS
    numbers = itertools.count(1)

    def forgetful(self: object, entry: object) -> IPv6Address:
        return IPv6Address((0xFE80 << 112) | next(numbers))

    def nothing(*_: object) -> None:
        """The anchor keeps no address."""

    monkeypatch.setattr(anchor.ReferenceAnchor, "_generated_address", forgetful)
    monkeypatch.setattr(anchor, "held_link_local_address", nothing)
    wrong = run_in_memory(cases=[case]).cases[0]
    assert wrong.verdict is Verdict.FAIL
    cited = {name for found in wrong.findings for name in found.requirements}
    assert {"5213-5.3.6-22", stored} <= cited
