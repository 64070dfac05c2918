"""Whether docs/gateway-kill-matrix.md is that of the rules, the cases and the pins."""

import re
from pathlib import Path

import pytest
from golden_gateway_kill_matrix import golden_gateways
from pinned_counts import FAST_HANDOVERS, GATEWAY_CORNERS, GATEWAY_PAIRS, GATEWAYS
from pinned_counts import SMALL as SHIPPED

from pmip6.conformance.kill_report import (
    NOTICED,
    Fate,
    Layer,
    is_nested,
    is_written,
    packets_told,
    rows,
    share,
    survivors,
    totals,
)
from pmip6.conformance.mag.faulty_gateways import faulty_gateway
from pmip6.conformance.mag.kill_layers import SHOWS, SMALL, WARNS, noticed_again
from pmip6.conformance.mag.kill_matrix import mutants
from pmip6.conformance.mag.kill_report import WHY_THEY_SURVIVE, report
from pmip6.properties.faults.noticed import COUNTED
from pmip6.properties.property import PROPERTIES
from pmip6.vectors.mag.purposes import gateway_purposes

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "gateway-kill-matrix.md"
AGAIN = "the document is older than the rules, the cases or the pins: make kill-matrix"
PINNED = SHIPPED | GATEWAYS | GATEWAY_PAIRS | GATEWAY_CORNERS | FAST_HANDOVERS
COUNT = re.compile(
    r"(?P<where>\S+): (?P<wrong>\d+) "
    rf"(?P<what>{'|'.join(COUNTED)}) instead of (?P<right>\d+)"
)
PROPERTY = re.compile(r"([\w.-]+) in (\S+?)(?:, where it fails by right)?")
DERIVED = {"time-can-go-on", "no-deadlock"}
TOTALS = "| all | 482 | 139 | 1 | 75 | 169 | 95 | 3 | 99.2 |"
SHARE = "433 of 437 (99.1 %)"
TOTALS_WRITTEN = "| all | 59 | 20 | 1 | 3 | 25 | 9 | 1 | 98.0 |"
TOTALS_NESTED = "| all | 149 | 53 | 1 | 4 | 60 | 27 | 4 | 96.7 |"


def _fates() -> list[Fate]:
    text = DOCUMENT.read_text("utf-8")
    packets, found = packets_told(text), list[Fate]()
    for name, (layer, by) in rows(text).items():
        peer = faulty_gateway(name)
        found.append(Fate(name, peer.kind, peer.text, layer, by, packets[name]))
    return found


FATES = _fates()


def _told(layer: Layer) -> set[str]:
    return {fate.by for fate in FATES if fate.layer is layer}


def test_it_is_the_report_of_its_rows_and_has_all_mutants() -> None:
    every = [name for names in mutants().values() for name in names]
    assert [fate.name for fate in FATES] == every, AGAIN
    text = DOCUMENT.read_text("utf-8")
    (tried,) = re.findall(r"^Mutants tried: .*$", text, re.MULTILINE)
    assert text == report(FATES, tried), AGAIN


def test_its_counts_are_pinned() -> None:
    told = _told(Layer.COUNT)
    found = [match for by in told if (match := COUNT.fullmatch(by))]
    assert len(found) == len(told) > 50
    for match in found:
        right = PINNED[match["where"]][COUNTED.index(match["what"])]
        assert int(match["right"]) == right != int(match["wrong"]), AGAIN


def test_its_cases_exchanges_and_properties_are_there() -> None:
    cases = {purpose.name for purpose in gateway_purposes()}
    assert {by.removesuffix(WARNS) for by in _told(Layer.CASE)} <= cases, AGAIN
    assert _told(Layer.EXCHANGE) <= {e.name for e in golden_gateways()}, AGAIN
    known = {p.name for p in PROPERTIES} | DERIVED
    matches = [PROPERTY.fullmatch(by) for by in _told(Layer.PROPERTY)]
    assert matches
    for match in matches:
        assert match is not None and match[1] in known and match[2] in SMALL, AGAIN


def test_it_says_how_many_are_noticed() -> None:
    counted = [fate for fate in FATES if not is_nested(fate.name)]
    written = [fate for fate in counted if is_written(fate.name)]
    whole = [fate for fate in counted if not is_written(fate.name)]
    nested = [fate for fate in FATES if is_nested(fate.name)]
    for some, pinned in (
        (whole, TOTALS),
        (written, TOTALS_WRITTEN),
        (nested, TOTALS_NESTED),
    ):
        assert totals(some).splitlines()[-1] == pinned
    assert share(counted, NOTICED) == SHARE
    assert set(WHY_THEY_SURVIVE) == {fate.name for fate in survivors(FATES)}


@pytest.mark.parametrize("kind", dict.fromkeys(fate.kind for fate in FATES))
def test_what_it_says_of_a_few_of_each_kind_is_so(kind: str) -> None:
    noticed = [f for f in FATES if f.kind == kind and f.layer is Layer.CASE][::7]
    told = {fate.name: (fate.layer, fate.by) for fate in noticed}
    assert noticed_again(list(told), told, ()) == told, AGAIN
    assert all(fate.packets == SHOWS for fate in noticed)
