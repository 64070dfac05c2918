"""JSON files: complete or not there at all, and the same for the same content."""

import json
import sys
from pathlib import Path

from pmip6.model.errors import Pmip6Error
from pmip6.vectors.files import check_writable, is_standard_output, replace_file


def check_place(path: Path | None) -> None:
    """See to it before a long run that the file can be written at its end.

    Raises:
        Pmip6Error: It cannot.
    """
    if path is not None:
        check_writable(path)


def print_beside(path: Path | None, text: str) -> None:
    """Print for a person; to standard error where the JSON has standard output."""
    taken = path is not None and is_standard_output(path)
    print(text, file=sys.stderr if taken else sys.stdout)


def make_folder(path: Path) -> None:
    """Make a folder where there is none.

    Raises:
        Pmip6Error: It cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Pmip6Error(
            str(path), f"is no folder: {error.strerror}", "name another place"
        ) from error


def write_json(path: Path, content: object) -> None:
    """Write the content at once, in place of what a file of this name held.

    Raises:
        Pmip6Error: The file cannot be written; what it held is still there.
    """
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    sys.stdout.flush()
    replace_file(path, text.encode())
