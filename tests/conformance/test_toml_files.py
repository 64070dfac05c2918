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


def test_the_variables_of_section_9_have_the_defaults_of_the_rfc(
    tmp_path: Path,
) -> None:
    path = tmp_path / "anchor.toml"
    kept = [line for line in GOOD.splitlines() if not line.startswith(("min", "time"))]
    path.write_text("\n".join(kept))
    settings = load(path, AnchorSettings)
    assert settings.min_delay_before_bce_delete_ms == 10_000
    assert settings.timestamp_validity_window_ms == 300
    assert settings.timestamp_based_approach_in_use
    assert not settings.mobile_node_generated_timestamp_in_use
    assert int(settings.fixed_mag_link_local_address_on_all_access_links) == 0


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "maximum_lifetime_units = 900\n",
            "",
            "/anchor.toml: maximum_lifetime_units: the key is missing "
            "(add the line: maximum_lifetime_units = 900)",
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
        (
            "timestamp_based_approach_in_use = false\n"
            "mobile_node_generated_timestamp_in_use = true\n",
            "timestamps of nodes are of use only with timestamp_based_approach_in_use",
        ),
        (
            'fixed_mag_link_local_address_on_all_access_links = "2001:db8::1"\n',
            "the fixed address 2001:db8::1 is no link-local one",
        ),
    ],
)
def test_other_faults(tmp_path: Path, extra: str, reason: str) -> None:
    assert reason in _refused(tmp_path, extra + GOOD)


def test_a_pool_without_a_prefix_is_refused(tmp_path: Path) -> None:
    assert "holds no /64" in _refused(tmp_path, GOOD.replace("100::/48", "100::/72"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Pmip6Error, match="cannot be read"):
        load(tmp_path / "none.toml", AnchorSettings)
