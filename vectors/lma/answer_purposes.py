"""Test purposes for the rules of acknowledgements.

For every exchange rule its branches are found by asking it what it expects for each
presence of options, before and after each kind of session, accepted and rejected; one
purpose stands for each set of requirement ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from pmip6.model.language.interpreter import State, Value
from pmip6.model.lma.acknowledgement import EXCHANGE_RULES, held_link_local_address
from pmip6.model.lma.answer import Answer, HeldAddress
from pmip6.model.state import BindingState, pbu
from pmip6.model.wire.abstraction import concrete_request, status_and_prefix
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.model.wire.numbers import is_rejection
from pmip6.model.wire.options import HomeNetworkPrefix
from pmip6.vectors.lma.attempts import FAULTS, MAGS
from pmip6.vectors.lma.model import (
    DECLARED,
    LINK_LAYERS,
    AnchorModel,
    Reaction,
    model_message,
)
from pmip6.vectors.lma.purposes import Draft, Group, Kind
from pmip6.vectors.lma.stimuli import Gateway, LinkLocal, Node, Request, Stimulus
from pmip6.vectors.packs.wire_form import further_options

SESSIONS: tuple[tuple[Stimulus, ...], ...] = (
    (),
    (Request(),),
    (Request(link_local=LinkLocal.ALL_ZERO),),
    (Request(link_local=LinkLocal.NON_ZERO),),
)
"""Sessions before the request: none, and one with each kind of link-local address."""

_IDENTIFIER = bytes.fromhex("020000000001")
_ADDRESS = IPv6Address("fe80::1")
_PREFIX = HomeNetworkPrefix(IPv6Address("2001:db8::"), 64)


@dataclass(frozen=True)
class Branch:
    """One branch of an exchange rule: its outcome, what was before, the ids behind it."""

    rule: str
    outcome: str
    requirements: tuple[str, ...]

    @property
    def key(self) -> str:
        """The branch as the ledger names it."""
        return f"answer / {self.rule} / {self.outcome} / {' '.join(self.requirements)}"


def answer_purposes(model: AnchorModel) -> Iterator[Draft]:
    """A purpose for each branch that no request of the rule purposes takes."""
    seen: set[Branch] = set()
    for preamble, request in _requests():
        state = state_after(model, preamble)
        reaction = model.react(state, request)
        if reaction is None or reaction.answer is None:
            continue
        for branch in _branches(request, reaction, preamble):
            if branch not in seen and is_special(request):
                yield _draft(branch, preamble, request)
            seen.add(branch)


def is_special(request: Request) -> bool:
    """The request has an option, or lacks one, that the rule table does not read."""
    return not request.link_layer_identifier or request.link_local is not (
        LinkLocal.ABSENT
    )


def _requests() -> Iterator[tuple[tuple[Stimulus, ...], Request]]:
    """Requests with every presence of options; the ordinary ones first."""
    for preamble in SESSIONS[:2]:
        for request in (Request(), Request(deregistration=True), *FAULTS):
            yield preamble, request
    for preamble in SESSIONS:
        for gateway in (*reversed(MAGS), Gateway.STRANGER):
            plain = Request(gateway=gateway)
            yield preamble, replace(plain, link_layer_identifier=False)
            for link_local in (LinkLocal.ALL_ZERO, LinkLocal.NON_ZERO):
                yield preamble, replace(plain, link_local=link_local)


def state_after(model: AnchorModel, stimuli: tuple[Stimulus, ...]) -> State:
    """The state of an anchor that has met these, each of which makes sense."""
    state = model.initial
    for stimulus in stimuli:
        reaction = model.react(state, stimulus)
        assert reaction is not None
        state = reaction.target
    return state


def _concrete(request: Request) -> ProxyBindingUpdate:
    message = model_message(request, prefix=None, timestamp=1, timely=True)
    wire: dict[object, Value] = dict.fromkeys(LINK_LAYERS.values(), _IDENTIFIER)
    wire[DECLARED] = 1
    values = [v.encode() if isinstance(v, Node) else wire.get(v, v) for v in message]
    values[[name for name, _ in pbu.fields].index("sequence")] = 1
    return concrete_request(
        tuple(values),
        lifetime=1,
        others=further_options(request, _ADDRESS, _ADDRESS),
    )


def _branches(
    request: Request, reaction: Reaction, preamble: tuple[Stimulus, ...]
) -> Iterator[Branch]:
    """The branches of all exchange rules that a request takes."""
    assert reaction.answer is not None
    status, _ = status_and_prefix(reaction.answer)
    concrete = _concrete(request)
    held: HeldAddress | None = None
    for before in preamble:
        assert isinstance(before, Request)
        held = held_link_local_address(_concrete(before), held, _ADDRESS)
    is_new = reaction.control is BindingState.FREE
    answer = Answer(status, 1, (_PREFIX,), _ADDRESS, 1, held, is_new)
    for rule in EXCHANGE_RULES:
        requirements = rule.expected(concrete, answer).requirements
        outcome = "rejected"
        if not is_rejection(status):
            outcome = "new session" if is_new else "session"
            first = preamble[0] if preamble else None
            if isinstance(first, Request) and first.link_local is not LinkLocal.ABSENT:
                outcome += f" with link-local address {first.link_local}"
        if rule.name != "link-local-address" and not is_rejection(status):
            outcome = "accepted"
        yield Branch(rule.name, outcome, requirements)


def _draft(branch: Branch, preamble: tuple[Stimulus, ...], request: Request) -> Draft:
    return Draft(
        key=branch.key,
        group=Group.ACK,
        kind=Kind.BI if branch.outcome == "rejected" else Kind.BV,
        title=f"The {branch.rule} of the answer ({branch.outcome}): {request}",
        requirements=(*branch.requirements, *value_of(branch, request)),
        preamble=preamble,
        test=request,
        probes=_link_local_probes(request, branch),
    )


def value_of(branch: Branch, request: Request) -> tuple[str, ...]:
    """The ids of what ALL_ZERO is and of the address that is kept, where they show."""
    if branch.outcome == "rejected" or request.link_local is LinkLocal.ABSENT:
        return ()
    is_read_back = "5213-5.3.6-25" in branch.requirements
    return ("5213-2.2-y1", *("5213-5.1-x4",) * is_read_back)


def _link_local_probes(request: Request, branch: Branch) -> tuple[Stimulus, ...]:
    """After an accepted address: another gateway gets the same one."""
    if request.link_local is LinkLocal.ABSENT or branch.outcome == "rejected":
        return ()
    return (Request(link_local=LinkLocal.ALL_ZERO),)
