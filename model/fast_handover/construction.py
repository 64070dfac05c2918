"""How a gateway builds a Handover Initiate, and the Handover Acknowledge that answers one.

The model decides that a message is sent, to whom, and what it asks for or grants; the
rest follows from these tables.  The reference gateway builds its messages from them, and
the judge compares those of an implementation with them.
Sources: RFC 5949, sections 4.1 and 6.1; RFC 5568, section 6.2.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

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
    RequestedContext,
    VendorSpecific,
)
from pmip6.model.language.interpreter import Value
from pmip6.model.requirements.tables import Level
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
"""The message of the model that is put on the wire, by field."""

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


# ---- Handover Initiate -----------------------------------------------------------------


@dataclass(frozen=True)
class InitiateRule:
    """One row: the options of a type that a Handover Initiate has."""

    name: str
    option: type[MobilityOption]
    requirements: tuple[str, ...]
    options: Callable[[Asked, HandoverContext], Options]
    allows: Allows = _equal
    level: Level = Level.MUST


@dataclass(frozen=True)
class InitiateField:
    """One row: a field of a Handover Initiate."""

    name: str
    requirements: tuple[str, ...]
    value: Callable[[Asked], int]


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
        Level.MUST,
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

INITIATE_FIELDS: tuple[InitiateField, ...] = (
    InitiateField(
        "assigned_address", ("5949-6.1.1-1", "5949-8-x5"), lambda asked: False
    ),
    InitiateField(
        "buffer",
        ("5949-6.1.1-x6", "5949-8-x6"),
        lambda asked: bool(asked["buffer"]),
    ),
    InitiateField(
        "proxy",
        ("5949-6.1.1-2", "5949-4.1-4", "5949-4.1-13", "5949-8-x7"),
        lambda asked: True,
    ),
    InitiateField(
        "forward",
        ("5949-6.1.1-x7", "5949-8-x8"),
        lambda asked: bool(asked["forward"]),
    ),
    InitiateField(
        "code",
        (
            "5949-6.1.1-x9",
            "5949-6.1.1-x10",
            "5949-6.1.1-x11",
            "5949-6.1.1-x12",
            "5949-6.1.1-x13",
        ),
        lambda asked: HandoverInitiateCode[str(asked["code"])],
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
        asked: Its fields: node, code, buffer, forward, prefix and context_request.
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


FREE_FLAGS = frozenset({"buffer", "forward"})
"""The flags of a Handover Initiate, which are the sender's choice."""
_OFFERING_CODES = frozenset(
    {HandoverInitiateCode.DEFAULT, HandoverInitiateCode.ALL_CONTEXT_TRANSFERRED}
)


def initiate_faults(
    found: HandoverInitiate, asked: Asked, known: HandoverContext
) -> Iterator[tuple[InitiateRule | InitiateField, str]]:
    """The rows that a Handover Initiate breaks, each with what is wrong.

    The flags are the sender's choice, and so is whether Code 3 says that the context is
    whole (RFC 5949, section 6.1.1).

    Args:
        found: What a gateway sent.
        asked: The message of the model that it stands for.
        known: What there is to know of the node.
    """
    for rule in INITIATE_RULES:
        wanted = set(rule.options(asked, known))
        there = set(options_of(found, rule.option))
        if not rule.allows(there, wanted):
            yield rule, f"{_shown(there)} instead of {_shown(wanted)}"
    for field in INITIATE_FIELDS:
        value, wanted_value = int(getattr(found, field.name)), field.value(asked)
        free = field.name in FREE_FLAGS or {value, wanted_value} <= _OFFERING_CODES
        if value != wanted_value and not free:
            yield field, f"{field.name} is {value}"


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

    @property
    def context(self) -> Options:
        """The options that the answer tells."""
        if not self.gives_context:
            return ()
        return requested_context(self.asked, self.known)


@dataclass(frozen=True)
class AcknowledgeRule:
    """One row: the options of a type that a Handover Acknowledge has."""

    name: str
    option: type[MobilityOption]
    requirements: tuple[str, ...]
    options: Callable[[Answered], Options]
    allows: Allows = _equal
    level: Level = Level.MUST


@dataclass(frozen=True)
class AcknowledgeField:
    """One row: a field of a Handover Acknowledge, and the values that will do."""

    name: str
    requirements: tuple[str, ...]
    value: Callable[[Answered], int]
    allowed: Callable[[Answered], frozenset[int]]


def _same_node(answered: Answered) -> Options:
    return tuple(options_of(answered.request, MobileNodeIdentifier))


def _given(option: type[MobilityOption]) -> Callable[[Answered], Options]:
    return lambda answered: tuple(o for o in answered.context if isinstance(o, option))


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
        ("5949-4.1-15", "5949-4.1-16", "5949-4.2-7", "5949-6.1.2-x19"),
        _given(HomeNetworkPrefix),
        _all_there,
    ),
    AcknowledgeRule(
        "anchor of a handover acknowledge",
        LocalMobilityAnchorAddress,
        ("5949-6.1.2-3", "5949-6.2.1-1"),
        _given(LocalMobilityAnchorAddress),
        _all_there,
        Level.SHOULD,
    ),
    AcknowledgeRule(
        "link-layer identifier of a handover acknowledge",
        MobileNodeLinkLayerIdentifier,
        ("5949-6.1.2-3", "5949-6.2.1-1"),
        _given(MobileNodeLinkLayerIdentifier),
        _all_there,
        Level.SHOULD,
    ),
    AcknowledgeRule(
        "interface identifier of a handover acknowledge",
        MobileNodeLinkLocalAddressInterfaceIdentifier,
        (
            "5949-4.1-16",
            "5949-6.1.2-3",
            "5949-6.2.1-1",
            "5949-6.2.3-x3",
            "5949-8-x4",
        ),
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
        ("5949-4.1-16", "5949-6.1.2-3", "5949-6.2.1-1"),
        _given(VendorSpecific),
        _all_there,
    ),
    AcknowledgeRule(
        "link-local address of a handover acknowledge",
        LinkLocalAddress,
        ("5949-4.1-16", "5949-6.1.2-3", "5949-6.2.1-1", "5949-6.2.5-x1"),
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


def _code(answered: Answered) -> int:
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
        (
            "5949-4.1-17",
            "5949-4.1-18",
            "5568-6.2.1.2-x10",
            "5568-6.2.1.2-x11",
            "5568-6.2.1.2-x12",
            "5949-6.1.2-x9",
            "5949-6.1.2-x10",
            "5949-6.1.2-x11",
            "5949-6.1.2-x12",
            "5949-6.1.2-x13",
            "5949-6.1.2-x14",
            "5949-6.1.2-x15",
            "5949-6.1.2-x16",
            "5949-6.1.2-x18",
            "5949-6.1.2-x20",
            "5949-6.1.2-x21",
            "5949-6.1.2-x22",
            "5949-8-x17",
            "5949-8-x22",
            "5949-8-x23",
            "5949-8-x25",
            "5949-8-x26",
            "5949-8-x27",
            "5949-8-x28",
            "5949-8-x29",
            "5568-6.2.1.2-x10",
            "5568-6.2.1.2-x11",
            "5568-6.2.1.2-x12",
        ),
        _code,
        _codes,
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
) -> Iterator[tuple[AcknowledgeRule | AcknowledgeField, str]]:
    """The rows that a Handover Acknowledge breaks, each with what is wrong."""
    for rule in ACKNOWLEDGE_RULES:
        wanted = set(rule.options(answered))
        there = set(options_of(found, rule.option))
        if not rule.allows(there, wanted):
            yield rule, f"{_shown(there)} instead of {_shown(wanted)}"
    for field in ACKNOWLEDGE_FIELDS:
        value = int(getattr(found, field.name))
        if value not in field.allowed(answered):
            yield field, f"{field.name} is {value}"


def _shown(options: set[MobilityOption]) -> str:
    return options_in_words(options, "no such option")
