"""The shipped process of change requests: well defined, and its promises add up."""

from datetime import UTC, datetime, timedelta

import pytest

from services.commitments.domain.calendar import Calendar
from services.commitments.domain.calendars import SINCE_EVER, Calendars, CalendarVersion
from services.commitments.domain.events import TicketEvent
from services.commitments.domain.fold import fold
from services.commitments.domain.history import ClockVersion
from services.commitments.domain.process import Process
from services.commitments.domain.process_change import (
    ACROSS,
    ALL_DAYS,
    CODE,
    DAY,
    FOLLOWING,
    NAME,
    NODES,
    WITHIN,
    WORKING_DAYS,
    calendars,
    promises,
    segment,
)
from services.commitments.domain.promise import Promise

PROCESS = Process.of({"code": CODE, "version": 1, "name": NAME, "nodes": NODES})
TUESDAY = datetime(2026, 3, 3, 7, tzinfo=UTC)
FRIDAY = datetime(2026, 3, 6, 7, tzinfo=UTC)


def known_calendars() -> Calendars:
    plain = calendars("Asia/Shanghai")
    return Calendars(
        CalendarVersion(
            code,
            1,
            SINCE_EVER,
            Calendar.of({k: each[k] for k in ("time_zone", "weekly")}),
        )
        for code, each in plain.items()
    )


def known_promises() -> list[Promise]:
    return [
        Promise(
            id=each["code"],
            code=each["code"],
            version=1,
            process=each["process"],
            node=each["node"],
            segment=each["segment"],
            priority=None,
            commitment=timedelta(seconds=each["commitment_seconds"]),
            tolerance=timedelta(seconds=each["tolerance_seconds"]),
            commitment_calendar=each["calendar"],
            tolerance_calendar=each["tolerance_calendar"],
            valid_from=SINCE_EVER,
        )
        for each in promises()
    ]


def clocks(*steps: tuple[str, datetime], across: bool = False) -> dict[str, ClockVersion]:
    of = ACROSS if across else WITHIN
    events = [
        TicketEvent("chr_1", str(n), at, n, state, segment=of)
        for n, (state, at) in enumerate(steps)
    ]
    folded = fold(events, PROCESS, known_promises(), known_calendars())
    newest = (each for each in folded.clocks if each.valid_until is None and each.key.leg is None)
    return {each.key.node: each for each in newest if each.key.node is not None}


def test_a_change_inside_a_department_is_due_in_two_working_days() -> None:
    assert clocks(("filed", TUESDAY))["handling"].clock.commitment_due_at == (
        TUESDAY + timedelta(days=2)
    )
    over_a_weekend = clocks(("filed", FRIDAY))["handling"].clock
    assert over_a_weekend.commitment_due_at == FRIDAY + timedelta(days=4)


def test_a_change_across_departments_and_a_demanded_filing_are_due_in_a_week() -> None:
    week = timedelta(days=7)
    across = clocks(("filed", FRIDAY), across=True)["handling"].clock
    demanded = clocks(("found", FRIDAY))["filing"].clock
    assert across.commitment_due_at == across.tolerance_due_at == FRIDAY + week
    assert demanded.commitment_due_at == FRIDAY + week


def test_the_handling_ends_with_the_publication_or_a_rejection() -> None:
    day = timedelta(days=1)
    done = clocks(
        ("found", TUESDAY),
        ("filed", TUESDAY + day),
        ("approved", TUESDAY + 2 * day),
        ("changed", TUESDAY + 3 * day),
        ("published", TUESDAY + 4 * day),
    )
    assert set(done) == {node["code"] for node in NODES}
    assert {code: each.clock.finished_at for code, each in done.items()} == {
        "filing": TUESDAY + day,
        "handling": TUESDAY + 4 * day,
        "review": TUESDAY + 2 * day,
        "change": TUESDAY + 3 * day,
        "publish": TUESDAY + 4 * day,
    }
    rejected = clocks(("filed", TUESDAY), ("rejected", TUESDAY + day))
    assert {code: each.clock.finished_at for code, each in rejected.items()} == {
        "handling": TUESDAY + day,
        "review": TUESDAY + day,
    }
    withdrawn = clocks(("filed", TUESDAY), ("approved", FRIDAY), ("withdrawn", FRIDAY + day))
    assert withdrawn["handling"].clock.cancelled_at == FRIDAY + day
    assert withdrawn["change"].clock.cancelled_at == FRIDAY + day


@pytest.mark.parametrize("of", [WITHIN, ACROSS])
def test_the_steps_fill_what_is_promised_of_the_whole(of: str) -> None:
    mine = {each["node"]: each for each in promises() if each["segment"] == of}
    whole = mine.pop("handling")
    assert sum(each["commitment_seconds"] for each in mine.values()) == whole["commitment_seconds"]
    assert {each["tolerance_seconds"] for each in mine.values()} == {whole["tolerance_seconds"]}
    assert {each["calendar"] for each in mine.values()} == {whole["calendar"]}
    assert (whole["calendar"], whole["commitment_seconds"]) == (
        (WORKING_DAYS, 2 * DAY) if of == WITHIN else (ALL_DAYS, 7 * DAY)
    )


def test_every_step_leads_on_until_the_end() -> None:
    ends = {status for status, following in FOLLOWING.items() if not following}
    assert ends == {"published", "rejected", "withdrawn"}
    assert set().union(*FOLLOWING.values()) | {"found"} == set(FOLLOWING)
    assert [segment(n) for n in (1, 2, 5)] == [WITHIN, ACROSS, ACROSS]
