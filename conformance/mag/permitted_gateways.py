"""Gateways that choose otherwise where the RFC leaves a choice; every case has to pass.

They test the tester: a judge that fails one of them asks for more than the RFC.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, IPv6Network
from typing import TypeAlias

from pmip6.conformance.mag.in_memory import (
    LINK_LAYER,
    run_gateway_case,
)
from pmip6.conformance.mag.port import Sent, ToNode
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.mag.virtual_gateway import Start, VirtualGatewayLink
from pmip6.conformance.results import CaseResult
from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.encoding import discovery_packet
from pmip6.model.discovery.messages import (
    ALL_NODES,
    NeighborSolicitation,
    RouterAdvertisement,
)
from pmip6.model.discovery.options import (
    PrefixInformation,
    SourceLinkLayerAddress,
    UnknownDiscoveryOption,
)
from pmip6.model.domain import shipped_rules
from pmip6.model.language.table import Rule
from pmip6.model.language.terms import variable
from pmip6.model.mag.request_construction import (
    CONSTRUCTION_RULES,
    REQUEST_FIELDS,
    Asked,
    ConstructionRule,
    Registrant,
    RequestField,
)
from pmip6.model.state import MOBILE_NODE, PREFIX, address, spaced_attempts
from pmip6.model.wire.encoding import PaddingStyle
from pmip6.model.wire.numbers import SEQUENCE_NUMBERS
from pmip6.model.wire.options import (
    AlternateCareOfAddress,
    MobilityOption,
    Timestamp,
)
from pmip6.vectors.mag.purposes import GatewayPurpose
from pmip6.vectors.packs.wire_form import vendor_options

Rewriting: TypeAlias = Callable[[Sent], list[Sent]]
"""What goes out in place of a packet."""

STRIDE = 9
"""How much greater the next number of a gateway is that leaves some out."""
EARLY = 100 << 6
"""Units by which a clock is behind; some 100 ms, of the 300 ms that are allowed."""
ANOTHER_SERVER = IPv6Address("2001:db8:1::2")
VISITED = IPv6Network("2001:db8:5:1::/64")
UNKNOWN_TYPE = 253  # an experimental option (RFC 4727, section 5.1.3)


def _as_told(settings: GatewaySettings) -> GatewaySettings:
    return settings


def _forgotten(sent: Sent) -> None:
    """Nobody is told."""


def _as_it_is(sent: Sent) -> list[Sent]:
    return [sent]


@dataclass(frozen=True)
class PermittedGateway:
    """A gateway that makes another choice than the reference gateway.

    Args:
        name: Its name.
        text: The choice, in words.
        requirements: Ids of the permissions that it uses.
        settings: What it is told, from what the reference gateway would be told.
        construction_rules: How options of its requests follow, in the order in which they
            stand in the request.
        request_fields: How fields of its requests follow.
        padding: How it pads its requests.
        writes: What it sends in place of each packet.
        warning: Id of the requirement with SHOULD that it does not follow, for a reason of
            its own; empty for none.
        rules: The rules that it follows; those of the model where None.
    """

    name: str
    text: str
    requirements: tuple[str, ...] = ()
    settings: Callable[[GatewaySettings], GatewaySettings] = _as_told
    construction_rules: tuple[ConstructionRule, ...] = CONSTRUCTION_RULES
    request_fields: tuple[RequestField, ...] = REQUEST_FIELDS
    padding: PaddingStyle = PaddingStyle.MINIMAL
    writes: Rewriting = _as_it_is
    warning: str = ""
    rules: tuple[Rule, ...] | None = None

    def run(
        self, purpose: GatewayPurpose, note: Callable[[Sent], None] = _forgotten
    ) -> CaseResult:
        """Run one case against it, in memory; `note` is told of all that it sends."""
        return run_gateway_case(
            purpose,
            rules=self.rules,
            settings=self.settings,
            construction_rules=self.construction_rules,
            request_fields=self.request_fields,
            padding=self.padding,
            link_to=lambda start: RewritingLink(start, self.writes, note),
        )


class RewritingLink(VirtualGatewayLink):
    """A link to a gateway that sends other packets in place of those of the reference."""

    def __init__(
        self, start: Start, writes: Rewriting, note: Callable[[Sent], None]
    ) -> None:
        super().__init__(start)
        self._writes, self._note = writes, note
        self._written: deque[tuple[int, Sent]] = deque()

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        """What the gateway sends next, with its time; None where nothing until then."""
        while not self._written:
            found = super().receive(until_ms)
            if found is None:
                return None
            self._written.extend((found[0], sent) for sent in self._writes(found[1]))
        time_ms, sent = self._written.popleft()
        self._note(sent)
        return time_ms, sent


# ---- advertisements --------------------------------------------------------------------


def rewritten_advertisements(
    change: Callable[[RouterAdvertisement], RouterAdvertisement],
    times: int = 1,
) -> Rewriting:
    """Every advertisement is another one; to a single node it comes so many times."""

    def writes(sent: Sent) -> list[Sent]:
        read = decode_discovery_packet(sent.packet)
        message = None if read is None else read[1].message
        if (
            read is None
            or not isinstance(sent, ToNode)
            or not isinstance(message, RouterAdvertisement)
        ):
            return [sent]
        header = read[0]
        packet = discovery_packet(change(message), header.source, header.destination)
        is_for_all = header.destination == ALL_NODES
        return [ToNode(sent.node, packet)] * (1 if is_for_all else times)

    return writes


def _unless_asked(writes: Rewriting) -> Rewriting:
    """The same for what goes to all nodes of the link alone."""

    def chosen(sent: Sent) -> list[Sent]:
        read = decode_discovery_packet(sent.packet)
        is_for_all = read is not None and read[0].destination == ALL_NODES
        return writes(sent) if is_for_all else [sent]

    return chosen


def _same(message: RouterAdvertisement) -> RouterAdvertisement:
    return message


def _without_link_layer(message: RouterAdvertisement) -> RouterAdvertisement:
    kept = tuple(
        o for o in message.options if not isinstance(o, SourceLinkLayerAddress)
    )
    return replace(message, options=kept)


def _with_unknown_option(message: RouterAdvertisement) -> RouterAdvertisement:
    return replace(
        message,
        options=(UnknownDiscoveryOption(UNKNOWN_TYPE, bytes(6)), *message.options),
    )


def _with_finite_lifetimes(message: RouterAdvertisement) -> RouterAdvertisement:
    options = tuple(
        replace(o, valid_lifetime=7200, preferred_lifetime=3600)
        if isinstance(o, PrefixInformation) and o.valid_lifetime
        else o
        for o in message.options
    )
    lifetime = message.router_lifetime and 9000
    return replace(
        message,
        router_lifetime=lifetime,
        options=options,
        current_hop_limit=64,
        reachable_time=30_000,
        retransmission_timer=1000,
    )


def _by_dhcp(message: RouterAdvertisement) -> RouterAdvertisement:
    options = tuple(
        replace(o, autonomous=False) if isinstance(o, PrefixInformation) else o
        for o in message.options
    )
    return replace(message, options=options, managed=True, other=True)


def _reversed(message: RouterAdvertisement) -> RouterAdvertisement:
    return replace(message, options=tuple(reversed(message.options)))


def _asks_first(sent: Sent) -> list[Sent]:
    """Before a packet to a node it asks for the node's link-layer address."""
    read = decode_discovery_packet(sent.packet)
    if not isinstance(sent, ToNode) or read is None:
        return [sent]
    header = read[0]
    if header.destination == ALL_NODES:
        return [sent]
    own = SourceLinkLayerAddress(bytes.fromhex(LINK_LAYER.replace(":", "")))
    solicitation = discovery_packet(
        NeighborSolicitation(header.destination, (own,)),
        header.source,
        header.destination,
    )
    return [ToNode(sent.node, solicitation), sent]


# ---- requests --------------------------------------------------------------------------


def _vendor(asked: Asked, known: Registrant) -> tuple[MobilityOption, ...]:
    return vendor_options()


def _alternate(asked: Asked, known: Registrant) -> tuple[MobilityOption, ...]:
    return (AlternateCareOfAddress(known.proxy_coa),)


def _behind(asked: Asked, known: Registrant) -> tuple[MobilityOption, ...]:
    if known.timestamp is None:
        return ()
    return (Timestamp(known.timestamp - EARLY),)


def _also(
    name: str,
    options: Callable[[Asked, Registrant], tuple[MobilityOption, ...]],
    first: bool = False,
) -> tuple[ConstructionRule, ...]:
    """The rows of the reference gateway, and one more for what it does not send."""
    row = ConstructionRule(name, MobilityOption, (), options)
    return (row, *CONSTRUCTION_RULES) if first else (*CONSTRUCTION_RULES, row)


def _otherwise(
    option: type[MobilityOption],
    options: Callable[[Asked, Registrant], tuple[MobilityOption, ...]],
) -> tuple[ConstructionRule, ...]:
    return tuple(
        replace(row, options=options) if row.option is option else row
        for row in CONSTRUCTION_RULES
    )


def _next_but_some(asked: Asked, known: Registrant) -> int:
    return (known.sequence + STRIDE) % SEQUENCE_NUMBERS


SPACED_NUMBERS = tuple(
    replace(row, value=_next_but_some) if row.name == "sequence" else row
    for row in REQUEST_FIELDS
)


AS_REFERENCE = PermittedGateway(
    "reference",
    "what is only permitted and the reference gateway does",
    (
        "4861-6.2.4-3",  # more than one RA after a change
        "4861-6.2.6-2",  # an RA to who asked for it
        "5213-6.8-1",  # one link-local address in the whole domain
        "5213-6.9.1.5-10",  # link-layer identifiers in requests
        "5213-6.9.1.5-11",  # link-local addresses in requests
        "5213-6.9.4-5",  # repetition without end
        "5213-6.9.4-x2",  # no longer wait for the answer to the first request
        "6275-11.8-5",  # repetition without end, at the slowest rate
        "5213-6.9.5-1",  # the MTU of a path by what its routers say
    ),
)
"""The reference gateway itself, which every case passes on."""
AT_ONCE = (
    *(
        rule.changed(guard=tuple(t for t in rule.guard if t is not ~spaced_attempts()))
        for rule in shipped_rules()
        if rule.name in ("register_again", "ask_for_another_prefix")
    ),
    *shipped_rules(),
)
"""Rules of a gateway that lets no timeout pass after a rejection with 157 or 155."""
SOLICITED_ONLY = tuple(
    rule.changed(
        guard=(*rule.guard, address[variable("node", MOBILE_NODE)] != PREFIX.none)
    )
    if rule.name == "advertise"
    else rule
    for rule in shipped_rules()
)
"""Rules of a gateway that tells a node unasked only of what takes the place of a prefix that
it has heard of, and which must be withdrawn (RFC 5213, section 6.12)."""


def _told(**values: object) -> Callable[[GatewaySettings], GatewaySettings]:
    return lambda settings: settings.model_copy(update=values)


def permitted_gateways() -> dict[str, PermittedGateway]:
    """All variants by name."""
    order = ("5213-8.2-x9", "6275-6.2-x4")
    half = len(CONSTRUCTION_RULES) // 2
    found = [
        PermittedGateway(
            "renews-early",
            "a lifetime is renewed when three tenths have passed",
            settings=_told(renew_after_percent=30),
        ),
        PermittedGateway(
            "renews-late",
            "a lifetime is renewed when 94 percent have passed",
            settings=_told(renew_after_percent=94),
        ),
        PermittedGateway(
            "longer-lifetimes",
            "registrations ask for an hour",
            settings=_told(lifetime_units=900),
        ),
        PermittedGateway(
            "longest-lifetime",
            "registrations ask for as much as the field takes",
            settings=_told(lifetime_units=0xFFFF),
        ),
        PermittedGateway(
            "smaller-mtu",
            "its path to the anchor takes less",
            settings=_told(path_mtu=1450),
        ),
        PermittedGateway(
            "narrow-access-link",
            "its access link takes less than the tunnel",
            settings=_told(access_link_mtu=1380),
        ),
        PermittedGateway(
            "pad1",
            "every octet of padding is a Pad1",
            padding=PaddingStyle.PAD1_ONLY,
            warning="6275-6.2.2-x5",
        ),
        PermittedGateway(
            "vendor-specific",
            "every request has two vendor-specific options",
            construction_rules=_also("vendor-specific", _vendor),
        ),
        PermittedGateway(
            "alternate-care-of-address",
            "every request names the Proxy-CoA in an option, too",
            construction_rules=_also("alternate", _alternate, first=True),
        ),
        PermittedGateway(
            "clock-behind",
            "its clock is 100 ms behind",
            construction_rules=_otherwise(Timestamp, _behind),
        ),
        PermittedGateway(
            "spaced-numbers",
            "its sequence numbers leave some out",
            request_fields=SPACED_NUMBERS,
        ),
        PermittedGateway(
            "options-reversed",
            "the options of requests are in the opposite order",
            order,
            construction_rules=tuple(reversed(CONSTRUCTION_RULES)),
        ),
        PermittedGateway(
            "options-rotated",
            "the options of requests begin with others",
            order,
            construction_rules=(
                *CONSTRUCTION_RULES[half:],
                *CONSTRUCTION_RULES[:half],
            ),
        ),
        PermittedGateway(
            "multicast-advertisements",
            "the answer to a solicitation goes to all nodes of the link",
            settings=_told(answers_to_all_nodes=True),
        ),
        PermittedGateway(
            "solicited-advertisements",
            "nothing is advertised unless it is asked for, or withdraws a prefix",
            rules=SOLICITED_ONLY,
        ),
        PermittedGateway(
            "repeated-advertisements",
            "every advertisement that is not for all nodes comes three times",
            writes=rewritten_advertisements(_same, times=3),
        ),
        PermittedGateway(
            "no-link-layer-option",
            "advertisements do not tell the link-layer address",
            ("4861-6.2.3-1",),
            writes=rewritten_advertisements(_without_link_layer),
        ),
        PermittedGateway(
            "shorter-unsolicited-advertisements",
            "advertisements to all nodes do not tell the link-layer address",
            ("4861-6.2.3-2",),
            writes=_unless_asked(rewritten_advertisements(_without_link_layer)),
        ),
        PermittedGateway(
            "lifetimes-of-the-binding",
            "prefixes are advertised for as long as the registration lasts",
            ("5213-6.7-3",),
            settings=_told(ties_prefix_lifetimes=True),
        ),
        PermittedGateway(
            "two-dhcp-servers",
            "DHCP is relayed to a list of servers",
            ("5213-6.11-2",),
            settings=lambda told: told.model_copy(
                update={"dhcp_servers": (told.lma_address, ANOTHER_SERVER)}
            ),
        ),
        PermittedGateway(
            "unknown-discovery-option",
            "advertisements have an option that nobody knows",
            writes=rewritten_advertisements(_with_unknown_option),
        ),
        PermittedGateway(
            "finite-advertised-lifetimes",
            "router and prefixes are advertised for hours, with times of their own",
            ("5213-6.7-2",),
            writes=rewritten_advertisements(_with_finite_lifetimes),
        ),
        PermittedGateway(
            "addresses-by-dhcp",
            "nodes get their addresses by DHCP",
            writes=rewritten_advertisements(_by_dhcp),
        ),
        PermittedGateway(
            "regular-access",
            "nodes without the service have regular access with a local prefix",
            ("5213-6.9.2-5", "5213-6.14-2"),
            settings=_told(visited_prefixes=(VISITED,)),
        ),
        PermittedGateway(
            "advertised-options-reversed",
            "the options of advertisements are in the opposite order",
            writes=rewritten_advertisements(_reversed),
        ),
        PermittedGateway(
            "asks-for-neighbors",
            "before it sends to a node it asks for its link-layer address",
            writes=_asks_first,
        ),
        PermittedGateway(
            "asks-again-at-once",
            "after a rejection with 157 or 155 it asks again without a timeout",
            rules=AT_ONCE,
        ),
    ]
    return {variant.name: variant for variant in found}
