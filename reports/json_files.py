"""JSON files: complete or not there at all, and the same for the same content."""

import json
from pathlib import Path

from pmip6.model.errors import Pmip6Error
from pmip6.vectors.files import replace_file


def check_place(path: Path | None) -> None:
    """See to it before a long run that the file can be written at its end.

    Raises:
        Pmip6Error: The folder is not there, or the path is one.
    """
    if path is None:
        return
    if path.is_dir():
        raise Pmip6Error(str(path), "is a folder", "name a file in it")
    if not path.absolute().parent.is_dir():
        raise Pmip6Error(
            str(path), "its folder does not exist", "make the folder first"
        )


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
    """Write the content to the file at once, in place of what it held.

    Raises:
        Pmip6Error: The file cannot be written; what it held is still there.
    """
    check_place(path)
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    replace_file(path.absolute(), text.encode())
