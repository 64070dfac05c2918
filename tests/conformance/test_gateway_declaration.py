"""Declarations of gateways: the example is right, and what is wrong is one line."""

import tomllib
from pathlib import Path

import pytest

from pmip6.conformance.declarations import load_any
from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.conformance.mag.reference_gateway import reference_gateway
from pmip6.conformance.mag.scenes import scenes
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.mag.model import GatewayDomain

EXAMPLE = Path(__file__).parents[2] / "examples" / "gateway.toml"
TEXT = EXAMPLE.read_text("utf-8")


def _load(path: Path, text: str) -> GatewayDeclaration:
    path.write_text(text, "utf-8")
    declared = load_any(path)
    assert isinstance(declared, GatewayDeclaration)
    return declared


def test_the_example_has_every_key() -> None:
    declared = load_any(EXAMPLE)
    assert isinstance(declared, GatewayDeclaration)
    assert set(tomllib.loads(TEXT)) == set(GatewayDeclaration.model_fields)
    profiles = declared.nodes.profiles()
    assert len(profiles) == declared.nodes.count + 1
    assert profiles[1] == ("mn2@example.org", bytes.fromhex("020000001002"))
    assert declared.domain is GatewayDomain.FIXED


def test_no_two_scenes_have_anything_in_common() -> None:
    every = list(scenes(reference_gateway(nodes=50)))
    assert len(every) == 50
    for of in (
        [scene.node for scene in every],
        [scene.link_layer for scene in every],
        [prefix for scene in every for prefix in scene.prefixes],
    ):
        assert len(set(of)) == len(of)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('role = "mag"', "", ["role: the key is missing", 'role = "lma"']),
        ('role = "mag"', 'role = "router"', ['"router" is no role', '"mag"']),
        ("proxy_coa =", "proxy_coas =", ["proxy_coas", "write proxy_coa"]),
        ('detach = ["detach", "{node}"]', "detach = []", ["triggers.detach"]),
        ('"{handoff}"]', '"{kind}"]', ["triggers.attach_with_handoff", "{handoff}"]),
        ('by = "datagram"', 'by = "snmp"', ["triggers.by"]),
        ("mn*@", "mn@", ["nodes.identifiers"]),
        ("20:01", "10:07", ["02:00:00:00:10:07", "already"]),
        ("100::/48", "100::/57", ["prefixes.pool", "253 nodes"]),
        ("2001:db8:999::1", "2001:db8:100::1", ["prefixes.outside", "is in"]),
        ('"fe80::1"', '"2001:db8::1"', ["fixed_mag_link_local_address", "fe80"]),
        ("reaction_ms = 600", "reaction_ms = 800", ["reaction_ms", "less than 700"]),
        ("silence_ms = 300", "silence_ms = 700", ["silence_ms", "600"]),
        ("max_bindack_timeout_ms = 32000", "max_bindack_timeout_ms = 900", ["max_"]),
        ('"2001:db8:1::99"', '"2001:db8:1::1"', ["tester.other_address", "already"]),
    ],
)
def test_what_is_wrong_is_one_line(
    old: str, new: str, said: list[str], tmp_path: Path
) -> None:
    assert old in TEXT
    with pytest.raises(Pmip6Error) as caught:
        _load(tmp_path / "iut.toml", TEXT.replace(old, new, 1))
    line = caught.value.line()
    assert "\n" not in line and str(tmp_path / "iut.toml") in line
    assert [word for word in said if word not in line] == []


def test_numbers_and_no_fixed_address_do_not_go_together(tmp_path: Path) -> None:
    numbered = TEXT.replace("approach_in_use = true", "approach_in_use = false")
    assert _load(tmp_path / "a.toml", numbered).domain is GatewayDomain.NUMBERED
    signalled = TEXT.replace('"fe80::1"', '"::"')
    assert _load(tmp_path / "b.toml", signalled).domain is GatewayDomain.SIGNALLED
    with pytest.raises(Pmip6Error, match="no case is for a gateway"):
        _load(tmp_path / "c.toml", numbered.replace('"fe80::1"', '"::"'))
