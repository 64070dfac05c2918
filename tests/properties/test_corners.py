"""What the other configurations leave out: explored, pinned, and counted by Spin."""

import pytest
from pinned_counts import CORNERS as OF_ANCHORS
from pinned_counts import GATEWAY_CORNERS as OF_GATEWAYS
from pinned_counts import HANDOVER_CORNERS as OF_HANDOVERS
from traces import replays

from pmip6.model.domain import Model
from pmip6.model.fast_handover.corners import HANDOVER_CORNERS
from pmip6.model.shipped import corners
from pmip6.model.shipped.gateway_corners import GATEWAY_CORNERS
from pmip6.model.shipped.named import NAMED
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.response import RESPONSES
from pmip6.properties.result import Outcome
from pmip6.properties.spin.run import is_installed, spin

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler

CORNERS = corners.CORNERS | HANDOVER_CORNERS | GATEWAY_CORNERS
COUNTS = OF_ANCHORS | OF_HANDOVERS | OF_GATEWAYS

LARGE = 20_000_000  # transitions
LARGE_FOR_SPIN = 100_000  # transitions
EXACT = 1_000_000  # beyond, Spin rounds its transitions
TAKEN = {
    "waiting-numbers": {"hand_over_to_waiting", "extend", "restart_without_bindings"},
    "waiting-assigned": {"hand_over_to_waiting", "allocate_after_waiting"},
    "waiting-sessions": {"hand_over_to_waiting", "allocate_after_waiting"},
    "waiting-forwarding": {"hand_over_to_waiting", "tunnel_to_gateway"},
    "waiting-addresses": {"hand_over_to_waiting", "reject_unauthorised_gateway"},
    "late-interfaces": {"reject_lower_timestamp", "reject_for_lack_of_prefixes"},
    "two-sets": {"reject_other_prefix_set", "reject_prefix_of_another_node"},
    "two-numbered": {"reject_low_sequence_number", "extend", "deregister"},
    "short-lifetime": {"expire", "deregister", "tick"},
    "forgotten-timestamps": {"expire", "delete_after_delay"},
    "no-restart": {"extend", "delete_after_delay"},
    "two-handovers": {"forward_to_new_gateway", "relay_uplink", "accept_offer"},
    "two-later-handovers": {"drain_to_new_gateway", "take_consent"},
    "unexpected-packets": {"discard_kept_packet", "lose_packet", "fall_back"},
    "uplink-order": {"relay_uplink", "lose_relayed_uplink"},
    "early-commands": {"command_handover", "discard_kept_packet", "lose_packet"},
    "doubled-handovers": {"duplicate_handover_acknowledge", "take_start", "take_back"},
    "handovers-in-turn": {"accept_completion_instead", "refuse_stray_request"},
    "handover-backoff": {"retransmit_handover_initiate", "give_up_as_new_gateway"},
    "handover-routes": {"register_returned_node", "expire"},
    "endless-handovers": {"give_up_as_new_gateway", "drain_to_node", "forget_context"},
    "endless-withdrawals": {"advertise_transferred_prefix", "withdraw_prefix"},
    "slow-answers": {"propose_prefix", "accept_and_upload_address", "register_again"},
    "lost-backoff": {"restart_without_update_list", "ask_for_another_prefix"},
    "handover-answers": {"propose_prefix", "answer_solicitation", "withdraw_prefix"},
    "doubled-requests": {"duplicate_pbu", "register_again"},
    "no-gateway-restart": {"attach_with_hint", "renew"},
    "packets-end-to-end": {"route_from_gateway", "tunnel_to_anchor", "deliver_to_node"},
    "slow-handovers": {"register_transferred_prefix", "advance_slow_clock"},
    "handovers-lost": {"restart_without_update_list", "retransmit_handover_initiate"},
    "handovers-lost-lists-kept": {"restart_with_update_list", "buffer_packet"},
}
"""Rules that each of them is there for."""


def _named(limit: int) -> list[object]:
    """The names; those with more transitions are for the night."""
    return [
        pytest.param(name, marks=[pytest.mark.nightly] if steps > limit else [])
        for name, (_, steps, _) in COUNTS.items()
    ]


def test_each_has_a_name_and_pinned_counts() -> None:
    assert list(COUNTS) == list(TAKEN) == list(CORNERS)
    assert all(NAMED[name] is chosen for name, chosen in CORNERS.items())


@pytest.mark.parametrize("name", _named(LARGE))
def test_these_properties_fail_and_the_others_hold(name: str) -> None:
    model, chosen = Model(CORNERS[name]), CORNERS[name]
    run = explore(model, [*with_a_case(model, PROPERTIES), *derived_properties(model)])
    assert (run.states, run.transitions, run.depth) == COUNTS[name]
    by_outcome = {
        outcome: {p.name for p in run.properties if p.outcome is outcome}
        for outcome in Outcome
    }
    assert by_outcome[Outcome.UNDECIDED] == chosen.silent_on - {
        r.name for r in RESPONSES
    }
    assert by_outcome[Outcome.VIOLATED] == chosen.broken
    assert {rule for rule, steps in run.rules.items() if steps} >= TAKEN[name]
    for found in run.properties:
        assert found.trace is None or replays(found.trace, model)


@pytest.mark.skipif(not is_installed(), reason="spin is not installed")
@pytest.mark.parametrize("name", _named(LARGE_FOR_SPIN))
def test_spin_counts_the_same(name: str) -> None:
    theirs, (states, steps, _) = spin(Model(CORNERS[name])), COUNTS[name]
    rounded = 0 if steps < EXACT else steps // 100_000
    assert theirs.states == states
    assert abs(theirs.transitions - steps) <= rounded
