"""How much memory this machine has, and how much of it is free."""

from __future__ import annotations

import os


def free_memory() -> int:
    """The octets that are free; 4 GiB on a system that does not tell."""
    return _pages("SC_AVPHYS_PAGES") or 4 << 30


def whole_memory() -> int | None:
    """The octets that there are, free or not; None on a system that does not tell."""
    return _pages("SC_PHYS_PAGES")


def _pages(name: str) -> int | None:
    try:
        found = os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # a system that does not tell
        return None
    return found if found > 0 else None
