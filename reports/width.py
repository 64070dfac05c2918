"""How wide a text may be: as wide as the terminal, and whole where there is none."""

import os
from typing import TextIO


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
