"""The process map: places by level, and the few processes that matter."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commitments.domain.process_map import (
    LINKAGES,
    VITAL_SHARE,
    Rated,
    place_fault,
    ranked,
)

AMOUNTS = st.fractions(0, 1000, max_denominator=100)
RATED = st.builds(
    Rated,
    st.text("abcdefghij", min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(LINKAGES), AMOUNTS),
)
PROCESSES = st.lists(RATED, max_size=12, unique_by=lambda each: each.process)


def test_the_few_that_carry_four_fifths_matter() -> None:
    cost = {"repair": 50, "sales": 30, "post": 12, "archive": 8}
    found = ranked([Rated(code, {"cost_share": Fraction(n)}) for code, n in cost.items()])
    assert [(each.process, each.is_vital) for each in found] == [
        ("repair", True),
        ("sales", True),
        ("post", False),
        ("archive", False),
    ]
    assert found[1].cumulative == Fraction(4, 5)


def test_linkages_of_different_kinds_weigh_the_same() -> None:
    a = Rated("a", {"cost_share": Fraction(1), "customer_value": Fraction(5)})
    b = Rated("b", {"cost_share": Fraction(3)})
    assert {each.process: each.weight for each in ranked([a, b])} == {
        "a": Fraction(5, 8),
        "b": Fraction(3, 8),
    }


@given(PROCESSES)
def test_the_weights_add_up_and_the_vital_few_are_as_few_as_can_be(
    processes: list[Rated],
) -> None:
    found = ranked(processes)
    total = sum((each.weight for each in found), Fraction())
    vital = [each.weight for each in found if each.is_vital]
    assert len(found) == len(processes)
    assert total in (0, 1)
    assert [each.weight for each in found] == sorted((e.weight for e in found), reverse=True)
    if total:
        assert sum(vital) >= VITAL_SHARE > sum(vital[:-1])
    else:
        assert vital == []


@pytest.mark.parametrize(
    ("level", "parent", "children", "code"),
    [
        (1, None, [2, 2], ""),
        (2, 1, [3], ""),
        (3, 2, [], ""),
        (None, None, [], ""),
        (None, 1, [], "level_missing"),
        (None, None, [2], "level_missing"),
        (1, 1, [], "top_has_parent"),
        (3, 1, [], "parent_elsewhere"),
        (2, None, [], "parent_elsewhere"),
        (1, None, [3], "children_elsewhere"),
    ],
)
def test_a_process_stands_right_under_one_of_the_level_above(
    level: int | None, parent: int | None, children: list[int], code: str
) -> None:
    assert place_fault(level, parent, children) == code
