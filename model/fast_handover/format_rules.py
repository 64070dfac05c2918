"""Format rules over a whole Handover Initiate or Handover Acknowledge, one row each.

Those without the P flag are messages of RFC 5568, of which a gateway of a proxy domain
takes none: only the missing flag is judged.  Source: RFC 5949, section 6.1.
"""

from pmip6.model.findings import FormatFault
from pmip6.model.wire.message_conditions import (
    ACKNOWLEDGE,
    FMIPV6_ACKNOWLEDGE,
    FMIPV6_INITIATE,
    INITIATE,
    PBA,
    PBU,
    MessageView,
    Violation,
    identifier_empty,
    proxy_flag_clear,
)
from pmip6.model.wire.message_rules import MessageRule, mandatory, not_in, rule, single
from pmip6.model.wire.messages import HandoverAcknowledge, HandoverInitiate
from pmip6.model.wire.numbers import HandoverAcknowledgeCode, HandoverInitiateCode
from pmip6.model.wire.options import ContextRequest, MobileNodeIdentifier


def assigned_address_flag_set(view: MessageView) -> Violation | None:
    """A proxy's message asks for a care-of address."""
    message = view.message
    if isinstance(message, HandoverInitiate) and message.assigned_address:
        return "the S flag is 1", 8
    return None


def initiate_code_unknown(view: MessageView) -> Violation | None:
    """The Code has no meaning with the P flag."""
    message = view.message
    if isinstance(message, HandoverInitiate) and message.code not in _INITIATE_CODES:
        return f"Code {message.code} has no meaning with the P flag", 9
    return None


def acknowledge_code_unknown(view: MessageView) -> Violation | None:
    """The Code has no meaning with the P flag."""
    message = view.message
    if isinstance(message, HandoverAcknowledge) and (
        message.code not in _ACKNOWLEDGE_CODES
    ):
        return f"Code {message.code} has no meaning with the P flag", 9
    return None


_INITIATE_CODES = frozenset(HandoverInitiateCode)
_ACKNOWLEDGE_CODES = frozenset(HandoverAcknowledgeCode)
_ONE_NODE = "5949-6.1.1-4"

HANDOVER_RULES: tuple[MessageRule, ...] = (
    mandatory("5949-6.1.1-3 5949-6.1.1-x14", INITIATE, MobileNodeIdentifier),
    single(_ONE_NODE, INITIATE, MobileNodeIdentifier),
    single("5949-6.1.2-2", ACKNOWLEDGE, MobileNodeIdentifier),
    rule(
        "handover_initiate_names_a_node",
        "5949-6.1.1-3",
        FormatFault.OPTION_VALUE,
        (INITIATE,),
        identifier_empty,
        MobileNodeIdentifier,
    ),
    rule(
        "handover_initiate_asks_for_no_address",
        "5949-6.1.1-1 5949-8-x5",
        FormatFault.FLAG,
        (INITIATE,),
        assigned_address_flag_set,
    ),
    rule(
        "handover_initiate_code",
        "5949-6.1.1-x9 5949-6.1.1-x10 5949-6.1.1-x11 "
        "5949-8-x13 5949-8-x14 5949-8-x15 5949-8-x16",
        FormatFault.CODE,
        (INITIATE,),
        initiate_code_unknown,
    ),
    rule(
        "handover_acknowledge_code",
        "5949-6.1.2-x8 "
        "5949-8-x18 5949-8-x19 5949-8-x20 5949-8-x21 5949-8-x24 5949-8-x30",
        FormatFault.CODE,
        (ACKNOWLEDGE,),
        acknowledge_code_unknown,
    ),
    not_in("5949-6.2.1-x1", (PBU, PBA, ACKNOWLEDGE), ContextRequest),
)
"""Rules that hold for every message of their kind."""

HANDOVER_PROXY_RULES: tuple[MessageRule, ...] = (
    rule(
        "handover_initiate_is_proxy",
        "5949-6.1.1-2 5949-4.1-4 5949-4.1-13 5949-8-x7",
        FormatFault.FLAG,
        (FMIPV6_INITIATE,),
        proxy_flag_clear,
    ),
    rule(
        "handover_acknowledge_is_proxy",
        "5949-6.1.2-1 5949-8-x10",
        FormatFault.FLAG,
        (FMIPV6_ACKNOWLEDGE,),
        proxy_flag_clear,
    ),
)
"""Rules that hold where only proxy signalling is right."""
