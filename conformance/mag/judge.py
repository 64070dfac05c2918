"""Format and exchange layers of the judgement of a gateway.

Requests against their construction rules and against what went before, advertisements
against the home link that the gateway has to emulate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv6Address, IPv6Network

from pmip6.conformance.mag.packets import Read
from pmip6.conformance.mag.told_paths import TOLD_PATHS
from pmip6.conformance.verdict import Finding, Layer, finding
from pmip6.model.discovery.messages import RouterAdvertisement
from pmip6.model.language.interpreter import Message
from pmip6.model.mag.advertisement_rules import HomeLink, advertisement_faults
from pmip6.model.mag.path_mtu import TOO_BIG, KnownPath
from pmip6.model.mag.request_construction import (
    PREFIXES,
    REQUEST_ADDRESSES,
    Registrant,
    construction_faults,
)
from pmip6.model.mag.request_rules import Purpose, Situation, request_faults
from pmip6.model.state import pbu
from pmip6.model.wire.abstraction import fields_of, home_network_prefixes
from pmip6.model.wire.icmp_errors import IcmpError, report_faults
from pmip6.model.wire.ipv6 import encode_ipv6
from pmip6.model.wire.messages import (
    UNSPECIFIED,
    HandoverAcknowledge,
    HandoverInitiate,
    ProxyBindingUpdate,
    option_of,
    options_of,
)
from pmip6.model.wire.numbers import (
    SEQUENCE_NUMBERS,
    TIMESTAMP_UNITS_PER_SECOND,
    BindingAckStatus,
    HandoffIndicator,
)
from pmip6.model.wire.options import HomeNetworkPrefix, LinkLocalAddress
from pmip6.model.wire.tunnel_rules import (
    INTO_TUNNEL_AT_GATEWAY,
    OUT_OF_TUNNEL_AT_GATEWAY,
    broken,
    into_tunnel,
    out_of_tunnel,
)
from pmip6.vectors.mag.model import GatewayDomain, GatewayModel

PROTECTED_REQUEST = ("5213-6.9.1.5-12", "5213-4-1")
"""Behind the protection of a request, where ESP is declared."""
PROTECTED_HANDOVER = ("5949-7-1", "5949-7-2", "5949-7-3")
"""Behind the protection of HI and HAck, where ESP is declared."""
KEYS_SET_BY_HAND = ("6275-6.1.7-2",)
"""Behind the K flag of a request, where the keys of ESP are set by hand."""


@dataclass(frozen=True)
class DeclaredGateway:
    """What is declared of a gateway under test.

    Args:
        fixed_link_local: Its link-local address where that is fixed for the domain.
        link_layer: Its link-layer address on the access link.
        path_mtu, access_link_mtu: Of the path to the anchor and of the access link.
        access_technology: Of the access link.
        clock_tolerance_ms: How far its clock may be from the tester's.
        visited_prefixes: What nodes without the service have regular access with.
        has_manual_keys: Its signalling is under ESP, the keys of which are set by hand.
        has_protected_tunnel: So are user packets.
    """

    fixed_link_local: IPv6Address
    link_layer: bytes
    path_mtu: int = 1500
    access_link_mtu: int = 1500
    access_technology: int = 4
    clock_tolerance_ms: int = 300
    visited_prefixes: tuple[IPv6Network, ...] = ()
    has_manual_keys: bool = False
    has_protected_tunnel: bool = False


@dataclass(frozen=True)
class Heard:
    """What the node has heard of the gateway before.

    Args:
        withdrawn: Prefixes that its session has no more.
        since_ms: Since the last RA to all nodes of the link, None without one.
        announced: How many of them there were.
    """

    withdrawn: tuple[IPv6Network, ...]
    since_ms: int | None
    announced: int


@dataclass(frozen=True)
class Judged:
    """What the model sends in place of a request, and the model itself."""

    message: Message
    model: GatewayModel
    tells_handoffs: bool


def protection_findings(came: Read, packet: int) -> list[Finding]:
    """What is wrong with the ESP around a message, where it is declared."""
    behind: tuple[str, ...]
    match came.message:
        case ProxyBindingUpdate():
            behind = PROTECTED_REQUEST
        case HandoverInitiate() | HandoverAcknowledge():
            behind = PROTECTED_HANDOVER
        case _:
            return []
    if came.unprotected is None:
        return []
    text = f"{came}, for which this does not hold: {came.unprotected.value}"
    return [finding(behind, text, packet, Layer.FORMAT)]


def form_findings(came: Read, packet: int) -> list[Finding]:
    """What is wrong with the octets of a packet, and with one that reports an error."""
    read = came.packet
    octets = encode_ipv6(
        read.source, read.destination, read.payload, next_header=read.next_header
    )
    reported = [
        finding(rule.requirements, f"{rule.name} is wrong", packet, Layer.EXCHANGE)
        for rule in report_faults(octets)
    ]
    return reported + [
        replace(
            finding(found.requirements, found.text, packet, Layer.FORMAT),
            rule=found.rule.name,
        )
        for found in came.findings
    ]


class GatewayJudge:
    """Judges the packets of one case.

    Attributes:
        time_of_day: At the reception of the packet at hand.
    """

    def __init__(self, declared: DeclaredGateway) -> None:
        self.declared = declared
        self.time_of_day = 0
        self._is_answered = False  # the last request
        self._refused: tuple[HomeNetworkPrefix, ...] = ()  # by the anchor
        self._initial: ProxyBindingUpdate | None = None
        self._last: tuple[Purpose, ProxyBindingUpdate] | None = None
        self._uploads = UNSPECIFIED  # the last address that the gateway named

    def restart(self) -> None:
        """The gateway has forgotten what it sent; its counter begins again."""
        self._initial, self._last, self._is_answered = None, None, False

    def attach(self) -> None:
        """The node comes to the link, and what it was refused before may be asked for."""
        self._refused = ()

    def answer(self, status: int) -> None:
        """The gateway has got an answer to its last request."""
        self._is_answered = True
        refused = status == BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX
        if refused and self._last is not None:
            named = options_of(self._last[1], HomeNetworkPrefix)
            self._refused += tuple(each for each in named if int(each.prefix))

    def format(self, came: Read, packet: int) -> list[Finding]:
        """What is wrong with the form of a packet."""
        return protection_findings(came, packet) + form_findings(came, packet)

    # ---- requests ----------------------------------------------------------------------

    def request(
        self, came: Read, request: ProxyBindingUpdate, known: Judged, packet: int
    ) -> list[Finding]:
        """What is wrong with a request."""
        registrant = self._registrant(request, known.model)
        tolerance = (
            self.declared.clock_tolerance_ms * TIMESTAMP_UNITS_PER_SECOND // 1000
        )
        named = set(options_of(request, HomeNetworkPrefix))
        names_refused = bool(named) and named <= set(self._refused)  # a row of its own
        found = [
            finding(rule.requirements, f"{rule.name}: {text}", packet, Layer.EXCHANGE)
            for rule, text in construction_faults(
                request, known.message, registrant, tolerance
            )
            if not (names_refused and rule.name == PREFIXES.name)
        ]
        seen = (came.packet.source, came.packet.destination)
        for address, value in zip(REQUEST_ADDRESSES, seen, strict=True):
            if address.value(registrant) != value:
                text = f"{address.name}: {value}"
                found.append(
                    finding(address.requirements, text, packet, Layer.EXCHANGE)
                )
        if self.declared.has_manual_keys and request.key_management:
            text = "the K flag is set, though keys are set by hand"
            found.append(finding(KEYS_SET_BY_HAND, text, packet, Layer.EXCHANGE))
        situation = self._situation(known)
        found += [
            finding(rule.requirements, f"{rule.name}: {text}", packet, Layer.EXCHANGE)
            for rule, text in request_faults(request, situation)
        ]
        self._remember(request, situation, known.model)
        return found

    def refused_prefixes(
        self, request: ProxyBindingUpdate, packet: int
    ) -> list[Finding]:
        """Whether a request that comes at once names what the anchor has just refused."""
        known = Situation(
            Purpose.REGISTRATION, refused=self._refused, tells_handoffs=True
        )
        return [
            finding(rule.requirements, f"{rule.name}: {text}", packet, Layer.EXCHANGE)
            for rule, text in request_faults(request, known)
        ]

    def _registrant(
        self, request: ProxyBindingUpdate, model: GatewayModel
    ) -> Registrant:
        known = replace(
            model.registrant(self.time_of_day),
            technology=self.declared.access_technology,
        )
        if self._last is None:  # nothing is known of the counter yet
            known = replace(known, sequence=(request.sequence - 1) % SEQUENCE_NUMBERS)
        else:
            known = replace(known, sequence=self._last[1].sequence)
        if model.domain is GatewayDomain.NUMBERED and model.continues_at is not None:
            known = replace(known, sequence=model.continues_at)
        told = option_of(request, LinkLocalAddress)
        signalled = known.link_local is not None and told is not None
        if signalled and told is not None and self._may_name(told.address, model):
            known = replace(known, link_local=told.address)
        return known

    def _may_name(self, address: IPv6Address, model: GatewayModel) -> bool:
        """A request may name this link-local address (docs/findings.md)."""
        own = model.scene.node_link_local
        if model.has_to_upload:
            return address not in (own, UNSPECIFIED)
        if model.named == UNSPECIFIED:
            return address == UNSPECIFIED
        return address in (UNSPECIFIED, model.named, self._uploads)

    def _situation(self, known: Judged) -> Situation:
        asked = fields_of(known.message, pbu.fields)
        if asked["deregistration"]:
            purpose = Purpose.DEREGISTRATION
        elif asked["handoff_indicator"] == HandoffIndicator.NOT_CHANGED.name:
            purpose = Purpose.RENEWAL
        else:
            purpose = Purpose.REGISTRATION
        unanswered: ProxyBindingUpdate | None = None
        if self._last is not None and not self._is_answered:
            before, request = self._last
            unanswered = request if before is purpose else None
        model = known.model
        session: tuple[HomeNetworkPrefix, ...] = ()
        if purpose is not Purpose.REGISTRATION and asked["prefix"] is not None:
            session = home_network_prefixes(asked["prefix"])
        return Situation(
            purpose,
            initial=self._initial,
            unanswered=unanswered,
            prefixes=session,
            refused=self._refused,
            is_attached=model.machine.is_attached(model.scene.node),
            tells_handoffs=known.tells_handoffs,
        )

    def _remember(
        self, request: ProxyBindingUpdate, situation: Situation, model: GatewayModel
    ) -> None:
        if situation.purpose is Purpose.REGISTRATION:
            self._initial = request
        told = option_of(request, LinkLocalAddress)
        if model.has_to_upload and told is not None:
            self._uploads = model.named = told.address
            model.has_to_upload = False
        model.continues_at = None
        self._last = (situation.purpose, request)
        self._is_answered = False

    # ---- advertisements ----------------------------------------------------------------

    def advertisement(
        self,
        came: Read,
        message: RouterAdvertisement,
        model: GatewayModel,
        heard: Heard,
        packet: int,
    ) -> list[Finding]:
        """What is wrong with an advertisement."""
        link_local = self.declared.fixed_link_local
        if model.domain is GatewayDomain.SIGNALLED:
            link_local = model.named
            if link_local == UNSPECIFIED:  # the anchor has named none
                link_local = came.packet.source
        link = HomeLink(
            prefixes=model.session(),
            withdrawn=heard.withdrawn,
            link_local=link_local,
            link_layer=self.declared.link_layer,
            path=self._path(model),
            access_link_mtu=self.declared.access_link_mtu,
            since_ms=heard.since_ms,
            announced=heard.announced,
            visited=self.declared.visited_prefixes,
        )
        return [
            finding(rule.requirements, f"the RA {text}", packet, Layer.EXCHANGE)
            for rule, text in advertisement_faults(came.packet, message, link)
        ]

    # ---- user packets ------------------------------------------------------------------

    def octets(
        self, came: Read, before: bytes, outer: bytes, packet: int
    ) -> list[Finding]:
        """What is wrong with the octets of a user packet that went the right way.

        Args:
            came: It as it came.
            before: It as it was sent, without tunnel header.
            outer: The tunnel packet that it was sent in; empty where in none.
            packet: Its number in the capture.
        """
        crossing, rows = into_tunnel(before, came.sent.packet), INTO_TUNNEL_AT_GATEWAY
        if outer:
            crossing = out_of_tunnel(before, outer, came.sent.packet)
            rows = OUT_OF_TUNNEL_AT_GATEWAY
        if crossing is None:  # it went into no tunnel, and came out of none
            return []
        return [
            finding(row.requirements, f"{row.name} is wrong", packet, Layer.EXCHANGE)
            for row in broken(rows, crossing)
        ]

    def too_big(
        self, error: IcmpError, model: GatewayModel, packet: int
    ) -> list[Finding]:
        """What is wrong with a report that a packet is larger than the tunnel."""
        if self._path(model).refuses_beyond(error.word):
            return []
        text = f"{TOO_BIG.name}: {error.word}"
        return [finding(TOO_BIG.requirements, text, packet, Layer.EXCHANGE)]

    def _path(self, model: GatewayModel) -> KnownPath:
        """What the gateway knows of the path to the anchor."""
        return KnownPath(
            model.path_mtu or self.declared.path_mtu,
            TOLD_PATHS,
            has_changed=model.path_mtu is not None,
            is_protected=self.declared.has_protected_tunnel,
        )
