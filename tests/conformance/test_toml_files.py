"""Files that people write: what is wrong is told in one line, with the fix."""

import tomllib
from pathlib import Path

import pytest

from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.toml_files import as_toml, load
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
            "/anchor.toml: gateway: the key is unknown (and 1 more) (write gateways)",
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
    ("address", "kind"),
    [
        ("::", "the unspecified address"),
        ("::1", "the loopback address"),
        ("ff02::1", "a multicast address"),
        ("fe80::1", "a link-local address"),
        ("fec0::1", "a site-local address"),
        ("::ffff:192.0.2.1", "an IPv4 address in IPv6 form"),
    ],
)
@pytest.mark.parametrize("key", ["lma_address", "gateways[1]"])
def test_an_address_that_no_node_has_is_refused(
    tmp_path: Path, address: str, kind: str, key: str
) -> None:
    old = "2001:db8:1::1" if key == "lma_address" else "2001:db8:1::11"
    line = _refused(tmp_path, GOOD.replace(f'"{old}"', f'"{address}"', 1))
    assert line.startswith(
        f'/anchor.toml: {key}: "{address}" is wrong: it is {kind}, and a global '
        "unicast address is needed (for example: "
    )


def test_an_ipv4_address_is_refused(tmp_path: Path) -> None:
    line = _refused(tmp_path, GOOD.replace('"2001:db8:1::1"', '"192.0.2.1"'))
    assert '"192.0.2.1" is wrong' in line
    assert line.endswith('(for example: lma_address = "2001:db8:1::1")')


def test_a_unique_local_address_will_do(tmp_path: Path) -> None:
    (tmp_path / "anchor.toml").write_text(GOOD.replace("2001:db8:1::1", "fd00::1"))
    load(tmp_path / "anchor.toml", AnchorSettings)


def test_the_line_to_add_is_toml_that_is_taken(tmp_path: Path) -> None:
    head = GOOD.partition("[[nodes]]")[0]
    line = _refused(tmp_path, head)
    assert line.startswith("/anchor.toml: nodes: the key is missing (add the line: ")
    added = line.partition("add the line: ")[2].removesuffix(")")
    (tmp_path / "anchor.toml").write_text(f"{head}{added}\n")
    (node,) = load(tmp_path / "anchor.toml", AnchorSettings).nodes
    assert node.identifier == "mn1@example.org"


def test_examples_are_written_as_toml() -> None:
    value = {"a b": [1, True, "x"], "c": {"d": "\u00e9"}}
    assert tomllib.loads(f"key = {as_toml(value)}") == {"key": value}


@pytest.mark.parametrize(
    ("extra", "line"),
    [
        (
            'switches = ["fast"]\n',
            "/anchor.toml: switches: fast is no switch (choose of ",
        ),
        (
            'switches = ["equal_timestamp_is_lowr"]\n',
            "/anchor.toml: switches: equal_timestamp_is_lowr is no switch "
            "(write equal_timestamp_is_lower)",
        ),
        (
            'lma_address = "2001:db8:1::11"\n',
            "/anchor.toml: gateways: 2001:db8:1::11 is there already, in lma_address: "
            "the anchor and each gateway need an address of their own (write another)",
        ),
        (
            'gateways = ["2001:db8:1::11", "2001:db8:1::11"]\n',
            "/anchor.toml: gateways: 2001:db8:1::11 is there already, in gateways: ",
        ),
        (
            'prefix_pool = "2001:db8:100::/72"\n',
            "/anchor.toml: prefix_pool: 2001:db8:100::/72 holds no /64 "
            "(write a larger network)",
        ),
        (
            'nodes = [{ identifier = "mn*@example.org" }]\n',
            "/anchor.toml: nodes[1].count: mn*@example.org stands for several nodes "
            "(write count = 100)",
        ),
        (
            'nodes = [{ identifier = "mn1@example.org", count = 2 }]\n',
            "/anchor.toml: nodes[1].identifier: mn1@example.org is one "
            "(write mn*@example.org)",
        ),
    ],
)
def test_what_does_not_go_together_names_a_key_and_the_fix(
    tmp_path: Path, extra: str, line: str
) -> None:
    key = extra.split()[0]
    good = GOOD.partition("[[nodes]]")[0] if key == "nodes" else GOOD
    kept = [text for text in good.splitlines(True) if not text.startswith(f"{key} =")]
    assert _refused(tmp_path, extra + "".join(kept)).startswith(line)


def test_two_nodes_with_one_identifier(tmp_path: Path) -> None:
    twice = GOOD + "[[nodes]]\n" + GOOD.partition("[[nodes]]\n")[2]
    assert _refused(tmp_path, twice).startswith(
        "/anchor.toml: nodes[2].identifier: mn1@example.org is there already, in "
        "nodes[1].identifier: "
    )


def test_a_pattern_stands_for_nodes_with_numbers_and_addresses(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    one = 'identifier = "mn2@example.org"\nlink_layer_address = "02:00:00:00:01:02"'
    many = 'identifier = "host*"\ncount = 2\nlink_layer_address = "02:00:00:00:01:ff"'
    path.write_text(GATEWAY.replace(one, many))
    nodes = load(path, GatewaySettings).nodes
    assert [(node.identifier, node.link_layer_address) for node in nodes] == [
        ("mn1@example.org", "02:00:00:00:01:01"),
        ("host1", "02:00:00:00:01:ff"),
        ("host2", "02:00:00:00:02:00"),
    ]


GATEWAY = """\
proxy_coa = "2001:db8:1::11"
lma_address = "2001:db8:1::1"
access_technology = 4
link_layer_address = "00:00:5e:00:52:13"
fixed_mag_link_local_address = "fe80::1"
lifetime_units = 900

[[nodes]]
identifier = "mn1@example.org"
link_layer_address = "02:00:00:00:01:01"

[[nodes]]
identifier = "mn2@example.org"
link_layer_address = "02:00:00:00:01:02"
"""


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (":01:02", ":01:01", "nodes[2].link_layer_address: 02:00:00:00:01:01 is there"),
        (
            "fe80::1",
            "fd00::1",
            "fixed_mag_link_local_address: fd00::1 is no link-local",
        ),
        ("1::11", "1::1", "lma_address: 2001:db8:1::1 is there already, in proxy_coa"),
        (
            "2001:db8:1::11",
            "ff02::1",
            'proxy_coa: "ff02::1" is wrong: it is a multicast',
        ),
    ],
)
def test_settings_of_a_gateway_name_a_key_and_the_fix(
    tmp_path: Path, old: str, new: str, line: str
) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(GATEWAY)
    load(path, GatewaySettings)
    path.write_text(GATEWAY.replace(old, new, 1))
    with pytest.raises(Pmip6Error) as found:
        load(path, GatewaySettings)
    assert found.value.line().startswith(f"{path}: {line}") and found.value.fix


def test_what_is_no_toml_is_told_with_its_line_and_a_fix(tmp_path: Path) -> None:
    line = _refused(tmp_path, GOOD + "gateways = [\n= 1\n")
    assert "is no TOML: " in line and "(at line 11, column 1)" in line
    assert line.endswith("""tables like [name])""")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Pmip6Error, match="cannot be read"):
        load(tmp_path / "none.toml", AnchorSettings)
