"""The blame split against a sweep second by second, and what it may never do."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from services.commitments.domain.blame import Blame, Kind, Line, Part, blame

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MICROSECONDS = 1_000_000
HORIZON = 60


def intervals(cuts: list[int]) -> list[tuple[datetime, datetime]]:
    """Intervals apart and in order, from distinct seconds in pairs."""
    ordered = sorted(cuts)
    pairs = zip(ordered[::2], ordered[1::2], strict=False)
    return [(START + a * SECOND, START + b * SECOND) for a, b in pairs]


CUTS = st.lists(st.integers(0, HORIZON), unique=True, max_size=6)
PARTS = st.lists(st.tuples(CUTS, CUTS, st.integers(0, HORIZON)), max_size=4)


def parts_of(drawn: list[tuple[list[int], list[int], int]]) -> list[Part]:
    return [
        Part(str(n), intervals(ran), intervals(paused), allowance * SECOND)
        for n, (ran, paused, allowance) in enumerate(drawn)
    ]


def within(stretches: Sequence[tuple[datetime, datetime]], at: datetime) -> bool:
    return any(since <= at < until for since, until in stretches)


def swept(counted: list[tuple[datetime, datetime]], parts: list[Part]) -> dict[Line, Fraction]:
    """The lines that each counted second belongs to."""
    used: dict[Line, Fraction] = {}
    begun = [since for part in parts for since, _ in (*part.ran, *part.paused)]
    for n in range(HORIZON):
        at = START + n * SECOND
        if not within(counted, at):
            continue
        running: list[Line] = [
            (Kind.NODE, p.name) for p in parts if any(a <= at < b for a, b in p.ran)
        ]
        waiting: list[Line] = [
            (Kind.PAUSE, p.name) for p in parts if any(a <= at < b for a, b in p.paused)
        ]
        nobody: Line = (Kind.GAP if any(since <= at for since in begun) else Kind.BEFORE, None)
        lines = running or waiting or [nobody]
        for line in lines:
            used[line] = used.get(line, Fraction(0)) + Fraction(MICROSECONDS, len(lines))
    return used


@given(CUTS, PARTS, st.integers(0, HORIZON))
def test_every_counted_second_belongs_to_the_lines_of_a_sweep_and_shares_sum_to_the_excess(
    cuts: list[int], drawn: list[tuple[list[int], list[int], int]], limit: int
) -> None:
    counted, parts = intervals(cuts), parts_of(drawn)

    split = blame(counted, limit * SECOND, parts)

    running = sum(((b - a) for a, b in counted), timedelta(0)) // timedelta(microseconds=1)
    assert split.running == running
    assert split.excess == max(running - limit * MICROSECONDS, 0)
    assert sum(share.excess for share in split.shares) == split.excess
    assert {(s.kind, s.name): s.used for s in split.shares} == swept(counted, parts)


@given(CUTS, PARTS, st.integers(0, HORIZON))
def test_nobody_bears_more_than_was_used_or_anything_within_an_allowance_that_fits(
    cuts: list[int], drawn: list[tuple[list[int], list[int], int]], limit: int
) -> None:
    parts = parts_of(drawn)

    split = blame(intervals(cuts), limit * SECOND, parts)

    allowed = sum((part.allowance for part in parts), timedelta(0))
    for share in split.shares:
        assert 0 <= share.excess < share.used + 1
        if share.used <= share.allowance and allowed <= limit * SECOND:
            assert share.excess == 0


def hours(first: int, last: int) -> tuple[datetime, datetime]:
    return START + timedelta(hours=first), START + timedelta(hours=last)


def borne(split: Blame) -> dict[tuple[Kind, str | None], float]:
    return {(s.kind, s.name): s.excess / MICROSECONDS / 3600 for s in split.shares}


def test_the_excess_falls_on_what_went_beyond_its_own_commitment() -> None:
    accept = Part("accept", [hours(0, 4)], allowance=timedelta(hours=2))
    resolve = Part("resolve", [hours(5, 11)], allowance=timedelta(hours=8))

    split = blame([hours(0, 11)], timedelta(hours=8), [accept, resolve])

    assert split.excess == 3 * 3600 * MICROSECONDS
    assert borne(split) == {
        (Kind.NODE, "accept"): 2,
        (Kind.GAP, None): 1,
        (Kind.NODE, "resolve"): 0,
    }


def test_parallel_nodes_share_the_time_and_a_pause_counts_where_the_case_ran_on() -> None:
    one = Part("one", [hours(0, 4)])
    two = Part("two", [hours(0, 4)], [hours(4, 6)])

    split = blame([hours(0, 6)], timedelta(0), [one, two])

    assert borne(split) == {(Kind.NODE, "one"): 2, (Kind.NODE, "two"): 2, (Kind.PAUSE, "two"): 2}


def test_what_the_promises_did_not_fit_falls_on_the_time_within_them() -> None:
    one = Part("one", [hours(0, 6)], allowance=timedelta(hours=6))
    two = Part("two", [hours(6, 10)], allowance=timedelta(hours=3))

    split = blame([hours(0, 10)], timedelta(hours=6), [one, two])

    assert borne(split) == {(Kind.NODE, "one"): 2, (Kind.NODE, "two"): 2}
