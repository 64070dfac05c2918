"""What a gateway makes of the handover messages that it gets.

`INITIATE_REFUSALS` has the Handover Initiates that no rule of the model is asked about,
`HANDOVER_MATCHING` what a Handover Acknowledge has to have in common with the Handover
Initiate that it answers; all others become messages of the model.
Sources: RFC 5949, sections 4.1, 4.2 and 6.1; RFC 5568, section 6.2.1; docs/findings.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address

from pmip6.model.fast_handover.context import HandoverContext, lacking
from pmip6.model.fast_handover.options import ContextRequest
from pmip6.model.language.interpreter import Value
from pmip6.model.wire.abstraction import network, prefix_value
from pmip6.model.wire.messages import (
    HandoverAcknowledge,
    HandoverInitiate,
    option_of,
    options_of,
)
from pmip6.model.wire.numbers import (
    HandoffIndicator,
    HandoverAcknowledgeCode,
    HandoverInitiateCode,
)
from pmip6.model.wire.options import HomeNetworkPrefix, MobileNodeIdentifier

# ---- Handover Initiate -----------------------------------------------------------------


@dataclass(frozen=True)
class Offered:
    """A Handover Initiate that came, and what the gateway knows about it.

    Args:
        request: The message.
        nodes: The identifiers of the nodes that the gateway knows.
        known: What it can tell of the node of the message.
        is_under_way: It has agreed with the sender on a handover of the node before.
    """

    request: HandoverInitiate
    nodes: Collection[bytes]
    known: HandoverContext
    is_under_way: bool

    @property
    def node(self) -> bytes | None:
        """The node that it names, None where it names none."""
        named = option_of(self.request, MobileNodeIdentifier)
        return None if named is None or not named.identifier else named.identifier

    @property
    def offers(self) -> bool:
        """It has context: it comes from the previous gateway (step c of figure 2)."""
        return bool(options_of(self.request, HomeNetworkPrefix))

    @property
    def completes(self) -> bool:
        """It says that all is forwarded."""
        return self.request.code == HandoverInitiateCode.FORWARDING_COMPLETE

    @property
    def fetches(self) -> bool:
        """It asks for context: it comes from the new gateway (step c of figure 3).

        One without a Context Request asks for the default context, unless both have
        agreed on the handover already: then it asks for what its flags say (step e).
        """
        if self.offers or self.completes:
            return False
        asked = option_of(self.request, ContextRequest)
        return asked is not None or not self.is_under_way


@dataclass(frozen=True)
class InitiateRefusal:
    """One row: Handover Initiates for which the condition holds get this code."""

    name: str
    requirements: tuple[str, ...]
    condition: Callable[[Offered], bool]
    code: HandoverAcknowledgeCode


def _lacks_everything(offered: Offered) -> bool:
    asked = option_of(offered.request, ContextRequest)
    if not offered.fetches or asked is None or not asked.requests:
        return False
    return len(lacking(asked, offered.known)) == len(asked.requests)


INITIATE_REFUSALS: tuple[InitiateRefusal, ...] = (
    InitiateRefusal(
        "refuse a handover of no node",
        ("5949-4.2-11", "5568-6.2.1.2-5", "5568-6.2.1.2-9"),
        lambda offered: offered.node is None,
        HandoverAcknowledgeCode.REASON_UNSPECIFIED,
    ),
    InitiateRefusal(
        "lack the context of an unknown node",
        ("5949-4.1-17",),
        lambda offered: offered.node not in offered.nodes and offered.fetches,
        HandoverAcknowledgeCode.REQUESTED_CONTEXT_NOT_AVAILABLE,
    ),
    InitiateRefusal(
        "refuse an unknown node",
        ("5949-4.2-11", "5568-6.2.1.2-5", "5568-6.2.1.2-9"),
        lambda offered: offered.node not in offered.nodes,
        HandoverAcknowledgeCode.ADMINISTRATIVELY_PROHIBITED,
    ),
    InitiateRefusal(
        "lack all context that is asked for",
        ("5949-4.1-17", "5949-6.1.2-x22", "5949-6.2.1-x6", "5949-8-x2"),
        _lacks_everything,
        HandoverAcknowledgeCode.REQUESTED_CONTEXT_NOT_AVAILABLE,
    ),
)
"""The first row that holds decides; where none does, the model is asked."""


def refusal_of(
    offered: Offered, rules: Iterable[InitiateRefusal] = INITIATE_REFUSALS
) -> InitiateRefusal | None:
    """The row that refuses a Handover Initiate, None where none does."""
    return next((rule for rule in rules if rule.condition(offered)), None)


def refused(rule: InitiateRefusal) -> dict[str, Value]:
    """What the model would have decided, as an answer is built from it."""
    return {"code": rule.code.name, "buffer": False, "forward": False, "prefix": None}


def abstract_initiate(
    offered: Offered, source: IPv6Address, destination: IPv6Address
) -> dict[str, Value]:
    """The message of the model for a Handover Initiate that came, by field.

    Args:
        offered: It, of a node that is known.
        source: The other gateway.
        destination: The gateway that it came to.
    """
    request = offered.request
    networks = map(network, options_of(request, HomeNetworkPrefix))
    return {
        "node": offered.node,
        "source": source,
        "destination": destination,
        "number": request.sequence,
        "code": initiate_code_name(request.code),
        "buffer": request.buffer,
        "forward": request.forward,
        "prefix": prefix_value(found for found in networks if found is not None),
        "context_request": offered.fetches,
    }


def initiate_code_name(number: int) -> str:
    """The literal of a code; one without a meaning says nothing (5949-6.1.1-x9)."""
    if number in list(HandoverInitiateCode):
        return HandoverInitiateCode(number).name
    return HandoverInitiateCode.DEFAULT.name


# ---- Handover Acknowledge --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A Handover Initiate that has not been answered, and to whom it went."""

    request: HandoverInitiate
    destination: IPv6Address


@dataclass(frozen=True)
class HandoverMatching:
    """One row: what an answer has to fulfil to be the answer to a Handover Initiate."""

    name: str
    requirements: tuple[str, ...]
    holds: Callable[[HandoverAcknowledge, IPv6Address, Outstanding], bool]


def _names_the_node(
    answer: HandoverAcknowledge, source: IPv6Address, sent: Outstanding
) -> bool:
    """A refusal of a message without an identifier has none (docs/findings.md)."""
    named = options_of(answer, MobileNodeIdentifier)
    return not named or named == options_of(sent.request, MobileNodeIdentifier)


HANDOVER_MATCHING: tuple[HandoverMatching, ...] = (
    HandoverMatching(
        "sequence number of a handover acknowledge",
        ("5568-6.2.1.1-1", "5568-6.2.1.2-x4"),
        lambda answer, source, sent: answer.sequence == sent.request.sequence,
    ),
    HandoverMatching(
        "source of a handover acknowledge",
        ("5949-6.1.2-x3", "5568-6.2.1.2-x2"),
        lambda answer, source, sent: source == sent.destination,
    ),
    HandoverMatching(
        "node of a handover acknowledge", ("5949-6.1.2-2",), _names_the_node
    ),
)


def answered_initiate(
    answer: HandoverAcknowledge,
    source: IPv6Address,
    outstanding: Mapping[bytes, Outstanding],
    rules: Iterable[HandoverMatching] = HANDOVER_MATCHING,
) -> bytes | None:
    """The node whose outstanding Handover Initiate an answer is for, None for none."""
    every = tuple(rules)
    for node, sent in outstanding.items():
        if all(rule.holds(answer, source, sent) for rule in every):
            return node
    return None


def abstract_acknowledge(
    answer: HandoverAcknowledge,
    node: bytes,
    source: IPv6Address,
    destination: IPv6Address,
    number: Value,
) -> dict[str, Value]:
    """The message of the model for a Handover Acknowledge that came, by field.

    Args:
        answer: The decoded message.
        node: The node that it is about.
        source: The other gateway.
        destination: The gateway that it came to.
        number: What the model has for the number of the request that it answers.
    """
    networks = map(network, options_of(answer, HomeNetworkPrefix))
    return {
        "node": node,
        "source": source,
        "destination": destination,
        "number": number,
        "code": acknowledge_code_name(answer.code),
        "buffer": answer.buffer,
        "forward": answer.forward,
        "prefix": prefix_value(found for found in networks if found is not None),
    }


def acknowledge_code_name(number: int) -> str:
    """The literal of a code; one without a meaning is as any other of its kind.

    Codes of 128 and above refuse, as all that RFC 5568 and RFC 5949 name do.
    """
    if number in list(HandoverAcknowledgeCode):
        return HandoverAcknowledgeCode(number).name
    if number >= HandoverAcknowledgeCode.REASON_UNSPECIFIED:
        return HandoverAcknowledgeCode.REASON_UNSPECIFIED.name
    return HandoverAcknowledgeCode.ACCEPTED.name


# ---- the kind of handoff -----------------------------------------------------------------


def handoff_of(old: bytes | None, new: bytes | None) -> HandoffIndicator:
    """The handoff indicator of a node that came by a fast handover (appendix A.1).

    Args:
        old: Link-layer identifier in the context, None where it had none.
        new: That of the interface that is on the link now, None where not known.
    """
    if old is None or new is None or not any(old) or not any(new):
        return HandoffIndicator.UNKNOWN
    if old == new:
        return HandoffIndicator.BETWEEN_GATEWAYS_SAME_INTERFACE
    return HandoffIndicator.BETWEEN_INTERFACES
