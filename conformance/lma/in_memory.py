"""Campaigns against anchors in memory, under virtual time.

Every case gets an anchor of its own, which knows the nodes of that case alone, so that
it is small and quick.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from ipaddress import IPv6Address, IPv6Network

from pmip6.conformance.hooks import Hooks
from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.declaration import (
    Declaration,
    Domain,
    Features,
    Nodes,
    Prefixes,
    Readings,
    Tester,
    Timers,
    Traffic,
)
from pmip6.conformance.lma.lane import NodeSupply, new_case, result_of
from pmip6.conformance.lma.settings import AnchorSettings, NodeSettings
from pmip6.conformance.results import CampaignResult, CaseResult
from pmip6.conformance.scheduler import Scheduler, Task
from pmip6.conformance.verdict import Verdict
from pmip6.conformance.wire.esp_end import EspPair, EspSettings
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.domain import Model
from pmip6.model.language.table import Rule
from pmip6.model.lma.acknowledgement import EXCHANGE_RULES, FIELD_RULES
from pmip6.model.lma.answer import ExchangeRule, FieldRule
from pmip6.model.machines import LmaMachine
from pmip6.model.state import (
    forwarding,
    sequence_numbers,
    several_prefixes,
    waits_for_deregistration,
)
from pmip6.model.wire.encoding import PaddingStyle
from pmip6.model.wire.esp import ALL_CHECKS, KEY_SIZE, EspCheck
from pmip6.vectors.lma.purposes import Purpose, purposes, purposes_named

LMAA = IPv6Address("2001:db8:1::1")
MAG1, MAG2, STRANGER = (IPv6Address(f"2001:db8:1::{n}") for n in ("11", "12", "99"))
CORRESPONDENT = IPv6Address("2001:db8:1::c")
POOL = IPv6Network("2001:db8:100::/40")
ASSIGNED = IPv6Network("2001:db8:100::/48")
"""What a reference anchor takes of the pool for nodes without prefixes of their own."""
OWN = IPv6Network("2001:db8:180::/48")
"""Prefixes that nodes get which may also ask for another one by name."""
BY_NAME = 40
"""Nodes that may ask for a prefix by name, one for each case that needs it."""
MULTIPLE = IPv6Network("2001:db8:190::/48")
"""Prefixes that nodes get whose sessions have several."""
SEVERAL = 80
"""Nodes whose sessions have several prefixes, one or two for each case that needs them."""
MORE_FOR_WAITING = 100
"""Nodes that the cases about waiting need beside those of the others."""


def reference_declaration() -> Declaration:
    """The declaration of the reference anchor."""
    return Declaration(
        role="lma",
        name="reference anchor",
        lma_address=LMAA,
        access_technology=4,
        other_access_technology=5,
        tester=Tester(
            interface="tester0",
            next_hop=LMAA,
            proxy_coas=(MAG1, MAG2),
            unlisted_proxy_coa=STRANGER,
        ),
        nodes=Nodes(
            usable=("mn*@example.org",),
            count=660,
            by_name={
                f"named{n}@example.org": IPv6Network(f"2001:db8:1f0:{n:x}::/64")
                for n in range(BY_NAME)
            },
            several_prefixes=tuple(
                f"multi{n}@example.org" for n in range(1, SEVERAL + 1)
            ),
            unknown="nobody@example.org",
            barred="barred@example.org",
            unprovided="unprovided@example.org",
        ),
        prefixes=Prefixes(pool=POOL, unassigned=IPv6Network("2001:db8:300::/64")),
        traffic=Traffic(forwarding=True, correspondent=CORRESPONDENT),
        timers=Timers(
            min_delay_before_bce_delete_ms=1000,
            max_delay_before_new_bce_assign_ms=1000,
            timestamp_validity_window_ms=300,
            long_lifetime_units=75,
            short_lifetime_units=1,
            tolerance_ms=100,
            reaction_ms=1000,
            silence_ms=300,
        ),
        domain=Domain(mobile_node_generated_timestamp_in_use=False),
        features=Features(
            several_interfaces=True,
            sequence_numbers=True,
            waits_for_deregistration=False,
        ),
        readings=Readings(
            equal_timestamp_is_lower=False,
            stale_and_untimely_is_mismatch=False,
            timestamp_ends_with_binding=False,
            repeated_deregistration_restarts_delay=False,
            foreign_deregistration_is_acknowledged=False,
            second_session_by_name=False,
            unknown_handoff_is_new_session=False,
        ),
        hooks=Hooks(start=(), alive=(), restart=()),
    )


def waiting_declaration() -> Declaration:
    """The declaration of the reference anchor that waits for de-registrations."""
    declared = reference_declaration()
    features = declared.features.model_copy(update={"waits_for_deregistration": True})
    count = declared.nodes.count + MORE_FOR_WAITING
    nodes = declared.nodes.model_copy(update={"count": count})
    return declared.model_copy(update={"features": features, "nodes": nodes})


def declaration_for(purpose: Purpose) -> Declaration:
    """The declaration of a reference anchor that has what a case needs, and no more.

    Features of the reference stay declared; readings and waits are as the case needs them.
    """
    declared = reference_declaration()
    waits = waits_for_deregistration.name in purpose.needs
    readings = {
        name: name in purpose.needs for name in type(declared.readings).model_fields
    }
    return declared.model_copy(
        update={
            "features": declared.features.model_copy(
                update={"waits_for_deregistration": waits}
            ),
            "readings": Readings(**readings),
        }
    )


def anchor_settings(
    declaration: Declaration, names: Iterable[str], *, forwards: bool = False
) -> AnchorSettings:
    """Settings of a reference anchor that is as declared, for some of the nodes.

    It passes user packets on if that is asked for.
    """
    names = tuple(names)
    by_name = declaration.nodes.by_name
    usable = {*declaration.nodes.identifiers(), *by_name}
    own = iter(OWN.subnets(new_prefix=64))
    multiple = iter(MULTIPLE.subnets(new_prefix=64))
    several = [
        n for n in dict.fromkeys(names) if n in declaration.nodes.several_prefixes
    ]
    nodes = [
        NodeSettings(
            identifier=name,
            prefixes=(next(own), by_name[name]) if name in by_name else (),
        )
        for name in dict.fromkeys(names)
        if name in usable
    ]
    nodes += [
        NodeSettings(
            identifier=name,
            prefixes=(next(multiple), next(multiple)),
            prefixes_per_session=2,
        )
        for name in several
    ]
    if declaration.nodes.barred:
        nodes.append(NodeSettings(identifier=declaration.nodes.barred, enabled=False))
    if declaration.nodes.unprovided:
        poor = NodeSettings(identifier=declaration.nodes.unprovided, from_pool=False)
        nodes.append(poor)
    return AnchorSettings(
        lma_address=declaration.lma_address,
        gateways=declaration.tester.proxy_coas,
        nodes=tuple(nodes),
        prefix_pool=ASSIGNED,
        maximum_lifetime_units=declaration.timers.long_lifetime_units,
        min_delay_before_bce_delete_ms=(
            declaration.timers.min_delay_before_bce_delete_ms
        ),
        max_delay_before_new_bce_assign_ms=(
            declaration.timers.max_delay_before_new_bce_assign_ms
        ),
        timestamp_validity_window_ms=declaration.timers.timestamp_validity_window_ms,
        mobile_node_generated_timestamp_in_use=(
            declaration.domain.mobile_node_generated_timestamp_in_use
        ),
        switches=(
            *declaration.taken(),
            *(sequence_numbers.name,) * declaration.features.sequence_numbers,
            *(several_prefixes.name,) * bool(several),
            *(forwarding.name,) * forwards,
        ),
        esp=declaration.esp,
    )


def reference_esp(*, with_data: bool = False) -> tuple[EspSettings, ...]:
    """Security associations of the reference anchor with every address of the tester.

    Args:
        with_data: User packets are under ESP, too.
    """
    return tuple(
        EspSettings(
            gateway=gateway,
            spi_to_anchor=0x1001 + number,
            key_to_anchor=bytes((0xA0 + number,) * KEY_SIZE).hex(),
            spi_to_gateway=0x2001 + number,
            key_to_gateway=bytes((0x50 + number,) * KEY_SIZE).hex(),
            data=_data_associations(number) if with_data else None,
        )
        for number, gateway in enumerate((MAG1, MAG2, STRANGER))
    )


def _data_associations(number: int) -> EspPair:
    return EspPair(
        spi_to_anchor=0x3001 + number,
        key_to_anchor=bytes((0xC0 + number,) * KEY_SIZE).hex(),
        spi_to_gateway=0x4001 + number,
        key_to_gateway=bytes((0x70 + number,) * KEY_SIZE).hex(),
    )


def run_case_in_memory(
    purpose: Purpose,
    declaration: Declaration,
    *,
    rules: Iterable[Rule] | None = None,
    exchange_rules: Iterable[ExchangeRule] | None = None,
    field_rules: Iterable[FieldRule] | None = None,
    settings: Callable[[AnchorSettings], AnchorSettings] = lambda told: told,
    padding: PaddingStyle = PaddingStyle.MINIMAL,
    esp_checks: frozenset[EspCheck] = ALL_CHECKS,
    link_to: Callable[[ReferenceAnchor], VirtualLink] = VirtualLink,
    machine: Callable[[Model], LmaMachine] = LmaMachine,
    model: Callable[[AnchorSettings], Model | None] = lambda told: None,
    others_follow: bool = False,
) -> CaseResult:
    """Run one case against an anchor of its own.

    The anchor may follow other rules, be told something else than what is declared, pad
    its answers otherwise, check less of ESP, be behind another link, and have its machine watched.
    Its model may have been made before.  Where others follow, a case that fails ends what
    it may have left.
    """
    found = NodeSupply(declaration).nodes_for(purpose)
    if isinstance(found, str):
        return CaseResult(purpose, Verdict.SKIP, reason=found)
    nodes, prefixes = found
    told = anchor_settings(
        declaration,
        (name.decode() for name in nodes.values()),
        forwards=forwarding.name in purpose.needs,
    )

    def started() -> ReferenceAnchor:
        chosen = settings(told)
        return ReferenceAnchor(
            chosen,
            rules=rules,
            exchange_rules=EXCHANGE_RULES if exchange_rules is None else exchange_rules,
            field_rules=FIELD_RULES if field_rules is None else field_rules,
            padding=padding,
            esp_checks=esp_checks,
            machine=machine,
            model=model(chosen),
        )

    link = link_to(started())
    if purpose.follows_a_restart:
        link.anchor = started()
    sequences = itertools.count(1)
    case = new_case(
        purpose,
        declaration,
        link,
        nodes,
        prefixes,
        sequences,
        1,
        others_follow=others_follow,
    )
    ended: list[Task] = []
    scheduler = Scheduler(link, ended.append, declaration.esp_end())
    scheduler.start(case)
    while not scheduler.is_idle:
        scheduler.run_some()
    return result_of(case, ended[0].packets)


def run_in_memory(
    rules: Iterable[Rule] | None = None,
    exchange_rules: Iterable[ExchangeRule] | None = None,
    cases: Iterable[str] | None = None,
    *,
    field_rules: Iterable[FieldRule] | None = None,
    declaration: Declaration | None = None,
) -> CampaignResult:
    """Run cases against reference anchors, or such that follow other rules.

    Args:
        rules: Rules of the anchor; those of the model where None.
        exchange_rules: How options of its answers follow from requests; likewise.
        cases: Ids of the cases; all where None.
        field_rules: How fields of its answers follow from requests; likewise.
        declaration: What is declared; that of the reference anchor where None.

    Raises:
        Pmip6Error: There is no such case.
    """
    declared = reference_declaration() if declaration is None else declaration
    chosen = purposes() if cases is None else purposes_named(cases)
    table = None if rules is None else tuple(rules)
    results = (
        run_case_in_memory(
            purpose,
            declared,
            rules=table,
            exchange_rules=exchange_rules,
            field_rules=field_rules,
        )
        for purpose in chosen
    )
    return CampaignResult(declared, tuple(results))
