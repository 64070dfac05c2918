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

OPTIONS = ("-O2", "-shared", "-fPIC", "-std=c11", "-w")


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


def library(text: str) -> ctypes.CDLL:
    """The library of a C program; compiled if it is not in the cache.

    Raises:
        NoCompiler: There is no C compiler.
        Pmip6Error: The compiler refuses the program.
    """
    command = [*compiler(), *OPTIONS]
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
            os.replace(target, kept)
    return ctypes.CDLL(str(kept))
