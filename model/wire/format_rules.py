"""Format rules over a whole mobility message, one row each.

They need no other message: which options must be there, which only once, where they
may stand, which flags are set.  Rules about one field or one option stand with the
reader of that field (`pmip6.model.wire.field_rules`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pmip6.model.fast_handover.format_rules import HANDOVER_PROXY_RULES, HANDOVER_RULES
from pmip6.model.findings import FormatFault, FormatFinding, FormatRule
from pmip6.model.wire.field_rules import HEADER_RULES, OPTION_RULES
from pmip6.model.wire.message_conditions import (
    ACKNOWLEDGE,
    BA,
    BE,
    BU,
    INITIATE,
    PBA,
    PBU,
    MessageKind,
    MessageView,
    access_technology_reserved,
    acknowledge_flag_clear,
    advice_not_below_lifetime,
    all_zero_prefix_not_alone,
    authorization_data_not_last,
    care_of_address_not_routable,
    handoff_indicator_reserved,
    identifier_after_authorization,
    identifier_empty,
    kind_of,
    nonces_for_home_agent,
    nonces_without_authorization,
    option_in_error,
    proxy_flag_clear,
)
from pmip6.model.wire.message_rules import (
    MessageRule,
    When,
    mandatory,
    not_in,
    rule,
    single,
)
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    AlternateCareOfAddress,
    BindingAuthorizationData,
    BindingRefreshAdvice,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobilityOption,
    NonceIndices,
    Timestamp,
)

_VALUE = FormatFault.OPTION_VALUE
_ORDER = FormatFault.OPTION_ORDER
_FLAG = FormatFault.FLAG
_COA = FormatFault.CARE_OF_ADDRESS
_EVERY = tuple(MessageKind)
_UPDATES = (PBU, BU)
_ACKNOWLEDGEMENTS = (PBA, BA)
_HANDOVERS = (INITIATE, ACKNOWLEDGE)
_NAI = MobileNodeIdentifier
_HI = HandoffIndicatorOption
_ATT = AccessTechnologyTypeOption
_AUTH = BindingAuthorizationData
_BRA = BindingRefreshAdvice
_NI = NonceIndices
_FORM = "5213-6.9.1.1-25 5213-6.9.1.5-1 5213-6.9.1.5-x2"
_MADE = "5213-5.3.6-x3"
_A = "5213-6.9.1.5-2"
_COA_IDS = "6275-6.1.7-9 6275-6.1.7-11"

SINGLE_OPTIONS: tuple[type[MobilityOption], ...] = (
    MobileNodeIdentifier,
    HandoffIndicatorOption,
    AccessTechnologyTypeOption,
    Timestamp,
    MobileNodeLinkLayerIdentifier,
    LinkLocalAddress,
)
"""Options of which a PBU or PBA has at most one (errata 3140 and 3141)."""

MESSAGE_RULES: tuple[MessageRule, ...] = (
    mandatory(
        f"{_FORM} 5213-6.9.1.1-3 5213-6.9.1.5-5 4283-1-1 4283-3-x5 4283-5-x1",
        PBU,
        MobileNodeIdentifier,
    ),
    mandatory(f"{_FORM} 5213-6.9.1.1-4 5213-6.9.1.5-6", PBU, HomeNetworkPrefix),
    mandatory(f"{_FORM} 5213-6.9.1.1-8 5213-6.9.1.5-7", PBU, HandoffIndicatorOption),
    mandatory(
        f"{_FORM} 5213-6.9.1.1-20 5213-6.9.1.5-8", PBU, AccessTechnologyTypeOption
    ),
    mandatory(
        f"{_MADE} 5213-5.3.6-4 4283-1-1 4283-3.1-1 4283-3-x5 4283-5-x1",
        PBA,
        MobileNodeIdentifier,
    ),
    mandatory(f"{_MADE} 5213-5.3.6-7 5213-8.3-x1 5213-8.3-x5", PBA, HomeNetworkPrefix),
    mandatory(
        f"{_MADE} 5213-5.3.6-11 5213-8.4-x1 5213-8.4-x4", PBA, HandoffIndicatorOption
    ),
    mandatory(
        f"{_MADE} 5213-5.3.6-14 5213-8.5-x1 5213-8.5-x4",
        PBA,
        AccessTechnologyTypeOption,
    ),
    *(single("5213-8.1-x10", PBU, option) for option in SINGLE_OPTIONS),
    *(single("5213-8.2-x11", PBA, option) for option in SINGLE_OPTIONS),
    rule(
        "pbu_has_all_zero_prefix_alone",
        "5213-6.9.1.1-7",
        FormatFault.OPTION_DUPLICATE,
        (PBU,),
        all_zero_prefix_not_alone,
        HomeNetworkPrefix,
    ),
    rule(
        "pbu_asks_for_an_answer",
        f"{_A} 5213-10-x8 6275-6.1.7-x3",
        _FLAG,
        (PBU,),
        acknowledge_flag_clear,
    ),
    rule("pbu_names_a_node", "4283-3.1-x3", _VALUE, (PBU,), identifier_empty, _NAI),
    rule(
        "pbu_tells_a_handoff",
        "5213-8.4-x7 5213-6.9.1.1-9",
        _VALUE,
        (PBU,),
        handoff_indicator_reserved,
        _HI,
    ),
    rule(
        "pbu_tells_a_technology",
        "5213-8.5-x8",
        _VALUE,
        (PBU,),
        access_technology_reserved,
        _ATT,
    ),
    rule("care_of_address", _COA_IDS, _COA, _UPDATES, care_of_address_not_routable),
    not_in("6275-6.2.5-x4", (PBA, BA, BE, *_HANDOVERS), AlternateCareOfAddress),
    not_in("6275-6.2.4-y3", (PBU, BU, BE, *_HANDOVERS), BindingRefreshAdvice),
    not_in("6275-6.2.6-y3", (PBA, BA, BE, *_HANDOVERS), NonceIndices),
    not_in("6275-6.2.7-y2", (BE,), BindingAuthorizationData),
    rule(
        "refresh_before_expiry",
        "6275-6.2.4-y4 6275-10.3.1-31",
        _VALUE,
        _ACKNOWLEDGEMENTS,
        advice_not_below_lifetime,
        _BRA,
    ),
    rule(
        "nonces_authorized",
        "6275-6.2.6-y3",
        FormatFault.OPTION_MISSING,
        _UPDATES,
        nonces_without_authorization,
        _NI,
    ),
    rule(
        "home_registration_without_nonces",
        "6275-9.5.1-11",
        FormatFault.OPTION_MISPLACED,
        _UPDATES,
        nonces_for_home_agent,
        _NI,
    ),
    rule(
        "error_without_options",
        "6275-6.1.9-x9",
        FormatFault.OPTION_MISPLACED,
        (BE,),
        option_in_error,
    ),
    rule(
        "authorization_last",
        "6275-6.2-1 6275-6.2.7-y1",
        _ORDER,
        _EVERY,
        authorization_data_not_last,
        _AUTH,
    ),
    rule(
        "identifier_before_authorization",
        "4283-3.2-1",
        _ORDER,
        _EVERY,
        identifier_after_authorization,
        _NAI,
    ),
    *HANDOVER_RULES,
)
"""Rules that hold for every message of their kind."""

PROXY_RULES: tuple[MessageRule, ...] = (
    rule("pbu_is_proxy", f"{_A} 5213-8.1-1", _FLAG, (BU,), proxy_flag_clear),
    rule("pba_is_proxy", "5213-5.3.6-x2 5213-8.2-x4", _FLAG, (BA,), proxy_flag_clear),
    *HANDOVER_PROXY_RULES,
)
"""Rules that hold where only proxy signalling is right."""

FORMAT_RULES: tuple[FormatRule, ...] = (
    *HEADER_RULES,
    *OPTION_RULES,
    *(row.rule for row in (*MESSAGE_RULES, *PROXY_RULES)),
)
"""Every rule that a Mobility Header can violate."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of one message kind, sorted by what makes them look."""

    absent: dict[int, MessageRule]
    repeated: dict[int, MessageRule]
    present: dict[int, tuple[MessageRule, ...]]
    always: tuple[MessageRule, ...]


def _rows_of(kind: MessageKind, rules: Sequence[MessageRule]) -> _Rows:
    mine = [row for row in rules if kind in row.applies_to]
    present: dict[int, tuple[MessageRule, ...]] = {}
    for row in mine:
        if row.when is When.PRESENT and row.option is not None:
            present[row.option] = (*present.get(row.option, ()), row)
    return _Rows(
        {row.option: row for row in mine if row.when is When.ABSENT and row.option},
        {row.option: row for row in mine if row.when is When.REPEATED and row.option},
        present,
        tuple(row for row in mine if row.when is When.ALWAYS),
    )


_BASE_ROWS = {kind: _rows_of(kind, MESSAGE_RULES) for kind in MessageKind}
_PROXY_ROWS = {
    kind: _rows_of(kind, (*MESSAGE_RULES, *PROXY_RULES)) for kind in MessageKind
}


def check_message(
    view: MessageView, *, proxy_expected: bool = False
) -> list[FormatFinding]:
    """Apply the rules of its kind to a message that was read.

    Args:
        view: The message, its options by type, and the source of its packet.
        proxy_expected: Apply PROXY_RULES too.
    """
    rows = (_PROXY_ROWS if proxy_expected else _BASE_ROWS)[kind_of(view.message)]
    placed = view.placed
    looking = list(rows.always)
    if not rows.absent.keys() <= placed.keys():
        looking += [row for kind, row in rows.absent.items() if kind not in placed]
    for number, places in placed.items():
        if number in rows.present:
            looking += rows.present[number]
        if len(places) > 1 and number in rows.repeated:
            looking.append(rows.repeated[number])
    return [
        FormatFinding(row.rule, *violation)
        for row in looking
        if (violation := row.violation(view))
    ]
