"""The masks of answers: what an anchor may choose, and what follows from before."""

from dataclasses import replace
from ipaddress import IPv6Address, IPv6Network
from typing import Any

import pytest

from pmip6.model.lma.acknowledgement import acknowledge
from pmip6.model.lma.answer import Answer
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.ipv6 import encode_ipv6
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.model.wire.numbers import BindingAckStatus
from pmip6.model.wire.options import HomeNetworkPrefix, MobileNodeIdentifier
from pmip6.vectors.packs.free_fields import Heard, mask_of
from pmip6.vectors.packs.message_samples import ANCHOR, GATEWAY, SESSION

POOL = IPv6Network("2001:db8:100::/40")
FIRST, SECOND, OTHER = (
    HomeNetworkPrefix(IPv6Address(f"2001:db8:100:{n}::"), 64) for n in (1, 2, 3)
)
ANY = HomeNetworkPrefix(IPv6Address(0), 0)
NODE = "mn1@example.org"


def asking_for(*prefixes: HomeNetworkPrefix) -> ProxyBindingUpdate:
    others = (o for o in SESSION if not isinstance(o, HomeNetworkPrefix))
    return ProxyBindingUpdate(1, 75, (*others, *prefixes))


def told(
    heard: Heard,
    request: ProxyBindingUpdate,
    *prefixes: HomeNetworkPrefix,
    status: BindingAckStatus = BindingAckStatus.ACCEPTED,
    opens_session: bool = False,
) -> dict[str, Any]:
    """The mask of an answer to a request."""
    heard.give(request)
    message = acknowledge(request, Answer(status, 75, prefixes, None, 0))
    octets = encode(message, ANCHOR, GATEWAY)
    packet = encode_ipv6(ANCHOR, GATEWAY, octets)
    return dict(mask_of(packet, heard, opens_session=opens_session))


def prefixes_in(mask: dict[str, Any]) -> list[Any]:
    return [option["prefix"] for option in mask["options"]["HomeNetworkPrefix"]]


def test_a_new_session_may_have_any_prefix_although_an_ended_one_had_the_same() -> None:
    heard = Heard(POOL)
    first = told(heard, asking_for(ANY), FIRST, opens_session=True)
    again = told(heard, asking_for(ANY), FIRST)
    by_name = told(heard, asking_for(FIRST), FIRST)
    new = told(heard, asking_for(ANY), FIRST, opens_session=True)
    later = told(heard, asking_for(ANY), FIRST)
    learns = [{"learn": f"prefix{n}", "within": str(POOL)} for n in (1, 2)]
    assert [prefixes_in(m)[0] for m in (first, new)] == learns
    assert [prefixes_in(m)[0] for m in (again, by_name)] == [
        {"variable": "prefix1"}
    ] * 2
    assert prefixes_in(later) == [{"variable": "prefix2"}]


def test_what_a_request_names_and_what_a_policy_has_is_no_choice() -> None:
    heard = Heard(POOL, frozenset({str(SECOND.prefix)}))
    named = told(heard, asking_for(FIRST), FIRST, opens_session=True)
    by_policy = told(heard, asking_for(ANY), SECOND, opens_session=True)
    assert prefixes_in(named) == [str(FIRST.prefix)]
    assert prefixes_in(by_policy) == [str(SECOND.prefix)]


@pytest.mark.parametrize(
    ("named", "wanted"),
    [
        ((FIRST,), 159),
        ((FIRST, OTHER), {"one_of": [159, 155]}),
        ((FIRST, SECOND, OTHER), {"one_of": [159, 155]}),
    ],
)
def test_any_prefix_of_a_request_may_decide_the_lookup(
    named: tuple[HomeNetworkPrefix, ...], wanted: object
) -> None:
    """5213-5.4.1.1-1; docs/findings.md, prefix that decides the lookup."""
    heard = Heard(POOL)
    heard.held = {NODE: frozenset(f"{p.prefix}/64" for p in (FIRST, SECOND))}
    request = asking_for(*named)
    status = BindingAckStatus.BCE_PBU_PREFIX_SET_DO_NOT_MATCH
    assert told(heard, request, status=status)["status"] == wanted


def test_sessions_of_other_nodes_do_not_count() -> None:
    heard = Heard(POOL)
    heard.held = {NODE: frozenset({f"{FIRST.prefix}/64"})}
    request = asking_for(FIRST)
    of_another = replace(
        request,
        options=tuple(
            MobileNodeIdentifier(b"another")
            if isinstance(o, MobileNodeIdentifier)
            else o
            for o in request.options
        ),
    )
    status = BindingAckStatus.BCE_PBU_PREFIX_SET_DO_NOT_MATCH
    wanted = {"one_of": [159, 155]}
    assert told(heard, of_another, status=status)["status"] == wanted
