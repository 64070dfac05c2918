"""How a gateway builds the Handover Acknowledge to an HI, and what is wrong with one.

Sources: RFC 5949, sections 4.1 and 6.1.2; RFC 5568, section 6.2.1.2.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from pmip6.model.fast_handover.construction import (
    Allows,
    Asked,
    Fault,
    all_there,
    equal,
    every_id,
    one_key,
    shown,
)
from pmip6.model.fast_handover.context import (
    HandoverContext,
    Options,
    all_context,
    requested_context,
)
from pmip6.model.fast_handover.options import (
    ContextRequest,
    GreKey,
    Ipv4HomeAddressRequest,
    LocalMobilityAnchorAddress,
    MobileNodeLinkLocalAddressInterfaceIdentifier,
    VendorSpecific,
)
from pmip6.model.wire.messages import (
    HandoverAcknowledge,
    HandoverInitiate,
    option_of,
    options_of,
)
from pmip6.model.wire.numbers import HandoverAcknowledgeCode
from pmip6.model.wire.option_format import MobilityOption
from pmip6.model.wire.options import (
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
)


@dataclass(frozen=True)
class Answered:
    """What a Handover Acknowledge follows from.

    Args:
        request: The Handover Initiate that it answers.
        decided: The message of the model: code, buffer, forward and prefix.
        known: What the gateway knows of the node.
    """

    request: HandoverInitiate
    decided: Asked
    known: HandoverContext

    @property
    def gives_context(self) -> bool:
        """The model gives the context."""
        return self.decided["prefix"] is not None

    @property
    def asked(self) -> ContextRequest | None:
        """The Context Request, None without one."""
        return option_of(self.request, ContextRequest)

    def names(self, option: type[MobilityOption]) -> bool:
        """The Context Request names the type of an option."""
        asked = self.asked
        entries = () if asked is None else asked.requests
        return any(entry.type == option.TYPE for entry in entries)

    @property
    def context(self) -> Options:
        """The options that the answer tells."""
        if not self.gives_context:
            return ()
        return requested_context(self.asked, self.known)


@dataclass(frozen=True)
class AcknowledgeRule:
    """One row: the options of a type that a Handover Acknowledge has.

    Args:
        name: Its name.
        option: The type.
        requirements: What asks for them in any message.
        options: Those that ours has.
        allows: Whether others will do.
        cited: Which of the requirements a message violates; all where None.
    """

    name: str
    option: type[MobilityOption]
    requirements: tuple[str, ...]
    options: Callable[[Answered], Options]
    allows: Allows = equal
    cited: Callable[[Answered], tuple[str, ...]] | None = None


@dataclass(frozen=True)
class AcknowledgeField:
    """One row: a field of a Handover Acknowledge, and the values that will do.

    Args:
        name: Its name.
        requirements: What asks for its value in any message.
        value: Its value.
        allowed: The values that will do.
        cited: Which of the requirements a message violates; all where None.
    """

    name: str
    requirements: tuple[str, ...]
    value: Callable[[Answered], int]
    allowed: Callable[[Answered], frozenset[int]]
    cited: Callable[[Answered], tuple[str, ...]] | None = None


def _same_node(answered: Answered) -> Options:
    return tuple(options_of(answered.request, MobileNodeIdentifier))


def _given(option: type[MobilityOption]) -> Callable[[Answered], Options]:
    return lambda answered: tuple(o for o in answered.context if isinstance(o, option))


BY_NAME = ("5949-4.1-16", "5949-6.1.2-3", "5949-6.2.1-1")
"""What asks for context that a Context Request names."""


def _by_name(
    option: type[MobilityOption], *unnamed: str
) -> Callable[[Answered], tuple[str, ...]]:
    """What asks for context of a type that is told without being named as well."""
    return lambda answered: BY_NAME if answered.names(option) else unnamed


def _key_of_answerer(answered: Answered) -> Options:
    """By which the packets of the node have to come, where the handover is accepted."""
    code = HandoverAcknowledgeCode[str(answered.decided["code"])]
    key = answered.known.gre_key
    return () if key is None or code not in _ACCEPTED else (GreKey(key),)


ACKNOWLEDGE_RULES: tuple[AcknowledgeRule, ...] = (
    AcknowledgeRule(
        "node identifier of a handover acknowledge",
        MobileNodeIdentifier,
        ("5949-6.1.2-2", "5949-6.1.2-x17"),
        _same_node,
    ),
    AcknowledgeRule(
        "prefixes of a handover acknowledge",
        HomeNetworkPrefix,
        ("5949-4.1-15", "5949-4.2-7", "5949-6.1.2-x19"),
        _given(HomeNetworkPrefix),
        all_there,
    ),
    AcknowledgeRule(
        "anchor of a handover acknowledge",
        LocalMobilityAnchorAddress,
        (*BY_NAME, "5949-4.1-y1"),
        _given(LocalMobilityAnchorAddress),
        all_there,
        _by_name(LocalMobilityAnchorAddress, "5949-4.1-y1"),
    ),
    AcknowledgeRule(
        "link-layer identifier of a handover acknowledge",
        MobileNodeLinkLayerIdentifier,
        (*BY_NAME, "5949-4.1-y1"),
        _given(MobileNodeLinkLayerIdentifier),
        all_there,
        _by_name(MobileNodeLinkLayerIdentifier, "5949-4.1-y1"),
    ),
    AcknowledgeRule(
        "interface identifier of a handover acknowledge",
        MobileNodeLinkLocalAddressInterfaceIdentifier,
        (*BY_NAME, "5949-6.2.3-x3", "5949-8-x4"),
        _given(MobileNodeLinkLocalAddressInterfaceIdentifier),
        all_there,
    ),
    AcknowledgeRule(
        "IPv4 home address of a handover acknowledge",
        Ipv4HomeAddressRequest,
        ("5949-4.1-15", "5949-4.2-7"),
        _given(Ipv4HomeAddressRequest),
        all_there,
    ),
    AcknowledgeRule(
        "vendor options of a handover acknowledge",
        VendorSpecific,
        BY_NAME,
        _given(VendorSpecific),
        all_there,
    ),
    AcknowledgeRule(
        "link-local address of a handover acknowledge",
        LinkLocalAddress,
        (*BY_NAME, "5949-6.2.5-x1"),
        _given(LinkLocalAddress),
        all_there,
    ),
    AcknowledgeRule(
        "GRE key of a handover acknowledge",
        GreKey,
        ("5949-4.2-7", "5949-6.2.6-x1", "5949-6.2.6-x3"),
        _key_of_answerer,
        one_key,
    ),
)
"""The options of a Handover Acknowledge, in the order in which ours has them.

More context than was asked for is no fault (docs/findings.md has what goes with Code 131).
"""


@dataclass(frozen=True)
class OneNodeRule:
    """One row: context of a type that a Handover Acknowledge has is of its node alone.

    What is known of the node is right, and what the Handover Initiate told; where that is
    nothing, an answer that gives context may have any.
    """

    name: str
    option: type[MobilityOption]
    requirements: tuple[str, ...] = ("5949-6.1.2-2",)

    def foreign(
        self, found: HandoverAcknowledge, answered: Answered
    ) -> set[MobilityOption]:
        """The options that are of another node."""
        told = (*all_context(answered.known), *answered.request.options)
        own = {_bare(option) for option in told if isinstance(option, self.option)}
        there = {_bare(o) for o in options_of(found, self.option) if not _is_ipv4(o)}
        code = HandoverAcknowledgeCode[str(answered.decided["code"])]
        lacks = code == HandoverAcknowledgeCode.REQUESTED_CONTEXT_NOT_AVAILABLE
        return there - own if own or lacks else set()


def _is_ipv4(option: MobilityOption) -> bool:
    """Whether it is the IPv4 address of an anchor, which has one beside the other."""
    return (
        isinstance(option, LocalMobilityAnchorAddress) and option.address.version == 4
    )


def _bare(option: MobilityOption) -> MobilityOption:
    """The option without what it reserves."""
    assert isinstance(
        option,
        HomeNetworkPrefix | LocalMobilityAnchorAddress | MobileNodeLinkLayerIdentifier,
    )
    return replace(option, reserved=0)


ONE_NODE_RULES: tuple[OneNodeRule, ...] = (
    OneNodeRule("node of the prefixes of a handover acknowledge", HomeNetworkPrefix),
    OneNodeRule(
        "node of the anchor of a handover acknowledge", LocalMobilityAnchorAddress
    ),
    OneNodeRule(
        "node of the link-layer identifier of a handover acknowledge",
        MobileNodeLinkLayerIdentifier,
    ),
)
"""The context in a Handover Acknowledge by which another node would be found out."""

_GIVEN = frozenset(
    {
        HandoverAcknowledgeCode.CONTEXT_ACCEPTED,
        HandoverAcknowledgeCode.ALL_CONTEXT_TRANSFERRED,
    }
)
_ACCEPTED = _GIVEN | {HandoverAcknowledgeCode.ACCEPTED}
_REFUSED = frozenset(
    {
        HandoverAcknowledgeCode.REASON_UNSPECIFIED,
        HandoverAcknowledgeCode.ADMINISTRATIVELY_PROHIBITED,
        HandoverAcknowledgeCode.INSUFFICIENT_RESOURCES,
    }
)


def _code(answered: Answered) -> HandoverAcknowledgeCode:
    """The code: where context is given, it says whether that is all that there is."""
    code = HandoverAcknowledgeCode[str(answered.decided["code"])]
    if code not in _GIVEN or not answered.gives_context:
        return code
    is_all = set(answered.context) >= set(all_context(answered.known))
    if is_all:
        return HandoverAcknowledgeCode.ALL_CONTEXT_TRANSFERRED
    return HandoverAcknowledgeCode.CONTEXT_ACCEPTED


def _codes(answered: Answered) -> frozenset[int]:
    """The codes that say the same, as far as the RFC is definite (docs/findings.md)."""
    code = _code(answered)
    if answered.gives_context and code in _GIVEN:
        return frozenset(_GIVEN)
    if code == HandoverAcknowledgeCode.ACCEPTED:
        return frozenset(_ACCEPTED)
    return frozenset(_REFUSED) if code in _REFUSED else frozenset({code})


ACKNOWLEDGE_CODES: dict[HandoverAcknowledgeCode, tuple[str, ...]] = {
    HandoverAcknowledgeCode.ACCEPTED: ("5949-6.1.2-x9", "5949-8-x17"),
    HandoverAcknowledgeCode.CONTEXT_ACCEPTED: (
        "5949-6.1.2-x10",
        "5949-6.1.2-x18",
        "5949-6.1.2-x21",
        "5949-8-x22",
    ),
    HandoverAcknowledgeCode.ALL_CONTEXT_TRANSFERRED: (
        "5949-6.1.2-x11",
        "5949-6.1.2-x20",
        "5949-8-x23",
    ),
    HandoverAcknowledgeCode.REASON_UNSPECIFIED: (
        "5568-6.2.1.2-x10",
        "5949-6.1.2-x12",
        "5949-8-x25",
    ),
    HandoverAcknowledgeCode.ADMINISTRATIVELY_PROHIBITED: (
        "5568-6.2.1.2-x11",
        "5949-6.1.2-x13",
        "5949-8-x26",
    ),
    HandoverAcknowledgeCode.INSUFFICIENT_RESOURCES: (
        "5568-6.2.1.2-x12",
        "5949-6.1.2-x14",
        "5949-8-x27",
    ),
    HandoverAcknowledgeCode.REQUESTED_CONTEXT_NOT_AVAILABLE: (
        "5949-4.1-17",
        "5949-6.1.2-x15",
        "5949-6.1.2-x22",
        "5949-8-x28",
    ),
    HandoverAcknowledgeCode.FORWARDING_NOT_AVAILABLE: (
        "5949-4.1-18",
        "5949-6.1.2-x16",
        "5949-8-x29",
    ),
}
"""What asks for each code of a Handover Acknowledge."""


ACKNOWLEDGE_FIELDS: tuple[AcknowledgeField, ...] = (
    AcknowledgeField(
        "sequence",
        ("5568-6.2.1.2-x4", "5949-6.1.2-x5", "5568-6.2.1.1-1"),
        lambda answered: answered.request.sequence,
        lambda answered: frozenset({answered.request.sequence}),
    ),
    AcknowledgeField(
        "proxy",
        ("5949-6.1.2-1", "5949-8-x10"),
        lambda answered: True,
        lambda answered: frozenset({True}),
    ),
    AcknowledgeField(
        "buffer",
        ("5949-6.1.2-x6", "5949-8-x9"),
        lambda answered: bool(answered.decided["buffer"]),
        lambda answered: frozenset({False, True}),
    ),
    AcknowledgeField(
        "forward",
        ("5949-6.1.2-x7", "5949-8-x11"),
        lambda answered: bool(answered.decided["forward"]),
        lambda answered: frozenset({False, True}),
    ),
    AcknowledgeField(
        "code",
        every_id(ACKNOWLEDGE_CODES.values()),
        _code,
        _codes,
        lambda answered: ACKNOWLEDGE_CODES[_code(answered)],
    ),
)
"""The fields of a Handover Acknowledge."""


def build_acknowledge(
    answered: Answered,
    *,
    rules: Iterable[AcknowledgeRule] = ACKNOWLEDGE_RULES,
    fields: Iterable[AcknowledgeField] = ACKNOWLEDGE_FIELDS,
) -> HandoverAcknowledge:
    """The Handover Acknowledge for what the model decided, from the tables."""
    values = {field.name: field.value(answered) for field in fields}
    return HandoverAcknowledge(
        values["sequence"],
        values["code"],
        tuple(o for rule in rules for o in rule.options(answered)),
        buffer=bool(values["buffer"]),
        proxy=bool(values["proxy"]),
        forward=bool(values["forward"]),
    )


def acknowledge_faults(
    found: HandoverAcknowledge, answered: Answered
) -> Iterator[Fault]:
    """What is wrong with a Handover Acknowledge."""
    for rule in ACKNOWLEDGE_RULES:
        wanted = set(rule.options(answered))
        there = set(options_of(found, rule.option))
        if not rule.allows(there, wanted):
            text = f"{shown(there)} instead of {shown(wanted)}"
            yield Fault(rule, _cited(rule, answered), text)
    for one in ONE_NODE_RULES:
        foreign = one.foreign(found, answered)
        if foreign:
            text = f"{shown(foreign)}, which is not the node's"
            yield Fault(one, one.requirements, text)
    for field in ACKNOWLEDGE_FIELDS:
        value = int(getattr(found, field.name))
        if value not in field.allowed(answered):
            text = f"{field.name} is {value}"
            yield Fault(field, _cited(field, answered), text)


def _cited(row: AcknowledgeRule | AcknowledgeField, to: Answered) -> tuple[str, ...]:
    return row.requirements if row.cited is None else row.cited(to)
