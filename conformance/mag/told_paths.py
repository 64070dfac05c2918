"""What testers tell a gateway of the path to its anchor: each time less than before.

A gateway may know it for long, also from a campaign that has ended (RFC 8201, section 4).
"""

from pmip6.model.wire.icmp_errors import LEAST_MTU
from pmip6.vectors.mag.stimuli import TooBig

NARROWER = 8
"""Octets by which a path takes less, where it has been told to take less before."""
TOLD_PATHS = tuple(range(TooBig().mtu, LEAST_MTU - 1, -NARROWER))
"""All that a tester tells a path to take, in octets."""


def less_than(known: int) -> int | None:
    """The most that is told of a path that is known to take so much; None for nothing."""
    return next((told for told in TOLD_PATHS if told < known), None)
