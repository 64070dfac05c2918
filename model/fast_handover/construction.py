"""How a gateway builds a Handover Initiate, and the Handover Acknowledge that answers one.

The model decides that a message is sent, to whom, and what it asks for or grants; the
rest follows from these tables.  The reference gateway builds its messages from them, and
the judge compares those of an implementation with them.
Sources: RFC 5949, sections 4.1 and 6.1; RFC 5568, section 6.2.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from pmip6.model.fast_handover.context import (
    HandoverContext,
    Options,
    all_context,
    requested_context,
)
from pmip6.model.fast_handover.messages import FETCHES, OFFERS
from pmip6.model.fast_handover.options import (
    ContextRequest,
    GreKey,
    Ipv4HomeAddressRequest,
    LocalMobilityAnchorAddress,
    MobileNodeLinkLocalAddressInterfaceIdentifier,
    RequestedContext,
    VendorSpecific,
)
from pmip6.model.fast_handover.state import HandoverRequest
from pmip6.model.language.interpreter import Value
from pmip6.model.requirements.catalogue import Citing
from pmip6.model.wire.messages import (
    HandoverAcknowledge,
    HandoverInitiate,
    option_of,
    options_of,
)
from pmip6.model.wire.numbers import HandoverAcknowledgeCode, HandoverInitiateCode
from pmip6.model.wire.option_format import MobilityOption
from pmip6.model.wire.option_words import options_in_words
from pmip6.model.wire.options import (
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
)

Asked = dict[str, Value]
"""The message of the model that is put on the wire, by field.

That of a Handover Initiate has one more, the `request` that it stands for.
"""

Allows = Callable[[set[MobilityOption], set[MobilityOption]], bool]
"""Whether the options found will do, given those that the table makes."""


def _equal(found: set[MobilityOption], wanted: set[MobilityOption]) -> bool:
    return found == wanted


def _all_there(found: set[MobilityOption], wanted: set[MobilityOption]) -> bool:
    return found >= wanted


def _right_if_there(found: set[MobilityOption], wanted: set[MobilityOption]) -> bool:
    return not found or found == wanted


def _one_key(found: set[MobilityOption], wanted: set[MobilityOption]) -> bool:
    """Where a key is told, which one is the sender's choice (RFC 5949, section 4.2)."""
    if not wanted:
        return True
    keys = [option.key for option in found if isinstance(option, GreKey)]
    return len(keys) == 1 and keys != [None]


@dataclass(frozen=True)
class Fault:
    """A row that a message breaks.

    Args:
        row: The row.
        requirements: Those of its requirements that are violated.
        text: What is wrong.
    """

    row: Citing
    requirements: tuple[str, ...]
    text: str


# ---- Handover Initiate -----------------------------------------------------------------


@dataclass(frozen=True)
class InitiateRule:
    """One row: the options of a type that a Handover Initiate has."""

    name: str
    option: type[MobilityOption]
    requirements: tuple[str, ...]
    options: Callable[[Asked, HandoverContext], Options]
    allows: Allows = _equal


@dataclass(frozen=True)
class InitiateField:
    """One row: a field of a Handover Initiate.

    Args:
        name: Its name.
        requirements: What asks for its value in any message.
        value: Its value.
        allows: Whether a message has one that will do; only this value where None.
        cited: Which of the requirements a message violates; all where None.
    """

    name: str
    requirements: tuple[str, ...]
    value: Callable[[Asked], int]
    allows: Callable[[HandoverInitiate, Asked], bool] | None = None
    cited: Callable[[Asked], tuple[str, ...]] | None = None


def _node(asked: Asked, known: HandoverContext) -> Options:
    node = asked["node"]
    assert isinstance(node, bytes)
    return (MobileNodeIdentifier(node),)


def _told(option: type[MobilityOption]) -> Callable[[Asked, HandoverContext], Options]:
    """Context of a type, where the message of the model offers any."""

    def options(asked: Asked, known: HandoverContext) -> Options:
        if asked["prefix"] is None:
            return ()
        return tuple(o for o in all_context(known) if isinstance(o, option))

    return options


def _request(asked: Asked, known: HandoverContext) -> Options:
    if not asked["context_request"]:
        return ()
    types = [HomeNetworkPrefix.TYPE, LocalMobilityAnchorAddress.TYPE]
    if known.has_link_layer:
        types.append(MobileNodeLinkLayerIdentifier.TYPE)
    if known.link_local is not None:
        types.append(LinkLocalAddress.TYPE)
    return (ContextRequest(tuple(RequestedContext(int(kind)) for kind in types)),)


def _own_key(asked: Asked, known: HandoverContext) -> Options:
    """By which the packets of the node have to come; at their end there are none."""
    is_over = asked["code"] == HandoverInitiateCode.FORWARDING_COMPLETE.name
    return () if known.gre_key is None or is_over else (GreKey(known.gre_key),)


def _asks_for_link_layer(
    found: set[MobilityOption], wanted: set[MobilityOption]
) -> bool:
    """Whatever else is asked for, the link-layer identifier is, where nodes have one."""
    needed = _entries(wanted) & {RequestedContext(MobileNodeLinkLayerIdentifier.TYPE)}
    return not found or _entries(found) >= needed


def _entries(options: set[MobilityOption]) -> set[RequestedContext]:
    return {
        entry
        for option in options
        if isinstance(option, ContextRequest)
        for entry in option.requests
    }


INITIATE_RULES: tuple[InitiateRule, ...] = (
    InitiateRule(
        "node identifier of a handover initiate",
        MobileNodeIdentifier,
        ("5949-6.1.1-3", "5949-4.1-3", "5949-4.1-4", "5949-4.1-13", "5949-6.1.1-4"),
        _node,
    ),
    InitiateRule(
        "prefixes of a handover initiate",
        HomeNetworkPrefix,
        ("5949-4.1-4", "5949-4.2-7", "5949-6.1.1-4", "5949-6.2.4-x1"),
        _told(HomeNetworkPrefix),
    ),
    InitiateRule(
        "anchor of a handover initiate",
        LocalMobilityAnchorAddress,
        (
            "5949-4.1-4",
            "5949-6.2.2-x1",
            "5949-6.2.2-x3",
            "5949-6.2.2-x6",
            "5949-8-x3",
        ),
        _told(LocalMobilityAnchorAddress),
    ),
    InitiateRule(
        "link-layer identifier of a handover initiate",
        MobileNodeLinkLayerIdentifier,
        ("5949-4.1-5",),
        _told(MobileNodeLinkLayerIdentifier),
    ),
    InitiateRule(
        "interface identifier of a handover initiate",
        MobileNodeLinkLocalAddressInterfaceIdentifier,
        ("5949-6.2.3-x1", "5949-6.2.3-x5"),
        _told(MobileNodeLinkLocalAddressInterfaceIdentifier),
        _right_if_there,
    ),
    InitiateRule(
        "IPv4 home address of a handover initiate",
        Ipv4HomeAddressRequest,
        ("5949-4.2-7", "5949-6.2.7-x2"),
        _told(Ipv4HomeAddressRequest),
    ),
    InitiateRule(
        "vendor options of a handover initiate",
        VendorSpecific,
        ("5949-6.2.8-x1",),
        _told(VendorSpecific),
        lambda found, wanted: True,
    ),
    InitiateRule(
        "link-local address of a handover initiate",
        LinkLocalAddress,
        ("5949-6.2.5-x1",),
        _told(LinkLocalAddress),
        _right_if_there,
    ),
    InitiateRule(
        "GRE key of a handover initiate",
        GreKey,
        ("5949-4.2-7", "5949-6.2.6-x1", "5949-6.2.6-x3"),
        _own_key,
        _one_key,
    ),
    InitiateRule(
        "context request of a handover initiate",
        ContextRequest,
        ("5949-6.2.1-2",),
        _request,
        _asks_for_link_layer,
    ),
)
"""The options of a Handover Initiate, in the order in which ours has them."""

FIRST_REQUESTS = frozenset((*OFFERS, *FETCHES))
"""Handover Initiates whose flags are the sender's choice."""
FORWARDING_BY: dict[HandoverRequest, tuple[str, ...]] = {
    HandoverRequest.START_FORWARDING: (
        "5949-4.2-10",
        "5949-6.1.1-x7",
        "5949-8-x8",
    ),
    HandoverRequest.COMPLETION: ("5949-4.1-12", "5949-6.1.1-x7", "5949-8-x8"),
}
"""Handover Initiates that have the F flag, and what asks for it."""
INITIATE_CODES: dict[HandoverInitiateCode, tuple[str, ...]] = {
    HandoverInitiateCode.DEFAULT: ("5949-6.1.1-x9",),
    HandoverInitiateCode.FORWARDING_COMPLETE: ("5949-6.1.1-x10",),
    HandoverInitiateCode.ALL_CONTEXT_TRANSFERRED: (
        "5949-6.1.1-x11",
        "5949-6.1.1-x12",
        "5949-6.1.1-x13",
    ),
}
"""What asks for each code of a Handover Initiate."""
_OFFERING_CODES = frozenset(
    {HandoverInitiateCode.DEFAULT, HandoverInitiateCode.ALL_CONTEXT_TRANSFERRED}
)


def _every(cited: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in cited for name in names))


def _request_of(asked: Asked) -> HandoverRequest:
    return HandoverRequest[str(asked["request"])]


def _code_of(asked: Asked) -> HandoverInitiateCode:
    return HandoverInitiateCode[str(asked["code"])]


def _asks_for_something(found: HandoverInitiate, asked: Asked) -> bool:
    """Who asks later does so by U or F; ours asks for one of them at a time."""
    request = _request_of(asked)
    is_free = request in FIRST_REQUESTS or request in FORWARDING_BY
    return is_free or found.buffer or found.forward


def _forwards_where_due(found: HandoverInitiate, asked: Asked) -> bool:
    return found.forward or _request_of(asked) not in FORWARDING_BY


def _has_code(found: HandoverInitiate, asked: Asked) -> bool:
    """Whether Code 3 says that the context is whole is free (RFC 5949, 6.1.1)."""
    wanted = _code_of(asked)
    return found.code == wanted or {found.code, wanted} <= _OFFERING_CODES


INITIATE_FIELDS: tuple[InitiateField, ...] = (
    InitiateField(
        "assigned_address", ("5949-6.1.1-1", "5949-8-x5"), lambda asked: False
    ),
    InitiateField(
        "buffer",
        ("5949-4.1-6", "5949-6.1.1-x6", "5949-8-x6"),
        lambda asked: bool(asked["buffer"]),
        _asks_for_something,
    ),
    InitiateField(
        "proxy",
        ("5949-6.1.1-2", "5949-4.1-4", "5949-4.1-13", "5949-8-x7"),
        lambda asked: True,
    ),
    InitiateField(
        "forward",
        _every(FORWARDING_BY.values()),
        lambda asked: bool(asked["forward"]),
        _forwards_where_due,
        lambda asked: FORWARDING_BY[_request_of(asked)],
    ),
    InitiateField(
        "code",
        _every(INITIATE_CODES.values()),
        _code_of,
        _has_code,
        lambda asked: INITIATE_CODES[_code_of(asked)],
    ),
)
"""The fields of a Handover Initiate but for its number, which is a counter's."""


def build_initiate(
    asked: Asked,
    known: HandoverContext,
    sequence: int,
    *,
    rules: Iterable[InitiateRule] = INITIATE_RULES,
    fields: Iterable[InitiateField] = INITIATE_FIELDS,
) -> HandoverInitiate:
    """The Handover Initiate for a message of a concrete model, from the tables.

    Args:
        asked: Its fields: node, code, buffer, forward, prefix and context_request, and
            the request.
        known: What the gateway knows of the node.
        sequence: Its number.
        rules: How its options follow.
        fields: How its fields follow.
    """
    values = {field.name: field.value(asked) for field in fields}
    return HandoverInitiate(
        sequence,
        values["code"],
        tuple(o for rule in rules for o in rule.options(asked, known)),
        assigned_address=bool(values["assigned_address"]),
        buffer=bool(values["buffer"]),
        proxy=bool(values["proxy"]),
        forward=bool(values["forward"]),
    )


def initiate_faults(
    found: HandoverInitiate, asked: Asked, known: HandoverContext
) -> Iterator[Fault]:
    """What is wrong with a Handover Initiate.

    Args:
        found: What a gateway sent.
        asked: The message of the model that it stands for.
        known: What there is to know of the node.
    """
    for rule in INITIATE_RULES:
        wanted = set(rule.options(asked, known))
        there = set(options_of(found, rule.option))
        if not rule.allows(there, wanted):
            text = f"{_shown(there)} instead of {_shown(wanted)}"
            yield Fault(rule, rule.requirements, text)
    for field in INITIATE_FIELDS:
        value = int(getattr(found, field.name))
        is_right = value == field.value(asked)
        if field.allows is not None:
            is_right = field.allows(found, asked)
        if not is_right:
            cited = field.requirements if field.cited is None else field.cited(asked)
            yield Fault(field, cited, f"{field.name} is {value}")


# ---- Handover Acknowledge --------------------------------------------------------------


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
    allows: Allows = _equal
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
        _all_there,
    ),
    AcknowledgeRule(
        "anchor of a handover acknowledge",
        LocalMobilityAnchorAddress,
        (*BY_NAME, "5949-4.1-y1"),
        _given(LocalMobilityAnchorAddress),
        _all_there,
        _by_name(LocalMobilityAnchorAddress, "5949-4.1-y1"),
    ),
    AcknowledgeRule(
        "link-layer identifier of a handover acknowledge",
        MobileNodeLinkLayerIdentifier,
        (*BY_NAME, "5949-4.1-y1"),
        _given(MobileNodeLinkLayerIdentifier),
        _all_there,
        _by_name(MobileNodeLinkLayerIdentifier, "5949-4.1-y1"),
    ),
    AcknowledgeRule(
        "interface identifier of a handover acknowledge",
        MobileNodeLinkLocalAddressInterfaceIdentifier,
        (*BY_NAME, "5949-6.2.3-x3", "5949-8-x4"),
        _given(MobileNodeLinkLocalAddressInterfaceIdentifier),
        _all_there,
    ),
    AcknowledgeRule(
        "IPv4 home address of a handover acknowledge",
        Ipv4HomeAddressRequest,
        ("5949-4.1-15", "5949-4.2-7"),
        _given(Ipv4HomeAddressRequest),
        _all_there,
    ),
    AcknowledgeRule(
        "vendor options of a handover acknowledge",
        VendorSpecific,
        BY_NAME,
        _given(VendorSpecific),
        _all_there,
    ),
    AcknowledgeRule(
        "link-local address of a handover acknowledge",
        LinkLocalAddress,
        (*BY_NAME, "5949-6.2.5-x1"),
        _given(LinkLocalAddress),
        _all_there,
    ),
    AcknowledgeRule(
        "GRE key of a handover acknowledge",
        GreKey,
        ("5949-4.2-7", "5949-6.2.6-x1", "5949-6.2.6-x3"),
        _key_of_answerer,
        _one_key,
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
        _every(ACKNOWLEDGE_CODES.values()),
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
            text = f"{_shown(there)} instead of {_shown(wanted)}"
            yield Fault(rule, _cited(rule, answered), text)
    for one in ONE_NODE_RULES:
        foreign = one.foreign(found, answered)
        if foreign:
            text = f"{_shown(foreign)}, which is not the node's"
            yield Fault(one, one.requirements, text)
    for field in ACKNOWLEDGE_FIELDS:
        value = int(getattr(found, field.name))
        if value not in field.allowed(answered):
            text = f"{field.name} is {value}"
            yield Fault(field, _cited(field, answered), text)


def _cited(row: AcknowledgeRule | AcknowledgeField, to: Answered) -> tuple[str, ...]:
    return row.requirements if row.cited is None else row.cited(to)


def _shown(options: set[MobilityOption]) -> str:
    return options_in_words(options, "no such option")
