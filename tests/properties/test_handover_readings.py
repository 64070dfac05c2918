"""Both readings of what the text leaves open in a handover, explored: which properties hold.

What docs/findings.md tells of them is compared with the table here by day; the
explorations are for the night.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from traces import replays

from pmip6.model.domain import Configuration, Model
from pmip6.model.fast_handover.configurations import PFMIPV6, PREDICTIVE, REACTIVE
from pmip6.model.fast_handover.new_gateway import has_context
from pmip6.model.fast_handover.packets import is_empty
from pmip6.model.fast_handover.previous_gateway import end, keeps_packets
from pmip6.model.fast_handover.state import context_lifetime, forwarding_lifetime
from pmip6.model.language.table import Role, RoleTable, Rule, Step
from pmip6.model.language.terms import Term, any_of, substitute, variable
from pmip6.model.shipped.configurations import ON
from pmip6.model.state import GATEWAY, MOBILE_NODE, attached
from pmip6.properties import protocol
from pmip6.properties.exploration.explore import explore
from pmip6.properties.faults.handover_faults import HANDOVER_FAULTS
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome

assert protocol  # it records the properties

FINDINGS = Path(__file__).parents[2] / "docs" / "findings.md"
OVERTAKEN = ("buffer_packet", "deliver_packet", "lose_packet")


def _with(base: Configuration, *on: str, off: str = "") -> Configuration:
    """The configuration with features switched on, and one off."""
    kept = {name: fact for name, fact in base.facts.items() if name != off}
    return base.changed(facts=kept | dict.fromkeys(on, ON))


# ---- readings that the model has no switch for -------------------------------------------

_ending = RoleTable(Role.MAG)


@_ending.rule(node=MOBILE_NODE, gateway=GATEWAY, requirement=())
def end_forwarding(step: Step, node: Term, gateway: Term) -> None:
    """The gateway forgets that it forwards."""
    end(step, node, gateway)


def ends_forwarding_too(rule: Rule) -> Rule:
    """A gateway that sees a node leave ends its registration, and what it forwards."""
    if rule.name != "notice_detachment":
        return rule
    (ending,) = _ending.rules
    updates = (*rule.updates, *ending.updates)
    return rule.changed(updates=updates, timers=(*rule.timers, *ending.timers))


def overtakes(rule: Rule) -> Rule:
    """A packet does not wait behind those in the buffer of the new gateway."""
    if rule.name not in OVERTAKEN:
        return rule
    node, gateway = variable("node", MOBILE_NODE), variable("gateway", GATEWAY)
    here = attached[node] == gateway
    kept = keeps_packets(node, gateway)
    awaited = has_context(node, gateway) & ~here
    behind = here & ~is_empty(node, gateway)
    other = {any_of(kept, awaited, behind): any_of(kept, awaited)}
    guard = tuple(substitute(condition, other) for condition in rule.guard)
    assert list(map(id, guard)) != list(map(id, rule.guard)), rule.name
    return rule.changed(guard=guard)


def obeys_late_requests(rule: Rule) -> Rule:
    """A gateway forwards to the one that it has the context from."""
    fault = HANDOVER_FAULTS["late-fetch-answered"]
    changed = fault.change(rule) if rule.name == fault.rule else rule
    assert changed is not None
    return changed


def lasts_for_ever(rule: Rule) -> Rule:
    """No timer ends a tunnel or a context."""
    ours = (forwarding_lifetime, context_lifetime)
    kept = (c for c in rule.timers if c.timer not in ours or c.level is None)
    return rule.changed(timers=tuple(kept))


def _as(base: Configuration, variant: Callable[[Rule], Rule]) -> Configuration:
    return base.changed(variant=variant)


# ---- the table -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """What a finding calls a reading.

    Args:
        finding: Title of its section.
        name: How the section calls it.
        chosen: The configuration that has it.
        violated: Steps of a shortest run by property that fails.
    """

    finding: str
    name: str
    chosen: Configuration
    violated: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def label(self) -> str:
        """What the test is called."""
        return f"{self.finding}: {self.name}"


LOSSES = {"handover.no-loss": 14, "handover.loss": 16, "handover.uplink-loss": 16}
PRESENT = "De-registration while packets are forwarded"
BEFORE = "De-registration before a Handover Initiate"
ORDER = "Packets of the anchor behind others"
LATE = "Late Handover Initiate"
LASTING = "How long forwarding lasts"
COPIES = "Copies in the buffer of the previous gateway"
LAST = "End of forwarding before its last packet"
UPLINK = "Uplink while the anchor switches"
READINGS = (
    Reading(
        PRESENT,
        "At once",
        _with(PREDICTIVE, off="postponed_deregistration"),
        {"handover.no-loss": 14},
    ),
    Reading(
        PRESENT,
        "At once, and forwarding with it",
        _as(_with(PREDICTIVE, off="postponed_deregistration"), ends_forwarding_too),
        LOSSES,
    ),
    Reading(PRESENT, "When forwarding has ended", PREDICTIVE),
    Reading(BEFORE, "At once", REACTIVE, {"handover.no-loss": 7}),
    Reading(
        BEFORE,
        "After a while",
        REACTIVE.changed(disabled=REACTIVE.disabled | {"notice_detachment"}),
        {"handover.no-loss": 7},
    ),
    Reading(ORDER, "Behind them", PREDICTIVE),
    Reading(ORDER, "At once", _as(PREDICTIVE, overtakes), {"handover.in-order": 20}),
    Reading(
        LATE, "Obeyed", _as(PFMIPV6, obeys_late_requests), {"handover.no-loop": 18}
    ),
    Reading(
        LASTING,
        "Without a timer",
        _as(PREDICTIVE, lasts_for_ever),
        {"handover.tunnel-end": 8},
    ),
    Reading(COPIES, "Kept or delivered", PREDICTIVE),
    Reading(
        COPIES,
        "Kept and delivered",
        _with(PREDICTIVE, "copying_buffers"),
        {"handover.no-duplicate": 12, "handover.in-order": 40},
    ),
    Reading(LAST, "With the assumption", PREDICTIVE),
    Reading(
        LAST,
        "Without it",
        _with(PREDICTIVE, off="outliving_tunnels"),
        {
            "handover.no-loss": 13,
            "handover.loss": 13,
            "handover.uplink-loss": 16,
            "handover.in-order": 25,
        },
    ),
    Reading(
        UPLINK,
        "Early",
        _with(PREDICTIVE, "early_commands"),
        {"handover.no-loss": 13, "handover.loss": 31, "handover.uplink-loss": 17},
    ),
)
BY_LABEL = {reading.label: reading for reading in READINGS}


@pytest.mark.nightly
@pytest.mark.compiler
@pytest.mark.parametrize("label", BY_LABEL)
def test_which_properties_hold_under_a_reading(label: str) -> None:
    reading = BY_LABEL[label]
    model = Model(reading.chosen)
    run = explore(model, with_a_case(model, PROPERTIES), deadlock=False)
    found: dict[str, int] = {}
    for result in run.properties:
        if result.outcome is Outcome.VIOLATED:
            assert result.trace is not None and replays(result.trace, model)
            found[result.name] = len(result.trace.steps)
    assert not run.notes and found == reading.violated


# ---- what docs/findings.md tells -----------------------------------------------------------

HOLD = "Which properties hold: "


def told_of(finding: str) -> str:
    """The paragraph of a finding that tells which properties hold, on one line."""
    text = FINDINGS.read_text("utf-8")
    section = text.split(f"\n## {finding}\n", 1)[1].split("\n## ", 1)[0]
    (paragraph,) = (p for p in section.split("\n\n") if p.startswith(HOLD))
    return " ".join(paragraph.split())


@pytest.mark.parametrize("finding", dict.fromkeys(r.finding for r in READINGS))
def test_a_finding_tells_what_fails_and_in_how_many_steps(finding: str) -> None:
    told = re.findall(r"`(handover\.[\w-]+)` \((\d+)(?: steps)?\)", told_of(finding))
    computed = {
        (name, str(steps))
        for reading in READINGS
        if reading.finding == finding
        for name, steps in reading.violated.items()
    }
    assert set(told) == computed


def test_every_finding_about_handovers_tells_which_properties_hold() -> None:
    text = FINDINGS.read_text("utf-8")
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    first = titles.index("Which context the model has")
    last = titles.index("What a handover loses")
    for title in titles[first:last]:
        assert told_of(title)
