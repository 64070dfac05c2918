"""Settings of the whole test run: determinism, order, and what this machine can do."""

import os
import random
import shutil
import subprocess

import pytest
from hypothesis import settings

from pmip6.properties.exploration.compiled import NoCompiler, compiler

# `ci` draws the same examples in every run; `search` looks for new ones
# (pytest --hypothesis-profile search).
settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("search", max_examples=2000, deadline=None, print_blob=True)
settings.load_profile("ci")

SEED = 5213


def _namespaces_missing() -> str:
    """Why network namespaces cannot be made here, or the empty string."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return "needs network namespaces, but unshare (util-linux) is missing"
    as_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    probe = subprocess.run(
        [unshare, *as_user, "--net", "true"], capture_output=True, check=False
    )
    if probe.returncode == 0:
        return ""
    return "needs network namespaces, but there is neither root nor user namespaces"


def _compiler_missing() -> str:
    """Why nothing can be compiled here, or the empty string."""
    try:
        compiler()
    except NoCompiler as error:
        return error.line()
    return ""


MISSING = {"wire": _namespaces_missing, "compiler": _compiler_missing}


def _cost(item: pytest.Item) -> int:
    """How late an item runs: plain tests, then the wire, then the nightly ones."""
    if item.get_closest_marker("nightly"):
        return 2
    return 1 if item.get_closest_marker("wire") else 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the quick tests first, and skips what this machine cannot do, with why."""
    items.sort(key=_cost)
    for mark, missing in MISSING.items():
        marked = [item for item in items if item.get_closest_marker(mark)]
        reason = missing() if marked else ""
        for item in marked if reason else ():
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_runtest_setup() -> None:
    """Starts every test from the same seed."""
    random.seed(SEED)
