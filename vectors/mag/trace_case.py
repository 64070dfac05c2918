"""A run of the model as a test case for a gateway: what one of its gateways meets.

A run has gateways and nodes by name; a case is about one node at one gateway.  What happens
to the two (the node comes and goes, answers arrive, timers run out) becomes stimuli; what
the gateway does by itself, the gateway of the case does as soon as it may.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pmip6.model.domain import Element, Model
from pmip6.model.language.interpreter import State, Transition, Value
from pmip6.model.language.table import Role, Rule, Timer
from pmip6.model.mag.machine import OWN_ACTS
from pmip6.model.state import numbered_registrations, pba
from pmip6.model.wire.numbers import BindingAckStatus, HandoffIndicator
from pmip6.properties.result import Trace
from pmip6.vectors.lma.trace_case import RUN_ITSELF, NoCase
from pmip6.vectors.mag.distinctions import PREFIXES, seen, stimuli_of
from pmip6.vectors.mag.edges import edge_of
from pmip6.vectors.mag.lockstep import Event, TimerKey
from pmip6.vectors.mag.model import SOLICITED, TIMERS, GatewayDomain
from pmip6.vectors.mag.purposes import GatewayDraft, draft_of
from pmip6.vectors.mag.stimuli import Stimulus

SYNCHRONISED = "register_after_synchronisation"
NUMBER_REFUSED = BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW.name
ATTACHMENTS, DETACHMENT = ("attach", "attach_with_hint"), "detach"


@dataclass(frozen=True)
class Subject:
    """Whom a case is about."""

    node: Element
    gateway: Element

    def __str__(self) -> str:
        """Both in words."""
        return f"{self.node} at {self.gateway}"


@dataclass(frozen=True)
class _Told:
    """What one gateway of a run meets of one node, as a tester does it."""

    domain: GatewayDomain
    stimuli: tuple[Stimulus, ...]
    is_told_apart: bool


def gateway_draft_of(
    model: Model, trace: Trace, key: str, rules: Sequence[Rule]
) -> GatewayDraft:
    """A run as a case for a gateway, up to where it does otherwise than it has to.

    Of several gateways and nodes those are taken where the gateway of the run does so,
    else those of its last step.  What ends every case, and shows whether the node is
    served, follows.

    Args:
        model: The model that took the steps.
        trace: The run.
        key: What the case is called where it comes from.
        rules: The rules that the run followed, as `rules_of` gives them.

    Raises:
        NoCase: No gateway does anything in it, or what it does is no part of a case.
    """
    told: list[_Told | NoCase] = []
    for subject in _subjects(trace):
        try:
            told.append(_told(model, trace, subject, rules))
        except NoCase as error:
            told.append(error)
    if not told:
        raise NoCase(key, "no gateway does anything for a node in this run", RUN_ITSELF)
    cases = (case for case in told if isinstance(case, _Told))
    chosen = next((case for case in cases if case.is_told_apart), told[0])
    if isinstance(chosen, NoCase):
        raise chosen
    draft = draft_of(edge_of(chosen.domain, chosen.stimuli))
    return replace(draft, key=key)


def _subjects(trace: Trace) -> Iterator[Subject]:
    """The nodes at the gateways that do something for them, the last ones first."""
    every = (
        _subject(step)
        for step in reversed(trace.steps)
        if step.rule is not None and step.rule.role is Role.MAG
    )
    yield from dict.fromkeys(s for s in every if None not in (s.node, s.gateway))


def _subject(step: Transition) -> Subject:
    """The node and the gateway of a step, each None where it is about no single one."""
    told = step.environment
    node, gateway = (
        told.get(name, told.get(f"message.{name}")) for name in ("node", "gateway")
    )
    return Subject(node, gateway)


def _told(model: Model, trace: Trace, subject: Subject, rules: Sequence[Rule]) -> _Told:
    telling = _Telling(model, trace, subject)
    events, domain = telling.events(), telling.domain()
    stimuli = stimuli_of(events, domain)
    if stimuli is None:
        reason = "a gateway chooses when it renews what it awaits an answer to"
        raise NoCase(str(subject), reason, RUN_ITSELF)
    told: list[Stimulus] = []
    pairs = zip(
        stimuli, seen(domain, None, stimuli), seen(domain, rules, stimuli), strict=True
    )
    for stimulus, right, wrong in pairs:
        if right is None:
            reason = f"a tester cannot do what the run needs: {stimulus}"
            raise NoCase(str(subject), reason, RUN_ITSELF)
        told.append(stimulus)
        if right != wrong:
            return _Told(domain, tuple(told), is_told_apart=True)
    if not told:
        raise NoCase(str(subject), "nothing happens that a tester does", RUN_ITSELF)
    draft = draft_of(edge_of(domain, stimuli))
    every = draft.stimuli
    is_told_apart = [*seen(domain, None, every)] != [*seen(domain, rules, every)]
    return _Told(domain, tuple(told), is_told_apart)


class _Telling:
    """What happens to one node at one gateway in a run."""

    def __init__(self, model: Model, trace: Trace, subject: Subject) -> None:
        self._model = model
        self._subject = subject
        self._trace = trace
        self._prefixes: dict[Value, str] = {}
        self._domains: dict[GatewayDomain, None] = {}
        facts = model.configuration.facts
        self._is_numbered = bool(facts.get(numbered_registrations.name))

    def domain(self) -> GatewayDomain:
        """What has to be fixed for the domain, by what the run has.

        Raises:
            NoCase: No gateway has all of that.
        """
        if len(self._domains) > 1:
            reason = f"there are no cases for gateways that are {' and '.join(self._domains)}"
            raise NoCase(str(self._subject), reason, RUN_ITSELF)
        return next(iter(self._domains), GatewayDomain.FIXED)

    def events(self) -> list[Event | TimerKey]:
        """What happens, in order.

        Raises:
            NoCase: Something that no case has.
        """
        found: list[Event | TimerKey] = []
        for number, (step, state) in enumerate(
            zip(self._trace.steps, self._trace.states, strict=False), start=1
        ):
            event = self._event(step, state, number)
            if event is not None:
                found.append(event)
        return found

    def _event(
        self, step: Transition, state: State, number: int
    ) -> Event | TimerKey | None:
        about, rule = _subject(step), step.rule
        if rule is None or about.node not in (None, self._subject.node):
            return None
        if rule.role is Role.MN:
            return self._on_link(step, state)
        if rule.role is not Role.MAG or about.gateway != self._subject.gateway:
            return None
        if rule.on == pba:
            return self._answer(step, state, number)
        if isinstance(rule.on, Timer) and rule.on.name in TIMERS:
            return rule.on.name, ()
        match rule.name:
            case "propose_prefix":
                self._domains[GatewayDomain.PROFILED] = None
                self._prefix(step.environment["prefix"], number)
            case "fail_authentication":
                self._domains[GatewayDomain.DENIED] = None
            case name if name == SOLICITED:
                return Event("solicit")
            case name if name == SYNCHRONISED:
                return Event("synchronise")
            case name if name not in OWN_ACTS:
                reason = f"{name} is no part of a case for a gateway by itself"
                raise NoCase(f"step {number}", reason, RUN_ITSELF)
            case _:
                pass
        return None

    def _on_link(self, step: Transition, state: State) -> Event | None:
        """What the node does on the access link of the gateway."""
        gateway = self._subject.gateway
        if step.name in ATTACHMENTS and step.environment["gateway"] == gateway:
            hint = step.environment.get("hint", HandoffIndicator.UNKNOWN.name)
            return Event("attach", hint=str(hint))
        position = self._model.cells["attached", (self._subject.node,)]
        if step.name == DETACHMENT and state.cells[position] == gateway:
            return Event("detach")
        return None

    def _answer(self, step: Transition, state: State, number: int) -> Event:
        values = {
            name: step.environment.get(f"message.{name}") for name, _ in pba.fields
        }
        cell = self._model.cells["awaited", (self._subject.node, self._subject.gateway)]
        awaited = state.cells[cell]
        is_accepted = values["status"] == BindingAckStatus.ACCEPTED.name
        in_use = is_accepted and bool(values["address_in_use"])
        if in_use:
            self._domains[GatewayDomain.SIGNALLED] = None
        if values["status"] == NUMBER_REFUSED and self._is_numbered:
            self._domains[GatewayDomain.NUMBERED] = None
        return Event(
            "answer",
            "",
            str(values["status"]),
            self._prefix(values["prefix"], number),
            is_echo=values["is_echo"] is not False,
            in_use=in_use,
            matches=bool(awaited) and values["request"] == awaited,
        )

    def _prefix(self, prefix: Value, number: int) -> Element:
        if prefix is None:
            return None
        if prefix not in self._prefixes and len(self._prefixes) == len(PREFIXES):
            reason = f"a case has {len(PREFIXES)} prefixes, and {prefix} is one more"
            raise NoCase(f"step {number}", reason, RUN_ITSELF)
        known = self._prefixes.get(prefix)
        return self._prefixes.setdefault(
            prefix, PREFIXES[len(self._prefixes)] if known is None else known
        )
