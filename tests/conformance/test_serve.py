"""The anchor as a process: it says when it is ready, ends when told, and tells errors."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from golden_runner import load, settings_of
from served import served
from settings_text import toml_of

from pmip6.conformance.lma.declaration import load_declaration
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.toml_files import load as load_settings

EXAMPLES = Path(__file__).parents[2] / "examples"
MODULE = "pmip6.conformance.lma.serve"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "anchor.toml"
    path.write_text(toml_of(settings_of(load("GX-LMA-055"))))
    return path


@pytest.mark.wire
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_is_ready_and_ends_when_told(
    number: signal.Signals, settings: Path, environment: dict[str, str]
) -> None:
    facts = served(MODULE, settings, "2001:db8:1::1", number, environment)
    assert facts == ["ready\n", 0, "", ""]


@pytest.mark.wire
def test_the_example_starts(environment: dict[str, str]) -> None:
    settings = EXAMPLES / "reference-lma.toml"
    facts = served(MODULE, settings, "2001:db8:1::1", signal.SIGTERM, environment)
    assert facts == ["ready\n", 0, "", ""]


def test_the_examples_of_both_sides_agree() -> None:
    """The declaration of the other example is one of the anchor of this one."""
    settings = load_settings(EXAMPLES / "reference-lma.toml", AnchorSettings)
    declared = load_declaration(EXAMPLES / "anchor.toml")
    assert settings.lma_address == declared.lma_address
    assert set(declared.tester.proxy_coas) <= set(settings.gateways)
    assert declared.tester.unlisted_proxy_coa not in settings.gateways
    known = {node.identifier: node for node in settings.nodes}
    assert known.keys() <= {
        *declared.nodes.identifiers(),
        *declared.nodes.by_name,
        declared.nodes.barred,
    }
    assert not known[declared.nodes.barred].enabled
    assert settings.prefix_pool.subnet_of(declared.prefixes.pool)


@pytest.mark.wire
def test_an_address_that_the_host_does_not_have_is_one_line(
    settings: Path, environment: dict[str, str]
) -> None:
    first, status, output, errors = served(
        MODULE, settings, "2001:db8:1::2", signal.SIGTERM, environment
    )
    assert (first, status, output) == ("", 2, "")
    assert len(errors.splitlines()) == 1
    assert "2001:db8:1::1" in errors
    assert "give the address to an interface first" in errors


def test_a_wrong_file_is_one_line(tmp_path: Path, environment: dict[str, str]) -> None:
    run = subprocess.run(
        [sys.executable, "-m", MODULE, str(tmp_path / "none.toml")],
        capture_output=True,
        text=True,
        env=environment,
        timeout=30,
    )
    assert (run.returncode, len(run.stderr.splitlines())) == (2, 1)
    assert "cannot be read" in run.stderr
