"""C text compiled into a shared library, kept by its hash, and loaded."""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pmip6.model.errors import Pmip6Error

OPTIONS = ("-shared", "-fPIC", "-std=c11", "-w")
FAST, AT_ONCE = "-O2", "-O0"
"""Code that is fast, and code that is compiled in a fifth of the time."""


class NoCompiler(Pmip6Error):
    """There is no C compiler on this system."""

    def __init__(self) -> None:
        super().__init__(
            "C compiler",
            "neither cc, gcc, clang nor the ziglang package is installed",
            "install one of them, as by apt-get install gcc libc6-dev",
            exit_code=3,
        )


def compiler() -> list[str]:
    """The command of the C compiler.

    Raises:
        NoCompiler: There is none.
    """
    for name in ("cc", "gcc", "clang"):
        found = shutil.which(name)
        if found is not None:
            return [found]
    if importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc"]
    raise NoCompiler


def cache_directory() -> Path:
    """Where compiled libraries are kept: the user's cache, or a temporary directory."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    for parent in (Path(base), Path(tempfile.gettempdir())):
        directory = parent / f"pmip6-{os.getuid() if hasattr(os, 'getuid') else 0}"
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(directory, os.W_OK):
            return directory
    return Path(tempfile.mkdtemp(prefix="pmip6-"))


def library(text: str, *, lasting: bool = True) -> ctypes.CDLL:
    """The library of a C program; compiled if it is not in the cache.

    One that is not lasting is for a single short run: it is not kept.

    Raises:
        NoCompiler: There is no C compiler.
        Pmip6Error: The compiler refuses the program.
    """
    command = [*compiler(), FAST if lasting else AT_ONCE, *OPTIONS]
    key = hashlib.sha256("\0".join([*command, text]).encode()).hexdigest()
    kept = cache_directory() / f"{key}.so"
    if not kept.exists():
        with tempfile.TemporaryDirectory(dir=kept.parent) as directory:
            source, target = Path(directory, "model.c"), Path(directory, "model.so")
            source.write_text(text, "utf-8")
            done = subprocess.run(
                [*command, "-o", str(target), str(source)],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                raise Pmip6Error(
                    command[0],
                    f"cannot compile the model: {done.stderr.strip()[:500]}",
                    exit_code=3,
                )
            if not lasting:
                return ctypes.CDLL(str(target))
            os.replace(target, kept)
    return ctypes.CDLL(str(kept))
