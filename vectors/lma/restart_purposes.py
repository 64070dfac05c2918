"""Test purposes for what an anchor is configured with: the values outlast a restart.

They are purposes of other groups, chosen by the value that they show, for nodes that come
after the restart; what becomes of older sessions is open (docs/findings.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pmip6.model.errors import Pmip6Error
from pmip6.vectors.lma.purposes import Draft, Group

OF_ANCHOR = ("5213-9.1-2",)
OF_BOTH = ("5213-9.1-2", "5213-9.3-2")
"""MobileNodeGeneratedTimestampInUse says whether the window of the anchor counts."""

_DELAY = "min_delay_before_bce_delete"
_FOREIGN = "ignore_foreign_deregistration / DEREGISTERED / prefix all-zero, ending"
_WAITS = (
    "several_interfaces / waits_for_deregistration / hold_request / FREE / "
    "registration of served from mag2, prefix all-zero, interface second"
)

SHOWN: dict[str, tuple[str, ...]] = {
    "allocate / FREE / prefix all-zero": (),
    "reject_unauthorised_gateway / FREE / from a stranger": (),
    f"{_FOREIGN} / nearly all of it of {_DELAY}": OF_ANCHOR,
    "delete_after_delay / DEREGISTERED / in time": OF_ANCHOR,
    "reject_mismatched_timestamp / FREE / future timestamp": OF_BOTH,
    "reject_mismatched_timestamp / FREE / past timestamp": OF_BOTH,
    f"{_WAITS} / nearly all of it of the delay": OF_ANCHOR,
    f"{_WAITS} / all of it of the delay": OF_ANCHOR,
}
"""Keys of purposes, and what each shows when it comes after a restart.

Which gateways may send requests is no variable of RFC 5213, section 9: the first two show
after a restart what they show before one.
"""


def restart_purposes(drafts: Iterable[Draft]) -> Iterator[Draft]:
    """The purposes that show a configured value, once more after a restart.

    Raises:
        Pmip6Error: One of them is not among the drafts.
    """
    by_key = {draft.key: draft for draft in drafts}
    for key, shown in SHOWN.items():
        draft = by_key.get(key)
        if draft is None:
            raise Pmip6Error(
                key, "is no key of a purpose", "correct it in restart_purposes.py"
            )
        yield replace(
            draft,
            key=f"restart / {key}",
            group=Group.RST,
            title=f"After a restart: {draft.title}",
            requirements=tuple(dict.fromkeys((*shown, *draft.requirements))),
        )
