"""The critical path of node promises against every path there is, and against trial by clock."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from services.commitments.domain.calendars import SINCE_EVER
from services.commitments.domain.critical_path import (
    Arrangement,
    Break,
    breaks,
    misfit,
    slowest_path,
)
from services.commitments.domain.process import Process
from services.commitments.domain.promise import Promise
from services.commitments.domain.versions import Versions
from services.commitments.domain.working_limit import WorkingLimit
from tests.domain.commitments.ticket_desk import CALENDARS, HOUR, at, node, process, promise

CODES = "abcdefgh"


@st.composite
def orders(draw: st.DrawFn) -> Process:
    """Nodes without a ring, listed in any order."""
    size = draw(st.integers(1, len(CODES)))
    nodes = [
        node(code, code, after=draw(st.lists(st.sampled_from(CODES[:index]), unique=True)))
        if index
        else node(code, code, after=[])
        for index, code in enumerate(CODES[:size])
    ]
    return process(*draw(st.permutations(nodes)))


LENGTHS = st.fixed_dictionaries({code: st.integers(0, 100) for code in CODES})


def paths(its: Process, code: str) -> Iterator[tuple[str, ...]]:
    """Every way from a first node to this one."""
    after = next(n.after for n in its.nodes if n.code == code)
    if not after:
        yield (code,)
    for before in after:
        for path in paths(its, before):
            yield (*path, code)


def every_path(its: Process) -> list[tuple[str, ...]]:
    return [path for each in its.nodes for path in paths(its, each.code)]


@given(orders(), LENGTHS)
def test_the_slowest_path_is_the_longest_of_all_paths(
    its: Process, lengths: Mapping[str, int]
) -> None:
    end, path = slowest_path(its.nodes, 0, lambda code, since: since + lengths[code])

    assert end == max(sum(lengths[code] for code in each) for each in every_path(its))
    assert path in every_path(its)
    assert sum(lengths[code] for code in path) == end


@settings(max_examples=50)
@given(orders(), LENGTHS, st.integers(0, 24 * 7))
def test_by_the_clock_the_slowest_path_is_the_one_that_is_due_last(
    its: Process, lengths: Mapping[str, int], begin: int
) -> None:
    names = ("always@1", "office@1", "berlin@1")

    def finish(code: str, since: datetime) -> datetime:
        calendar = CALENDARS[names[ord(code) % 3]]
        return calendar.due(since, timedelta(minutes=10 * lengths[code]))

    def walked(path: tuple[str, ...]) -> datetime:
        since = at(begin)
        for code in path:
            since = finish(code, since)
        return since

    end, path = slowest_path(its.nodes, at(begin), finish)

    assert end == max(walked(each) for each in every_path(its)) == walked(path)


CHAIN = process(node("accept", "A"), node("fix", "B"), node("close", "C"))
FORK = process(
    node("accept", "A"),
    node("repair", "B", after=["accept"]),
    node("inform", "C", after=["accept"]),
    node("close", "D", after=["repair", "inform"]),
)
NODES = (promise("accept", 1, 2), promise("fix", 4, 8), promise("close", 1, 2))
told = partial(promise, None, id="whole")


def misfits(whole: Promise, *nodes: Promise, of: Process = CHAIN) -> list[Break]:
    return list(breaks(arranged(*nodes, of=of), whole))


def arranged(*nodes: Promise, of: Process = CHAIN) -> Arrangement:
    return Arrangement(Versions([(SINCE_EVER, of)]), nodes, CALENDARS)


def test_a_path_that_fits_exactly_fits() -> None:
    assert misfits(told(commitment=6, tolerance=12), *NODES) == []


def test_each_limit_that_is_too_short_names_the_nodes_and_the_excess() -> None:
    found = misfits(told(commitment=5, tolerance=11), *NODES)

    assert [(b.limit, b.path, b.promises, b.excess) for b in found] == [
        (limit, ("accept", "fix", "close"), ("accept", "fix", "close"), HOUR)
        for limit in ("commitment", "tolerance")
    ]


def test_nodes_beside_each_other_count_once_by_the_slower() -> None:
    nodes = (promise("accept", 1), promise("repair", 3), promise("inform", 5), promise("close", 1))

    assert misfits(told(commitment=7, tolerance=100), *nodes, of=FORK) == []
    (broken,) = misfits(told(commitment=6, tolerance=100), *nodes, of=FORK)
    assert broken.path == ("accept", "inform", "close")


def test_a_node_without_a_promise_adds_nothing() -> None:
    assert misfits(told(commitment=4, tolerance=8), promise("fix", 4, 8)) == []


def test_only_the_priority_that_does_not_fit_is_named() -> None:
    slow = promise("fix", 20, 40, id="fix-low", priority="low")

    (broken,) = misfits(told(commitment=6, tolerance=100), *NODES, slow)

    assert (broken.priority, broken.promises) == ("low", ("accept", "fix-low", "close"))


def test_a_priority_with_an_end_to_end_promise_of_its_own_is_left_to_that() -> None:
    slow = promise("fix", 20, 40, id="fix-low", priority="low")
    own = promise(None, 22, 44, id="whole-low", priority="low")

    assert misfits(told(commitment=6, tolerance=12), *NODES, slow, own) == []
    (broken,) = misfits(replace(own, commitment=21 * HOUR), *NODES, slow)
    assert (broken.limit, broken.priority) == ("commitment", "low")


def test_a_node_promise_that_begins_later_breaks_from_then_on() -> None:
    later = promise("fix", 9, 10, version=2, valid_from=at(500))
    whole = told(commitment=8, tolerance=100, valid_until=at(1000))

    (broken,) = misfits(whole, *NODES, later)

    assert broken.at == at(500)
    assert misfits(replace(whole, valid_until=at(500)), *NODES, later) == []


def test_limits_in_different_calendars_are_tried_by_the_clock() -> None:
    office = promise("fix", 8, 8, calendar="office@1")

    # Eight office hours are a day's: from Friday evening on they end on Monday evening.
    (broken,) = misfits(told(commitment=24, tolerance=24 * 7), office)

    assert (broken.limit, broken.promises, broken.excess) == ("commitment", ("fix",), 48 * HOUR)
    assert broken.at.strftime("%a") == "Fri"
    assert misfits(told(commitment=24 * 3, tolerance=24 * 7), office) == []


def test_what_did_not_fit_before_is_told_only_where_it_fits_less() -> None:
    whole = told(commitment=5, tolerance=100)
    before = arranged(*NODES)
    quicker = arranged(*NODES[:2], promise("close", 0.5, 2))
    slower = arranged(*NODES[:2], promise("close", 1.5, 2))

    assert list(breaks(quicker, whole, before)) == []
    (broken,) = breaks(slower, whole, before)
    assert broken.excess == 1.5 * HOUR


def test_another_version_of_the_process_is_looked_at_from_its_beginning_on() -> None:
    whole = told(commitment=6, tolerance=12)
    longer = process(*(node(n, n) for n in ("accept", "fix", "check", "close")))
    nodes = (*NODES, promise("check", 2, 2))
    versions = Versions([(SINCE_EVER, CHAIN), (at(100), longer)])

    found = list(breaks(Arrangement(versions, nodes, CALENDARS), whole))

    assert {(b.at, b.path) for b in found} == {(at(100), ("accept", "fix", "check", "close"))}


def test_a_segment_that_a_node_promise_tells_apart_is_looked_at_for_itself() -> None:
    slow = promise("fix", 20, 40, id="fix-retail", segment="retail")

    (broken,) = misfits(told(commitment=6, tolerance=100), *NODES, slow)
    (own,) = misfits(told(commitment=6, tolerance=100, segment="retail"), *NODES, slow)

    assert (broken.segment, own.segment, broken.excess) == ("retail", "retail", own.excess)
    assert misfits(told(commitment=6, tolerance=100, segment="business"), *NODES, slow) == []


MINUTES = st.integers(1, 10 * 60).map(lambda minutes: timedelta(minutes=minutes))
HOURS = st.sampled_from(["always@1", "office@1", "berlin@1"])


@st.composite
def limits(draw: st.DrawFn, codes: str) -> dict[str, WorkingLimit]:
    """Of some nodes; the others promise nothing."""
    promised = draw(st.lists(st.sampled_from(codes), unique=True))
    return {code: draw(one_limit()) for code in promised}


@st.composite
def one_limit(draw: st.DrawFn, longest: int = 1) -> WorkingLimit:
    name = draw(HOURS)
    return WorkingLimit(draw(MINUTES) * longest, name, CALENDARS[name])


@settings(max_examples=int(os.environ.get("SEE_FUZZ_PATHS", "25")))
@given(orders(), st.data())
def test_no_start_of_the_weeks_looked_at_is_worse_than_the_one_that_is_told(
    its: Process, data: st.DataObject
) -> None:
    """Against every path from every quarter of an hour; `SEE_FUZZ_PATHS` says of how many."""
    codes = "".join(n.code for n in its.nodes)
    nodes = data.draw(limits(codes))
    whole = data.draw(one_limit(longest=4))

    def ended(path: tuple[str, ...], start: datetime) -> datetime:
        for code in path:
            start = nodes[code].due(start) if code in nodes else start
        return start

    def excess(start: datetime) -> timedelta:
        return max(ended(path, start) for path in every_path(its)) - whole.due(start)

    found = misfit(its.nodes, nodes, whole, at(0))

    tried = [at(quarter / 4) for quarter in range(0, 4 * 24 * 9, 3)]
    if all(limit.name == whole.name for limit in nodes.values()):
        # Of one calendar it is working time that is told, which no start makes longer.
        assert (found is not None) == any(excess(start) > timedelta(0) for start in tried)
    elif found is None:
        assert all(excess(start) <= timedelta(0) for start in tried)
    else:
        start, path, by = found
        assert excess(start) == by == ended(path, start) - whole.due(start)
        assert all(excess(each) <= by for each in tried)
