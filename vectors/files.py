"""Files that are whole or not there."""

import os
import tempfile
from pathlib import Path

from pmip6.model.errors import Pmip6Error


def replace_file(path: Path, content: bytes) -> None:
    """Puts content under a name such that the name never shows half of it.

    Raises:
        Pmip6Error: When the directory or the file cannot be written; an older
            file of that name is then still there, whole.
    """
    try:
        descriptor, temporary = tempfile.mkstemp(
            prefix=f".{path.name}.", dir=path.parent
        )
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fchmod(stream.fileno(), 0o644)
                os.fsync(stream.fileno())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise Pmip6Error(
            str(path), f"cannot be written: {error.strerror}", "name another place"
        ) from error
