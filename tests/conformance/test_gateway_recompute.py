"""Results for gateways are judged again from their packets, with and without handovers."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from kept_campaigns import (
    Document,
    case_in,
    cases_of,
    document_in,
    keep_gateway,
    seal_again,
)

from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.conformance.mag.lane import NO_NODE
from pmip6.conformance.mag.port import Sent
from pmip6.conformance.mag.recompute import GatewayReplay
from pmip6.conformance.mag.reference_gateway import reference_gateway
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.recompute import recomputed
from pmip6.conformance.seal import faults_of
from pmip6.conformance.wire.capture import Capture, read, write
from pmip6.conformance.wire.esp_end import GatewayEsp
from pmip6.model.domain import shipped_rules
from pmip6.model.wire.encoding import PaddingStyle
from pmip6.reports.cli import run
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.fast_handover.purposes import handover_purposes
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import gateway_purposes

NAMES = (
    "TP_MAG_ATT_BV_05",  # fails, where a request is not repeated
    "TP_MAG_ACK_BI_01",
    "TP_MAG_ACK_BV_06",  # a trigger of the clock
    "TP_MAG_DER_BO_02",
    "TP_MAG_ATT_BV_01",
    "TP_FMAG_NEW_BV_01",  # is skipped without fast handover
)
MUTE = tuple(
    r.changed(sends=())
    if r.name in ("retransmit", "retransmit_handover_initiate")
    else r
    for r in shipped_rules()
)


class DeafLink(VirtualGatewayLink):
    """A link to a gateway that says nothing more after some packets."""

    left = 25

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        """Lose what it sends."""
        came = super().receive(until_ms)
        while came is not None and self.left <= 0:
            came = super().receive(until_ms)
        self.left -= came is not None
        return came


def _of(domain: GatewayDomain) -> list[str]:
    """Some cases of a domain of their own, each with what it is about."""
    return [p.name for p in gateway_purposes() if p.domain is domain][::6]


def _handover(scene: HandoverScene) -> tuple[GatewayDeclaration, list[str]]:
    names = [p.name for p in handover_purposes() if p.scene is scene]
    names = names[:: 2 if len(names) < 20 else 9]
    return reference_gateway(handover=scene), names


def _handover_under_esp() -> tuple[GatewayDeclaration, list[str]]:
    """Packets between the gateways have keys, and their signalling is under ESP."""
    declared, names = _handover(HandoverScene.GRE_KEYS)
    told = declared.fast_handover
    assert told is not None
    esp = GatewayEsp(
        gateway=told.other_gateway,
        spi_to_gateway=0x5001,
        key_to_gateway="51" * 32,
        spi_from_gateway=0x5002,
        key_from_gateway="52" * 32,
    )
    handover = told.model_copy(update={"esp": esp})
    return declared.model_copy(update={"fast_handover": handover}), names


def _in(domain: GatewayDomain) -> Callable[[Path], Path]:
    return lambda folder: keep_gateway(
        folder, reference_gateway(domain), [*NAMES, *_of(domain)]
    )


KINDS: dict[str, Callable[[Path], Path]] = {
    "fixed": lambda f: keep_gateway(
        f, reference_gateway(), [*NAMES, *_of(GatewayDomain.COMPANY)[:6]]
    ),
    "numbered": _in(GatewayDomain.NUMBERED),
    "under ESP": _in(GatewayDomain.PROTECTED),
    "signalled": _in(GatewayDomain.SIGNALLED),
    "previous and new": lambda f: keep_gateway(f, *_handover(HandoverScene.BUFFERING)),
    "previous and new under ESP": lambda f: keep_gateway(f, *_handover_under_esp()),
    "a request is not repeated": lambda f: keep_gateway(
        f, reference_gateway(), NAMES, rules=MUTE
    ),
    "one defect of the format": lambda f: keep_gateway(
        f, reference_gateway(), NAMES, padding=PaddingStyle.UNALIGNED
    ),
    "deaf": lambda f: keep_gateway(f, reference_gateway(), NAMES, link_to=DeafLink),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_concluded_follows_from_the_packets(kind: str, tmp_path: Path) -> None:
    folder = KINDS[kind](tmp_path)
    assert faults_of(folder) == []
    document = document_in(folder)
    found = recomputed(document, folder, GatewayReplay(document))
    assert found.faults == ()
    with_journal = [c for c in cases_of(document) if c["journal"] is not None]
    assert found.count == len(with_journal) > 2
    assert "51" * 32 not in (folder / "result.json").read_text("utf-8")
    assert "52" * 32 not in (folder / "result.json").read_text("utf-8")
    seen = {case["verdict"] for case in with_journal}
    spoiled = {"a request is not repeated": "WARN", "deaf": "INCONC"}
    assert (seen == {"PASS"}) is (kind not in spoiled)
    assert spoiled.get(kind, "PASS") in seen


# ---- somebody who can seal, too -----------------------------------------------------------


def _verdict(document: Document, name: str) -> None:
    case_in(document, name).update(verdict="WARN", reason="", findings=[])


def _node(document: Document, name: str) -> None:
    journal = cast("Document", case_in(document, name)["journal"])
    journal["nodes"] = {"node": "mn77@example.org"}


def _skipped(document: Document, name: str) -> None:
    """As if no node had been left for it."""
    case_in(document, name).update(verdict="SKIP", reason=NO_NODE, findings=[])
    case_in(document, name)["journal"] = None


def _cut(document: Document, name: str) -> None:
    """The journal ends before the case does."""
    journal = cast("Document", case_in(document, name)["journal"])
    del cast("list[object]", journal["given"])[3:]


def _slower(document: Document, name: str) -> None:
    declaration = cast("dict[str, Document]", document["declaration"])
    declaration["timers"]["reaction_ms"] = 601


def _count_less(document: Document, name: str) -> None:
    case = case_in(document, name)
    case["packets"] = cast("int", case["packets"]) - 1


def _nothing(document: Document, name: str) -> None:
    """The file of packets is what is changed."""


def _without(*, outbound: bool) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        found = read(path)
        at = next(n for n, p in enumerate(found.packets) if p.outbound is outbound)
        left = (*found.packets[:at], *found.packets[at + 1 :])
        write(path, Capture(left, found.comment, found.interface))

    return spoil


def _changed(*, outbound: bool) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        found = read(path)
        at = next(n for n, p in enumerate(found.packets) if p.outbound is outbound)
        first = found.packets[at]
        other = first.data[:-1] + bytes([first.data[-1] ^ 0xFF])
        packets = list(found.packets)
        packets[at] = replace(first, data=other)
        write(path, Capture(tuple(packets), found.comment, found.interface))

    return spoil


FORGED: dict[
    str, tuple[Callable[[Document, str], None], Callable[[Path], None] | None, str]
] = {
    "a verdict": (_verdict, None, "verdict: judged again: PASS"),
    "a node": (_node, None, ""),
    "a case that ran": (_skipped, None, "and by what is declared it is not"),
    "a journal": (_cut, None, "packets belong to no step of the case"),
    "the declaration": (_slower, None, "is not that of the campaign"),
    "what was sent": (_count_less, _without(outbound=True), "what was sent is not"),
    "what came": (_count_less, _without(outbound=False), ""),
    "a byte that was sent": (_nothing, _changed(outbound=True), "is not what the case"),
    "a byte that came": (_nothing, _changed(outbound=False), ""),
}


@pytest.fixture(scope="module", params=["TP_MAG_ACK_BI_01", "TP_FMAG_NEW_BV_01"])
def kept(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """A case, and the folder of a campaign with it alone."""
    name: str = request.param
    handover = HandoverScene.FORWARDING if name.startswith("TP_FMAG") else None
    folder = tmp_path_factory.mktemp("kept")
    return name, keep_gateway(folder, reference_gateway(handover=handover), [name])


@pytest.mark.parametrize("what", FORGED)
def test_what_is_forged_and_sealed_again_is_told(
    what: str,
    kept: tuple[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name, folder = kept[0], tmp_path / "forged"
    shutil.copytree(kept[1], folder)
    assert run(["verify", str(folder)]) == 0
    assert (
        "no faults; 1 case judged again; a selection, 1 of" in capsys.readouterr().out
    )
    change, spoil, said = FORGED[what]
    if spoil is not None:
        spoil(folder / f"{name}.pcapng")
    seal_again(folder, lambda document: change(document, name))
    assert faults_of(folder) == []
    assert run(["verify", str(folder)]) in (1, 2)
    captured = capsys.readouterr()
    assert said in captured.out + captured.err
