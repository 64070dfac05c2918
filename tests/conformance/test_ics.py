"""The conformance statement: its items, and answers that are not consistent."""

from collections.abc import Callable
from ipaddress import IPv6Network
from pathlib import Path

import pytest

from pmip6.conformance.declaration_text import commented, template
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.ics import ITEMS, statement, static_review
from pmip6.conformance.lma.in_memory import (
    POOL,
    reference_declaration,
    reference_esp,
)
from pmip6.model.requirements.tables import load_entries, load_requirements
from pmip6.reports.cli import run


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
    "no ESP": (
        lambda: _protected().model_copy(update={"esp": ()}),
        "item 12, IPsec for the signalling: mandatory (RFC 5213, 4)",
    ),
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


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "iut.toml"
    path.write_text(commented(_protected()), "utf-8")
    assert run(["ics", str(path)]) == 0
    output = capsys.readouterr().out
    assert "RFC 5213, 5.5" in output and "c: o with 4" in output
    assert output.endswith("reference anchor: no inconsistent answers\n")
    path.write_text(commented(_set("traffic", forwarding=False)()), "utf-8")
    assert run(["ics", str(path)]) == 1
    path.write_text(template("mag"), "utf-8")
    assert run(["ics", str(path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
