"""The gateway as a process: it says when it is ready, ends when told, and tells errors."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from served import served
from settings_text import toml_of

from pmip6.conformance.domain.demonstration import domain_gateway
from pmip6.conformance.domain.record import Mode
from pmip6.conformance.mag.serve import GatewayFile
from pmip6.conformance.toml_files import load

EXAMPLES = Path(__file__).parents[2] / "examples"
MODULE = "pmip6.conformance.mag.serve"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "gateway.toml"
    path.write_text(toml_of(domain_gateway(0, Mode.NONE)))
    return path


@pytest.mark.wire
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_is_ready_and_ends_when_told(
    number: signal.Signals, settings: Path, environment: dict[str, str]
) -> None:
    facts = served(MODULE, settings, "2001:db8:1::11", number, environment)
    assert facts == ["ready\n", 0, "", ""]


@pytest.mark.wire
def test_an_address_that_the_host_does_not_have_is_one_line(
    settings: Path, environment: dict[str, str]
) -> None:
    first, status, output, errors = served(
        MODULE, settings, "2001:db8:1::2", signal.SIGTERM, environment
    )
    assert (first, status, output) == ("", 2, "")
    assert len(errors.splitlines()) == 1
    assert "2001:db8:1::11" in errors
    assert "give the address to an interface first" in errors


def test_the_example_says_what_the_domain_has_and_more() -> None:
    told = load(EXAMPLES / "reference-mag.toml", GatewayFile)
    plain = domain_gateway(0, Mode.NONE)
    assert told.nodes[:1] == plain.nodes
    others = {"nodes": plain.nodes, "trigger_port": plain.trigger_port}
    assert told.model_copy(update=others) == plain


def test_a_file_without_access_interfaces_is_one_line(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    path = tmp_path / "gateway.toml"
    lines = toml_of(domain_gateway(0, Mode.NONE)).splitlines()
    path.write_text("\n".join(x for x in lines if "access_interfaces" not in x))
    run = subprocess.run(
        [sys.executable, "-m", MODULE, str(path)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=30,
    )
    assert (run.returncode, len(run.stderr.splitlines())) == (2, 1)
    assert 'add the line: access_interfaces = ["access0"]' in run.stderr
