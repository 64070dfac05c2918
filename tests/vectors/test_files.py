"""Where a result goes: whole files, what links lead to, and what is no file."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pmip6.model.errors import Pmip6Error
from pmip6.vectors.files import check_writable, replace_file


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target", tmp_path / "link"
    target.write_bytes(b"old")
    target.chmod(0o600)
    link.symlink_to("folder/target")
    replace_file(link, b"new")
    assert link.is_symlink() and target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["target"]


def test_a_link_to_nothing_makes_its_target(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    check_writable(tmp_path / "link")
    replace_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


@pytest.mark.parametrize("name", ["fifo", "link"])
def test_a_fifo_is_written_to_and_stays(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("fifo")
    content = os.urandom(200_000)  # more than a pipe holds
    found: list[bytes] = []
    reader = threading.Thread(
        target=lambda: found.append((tmp_path / "fifo").read_bytes())
    )
    reader.start()
    check_writable(tmp_path / name)
    replace_file(tmp_path / name, content)
    reader.join()
    assert found == [content]
    assert (tmp_path / "fifo").is_fifo()


WRITE = """
from pathlib import Path
from pmip6.vectors.files import check_writable, replace_file
check_writable(Path("{0}"))
print("before", flush=True)
replace_file(Path("{0}"), b"content\\n")
print("after")
"""


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("into_file", [False, True], ids=["pipe", "file"])
def test_standard_output_is_written_through(
    tmp_path: Path, name: str, into_file: bool
) -> None:
    """Also where it is a file, which others write before and after."""
    command = [sys.executable, "-c", WRITE.format(name)]
    path = tmp_path / "out"
    if into_file:
        with path.open("wb") as stream:
            subprocess.run(command, stdout=stream, check=True)
        told = path.read_text()
    else:
        told = subprocess.run(
            command, capture_output=True, text=True, check=True
        ).stdout
    assert told == "before\ncontent\nafter\n"


def test_a_folder_without_permission_is_one_line(tmp_path: Path) -> None:
    """Of the user nobody, whatever user runs the tests."""
    place = tmp_path / "closed" / "out.json"
    place.parent.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chmod(tmp_path, 0o755)
        os.seteuid(65534)
    else:
        place.parent.chmod(0)
    try:
        for write in (False, True):
            with pytest.raises(Pmip6Error, match="cannot be written") as found:
                replace_file(place, b"") if write else check_writable(place)
            assert found.value.exit_code == 2 and found.value.fix
    finally:
        if os.geteuid() == 65534:
            os.seteuid(0)
        place.parent.chmod(0o700)


def test_a_loop_of_links_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(Pmip6Error, match="cannot be written: Too many levels"):
        replace_file(tmp_path / "a", b"")
