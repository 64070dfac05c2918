"""How wide a text may be: as wide as the terminal, and whole where there is none."""

import os
import textwrap
from collections.abc import Collection, Sequence
from typing import TextIO

from tabulate import MIN_PADDING

GAP = 2  # between two columns of a table
NARROWEST = 10  # of a column whose cells are wrapped


def width_of(stream: TextIO) -> int | None:
    """Columns of the terminal that a stream leads to; None for a pipe or a file."""
    try:
        if not stream.isatty():
            return None
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):  # closed, or no terminal that tells its size
        return None


def cut(text: str, width: int | None) -> str:
    """The beginning of a text, with dots where more follows."""
    if width is None or len(text) <= width:
        return text
    return text[: max(width - 3, 0)].rstrip() + "..."


def wrapped(text: str, width: int | None, indent: str = "  ") -> str:
    """The lines of a text, each broken where it is too wide and continued further in."""
    if width is None:
        return "\n".join(f"{indent}{line}" for line in text.splitlines())
    return "\n".join(
        textwrap.fill(
            line,
            max(width, 2 * NARROWEST),
            initial_indent=indent,
            subsequent_indent=2 * indent,
            break_on_hyphens=False,
        )
        for line in text.splitlines()
    )


def widths(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """The columns that each column of a table takes where no cell is wrapped."""
    return [
        max(
            [len(header) + MIN_PADDING]
            + [len(line) for row in rows for line in row[place].splitlines()]
        )
        for place, header in enumerate(headers)
    ]


def is_too_wide(taken: Sequence[int], width: int | None) -> bool:
    """Whether a table of these columns does not fit."""
    return width is not None and sum(taken) + GAP * (len(taken) - 1) > width


def limits(
    taken: Sequence[int], flexible: Collection[int], width: int | None
) -> list[int | None]:
    """How wide each column may be, for `tabulate`: the widest ones give way.

    Args:
        taken: What the columns take by themselves.
        flexible: The columns whose cells may be wrapped.
        width: The width of the whole; None where it does not matter.
    """
    left = list(taken)
    while is_too_wide(left, width):
        widest = max(flexible, key=lambda place: left[place])
        if left[widest] <= NARROWEST:
            break
        left[widest] -= 1
    return [
        now if now < before else None for now, before in zip(left, taken, strict=True)
    ]
