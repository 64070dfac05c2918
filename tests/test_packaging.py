"""What is installed: the wheel, its data, and the links that editable installs use."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("model", "properties", "vectors", "conformance", "reports")
NOT_SOURCE = shutil.ignore_patterns(
    ".git", ".venv", "build", "dist", "out", "*.egg-info", "__pycache__", ".*_cache"
)


def _setuptools_table() -> dict[str, Any]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return project["tool"]["setuptools"]  # type: ignore[no-any-return]  # TOML comes in


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The file names in a wheel that is built from a copy of this tree."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    shutil.copytree(ROOT, source, symlinks=True, ignore=NOT_SOURCE)
    # The installed build back end serves if it is new enough; else pip fetches one.
    enough = int(version("setuptools").split(".")[0]) >= 77
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", str(source), "--no-deps", "--quiet"]
        + ["--disable-pip-version-check", "--wheel-dir", str(place)]
        + (["--no-build-isolation"] if enough else []),
        check=True,
        cwd=place,
    )
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return sorted(archive.namelist())


def test_wheel_holds_only_pmip6_at_its_top(wheel_names: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel_names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"pmip6"}


def test_wheel_holds_every_module_and_the_type_marker(wheel_names: list[str]) -> None:
    modules = {
        f"pmip6/{path.relative_to(ROOT).as_posix()}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if "__pycache__" not in path.parts
    }
    expected = modules | {"pmip6/__init__.py", "pmip6/py.typed"}
    assert {name for name in wheel_names if name.startswith("pmip6/")} >= expected


def test_wheel_holds_the_data_of_its_packages(wheel_names: list[str]) -> None:
    data = {
        f"pmip6/{path.relative_to(ROOT).as_posix()}"
        for package, patterns in _setuptools_table()["package-data"].items()
        for pattern in patterns
        for path in (ROOT / "src" / package.replace(".", "/")).resolve().glob(pattern)
        if path.is_file() and path.is_relative_to(ROOT) and "src" not in path.parts
    }
    assert set(wheel_names) >= data


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_package_is_a_relative_link_to_its_folder(folder: str) -> None:
    link = ROOT / "src" / "pmip6" / folder
    assert link.is_symlink()
    assert link.readlink() == Path("../..") / folder


def test_every_folder_of_modules_is_a_declared_package() -> None:
    found = {
        "pmip6." + path.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if "__pycache__" not in path.parts
    }
    assert set(_setuptools_table()["packages"]) == found | {"pmip6"}
