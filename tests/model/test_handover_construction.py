"""HI and HAck follow from the tables, and whoever breaks a row of them is told so."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Network

import pytest

from pmip6.model.fast_handover.acknowledge import (
    ACKNOWLEDGE_CODES,
    ACKNOWLEDGE_FIELDS,
    ACKNOWLEDGE_RULES,
    ONE_NODE_RULES,
    Answered,
    acknowledge_faults,
    build_acknowledge,
)
from pmip6.model.fast_handover.construction import Asked
from pmip6.model.fast_handover.context import HandoverContext
from pmip6.model.fast_handover.initiate import (
    INITIATE_FIELDS,
    INITIATE_RULES,
    build_initiate,
    initiate_faults,
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
from pmip6.model.fast_handover.reception import (
    INITIATE_REFUSALS,
    Offered,
    Outstanding,
    abstract_acknowledge,
    abstract_initiate,
    acknowledge_code_name,
    answered_initiate,
    initiate_code_name,
    refusal_of,
    refused,
)
from pmip6.model.requirements.tables import load_requirements
from pmip6.model.wire.decoding import decode
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.messages import HandoverAcknowledge, HandoverInitiate, options_of
from pmip6.model.wire.numbers import HandoverAcknowledgeCode
from pmip6.model.wire.option_format import MobilityOption
from pmip6.model.wire.options import (
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
)

MAG = IPv6Address("2001:db8:1::11")
OTHER = IPv6Address("2001:db8:1::12")
LMA = IPv6Address("2001:db8:1::1")
NODE = b"mn1@example.org"
PREFIXES = (IPv6Network("2001:db8:100:1::/64"), IPv6Network("2001:db8:100:11::/64"))
LINK_LAYER = bytes.fromhex("020000000101")
VENDOR = VendorSpecific(99999, 1, b"abc")
PLAIN = HandoverContext(PREFIXES[0], LMA, LINK_LAYER)
RICH = HandoverContext(
    PREFIXES,
    LMA,
    LINK_LAYER,
    bytes.fromhex("000000fffe000101"),
    IPv4Interface("192.0.2.7/24"),
    (VENDOR,),
    IPv6Address("fe80::77"),
)
KEYED = replace(RICH, gre_key=0x00110001)

OFFER: Asked = {
    "node": NODE,
    "code": "ALL_CONTEXT_TRANSFERRED",
    "buffer": False,
    "forward": True,
    "prefix": PREFIXES,
    "context_request": False,
    "request": "OFFER_AND_FORWARD",
}
FETCH: Asked = OFFER | {
    "code": "DEFAULT",
    "prefix": None,
    "context_request": True,
    "request": "FETCH_AND_FORWARD",
}
LATER: Asked = FETCH | {"context_request": False}
START, ASK = (LATER | {"request": r} for r in ("START_FORWARDING", "ASK_TO_FORWARD"))
COMPLETION: Asked = LATER | {"code": "FORWARDING_COMPLETE", "request": "COMPLETION"}


def _kinds(message: HandoverInitiate | HandoverAcknowledge) -> list[str]:
    return [type(option).__name__ for option in message.options]


def _answer(
    *entries: RequestedContext,
    known: HandoverContext = PLAIN,
    code: str = "ALL_CONTEXT_TRANSFERRED",
    gives: bool = True,
    without: bool = False,
) -> Answered:
    """What an HAck follows from, for an HI with these entries of a Context Request."""
    request = () if without else (ContextRequest(entries),)
    options = (MobileNodeIdentifier(NODE), *request)
    decided: Asked = {"code": code, "buffer": False, "forward": True}
    decided["prefix"] = known.prefix if gives else None
    return Answered(HandoverInitiate(4712, 0, options, forward=True), decided, known)


# ---- Handover Initiate -----------------------------------------------------------------


def test_an_offer_has_all_context() -> None:
    made = build_initiate(OFFER, RICH, 7)
    assert (made.sequence, made.code, made.forward, made.buffer) == (7, 3, True, False)
    assert _kinds(made) == [
        "MobileNodeIdentifier",
        "HomeNetworkPrefix",
        "HomeNetworkPrefix",
        "LocalMobilityAnchorAddress",
        "MobileNodeLinkLayerIdentifier",
        "MobileNodeLinkLocalAddressInterfaceIdentifier",
        "Ipv4HomeAddressRequest",
        "VendorSpecific",
        "LinkLocalAddress",
    ]


@pytest.mark.parametrize("link_layer", [None, bytes(6)])
def test_a_link_layer_identifier_that_is_not_valid_is_not_told(
    link_layer: bytes | None,
) -> None:
    known = replace(PLAIN, link_layer=link_layer)
    assert "MobileNodeLinkLayerIdentifier" not in _kinds(
        build_initiate(OFFER, known, 1)
    )
    (request,) = options_of(build_initiate(FETCH, known, 1), ContextRequest)
    assert MobileNodeLinkLayerIdentifier.TYPE not in {e.type for e in request.requests}


def test_a_fetch_asks_for_the_link_layer_identifier_too() -> None:
    made = build_initiate(FETCH, PLAIN, 1)
    assert _kinds(made) == ["MobileNodeIdentifier", "ContextRequest"]
    (request,) = options_of(made, ContextRequest)
    assert {e.type for e in request.requests} == {22, 41, 25}


@pytest.mark.parametrize("asked", [OFFER, FETCH, START, ASK, COMPLETION])
@pytest.mark.parametrize("known", [PLAIN, RICH, KEYED, HandoverContext(PREFIXES[0])])
def test_what_is_built_is_right_on_its_own_and_by_the_tables(
    asked: Asked, known: HandoverContext
) -> None:
    made = build_initiate(asked, known, 65535)
    data = encode(made, MAG, OTHER)
    assert decode(data, MAG, OTHER, proxy_expected=True).findings == ()
    assert list(initiate_faults(made, asked, known)) == []


def _dropped(
    message: HandoverInitiate, option: type[MobilityOption]
) -> HandoverInitiate:
    kept = tuple(o for o in message.options if not isinstance(o, option))
    return replace(message, options=kept)


OFFERED = build_initiate(OFFER, KEYED, 7)
FETCHED = build_initiate(FETCH, KEYED, 7)
BAD_INITIATES: dict[str, tuple[HandoverInitiate, Asked]] = {
    "node identifier of a handover initiate": (
        _dropped(OFFERED, MobileNodeIdentifier),
        OFFER,
    ),
    "prefixes of a handover initiate": (_dropped(OFFERED, HomeNetworkPrefix), OFFER),
    "anchor of a handover initiate": (
        _dropped(OFFERED, LocalMobilityAnchorAddress),
        OFFER,
    ),
    "link-layer identifier of a handover initiate": (
        _dropped(OFFERED, MobileNodeLinkLayerIdentifier),
        OFFER,
    ),
    "interface identifier of a handover initiate": (
        replace(
            OFFERED,
            options=(
                *_dropped(
                    OFFERED, MobileNodeLinkLocalAddressInterfaceIdentifier
                ).options,
                MobileNodeLinkLocalAddressInterfaceIdentifier(bytes(8)),
            ),
        ),
        OFFER,
    ),
    "IPv4 home address of a handover initiate": (
        _dropped(OFFERED, Ipv4HomeAddressRequest),
        OFFER,
    ),
    "link-local address of a handover initiate": (
        replace(
            OFFERED,
            options=(
                *_dropped(OFFERED, LinkLocalAddress).options,
                LinkLocalAddress(IPv6Address("fe80::78")),
            ),
        ),
        OFFER,
    ),
    "GRE key of a handover initiate": (_dropped(OFFERED, GreKey), OFFER),
    "context request of a handover initiate": (
        replace(
            FETCHED,
            options=(
                MobileNodeIdentifier(NODE),
                GreKey(0x00110001),
                ContextRequest((RequestedContext(22),)),
            ),
        ),
        FETCH,
    ),
    "assigned_address": (replace(OFFERED, assigned_address=True), OFFER),
    "buffer": (replace(build_initiate(ASK, KEYED, 7), forward=False), ASK),
    "forward": (replace(build_initiate(START, KEYED, 7), forward=False), START),
    "proxy": (replace(OFFERED, proxy=False), OFFER),
    "code": (replace(OFFERED, code=2), OFFER),
}


@pytest.mark.parametrize("row", BAD_INITIATES)
def test_an_initiate_that_breaks_a_row_is_told_so(row: str) -> None:
    message, asked = BAD_INITIATES[row]
    (fault,) = initiate_faults(message, asked, KEYED)
    assert fault.row.name == row
    assert set(fault.requirements) <= set(fault.row.requirements)


def test_every_row_of_an_initiate_that_can_be_broken_is_broken_here() -> None:
    rows = {rule.name for rule in (*INITIATE_RULES, *INITIATE_FIELDS)}
    assert set(BAD_INITIATES) == rows - {"vendor options of a handover initiate"}


FLAGS = {(u, f) for u in (False, True) for f in (False, True)}
FREE_FLAGS: list[tuple[Asked, set[tuple[bool, bool]]]] = [
    (OFFER, FLAGS),
    (FETCH, FLAGS),
    (ASK, {(True, False), (False, True), (True, True)}),
    (START, {(False, True), (True, True)}),
    (COMPLETION, {(False, True), (True, True)}),
]
"""Messages, and which of U and F they may have."""


@pytest.mark.parametrize(("asked", "free"), FREE_FLAGS)
def test_flags_are_free_in_the_first_initiate_alone(
    asked: Asked, free: set[tuple[bool, bool]]
) -> None:
    made = build_initiate(asked, RICH, 7)
    changed = {f: replace(made, buffer=f[0], forward=f[1]) for f in FLAGS}
    faults = {f: list(initiate_faults(m, asked, RICH)) for f, m in changed.items()}
    assert {f for f in FLAGS if not faults[f]} == free


def test_who_starts_or_ends_forwarding_without_f_is_told_by_what() -> None:
    found = [
        fault.requirements[0]
        for asked in (START, COMPLETION)
        for fault in initiate_faults(
            replace(build_initiate(asked, RICH, 7), forward=False), asked, RICH
        )
    ]
    assert found == ["5949-4.2-10", "5949-4.1-12"]


@pytest.mark.parametrize("code", [0, 3])
def test_whether_an_offer_says_that_the_context_is_whole_is_free(code: int) -> None:
    message = replace(OFFERED, code=code)
    message = _dropped(message, MobileNodeLinkLocalAddressInterfaceIdentifier)
    assert list(initiate_faults(message, OFFER, RICH)) == []


@pytest.mark.parametrize("key", [None, 0])
def test_which_key_is_told_is_free_but_one_is(key: int | None) -> None:
    others = _dropped(OFFERED, GreKey).options
    for told, is_right in ((GreKey(99), True), (GreKey(key), key == 0)):
        message = replace(OFFERED, options=(*others, told))
        assert (list(initiate_faults(message, OFFER, KEYED)) == []) is is_right


@pytest.mark.parametrize(
    ("code", "has_key"),
    [
        ("ACCEPTED", True),
        ("CONTEXT_ACCEPTED", True),
        ("FORWARDING_NOT_AVAILABLE", False),
        ("INSUFFICIENT_RESOURCES", False),
    ],
)
def test_who_accepts_tells_the_key_for_the_other_direction(
    code: str, has_key: bool
) -> None:
    made = build_acknowledge(_answer(code=code, known=KEYED, gives=False))
    assert ("GreKey" in _kinds(made)) is has_key


def test_the_end_of_forwarding_has_no_key() -> None:
    assert "GreKey" not in _kinds(build_initiate(COMPLETION, KEYED, 1))


# ---- Handover Acknowledge --------------------------------------------------------------


@pytest.mark.parametrize(
    ("answered", "code", "types"),
    [
        (_answer(without=True), 6, [8, 22, 41, 25]),
        (_answer(without=True, known=RICH), 5, [8, 22, 22, 41, 25, 36]),
        (_answer(RequestedContext(22), RequestedContext(25)), 5, [8, 22, 25]),
        (
            _answer(RequestedContext(22), RequestedContext(25), RequestedContext(41)),
            6,
            [8, 22, 41, 25],
        ),
        (_answer(), 6, [8, 22, 41, 25]),
        (_answer(RequestedContext(25)), 5, [8, 22, 25]),
        (_answer(RequestedContext(42), known=RICH), 5, [8, 22, 22, 42]),
        (
            _answer(RequestedContext(19, bytes.fromhex("0001869f01")), known=RICH),
            5,
            [8, 22, 22, 19],
        ),
        (
            _answer(
                RequestedContext(22),
                RequestedContext(19, bytes.fromhex("0001869f02")),
                known=RICH,
            ),
            5,
            [8, 22, 22],
        ),
        (_answer(code="FORWARDING_NOT_AVAILABLE", without=True), 132, [8, 22, 41, 25]),
        (_answer(code="INSUFFICIENT_RESOURCES", gives=False), 130, [8]),
        (_answer(code="ACCEPTED", gives=False, without=True), 0, [8]),
    ],
)
def test_an_answer_has_the_context_that_is_asked_for(
    answered: Answered, code: int, types: list[int]
) -> None:
    made = build_acknowledge(answered)
    assert (made.sequence, made.code, made.proxy) == (4712, code, True)
    assert [option.type_number for option in made.options] == types
    data = encode(made, MAG, OTHER)
    assert decode(data, MAG, OTHER, proxy_expected=True).findings == ()
    assert list(acknowledge_faults(made, answered)) == []


EVERYTHING = _answer(
    *(RequestedContext(kind) for kind in (22, 41, 25, 42, 36, 19, 26)), known=KEYED
)
GIVEN = build_acknowledge(EVERYTHING)


@pytest.mark.parametrize("rule", ACKNOWLEDGE_RULES, ids=lambda rule: rule.name)
def test_an_answer_without_an_option_is_told_so(
    rule: object,
) -> None:
    option = getattr(rule, "option", MobilityOption)
    kept = tuple(o for o in GIVEN.options if not isinstance(o, option))
    found = acknowledge_faults(replace(GIVEN, options=kept), EVERYTHING)
    assert [fault.row for fault in found] == [rule]


MUST, SHOULD = ("5949-4.1-16", "5949-6.1.2-3", "5949-6.2.1-1"), ("5949-4.1-y1",)


@pytest.mark.parametrize(
    ("answered", "left_out", "cited"),
    [
        (_answer(RequestedContext(25)), MobileNodeLinkLayerIdentifier, [MUST]),
        (_answer(without=True), MobileNodeLinkLayerIdentifier, [SHOULD]),
        (_answer(), MobileNodeLinkLayerIdentifier, [SHOULD]),
        (_answer(RequestedContext(41)), LocalMobilityAnchorAddress, [MUST]),
        (_answer(without=True), LocalMobilityAnchorAddress, [SHOULD]),
        (_answer(RequestedContext(25)), LocalMobilityAnchorAddress, []),
    ],
)
def test_context_has_to_be_given_where_it_is_named_and_else_should_be(
    answered: Answered, left_out: type[MobilityOption], cited: list[tuple[str, ...]]
) -> None:
    made = build_acknowledge(answered)
    kept = tuple(o for o in made.options if not isinstance(o, left_out))
    found = acknowledge_faults(replace(made, options=kept), answered)
    assert [fault.requirements for fault in found] == cited


@pytest.mark.parametrize("entries", [(), (25,), (41,), (22, 25)])
def test_every_answer_with_context_has_the_prefixes(entries: tuple[int, ...]) -> None:
    answered = _answer(*map(RequestedContext, entries))
    bare = replace(build_acknowledge(answered), options=(MobileNodeIdentifier(NODE),))
    cited = {
        name for f in acknowledge_faults(bare, answered) for name in f.requirements
    }
    assert "5949-4.1-15" in cited


FOREIGN: list[tuple[MobilityOption, str]] = [
    (HomeNetworkPrefix(IPv6Address("2001:db8:9::"), 64), "prefixes"),
    (LocalMobilityAnchorAddress(OTHER), "anchor"),
    (MobileNodeLinkLayerIdentifier(bytes.fromhex("020000000999")), "link-layer"),
]
OFFER_TAKEN = Answered(
    build_initiate(OFFER, PLAIN, 4712),
    {"code": "CONTEXT_ACCEPTED", "buffer": False, "forward": False, "prefix": None},
    HandoverContext(),
)
LACKING = _answer(
    known=HandoverContext(), code="REQUESTED_CONTEXT_NOT_AVAILABLE", gives=False
)


@pytest.mark.parametrize(("option", "kind"), FOREIGN)
@pytest.mark.parametrize("answered", [EVERYTHING, OFFER_TAKEN, LACKING])
def test_an_answer_has_the_context_of_one_node_alone(
    answered: Answered, option: MobilityOption, kind: str
) -> None:
    made = build_acknowledge(answered)
    mixed = replace(made, options=(*made.options, option))
    (fault,) = acknowledge_faults(mixed, answered)
    assert fault.row.name.startswith(f"node of the {kind}")
    assert fault.requirements == ("5949-6.1.2-2",)


def test_an_answer_may_tell_what_it_was_told_and_both_addresses_of_an_anchor() -> None:
    both = LocalMobilityAnchorAddress(IPv4Address("192.0.2.1"), 2)
    told = tuple(o for o in OFFER_TAKEN.request.options if o.type_number != 8)
    made = build_acknowledge(OFFER_TAKEN)
    echo = replace(made, options=(*made.options, *told, both))
    assert list(acknowledge_faults(echo, OFFER_TAKEN)) == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        (replace(GIVEN, sequence=4713), "sequence"),
        (replace(GIVEN, proxy=False), "proxy"),
        (replace(GIVEN, code=0), "code"),
        (replace(GIVEN, code=131), "code"),
        (replace(GIVEN, code=128), "code"),
    ],
)
def test_an_answer_with_a_wrong_field_is_told_so(
    changed: HandoverAcknowledge, field: str
) -> None:
    (fault,) = acknowledge_faults(changed, EVERYTHING)
    assert fault.row.name == field
    assert set(fault.requirements) <= set(fault.row.requirements)
    assert field in {row.name for row in ACKNOWLEDGE_FIELDS}


def test_the_node_is_named_as_in_the_request_or_not_at_all() -> None:
    nameless = replace(_answer(code="REASON_UNSPECIFIED", gives=False))
    request = replace(nameless.request, options=())
    answered = replace(nameless, request=request)
    assert build_acknowledge(answered).options == ()
    other = replace(GIVEN, options=(MobileNodeIdentifier(b"mn2"), *GIVEN.options[1:]))
    (fault,) = acknowledge_faults(other, EVERYTHING)
    assert fault.requirements[0] == "5949-6.1.2-2"


@pytest.mark.parametrize("wanted", HandoverAcknowledgeCode)
def test_a_wrong_code_is_against_what_asks_for_the_right_one(
    wanted: HandoverAcknowledgeCode,
) -> None:
    answered = _answer(code=wanted.name, gives=False, known=HandoverContext())
    wrong = 131 if wanted < 128 else 0
    made = replace(build_acknowledge(answered), code=wrong)
    (fault,) = acknowledge_faults(made, answered)
    assert fault.requirements == ACKNOWLEDGE_CODES[wanted]


# ---- reception -------------------------------------------------------------------------


def _offered(
    *options: MobilityOption,
    known: HandoverContext = PLAIN,
    code: int = 0,
    is_under_way: bool = False,
) -> Offered:
    return Offered(HandoverInitiate(1, code, options), (NODE,), known, is_under_way)


NAMED = MobileNodeIdentifier(NODE)
STRANGER = MobileNodeIdentifier(b"ghost@example.org")
HNP = HomeNetworkPrefix(PREFIXES[0].network_address, 64)
UNKNOWN_VENDOR = ContextRequest(
    (RequestedContext(19, bytes.fromhex("0001869f01")), RequestedContext(36))
)


@pytest.mark.parametrize(
    ("offered", "code"),
    [
        (_offered(), 128),
        (_offered(MobileNodeIdentifier(b""), HNP), 128),
        (_offered(STRANGER), 131),
        (_offered(STRANGER, HNP), 129),
        (_offered(STRANGER, code=2), 129),
        (_offered(NAMED, UNKNOWN_VENDOR), 131),
        (_offered(NAMED, UNKNOWN_VENDOR, known=RICH), None),
        (_offered(NAMED, ContextRequest(())), None),
        (_offered(NAMED, ContextRequest((RequestedContext(22),))), None),
        (_offered(NAMED), None),
        (_offered(NAMED, HNP), None),
        (_offered(NAMED, HNP, UNKNOWN_VENDOR), None),
    ],
)
def test_what_the_model_is_not_asked_about_is_refused(
    offered: Offered, code: int | None
) -> None:
    rule = refusal_of(offered)
    assert (None if rule is None else rule.code) == code
    if rule is not None:
        answered = Answered(offered.request, refused(rule), offered.known)
        made = build_acknowledge(answered)
        assert (made.code, made.sequence) == (code, 1)
        assert set(_kinds(made)) <= {"MobileNodeIdentifier"}


def test_rows_of_refusals_are_told_apart_by_their_codes_and_conditions() -> None:
    assert [rule.code for rule in INITIATE_REFUSALS] == [128, 131, 129, 131]


@pytest.mark.parametrize(
    ("offered", "fetches"),
    [
        (_offered(NAMED), True),
        (_offered(NAMED, is_under_way=True), False),
        (_offered(NAMED, UNKNOWN_VENDOR, is_under_way=True), True),
        (_offered(NAMED, HNP), False),
        (_offered(NAMED, code=2), False),
    ],
)
def test_an_initiate_without_context_asks_for_it_unless_both_have_agreed(
    offered: Offered, fetches: bool
) -> None:
    message = abstract_initiate(offered, OTHER, MAG)
    assert message["context_request"] is fetches
    assert (message["prefix"] is not None) is offered.offers
    assert (message["source"], message["destination"]) == (OTHER, MAG)


SENT = {NODE: Outstanding(OFFERED, OTHER)}


@pytest.mark.parametrize(
    ("answer", "source", "node"),
    [
        (HandoverAcknowledge(7, 5, (NAMED,)), OTHER, NODE),
        (HandoverAcknowledge(7, 128), OTHER, NODE),
        (HandoverAcknowledge(8, 5, (NAMED,)), OTHER, None),
        (HandoverAcknowledge(7, 5, (STRANGER,)), OTHER, None),
        (HandoverAcknowledge(7, 5, (NAMED,)), LMA, None),
    ],
)
def test_an_answer_is_found_by_number_source_and_node(
    answer: HandoverAcknowledge, source: IPv6Address, node: bytes | None
) -> None:
    assert answered_initiate(answer, source, SENT) == node


def test_codes_without_a_meaning_are_as_others_of_their_kind() -> None:
    assert [initiate_code_name(n) for n in (0, 1, 2, 3, 9)] == [
        "DEFAULT",
        "DEFAULT",
        "FORWARDING_COMPLETE",
        "ALL_CONTEXT_TRANSFERRED",
        "DEFAULT",
    ]
    assert [acknowledge_code_name(n) for n in (0, 4, 6, 127, 128, 132, 200)] == [
        "ACCEPTED",
        "ACCEPTED",
        "ALL_CONTEXT_TRANSFERRED",
        "ACCEPTED",
        "REASON_UNSPECIFIED",
        "FORWARDING_NOT_AVAILABLE",
        "REASON_UNSPECIFIED",
    ]
    answer = HandoverAcknowledge(7, 6, (NAMED, HNP), forward=True)
    message = abstract_acknowledge(answer, NODE, OTHER, MAG, 3)
    assert (message["prefix"], message["number"]) == (PREFIXES[0], 3)


def test_all_that_is_cited_is_known_and_the_address_has_its_prefix_length() -> None:
    known = load_requirements()
    rows = (
        *INITIATE_RULES,
        *INITIATE_FIELDS,
        *ACKNOWLEDGE_RULES,
        *ACKNOWLEDGE_FIELDS,
        *ONE_NODE_RULES,
        *INITIATE_REFUSALS,
    )
    assert {name for row in rows for name in row.requirements} <= known.keys()
    (option,) = options_of(OFFERED, Ipv4HomeAddressRequest)
    assert option == Ipv4HomeAddressRequest(IPv4Address("192.0.2.7"), 24)
