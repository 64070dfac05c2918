"""Campaigns in memory whose evidence is kept, for each role, as tests of results need."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import cast

from pmip6.conformance.evidence_folder import EvidenceFolder
from pmip6.conformance.fast_handover.gateway import gateway_of
from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.in_memory import anchor_settings
from pmip6.conformance.lma.lane import anchor_campaign
from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.lane import gateway_campaign
from pmip6.conformance.mag.reference_gateway import gateway_file
from pmip6.conformance.mag.virtual_gateway import Start, VirtualGatewayLink
from pmip6.conformance.seal import sealed
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.language.table import Rule
from pmip6.model.lma.rules import lma
from pmip6.model.wire.encoding import PaddingStyle
from pmip6.vectors.fast_handover.purposes import handover_purposes
from pmip6.vectors.lma.purposes import Purpose, purposes_named
from pmip6.vectors.mag.purposes import gateway_purposes


def keep_anchor(
    folder: Path,
    declared: Declaration,
    names: Iterable[str] = (),
    *,
    rules: tuple[Rule, ...] | None = None,
    padding: PaddingStyle = PaddingStyle.MINIMAL,
    kind: type[VirtualLink] = VirtualLink,
    chosen: tuple[Purpose, ...] = (),
) -> Path:
    """The folder with the evidence of cases for an anchor, by name or as they are."""
    known = [*declared.nodes.identifiers()[:20], *list(declared.nodes.by_name)[:2]]
    settings = anchor_settings(declared, known, forwards=True)
    link = kind(ReferenceAnchor(settings, rules=rules or lma.rules, padding=padding))
    with EvidenceFolder(folder, declared) as kept:
        campaign = anchor_campaign(
            declared, link, ended=kept.add, probed=kept.probed, restart=None
        )
        kept.finish(campaign.run(chosen or purposes_named(names)))
    return folder


def keep_gateway(
    folder: Path,
    declared: GatewayDeclaration,
    names: Iterable[str],
    *,
    rules: tuple[Rule, ...] | None = None,
    padding: PaddingStyle = PaddingStyle.MINIMAL,
    link_to: Callable[[Start], VirtualGatewayLink] = VirtualGatewayLink,
) -> Path:
    """The folder with the evidence of cases for a gateway, with or without handovers."""
    told, chosen = gateway_file(declared), set(names)

    def start(start_ms: int) -> ReferenceGateway:
        return gateway_of(told, start_ms=start_ms, rules=rules, padding=padding)

    every = (*gateway_purposes(), *handover_purposes())
    with EvidenceFolder(folder, declared) as kept:
        campaign = gateway_campaign(
            declared, link_to(start), ended=kept.add, probed=kept.probed
        )
        kept.finish(campaign.run([p for p in every if p.name in chosen]))
    return folder


Document = dict[str, object]
"""The content of `result.json`."""


def document_in(folder: Path) -> Document:
    """The result in a folder."""
    content: Document = json.loads((folder / "result.json").read_text("utf-8"))
    return content


def cases_of(document: Document) -> list[Document]:
    """The cases of a result."""
    return cast("list[Document]", document["cases"])


def case_in(document: Document, name: str) -> Document:
    """The case of this name in a result."""
    (found,) = (case for case in cases_of(document) if case["id"] == name)
    return found


def seal_again(folder: Path, change: Callable[[Document], object]) -> None:
    """Change the result in a folder, and seal it as if it had been made so."""
    document = document_in(folder)
    change(document)
    for case in cases_of(document):
        case.pop("sha256")
    for key in ("files", "seal"):
        del document[key]
    (folder / "result.json").write_text(json.dumps(sealed(document, folder)), "utf-8")
