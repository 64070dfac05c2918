"""Format rules of Neighbor Discovery, one row each.

The rows of `VALIDITY_RULES` are the validity checks of RFC 4861, sections 6.1.1,
6.1.2, 7.1.1 and 7.1.2: a message that fails one is discarded without a word.  The rows
of `SENDER_RULES` bind the sender alone: a receiver overlooks what they forbid.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pmip6.model.discovery.conditions import (
    DiscoveryView,
    Violation,
    code_not_zero,
    detection_not_to_solicited_node,
    hop_limit_not_255,
    mtu_reserved_bits_set,
    multicast_without_source,
    option_misplaced,
    prefix_host_bits_set,
    prefix_is_link_local,
    prefix_length_too_long,
    prefix_preferred_too_long,
    prefix_reserved_bits_set,
    reserved_bits_set,
    router_lifetime_too_long,
    solicitation_without_source,
    solicited_by_multicast,
    source_not_link_local,
    source_told_without_one,
    target_is_multicast,
    unicast_without_source,
)
from pmip6.model.discovery.messages import DiscoveryType
from pmip6.model.discovery.options import Mtu, PrefixInformation
from pmip6.model.findings import FormatFault, FormatRule
from pmip6.model.requirements.tables import Level


@dataclass(frozen=True, slots=True)
class DiscoveryRule:
    """One row: of which messages it speaks, and what is wrong with them."""

    rule: FormatRule
    types: tuple[DiscoveryType, ...]
    violation: Callable[[DiscoveryView], Violation | None]


_RS = DiscoveryType.ROUTER_SOLICITATION
_RA = DiscoveryType.ROUTER_ADVERTISEMENT
_NS = DiscoveryType.NEIGHBOR_SOLICITATION
_NA = DiscoveryType.NEIGHBOR_ADVERTISEMENT

SHORT_NAMES: dict[DiscoveryType, str] = {_RS: "rs", _RA: "ra", _NS: "ns", _NA: "na"}
VALIDITY: dict[DiscoveryType, str] = {
    _RS: "4861-6.1.1-2",
    _RA: "4861-6.1.2-1",
    _NS: "4861-7.1.1-1",
    _NA: "4861-7.1.2-1",
}
"""Id of the list of validity checks of each message."""


def _by_type(name: str, fault: FormatFault) -> dict[DiscoveryType, FormatRule]:
    """Make one validity rule for each message."""
    return {
        kind: FormatRule(f"{short}_{name}", (VALIDITY[kind],), fault)
        for kind, short in SHORT_NAMES.items()
    }


DISCOVERY_CHECKSUM = _by_type("checksum", FormatFault.CHECKSUM)
DISCOVERY_COMPLETE = _by_type("complete", FormatFault.MESSAGE_TRUNCATED)
DISCOVERY_OPTION_NOT_EMPTY = _by_type("option_not_empty", FormatFault.OPTION_LENGTH)
_HOP_LIMIT = _by_type("hop_limit", FormatFault.HOP_LIMIT)
_CODE = _by_type("code", FormatFault.CODE)

ICMPV6_COMPLETE = FormatRule(
    "icmpv6_complete",
    tuple(VALIDITY[kind] for kind in SHORT_NAMES),
    FormatFault.HEADER_TRUNCATED,
)
"""Four octets hold type, code and checksum; with fewer nobody knows the message."""
DISCOVERY_OPTION_COMPLETE = FormatRule(
    "discovery_option_complete", ("4861-4.6-y1",), FormatFault.OPTION_TRUNCATED
)
DISCOVERY_OPTION_LENGTHS: dict[int, FormatRule] = {
    int(PrefixInformation.TYPE): FormatRule(
        "prefix_information_length", ("4861-4.6.2-y1",), FormatFault.OPTION_LENGTH
    ),
    int(Mtu.TYPE): FormatRule(
        "mtu_length", ("4861-4.6.4-y1",), FormatFault.OPTION_LENGTH
    ),
}


def _rule(
    name: str,
    requirements: str,
    fault: FormatFault,
    types: tuple[DiscoveryType, ...],
    violation: Callable[[DiscoveryView], Violation | None],
    level: Level = Level.MUST,
) -> DiscoveryRule:
    rule = FormatRule(name, tuple(requirements.split()), fault, level)
    return DiscoveryRule(rule, types, violation)


_ADDRESS = FormatFault.DISCOVERY_ADDRESS
_MISSING = FormatFault.OPTION_MISSING
_MISPLACED = FormatFault.OPTION_MISPLACED
_VALUE = FormatFault.OPTION_VALUE
_ZERO = FormatFault.RESERVED

VALIDITY_RULES: tuple[DiscoveryRule, ...] = (
    *(
        DiscoveryRule(_HOP_LIMIT[kind], (kind,), hop_limit_not_255)
        for kind in SHORT_NAMES
    ),
    *(DiscoveryRule(_CODE[kind], (kind,), code_not_zero) for kind in SHORT_NAMES),
    *(
        _rule(
            f"{SHORT_NAMES[kind]}_source_unspecified",
            VALIDITY[kind],
            _MISPLACED,
            (kind,),
            source_told_without_one,
        )
        for kind in (_RS, _NS)
    ),
    _rule("ra_source", VALIDITY[_RA], _ADDRESS, (_RA,), source_not_link_local),
    *(
        _rule(
            f"{SHORT_NAMES[kind]}_target",
            VALIDITY[kind],
            _ADDRESS,
            (kind,),
            target_is_multicast,
        )
        for kind in (_NS, _NA)
    ),
    _rule(
        "ns_destination",
        VALIDITY[_NS],
        _ADDRESS,
        (_NS,),
        detection_not_to_solicited_node,
    ),
    _rule(
        "na_solicited",
        VALIDITY[_NA],
        FormatFault.FLAG,
        (_NA,),
        solicited_by_multicast,
    ),
)
"""The validity checks of a message that was read, but checksum, length and options."""

SENDER_RULES: tuple[DiscoveryRule, ...] = (
    _rule("rs_reserved", "4861-4.1-y1", _ZERO, (_RS,), reserved_bits_set),
    _rule("ra_reserved", "4861-4.2-y1", _ZERO, (_RA,), reserved_bits_set),
    _rule("ns_reserved", "4861-4.3-y1", _ZERO, (_NS,), reserved_bits_set),
    _rule("na_reserved", "4861-4.4-y1", _ZERO, (_NA,), reserved_bits_set),
    _rule(
        "rs_tells_source",
        "4861-4.1-y2",
        _MISSING,
        (_RS,),
        solicitation_without_source,
        Level.SHOULD,
    ),
    _rule(
        "ns_multicast_tells_source",
        "4861-4.3-y2",
        _MISSING,
        (_NS,),
        multicast_without_source,
    ),
    _rule(
        "ns_unicast_tells_source",
        "4861-4.3-y3",
        _MISSING,
        (_NS,),
        unicast_without_source,
        Level.SHOULD,
    ),
    _rule("ra_lifetime", "4861-6.2.1-y1", _VALUE, (_RA,), router_lifetime_too_long),
    _rule(
        "prefix_information_prefix_length",
        "4861-4.6.2-y3",
        _VALUE,
        (_RA,),
        prefix_length_too_long,
    ),
    _rule(
        "prefix_information_reserved",
        "4861-4.6.2-y2",
        _ZERO,
        (_RA,),
        prefix_reserved_bits_set,
    ),
    _rule(
        "prefix_information_lifetimes",
        "4861-4.6.2-y4",
        _VALUE,
        (_RA,),
        prefix_preferred_too_long,
    ),
    _rule(
        "prefix_information_host_bits",
        "4861-4.6.2-y5",
        _ZERO,
        (_RA,),
        prefix_host_bits_set,
    ),
    _rule(
        "prefix_information_link_local",
        "4861-4.6.2-y6",
        _VALUE,
        (_RA,),
        prefix_is_link_local,
        Level.SHOULD,
    ),
    _rule("mtu_reserved", "4861-4.6.4-y2", _ZERO, (_RA,), mtu_reserved_bits_set),
    *(
        _rule(
            f"{SHORT_NAMES[kind]}_options", id_, _MISPLACED, (kind,), option_misplaced
        )
        for kind, id_ in (
            (_RS, "4861-6.1.1-y1"),
            (_RA, "4861-6.1.2-y1"),
            (_NS, "4861-7.1.1-y1"),
            (_NA, "4861-7.1.2-y1"),
        )
    ),
)
"""What a sender has to do besides, though no receiver minds."""

DISCOVERY_RULES: tuple[FormatRule, ...] = (
    ICMPV6_COMPLETE,
    *DISCOVERY_COMPLETE.values(),
    *DISCOVERY_CHECKSUM.values(),
    *DISCOVERY_OPTION_NOT_EMPTY.values(),
    DISCOVERY_OPTION_COMPLETE,
    *DISCOVERY_OPTION_LENGTHS.values(),
    *(row.rule for row in (*VALIDITY_RULES, *SENDER_RULES)),
)
"""Every rule that a Neighbor Discovery message can violate."""

DISCARDED_BY: frozenset[FormatRule] = frozenset(
    (
        ICMPV6_COMPLETE,
        *DISCOVERY_COMPLETE.values(),
        *DISCOVERY_CHECKSUM.values(),
        *DISCOVERY_OPTION_NOT_EMPTY.values(),
        DISCOVERY_OPTION_COMPLETE,
        *(row.rule for row in VALIDITY_RULES),
    )
)
"""Rules whose violation makes a receiver discard the message.

An option that runs past the message is one of them, though no list of validity checks
names it: nobody can tell where such an option ends.
"""


def violations_of(view: DiscoveryView) -> list[tuple[FormatRule, Violation]]:
    """Apply the rows of its type to a message that was read."""
    kind = view.message.TYPE
    return [
        (row.rule, violation)
        for row in (*VALIDITY_RULES, *SENDER_RULES)
        if kind in row.types and (violation := row.violation(view))
    ]
