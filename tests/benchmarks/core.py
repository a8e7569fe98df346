"""The pure core: folding and calendars against the plainest program for the same."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.commitments.domain.calendar import Calendar
from services.commitments.domain.fold import fold
from tests.benchmarks.figures import seconds, show
from tests.domain.commitments import incident_log
from tests.domain.commitments.incident_recount import recount

WEEK = {
    day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")
}


def run() -> None:
    """Print the figures of the core."""
    _fold()
    _calendar()


def _fold() -> None:
    process, promises = incident_log.incident_process(), incident_log.incident_promises()
    cases = incident_log.cases()
    count = sum(map(len, cases.values()))

    def folded() -> None:
        for events in cases.values():
            fold(events, process, promises, incident_log.CALENDARS)

    took, plain = seconds(folded), seconds(lambda: recount(incident_log.LOG))
    show("fold of the 600 sample cases", f"{count / took:,.0f} events/s", took / plain, "recount")


def _calendar() -> None:
    office = Calendar.of({"time_zone": "Asia/Shanghai", "weekly": WEEK, "overrides": []})
    start = datetime(2024, 1, 3, 2, tzinfo=UTC)
    working = timedelta(hours=700)
    office.due(start, working)

    def swept() -> datetime:
        zone, left, at = ZoneInfo("Asia/Shanghai"), working, start
        while True:
            day = at.astimezone(zone).date()
            for opens, closes in ((9, 12), (13, 18)):
                since = max(at, datetime(day.year, day.month, day.day, opens, tzinfo=zone))
                until = datetime(day.year, day.month, day.day, closes, tzinfo=zone)
                if day.weekday() > 4 or until <= since:
                    continue
                if until - since >= left:
                    return since + left
                left -= until - since
            midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
            at = midnight + timedelta(days=1)

    assert swept() == office.due(start, working)
    took = seconds(lambda: [office.due(start, working) for _ in range(1000)]) / 1000
    show("due instant 700 working hours ahead", f"{took * 1e6:.1f} us", took / seconds(swept),
         "sweep day by day")  # fmt: skip
