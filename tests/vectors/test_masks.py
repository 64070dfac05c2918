"""Masks: each condition holds where it should, and only there; what is learnt stays."""

import pytest

from pmip6.vectors.packs.masks import Memory, agrees, differences

MEMORY = Memory(
    {"prefix1": "2001:db8:100::", "sequence1": 0xFFFF},
    {"sequence": 7, "options": {"Timestamp": [{"value": 99}]}},
    time_of_day=65536 * 100,
)


EXAMPLES: list[tuple[object, object, object]] = [
    (3, 3, 4),
    ({"between": [1, 75]}, 75, 76),
    ({"one_of": [0, {"between": [3, 5]}]}, 4, 2),
    ({"same": "sequence"}, 7, 8),
    ({"same": "options.Timestamp.0.value"}, 99, 98),
    ({"clock_ms": 300}, 65536 * 100 + 19660, 65536 * 100 + 19661),
    ({"within": "2001:db8:100::/40"}, "2001:db8:1ff::", "2001:db8:200::"),
    ({"newer_than": "sequence1"}, 0, 0xFFFE),
    ({"variable": "prefix1"}, "2001:db8:100::", "2001:db8:100:1::"),
    ({"variable": "prefix1", "plus": 5}, "2001:db8:100::5", "2001:db8:100::"),
    ({"status": 0}, {"status": 0, "lifetime": 9}, {"lifetime": 9}),
    (
        {"options": {"Mtu": [{"mtu": 1460}]}},
        {"options": {"Mtu": [{"mtu": 1460}], "Other": [{}]}},
        {"options": {"Mtu": [{"mtu": 1460}, {"mtu": 1500}]}},
    ),
    ({"options": {"Mtu": []}}, {"options": {}}, {"options": {"Mtu": [{}]}}),
    (
        {"options": {"Mtu": {"contain": [{"mtu": 2}]}}},
        {"options": {"Mtu": [{"mtu": 1}, {"mtu": 2}]}},
        {"options": {"Mtu": [{"mtu": 1}]}},
    ),
    (
        {"options": {"Mtu": {"each": {"mtu": 2}}}},
        {"options": {}},
        {"options": {"Mtu": [{"mtu": 2}, {"mtu": 1}]}},
    ),
]
"""A mask, a value that is as it says, and one that is not."""


@pytest.mark.parametrize(("mask", "right", "wrong"), EXAMPLES)
def test_a_condition_holds_where_it_should(
    mask: object, right: object, wrong: object
) -> None:
    assert agrees(mask, right, MEMORY.copy())
    assert not agrees(mask, wrong, MEMORY.copy())
    assert list(differences(mask, wrong, MEMORY.copy()))


def test_what_is_learnt_has_to_stay_and_is_not_learnt_from_a_wrong_packet() -> None:
    memory = Memory()
    learns = {"status": 0, "prefix": {"learn": "p", "within": "2001:db8::/32"}}
    assert not agrees(learns, {"status": 1, "prefix": "2001:db8::"}, memory)
    assert not memory.variables
    assert agrees(learns, {"status": 0, "prefix": "2001:db8::"}, memory)
    assert agrees({"prefix": {"variable": "p"}}, {"prefix": "2001:db8::"}, memory)
    assert not agrees({"prefix": {"variable": "p"}}, {"prefix": "2001:db9::"}, memory)
