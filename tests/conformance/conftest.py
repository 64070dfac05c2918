"""What the programs that run between test hosts need."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOBODY = "65534"


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """An environment in which any Python of this version finds the packages."""
    found = find_spec("pyroute2")
    assert found is not None and found.origin is not None
    packages = [ROOT / "src", Path(found.origin).parents[1]]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, packages))}


@pytest.fixture(scope="session")
def unprivileged_python() -> list[str]:
    """A Python, with what takes every privilege from it; or a skip with its reason."""
    if os.geteuid() != 0:
        return [sys.executable]
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("needs setpriv (util-linux) to give up root")
    prefix = [setpriv, "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]
    unshare = [*prefix, "unshare", "--user", "--map-root-user", "--net", "true"]
    if subprocess.run(unshare, capture_output=True).returncode != 0:
        pytest.skip("user namespaces are not permitted here")
    script = "import os, subprocess, sys; os.stat(sys.argv[1]);"
    script += "subprocess.run([sys.executable, '-c', ''], check=True)"
    for python in (sys.executable, "/usr/bin/python3"):
        probe = [*prefix, python, "-c", script, str(ROOT / "src")]
        if subprocess.run(probe, capture_output=True).returncode == 0:
            return [*prefix, python]
    pytest.skip("this tree, or every Python, is readable for root only")
