"""What an aggregate tells, to whom, and that nobody can be singled out by taking others away."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessment.domain.aggregate import Member, figures, grouped, tells
from services.assessment.domain.benchmark import FEWEST_UNITS

SHARES = st.integers(0, 12).map(lambda part: Fraction(part, 12))
GROUPS = st.sampled_from(["a", "b", "c", None])


@st.composite
def members(draw: st.DrawFn, least: int = 0) -> list[Member]:
    size = draw(st.integers(least, 20))
    return [
        Member(
            f"asm_{n}", draw(GROUPS), draw(SHARES), draw(st.sampled_from([{}, {"x": Fraction(1)}]))
        )
        for n in range(size)
    ]


def sized(**groups: int) -> list[Member]:
    return [
        Member(f"{name}{n}", name, Fraction(1), {})
        for name, size in groups.items()
        for n in range(size)
    ]


@given(members(least=FEWEST_UNITS))
def test_figures_are_exact_and_do_not_depend_on_the_order(told: list[Member]) -> None:
    found = figures(told, ["x"])

    assert found.mean == sum(each.total for each in told) / Fraction(len(told))
    assert found == figures(told[::-1], ["x"])
    assert min(e.total for e in told) <= found.spread.median <= max(e.total for e in told)
    assert ("x" in found.items) == all("x" in each.values for each in told)


def test_a_branch_that_one_beside_a_group_has_is_not_told_of_the_whole() -> None:
    """Six times the mean of six less five times that of five is what the sixth came to."""
    have = [Member(f"a{n}", "a", Fraction(1), {"x": Fraction(1, 3)}) for n in range(5)]
    one = Member("b0", "b", Fraction(1), {"x": Fraction(1)})
    others = [Member(f"b{n}", "b", Fraction(1), {}) for n in range(1, 5)]
    whole = [*have, one, *others]
    told = {name: figures(each, ["x"]).items for name, each in grouped(whole).items()}

    assert told == {"a": {"x": Fraction(1, 3)}, "b": {}}
    assert figures(whole, ["x"]).items == {}


@pytest.mark.parametrize("size", range(FEWEST_UNITS))
def test_fewer_than_five_have_no_figures(size: int) -> None:
    with pytest.raises(ValueError, match=str(size)):
        figures(sized(a=size), [])


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ({"a": 5}, ["a"]),
        ({"a": 5, "b": 5}, ["a", "b"]),
        ({"a": 5, "b": 2}, []),
        ({"a": 5, "b": 3, "c": 2}, ["a"]),
        ({"a": 4, "b": 4}, []),
    ],
)
def test_groups_are_told_where_they_and_the_rest_isolate_nobody(
    groups: dict[str, int], told: list[str]
) -> None:
    assert list(grouped(sized(**groups))) == told


@given(members(least=FEWEST_UNITS), st.data())
def test_no_difference_of_what_is_told_and_seen_leaves_one_to_four(
    told: list[Member], data: st.DataObject
) -> None:
    """Any sum of told parts, less the members that the caller sees, is of nobody or five."""
    seen = data.draw(st.sets(st.sampled_from([each.assessment for each in told])))
    parts = grouped(told)
    sizes = {
        name: (len(each), sum(member.assessment in seen for member in each))
        for name, each in parts.items()
    }
    whole, groups = tells(len(told), len(seen), sizes)
    unseen = [size - known for size, known in sizes.values()] if groups else []
    left = [len(told) - len(seen)] if whole else []
    left += unseen + ([left[0] - sum(unseen)] if groups else [])

    assert all(each == 0 or each >= FEWEST_UNITS for each in left)
    assert whole or not groups
