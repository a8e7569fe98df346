"""Periods cut any stretch of time without a gap or an overlap, at midnight of their zone."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from services.commitments.domain.periods import Length, month_of, periods

ZONES = [
    ZoneInfo(name) for name in ("UTC", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe")
]
STARTS = st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
LASTING = st.timedeltas(timedelta(microseconds=1), timedelta(days=200))


@given(STARTS, LASTING, st.sampled_from(Length), st.sampled_from(ZONES))
def test_periods_cover_a_stretch_of_time_exactly_once(
    start: datetime, lasting: timedelta, length: Length, zone: ZoneInfo
) -> None:
    cut = list(periods(start, start + lasting, length, zone))

    assert cut[0].start == start
    assert cut[-1].end == start + lasting
    assert all(one.end == following.start for one, following in pairwise(cut))
    assert all(one.start < one.end for one in cut)
    assert len({one.label for one in cut}) == len(cut)
    for one in cut[1:]:
        assert one.start.astimezone(zone).time().isoformat() == "00:00:00"


def test_labels_say_what_a_person_would() -> None:
    day = datetime(2016, 2, 29, 20, tzinfo=UTC)
    labels = {
        (length.value, zone.key): next(periods(day, day + timedelta(minutes=1), length, zone)).label
        for length in Length
        for zone in ZONES[:2]
    }

    assert labels["day", "UTC"] == "2016-02-29"
    assert labels["day", "Asia/Shanghai"] == "2016-03-01"
    assert labels["week", "UTC"] == "2016-W09"
    assert labels["month", "Asia/Shanghai"] == "2016-03"
    assert labels["quarter", "UTC"] == "2016-Q1"
    assert labels["year", "UTC"] == "2016"


def test_the_month_of_an_instant_is_whole() -> None:
    last = month_of(datetime(2016, 2, 29, 23, 59, tzinfo=UTC))
    first = month_of(datetime(2016, 3, 1, tzinfo=UTC))

    assert (last.label, last.start, last.end) == (
        "2016-02",
        datetime(2016, 2, 1, tzinfo=UTC),
        datetime(2016, 3, 1, tzinfo=UTC),
    )
    assert (first.label, first.start) == ("2016-03", datetime(2016, 3, 1, tzinfo=UTC))
