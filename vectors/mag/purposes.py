"""Test purposes for a gateway: what each test case does, and what it is there for.

The shipped purposes stand in `gateway_purposes.json`, which `pmip6.vectors.ledger` makes
from the tables of the gateway.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import cast

from pmip6.model.mag.configuration import backoff
from pmip6.model.mag.forwarding import Way
from pmip6.model.state import retransmission
from pmip6.model.wire.numbers import BindingAckStatus, is_rejection
from pmip6.vectors.ledger_files import chosen, shipped
from pmip6.vectors.lma.purposes import Kind
from pmip6.vectors.mag.discovery import SolicitationForm
from pmip6.vectors.mag.edges import (
    PROBES,
    RETRANSMISSION,
    SCENE,
    SEARCHED,
    GatewayEdge,
    closing,
    edges,
)
from pmip6.vectors.mag.groups import Group
from pmip6.vectors.mag.model import GatewayDomain, GatewayModel
from pmip6.vectors.mag.repertoires import SUBJECTS, Subject
from pmip6.vectors.mag.stimuli import (
    LOST_AT_TUNNEL,
    Answer,
    AnswerForm,
    Ask,
    Attach,
    Await,
    Company,
    Downlink,
    Hint,
    HostPacket,
    Lease,
    Named,
    Prefixes,
    Probe,
    Restart,
    Solicit,
    Stimulus,
    Straggle,
    TooBig,
    Uplink,
    from_document,
)

GATEWAY_LEDGER = "gateway_purposes.json"


@dataclass(frozen=True)
class GatewayDraft:
    """A test purpose without its id.

    Args:
        key: What it is derived from; the ledger finds its id by it.
        group, kind: Parts of the id.
        domain: What has to be fixed for the domain of the gateway.
        title: One line.
        requirements: Ids of the requirements that it checks.
        preamble: What brings the gateway into the state of the test.
        test: The stimulus that the purpose is about.
        probes: What shows afterwards that the gateway is in the right state.
    """

    key: str
    group: Group
    kind: Kind
    domain: GatewayDomain
    title: str
    requirements: tuple[str, ...]
    preamble: tuple[Stimulus, ...]
    test: Stimulus
    probes: tuple[Stimulus, ...]

    @property
    def stimuli(self) -> tuple[Stimulus, ...]:
        """All steps in their order."""
        return (*self.preamble, self.test, *self.probes)

    @property
    def needs_restart(self) -> bool:
        """The gateway is restarted, and nobody else may use it meanwhile."""
        return any(isinstance(stimulus, Restart) for stimulus in self.stimuli)

    @property
    def needs_hosts(self) -> bool:
        """The gateway has to have a link of ordinary hosts."""
        return any(isinstance(stimulus, HostPacket) for stimulus in self.stimuli)


@dataclass(frozen=True)
class GatewayPurpose(GatewayDraft):
    """A test purpose with its id and the version of its steps."""

    name: str
    version: int


# ---- derivation ------------------------------------------------------------------------


def gateway_drafts() -> Iterator[GatewayDraft]:
    """Every test purpose of the gateway's tables as they are, with clear signalling."""
    for domain in SEARCHED:
        for edge in edges(domain):
            if _is_about(edge):
                yield draft_of(edge)
    for subject in SUBJECTS:
        for edge in subject.edges():
            yield draft_of(edge, subject)


def _is_about(edge: GatewayEdge) -> bool:
    """The edge shows what its domain has and the plain one has not."""
    last = edge.stimuli[-1]
    match edge.domain:
        case GatewayDomain.FIXED:
            return True
        case GatewayDomain.SIGNALLED:
            is_named = isinstance(last, Answer) and last.named is not Named.NOTHING
            is_open = edge.control in _OPEN
            return edge.taken == "request_allocation" or (is_named and is_open)
        case GatewayDomain.NUMBERED:
            return edge.taken in (
                "accept",
                "request_allocation",
                "retransmit",
                "try_again_later",
            )
        case _:
            return False


_OPEN = ("REGISTERING", "REGISTERED, renewing")
"""The control states in which an answer to a registration is awaited."""


def draft_of(edge: GatewayEdge, subject: Subject | None = None) -> GatewayDraft:
    """The purpose of an edge."""
    model = GatewayModel(SCENE, edge.domain)
    model.restore(edge.after)
    last = edge.stimuli[-1]
    rule, way = edge.reaction.rule, edge.reaction.way
    told = f"{edge.control}, {edge.domain}"
    where = f"({told}, {subject.tag})" if subject and subject.tag else f"({told})"
    if rule is not None:
        what = rule.doc.splitlines()[0].rstrip(".")
    elif isinstance(last, Ask) and model.is_taken(last):
        what = "The gateway tells its link-layer address"
    elif type(last) in _ANSWERED:
        what = _ANSWERED[type(last)]
    else:
        goes = Way.DROP if way is not None and _is_lost(last) else way and way.way
        what = f"The packet goes {goes.value}" if goes else "Nothing happens"
    return GatewayDraft(
        key=edge.key if subject is None else subject.key(edge),
        group=_group(edge) if subject is None else subject.group,
        kind=_kind(edge),
        domain=edge.domain,
        title=f"{what}: {last} {where}",
        requirements=_requirements(edge, subject),
        preamble=edge.stimuli[:-1],
        test=last,
        probes=tuple(closing(model, PROBES if subject is None else subject.probes)),
    )


def _is_lost(last: Stimulus) -> bool:
    """A user packet whose octets let it go nowhere."""
    return isinstance(last, Uplink | Downlink) and last.form in LOST_AT_TUNNEL


_ANSWERED: dict[type[Stimulus], str] = {
    TooBig: "A smaller MTU is used, and the nodes hear of it",
    Probe: "An Echo Request is answered",
    Lease: "A DHCP message is relayed",
    Restart: "The nodes hear that the gateway is no router any more",
}
"""What a gateway does on stimuli that no rule and no row is about."""
_SECTION = re.compile(r"5213-(6\.9\.1\.[1-4]|6\.9\.2|6\.9\.4|6\.10\.5)-")


def _group(edge: GatewayEdge) -> Group:
    if edge.reaction.way is not None:
        return Group.FWD
    rule, last = edge.reaction.rule, edge.stimuli[-1]
    if rule is not None:
        for requirement in rule.requirements:
            found = _SECTION.match(requirement)
            if found:
                return Group(found[1])
        return Group.EXT
    if isinstance(last, Solicit):
        return Group.ADV
    if isinstance(last, Await):
        return Group.RTX if last.timer == retransmission.name else Group.EXT
    return Group.ACK


def _kind(edge: GatewayEdge) -> Kind:
    last = edge.stimuli[-1]
    if isinstance(last, Await):
        return Kind.TI
    if isinstance(last, Solicit | Ask) and last.form is not SolicitationForm.ORDINARY:
        return Kind.BI
    if isinstance(last, Ask) or type(last) in _ANSWERED:
        return Kind.BV
    if isinstance(last, Answer):
        is_plain = last.form in (AnswerForm.ORDINARY, AnswerForm.UNKNOWN_OPTION)
        if last.altered or last.missing or not is_plain:
            return Kind.BI
        rule = edge.reaction.rule
        if rule is None or rule.name == "ignore_unexpected_acknowledgement":
            return Kind.BO
        return Kind.BV if last.status == 0 else Kind.BI
    if _is_lost(last):
        return Kind.BI
    return Kind.BV if edge.taken not in ("nothing", *_DROPS) else Kind.BO


_DROPS = (
    "drop_link_local_source",
    "drop_without_binding",
    "drop_foreign_source",
    "drop_hosted_nowhere",
)
_REJECTED = "5213-6.9.1.2-16"
_GIVEN_UP = "6275-11.7.3-12"
_BY_STATUS: dict[int, tuple[str, ...]] = {
    BindingAckStatus.PROXY_REG_NOT_ENABLED: ("5213-6.9.1.2-10", "5213-6.9.1.2-11"),
    BindingAckStatus.TIMESTAMP_MISMATCH: ("5213-6.9.1.2-13",),
    BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED: ("5213-6.9.1.2-12",),
    BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX: ("5213-6.9.1.2-15",),
    BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW: ("6275-11.7.3-9",),
}
"""What a rejection shows beside that the node gets no service."""
_STATUS_OF = {name: status for status, names in _BY_STATUS.items() for name in names}
_BY_RULE: dict[str, tuple[str, ...]] = {
    "register_after_synchronisation": ("5213-6.9.1.2-14",),
    "renew": ("5213-6.1-1", "6275-11.7.3-8"),
    "answer_solicitation": ("5213-6.9.2-1", "4861-6.2.6-4"),
    "finish_deregistration": ("5213-6.9.1.4-7",),
    "abandon_deregistration": ("5213-6.9.1.4-7",),
    "accept": (
        "5213-6.9.1.2-1",
        "5213-6.9.1.2-5",
        "5213-6.9.1.2-18",
        "5213-6.9.1.2-20",
        "5213-6.9.1.2-21",
        "6275-11.7.3-5",
        "6275-11.7.3-6",
    ),
    "accept_refusal": (_GIVEN_UP,),
    "retransmit": ("6275-11.8-8", "6275-11.8-3", "5213-6.9.4-1", "5213-6.9.4-x1"),
}
"""What a purpose shows beside its rule, by its probes and by the tester's answers."""
_BY_HINT: dict[Hint, tuple[str, ...]] = {
    Hint.NOTHING: ("5213-6.9.1.1-13", "5213-6.9.1.1-15"),
    Hint.NEW_INTERFACE: ("5213-6.9.1.1-10",),
    Hint.BETWEEN_INTERFACES: ("5213-6.9.1.1-11",),
    Hint.BETWEEN_GATEWAYS: ("5213-6.9.1.1-12",),
}
_BY_FORM: dict[AnswerForm, tuple[str, ...]] = {
    AnswerForm.DIRECT: ("5213-6.9.1.2-7",),
    AnswerForm.STRANGER: ("5213-6.9.1.2-7",),
    AnswerForm.BAD_CHECKSUM: ("5213-6.9.1.2-3", "6275-9.2-2"),
}
_RESERVED = (
    "6275-6.1.1-3",
    "6275-6.1.8-2",
    "5213-8.3-2",
    "5213-8.4-2",
    "5213-8.5-2",
    "5213-8.6-2",
)
"""What a gateway shows that takes an answer in which all reserved bits are set."""
_BY_TAKEN_FORM: dict[tuple[AnswerForm, str], tuple[str, ...]] = {
    (AnswerForm.RESERVED_SET, "accept"): _RESERVED,
    (AnswerForm.UNKNOWN_OPTION, "accept"): ("5213-8.2-1", "6275-6.1.8-4"),
    (AnswerForm.OTHER_NUMBER, "ignore_unexpected_acknowledgement"): ("5213-6.9.1.2-4",),
}
"""What the form of an answer shows where a rule treats it as it should."""
_BY_SOLICITATION: dict[SolicitationForm, tuple[str, str]] = {
    SolicitationForm.RESERVED_SET: ("4861-6.1.1-3", "4861-7.1.1-2"),
    SolicitationForm.UNKNOWN_OPTION: ("4861-6.1.1-3", "4861-7.1.1-2"),
    SolicitationForm.OTHER_OPTION: ("4861-6.1.1-4", "4861-7.1.1-3"),
}
"""What a solicitation shows that is answered in spite of its form, RS and NS."""
_OF_REJECTIONS = frozenset(
    {"accept_refusal", "await_synchronisation", "try_again_later"}
)


def _requirements(edge: GatewayEdge, subject: Subject | None) -> tuple[str, ...]:
    """Ids behind the rule or the row, as far as this stimulus shows them."""
    last, rule, way = edge.stimuli[-1], edge.reaction.rule, edge.reaction.way
    found: list[str] = []
    if isinstance(last, Ask) or (
        isinstance(last, Solicit) and last.form is not SolicitationForm.ORDINARY
    ):
        return _of_solicitation(last)
    if way is not None:
        found += way.requirements
    elif rule is not None and rule.name in _OF_REJECTIONS and isinstance(last, Answer):
        found += (*_BY_STATUS.get(last.status, ()), _REJECTED, "6275-11.7.3-5")
        found += _BY_RULE.get(rule.name, ())
    elif rule is not None:
        found += (*rule.requirements, *_BY_RULE.get(rule.name, ()))
    else:
        found += _of_nothing(last)
    if rule is not None and rule.name == "retransmit":
        found += _of_backoff(edge)
    if isinstance(last, Attach) and edge.reaction.requests:
        found = [i for i in found if i != "5213-6.9.1.1-13"]
        found += _BY_HINT[last.hint]
    if isinstance(last, Answer) and last.prefixes is Prefixes.TWO:
        found += ("5213-6.9.1.4-3",)
    if isinstance(last, Answer):
        found += _BY_TAKEN_FORM.get((last.form, edge.taken), ())
    if subject is not None:
        found = [] if subject.is_alone else found
        found += subject.requirements
    if edge.domain.is_signalled:
        found += ("5213-9.3-1", "5213-9.3-x7")
    return tuple(dict.fromkeys(shown_by_answers(found, edge.stimuli)))


def shown_by_answers(
    requirements: Iterable[str], stimuli: Iterable[Stimulus]
) -> Iterator[str]:
    """Those ids that are about no status of an answer, or about one that is sent."""
    sent = {each.status for each in stimuli if isinstance(each, Answer)}
    for name in requirements:
        if name in (_REJECTED, _GIVEN_UP):
            is_shown = any(map(is_rejection, sent))
        else:
            is_shown = _STATUS_OF.get(name) in (None, *sent)
        if is_shown:
            yield name


def _of_backoff(edge: GatewayEdge) -> Iterator[str]:
    """What the length of the wait before a repetition shows."""
    before = itertools.takewhile(
        lambda step: step == RETRANSMISSION or isinstance(step, Company),
        reversed(edge.stimuli[:-1]),
    )
    number = sum(step == RETRANSMISSION for step in before)  # of the repetitions
    longest = backoff(*SCENE.backoff_ms)
    if number:
        yield "6275-11.8-4"
    else:
        yield "6275-12-x2"
        if edge.control == "REGISTERED, renewing":
            yield "6275-11.8-x1"
    if number >= len(tuple(longest)):
        yield "6275-12-x5"


def _of_solicitation(last: Solicit | Ask) -> tuple[str, ...]:
    """What it shows that a solicitation is answered or passed over."""
    is_router = isinstance(last, Solicit)
    if not GatewayModel(SCENE, GatewayDomain.FIXED).is_taken(last):
        return ("4861-6.1.1-2",) if is_router else ("4861-7.1.1-1", "4862-5.4.1-1")
    ids = _BY_SOLICITATION.get(last.form)
    if ids is not None:
        return ids[0 if is_router else 1 :][:1]
    return ("4861-6.1.1-2",) if is_router else ("4861-7.1.1-1",)


def _of_nothing(last: Stimulus) -> tuple[str, ...]:
    match last:
        case Solicit():
            return ("5213-6.9.2-3", "5213-6.9.2-4")
        case Straggle() | TooBig() | Probe() | Lease():
            return ()
        case Await(timer="retransmission"):
            return ("5213-6.9.4-4",)
        case Await():
            return ("6275-11.7.3-7",)
        case Answer(form=form):
            return _BY_FORM.get(form, ("5213-6.9.1.2-7",))
        case _:
            return (_GIVEN_UP, "5213-6.9.1.2-13")


# ---- the ledger ------------------------------------------------------------------------


def _stimuli(documents: object) -> tuple[Stimulus, ...]:
    return tuple(map(from_document, cast("list[dict[str, object]]", documents)))


def _purpose(name: str, entry: Mapping[str, object]) -> GatewayPurpose:
    version = entry["version"]
    assert isinstance(version, int)
    return GatewayPurpose(
        key=str(entry["key"]),
        group=Group[name.split("_")[2]],
        kind=Kind[name.split("_")[3]],
        domain=GatewayDomain(str(entry["key"]).split(" / ")[0]),
        title=str(entry["title"]),
        requirements=tuple(cast("list[str]", entry["requirements"])),
        preamble=_stimuli(entry["preamble"]),
        test=_stimuli([entry["test"]])[0],
        probes=_stimuli(entry["probes"]),
        name=name,
        version=version,
    )


@cache
def gateway_purposes() -> tuple[GatewayPurpose, ...]:
    """The shipped test purposes for gateways, by id.

    Raises:
        Pmip6Error: The shipped file is broken.
    """
    return shipped(GATEWAY_LEDGER, _purpose)


def gateway_purposes_named(names: Iterable[str]) -> tuple[GatewayPurpose, ...]:
    """The purposes of these ids, each once, in the order given.

    Raises:
        Pmip6Error: There is no such purpose.
    """
    return chosen(gateway_purposes(), names)
