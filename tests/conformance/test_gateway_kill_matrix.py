"""Faulty gateways: what notices them, and why some cannot be noticed."""

import pytest
from golden_gateway_kill_matrix import GoldenGateway, golden_gateways

from pmip6.conformance.kill_report import Layer
from pmip6.conformance.mag.faulty_gateways import (
    changed_rules,
    faulty_gateway,
    faulty_gateways,
    table_mutants,
    written_mutants,
)
from pmip6.conformance.mag.kill_layers import ALIKE as UNSEEN
from pmip6.conformance.mag.kill_layers import (
    CHOSEN,
    FOLDED,
    SAME_WAYS,
    SHOWS,
    changes_of,
    equivalent,
    is_folded,
    noticed_again,
    packets_of,
)
from pmip6.conformance.mag.kill_matrix import kill_matrix, mutants
from pmip6.conformance.mag.same_ways import every_traffic
from pmip6.conformance.verdict import Verdict
from pmip6.model.errors import Pmip6Error
from pmip6.model.mag.forwarding import FORWARDING_RULES, way_of
from pmip6.model.mag.rules import mag
from pmip6.properties.faults.equivalence import (
    IDLE,
    IMPLIED,
    is_same_rule,
    setting,
    switches_of,
)
from pmip6.properties.faults.gateway_settings import (
    GATEWAY_LEMMAS,
    GATEWAY_SETTINGS,
)
from pmip6.properties.faults.guard_equivalence import ALIKE, argument
from pmip6.vectors.ledger import derive_gateway
from pmip6.vectors.mag.distinctions import (
    DOMAINS,
    WIDEST,
    compared,
    faults_of,
    gateway_mutants,
    shows,
)
from pmip6.vectors.mag.lockstep import Event
from pmip6.vectors.mag.purposes import gateway_purposes

TELLING = [purpose for purpose in gateway_purposes() if faults_of(purpose)]
"""The cases that are there for the faults of a rule."""
HOW_MANY = 39
SOME = {
    "mag.accept.timer-0": Verdict.FAIL,
    "mag.forget_refused_node.update-0": Verdict.FAIL,
    "mag.retransmit.timer-1": Verdict.WARN,  # repeats once, of a SHOULD
    "mag.accept_and_upload_address.update-3": Verdict.FAIL,
}
PAIRS = (87, 87, 116, 3)
"""The states of a gateway in each setting."""


def test_every_mutant_is_in_one_part() -> None:
    every = [name for names in mutants().values() for name in names]
    assert len(every) == len(set(every))
    known = {*gateway_mutants(), *written_mutants(), *table_mutants()}
    assert set(every) == set(faulty_gateways()) == known
    with pytest.raises(Pmip6Error, match="is no mutant"):
        faulty_gateway("mag.accept.nothing")


def test_a_written_part_is_dropped_in_all_rules_that_have_it() -> None:
    name = "everywhere.mag.ignore_unexpected_acknowledgement.guard-0-3"
    changed = [right.name for right, _ in changed_rules(name)]
    assert len(changed) == 8 and "accept" in changed
    assert faulty_gateway(name).kind == "shared"


# ---- side by side ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "packets"),
    [
        ("mag.finish_deregistration.timer-2", UNSEEN),  # runs out to no effect
        ("mag.lapse_instead_of_renewal.removed", UNSEEN),  # departures are seen at once
        ("mag.retransmit.update-3", SHOWS),  # the third wait is not twice the second
        ("mag.forget_refused_node.removed", SHOWS),
        ("mag.accept.update-1", SHOWS),
        ("mag.accept.timer-0", SHOWS),
        ("mag.accept_refusal.guard-4-11", SHOWS),  # without sequence numbers alone
        ("everywhere.mag.accept.guard-1-0", SHOWS),  # nobody is ever registered
        ("mag.renew.update-3", CHOSEN),  # an earlier request is still repeated
        ("mag.accept_and_upload_address.timer-1", CHOSEN),
        ("mag.register_again.removed", FOLDED),  # a process has no such step
        ("encoder.lifetime.zero", SHOWS),
        (
            "forwarding.tunnel_though_local.removed",
            UNSEEN,
        ),  # the next row does the same
        ("forwarding.drop_link_local_source.removed", UNSEEN),  # it is a foreign source
        ("forwarding.route_locally.removed", SHOWS),
    ],
)
def test_packets_show_a_mutant_where_a_run_tells_it(name: str, packets: str) -> None:
    assert packets_of(name) == packets
    assert is_folded(name) is (packets == FOLDED)


def test_a_shortest_run_tells_a_refused_node_that_is_not_forgotten() -> None:
    found = compared(gateway_mutants()["mag.forget_refused_node.removed"], WIDEST[0])
    assert found.run is not None
    kinds = [event.kind for event in found.run if isinstance(event, Event)]
    assert kinds == ["attach", "answer", "detach", "attach"]


def test_what_changes_nothing_visits_every_state() -> None:
    removed = gateway_mutants()["mag.ignore_refused_deregistration.removed"]
    assert tuple(compared(removed, setting).pairs for setting in WIDEST) == PAIRS


def test_every_row_of_the_forwarding_table_meets_its_packets() -> None:
    assert {way_of(each) for each in every_traffic()} == set(FORWARDING_RULES)
    names = [name for name in table_mutants() if name.startswith("forwarding.")]
    argued = equivalent(names)
    assert {by for _, by in argued.values()} == {SAME_WAYS} and len(argued) == 2
    assert not equivalent(["encoder.lifetime.zero"])


# ---- the cases that tell them ----------------------------------------------------------


def test_each_case_for_the_faults_of_a_rule_tells_one() -> None:
    assert len(TELLING) == HOW_MANY
    for purpose in TELLING:
        assert purpose.domain in DOMAINS
        assert any(shows(purpose, mutant) for mutant in faults_of(purpose))


@pytest.mark.parametrize(("name", "worst"), SOME.items())
def test_a_mutant_is_found_by_its_case(name: str, worst: Verdict) -> None:
    found = {
        faulty_gateway(name).verdict(purpose)
        for purpose in TELLING
        if gateway_mutants()[name] in faults_of(purpose)
    }
    assert worst in found
    assert worst is Verdict.FAIL or Verdict.FAIL not in found


@pytest.mark.nightly
def test_the_ledger_has_a_case_for_each_mutant_that_can_be_told() -> None:
    keys = {draft.key for draft in derive_gateway(gateway_purposes())}
    assert keys == {purpose.key for purpose in gateway_purposes()}


# ---- layers ------------------------------------------------------------------------------


def test_a_golden_exchange_notices_a_gateway_that_asks_no_anchor() -> None:
    exchange = GoldenGateway("GX-MAG-001")
    assert len(golden_gateways()) > 60
    assert exchange.notices(faulty_gateway("mag.request_allocation.send-0"))
    assert not exchange.notices(
        faulty_gateway("forwarding.tunnel_though_local.removed")
    )


def test_what_noticed_a_mutant_last_has_to_notice_it_again() -> None:
    told = {
        "mag.request_allocation.guard-0": (Layer.CASE, "TP_MAG_ATT_BV_01"),
        "mag.request_allocation.guard-1": (Layer.CASE, "TP_MAG_GONE_BV_01"),
        "mag.forget_refused_node.update-0": (
            Layer.CASE,
            "TP_MAG_ATT_BV_01",
        ),  # it passes
        "mag.request_allocation.send-0": (Layer.EXCHANGE, "GX-MAG-001"),
        "mag.lapse_instead_of_renewal.update-1": (
            Layer.COUNT,
            "clock+losses: 1 states instead of 2",
        ),
    }
    found = noticed_again(list(told), told, golden_gateways())
    assert list(found) == [
        "mag.request_allocation.guard-0",
        "mag.request_allocation.send-0",
        "mag.lapse_instead_of_renewal.update-1",
    ]
    assert found["mag.lapse_instead_of_renewal.update-1"] == (
        Layer.COUNT,
        "clock+losses: 308 states instead of 294",
    )


def test_the_layers_settle_a_mutant_each_in_its_turn() -> None:
    names = ["encoder.lifetime.zero", "mag.lapse_instead_of_renewal.update-1"]
    told = {names[1]: (Layer.COUNT, "clock+losses: 308 states instead of 294")}
    fates = kill_matrix(names, (), told, None, 1)
    assert [fate.layer for fate in fates] == [Layer.CASE, Layer.COUNT]
    assert [fate.packets for fate in fates] == [SHOWS, UNSEEN]


# ---- arguments -------------------------------------------------------------------------

PROVED = "gateways that ask again at once"


def test_what_the_arguments_rest_on_is_inductive() -> None:
    lemmas = {known.name for known in setting(PROVED).lemmas}
    assert {known.name for known in GATEWAY_LEMMAS} - lemmas == {
        # these features are on, so that nothing is said of them being off
        "no clock is awaited without the feature",
        "registrations end where they have a lifetime",
        "no routes without the feature",
    }


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("mag.register_again.update-3", IDLE),  # no clock is awaited meanwhile
        (
            "mag.forget_refused_node.update-5",
            IDLE,
        ),  # others use the tunnel, or none does
        ("mag.tunnel_to_anchor.guard-3", IMPLIED),  # who has a route has the tunnel
        ("everywhere.mag.drop_hosted_nowhere.guard-2-0", ALIKE),
        ("mag.register_again.update-10", None),  # an earlier wait goes on
        ("mag.accept.update-4", None),
        ("mag.accept.removed", None),
    ],
)
def test_what_changes_nothing_is_proved(name: str, reason: str | None) -> None:
    assert argument(changes_of(name), [PROVED]) == reason


def test_the_arguments_are_asked_with_every_feature_on_and_off() -> None:
    asked = {switch for rule in mag.rules for switch in switches_of(rule)}
    assert len(asked) == 15
    for switch in asked:
        on = [switch in names for names in GATEWAY_SETTINGS.values()]
        assert any(on) and not all(on)


def test_a_rule_that_asks_for_slow_clocks_is_another_one_without() -> None:
    (change,) = changes_of("mag.propose_prefix.guard-4")
    assert not is_same_rule(change)
    assert argument([change], [PROVED]) is None
