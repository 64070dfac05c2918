"""How the octets of a user packet have to be treated where it enters or leaves a tunnel.

The judge compares what an implementation sends with these rows; the reference anchor
makes its packets by `pmip6.model.wire.tunnel_packets`.  Source: RFC 5213, section 5.6.3; RFC
2473, sections 3, 5 and 6.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pmip6.model.wire.tunnel_packets import Ecn, decapsulate, ecn_of, with_ecn

_HOP_LIMIT_AT = 7


@dataclass(frozen=True, slots=True)
class Crossing:
    """A packet before and after it entered or left a tunnel.

    Attributes:
        before: The original packet as it came, without tunnel header.
        outer: The tunnel packet: what came out of the anchor, or what went in.
        after: The original packet as it went on, without tunnel header.
    """

    before: bytes
    outer: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class TunnelRule:
    """One row: an aspect of a packet that crosses the end of a tunnel.

    Attributes:
        name: The aspect, in words.
        requirements: The ids behind it.
        applies: Whether it says anything for a mark of the tunnel header and one of the
            original, in this order.
        is_kept: Whether the crossing follows it.
        is_for_all: Whether it is about packets of every mark.
    """

    name: str
    requirements: tuple[str, ...]
    applies: Callable[[Ecn, Ecn], bool]
    is_kept: Callable[[Crossing], bool]
    is_for_all: bool = False


def _always(outer: Ecn, original: Ecn) -> bool:
    return True


def _is_capable(ecn: Ecn) -> bool:
    return ecn in (Ecn.ECT_0, Ecn.ECT_1)


def _is_original(crossing: Crossing) -> bool:
    """All octets are those that came, but for the hop limit and the mark."""
    before, after = crossing.before, with_ecn(crossing.after, ecn_of(crossing.before))
    hops = before[_HOP_LIMIT_AT] - 1
    return after == (
        before[:_HOP_LIMIT_AT] + bytes((hops,)) + before[_HOP_LIMIT_AT + 1 :]
    )


def _mark_is_unchanged(crossing: Crossing) -> bool:
    return ecn_of(crossing.after) is ecn_of(crossing.before)


INTO_TUNNEL: tuple[TunnelRule, ...] = (
    TunnelRule(
        "the original packet, one hop older",
        ("5213-5.6.1-4", "5213-5.6.2-1", "5213-5.6.2-4"),
        _always,
        _is_original,
        is_for_all=True,
    ),
    TunnelRule(
        "mark of the original packet",
        ("5213-5.6.2-4",),
        _always,
        _mark_is_unchanged,
    ),
    TunnelRule(
        "mark of the tunnel header",
        ("5213-5.6.3-1", "5213-5.6.3-2"),
        lambda outer, original: _is_capable(original),
        lambda crossing: ecn_of(crossing.outer) is ecn_of(crossing.before),
    ),
    TunnelRule(
        "mark of the tunnel header of a marked packet",
        ("5213-5.6.3-1",),
        lambda outer, original: original is Ecn.CE,
        lambda crossing: ecn_of(crossing.outer) is not Ecn.NOT_ECT,
    ),
)
"""What holds where a packet enters a tunnel."""

OUT_OF_TUNNEL: tuple[TunnelRule, ...] = (
    TunnelRule(
        "the original packet, one hop older",
        ("5213-5.6.2-5", "5213-5.6.2-6"),
        _always,
        _is_original,
        is_for_all=True,
    ),
    TunnelRule(
        "congestion within the tunnel",
        ("5213-5.6.3-1", "5213-5.6.3-4"),
        lambda outer, original: outer is Ecn.CE and _is_capable(original),
        lambda crossing: ecn_of(crossing.after) is Ecn.CE,
    ),
    TunnelRule(
        "mark of the original packet",
        ("5213-5.6.3-5",),
        lambda outer, original: not (outer is Ecn.CE and _is_capable(original)),
        _mark_is_unchanged,
    ),
)
"""What holds where a packet leaves a tunnel."""

INTO_TUNNEL_AT_GATEWAY: tuple[TunnelRule, ...] = (
    replace(INTO_TUNNEL[0], requirements=("5213-5.6.1-4", "5213-6.10.5-14")),
    replace(INTO_TUNNEL[1], requirements=("5213-6.10.5-14",)),
    *INTO_TUNNEL[2:],
)
"""The same where a gateway sends it: section 5.6.2 is about anchors alone."""
OUT_OF_TUNNEL_AT_GATEWAY: tuple[TunnelRule, ...] = (
    replace(OUT_OF_TUNNEL[0], requirements=("5213-6.10.5-2", "5213-6.10.5-3")),
    *OUT_OF_TUNNEL[1:],
)
"""The same where a gateway gets it."""


def broken(rules: tuple[TunnelRule, ...], crossing: Crossing) -> tuple[TunnelRule, ...]:
    """The rows that say something of the crossing and that it does not follow."""
    marks = ecn_of(crossing.outer), ecn_of(crossing.before)
    return tuple(r for r in rules if r.applies(*marks) and not r.is_kept(crossing))


def into_tunnel(before: bytes, outer: bytes) -> Crossing | None:
    """The crossing of a packet that was tunnelled; None where nothing is in the tunnel."""
    inner = decapsulate(with_ecn(outer, Ecn.NOT_ECT))
    return None if inner is None else Crossing(before, outer, inner.original)


def out_of_tunnel(before: bytes, outer: bytes, after: bytes) -> Crossing:
    """The crossing of a packet that came out of a tunnel."""
    return Crossing(before, outer, after)
