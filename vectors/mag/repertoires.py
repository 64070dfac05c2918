"""What a tester tries of a gateway beside the ordinary: one repertoire for each subject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pmip6.model.mag.configuration import backoff
from pmip6.model.mag.path_mtu import TOO_BIG
from pmip6.model.state import UpdateListState, renewal
from pmip6.model.wire.numbers import BindingAckStatus
from pmip6.model.wire.tunnel_packets import Ecn
from pmip6.model.wire.tunnel_rules import (
    INTO_TUNNEL_AT_GATEWAY,
    OUT_OF_TUNNEL_AT_GATEWAY,
)
from pmip6.vectors.lma.stimuli import PacketForm
from pmip6.vectors.mag.discovery import OF_NEIGHBORS, SolicitationForm
from pmip6.vectors.mag.edges import (
    PROBES,
    RETRANSMISSION,
    SCENE,
    GatewayEdge,
    GatewayRepertoire,
    edge_of,
    edges_of,
)
from pmip6.vectors.mag.groups import Group
from pmip6.vectors.mag.model import GatewayDomain, GatewayModel
from pmip6.vectors.mag.stimuli import (
    Answer,
    AnswerForm,
    Ask,
    Attach,
    Await,
    Company,
    CompanyAct,
    Detach,
    Downlink,
    Frame,
    HostPacket,
    Idle,
    Lease,
    Prefixes,
    Probe,
    Restart,
    Solicit,
    Source,
    Stimulus,
    Straggle,
    TooBig,
    Uplink,
)

Before = tuple[Stimulus, ...]

_SERVED: Before = (Attach(), Answer())
_SHORT: Before = (Attach(), Answer(is_short=True))
_TWO: Before = (Attach(), Answer(prefixes=Prefixes.TWO, is_short=True))
_ANOTHER: Before = (Await(renewal.name), Answer(prefixes=Prefixes.OTHER))
_ONE: Before = (Await(renewal.name), Answer())
_LEFT: Before = (Detach(), Answer())


@dataclass(frozen=True)
class Subject:
    """One subject: what is tried, which of it is about the subject, and what it shows.

    Args:
        group: Part of the ids of its purposes.
        repertoire: What a tester does.
        requirements: Ids that every edge of the subject shows.
        probes: What shows afterwards that the gateway is in the right state.
        tag: What tells its purposes from those that end in the same way, in words.
        is_alone: Nothing else is at stake, whatever rule an edge takes.
        way: The only way to take its edge, where it is too long to be found.
    """

    group: Group
    repertoire: GatewayRepertoire
    requirements: tuple[str, ...] = ()
    probes: tuple[Stimulus, ...] = PROBES
    tag: str = ""
    is_alone: bool = False
    way: tuple[Stimulus, ...] = ()

    def key(self, edge: GatewayEdge) -> str:
        """The edge as the ledger names it."""
        return f"{edge.key} / {self.tag}" if self.tag else edge.key

    def edges(self) -> Iterator[GatewayEdge]:
        """A shortest way to every edge of the subject."""
        if self.way:
            yield edge_of(self.repertoire.domain, self.way)
        else:
            yield from edges_of(self.repertoire)


def _chosen(
    group: Group,
    way: Before,
    requirements: tuple[str, ...] = (),
    *,
    domain: GatewayDomain = GatewayDomain.FIXED,
    probes: tuple[Stimulus, ...] = PROBES,
    tag: str = "",
    is_alone: bool = False,
) -> Subject:
    """One way to an edge, which no shortest one shows; see `Subject`."""
    repertoire = GatewayRepertoire(domain, (), _nothing)
    return Subject(group, repertoire, requirements, probes, tag, is_alone, way)


def _nothing(model: GatewayModel, before: Before) -> Iterable[Stimulus]:
    return ()


# ---- solicitations in odd forms ---------------------------------------------------------


def _odd_solicitations(model: GatewayModel, before: Before) -> Iterator[Stimulus]:
    if model.machine.control(model.scene.node) != UpdateListState.REGISTERED.name:
        return
    for form in SolicitationForm:
        if form is not SolicitationForm.ORDINARY and form not in OF_NEIGHBORS:
            yield Solicit(form)
        yield Ask(form)


SOLICITATIONS = Subject(
    Group.ND,
    GatewayRepertoire(GatewayDomain.FIXED, (Attach(), Answer()), _odd_solicitations),
)

# ---- after the node has left ------------------------------------------------------------


def _stragglers(model: GatewayModel, before: Before) -> Iterable[Stimulus]:
    return (Straggle(frame) for frame in Frame)


STRAGGLERS = Subject(
    Group.DER,
    GatewayRepertoire(GatewayDomain.FIXED, (Attach(), Answer(), Detach()), _stragglers),
    ("5213-6.9.1.4-9",),
)

NOT_RENEWED = _chosen(
    Group.DER,
    (*_SHORT, *_LEFT, Idle(25)),
    ("5213-6.13-2",),
    probes=(),
    tag="past the lifetime",
    is_alone=True,
)
SECOND_VISIT = _chosen(
    Group.ATT, (*_SERVED, *_LEFT, Attach()), ("5213-6.6-2",), tag="for the second time"
)

# ---- answers with a lifetime that none was asked for -------------------------------------

NO_GRANT = _chosen(
    Group.ACK,
    (Attach(), Answer(form=AnswerForm.WRONG_LIFETIME)),
    ("6275-11.7.3-7",),
    probes=(Uplink(), Downlink()),
    tag="without a grant",
    is_alone=True,
)
ENDED = _chosen(
    Group.DER,
    (*_SERVED, Detach(), Answer(form=AnswerForm.WRONG_LIFETIME)),
    probes=(Idle(),),
    tag="all the same",
)

# ---- prefixes that the session has lost -------------------------------------------------


def _traffic_of_the_former(model: GatewayModel, before: Before) -> Iterator[Stimulus]:
    if model.former:
        yield Uplink(Source.FORMER)
        yield Downlink(is_former=True)


RENUMBERED = Subject(
    Group.REN,
    GatewayRepertoire(
        GatewayDomain.FIXED,
        (
            Attach(),
            Answer(is_short=True),
            Await(renewal.name),
            Answer(prefixes=Prefixes.OTHER),
        ),
        _traffic_of_the_former,
    ),
    ("5213-6.12-2",),
)

WITHDRAWN = _chosen(
    Group.REN,
    (Attach(), Answer(is_short=True), Solicit(), *_ANOTHER, Solicit()),
    ("5213-6.12-1",),
    tag="when it has heard of one that is lost",
)
TOLD = _chosen(
    Group.REN,
    (
        *(Attach(), Answer(is_short=True), Solicit(), Await(renewal.name)),
        Answer(prefixes=Prefixes.OTHER, is_told=True),
    ),
    ("5213-6.12-1",),
    tag="when it has heard of the one that is lost",
    is_alone=True,
)
ONE_OF_TWO = tuple(
    _chosen(
        Group.REN, (*_TWO, *_ONE, packet), ("5213-6.12-2",), tag="one of two is lost"
    )
    for packet in (Uplink(Source.FORMER), Downlink(is_former=True))
)

# ---- what is known of a node beforehand -------------------------------------------------


def _of_a_known_prefix(model: GatewayModel, before: Before) -> Iterator[Stimulus]:
    yield Attach()
    if model.machine.awaited(model.scene.node) and len(before) == 1:
        yield Answer()
        yield Answer(BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX)
        yield RETRANSMISSION
    if not model.machine.awaited(model.scene.node):
        yield RETRANSMISSION


PROFILED = Subject(
    Group.PRO,
    GatewayRepertoire(
        GatewayDomain.PROFILED,
        (Attach(), Answer(BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX)),
        _of_a_known_prefix,
    ),
    ("5213-6.2-1", "5213-6.2-3"),
)


def _attachment(model: GatewayModel, before: Before) -> Iterator[Stimulus]:
    yield Attach()


def _without_the_service(model: GatewayModel, before: Before) -> Iterator[Stimulus]:
    yield Attach()
    yield from (Solicit(), Uplink(), Detach())
    if model.machine.is_attached(model.scene.node):
        yield Downlink()


DENIED = Subject(
    Group.ACC,
    GatewayRepertoire(GatewayDomain.DENIED, (Attach(),), _without_the_service),
    ("5213-6.14-1",),
)
ANONYMOUS = Subject(
    Group.ATT,
    GatewayRepertoire(GatewayDomain.ANONYMOUS, (), _attachment),
    ("5213-6.9.1.1-19", "5213-8.6-x7"),
)

# ---- two nodes at the gateway -----------------------------------------------------------

COMPANION_PROBES: tuple[Stimulus, ...] = (
    Company(CompanyAct.SENDS),
    Company(CompanyAct.GETS),
)
"""What shows whether the gateway serves the other node."""


def _between_neighbours(model: GatewayModel, before: Before) -> Iterator[Stimulus]:
    if not (model.traffic.own and model.traffic.company):
        return
    yield Uplink(is_for_company=True)
    if model.domain is not GatewayDomain.EXEMPT:  # whose policy counts is not told
        yield Company(CompanyAct.SENDS_TO_NODE)
        yield HostPacket()


def _neighbours(domain: GatewayDomain, requirements: tuple[str, ...] = ()) -> Subject:
    tried = (Attach(), Answer(), Company())
    return Subject(
        Group.LOC,
        GatewayRepertoire(domain, tried, _between_neighbours),
        requirements,
    )


UNBOUND = _chosen(
    Group.LOC,
    (Company(), Attach(), Uplink(is_for_company=True)),
    domain=GatewayDomain.LOCAL,
    tag="without a binding",
)


def _departures(model: GatewayModel, before: Before) -> Iterator[Stimulus]:
    is_served = model.traffic.own and model.traffic.company
    if is_served:
        yield Detach()
    if before and before[-1] == Detach() and model.traffic.company:
        yield Answer()


TUNNEL = Subject(
    Group.TUN,
    GatewayRepertoire(
        GatewayDomain.COMPANY, (Attach(), Answer(), Company(), Detach()), _departures
    ),
    ("5213-6.9.1.2-19",),
    COMPANION_PROBES,
)

# ---- after a restart --------------------------------------------------------------------


def _after_restart(model: GatewayModel, before: Before) -> Iterator[Stimulus]:
    if model.has_restarted and model.traffic.own and model.traffic.company:
        yield Uplink(is_for_company=True)


def _restart(model: GatewayModel, before: Before) -> Iterator[Stimulus]:
    if _is_served(model):
        yield Restart()


RESTARTED = Subject(
    Group.RST,
    GatewayRepertoire(
        GatewayDomain.LOCAL,
        (Restart(), Attach(), Answer(), Company()),
        _after_restart,
    ),
    ("5213-9.2-2",),
    tag="after a restart",
)

FORGOTTEN = (
    _chosen(Group.RST, (*_SERVED, Restart(), Downlink()), tag="after a restart"),
    _chosen(
        Group.RST,
        (*_SERVED, Restart(), Attach()),
        ("5213-6.6-2",),
        tag="after a restart",
    ),
)

SAME_VARIABLES = _chosen(
    Group.RST,
    (*_SERVED, Restart(), *_SERVED, Solicit()),
    ("5213-9.3-2",),
    probes=(),
    tag="after a restart",
    is_alone=True,
)
"""Link-local and link-layer address are those of the domain, and so is what orders requests."""

STOPPED = Subject(
    Group.RST,
    GatewayRepertoire(GatewayDomain.FIXED, (Attach(), Answer()), _restart),
    ("4861-6.2.5-1",),
    probes=(),
    tag="with a node on its link",
    is_alone=True,
)

# ---- waiting for an answer --------------------------------------------------------------


def _renewal_on_advice(model: GatewayModel, before: Before) -> Iterator[Stimulus]:
    if _is_served(model):
        yield Await(renewal.name)


ADVISED = Subject(
    Group.EXT,
    GatewayRepertoire(
        GatewayDomain.FIXED, (Attach(), Answer(is_advised=True)), _renewal_on_advice
    ),
    ("6275-11.7.3-14", "6275-10.3.1-32"),
    tag="on advice",
    is_alone=True,
)


def _repetition_beside_company(
    model: GatewayModel, before: Before
) -> Iterator[Stimulus]:
    if before == (Attach(), RETRANSMISSION, Company()):
        yield RETRANSMISSION


SEPARATE = Subject(
    Group.RTX,
    GatewayRepertoire(
        GatewayDomain.COMPANY,
        (Attach(), RETRANSMISSION, Company()),
        _repetition_beside_company,
    ),
    ("6275-11.8-6",),
    tag="while another node registers",
)


LONGEST_WAIT = Subject(
    Group.RTX,
    GatewayRepertoire(GatewayDomain.FIXED, (), _attachment),
    tag="after the longest wait",
    way=(Attach(), *[RETRANSMISSION] * (len(tuple(backoff(*SCENE.backoff_ms))) + 1)),
)

# ---- the path to the anchor, and DHCP ---------------------------------------------------


def _is_served(model: GatewayModel) -> bool:
    return model.machine.control(model.scene.node) == UpdateListState.REGISTERED.name


def _notice(model: GatewayModel, before: Before) -> Iterator[Stimulus]:
    if _is_served(model):
        yield TooBig(is_told=True)


def _solicitation(model: GatewayModel, before: Before) -> Iterator[Stimulus]:
    if model.path_mtu is not None and _is_served(model):
        yield Solicit()


def _probe(model: GatewayModel, before: Before) -> Iterator[Stimulus]:
    if not before:
        yield Probe()


def _leases(model: GatewayModel, before: Before) -> Iterator[Stimulus]:
    if _is_served(model):
        yield Lease()


def _answered_leases(model: GatewayModel, before: Before) -> Iterator[Stimulus]:
    if Lease() in before:
        yield Lease(is_answer=True)


PATH = (
    Subject(
        Group.MTU,
        GatewayRepertoire(GatewayDomain.FIXED, _SERVED, _notice),
        ("5213-6.9.5-11",),
    ),
    Subject(
        Group.MTU,
        GatewayRepertoire(GatewayDomain.FIXED, (*_SERVED, TooBig()), _solicitation),
        ("5213-6.9.5-2", "5213-6.9.5-10", "5213-6.9.5-12"),
        tag="on a path that takes less now",
    ),
    Subject(
        Group.MTU,
        GatewayRepertoire(GatewayDomain.FIXED, (), _probe),
        ("5213-6.9.5-4",),
    ),
)
DHCP = (
    Subject(
        Group.DHC,
        GatewayRepertoire(GatewayDomain.FIXED, _SERVED, _leases),
        ("5213-6.11-1",),
    ),
    Subject(
        Group.DHC,
        GatewayRepertoire(GatewayDomain.FIXED, (*_SERVED, Lease()), _answered_leases),
        ("5213-6.11-1",),
    ),
)

LEASED = tuple(
    _chosen(Group.DHC, (*before, Lease()), ("5213-6.11-1",), tag=tag)
    for before, tag in (
        ((*_SHORT, *_ANOTHER), "with another prefix than before"),
        ((Attach(), Answer(prefixes=Prefixes.TWO)), "with two prefixes"),
        ((*_SERVED, *_LEFT, *_SERVED), "for the second time"),
    )
)

# ---- what becomes of the octets of user packets -----------------------------------------

_MARKED: tuple[Uplink | Downlink, ...] = (
    *(Uplink(ecn=ecn) for ecn in Ecn),
    *(
        Downlink(ecn=ecn, tunnel_ecn=outer)
        for ecn in Ecn
        for outer in (Ecn.ECT_0, Ecn.CE)
        if (ecn, outer) != (Ecn.NOT_ECT, Ecn.CE)  # docs/findings.md
    ),
)
_ODD: tuple[tuple[Uplink | Downlink, tuple[str, ...]], ...] = (
    (Uplink(form=PacketForm.LAST_HOP), ("5213-6.10.5-14",)),
    (Uplink(form=PacketForm.LARGE), ("5213-6.10.5-14", *TOO_BIG.requirements)),
    (Downlink(form=PacketForm.LAST_HOP), ("5213-6.10.5-3",)),
    (Downlink(form=PacketForm.CUT_UP), ("5213-6.10.5-3",)),
)


def _of_marks(packet: Uplink | Downlink) -> tuple[str, ...]:
    """What it shows how a packet with these marks crosses the end of the tunnel."""
    rows, outer = INTO_TUNNEL_AT_GATEWAY, Ecn.NOT_ECT
    if isinstance(packet, Downlink):
        rows, outer = OUT_OF_TUNNEL_AT_GATEWAY, packet.tunnel_ecn
    shown = (row for row in rows if row.applies(outer, packet.ecn))
    return tuple(dict.fromkeys(id_ for row in shown for id_ in row.requirements))


def _octets(packet: Uplink | Downlink, requirements: tuple[str, ...]) -> Subject:
    outer = packet.tunnel_ecn.name if isinstance(packet, Downlink) else "no tunnel"
    tag = f"{packet.ecn.name} in {outer}, {packet.form}"
    way = (*_SERVED, packet)
    return _chosen(Group.FWD, way, requirements, probes=(), tag=tag, is_alone=True)


OCTETS = (
    *(_octets(packet, _of_marks(packet)) for packet in _MARKED),
    *(_octets(packet, requirements) for packet, requirements in _ODD),
)

SUBJECTS = (
    SOLICITATIONS,
    STRAGGLERS,
    RENUMBERED,
    PROFILED,
    DENIED,
    ANONYMOUS,
    _neighbours(GatewayDomain.COMPANY, ("5213-9.2-3",)),
    _neighbours(GatewayDomain.LOCAL, ("5213-9.2-1", "5213-9.2-x1")),
    _neighbours(GatewayDomain.EXEMPT, ("5213-9.2-5", "5213-9.2-x4")),
    TUNNEL,
    RESTARTED,
    STOPPED,
    ADVISED,
    SEPARATE,
    LONGEST_WAIT,
    *PATH,
    *DHCP,
    NOT_RENEWED,
    SECOND_VISIT,
    NO_GRANT,
    ENDED,
    WITHDRAWN,
    TOLD,
    *ONE_OF_TWO,
    UNBOUND,
    *FORGOTTEN,
    *LEASED,
    SAME_VARIABLES,
    *OCTETS,
)
"""Every subject beside the ordinary."""
