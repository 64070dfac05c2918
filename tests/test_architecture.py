"""The shape of the source tree: import direction, pure model, stated exceptions."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("model", "properties", "vectors", "conformance", "reports")
SHIPPED = [
    path
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "__pycache__" not in path.parts
]
SOURCES = [
    *SHIPPED,
    *sorted((ROOT / "tests").rglob("*.py")),
    *sorted((ROOT / "benchmarks").rglob("*.py")),
    *sorted((ROOT / "examples").rglob("*.py")),
]
TEXTS = [
    *SHIPPED,
    *(
        path
        for folder in (*FOLDERS, "docs", "examples", "benchmarks", "src", ".ci")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {"", ".md", ".toml", ".json", ".tsv", ".html", ".j2"}
        and path.is_file()
    ),
    *(path for path in sorted(ROOT.glob("*.md"))),
    ROOT / "Makefile",
    ROOT / "pyproject.toml",
]

# What gives a clock, chance, or the outside world; none of it belongs in model/.
IMPURE_MODULES = frozenset(
    {
        "asyncio",
        "logging",
        "multiprocessing",
        "os",
        "random",
        "secrets",
        "select",
        "selectors",
        "shutil",
        "signal",
        "socket",
        "subprocess",
        "tempfile",
        "threading",
        "time",
        "urllib",
    }
)
IMPURE_CALLS = frozenset({"open", "print", "input", "exec", "eval"})

# Folders, or paths of single files, that may import a third-party module; a module
# that is not listed is free for all but model/.
ALLOWED_IN: dict[str, tuple[str, ...]] = {
    "z3": ("properties",),
    "cvc5": ("properties",),
    "scapy": (),
    "pyroute2": ("conformance",),
    "jinja2": ("reports",),
    "rich": ("reports",),
    "tabulate": ("reports",),
    "typer": ("reports",),
}
# What model/ may import beside the standard library.
MODEL_MAY_IMPORT = frozenset({"pmip6", "transitions"})

MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:farm|home|mnt|opt|root|work)/\w|/tmp/wt\b")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|NotImplementedError)\b")
EMPTY_NAMES = frozenset({"utils", "util", "helpers", "manager", "base", "common"})

SUPPRESSION = re.compile(r"#\s*(?:noqa|type:\s*ignore|pyright:\s*ignore)")
STATED_SUPPRESSION = re.compile(
    r"#\s*(?:noqa:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*"
    r"|(?:type|pyright):\s*ignore\[[\w, -]+\])"
    r"\s+#\s*(?!noqa|type:|pyright:)\w.{5,}"
)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything that a file imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                yield node.lineno, f"{module}.{alias.name}"


def _may_import(folder: str, name: str, top: str) -> bool:
    """Whether a file may import the top-level module `top`, which is not of pmip6."""
    if top in ALLOWED_IN:
        return bool({folder, name} & set(ALLOWED_IN[top]))
    if folder == "model":
        return top in sys.stdlib_module_names or top in MODEL_MAY_IMPORT
    return True


def _wrong_imports(source: str, folder: str, name: str) -> list[str]:
    """Imports of a file in `folder` that the rules of this tree forbid, in words."""
    found: list[str] = []
    for line, module in _imports(ast.parse(source)):
        parts = module.split(".")
        top = parts[0]
        if top == "":
            found.append(f"{name}:{line} relative import {module}")
        elif top in FOLDERS:
            found.append(f"{name}:{line} {module} lacks the prefix pmip6")
        elif top == "pmip6" and len(parts) > 1 and parts[1] in FOLDERS:
            if FOLDERS.index(parts[1]) > FOLDERS.index(folder):
                found.append(f"{name}:{line} {folder} imports {module}")
        elif not _may_import(folder, name, top):
            found.append(f"{name}:{line} {folder} imports {top}")
    return found


def _impurities(source: str, name: str) -> list[str]:
    """Clocks, chance, input and output in a file of model/, in words."""
    tree = ast.parse(source)
    found = [
        f"{name}:{line} imports {module}"
        for line, module in _imports(tree)
        if module.split(".")[0] in IMPURE_MODULES
    ]
    found += [
        f"{name}:{node.lineno} calls {node.func.id}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in IMPURE_CALLS
    ]
    return found


def _unstated_suppressions(source: str) -> list[int]:
    """Lines whose `noqa` or `ignore` comment lacks its code or its reason."""
    return [
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
        and SUPPRESSION.search(token.string)
        and not STATED_SUPPRESSION.search(token.string)
    ]


@pytest.mark.parametrize("path", SHIPPED, ids=_name)
def test_a_folder_imports_only_to_its_left(path: Path) -> None:
    folder = path.relative_to(ROOT).parts[0]
    assert _wrong_imports(path.read_text("utf-8"), folder, _name(path)) == []


@pytest.mark.parametrize(
    ("folder", "source"),
    [
        ("model", "import pmip6.properties.exploration.explore"),
        ("model", "from pmip6 import properties"),
        ("vectors", "from pmip6.conformance.peer import Peer"),
        ("conformance", "def f():\n    from pmip6.reports import table"),
        ("reports", "from . import table"),
        ("reports", "import model.lma"),
        ("conformance", "from scapy.all import IPv6"),
        ("reports", "import z3"),
        ("model", "import pydantic"),
    ],
)
def test_a_wrong_import_is_seen(folder: str, source: str) -> None:
    assert len(_wrong_imports(source, folder, "example.py")) == 1


def _in(folder: str) -> list[Path]:
    return [path for path in SHIPPED if path.is_relative_to(ROOT / folder)]


@pytest.mark.parametrize("path", _in("model"), ids=_name)
def test_the_model_knows_no_clock_no_chance_and_no_outside(path: Path) -> None:
    assert _impurities(path.read_text("utf-8"), _name(path)) == []


@pytest.mark.parametrize(
    ("folder", "source"),
    [
        ("model", "import enum\nimport pmip6.model.errors"),
        ("properties", "import z3\nfrom pmip6.model import errors"),
        ("reports", "import pmip6\nfrom pmip6.conformance.peer import Peer"),
    ],
)
def test_a_right_import_is_let_through(folder: str, source: str) -> None:
    assert _wrong_imports(source, folder, "example.py") == []


@pytest.mark.parametrize(
    "source", ["import time", "from os import path", "import os.path", "print(1)"]
)
def test_an_impurity_is_seen(source: str) -> None:
    assert len(_impurities(source, "example.py")) == 1


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_every_suppressed_check_states_its_reason(path: Path) -> None:
    assert _unstated_suppressions(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("comment", "stated"),
    [
        ("# type: ignore[arg-type]  # the library has no types", True),
        ("# noqa: E501  # a table row reads best on one line", True),
        ("# pyright: ignore[reportUnknownMemberType]  # z3 has no types", True),
        ("# type: ignore[arg-type]", False),
        ("# type: ignore  # the library has no types", False),
        ("# noqa", False),
        ("# noqa: E501", False),
    ],
)
def test_an_unstated_suppression_is_seen(comment: str, stated: bool) -> None:
    assert (_unstated_suppressions(f"x = 1  {comment}\n") == []) == stated


@pytest.mark.parametrize("path", TEXTS, ids=_name)
def test_no_text_names_a_place_on_one_machine(path: Path) -> None:
    assert MACHINE_PATH.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", SHIPPED, ids=_name)
def test_no_shipped_code_is_left_unfinished(path: Path) -> None:
    assert UNFINISHED.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_every_file_is_named_after_its_subject(path: Path) -> None:
    assert path.stem not in EMPTY_NAMES


def _named_files(text: str) -> Iterator[Path]:
    """The files that a text names in backticks; a bare name lies beside the one before."""
    folder = ROOT
    for name in re.findall(r"`([\w/]+\.(?:py|c|h))`", text):
        path = ROOT / name if "/" in name else folder / name
        folder = path.parent
        yield path


def test_the_architecture_names_files_that_exist() -> None:
    named = list(_named_files((ROOT / "ARCHITECTURE.md").read_text("utf-8")))
    assert [_name(path) for path in named if not path.is_file()] == []


def test_every_folder_of_modules_has_a_place_in_the_architecture() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    folders = {path.parent.relative_to(ROOT) for path in SHIPPED}
    assert [f.name for f in folders if f"{f.name}/" not in text] == []


def test_a_file_that_is_not_there_is_seen() -> None:
    text = "`model/lma/rules.py`, `checks.py`, `nothing.py`"
    assert [path.is_file() for path in _named_files(text)] == [True, True, False]
