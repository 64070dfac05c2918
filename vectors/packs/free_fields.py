"""The mask of a packet: what of it follows, and what its sender is free to choose.

The tables of the model say it: the values that a row allows, the alternatives of a row,
the options that no row is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, fields
from functools import partial
from ipaddress import IPv6Address, IPv6Network
from typing import cast

from pmip6.model.fast_handover.acknowledge import ACKNOWLEDGE_FIELDS, ACKNOWLEDGE_RULES
from pmip6.model.fast_handover.initiate import INITIATE_FIELDS, INITIATE_RULES
from pmip6.model.lma.acknowledgement import EXCHANGE_RULES, FIELD_RULES
from pmip6.model.lma.answer import Answer
from pmip6.model.lma.lookup import statuses_of_lookup
from pmip6.model.mag.request_construction import CONSTRUCTION_RULES
from pmip6.model.wire.icmp_errors import LEAST_MTU
from pmip6.model.wire.ipv6 import decode_packet
from pmip6.model.wire.messages import (
    MobilityMessage,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
    option_of,
    options_of,
)
from pmip6.model.wire.numbers import PACKET_TOO_BIG, HandoverInitiateCode
from pmip6.model.wire.option_format import MobilityOption
from pmip6.model.wire.options import (
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    Timestamp,
)
from pmip6.model.wire.tunnel_packets import ETHERNET_MTU, Ecn
from pmip6.vectors.packs.masks import Mask
from pmip6.vectors.packs.packet_fields import Fields, packet_fields
from pmip6.vectors.packs.wire_group import plain

CLOCK_MS = 300
"""How far a clock may be from that of the scenario."""
HIGHEST = 0xFFFF
LINK_LOCAL = "fe80::/64"
STAMP = "options.Timestamp.0.value"
ANY: Mask = {"any": True}
PREFIX, ADDRESS, SEQUENCE, TIMESTAMP, HANDOVER = (
    "prefix",
    "address",
    "sequence",
    "timestamp",
    "handover",
)
"""What variables are called, before their number; a handover is the number of an HI."""


@dataclass
class Heard:
    """What went before a packet, as the recorder heard it.

    Attributes:
        pool: Where an anchor takes prefixes from; None for gateways, which take none.
        declared: Prefixes of nodes, by their policy.
        named: Addresses and prefixes that the tester has named.
        held: Prefixes of the sessions of each node, before what was done last.
        variables: What was learnt, by name, in the order in which it was.
        given: The last mobility message that the implementation was given.
        unanswered: Requests that it was given and has not answered.
        time_of_day: The clock now, in the format of the Timestamp option.
    """

    pool: IPv6Network | None
    declared: frozenset[str] = frozenset()
    named: set[str] = field(default_factory=set[str])
    held: Mapping[str, frozenset[str]] = field(
        default_factory=dict[str, frozenset[str]]
    )
    variables: dict[str, object] = field(default_factory=dict[str, object])
    given: MobilityMessage | None = None
    unanswered: list[ProxyBindingUpdate] = field(
        default_factory=list[ProxyBindingUpdate]
    )
    time_of_day: int = 0

    def give(self, message: MobilityMessage) -> None:
        """The implementation gets a message."""
        self.given = message
        self.named |= _named(message)
        if isinstance(message, ProxyBindingUpdate):
            self.unanswered.append(message)

    def learn(self, kind: str, value: object) -> str:
        """A new variable."""
        name = f"{kind}{1 + sum(v.startswith(kind) for v in self.variables)}"
        self.variables[name] = value
        return name

    def last(self, kind: str) -> str | None:
        """The variable of this kind that was learnt last."""
        return next((v for v in reversed(self.variables) if v.startswith(kind)), None)

    def forget(self, kind: str) -> None:
        """Values of this kind begin again."""
        for name in [n for n in self.variables if n.startswith(kind)]:
            self.variables[f"former {name}"] = self.variables.pop(name)


def mask_of(data: bytes, heard: Heard, *, opens_session: bool = False) -> Fields:
    """The mask of a packet that is right; learns from it.

    Args:
        data: The packet.
        heard: What went before it.
        opens_session: It is the first answer that tells of a session.
    """
    found = packet_fields(data)
    read = decode_packet(data, proxy_expected=True)
    message = None if read is None else read[1].message
    if isinstance(message, ProxyBindingAcknowledgement):
        mask = _acknowledgement(found, message, heard, opens_session=opens_session)
    elif isinstance(message, ProxyBindingUpdate):
        mask = _request(found, message, heard)
    else:
        make = _OTHERS.get(str(found["kind"]))
        mask = dict(found) if make is None else make(found, heard)
    kept = {name: found[name] for name in ("kind", "destination", "flags")}
    if found["kind"] not in ("Error", "BE"):
        kept["source"] = found["source"]
    return cast("Fields", _with_variables({**kept, **mask}, heard))


def _named(message: MobilityMessage) -> set[str]:
    """The prefixes and addresses that a message has."""
    prefixes = {str(told.prefix) for told in options_of(message, HomeNetworkPrefix)}
    return prefixes | {
        str(told.address) for told in options_of(message, LinkLocalAddress)
    }


def _told(option: MobilityOption) -> Fields:
    return {
        f.name: plain(getattr(option, f.name))
        for f in fields(option)
        if f.name != "reserved"
    }


def _allowed(found: object, asked: int, is_right: Callable[[int], bool]) -> Mask:
    """The values of a field that are right; those between two right ones are, too."""
    if isinstance(found, bool):
        return ANY if is_right(not found) else found
    assert isinstance(found, int)
    near = {0, 1, HIGHEST, *(n + d for n in (found, asked) for d in (-1, 0, 1))}
    tried = sorted(n for n in near if 0 <= n <= HIGHEST)
    right = [n for n in tried if is_right(n)]
    if right == tried:
        return ANY
    return found if len(right) == 1 else {"between": [right[0], right[-1]]}


# ---- the anchor ------------------------------------------------------------------------


def _acknowledgement(
    found: Fields,
    message: ProxyBindingAcknowledgement,
    heard: Heard,
    *,
    opens_session: bool,
) -> Fields:
    same = [m for m in heard.unanswered if _is_answered(m, message)]
    request = (same or heard.unanswered)[-1]
    heard.unanswered.remove(request)
    is_last = request is heard.given
    told = option_of(message, LinkLocalAddress)
    answer = Answer(
        message.status,
        message.lifetime,
        tuple(options_of(message, HomeNetworkPrefix)),
        None if told is None else told.address,
        0,  # stands for the time of the anchor: no request has this one
        accepted_sequence=(
            None if message.sequence == request.sequence else message.sequence
        ),
    )
    mask: Fields = {"status": _status(request, message, heard)}
    for rule in FIELD_RULES:
        is_right = partial(rule.allows, request, answer)
        mask[rule.name] = _allowed(found[rule.name], request.lifetime, is_right)
    if is_last and message.sequence == request.sequence:
        mask["sequence"] = {"same": "sequence"}
    options: dict[str, object] = {}
    for row in EXCHANGE_RULES:
        ways = row.expected(request, answer).alternatives
        masks = [[_told(option) for option in way] for way in ways]
        if row.option is Timestamp and ways[0]:
            values = [_stamp(request, w[0], is_last=is_last) for w in ways]
            masks = [[{"value": values[0] if len(values) == 1 else {"one_of": values}}]]
        options[row.option.__name__] = masks[0]
    fixed = heard.declared | _named(request)
    if not opens_session:
        fixed |= heard.named | set(map(str, heard.variables.values()))
    return {**mask, "options": _learnable(options, heard, fixed)}


def _status(
    request: ProxyBindingUpdate, message: ProxyBindingAcknowledgement, heard: Heard
) -> Mask:
    named = {
        f"{p.prefix}/{p.prefix_length}" for p in options_of(request, HomeNetworkPrefix)
    }
    told = option_of(request, MobileNodeIdentifier)
    held = heard.held.get("" if told is None else told.identifier.decode(), frozenset())
    right = statuses_of_lookup(message.status, named, held)
    return int(message.status) if len(right) == 1 else {"one_of": list(map(int, right))}


def _is_answered(
    request: ProxyBindingUpdate, message: ProxyBindingAcknowledgement
) -> bool:
    names = [option_of(m, MobileNodeIdentifier) for m in (request, message)]
    return request.sequence == message.sequence and names[0] == names[1]


def _stamp(
    request: ProxyBindingUpdate, stamp: MobilityOption, *, is_last: bool
) -> Mask:
    asked = option_of(request, Timestamp)
    if asked != stamp:
        return {"clock_ms": CLOCK_MS}
    return {"same": STAMP} if is_last else _told(stamp)["value"]


def _learnable(options: dict[str, object], heard: Heard, fixed: Set[str]) -> Fields:
    """Prefixes and addresses that only the implementation can have chosen are learnt.

    Those in `fixed` it cannot choose.  A new session may have any, whatever an earlier one
    has had.
    """
    for name, value, kind, within in (
        (HomeNetworkPrefix.__name__, "prefix", PREFIX, heard.pool),
        (LinkLocalAddress.__name__, "address", ADDRESS, LINK_LOCAL),
    ):
        for told in cast("list[Fields]", options[name]):
            chosen = str(told[value])
            is_free = within is not None and IPv6Address(chosen) in IPv6Network(within)
            if is_free and chosen not in fixed:
                told[value] = {
                    "learn": heard.learn(kind, chosen),
                    "within": str(within),
                }
    return dict(options)


# ---- the gateways ----------------------------------------------------------------------


def _request(found: Fields, message: ProxyBindingUpdate, heard: Heard) -> Fields:
    before = heard.last(SEQUENCE)
    sequence: Fields = {} if before is None else {"newer_than": before}
    sequence["learn"] = heard.learn(SEQUENCE, message.sequence)
    options: dict[str, object] = {
        row.option.__name__: [_told(o) for o in options_of(message, row.option)]
        for row in CONSTRUCTION_RULES
    }
    for stamp in options_of(message, Timestamp):
        name = heard.learn(TIMESTAMP, stamp.value)
        options[Timestamp.__name__] = [{"value": {"clock_ms": CLOCK_MS, "learn": name}}]
    fixed = heard.named | set(map(str, heard.variables.values()))
    return {
        "acknowledge": True,
        "proxy": True,
        "sequence": sequence,
        "lifetime": {"between": [1, HIGHEST]} if message.lifetime else 0,
        "options": _learnable(options, heard, fixed),
    }


def _advertisement(found: Fields, heard: Heard) -> Fields:
    options = cast("dict[str, list[Fields]]", found["options"])
    told = options.get("PrefixInformation", [])
    announced = [p for p in told if p["valid_lifetime"]]
    prefixes: list[object] = [
        {
            "prefix": p["prefix"],
            "prefix_length": p["prefix_length"],
            "valid_lifetime": {"between": [1, 0xFFFFFFFF]} if p in announced else 0,
            **({"on_link": True} if p in announced else {}),
        }
        for p in told
    ]
    layer = options.get("SourceLinkLayerAddress", [{}])[0]
    mask: dict[str, object] = {
        "PrefixInformation": {"contain": prefixes} if announced else prefixes,
        "SourceLinkLayerAddress": {"each": layer},
    }
    if not announced:
        return {"options": mask}
    mask["Mtu"] = [{"mtu": {"between": [LEAST_MTU, o["mtu"]]}} for o in options["Mtu"]]
    return {"router_lifetime": {"between": [1, HIGHEST]}, "options": mask}


def _neighbor(found: Fields, heard: Heard) -> Fields:
    options = cast("dict[str, list[Fields]]", found["options"])
    layer = options.get("TargetLinkLayerAddress", [{}])[0]
    told: Mapping[str, object] = {"TargetLinkLayerAddress": {"each": layer}}
    return {"target": found["target"], "options": told}


_OFFERING = frozenset(
    {HandoverInitiateCode.DEFAULT, HandoverInitiateCode.ALL_CONTEXT_TRANSFERRED}
)


def _initiate(found: Fields, heard: Heard) -> Fields:
    mask: Fields = {f.name: found[f.name] for f in INITIATE_FIELDS}
    mask |= {"buffer": ANY, "forward": ANY}
    if found["code"] in _OFFERING:
        mask["code"] = {"one_of": sorted(map(int, _OFFERING))}
    mask["sequence"] = {"learn": heard.learn(HANDOVER, found["sequence"])}
    return {**mask, "options": _context(found, INITIATE_RULES)}


def _acknowledge(found: Fields, heard: Heard) -> Fields:
    mask: Fields = {f.name: found[f.name] for f in ACKNOWLEDGE_FIELDS}
    mask |= {"buffer": ANY, "forward": ANY, "sequence": {"same": "sequence"}}
    return {**mask, "options": _context(found, ACKNOWLEDGE_RULES)}


def _context(found: Fields, rows: Iterable[object]) -> Fields:
    """Options by what their row allows: to be these, these among others, or any."""
    options = cast("dict[str, list[Fields]]", found["options"])
    told: Fields = {}
    for row in cast("Iterable[_Row]", rows):
        name = row.option.__name__
        there = [
            {k: v for k, v in o.items() if k != "reserved"}
            for o in options.get(name, [])
        ]
        one, two = cast("tuple[MobilityOption, ...]", (object(), object()))
        if row.allows(set(), {one}) and not row.allows({two}, {one}):
            told[name] = {"each": there[0] if there else {}}
        elif not row.allows({one, two}, {one}):
            told[name] = there
        elif there and not row.allows(set(), {one}):
            told[name] = {"contain": there}
    return told


class _Row:
    option: type[MobilityOption]
    allows: Callable[[set[MobilityOption], set[MobilityOption]], bool]


# ---- others ----------------------------------------------------------------------------


def _error(found: Fields, heard: Heard) -> Fields:
    mask: Fields = {name: found[name] for name in ("type", "code", "word", "about")}
    if found["type"] == PACKET_TOO_BIG:
        mask["word"] = {"between": [LEAST_MTU, ETHERNET_MTU - 1]}
    return mask


def _tunnel(found: Fields, heard: Heard) -> Fields:
    inner = cast("Fields", found["inner"])
    mark = inner.get("ecn")
    wanted: Mask = ANY
    if mark in (Ecn.ECT_0, Ecn.ECT_1):
        wanted = mark
    elif mark == Ecn.CE:
        wanted = {"between": [1, int(Ecn.CE)]}
    return {"ecn": wanted, "inner": inner}


_OTHERS: dict[str, Callable[[Fields, Heard], Fields]] = {
    "RouterAdvertisement": _advertisement,
    "NeighborAdvertisement": _neighbor,
    "Handover Initiate": _initiate,
    "Handover Acknowledge": _acknowledge,
    "Error": _error,
    "Tunnel": _tunnel,
}


def _with_variables(told: object, heard: Heard) -> object:
    """The same with variables in place of addresses that were learnt."""
    if isinstance(told, dict):
        if {"learn", "within"} & told.keys():
            return cast("Fields", told)
        each = cast("Fields", told).items()
        return {name: _with_variables(part, heard) for name, part in each}
    if isinstance(told, list):
        return [_with_variables(part, heard) for part in cast("list[object]", told)]
    if isinstance(told, str):
        return heard_value(told, heard) or told
    return told


def heard_value(told: str, heard: Heard) -> Fields | None:
    """An address as a learnt one and so much more; None where it was not learnt.

    Where a session has the prefix of an earlier one again, its variable is meant.
    """
    try:
        address = int(IPv6Address(told))
    except ValueError:
        return None
    for name, value in reversed(heard.variables.items()):
        kind = name.rstrip("0123456789")
        if kind not in (PREFIX, ADDRESS):
            continue
        plus = address - int(IPv6Address(str(value)))
        if plus == 0:
            return {"variable": name}
        if kind == PREFIX and 0 < plus < 1 << 64:
            return {"variable": name, "plus": plus}
    return None
