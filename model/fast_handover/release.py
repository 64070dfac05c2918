"""What becomes of the packets that a gateway holds back for a node in a fast handover.

Source: RFC 5949, sections 4.1 and 4.2; RFC 5568, section 6.2.1.1.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from pmip6.model.fast_handover.state import NewState, PreviousState


class Release(Enum):
    """Where the packets in a buffer go."""

    HOLD = "nowhere yet"
    NEXT_GATEWAY = "into the tunnel to the gateway that the node is handed over to"
    NODE = "to the node"
    DISCARD = "nowhere any more"


@dataclass(frozen=True, slots=True)
class Holding:
    """What decides over the packets that a gateway holds back for a node."""

    previous: PreviousState
    new: NewState
    is_on_link: bool


@dataclass(frozen=True, slots=True)
class ReleaseRule:
    """One row: buffers for which the condition holds are treated so."""

    name: str
    requirements: tuple[str, ...]
    condition: Callable[[Holding], bool]
    release: Release


RELEASE_RULES: tuple[ReleaseRule, ...] = (
    ReleaseRule(
        "hold_until_asked",
        ("5568-6.2.1.1-4", "5949-4.2-10"),
        lambda held: held.previous is PreviousState.BUFFERING,
        Release.HOLD,
    ),
    ReleaseRule(
        "release_to_next_gateway",
        ("5949-4.2-10", "5949-6.1.1-x7"),
        lambda held: held.previous is PreviousState.FORWARDING,
        Release.NEXT_GATEWAY,
    ),
    ReleaseRule(
        "release_to_node",
        ("5949-4.2-8",),
        lambda held: held.is_on_link,
        Release.NODE,
    ),
    ReleaseRule(
        "hold_until_arrival",
        ("5949-4.2-8", "5949-4.1-7"),
        lambda held: held.new is NewState.TUNNELLED,
        Release.HOLD,
    ),
    ReleaseRule("discard_after_the_end", (), lambda held: True, Release.DISCARD),
)
"""The first row that holds decides; the last always holds."""


def release_of(
    held: Holding, rules: Iterable[ReleaseRule] = RELEASE_RULES
) -> ReleaseRule:
    """Give the row that decides over a buffer."""
    return next(rule for rule in rules if rule.condition(held))
