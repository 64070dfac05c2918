"""What an anchor decided about a request, and the kinds of rule that say what follows.

The rules themselves are in `model/lma/acknowledgement.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address

from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.model.wire.numbers import is_rejection
from pmip6.model.wire.options import HomeNetworkPrefix, MobilityOption


@dataclass(frozen=True)
class HeldAddress:
    """The link-local address of a binding cache entry (RFC 5213, section 5.1).

    Args:
        address: The gateway's address on the link that it shares with the node.
        is_named: A request named it; else the anchor has generated it.
    """

    address: IPv6Address
    is_named: bool


@dataclass(frozen=True)
class Answer:
    """What the anchor decided, as far as the request does not say it.

    Args:
        status: Status of the acknowledgement.
        lifetime: Granted lifetime in units of 4 s.
        prefixes: Prefixes of the session, where the request is accepted.
        generated: The link-local address that the anchor generates where the entry
            holds none; None where it generates none.
        now: Time of day of the anchor in the format of the Timestamp option.
        held: The link-local address in the entry before the request, None without one.
        is_new: The request makes a new session: no entry was there before it.
        accepted_sequence: The sequence number of the entry, where the request has one
            that is not greater (status 135).
        node_made_stamps: Nodes make the timestamps of the domain
            (MobileNodeGeneratedTimestampInUse; RFC 5213, 9.3).
    """

    status: int
    lifetime: int
    prefixes: tuple[HomeNetworkPrefix, ...]
    generated: IPv6Address | None
    now: int
    held: HeldAddress | None = None
    is_new: bool = True
    accepted_sequence: int | None = None
    node_made_stamps: bool = False

    @property
    def is_rejection(self) -> bool:
        """The status says that the request was refused."""
        return is_rejection(self.status)


@dataclass(frozen=True)
class Expected:
    """The options of one type that the acknowledgement has, and the ids behind them.

    `alternatives` holds every list of options that is right; the first is the one that
    the reference anchor sends.
    """

    requirements: tuple[str, ...]
    alternatives: tuple[tuple[MobilityOption, ...], ...]

    @property
    def options(self) -> tuple[MobilityOption, ...]:
        """The options that the reference anchor sends."""
        return self.alternatives[0]


@dataclass(frozen=True)
class ExchangeRule:
    """One row: the options of a type that follow from request and decision."""

    name: str
    option: type[MobilityOption]
    requirements: tuple[str, ...]
    expected: Callable[[ProxyBindingUpdate, Answer], Expected]


@dataclass(frozen=True)
class FieldRule:
    """One row: the value of a field of the acknowledgement that follows likewise.

    `allows` takes the request, the decision and the value found.
    """

    name: str
    requirements: tuple[str, ...]
    value: Callable[[ProxyBindingUpdate, Answer], int]
    allows: Callable[[ProxyBindingUpdate, Answer, int], bool]


@dataclass(frozen=True)
class AddressRule:
    """One row: an address of the packet that the acknowledgement comes in.

    `value` takes source and destination of the request, `found` those of the answer.
    """

    name: str
    requirements: tuple[str, ...]
    value: Callable[[IPv6Address, IPv6Address], IPv6Address]
    found: Callable[[IPv6Address, IPv6Address], IPv6Address]
