"""Cases that follow a restart: when they run, and anchors that come back otherwise."""

import sys
from collections.abc import Callable

import pytest

from pmip6.conformance.campaign import NO_RESTART
from pmip6.conformance.hooks import run_hook
from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.in_memory import (
    anchor_settings,
    reference_declaration,
    reference_esp,
    waiting_declaration,
)
from pmip6.conformance.lma.lane import anchor_campaign
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.results import CampaignResult, CaseResult
from pmip6.conformance.verdict import Verdict
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.lma.purposes import purposes, purposes_named

AFTER = [p for p in purposes() if p.follows_a_restart]
BEFORE = "TP_LMA_DER_TI_01"
WINDOW, NARROW = "timestamp_validity_window_ms", 20
DELAY, WAIT = "min_delay_before_bce_delete_ms", "max_delay_before_new_bce_assign_ms"
BY_NODES = "mobile_node_generated_timestamp_in_use"
OF_ANCHOR, OF_DOMAIN = "5213-9.1-2", "5213-9.3-2"


class _Anchor:
    """An anchor behind a link that may be told something else when it restarts."""

    def __init__(self, declared: Declaration, **changed: object) -> None:
        names = declared.nodes.identifiers()[:16]
        self.settings = anchor_settings(declared, names)
        self.changed = changed
        self.restarts = 0
        self.link = VirtualLink(ReferenceAnchor(self.settings))

    def restart(self) -> None:
        self.restarts += 1
        told: AnchorSettings = self.settings.model_copy(update=self.changed)
        self.link.anchor = ReferenceAnchor(told)


def _run(declared: Declaration, **changed: object) -> CampaignResult:
    anchor = _Anchor(declared, **changed)
    chosen = [*declared.suited(AFTER), *purposes_named([BEFORE])]
    result = anchor_campaign(declared, anchor.link, restart=anchor.restart).run(chosen)
    assert anchor.restarts == 1 and not result.died
    return result


def _declared(
    part: str, key: str, value: object, declared: Declaration | None = None
) -> Declaration:
    declared = declared or reference_declaration()
    changed = getattr(declared, part).model_copy(update={key: value})
    return declared.model_copy(update={part: changed})


def esp_declaration() -> Declaration:
    """An anchor whose own ESP numbers begin again when it restarts."""
    return reference_declaration().model_copy(update={"esp": reference_esp()})


@pytest.mark.parametrize(
    "declaration", [reference_declaration, waiting_declaration, esp_declaration]
)
def test_an_anchor_that_comes_back_as_it_was_passes(
    declaration: Callable[[], Declaration],
) -> None:
    result = _run(declaration())
    assert {c.verdict for c in result.cases} == {Verdict.PASS}


LISTED = reference_declaration().tester
EVERYONE = (*LISTED.proxy_coas, LISTED.unlisted_proxy_coa)
OTHERWISE: dict[str, tuple[Declaration, dict[str, object], set[str], str]] = {
    "the deletion delay of the RFC": (
        reference_declaration(),
        {DELAY: 10_000},
        {"TP_LMA_RST_TI_02"},
        OF_ANCHOR,
    ),
    "a shorter deletion delay": (
        reference_declaration(),
        {DELAY: 700},
        {"TP_LMA_RST_TI_01"},
        OF_ANCHOR,
    ),
    "the wait of the RFC": (
        _declared("timers", WAIT, 2_000, waiting_declaration()),
        {WAIT: 1_500},
        {"TP_LMA_RST_TI_03", "TP_LMA_RST_TI_04"},  # the answer is too early in both
        OF_ANCHOR,
    ),
    "a longer wait": (
        waiting_declaration(),
        {WAIT: 1_500},
        {"TP_LMA_RST_TI_04"},  # its late answer is no other case's
        OF_ANCHOR,
    ),
    "the window of the RFC": (
        _declared("timers", WINDOW, NARROW),
        {WINDOW: 300},
        {"TP_LMA_RST_BI_02", "TP_LMA_RST_BI_03"},
        OF_ANCHOR,
    ),
    "no timestamp of the domain is compared": (
        reference_declaration(),
        {BY_NODES: True},
        {"TP_LMA_RST_BI_02", "TP_LMA_RST_BI_03"},
        OF_DOMAIN,
    ),
    "timestamps are compared as the RFC's default has it": (
        _declared("domain", BY_NODES, True),
        {BY_NODES: False},
        {"TP_LMA_RST_BI_02", "TP_LMA_RST_BI_03"},
        OF_DOMAIN,
    ),
    "everyone is listed": (
        reference_declaration(),
        {"gateways": EVERYONE},
        {"TP_LMA_RST_BI_01"},
        "5213-5.3.1-7",
    ),
    "another gateway is listed alone": (
        reference_declaration(),
        {"gateways": LISTED.proxy_coas[1:]},
        {f"TP_LMA_RST_{n}" for n in ("BV_01", "BI_01", "BI_02", "BI_03")},
        "5213-5.3.1-14",
    ),
}


@pytest.mark.parametrize("fault", OTHERWISE)
def test_an_anchor_that_comes_back_otherwise_fails(fault: str) -> None:
    """It passes the case before the restart, which looks at the same delay."""
    declared, changed, failing, requirement = OTHERWISE[fault]
    result = _run(declared, **changed)
    verdicts = {c.purpose.name: c.verdict for c in result.cases}
    assert verdicts[BEFORE] is Verdict.PASS
    assert {n for n, v in verdicts.items() if v is Verdict.FAIL} == failing
    told = [
        {r for f in case.findings for r in f.requirements}
        for case in result.cases
        if case.purpose.name in failing and requirement in case.purpose.requirements
    ]
    assert told and all(requirement in found for found in told)


def test_the_restart_comes_when_all_others_have_ended() -> None:
    declared = reference_declaration()
    anchor = _Anchor(declared)
    restarts_before: dict[str, int] = {}

    def ended(case: CaseResult) -> None:
        restarts_before[case.purpose.name] = anchor.restarts

    chosen = [*declared.suited(AFTER), *purposes_named([BEFORE, "TP_LMA_RCV_BI_05"])]
    anchor_campaign(declared, anchor.link, ended=ended, restart=anchor.restart).run(
        chosen
    )
    assert restarts_before == {p.name: int(p in AFTER) for p in chosen}


def test_without_a_hook_they_are_skipped() -> None:
    declared = reference_declaration()
    result = anchor_campaign(declared, _Anchor(declared).link).run(AFTER)
    assert {(c.verdict, c.reason) for c in result.cases} == {(Verdict.SKIP, NO_RESTART)}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ([sys.executable, "-c", "raise SystemExit('no disk')"], "status 1 no disk"),
        (["/no/such/command"], "No such file"),
    ],
)
def test_a_hook_that_fails_decides_nothing(command: list[str], said: str) -> None:
    declared = reference_declaration()

    def restart() -> None:
        run_hook("restart", command)

    chosen = [*AFTER, *purposes_named([BEFORE])]
    result = anchor_campaign(declared, _Anchor(declared).link, restart=restart).run(
        chosen
    )
    for case in result.cases:
        if case.purpose.name == BEFORE:
            assert case.verdict is Verdict.PASS
        else:
            assert case.verdict is Verdict.INCONC
            assert case.reason.startswith("hooks.restart: ") and said in case.reason


def test_an_anchor_that_does_not_come_back_is_inconclusive() -> None:
    class Gone(VirtualLink):
        is_gone = False

        def send(self, packet: bytes) -> None:
            if not self.is_gone:
                super().send(packet)

    declared = reference_declaration()
    link = Gone(_Anchor(declared).link.anchor)

    def vanish() -> None:
        link.is_gone = True

    result = anchor_campaign(declared, link, restart=vanish).run(AFTER)
    assert result.died
    assert {c.verdict for c in result.cases} == {Verdict.INCONC}


def test_a_hook_that_works_says_nothing() -> None:
    run_hook("restart", [sys.executable, "-c", ""])
    with pytest.raises(Pmip6Error, match=r"hooks\.start: false"):
        run_hook("start", ["false"])
