"""Whether docs/handover-kill-matrix.md is that of the rules, the cases and the pins."""

import re
from pathlib import Path

from golden_handover_kill_matrix import handover_exchanges
from pinned_counts import FAST_HANDOVERS, GATEWAY_CORNERS, HANDOVER_CORNERS

from pmip6.conformance.fast_handover.faulty_gateways import faulty_handover
from pmip6.conformance.fast_handover.kill_matrix import SMALL, mutants
from pmip6.conformance.fast_handover.kill_reasons import SO_FAR
from pmip6.conformance.fast_handover.kill_report import report
from pmip6.conformance.fast_handover.survivors import WHY_THEY_SURVIVE
from pmip6.conformance.kill_report import (
    ON_THE_WIRE,
    Fate,
    Layer,
    is_nested,
    packets_told,
    percent_noticed,
    rows,
    survivors,
    totals,
)
from pmip6.conformance.kill_run import WANTED_PERCENT
from pmip6.conformance.mag.kill_layers import ALIKE, FOLDED, SHOWS
from pmip6.properties.faults.noticed import COUNTED
from pmip6.properties.property import PROPERTIES
from pmip6.vectors.fast_handover.purposes import handover_purposes

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "handover-kill-matrix.md"
AGAIN = "the document is older than the rules, the cases or the pins: make kill-matrix"
PINNED = FAST_HANDOVERS | HANDOVER_CORNERS | GATEWAY_CORNERS
COUNT = re.compile(
    r"(?P<where>[\w-]+): (?P<wrong>\d+) "
    rf"(?P<what>{'|'.join(COUNTED)}) instead of (?P<right>\d+)"
)
SURE = re.compile(r"([\w-]+): (?:more|fewer) transitions than (\d+)")
PROPERTY = re.compile(r"([\w.-]+) in ([\w-]+)(?:, where it fails by right)?")
DERIVED = "time-can-go-on"
TOTALS = "| all | 591 | 255 | 0 | 52 | 189 | 69 | 26 | 95.0 |"
TOTALS_NESTED = "| all | 574 | 143 | 0 | 0 | 242 | 74 | 115 | 77.0 |"


def _fates() -> list[Fate]:
    text = DOCUMENT.read_text("utf-8")
    packets, found = packets_told(text), list[Fate]()
    for name, (layer, by) in rows(text).items():
        peer = faulty_handover(name)
        found.append(Fate(name, peer.kind, peer.text, layer, by, packets[name]))
    return found


FATES = _fates()


def _told(layer: Layer) -> set[str]:
    return {fate.by for fate in FATES if fate.layer is layer}


def test_it_has_all_mutants_and_the_fault_of_each() -> None:
    every = [name for names in mutants().values() for name in names]
    assert [fate.name for fate in FATES] == every, AGAIN
    text = DOCUMENT.read_text("utf-8")
    for fate in FATES:
        assert f"| `{fate.name}` | {fate.escaped_text} |" in text, AGAIN


def test_its_counts_are_pinned() -> None:
    told = _told(Layer.COUNT)
    found = [match for by in told if (match := COUNT.fullmatch(by))]
    sure = [match for by in told if (match := SURE.fullmatch(by))]
    assert len(found) + len(sure) == len(told) > 30
    for match in found:
        right = PINNED[match["where"]][COUNTED.index(match["what"])]
        assert int(match["right"]) == right != int(match["wrong"]), AGAIN
    for match in sure:
        _, transitions, _ = PINNED[match[1]]
        assert int(match[2]) == transitions, AGAIN


def test_its_cases_exchanges_and_properties_are_there() -> None:
    cases = {purpose.name for purpose in handover_purposes()}
    assert _told(Layer.CASE) <= cases, AGAIN
    exchanges = {exchange.name for exchange in handover_exchanges()}
    assert _told(Layer.EXCHANGE) <= exchanges, AGAIN
    known = {p.name for p in PROPERTIES} | {DERIVED}
    matches = [PROPERTY.fullmatch(by) for by in _told(Layer.PROPERTY)]
    assert matches
    for match in matches:
        assert match is not None and match[1] in known and match[2] in SMALL, AGAIN


def test_it_says_how_many_are_noticed() -> None:
    whole = [fate for fate in FATES if not is_nested(fate.name)]
    nested = [fate for fate in FATES if is_nested(fate.name)]
    assert totals(whole).splitlines()[-1] == TOTALS
    assert totals(nested).splitlines()[-1] == TOTALS_NESTED
    assert percent_noticed(whole) >= WANTED_PERCENT
    text = DOCUMENT.read_text("utf-8")
    (tried,) = re.findall(r"^Mutants tried: .*$", text, re.MULTILINE)
    assert text == report(FATES, tried), AGAIN
    assert {fate.name for fate in survivors(FATES)} == set(WHY_THEY_SURVIVE)
    assert all(fate.by for fate in nested if fate.layer is Layer.SURVIVES)


def test_it_says_what_packets_show() -> None:
    assert {fate.packets for fate in FATES} <= {SHOWS, ALIKE, FOLDED, SO_FAR}
    assert all(f.packets == SHOWS for f in FATES if f.layer in ON_THE_WIRE)
