"""Cases against reference gateways in memory, under virtual time.

Every case gets a gateway of its own, which knows the node of that case and, as every
gateway does, nodes that are elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from ipaddress import IPv6Address, IPv6Network

from pmip6.conformance.mag.acts import GatewayLink
from pmip6.conformance.mag.case import GatewayCase
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.judge import DeclaredGateway, GatewayJudge
from pmip6.conformance.mag.packets import read
from pmip6.conformance.mag.scheduler import GatewayScheduler, GatewayScripted
from pmip6.conformance.mag.script import Act, GatewayTimers, Granted
from pmip6.conformance.mag.settings import GatewaySettings, PolicyProfile
from pmip6.conformance.mag.virtual_gateway import Start, VirtualGatewayLink
from pmip6.conformance.results import CaseResult, tell_nobody
from pmip6.conformance.wire.capture import CapturedPacket
from pmip6.conformance.wire.esp_end import EspEnd, EspSettings, anchor_end
from pmip6.model.language.table import Rule
from pmip6.model.mag.answer_matching import (
    ECHO_RULES,
    MATCHING_RULES,
    EchoRule,
    MatchingRule,
)
from pmip6.model.mag.forwarding import FORWARDING_RULES, ForwardingRule
from pmip6.model.mag.request_construction import (
    CONSTRUCTION_RULES,
    REQUEST_FIELDS,
    ConstructionRule,
    RequestField,
)
from pmip6.model.wire.encoding import PaddingStyle
from pmip6.model.wire.esp import ALL_CHECKS, KEY_SIZE, EspCheck
from pmip6.vectors.mag.answers import Scene
from pmip6.vectors.mag.edges import SCENE
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import GatewayPurpose, gateway_purposes

FIXED = IPv6Address("fe80::1")
ACCESS_LINK = "access"
"""What captures call the access link."""
LINK_LAYER = "02:00:00:00:00:11"
PROTECTION = EspSettings(
    gateway=SCENE.gateway,
    spi_to_anchor=0x1001,
    key_to_anchor="a1" * KEY_SIZE,
    spi_to_gateway=0x2001,
    key_to_gateway="51" * KEY_SIZE,
)
"""The security associations of the reference gateway with the tester."""
ELSEWHERE = PolicyProfile(
    identifier="elsewhere@example.org",
    link_layer_address="02:00:00:00:e1:5e",
    home_network_prefixes=(IPv6Network("2001:db8:e15e::/64"),),
)
"""A node that never comes; what its profile says is for no other node."""


def profiles(domain: GatewayDomain, scene: Scene) -> tuple[PolicyProfile, ...]:
    """The policy profiles that a domain has for a scene."""
    is_profiled = domain is GatewayDomain.PROFILED
    other = scene.companion
    company = PolicyProfile(
        identifier=other.node.decode(), link_layer_address=other.link_layer.hex(":")
    )
    return (
        PolicyProfile(
            identifier=scene.node.decode(),
            link_layer_address=scene.link_layer.hex(":"),
            authorised=domain is not GatewayDomain.DENIED,
            home_network_prefixes=scene.prefixes[:1] if is_profiled else (),
            enable_mag_local_routing=False if domain is GatewayDomain.EXEMPT else None,
        ),
        *([company] if domain.has_company else []),
    )


def reference_settings(domain: GatewayDomain, scene: Scene = SCENE) -> GatewaySettings:
    """Settings of a reference gateway for the node of a scene."""
    fixed = IPv6Address(0) if domain.is_signalled else FIXED
    return GatewaySettings(
        proxy_coa=scene.gateway,
        lma_address=scene.anchor,
        nodes=profiles(domain, scene),
        access_technology=4,
        link_layer_address=LINK_LAYER,
        fixed_mag_link_local_address=fixed,
        tells_link_layer_identifiers=domain is not GatewayDomain.ANONYMOUS,
        timestamp_based_approach_in_use=not domain.is_numbered,
        enable_mag_local_routing=domain.routes_locally,
        lifetime_units=scene.long_units,
        dhcp_servers=(scene.anchor,),
        esp=(PROTECTION,) if domain is GatewayDomain.PROTECTED else (),
    )


def declared(settings: GatewaySettings) -> DeclaredGateway:
    """What is declared of a reference gateway."""
    return DeclaredGateway(
        settings.fixed_mag_link_local_address,
        settings.link_layer,
        settings.path_mtu,
        settings.access_link_mtu,
        settings.access_technology,
        visited_prefixes=settings.visited_prefixes,
        has_manual_keys=bool(settings.esp),
        has_protected_tunnel=any(one.data is not None for one in settings.esp),
    )


def run_script(
    case: GatewayScripted,
    link: GatewayLink,
    judge: GatewayJudge | None = None,
    esp: EspEnd | None = None,
) -> None:
    """Run one script that has the link, and its ESP, for itself."""
    script = case.run(link.now_ms())
    granted: Granted = None
    try:
        while True:
            wish = script.send(granted)
            granted = None
            if isinstance(wish, Act):
                wish.do(link)
            else:
                came = link.receive(wish.until_ms)
                granted = (
                    link.now_ms() if came is None else (came[0], read(came[1], esp))
                )
                if judge is not None:
                    judge.time_of_day = link.time_of_day()
    except StopIteration:
        return


def run_gateway_case(
    purpose: GatewayPurpose,
    *,
    rules: Iterable[Rule] | None = None,
    construction_rules: Iterable[ConstructionRule] = CONSTRUCTION_RULES,
    request_fields: Iterable[RequestField] = REQUEST_FIELDS,
    settings: Callable[[GatewaySettings], GatewaySettings] = lambda told: told,
    esp_checks: frozenset[EspCheck] = ALL_CHECKS,
    link_to: Callable[[Start], VirtualGatewayLink] = VirtualGatewayLink,
    esp: tuple[EspSettings, ...] | None = None,
    make: type[ReferenceGateway] = ReferenceGateway,
    padding: PaddingStyle = PaddingStyle.MINIMAL,
    matching_rules: Iterable[MatchingRule] = MATCHING_RULES,
    echo_rules: Iterable[EchoRule] = ECHO_RULES,
    forwarding_rules: Iterable[ForwardingRule] = FORWARDING_RULES,
    captures: bool = False,
) -> CaseResult:
    """Run one case against a gateway of its own, which may follow other rules.

    Args:
        purpose: What to do.
        rules: Rules of the gateway; those of the model where None.
        construction_rules: How options of its requests follow.
        request_fields: How fields of its requests follow.
        settings: What it is told in place of what is declared.
        esp_checks: What it sees to before it takes an answer under ESP.
        link_to: The link that it is behind.
        esp: The security associations of both ends; those of the domain where None.
        make: What it is made of.
        padding: How it pads its requests.
        matching_rules, echo_rules: What it asks of an answer.
        forwarding_rules: Which way it sends user packets.
        captures: Keep the packets, which takes longer.
    """
    plain = reference_settings(purpose.domain)
    plain = plain.model_copy(update={"nodes": (*plain.nodes, ELSEWHERE)})
    if esp is not None:
        plain = plain.model_copy(update={"esp": esp})
    told = settings(plain)
    table = None if rules is None else tuple(rules)
    options, fields = tuple(construction_rules), tuple(request_fields)
    matching, echo = tuple(matching_rules), tuple(echo_rules)
    ways = tuple(forwarding_rules)
    link = link_to(
        lambda start_ms: make(
            told,
            rules=table,
            construction_rules=options,
            request_fields=fields,
            esp_checks=esp_checks,
            padding=padding,
            matching_rules=matching,
            echo_rules=echo,
            forwarding_rules=ways,
            start_ms=start_ms,
        )
    )
    of_links = replace(  # declared, whatever the gateway is told beside
        declared(plain),
        visited_prefixes=told.visited_prefixes,
        path_mtu=told.path_mtu,
        access_link_mtu=told.access_link_mtu,
    )
    judge = GatewayJudge(of_links)
    end = anchor_end(plain.esp, plain.lma_address)
    case = GatewayCase(purpose, SCENE, judge, GatewayTimers(), esp=end)
    packets: list[CapturedPacket] = []
    if captures:
        packets = _captured(case, link, judge, end)
    else:
        run_script(case, link, judge, end)
    evidence = case.evidence
    return CaseResult(
        purpose,
        evidence.verdict,
        tuple(evidence.findings),
        evidence.reason,
        tuple(evidence.steps),
        tuple(packets),
    )


def _captured(
    case: GatewayCase, link: GatewayLink, judge: GatewayJudge, esp: EspEnd | None
) -> list[CapturedPacket]:
    """Run a case that has the link for itself; what it sends and receives."""
    scheduler = GatewayScheduler(link, tell_nobody, ACCESS_LINK, esp)
    task = scheduler.start(case, judge=judge)
    while scheduler.count:
        scheduler.run_some()
    return task.packets


def run_gateways_in_memory(
    purposes: Iterable[GatewayPurpose] | None = None,
    rules: Iterable[Rule] | None = None,
) -> tuple[CaseResult, ...]:
    """Run cases, all that ship where None, each against a gateway of its own."""
    chosen = gateway_purposes() if purposes is None else purposes
    table = None if rules is None else tuple(rules)
    return tuple(run_gateway_case(purpose, rules=table) for purpose in chosen)
