"""Ways to rules that the settings of the campaign rule out, with settings of their own.

A tester of the campaign cannot choose how few prefixes an anchor has, or how long a gateway
asks for a tunnel; whoever plays a pack configures what a scenario names.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Network

from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.packs.cases import (
    Cases,
    Chosen,
    anchor_case,
    as_tour,
    handover_case,
)
from pmip6.model.fast_handover.new_gateway import forget_context_and_request
from pmip6.model.fast_handover.state import context_lifetime
from pmip6.model.lma.waiting import allocate_after_waiting, reject_after_waiting
from pmip6.model.state import min_delay_before_bce_delete
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.fast_handover.purposes import (
    PROBES,
    HandoverGroup,
    HandoverPurpose,
)
from pmip6.vectors.fast_handover.stimuli import Elapse, Flags, Initiation, Said
from pmip6.vectors.fast_handover.stimuli import as_document as handover_document
from pmip6.vectors.lma.purposes import Kind, purposes
from pmip6.vectors.lma.stimuli import Node, Phase, Request, Stamp, Stimulus, Wait
from pmip6.vectors.lma.stimuli import as_document as anchor_document
from pmip6.vectors.packs.scenario_group import PackRole
from pmip6.vectors.packs.tours import anchor_tour, tour_name, tour_of

ONE_PREFIX = IPv6Network("2001:db8:100::/64")
RETRIES = 7
"""HIs are repeated for 25 s, longer than a context is kept."""


def with_pool(pool: IPv6Network) -> Chosen[AnchorSettings]:
    """Settings with another pool of prefixes."""

    def chosen(told: AnchorSettings) -> AnchorSettings:
        return told.model_copy(update={"prefix_pool": pool})

    return chosen


def _asks_for_long(told: GatewaySettings) -> GatewaySettings:
    assert told.fast_handover is not None
    patient = told.fast_handover.model_copy(update={"initiate_retries": RETRIES})
    return told.model_copy(update={"fast_handover": patient})


ONE = "an anchor with one prefix"
LAST_PREFIX: tuple[Stimulus, ...] = (
    Request(),
    Request(),  # its session keeps the prefix, though no other is left
    Request(node=Node.BARRED),  # that none is left is not why it is refused
    Request(deregistration=True),
    Wait(min_delay_before_bce_delete.name, Phase.PAST),
    Request(node=Node.OTHER),
    Request(stamp=Stamp.OLDER),  # nor is it here
)


def rare_anchor_ways() -> Cases:
    """What an anchor does with its only prefix; a request waits for who has it."""
    cases = Cases(PackRole.LMA)
    wanted = allocate_after_waiting.__name__
    plain = next(p for p in purposes() if wanted in p.key.split(" / "))
    where = (*plain.needs, ONE)
    steps = [anchor_document(s) for s in (*plain.preamble, plain.test)]
    purpose = replace(
        plain,
        name=tour_name(cases.role, where, steps),
        title=f"{reject_after_waiting.__name__} ({where[-1]})",
        probes=(),
        version=1,
    )
    one_prefix = with_pool(ONE_PREFIX)
    cases.recorded.append(as_tour(anchor_case(purpose, cases, one_prefix)))
    last = anchor_tour(
        tour_of(cases.role, (ONE,), [*map(anchor_document, LAST_PREFIX)])
    )
    alone = replace(last, needs=())
    cases.recorded.append(as_tour(anchor_case(alone, cases, one_prefix)))
    return cases


def rare_handover_ways() -> Cases:
    """A context is forgotten while the tunnel is still asked for."""
    cases = Cases(PackRole.NEW_MAG)
    scene = HandoverScene.CONTEXT
    where = (scene, "a gateway that repeats its HIs for long")
    offer, over = Initiation(Said.OFFER, Flags.NONE), Elapse(context_lifetime.name)
    steps = [handover_document(s) for s in (offer, over, *PROBES)]
    purpose = HandoverPurpose(
        key=f"{forget_context_and_request.__name__} / {where[-1]}",
        group=HandoverGroup.NEW,
        kind=Kind.TI,
        scene=scene,
        title=f"{forget_context_and_request.__name__} ({where[-1]})",
        requirements=(),
        preamble=(offer,),
        test=over,
        probes=PROBES,
        name=tour_name(cases.role, where, steps),
        version=1,
    )
    cases.recorded.append(as_tour(handover_case(purpose, cases, _asks_for_long)))
    return cases
