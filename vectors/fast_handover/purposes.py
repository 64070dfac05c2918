"""Test purposes for gateways with fast handover, derived from the rules of the model.

For each rule of fast handover in each pair of states of the gateway (what it does as
previous and as new gateway of the node) a breadth-first search gives a shortest sequence
of stimuli; the last one takes the rule there.  The ledger keeps ids and versions.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import cast

from pmip6.model.fast_handover.buffer import MOST_AT_ONCE
from pmip6.model.fast_handover.new_gateway import new_gateway
from pmip6.model.fast_handover.previous_gateway import previous_gateway
from pmip6.model.fast_handover.reception import HANDOVER_MATCHING, INITIATE_REFUSALS
from pmip6.model.fast_handover.registration import handover_registration
from pmip6.model.fast_handover.release import Holding, Release, release_of
from pmip6.model.fast_handover.retransmission import retransmission_of_initiates
from pmip6.model.fast_handover.state import (
    NewState,
    PreviousState,
    context_lifetime,
    forwarding_lifetime,
    handover_retransmission,
)
from pmip6.model.language.interpreter import Transition
from pmip6.model.wire.numbers import BindingAckStatus, HandoverAcknowledgeCode
from pmip6.vectors.fast_handover.model import (
    DERIVED,
    REFUSED,
    HandoverModel,
    HandoverScene,
    HandoverSnapshot,
    Where,
)
from pmip6.vectors.fast_handover.stimuli import (
    Acknowledgement,
    Datagram,
    Elapse,
    Flags,
    HandoverStimulus,
    HostAction,
    HostMessage,
    Indication,
    Initiation,
    LinkDown,
    LinkUp,
    Mismatch,
    Registration,
    Route,
    Said,
    Solicitation,
    from_document,
    in_words,
)
from pmip6.vectors.ledger_files import shipped
from pmip6.vectors.lma.purposes import Kind

HANDOVER_LEDGER = "handover_purposes.json"
ATTEMPTS = 4
"""How often an HI is sent: once, and HI_RETRIES times again (RFC 5568, section 9)."""
LONGEST = 5
"""Stimuli of the longest case, without its probes."""


class HandoverGroup(enum.StrEnum):
    """What a purpose is about: the middle part of its id."""

    PRE = "the previous gateway"
    NEW = "the new gateway"
    RTX = "an HI without an answer"
    REG = "the registration"
    REF = "an HI that is refused at once"
    BUF = "packets that are held back"


@dataclass(frozen=True)
class HandoverDraft:
    """A test purpose without its id; the fields are those of the other purposes."""

    key: str
    group: HandoverGroup
    kind: Kind
    scene: HandoverScene
    title: str
    requirements: tuple[str, ...]
    preamble: tuple[HandoverStimulus, ...]
    test: HandoverStimulus
    probes: tuple[HandoverStimulus, ...]

    @property
    def stimuli(self) -> tuple[HandoverStimulus, ...]:
        """All steps in their order."""
        return (*self.preamble, self.test, *self.probes)


@dataclass(frozen=True)
class HandoverPurpose(HandoverDraft):
    """A test purpose with its id and the version of its steps."""

    name: str
    version: int


# ---- what a tester does ----------------------------------------------------------------

_GIVEN = Acknowledgement(HandoverAcknowledgeCode.ALL_CONTEXT_TRANSFERRED, True)
_TAKEN = Acknowledgement(HandoverAcknowledgeCode.CONTEXT_ACCEPTED)
PREAMBLE: tuple[HandoverStimulus, ...] = (
    LinkUp(),
    LinkUp(is_told=True),
    LinkDown(),
    Registration(),
    Indication(),
    _TAKEN,
    _GIVEN,
    *(Initiation(Said.OFFER, flags) for flags in Flags),
    *(Initiation(Said.FETCH, flags) for flags in Flags),
    Elapse(forwarding_lifetime.name),
)
"""What brings a gateway into a state in which a rule is taken."""

TRIED: tuple[HandoverStimulus, ...] = (
    *PREAMBLE,
    *(
        Initiation(said, flags)
        for said in (Said.NAMED_FETCH, Said.COMPLETION)
        for flags in Flags
    ),
    *(Initiation(said) for said in REFUSED),
    *(
        Acknowledgement(code)
        for code in HandoverAcknowledgeCode
        if code != HandoverAcknowledgeCode.CONTEXT_ACCEPTED
    ),
    Acknowledgement(HandoverAcknowledgeCode.FORWARDING_NOT_AVAILABLE, True),
    Acknowledgement(HandoverAcknowledgeCode.CONTEXT_ACCEPTED, is_awaited=False),
    *(
        Acknowledgement(HandoverAcknowledgeCode.CONTEXT_ACCEPTED, mismatch=mismatch)
        for mismatch in (Mismatch.SOURCE, Mismatch.NODE)
    ),
    Indication(is_known=False),
    Solicitation(),
    Registration(is_other_prefix=True),
    Registration(BindingAckStatus.REASON_UNSPECIFIED),
    Elapse(handover_retransmission.name),
    Elapse(handover_retransmission.name, ATTEMPTS),
    Elapse(context_lifetime.name),
)

WITHDRAWAL = "5949-5.2-3"
PROBES: tuple[HandoverStimulus, ...] = tuple(Datagram(route) for route in Route)
"""What shows which way packets go afterwards."""

_GROUPS = {
    rule.name: group
    for group, table in (
        (HandoverGroup.PRE, previous_gateway),
        (HandoverGroup.NEW, new_gateway),
        (HandoverGroup.RTX, retransmission_of_initiates),
        (HandoverGroup.REG, handover_registration),
    )
    for rule in table.rules
}

# ---- derivation ------------------------------------------------------------------------


def handover_drafts() -> Iterator[HandoverDraft]:
    """Every test purpose of the rules as they are."""
    known: dict[str, HandoverDraft] = {}
    for scene in DERIVED:
        for draft in _drafts(scene):
            if draft.key not in known:
                known[draft.key] = draft
                yield draft
    yield from _interfaces(known["register_transferred_prefix / IDLE, TUNNELLED"])
    yield from _of_hosts()
    yield from _with_keys(known)
    yield from _wrong_prefixes(known)
    yield from _repetitions(known)
    yield from _reserved(known)
    yield from _full_buffers(known)


def _wrong_prefixes(known: Mapping[str, HandoverDraft]) -> Iterator[HandoverDraft]:
    """A node has heard its prefix early, and that turns out to be wrong."""
    refusal = Registration(BindingAckStatus.REASON_UNSPECIFIED)
    for where in ("INFORMED", "PREPARED", "TUNNELLED"):
        draft = known[f"withdraw_prefix / IDLE, {where}"]
        yield replace(
            draft,
            key=f"withdraw_prefix / IDLE, {where}, refused",
            title=f"withdraw_prefix (IDLE, {where}): {in_words(refusal)}",
            test=refusal,
            probes=(),  # nothing says what becomes of packets
        )
    answer = Acknowledgement(
        HandoverAcknowledgeCode.ACCEPTED, has_context=True, is_other_prefix=True
    )
    for mode, preamble in (
        ("predictive", (Initiation(Said.OFFER), LinkUp())),
        ("reactive", (LinkUp(is_told=True), _GIVEN)),
    ):
        yield HandoverDraft(
            key=f"take_consent / another prefix, {mode}",
            group=HandoverGroup.NEW,
            kind=Kind.BV,
            scene=HandoverScene.CONTEXT,
            title=f"take_consent ({mode}): {in_words(answer)}",
            requirements=(WITHDRAWAL,),
            preamble=preamble,
            test=answer,
            probes=PROBES,
        )


_REPEATED = (
    "accept_offer / IDLE, IDLE",
    "refuse_offer / IDLE, IDLE",
    "give_context / IDLE, IDLE",
    "accept_completion / IDLE, TUNNELLED",
)
"""What both gateways do on an HI, whose answer may be lost."""


def _repetitions(known: Mapping[str, HandoverDraft]) -> Iterator[HandoverDraft]:
    """The same HI comes again, with the same number: it is answered again."""
    for key in _REPEATED:
        draft = known[key]
        first = draft.test
        assert isinstance(first, Initiation)
        if first.said is Said.FETCH:  # one without a request may ask for something else
            first = replace(first, said=Said.NAMED_FETCH)
        test = replace(first, is_repeated=True)
        name = key.partition(" / ")[0]
        yield replace(
            draft,
            key=f"{name} / once more",
            title=f"{name} (as just before): {in_words(test)}",
            requirements=("5568-6.2.1.2-1",),
            preamble=(*draft.preamble, first),
            test=test,
        )


_IN_INITIATE = ("6275-6.1.1-3", "5568-6.2.1.1-6", "5949-6.1.1-x8")
_IN_ACKNOWLEDGE = ("6275-6.1.1-3", "5568-6.2.1.2-2", "5949-6.1.2-x5")
_IN_CONTEXT = ("5949-6.2.2-1", "5949-6.2.3-1", "5213-8.3-2", "5213-8.6-2")
RESERVED_FIELDS = {
    "accept_offer / IDLE, IDLE": (*_IN_INITIATE, *_IN_CONTEXT),
    "give_context / IDLE, IDLE": (*_IN_INITIATE, "5949-6.2.1-3"),
    "take_context / IDLE, FETCHING": (*_IN_ACKNOWLEDGE, *_IN_CONTEXT),
}
"""What has reserved bits that are set, by the rule that takes it."""


def _reserved(known: Mapping[str, HandoverDraft]) -> Iterator[HandoverDraft]:
    """Reserved bits of an HI, of a HAck and of their options are set: all is as without."""
    for key, requirements in RESERVED_FIELDS.items():
        draft, name = known[key], key.partition(" / ")[0]
        test: HandoverStimulus = draft.test
        if isinstance(test, Initiation):
            is_fetch = test.said is Said.FETCH
            said = Said.NAMED_FETCH if is_fetch else test.said
            test = replace(test, said=said, has_reserved=True)
        elif isinstance(test, Acknowledgement):
            test = replace(test, has_context=True, has_reserved=True)
        yield replace(
            draft,
            key=f"{name} / reserved bits",
            kind=Kind.BV,
            title=f"{name} (reserved bits change nothing): {in_words(test)}",
            requirements=requirements,
            test=test,
        )


_FILLED = (
    f"release_to_node / hold_until_arrival / {LinkUp()}",
    f"release_to_next_gateway / hold_until_asked / "
    f"{Initiation(Said.FETCH, Flags.FORWARD)}",
)
"""Both gateways let packets go that they have held back."""
HELD = MOST_AT_ONCE + 3


def _full_buffers(known: Mapping[str, HandoverDraft]) -> Iterator[HandoverDraft]:
    """More packets are held back than may leave one after another."""
    for key in _FILLED:
        draft = known[key]
        *before, packet, _ = draft.preamble
        yield replace(
            draft,
            key=f"{key} / at the rate at which they came",
            title=f"{draft.title}, where {HELD} packets wait",
            requirements=("5568-5.4-2", "5568-5.4-3"),
            preamble=(*before, *[packet] * HELD),
        )


def _interfaces(registration: HandoverDraft) -> Iterator[HandoverDraft]:
    """The registration of a node that was announced by one interface and has come by it,
    or by another one: its Handoff Indicator tells which."""
    for said, what in (
        (Said.OFFER, "the same interface"),
        (Said.OTHER_INTERFACE, "another interface"),
    ):
        yield replace(
            registration,
            key=f"register_transferred_prefix / {what}",
            title=f"register_transferred_prefix (the node comes by {what})",
            requirements=("5949-4.1-9",),
            preamble=tuple(
                replace(step, said=said) if isinstance(step, Initiation) else step
                for step in registration.preamble
            ),
        )


_KEYED = (
    "take_agreement / OFFERING, IDLE",
    "retransmit_handover_initiate / OFFERING, IDLE",
    "complete_forwarding / FORWARDING, IDLE",
    "register_transferred_prefix / IDLE, TUNNELLED",
    f"release_to_node / hold_until_arrival / {LinkUp()}",
)
"""Both gateways, in both modes, what is held back, what comes again, and the end."""


def _with_keys(known: Mapping[str, HandoverDraft]) -> Iterator[HandoverDraft]:
    """The same, where the packets between the gateways have GRE keys; and without a key."""
    asked = known["give_context / IDLE, IDLE"]
    chosen = [(known[key], known[key].test) for key in _KEYED]
    chosen.append((known["take_context / IDLE, FETCHING"], _GIVEN))
    chosen += (
        (asked, Initiation(said, Flags.FORWARD)) for said in (Said.FETCH, Said.KEYLESS)
    )
    for draft, test in chosen:
        what = f"with GRE keys: {in_words(test)}"
        yield replace(
            draft,
            key=f"{draft.key.partition(' / ')[0]} {what}",
            scene=HandoverScene.GRE_KEYS,
            title=f"{draft.key.partition(' / ')[0]} {what}",
            requirements=("5949-6.2.6-x1", "5949-6.2.6-x3", *draft.requirements),
            test=test,
        )


def _of_hosts() -> Iterator[HandoverDraft]:
    """What a node sends that would take part in its handover: it is served as before."""
    for message in HostMessage:
        stimulus = HostAction(message)
        yield HandoverDraft(
            key=f"{message.name.lower()} of a node",
            group=HandoverGroup.REF,
            kind=Kind.BO,
            scene=HandoverScene.FORWARDING,
            title=f"A node is served as before: {in_words(stimulus)}",
            requirements=("5949-4-1",),
            preamble=(LinkUp(), Registration()),
            test=stimulus,
            probes=PROBES,
        )


def _drafts(scene: HandoverScene) -> Iterator[HandoverDraft]:
    model = HandoverModel(scene)
    start = model.snapshot()
    seen = {start.key}
    layer: list[tuple[HandoverSnapshot, tuple[HandoverStimulus, ...]]] = [(start, ())]
    for _ in range(LONGEST):
        following: list[tuple[HandoverSnapshot, tuple[HandoverStimulus, ...]]] = []
        for snapshot, preamble in layer:
            for stimulus in TRIED:
                model.reset(snapshot)
                if not model.is_possible(stimulus):
                    continue
                before, told = model.where, model.advertised
                steps = model.take(stimulus)
                withdraws = told not in ((), model.advertised)
                yield from _of(scene, before, preamble, stimulus, steps, withdraws)
                yield from _releases(scene, before, model, preamble, stimulus)
                after = model.snapshot()
                if stimulus in PREAMBLE and after.key not in seen:
                    seen.add(after.key)
                    following.append((after, (*preamble, stimulus)))
        layer = following


def _of(
    scene: HandoverScene,
    before: Where,
    preamble: tuple[HandoverStimulus, ...],
    stimulus: HandoverStimulus,
    steps: list[Transition],
    withdraws: bool,
) -> Iterator[HandoverDraft]:
    """The purposes of a stimulus: one for each rule of fast handover that it takes.

    Rules that withdraw a prefix where another one comes are cited so only there.
    """
    where = f"{before.previous.name}, {before.new.name}"
    if isinstance(stimulus, Initiation) and stimulus.said in _REFUSED:
        rule = next(r for r in INITIATE_REFUSALS if r.name == _REFUSED[stimulus.said])
        served = "served" if before.is_registered else "not served"
        yield HandoverDraft(
            key=f"{rule.name} / {served}",
            group=HandoverGroup.REF,
            kind=Kind.BI,
            scene=scene,
            title=f"{rule.name} ({served}): {in_words(stimulus)}",
            requirements=rule.requirements,
            preamble=preamble,
            test=stimulus,
            probes=PROBES,
        )
    if (
        isinstance(stimulus, Acknowledgement)
        and not stimulus.is_answer
        and before.awaits_answer
    ):
        matching = next(r for r in HANDOVER_MATCHING if r.name == _broken(stimulus))
        yield HandoverDraft(
            key=f"{matching.name} / {where}",
            group=HandoverGroup.RTX,
            kind=Kind.BI,
            scene=scene,
            title=f"{_NO_ANSWERS[stimulus.mismatch]} changes nothing ({where})",
            requirements=matching.requirements,
            preamble=preamble,
            test=stimulus,
            probes=PROBES,
        )
    for step in steps:
        group = _GROUPS.get(step.name)
        if group is None or step.rule is None:
            continue
        yield HandoverDraft(
            key=f"{step.name} / {where}",
            group=group,
            kind=_kind(stimulus, step.name),
            scene=scene,
            title=f"{step.name} ({where}): {in_words(stimulus)}",
            requirements=tuple(
                each
                for each in step.rule.requirements
                if withdraws or each != WITHDRAWAL
            ),
            preamble=preamble,
            test=stimulus,
            probes=PROBES,
        )


def _releases(
    scene: HandoverScene,
    before: Where,
    model: HandoverModel,
    preamble: tuple[HandoverStimulus, ...],
    stimulus: HandoverStimulus,
) -> Iterator[HandoverDraft]:
    """The purposes of a stimulus that lets packets go that were held back until then."""
    after = model.where
    held, freed = (
        release_of(Holding(where.previous, where.new, where.is_on_link))
        for where in (before, after)
    )
    route = Route.ANCHOR
    if before.previous is not PreviousState.BUFFERING:
        route = Route.GATEWAY_DOWN
        if before.new is not NewState.TUNNELLED:
            return  # nothing is held back
    if held.release is not Release.HOLD or freed.release is Release.HOLD:
        return
    yield HandoverDraft(
        key=f"{freed.name} / {held.name} / {stimulus}",
        group=HandoverGroup.BUF,
        kind=Kind.BV,
        scene=scene,
        title=f"{freed.name} ({held.name} before): {in_words(stimulus)}",
        requirements=(*held.requirements, *freed.requirements),
        preamble=(*preamble, Datagram(route), Datagram(route)),
        test=stimulus,
        probes=PROBES,
    )


_REFUSED = {
    Said.NOBODY: "refuse a handover of no node",
    Said.STRANGER: "lack the context of an unknown node",
    Said.STRANGE_OFFER: "refuse an unknown node",
    Said.UNKNOWN_CONTEXT: "lack all context that is asked for",
}


_NO_ANSWERS = {
    Mismatch.NONE: "An answer to another HI",
    Mismatch.SOURCE: "An answer of another gateway",
    Mismatch.NODE: "An answer for another node",
}


def _broken(answer: Acknowledgement) -> str:
    """Which condition of an answer it does not fulfil."""
    of_mismatch = {
        Mismatch.NONE: "sequence number",
        Mismatch.SOURCE: "source",
        Mismatch.NODE: "node",
    }
    return f"{of_mismatch[answer.mismatch]} of a handover acknowledge"


def _kind(stimulus: HandoverStimulus, rule: str) -> Kind:
    if isinstance(stimulus, Elapse):
        return Kind.TI
    if rule.startswith(("ignore", "refuse", "lack")):
        return Kind.BO
    return Kind.BV


# ---- the shipped purposes --------------------------------------------------------------


@cache
def handover_purposes() -> tuple[HandoverPurpose, ...]:
    """The shipped purposes that have not been withdrawn, by id.

    Raises:
        Pmip6Error: The shipped file is broken.
    """
    return shipped(HANDOVER_LEDGER, _purpose)


def _purpose(name: str, entry: Mapping[str, object]) -> HandoverPurpose:
    _, _, group, kind, _ = name.split("_")
    listed = cast("Mapping[str, list[dict[str, object]]]", entry)
    return HandoverPurpose(
        key=str(entry["key"]),
        group=HandoverGroup[group],
        kind=Kind[kind],
        scene=HandoverScene(str(entry["scene"])),
        title=str(entry["title"]),
        requirements=tuple(cast("list[str]", entry["requirements"])),
        preamble=tuple(map(from_document, listed["preamble"])),
        test=from_document(cast("dict[str, object]", entry["test"])),
        probes=tuple(map(from_document, listed["probes"])),
        name=name,
        version=int(str(entry["version"])),
    )
