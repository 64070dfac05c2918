"""Files that are whole or not there, and places that are no files."""

import os
import stat
import tempfile
from pathlib import Path

from pmip6.model.errors import Pmip6Error

NEW_FILE_MODE = 0o644
_MOST_LINKS = 40  # as the kernel follows
STANDARD_OUTPUT = 1


def replace_file(path: Path, content: bytes) -> None:
    """Puts content under a name such that the name never shows half of it.

    Links are followed, and what they lead to is replaced.  What is no file, such as a
    device, a FIFO or an open descriptor (`/dev/stdout`), is written to instead.

    Raises:
        Pmip6Error: When the directory or the file cannot be written; an older
            file of that name is then still there, whole.
    """
    try:
        descriptor = descriptor_named(path)
        if descriptor is not None:
            _write_to(os.dup(descriptor), content)
        elif path.exists() and not path.is_file():
            _write_to(os.open(path, os.O_WRONLY), content)
        else:
            _replace(Path(os.path.realpath(path)), content)
    except OSError as error:
        if isinstance(error, BrokenPipeError) and is_standard_output(path):
            raise  # the reader has gone, which is no error of standard output
        raise _unwritable(path, error) from error


def check_writable(path: Path) -> None:
    """See to it before a long run that `replace_file` can write there at its end.

    Raises:
        Pmip6Error: It cannot, as far as can be told without doing it.
    """
    try:
        if descriptor_named(path) is not None:
            return
        if path.is_dir():
            raise Pmip6Error(str(path), "is a folder", "name a file in it")
        target = Path(os.path.realpath(path))
        if not target.parent.is_dir():
            raise Pmip6Error(
                str(path), "its folder does not exist", "make the folder first"
            )
        is_file = target.is_file() or not target.exists()
    except OSError as error:
        raise _unwritable(path, error) from error
    needed = target.parent if is_file else target
    if not os.access(needed, os.W_OK):
        raise Pmip6Error(str(path), f"{needed} cannot be written", "name another place")


def is_standard_output(path: Path) -> bool:
    """Whether the path names the standard output of this process."""
    return descriptor_named(path) == STANDARD_OUTPUT


def descriptor_named(path: Path) -> int | None:
    """The open descriptor that a path like `/dev/fd/1` names; None for other paths.

    Raises:
        OSError: The path cannot be followed.
    """
    folder = os.path.realpath("/proc/self/fd")
    place = os.path.abspath(path)
    for _ in range(_MOST_LINKS):
        parent, name = os.path.split(place)
        parent = os.path.realpath(parent)
        if parent == folder and name.isdecimal():
            return int(name)
        place = os.path.join(parent, name)
        if not os.path.islink(place):
            return None
        place = os.path.join(parent, os.readlink(place))
    return None


def _unwritable(path: Path, error: OSError) -> Pmip6Error:
    reason = f"cannot be written: {error.strerror}"
    return Pmip6Error(str(path), reason, "name another place")


def _write_to(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)


def _replace(path: Path, content: bytes) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        mode = NEW_FILE_MODE
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
