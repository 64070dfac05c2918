"""What a faulty anchor leaves behind: read nowhere, or missed."""

import pytest

from pmip6.model.domain import Configuration, Model
from pmip6.model.language.table import Rule
from pmip6.model.state import (
    bce_node,
    bce_prefix,
    bce_sequence,
    bce_state,
    held_gateway,
    held_technology,
    last_accepted,
    route,
    sequence_numbers,
    several_interfaces,
    waits_for_deregistration,
)
from pmip6.properties.faults.left_over import is_left_over
from pmip6.vectors.lma.model import anchor_configuration


def rules_of(*features: str) -> tuple[Rule, ...]:
    configuration: Configuration = anchor_configuration(features)
    return Model(configuration).rules


PLAIN = rules_of()
WAITING = rules_of(waits_for_deregistration.name, several_interfaces.name)


def is_unread(rules: tuple[Rule, ...], name: str, told: str) -> bool:
    rule = next(rule for rule in rules if rule.name == name)
    update = next(update for update in rule.updates if update.map.name == told)
    return is_left_over(rule, update, rules)


@pytest.mark.parametrize("rule", ["expire", "delete_after_delay"])
def test_whose_a_session_was_is_not_asked_once_its_entry_is_free(rule: str) -> None:
    assert is_unread(PLAIN, rule, bce_node.name)


def test_nobody_asks_what_waited_once_nothing_waits() -> None:
    assert is_unread(WAITING, "reject_after_waiting", held_technology.name)


def test_without_forwarding_there_is_no_route_to_take_away() -> None:
    assert is_unread(PLAIN, "allocate", route.name)


@pytest.mark.parametrize(
    ("rules", "rule", "told"),
    [
        (PLAIN, "expire", bce_prefix.name),  # asked of all entries, free or not
        (PLAIN, "expire", bce_state.name),  # that it is free
        (PLAIN, "allocate", bce_node.name),  # the session has only begun
        (PLAIN, "extend", last_accepted.name),
        (WAITING, "reject_after_waiting", held_gateway.name),  # that nothing waits
    ],
)
def test_what_is_asked_later_is_missed(
    rules: tuple[Rule, ...], rule: str, told: str
) -> None:
    assert not is_unread(rules, rule, told)


def test_a_number_is_read_while_its_session_is_there() -> None:
    rules = rules_of(sequence_numbers.name)
    assert is_unread(rules, "expire", bce_sequence.name)
    assert not is_unread(rules, "extend", bce_sequence.name)
