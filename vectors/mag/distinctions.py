"""Test purposes that tell a gateway from one whose tables have a fault.

For each mechanical mutant of the rules of a gateway there is a shortest run after which it
and the gateway differ, or there is none (`lockstep.py`).  A run that no other
purpose has is a purpose of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from pmip6.model.domain import Configuration, Model, shipped_rules
from pmip6.model.language.table import Role, Rule
from pmip6.model.mag.configuration import gateway_configuration
from pmip6.model.mag.rules import mag
from pmip6.model.state import UpdateListState, registration_lifetime, renewal
from pmip6.model.wire.messages import UNSPECIFIED, option_of
from pmip6.model.wire.numbers import BindingAckStatus, HandoffIndicator
from pmip6.model.wire.options import LinkLocalAddress
from pmip6.properties.faults.mutants import Mutant, mechanical
from pmip6.properties.faults.noticed import parts_of
from pmip6.vectors.mag.edges import SCENE, GatewayEdge
from pmip6.vectors.mag.lockstep import (
    Event,
    Follower,
    Lockstep,
    TimerKey,
    events,
)
from pmip6.vectors.mag.model import HINTS, GatewayDomain, GatewayModel
from pmip6.vectors.mag.purposes import GatewayDraft, draft_of, shown_by_answers
from pmip6.vectors.mag.stimuli import (
    Answer,
    AnswerForm,
    Attach,
    Await,
    Detach,
    Echo,
    Hint,
    Idle,
    Named,
    Prefixes,
    Solicit,
    Stimulus,
    Synchronise,
)

DOMAINS = (
    GatewayDomain.FIXED,
    GatewayDomain.NUMBERED,
    GatewayDomain.PROFILED,
    GatewayDomain.DENIED,
    GatewayDomain.SIGNALLED,
)
"""The domains that differ in what the rules of the gateway do."""
PREFIXES = ("p1", "p2")
PATIENCE = Idle(25)
"""Longer than a short lifetime: what runs out in a faulty gateway alone has run out."""
MARK = "faults of "
"""Begins the part of a key that names the rule whose faults a purpose tells."""
Run = Sequence[Event | TimerKey]


@dataclass(frozen=True)
class Setting:
    """What the rules of a gateway read of its domain.

    Args:
        is_numbered: Sequence numbers order its requests.
        is_signalled: The anchor says its link-local address.
        is_profiled: It knows a prefix of the node.
        is_denied: The node is not entitled to the service.
    """

    is_numbered: bool
    is_signalled: bool
    is_profiled: bool = False
    is_denied: bool = False

    @classmethod
    def of(cls, domain: GatewayDomain) -> Setting:
        """That of a domain."""
        return cls(
            domain.is_numbered,
            domain.is_signalled,
            domain is GatewayDomain.PROFILED,
            domain is GatewayDomain.DENIED,
        )

    @property
    def configuration(self) -> Configuration:
        """One node at one gateway, two prefixes, waits of two lengths."""
        return gateway_configuration(
            "gateway",
            ("node",),
            known={"node": PREFIXES[0]} if self.is_profiled else {},
            refused=("node",) if self.is_denied else (),
            is_numbered=self.is_numbered,
            lifetime_ms=4,
            renewal_ms=3,
            backoff_ms=(1, 2, 4),
        ).changed(prefixes=PREFIXES)


WIDEST = (
    Setting(False, True),
    Setting(True, True),
    Setting(True, True, True),
    Setting(True, True, False, True),
)
"""What happens in a domain can happen in one of these: who never differs here, nowhere."""


@dataclass(frozen=True)
class Comparison:
    """A mutant beside the gateway.

    Args:
        is_folded: The rule is the same in both, or in neither: nothing can differ.
        run: A shortest run after which they differ, None where there is none.
        pairs: How many pairs of states they reach where there is none.
    """

    is_folded: bool
    run: tuple[Event | TimerKey, ...] | None = None
    pairs: int = 0


@cache
def _right(setting: Setting) -> Follower:
    return Follower(
        setting.configuration, shipped_rules(), is_signalled=setting.is_signalled
    )


def is_same(rules: Iterable[Rule], changed: Collection[str], setting: Setting) -> bool:
    """A fault leaves a gateway the rules that it has without it.

    Args:
        rules: Those with the fault.
        changed: The names of the rules that it changes.
        setting: What they read of the domain.
    """
    wrong = {r.name: r for r in Model(setting.configuration, rules).rules}
    for name in changed:
        left, right = wrong.get(name), _right(setting).rule(name)
        if left is None or right is None:
            if left is not right:
                return False
        elif parts_of(left) != parts_of(right):
            return False
    return True


def beside(
    rules: Iterable[Rule],
    changed: Collection[str],
    setting: Setting,
    *,
    leaves_choices: bool = False,
) -> Comparison:
    """A gateway with a fault beside one without.

    Args:
        rules, changed, setting: Those of `is_same`.
        leaves_choices: No renewal comes that is a choice of the gateway.
    """
    rules = tuple(rules)
    if is_same(rules, changed, setting):
        return Comparison(is_folded=True)
    right = _right(setting)
    wrong = Follower(
        setting.configuration,
        rules,
        is_signalled=setting.is_signalled,
        like=(right, changed),
    )
    every = events(PREFIXES, is_signalled=setting.is_signalled)
    lockstep = Lockstep(right, wrong, every, leaves_choices=leaves_choices)
    run = lockstep.difference()
    found = None if run is None else tuple(run)
    return Comparison(is_folded=False, run=found, pairs=lockstep.pairs)


def compared(mutant: Mutant, setting: Setting) -> Comparison:
    """The mutant beside the gateway, with what a tester can ask for."""
    return beside(mutant.rules, (mutant.rule,), setting, leaves_choices=True)


@cache
def gateway_mutants() -> dict[str, Mutant]:
    """All mechanical mutants of the gateway's rules, in the order of the table.

    Those of fast handover are of tables of their own.
    """
    rules = {rule.name for rule in mag.rules}
    return {
        name: mutant
        for name, mutant in mechanical().items()
        if mutant.rule in rules and name.startswith(f"{Role.MAG.value}.")
    }


# ---- from events to stimuli ------------------------------------------------------------


def stimuli_of(run: Run, domain: GatewayDomain) -> tuple[Stimulus, ...] | None:
    """What a tester does so that the events of a run come about; None where it cannot."""
    lapsing = (renewal.name, registration_lifetime.name)
    is_short = any(not isinstance(e, Event) and e[0] in lapsing for e in run)
    model = GatewayModel(SCENE, domain)
    found: list[Stimulus] = []
    for event in run:
        if isinstance(event, Event):
            following = tuple(_of_event(event, domain, is_short=is_short))
        elif model.machine.deadline(event[0], SCENE.node) is None:
            following = (PATIENCE,)
        elif event[0] in lapsing and model.machine.awaited(SCENE.node):
            return None  # whether a gateway renews meanwhile is its choice
        else:
            following = (Await(event[0]),)
        for stimulus in following:
            if _names(stimulus) and _is_named_by_itself(model):
                # the anchor answers with the address of the request
                unnamed = _without_a_name(stimulus)
                if unnamed is None:
                    return None
                stimulus = unnamed
            model.apply(stimulus)
            found.append(stimulus)
    return tuple(found)


def _names(stimulus: Stimulus) -> bool:
    return isinstance(stimulus, Answer) and stimulus.named is not Named.NOTHING


def _without_a_name(stimulus: Stimulus) -> Answer | None:
    """The answer where it has the address of the request; None if it is the node's."""
    if isinstance(stimulus, Answer) and stimulus.named is Named.FREE:
        return replace(stimulus, named=Named.NOTHING)
    return None


def _is_named_by_itself(model: GatewayModel) -> bool:
    """The gateway awaits the answer to a registration that tells its own address."""
    request = model.request
    told = None if request is None else option_of(request, LinkLocalAddress)
    is_told = told is not None and told.address != UNSPECIFIED
    return is_told and model.machine.control(SCENE.node) in SERVING


SERVING = (UpdateListState.REGISTERING.name, UpdateListState.REGISTERED.name)


def _of_event(
    event: Event, domain: GatewayDomain, *, is_short: bool
) -> Iterator[Stimulus]:
    match event.kind:
        case "attach":
            told = HandoffIndicator[event.hint]
            yield Attach(next(hint for hint in Hint if HINTS[hint] is told))
        case "detach":
            yield Detach()
        case "solicit":
            yield Solicit()
        case "synchronise":
            yield Synchronise()
        case _:
            if event.in_use:
                yield Solicit()  # so that the gateway knows the address of the node
            yield _answer(event, domain, is_short=is_short)


def _answer(event: Event, domain: GatewayDomain, *, is_short: bool) -> Answer:
    status = BindingAckStatus[event.status]
    is_acceptance = status is BindingAckStatus.ACCEPTED
    named = Named.NOTHING
    if domain.is_signalled and is_acceptance:
        named = Named.OF_NODE if event.in_use else Named.FREE
    return Answer(
        status,
        altered=None if event.is_echo else Echo.HANDOFF_INDICATOR,
        form=AnswerForm.ORDINARY if event.matches else AnswerForm.OTHER_NUMBER,
        prefixes=Prefixes.OTHER if event.prefix == PREFIXES[1] else Prefixes.ONE,
        is_short=is_short and is_acceptance,
        named=named,
    )


# ---- purposes --------------------------------------------------------------------------


def seen(
    domain: GatewayDomain, rules: Iterable[Rule] | None, stimuli: Iterable[Stimulus]
) -> Iterator[object]:
    """What a tester sees on each stimulus of a gateway with these rules.

    None where the stimulus cannot be brought about.
    """
    model = GatewayModel(SCENE, domain, rules)
    for stimulus in stimuli:
        before = model.request
        reaction = model.apply(stimulus)
        if reaction is None:
            yield None
            continue
        came = None if model.request is before else model.request
        requests = [at for at, _ in reaction.requests]
        yield requests, came, reaction.is_advertised, reaction.way, model.named


def shows(draft: GatewayDraft, mutant: Mutant) -> bool:
    """Whether the mutant differs from the gateway on the steps of a purpose."""
    return any(
        right != wrong
        for right, wrong in zip(
            seen(draft.domain, None, draft.stimuli),
            seen(draft.domain, mutant.rules, draft.stimuli),
            strict=True,
        )
    )


def distinction(mutant: Mutant) -> GatewayDraft | None:
    """A purpose on whose steps the mutant differs; None where none is known."""
    if all(compared(mutant, setting).run is None for setting in WIDEST):
        return None
    for domain in DOMAINS:
        found = compared(mutant, Setting.of(domain)).run
        if found is not None:
            stimuli = stimuli_of(found, domain)
            draft = None if stimuli is None else _draft(domain, stimuli, mutant.rule)
            if draft is not None and shows(draft, mutant):
                return draft
    return None


def _draft(
    domain: GatewayDomain, stimuli: tuple[Stimulus, ...], subject: str
) -> GatewayDraft | None:
    model = GatewayModel(SCENE, domain)
    control, reaction = model.control, None
    for stimulus in stimuli:
        control = model.control
        reaction = model.apply(stimulus)
    if reaction is None:
        return None
    edge = GatewayEdge(domain, control, stimuli, reaction, model.snapshot())
    draft = draft_of(edge)
    (rule,) = (r for r in shipped_rules() if r.name == subject)
    own = () if isinstance(stimuli[-1], Attach) else rule.requirements
    shown = shown_by_answers(own, stimuli)
    before = f" after {stimuli[-2]}" if len(stimuli) > 1 else ""
    return replace(
        draft,
        key=f"{domain} / {MARK}{subject} / {', then '.join(map(str, stimuli))}",
        title=f"{draft.title}{before}",
        requirements=tuple(dict.fromkeys((*draft.requirements, *shown))),
    )


def distinction_drafts(others: Iterable[GatewayDraft]) -> Iterator[GatewayDraft]:
    """A purpose for each mutant on which none of the others tells it, each once."""
    known = list(others)
    for mutant in gateway_mutants().values():
        draft = distinction(mutant)
        if draft is None or any(_begins(other, draft) for other in known):
            continue
        known.append(draft)
        yield draft


def kept_distinctions(kept: Iterable[GatewayDraft]) -> Iterator[GatewayDraft]:
    """Those of the drafts that tell a mutant, made again; without those that do so no more.

    It takes a moment, where `distinction_drafts` looks for shortest runs.
    """
    for draft in kept:
        told = faults_of(draft)
        if told:
            (subject,) = {mutant.rule for mutant in told}
            steps = (*draft.preamble, draft.test)
            again = _draft(draft.domain, steps, subject)
            if again is not None and any(shows(again, mutant) for mutant in told):
                yield again


def faults_of(draft: GatewayDraft) -> list[Mutant]:
    """The mutants of the rule that a purpose is there for; none for other purposes."""
    part = draft.key.split(" / ")[1]
    if not part.startswith(MARK):
        return []
    subject = part.removeprefix(MARK)
    return [m for m in gateway_mutants().values() if m.rule == subject]


def _begins(longer: GatewayDraft, draft: GatewayDraft) -> bool:
    """One purpose begins with the steps of the other, its probes left aside."""
    steps = (*draft.preamble, draft.test)
    return longer.domain is draft.domain and longer.stimuli[: len(steps)] == steps
