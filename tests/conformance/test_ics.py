"""The conformance statement: its items, and answers that are not consistent."""

from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path

import pytest

from pmip6.conformance.declaration_text import commented, template
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.ics import ITEMS, advice, statement, static_review
from pmip6.conformance.lma.in_memory import (
    POOL,
    reference_declaration,
    reference_esp,
)
from pmip6.conformance.mag.declaration import GatewayDeclaration, ProfiledNode
from pmip6.conformance.mag.ics import (
    GATEWAY_ITEMS,
    gateway_review,
    gateway_statement,
)
from pmip6.conformance.mag.reference_gateway import reference_gateway
from pmip6.model.requirements.tables import load_entries, load_requirements
from pmip6.reports.cli import run
from pmip6.vectors.fast_handover.model import HandoverScene


def _protected() -> Declaration:
    hooks = reference_declaration().hooks.model_copy(update={"restart": ("true",)})
    return reference_declaration().model_copy(
        update={"esp": reference_esp(with_data=True), "hooks": hooks}
    )


def _set(table: str, **values: object) -> Callable[[], Declaration]:
    def changed() -> Declaration:
        declared = _protected()
        inner = getattr(declared, table).model_copy(update=values)
        return declared.model_copy(update={table: inner})

    return changed


def test_items_refer_to_requirements_of_an_anchor() -> None:
    assert [item.number for item in ITEMS] == list(range(1, len(ITEMS) + 1))
    for item in ITEMS:
        assert item.requirement in load_requirements()
        assert item.requirement in load_entries()
        assert item.reference.startswith("RFC 5213, ")
    statuses = {item.number: item.status for item in ITEMS}
    assert statuses[1] == "m" and statuses[3] == "o"
    assert statuses[13] == "c: o with 12"


def test_what_supports_all_is_consistent() -> None:
    declared = _set("features", waits_for_deregistration=True)()
    assert {a.support for a in statement(declared)} == {"yes"}
    assert list(static_review(declared)) == []


INCONSISTENT: dict[str, tuple[Callable[[], Declaration], str]] = {
    "no forwarding": (_set("traffic", forwarding=False), "item 11, user packets"),
    "no numbers": (_set("features", sequence_numbers=False), "item 7, order by"),
    "waiting without interfaces": (
        _set("features", several_interfaces=False, waits_for_deregistration=True),
        "features.waits_for_deregistration: item 5",
    ),
    "a prefix that may be given": (
        _set("prefixes", unassigned=IPv6Network((int(POOL.network_address), 64))),
        "prefixes.unassigned: 2001:db8:100::/64 is within prefixes.pool",
    ),
    "the same prefix by name": (
        _set(
            "nodes",
            by_name={
                "a@example.org": IPv6Network("2001:db8:1f0::/64"),
                "b@example.org": IPv6Network("2001:db8:1f0::/64"),
            },
        ),
        "nodes.by_name: b@example.org and a@example.org have 2001:db8:1f0::/64",
    ),
    "lifetimes alike": (
        _set("timers", long_lifetime_units=5),
        "timers.long_lifetime_units: 5 is less than 8 times",
    ),
    "silent before it answers": (
        _set("timers", silence_ms=2_000),
        "timers.silence_ms: nothing comes any more after 2000 ms",
    ),
}


@pytest.mark.parametrize("name", INCONSISTENT)
def test_an_inconsistent_answer_is_told(name: str) -> None:
    declared, said = INCONSISTENT[name]
    assert any(line.startswith(said) for line in static_review(declared()))


def test_what_is_not_tested_is_no_answer() -> None:
    """Without keys or a command nobody has said that the implementation lacks it."""
    declared = _protected().model_copy(update={"esp": ()})
    assert list(static_review(declared)) == []
    assert (
        "esp: item 12, IPsec for the signalling: mandatory (RFC 5213, 4), and not "
        "tested; so that it is, declare [[esp]], with its SPIs and keys"
    ) in list(advice(declared))
    support = {a.item.number: a.support for a in statement(declared)}
    assert (support[12], support[13], support[14]) == ("-", "n/a", "yes")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "iut.toml"
    path.write_text(commented(_protected()), "utf-8")
    assert run(["ics", str(path)]) == 0
    output = capsys.readouterr().out
    assert "RFC 5213, 5.5" in output and "c: o with 4" in output
    assert output.endswith("reference anchor: no inconsistent answers\n")
    path.write_text(commented(_set("traffic", forwarding=False)()), "utf-8")
    assert run(["ics", str(path)]) == 1


# ---- gateways ----------------------------------------------------------------------------


def _changed(table: str, **values: object) -> Callable[[], GatewayDeclaration]:
    def changed() -> GatewayDeclaration:
        declared = _whole_gateway()
        inner = getattr(declared, table).model_copy(update=values)
        return declared.model_copy(update={table: inner})

    return changed


def _whole_gateway() -> GatewayDeclaration:
    """A gateway that supports every item."""
    declared = reference_gateway(handover=HandoverScene.FORWARDING)
    nodes = declared.nodes.model_copy(
        update={
            "denied": {"denied@example.org": "02:00:00:00:03:01"},
            "exempt": {"exempt@example.org": "02:00:00:00:05:01"},
            "profiled": {
                "profiled@example.org": ProfiledNode(
                    link_layer_address="02:00:00:00:04:01",
                    prefix=IPv6Network("2001:db8:1f0:1::/64"),
                )
            },
        }
    )
    links = declared.links.model_copy(
        update={"visited_prefixes": (IPv6Network("2001:db8:5:1::/64"),)}
    )
    features = declared.features.model_copy(
        update={"enable_mag_local_routing": True, "dhcp_relay": True}
    )
    handover = declared.fast_handover
    assert handover is not None
    return declared.model_copy(
        update={
            "fast_handover": handover.model_copy(update={"gre_keys": True}),
            "nodes": nodes,
            "links": links,
            "features": features,
            "esp": reference_esp(with_data=True)[:1],
            "hooks": declared.hooks.model_copy(update={"restart": ("true",)}),
        }
    )


def test_items_of_a_gateway_refer_to_requirements() -> None:
    numbers = [item.number for item in GATEWAY_ITEMS]
    assert numbers == list(range(1, len(GATEWAY_ITEMS) + 1))
    for item in GATEWAY_ITEMS:
        assert item.requirement in load_entries()
        assert item.needs is None or item.needs < item.number
    statuses = {item.number: item.status for item in GATEWAY_ITEMS}
    assert statuses[1] == "m" and statuses[2] == "o" and statuses[17] == "o"
    assert statuses[15] == "c: o with 14" and statuses[18] == "c: m with 17"
    assert statuses[19] == "c: o with 17"


def test_a_gateway_that_supports_all_is_consistent() -> None:
    declared = _whole_gateway()
    assert {a.support for a in gateway_statement(declared)} == {"yes"}
    assert list(gateway_review(declared)) == []


OF_GATEWAYS: dict[str, tuple[Callable[[], GatewayDeclaration], str]] = {
    "no forwarding": (
        _changed("features", forwarding=False),
        "item 10, user packets through the tunnel: mandatory (RFC 5213, 6.10.5)",
    ),
    "local routing without forwarding": (
        _changed("features", forwarding=False),
        "features.enable_mag_local_routing: item 11",
    ),
    "no relay": (_changed("features", dhcp_relay=False), "item 13, DHCP relay agent"),
    "exempt without local routing": (
        _changed("features", enable_mag_local_routing=False),
        "nodes.exempt: item 12",
    ),
    "no buffer": (
        _changed("fast_handover", buffer_packets=0),
        "item 18, holds packets back for a node that moves: mandatory (RFC 5949, 4.1)",
    ),
    "a context that is lost at once": (
        _changed("fast_handover", lifetime_ms=400, initiate_timeout_ms=400),
        "fast_handover.lifetime_ms: the context is kept for 400 ms",
    ),
    "a clock that is far off": (
        _changed("timers", clock_tolerance_ms=1000),
        "timers.clock_tolerance_ms: an anchor refuses",
    ),
    "the prefix of a visitor in the pool": (
        _changed("prefixes", pool=IPv6Network("2001:db8:5::/48")),
        "prefixes.pool: 2001:db8:5::/48 has addresses in common with links.visited",
    ),
    "nobody in the prefix of a visitor": (
        _changed("prefixes", outside=IPv6Address("2001:db8:5:1::9")),
        "prefixes.outside: 2001:db8:5:1::9 is in links.visited_prefixes",
    ),
}


@pytest.mark.parametrize("name", OF_GATEWAYS)
def test_an_inconsistent_answer_of_a_gateway_is_told(name: str) -> None:
    declared, said = OF_GATEWAYS[name]
    assert any(line.startswith(said) for line in gateway_review(declared()))


@pytest.mark.parametrize(
    ("role", "name", "reference"),
    [
        ("lma", "our anchor 1.0", "RFC 5213, 5.5"),
        ("mag", "our gateway 1.0", "5949, 4.1"),
    ],
)
def test_the_command_for_a_template(
    role: str,
    name: str,
    reference: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "iut.toml"
    path.write_text(template(role), "utf-8")
    assert run(["ics", str(path)]) == 0
    output = capsys.readouterr().out
    assert reference in output
    assert "note: esp: item " in output and "note: hooks.restart: item " in output
    assert output.endswith(f"{name}: no inconsistent answers\n")
