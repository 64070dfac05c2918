"""From a stimulus to the acknowledgement that the tester sends to a gateway."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv6Address, IPv6Network

from pmip6.model.lma.acknowledgement import acknowledge
from pmip6.model.lma.answer import Answer as Decision
from pmip6.model.mag.access_link import link_local_address
from pmip6.model.mag.configuration import (
    INITIAL_BINDACK_TIMEOUT_MS,
    MAX_BINDACK_TIMEOUT_MS,
)
from pmip6.model.wire.messages import (
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
    option_of,
)
from pmip6.model.wire.numbers import (
    SEQUENCE_NUMBERS,
    BindingAckStatus,
    is_rejection,
)
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    BindingRefreshAdvice,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobilityOption,
    Timestamp,
    UnknownOption,
)
from pmip6.vectors.mag.stimuli import Answer, AnswerForm, Echo, Named, Prefixes

LAST_ACCEPTED_AHEAD = 100
"""How much greater the number is that an anchor has accepted last, when it refuses one."""
FAR_AHEAD = SEQUENCE_NUMBERS // 2
"""How much greater a number of no request is: those of other cases may be close by."""
COMPANY_BIT = 1 << 80
"""What prefixes of the other node have and those of no scene."""
UNKNOWN_TYPE = 250  # no mobility option has this number
CORRESPONDENT = IPv6Address("2001:db8:200::5")
STRANGER = IPv6Address("2001:db8:1::99")
NOBODY = IPv6Address("2001:db8:999::1")
"""Addresses of a scene that names no others."""
FREE_LINK_LOCAL = IPv6Address("fe80::5213:1")
OPTIONS: dict[Echo, type[MobilityOption]] = {
    Echo.NODE_IDENTIFIER: MobileNodeIdentifier,
    Echo.HANDOFF_INDICATOR: HandoffIndicatorOption,
    Echo.ACCESS_TECHNOLOGY: AccessTechnologyTypeOption,
    Echo.LINK_LAYER: MobileNodeLinkLayerIdentifier,
    Echo.PREFIX: HomeNetworkPrefix,
}


@dataclass(frozen=True)
class Scene:
    """The addresses and numbers of a test case.

    Args:
        node: Octets of the node's identifier.
        link_layer: Its link-layer address.
        gateway: The Proxy-CoA.
        anchor: Address of the anchor, which the tester plays.
        prefixes: Two prefixes that it may give to the session.
        long_units, short_units: Lifetimes that it grants, in units of 4 s.
        time_of_day: Of the anchor, in the format of the Timestamp option.
        correspondent: Whom the node exchanges packets with, through the anchor.
        stranger: A node of the network that is not the anchor.
        nobody: An address of no prefix of the node.
        backoff_ms: How long the gateway waits for an answer, at first and at most.
        other: The scene of the other node; one that is made of this one where None.
    """

    node: bytes
    link_layer: bytes
    gateway: IPv6Address
    anchor: IPv6Address
    prefixes: tuple[IPv6Network, IPv6Network]
    long_units: int = 150
    short_units: int = 5
    time_of_day: int = 0
    correspondent: IPv6Address = CORRESPONDENT
    stranger: IPv6Address = STRANGER
    nobody: IPv6Address = NOBODY
    backoff_ms: tuple[int, int] = (INITIAL_BINDACK_TIMEOUT_MS, MAX_BINDACK_TIMEOUT_MS)
    other: Scene | None = None

    @property
    def node_link_local(self) -> IPv6Address:
        """The link-local address of the node."""
        return link_local_address(self.link_layer)

    @property
    def node_address(self) -> IPv6Address:
        """The address of the node of the first prefix."""
        return self.address_in(self.prefixes[0])

    @property
    def companion(self) -> Scene:
        """The scene of the other node that a gateway has where nodes are not alone."""
        if self.other is not None:
            return self.other
        first, second = (
            IPv6Network((int(p.network_address) | COMPANY_BIT, p.prefixlen))
            for p in self.prefixes
        )
        return replace(
            self,
            node=b"company-of-" + self.node,
            link_layer=b"\x06" + self.link_layer[1:],
            prefixes=(first, second),
        )

    def address_in(self, prefix: IPv6Network) -> IPv6Address:
        """The address that the node makes from a prefix."""
        host = int(self.node_link_local) & (1 << 64) - 1
        return IPv6Address(int(prefix.network_address) | host)

    def given(self, prefixes: Prefixes) -> tuple[IPv6Network, ...]:
        """The prefixes that an acceptance gives."""
        match prefixes:
            case Prefixes.ONE:
                return self.prefixes[:1]
            case Prefixes.OTHER:
                return self.prefixes[1:]
            case Prefixes.TWO:
                return self.prefixes


def make_answer(
    stimulus: Answer, request: ProxyBindingUpdate, scene: Scene
) -> ProxyBindingAcknowledgement:
    """The acknowledgement of a request; what is wrong on the wire is the sender's."""
    refused = is_rejection(stimulus.status)
    units = scene.short_units if stimulus.is_short else scene.long_units
    given = tuple(
        HomeNetworkPrefix(prefix.network_address, prefix.prefixlen)
        for prefix in scene.given(stimulus.prefixes)
    )
    is_wrong = stimulus.form is AnswerForm.WRONG_LIFETIME
    is_granted = (request.lifetime == 0) == is_wrong
    answer = acknowledge(
        request,
        Decision(
            status=stimulus.status,
            lifetime=units if is_granted and not refused else 0,
            prefixes=given,
            generated=_named(stimulus.named, scene),
            now=scene.time_of_day,
        ),
    )
    options = tuple(
        altered
        for option in answer.options
        if (altered := _changed(option, stimulus)) is not None
    )
    if stimulus.form is AnswerForm.UNKNOWN_OPTION:
        options = (*options, UnknownOption(UNKNOWN_TYPE, b"\1\2\3\4"))
    if stimulus.is_advised:
        options = (*options, BindingRefreshAdvice(scene.short_units))
    number = request.sequence
    if stimulus.form is AnswerForm.OTHER_NUMBER:
        number = (number + FAR_AHEAD) % SEQUENCE_NUMBERS
    out_of_window = BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW
    if stimulus.status == out_of_window and option_of(request, Timestamp) is None:
        number = (number + LAST_ACCEPTED_AHEAD) % SEQUENCE_NUMBERS
    return ProxyBindingAcknowledgement(
        status=answer.status,
        sequence=number,
        lifetime=answer.lifetime,
        options=options,
        proxy=stimulus.form is not AnswerForm.DIRECT,
    )


def _named(named: Named, scene: Scene) -> IPv6Address:
    match named:
        case Named.NOTHING:
            return IPv6Address(0)
        case Named.FREE:
            return FREE_LINK_LOCAL
        case Named.OF_NODE:
            return scene.node_link_local


def _changed(option: MobilityOption, stimulus: Answer) -> MobilityOption | None:
    """An option as the answer has it; None where it is missing."""
    for echo, kind in OPTIONS.items():
        if isinstance(option, kind) and stimulus.missing is echo:
            return None
        if isinstance(option, kind) and stimulus.altered is echo:
            return _altered(option)
    return option


def _altered(option: MobilityOption) -> MobilityOption:
    match option:
        case MobileNodeIdentifier():
            return MobileNodeIdentifier(b"other-" + option.identifier)
        case HandoffIndicatorOption():
            return HandoffIndicatorOption(1 if option.value != 1 else 3)
        case AccessTechnologyTypeOption():
            return AccessTechnologyTypeOption(option.value + 1)
        case MobileNodeLinkLayerIdentifier():
            return MobileNodeLinkLayerIdentifier(
                b"\2" + option.identifier[1:-1] + b"\xff"
            )
        case _:
            return option


def names_link_local(request: ProxyBindingUpdate) -> IPv6Address | None:
    """The link-local address of a request; None without the option."""
    found = option_of(request, LinkLocalAddress)
    return None if found is None else found.address
