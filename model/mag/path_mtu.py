"""What a gateway knows of the path to its anchor, and what follows for its tunnel.

Sources: RFC 5213, section 6.9.5; RFC 2473, sections 6.7 and 7.1.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pmip6.model.wire.icmp_errors import LEAST_MTU
from pmip6.model.wire.tunnel_packets import ETHERNET_MTU, HEADER_SIZE


@dataclass(frozen=True, slots=True)
class KnownPath:
    """The MTU of a path, in octets, as a tester knows that its gateway knows it.

    Args:
        mtu: It.
        learnt: What the gateway may have heard before that the path takes.
        has_changed: A router has told the gateway that the path takes this.
        is_protected: Tunnel packets are under ESP, and how much that adds is open.
    """

    mtu: int = ETHERNET_MTU
    learnt: tuple[int, ...] = ()
    has_changed: bool = False
    is_protected: bool = False

    @property
    def tunnel_mtu(self) -> int:
        """What a packet in the tunnel may have without being cut (RFC 2473, 6.7)."""
        return self.mtu - HEADER_SIZE

    def tunnel_mtus(self) -> Iterator[int]:
        """The same for all that the gateway may know of the path."""
        yield self.tunnel_mtu
        yield from (told - HEADER_SIZE for told in self.learnt if told < self.mtu)

    def refuses_beyond(self, mtu: int) -> bool:
        """Whether a packet that is too big for the tunnel is reported with this MTU."""
        usual = {max(each, LEAST_MTU) for each in self.tunnel_mtus()}
        return mtu in usual or (self.is_protected and LEAST_MTU <= mtu < max(usual))


@dataclass(frozen=True, slots=True)
class PathRule:
    """What the MTU in a report has to be: the ids behind it."""

    name: str
    requirements: tuple[str, ...]


TOO_BIG = PathRule(
    "MTU of a report that a packet is too big",
    ("5213-6.9.5-6", "5213-6.9.5-7"),
)
"""A packet that is larger than the tunnel, and than the least MTU, is refused with it."""
PATH_RULES = (TOO_BIG,)
