"""What a tester of fast handover sends, as the other gateway and as the anchor."""

from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from pmip6.conformance.fast_handover.cast import Cast
from pmip6.conformance.mag.port import Sent
from pmip6.model.discovery.messages import ALL_ROUTERS
from pmip6.model.fast_handover.options import (
    ContextRequest,
    GreKey,
    LocalMobilityAnchorAddress,
    MobileNodeLinkLocalAddressInterfaceIdentifier,
    RequestedContext,
    VendorSpecific,
)
from pmip6.model.wire.checksum import checksum_of
from pmip6.model.wire.encoding import Lies, encode
from pmip6.model.wire.gre import gre_payload
from pmip6.model.wire.ipv6 import (
    IPPROTO_IPV6,
    decode_ipv6,
    decode_packet,
    encode_ipv6,
)
from pmip6.model.wire.messages import (
    HandoverAcknowledge,
    HandoverInitiate,
    MobilityMessage,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
    option_of,
)
from pmip6.model.wire.numbers import (
    IPPROTO_GRE,
    IPPROTO_MOBILITY,
    SEQUENCE_NUMBERS,
    HandoverAcknowledgeCode,
    HandoverInitiateCode,
    is_rejection,
)
from pmip6.model.wire.option_format import MobilityOption
from pmip6.model.wire.options import (
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
)
from pmip6.vectors.fast_handover.stimuli import (
    Acknowledgement,
    Flags,
    HostMessage,
    Initiation,
    Mismatch,
    Registration,
    Route,
    Said,
)
from pmip6.vectors.mag.answers import FAR_AHEAD


@dataclass
class End:
    """What the tester has last got from a gateway, to answer it.

    Attributes:
        initiate: The last Handover Initiate.
        update: The last Proxy Binding Update.
        gre_key: The last key for packets of the node, None where it told none.
    """

    initiate: HandoverInitiate | None = None
    update: ProxyBindingUpdate | None = None
    gre_key: int | None = None

    def note(self, sent: Sent) -> None:
        """Remember a packet that asks for an answer."""
        read = decode_packet(sent.packet)
        message = None if read is None else read[1].message
        if isinstance(message, HandoverInitiate):
            self.initiate = message
        elif isinstance(message, ProxyBindingUpdate):
            self.update = message
        if isinstance(message, HandoverInitiate | HandoverAcknowledge):
            told = option_of(message, GreKey)
            self.gre_key = self.gre_key if told is None else told.key


UDP = 17
NO_KEY = 0xFFFFFFFF
"""What packets of the other gateway have before the one under test has told a key."""
_VENDOR = bytes.fromhex("0001869f01")


def _context(
    cast: Cast, *, is_other_prefix: bool = False
) -> tuple[MobilityOption, ...]:
    """What a previous gateway tells of a node."""
    prefix = cast.prefix(is_other=is_other_prefix)
    return (
        HomeNetworkPrefix(prefix.network_address, prefix.prefixlen),
        LocalMobilityAnchorAddress(cast.scene.anchor),
        MobileNodeLinkLayerIdentifier(cast.link_layer),
    )


def _interface(cast: Cast) -> MobilityOption:
    """The interface identifier of the node."""
    identifier = cast.link_local.packed[8:]
    return MobileNodeLinkLocalAddressInterfaceIdentifier(identifier)


def _key(cast: Cast) -> tuple[MobilityOption, ...]:
    """By which the other gateway expects packets of the node."""
    return () if cast.gre_key is None else (GreKey(cast.gre_key),)


_WITHOUT_KEY = (Said.COMPLETION, Said.KEYLESS, Said.NOBODY)


def _options(said: Said, cast: Cast) -> tuple[MobilityOption, ...]:
    """The options of a Handover Initiate."""
    key = () if said in _WITHOUT_KEY else _key(cast)
    return (*_named_and_told(said, cast), *key)


def _named_and_told(said: Said, cast: Cast) -> tuple[MobilityOption, ...]:
    named = MobileNodeIdentifier(cast.node)
    match said:
        case Said.OFFER:
            return (named, *_context(cast))
        case Said.OTHER_INTERFACE:
            other = bytes((*cast.link_layer[:1], 0x0F, *cast.link_layer[2:]))
            *context, _ = _context(cast)
            return (named, *context, MobileNodeLinkLayerIdentifier(other))
        case Said.FETCH | Said.COMPLETION | Said.KEYLESS:
            return (named,)
        case Said.NAMED_FETCH:
            types = (HomeNetworkPrefix.TYPE, MobileNodeLinkLayerIdentifier.TYPE)
            entries = (RequestedContext(int(kind)) for kind in types)
            return (named, ContextRequest(tuple(entries)))
        case Said.OPEN_FETCH:
            return (named, ContextRequest(()))
        case Said.UNKNOWN_CONTEXT:
            entry = RequestedContext(VendorSpecific.TYPE, _VENDOR)
            return (named, ContextRequest((entry,)))
        case Said.NOBODY:
            return ()
        case Said.STRANGER:
            return (MobileNodeIdentifier(cast.stranger),)
        case Said.STRANGE_OFFER:
            return (MobileNodeIdentifier(cast.stranger), *_context(cast))


RESERVED = 0xFF
"""What reserved fields are set to, where a receiver has to ignore them."""
RESERVED_FLAGS: dict[type[MobilityMessage], int] = {
    HandoverInitiate: 0x0F,
    HandoverAcknowledge: 0x1F,
}
"""The bits beside S, U, P and F, and beside U, P and F (RFC 5949, section 6.1)."""


def _with_reserved(option: MobilityOption) -> MobilityOption:
    """The option with bits set that it reserves."""
    match option:
        case (
            ContextRequest()
            | HomeNetworkPrefix()
            | LocalMobilityAnchorAddress()
            | MobileNodeLinkLayerIdentifier()
            | MobileNodeLinkLocalAddressInterfaceIdentifier()
        ):
            return replace(option, reserved=RESERVED)
        case _:
            return option


def _signalling(
    message: HandoverInitiate | HandoverAcknowledge | ProxyBindingAcknowledgement,
    source: IPv6Address,
    cast: Cast,
    *,
    has_reserved: bool = False,
) -> bytes:
    """The packet of a message, with reserved bits set or not."""
    gateway, lies = cast.scene.gateway, Lies()
    if has_reserved:
        flags = RESERVED_FLAGS.get(type(message), 0)
        lies = Lies(reserved=RESERVED, message_reserved=flags)
        options = tuple(map(_with_reserved, message.options))
        message = replace(message, options=options)
    octets = encode(message, source, gateway, lies=lies)
    return encode_ipv6(source, gateway, octets)


def initiate(stimulus: Initiation, number: int, cast: Cast) -> bytes:
    """A Handover Initiate of the other gateway."""
    is_over = stimulus.said is Said.COMPLETION
    options = _options(stimulus.said, cast)
    if stimulus.has_reserved and stimulus.said is Said.OFFER:
        options = (*options, _interface(cast))
    message = HandoverInitiate(
        number,
        HandoverInitiateCode.FORWARDING_COMPLETE if is_over else 0,
        options,
        buffer=stimulus.flags is Flags.BUFFER,
        forward=stimulus.flags is Flags.FORWARD,
    )
    sender = cast.third if stimulus.is_of_third else cast.other
    return _signalling(message, sender, cast, has_reserved=stimulus.has_reserved)


ICMPV6, HOST_MESSAGES, SOLICITATION_SUBTYPE = 58, 154, 2
"""RFC 5568, section 6.1: ICMPv6 type and subtype of the solicitation."""
FAST_BINDING_UPDATE, FAST_BINDING_ACKNOWLEDGMENT = 8, 9
"""MH Types (RFC 5568, sections 6.2.2 and 6.2.3)."""
IPPROTO_NONE = 59


def host_message(message: HostMessage, cast: Cast, router: IPv6Address) -> bytes:
    """What a node sends to its gateway that takes part in handovers itself.

    Args:
        message: Which one.
        cast: The node.
        router: Link-local address of the gateway.
    """
    source = cast.link_local
    if message is HostMessage.ROUTER_SOLICITATION:
        to, protocol = ALL_ROUTERS, ICMPV6
        head = bytes((HOST_MESSAGES, 0))
        rest = bytes((SOLICITATION_SUBTYPE, 0)) + (1).to_bytes(2)
    else:
        to, protocol = router, IPPROTO_MOBILITY
        head = bytes((IPPROTO_NONE, 1, FAST_BINDING_UPDATE, 0))
        rest = (1).to_bytes(2) + b"\xc0\0" + (4).to_bytes(2) + b"\1\2\0\0"
    checksum = checksum_of(head + b"\0\0" + rest, source, to, protocol)
    data = head + checksum.to_bytes(2) + rest
    return encode_ipv6(source, to, data, next_header=protocol, hop_limit=255)


def serves_host(packet: bytes) -> bool:
    """Whether a packet serves a node that takes part in handovers itself (RFC 5568)."""
    read = decode_packet(packet)
    if read is not None and isinstance(read[1].message, HandoverInitiate):
        return not read[1].message.proxy
    header = decode_ipv6(packet)
    if header is None or header.payload == b"":
        return False
    is_icmp = header.next_header == ICMPV6 and header.payload[0] == HOST_MESSAGES
    kind = header.payload[2:3]
    is_answer = kind == bytes((FAST_BINDING_ACKNOWLEDGMENT,))
    return is_icmp or (header.next_header == IPPROTO_MOBILITY and is_answer)


def datagram(
    route: Route, number: int, cast: Cast, gre_key: int | None = None
) -> bytes:
    """A user packet, in a tunnel packet where it comes from one.

    Args:
        route: Where it comes from.
        number: What it has in it.
        cast: Who takes part.
        gre_key: What the gateway has told, None where it told none.
    """
    is_up = route in (Route.NODE, Route.GATEWAY_UP)
    peer = cast.scene.correspondent
    ends = (cast.address, peer) if is_up else (peer, cast.address)
    text = b"packet %d" % number
    header = b"\x13\x89\x13\x89" + (8 + len(text)).to_bytes(2)
    checksum = checksum_of(header + b"\0\0" + text, *ends, UDP)
    data = header + checksum.to_bytes(2) + text
    inner = encode_ipv6(*ends, data, next_header=UDP)
    if route is Route.NODE:
        return inner
    entry = cast.scene.anchor if route is Route.ANCHOR else cast.other
    ends = entry, cast.scene.gateway
    if route is Route.ANCHOR or cast.gre_key is None:
        return encode_ipv6(*ends, inner, next_header=IPPROTO_IPV6)
    keyed = gre_payload(inner, gre_key or NO_KEY)
    return encode_ipv6(*ends, keyed, next_header=IPPROTO_GRE)


_REFUSALS = tuple(code for code in HandoverAcknowledgeCode if code >= 128)


def acknowledge(stimulus: Acknowledgement, end: End, cast: Cast) -> bytes:
    """The answer to the last Handover Initiate of a gateway; none where it sent none."""
    if end.initiate is None:
        return b""
    ahead = 0 if stimulus.is_awaited else FAR_AHEAD  # other cases have the next ones
    number = (end.initiate.sequence + ahead) % SEQUENCE_NUMBERS
    is_other = stimulus.is_other_prefix
    context = _context(cast, is_other_prefix=is_other) if stimulus.has_context else ()
    if stimulus.has_reserved and stimulus.has_context:
        context = (*context, _interface(cast))
    is_strange = stimulus.mismatch is Mismatch.NODE
    named = MobileNodeIdentifier(cast.stranger if is_strange else cast.node)
    is_refused = stimulus.code in _REFUSALS
    options = (named, *context, *(() if is_refused else _key(cast)))
    message = HandoverAcknowledge(number, stimulus.code, options, forward=True)
    is_third = stimulus.mismatch is Mismatch.SOURCE
    source = cast.third if is_third else cast.other
    return _signalling(message, source, cast, has_reserved=stimulus.has_reserved)


def give_the_rest(request: HandoverInitiate, cast: Cast) -> bytes:
    """The answer to a gateway that asks for what the last one left out."""
    code = HandoverAcknowledgeCode.ALL_CONTEXT_TRANSFERRED
    options = (MobileNodeIdentifier(cast.node), _interface(cast))
    answer = HandoverAcknowledge(request.sequence, code, options)
    return _signalling(answer, cast.other, cast)


def register(stimulus: Registration, end: End, cast: Cast) -> bytes:
    """The answer to the last request of a gateway; none where it sent none."""
    if end.update is None:
        return b""
    granted = cast.prefix(is_other=stimulus.is_other_prefix)
    prefix = HomeNetworkPrefix(granted.network_address, granted.prefixlen)
    kept = [o for o in end.update.options if not isinstance(o, HomeNetworkPrefix)]
    if stimulus.names_node:
        kept = [o for o in kept if not isinstance(o, LinkLocalAddress)]
        kept.append(LinkLocalAddress(cast.link_local))
    is_refused = is_rejection(stimulus.status)
    lifetime = 0 if is_refused else min(end.update.lifetime, cast.scene.long_units)
    message = ProxyBindingAcknowledgement(
        stimulus.status, end.update.sequence, lifetime, (*kept, prefix)
    )
    return _signalling(message, cast.scene.anchor, cast)
