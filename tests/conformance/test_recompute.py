"""A result is judged again from its packets, and what does not follow from them is told."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from kept_campaigns import (
    Document,
    case_in,
    cases_of,
    document_in,
    keep_anchor,
    seal_again,
)

from pmip6.conformance.campaign import NO_RESTART
from pmip6.conformance.condition import SILENT
from pmip6.conformance.hooks import Hooks
from pmip6.conformance.lma.in_memory import (
    reference_declaration,
    reference_esp,
    waiting_declaration,
)
from pmip6.conformance.lma.lane import NOBODY_ASKS_BY_NAME, no_node
from pmip6.conformance.lma.recompute import AnchorReplay
from pmip6.conformance.recompute import recomputed
from pmip6.conformance.seal import faults_of
from pmip6.conformance.wire.capture import Capture, read, write
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.lma.rules import lma
from pmip6.model.wire.encoding import PaddingStyle
from pmip6.reports.cli import run
from pmip6.vectors.case_file import name_of
from pmip6.vectors.lma.purposes import purposes, purposes_named
from pmip6.vectors.lma.stimuli import Node

MUTE = tuple(r.changed(sends=()) if r.name == "extend" else r for r in lma.rules)
NAMES = (
    "TP_LMA_EXT_BV_01",  # fails, where a renewal is not answered
    "TP_LMA_REG_BV_05",  # a prefix by name
    "TP_LMA_DER_TI_01",
    "TP_LMA_RCV_BI_07",
    "TP_LMA_ROB_BI_09",  # has fragments
    "TP_LMA_SEC_BO_02",
    "TP_LMA_SEC_BI_01",  # is skipped without ESP
    "TP_LMA_FWD_BV_01",
)


class DeafLink(VirtualLink):
    """A link to an anchor that hears nothing more after some packets, until a restart."""

    left = 40

    def send(self, packet: bytes) -> None:
        """Lose the packet once the anchor is deaf."""
        self.left -= 1
        if self.left > 0:
            super().send(packet)


KINDS: dict[str, Callable[[Path], Path]] = {
    "reference": lambda f: keep_anchor(f, reference_declaration(), NAMES),
    "a renewal is not answered": lambda f: keep_anchor(
        f, reference_declaration(), NAMES, rules=MUTE
    ),
    "one defect of the format": lambda f: keep_anchor(
        f, reference_declaration(), NAMES, padding=PaddingStyle.UNALIGNED
    ),
    "under ESP": lambda f: keep_anchor(
        f, reference_declaration().model_copy(update={"esp": reference_esp()}), NAMES
    ),
    "deaf": lambda f: keep_anchor(f, reference_declaration(), NAMES, kind=DeafLink),
    "deaf, as a hook says": lambda f: keep_anchor(
        f,
        reference_declaration().model_copy(
            update={"hooks": Hooks(start=(), alive=("true",), restart=("true",))}
        ),
        NAMES,
        kind=DeafLink,
    ),
    "an anchor that waits": lambda f: keep_anchor(
        f, waiting_declaration(), ("TP_LMA_RST_TI_03", "TP_LMA_REG_BV_01")
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_concluded_follows_from_the_packets(kind: str, tmp_path: Path) -> None:
    folder = KINDS[kind](tmp_path)
    assert faults_of(folder) == []
    document = document_in(folder)
    found = recomputed(document, folder, AnchorReplay(document))
    assert found.faults == ()
    with_journal = [c for c in cases_of(document) if c["journal"] is not None]
    assert found.count == len(with_journal) > 0


def test_a_case_of_ones_own_is_judged_again_by_what_the_result_has(
    tmp_path: Path,
) -> None:
    shipped = purposes_named(("TP_LMA_REG_BV_01",))[0]
    own = replace(shipped, name=name_of("mine"))
    folder = keep_anchor(tmp_path, reference_declaration(), chosen=(own,))
    document = document_in(folder)
    assert recomputed(document, folder, AnchorReplay(document)).faults == ()
    document["own_cases"] = []
    (fault,) = recomputed(document, folder, AnchorReplay(document)).faults
    assert "another case" in fault


def test_keys_are_no_part_of_the_evidence(tmp_path: Path) -> None:
    folder = KINDS["under ESP"](tmp_path)
    text = (folder / "result.json").read_text("utf-8")
    for association in reference_esp():
        assert association.key_to_anchor not in text
        assert association.key_to_gateway not in text


# ---- somebody who can seal, too -----------------------------------------------------------


def _passes(document: Document) -> None:
    case_in(document, NAMES[0]).update(verdict="PASS", reason="", findings=[])


def _has_not_run(document: Document) -> None:
    _passes(document)
    case_in(document, NAMES[0])["journal"] = None


def _not_run(verdict: str, reason: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        case = case_in(document, NAMES[0])
        case.update(verdict=verdict, reason=reason, findings=[], packets=0, steps=[])
        case["journal"] = None

    return change


def _no_capture(folder: Path) -> None:
    (folder / f"{NAMES[0]}.pcapng").unlink()


NOT_DECLARED = "needs forwarding, which is not declared"
NOT_FOR_IT = f"{NAMES[0]}: is skipped, and by what is declared it is not"


def _is_concluded(document: Document) -> None:
    _passes(document)
    case_in(document, NAMES[0])["concluded"] = True


def _unreadable(document: Document) -> None:
    case_in(document, NAMES[0])["journal"] = {"nodes": {"nobody": 5}, "number": "x"}


def _other_case(document: Document) -> None:
    case_in(document, NAMES[0])["version"] = 99


def _slower(document: Document) -> None:
    declaration = document["declaration"]
    assert isinstance(declaration, dict)
    declaration["timers"]["reaction_ms"] = 5


def _nothing(document: Document) -> None:
    """The file of packets is what is changed."""


def _capture_of(folder: Path, name: str) -> tuple[Path, Capture]:
    path = folder / f"{name}.pcapng"
    return path, read(path)


def _without_last_packet(folder: Path) -> None:
    path, found = _capture_of(folder, NAMES[0])
    write(path, Capture(found.packets[:-1], found.comment, found.interface))


def _count_less(document: Document) -> None:
    case = case_in(document, NAMES[0])
    assert isinstance(case["packets"], int)
    case["packets"] -= 1


def _other_status(folder: Path) -> None:
    """In a packet that the anchor sent: its status, or another octet of it."""
    path, found = _capture_of(folder, NAMES[1])
    packets = [
        p if p.outbound else replace(p, data=p.data[:46] + b"\x85" + p.data[47:])
        for p in found.packets
    ]
    write(path, Capture(tuple(packets), found.comment, found.interface))


def _other_request(folder: Path) -> None:
    path, found = _capture_of(folder, NAMES[1])
    first = found.packets[0]
    changed = replace(first, data=first.data[:-1] + b"\xff")
    write(path, Capture((changed, *found.packets[1:]), found.comment, found.interface))


FORGED: dict[
    str,
    tuple[Callable[[Document], None], Callable[[Path], None] | None, str],
] = {
    "a verdict": (
        _passes,
        None,
        f"{NAMES[0]}: verdict, reason, findings: judged again: FAIL",
    ),
    "a case that ran": (_has_not_run, None, "has no journal, and its verdict is PASS"),
    "a case that is not for it": (
        _not_run("SKIP", NOT_DECLARED),
        _no_capture,
        NOT_FOR_IT,
    ),
    "a case without a node": (
        _not_run("SKIP", no_node(Node.SERVED)),
        _no_capture,
        NOT_FOR_IT,
    ),
    "a restart that is declared": (
        _not_run("SKIP", NO_RESTART),
        _no_capture,
        NOT_FOR_IT,
    ),
    "a death": (
        _not_run("INCONC", SILENT.reason),
        _no_capture,
        "has no journal, and the implementation has answered to the end",
    ),
    "a conclusion": (_is_concluded, None, "the campaign cannot have made it PASS"),
    "a journal": (_unreadable, None, f"{NAMES[0]}: cannot be read"),
    "a version": (_other_case, None, "has another case"),
    "the declaration": (_slower, None, "is not that of the campaign"),
    "a packet": (_count_less, _without_last_packet, "is not there"),
    "an answer": (
        _nothing,
        _other_status,  # the case fails then, and so ends what it may have left
        f"{NAMES[1]}: what was sent is not what the case sends: not judged",
    ),
    "a request": (_nothing, _other_request, "is not what the case sends"),
}


@pytest.mark.parametrize("what", FORGED)
def test_what_is_forged_and_sealed_again_is_told(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = KINDS["a renewal is not answered"](tmp_path)
    change, spoil, said = FORGED[what]
    if spoil is not None:
        spoil(folder)
    seal_again(folder, change)
    assert faults_of(folder) == []
    assert run(["verify", str(folder)]) in (1, 2)
    captured = capsys.readouterr()
    assert said in captured.out + captured.err


def test_a_case_that_is_gone_is_told_as_a_selection(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = KINDS["a renewal is not answered"](tmp_path)
    _no_capture(folder)

    def take_out(document: Document) -> None:
        document["cases"] = [c for c in cases_of(document) if c["id"] != NAMES[0]]
        document["planned"] = len(NAMES) - 1

    seal_again(folder, take_out)
    assert run(["verify", str(folder)]) == 0
    told = f"a selection, {len(NAMES) - 1} of the {len(purposes())} cases that ship"
    assert told in capsys.readouterr().out


def test_what_was_skipped_for_want_of_nodes_is_accepted(tmp_path: Path) -> None:
    declared = reference_declaration()
    few = declared.nodes.model_copy(update={"count": 3, "by_name": {}})
    folder = keep_anchor(tmp_path, declared.model_copy(update={"nodes": few}), NAMES)
    document = document_in(folder)
    reasons = {c["reason"] for c in cases_of(document) if c["verdict"] == "SKIP"}
    assert {no_node(Node.SERVED), NOBODY_ASKS_BY_NAME} <= reasons
    assert recomputed(document, folder, AnchorReplay(document)).faults == ()
