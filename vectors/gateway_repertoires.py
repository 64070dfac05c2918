"""What a tester tries of a gateway beside the ordinary: one repertoire for each subject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pmip6.model.numbers import BindingAckStatus
from pmip6.model.state import UpdateListState, renewal
from pmip6.vectors.gateway_discovery import OF_NEIGHBORS, SolicitationForm
from pmip6.vectors.gateway_edges import (
    PROBES,
    RETRANSMISSION,
    GatewayEdge,
    GatewayRepertoire,
    edges_of,
)
from pmip6.vectors.gateway_groups import Group
from pmip6.vectors.gateway_model import GatewayDomain, GatewayModel
from pmip6.vectors.gateway_stimuli import (
    Answer,
    Ask,
    Attach,
    Await,
    Detach,
    Downlink,
    Frame,
    Prefixes,
    Solicit,
    Source,
    Stimulus,
    Straggle,
    Uplink,
)

Before = tuple[Stimulus, ...]


@dataclass(frozen=True)
class Subject:
    """One subject: what is tried, which of it is about the subject, and what it shows.

    Args:
        group: Part of the ids of its purposes.
        repertoire: What a tester does.
        requirements: Ids that every edge of the subject shows.
        probes: What shows afterwards that the gateway is in the right state.
    """

    group: Group
    repertoire: GatewayRepertoire
    requirements: tuple[str, ...] = ()
    probes: tuple[Stimulus, ...] = PROBES

    def edges(self) -> Iterator[GatewayEdge]:
        """A shortest way to every edge of the subject."""
        yield from edges_of(self.repertoire)


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


DENIED = Subject(
    Group.ACC,
    GatewayRepertoire(GatewayDomain.DENIED, (), _attachment),
    ("5213-6.14-1",),
)
ANONYMOUS = Subject(
    Group.ATT,
    GatewayRepertoire(GatewayDomain.ANONYMOUS, (), _attachment),
    ("5213-6.9.1.1-19", "5213-8.6-x7"),
)

SUBJECTS = (SOLICITATIONS, STRAGGLERS, RENUMBERED, PROFILED, DENIED, ANONYMOUS)
"""Every subject beside the ordinary."""
