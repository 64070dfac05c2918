"""Files that people write: what is wrong is told in one line, with the fix."""

from pathlib import Path

import pytest

from pmip6.conformance.anchor_settings import AnchorSettings
from pmip6.conformance.toml_files import load
from pmip6.model.errors import Pmip6Error

GOOD = """\
lma_address = "2001:db8:1::1"
gateways = ["2001:db8:1::11"]
prefix_pool = "2001:db8:100::/48"
maximum_lifetime_units = 900
min_delay_before_bce_delete_ms = 10000
timestamp_validity_window_ms = 300

[[nodes]]
identifier = "mn1@example.org"
"""


def _refused(tmp_path: Path, content: str) -> str:
    path = tmp_path / "anchor.toml"
    path.write_text(content)
    with pytest.raises(Pmip6Error) as found:
        load(path, AnchorSettings)
    assert found.value.exit_code == 2
    line = found.value.line()
    assert "\n" not in line
    return line.replace(str(tmp_path), "")


def test_a_good_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "anchor.toml"
    path.write_text(GOOD)
    settings = load(path, AnchorSettings)
    assert str(settings.prefix_pool) == "2001:db8:100::/48"
    assert settings.nodes[0].enabled
    assert AnchorSettings.model_json_schema()["additionalProperties"] is False


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "timestamp_validity_window_ms = 300\n",
            "",
            "/anchor.toml: timestamp_validity_window_ms: the key is missing "
            "(add the line: timestamp_validity_window_ms = 300)",
        ),
        (
            "gateways",
            "gateway",
            "/anchor.toml: gateways: the key is missing (and 1 more) "
            '(add the line: gateways = ["2001:db8:1::11"])',
        ),
        (
            'identifier = "mn1@example.org"',
            'identifier = "mn1@example.org"\nenable = true',
            "/anchor.toml: nodes[1].enable: the key is unknown (write enabled)",
        ),
        (
            '"2001:db8:1::1"',
            '"2001:db8:1::g"',
            '/anchor.toml: lma_address: "2001:db8:1::g" is wrong: '
            "Only hex digits permitted in 'g' in '2001:db8:1::g' "
            '(for example: lma_address = "2001:db8:1::1")',
        ),
        (
            "= 900",
            '= "900"',
            '/anchor.toml: maximum_lifetime_units: "900" is wrong: '
            "Input should be a valid integer "
            "(for example: maximum_lifetime_units = 900)",
        ),
    ],
    ids=["missing", "misspelt", "unknown", "address", "number"],
)
def test_what_is_wrong_is_told_with_the_fix(
    tmp_path: Path, old: str, new: str, line: str
) -> None:
    assert _refused(tmp_path, GOOD.replace(old, new, 1)) == line


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ('switches = ["fast"]\n', "/anchor.toml: the file: unknown switch fast: "),
        ("gateways = [\n", "is no TOML"),
    ],
)
def test_other_faults(tmp_path: Path, extra: str, reason: str) -> None:
    assert reason in _refused(tmp_path, extra + GOOD)


def test_a_pool_without_a_prefix_is_refused(tmp_path: Path) -> None:
    assert "holds no /64" in _refused(tmp_path, GOOD.replace("100::/48", "100::/72"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Pmip6Error, match="cannot be read"):
        load(tmp_path / "none.toml", AnchorSettings)
