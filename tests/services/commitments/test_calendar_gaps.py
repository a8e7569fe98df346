"""A year without published holidays: raised and listed, and computed once it is known."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from deploy.local.sample import incidents
from services.commitments import catalogue
from services.commitments.operations.calendar_gaps import recheck_published
from services.commitments.operations.deliveries import fold_pending
from services.commitments.operations.mending import mend_calendar_gap
from tests.builders import Hook, every_item, integration, published, ticket
from tests.conftest import Provide, ServiceUnderTest
from tests.domain.commitments.opening_hours import WORKWEEK, dated, weekly
from tests.services.commitments.test_promises import COMPLETE

LAST_YEAR = max(catalogue.PUBLISHED["CN"].years)
UNKNOWN = LAST_YEAR + 1
NOW = datetime(LAST_YEAR, 12, 20, tzinfo=UTC)
HOURS = [["09:00", "12:00"], ["13:00", "18:00"]]
CHINA: dict[str, Any] = {
    "name": {"zh": "中国工作时间", "en": "Office hours in China"},
    "time_zone": "Asia/Shanghai",
    "weekly": weekly(WORKWEEK, ("09:00", "12:00"), ("13:00", "18:00")),
    "public_holidays": "CN",
}
LONG = {"commitment_seconds": 400 * 3600, "tolerance_seconds": 500 * 3600}
PROMISE = {
    **COMPLETE,
    **LONG,
    "code": "accept-in-china",
    "calendar": "china",
    "valid_from": f"{LAST_YEAR}-01-01T00:00:00Z",
    "valid_until": f"{UNKNOWN}-12-31T00:00:00Z",
}


def entered(first: date, last: date, closed: set[date]) -> list[dict[str, Any]]:
    """An override for every date, as a person enters them from the notice."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return dated({d.isoformat(): [] if d in closed or d.weekday() > 4 else HOURS for d in days})


async def in_china(client: httpx.AsyncClient) -> Hook:
    """A promise that counts in China's working time, and runs of it that reach past New Year."""
    for path, body in (
        ("/v1/calendars", {**CHINA, "code": "china"}),
        ("/v1/processes", incidents.process()),
    ):
        answer = await client.post(path, json=body)
        assert answer.status_code == 201, answer.text
    await published(client, PROMISE)
    hook = await integration(client)
    opened = {"opened_at": f"01-12-{LAST_YEAR} 01:00"}
    await hook.push_all(
        client,
        [
            ticket("INC1", 0, "New", f"01-12-{LAST_YEAR} 01:00", **opened),
            ticket("INC2", 0, "New", f"02-12-{LAST_YEAR} 01:00", **opened),
            ticket("INC3", 0, "New", f"02-12-{LAST_YEAR} 01:00", **opened),
            ticket("INC3", 1, "Active", f"03-12-{LAST_YEAR} 01:00", **opened),
        ],
    )
    return hook


async def folded(commitments: ServiceUnderTest) -> None:
    while await fold_pending(commitments.store, 2, NOW, NOW):
        pass


async def mended(commitments: ServiceUnderTest) -> None:
    while await mend_calendar_gap(commitments.store, NOW, NOW):
        pass


async def runs(client: httpx.AsyncClient, **query: str) -> dict[str, Mapping[str, Any]]:
    found = await every_item(client, "/v1/node-runs", as_of=NOW.isoformat(), **query)
    return {run["case_key"]: run for run in found if run["node"] == "accept"}


async def raised(commitments: ServiceUnderTest) -> list[tuple[int, bool, int]]:
    """The events: year, whether it is known, revision."""
    rows = await commitments.rows(
        "SELECT body FROM outbox WHERE subject LIKE '%calendar_year_unknown.v1' ORDER BY id"
    )
    told = [json.loads(row[0]) for row in rows]
    return [(each["year"], each["known"], each["revision"]) for each in told]


async def test_runs_into_an_unknown_year_are_raised_once_listed_and_recover_from_overrides(
    service: Provide,
) -> None:
    new_year = {date(UNKNOWN, 1, 1)}
    overrides = entered(date(UNKNOWN, 1, 1), date(UNKNOWN, 3, 31), new_year)
    async with service("commitments") as commitments, commitments.client() as client:
        await in_china(client)
        await folded(commitments)
        before = await runs(client)
        waiting = await runs(client, due_reason="calendar_year_unknown")
        gaps = (await client.get("/v1/calendar-gaps?status=open")).json()["items"]
        told = await raised(commitments)
        body = {**CHINA, "overrides": overrides, "valid_from": f"{UNKNOWN}-01-01T00:00:00Z"}
        answer = await client.post(
            "/v1/calendars/china/versions", json=body, headers={"if-match": '"1"'}
        )
        await mended(commitments)
        after = await runs(client)
        left = (await client.get("/v1/calendar-gaps?status=open")).json()["items"]
        question = {"start": f"{LAST_YEAR}-12-01T09:00:00+08:00", "working_seconds": 400 * 3600}
        due = (await client.post("/v1/calendars/china/due", json=question)).json()
        told_after = await raised(commitments)
    assert answer.status_code == 201, answer.text
    assert set(waiting) == set(before) == {"INC1", "INC2", "INC3"}
    assert [(run["commitment_due_at"], run["state"]) for run in before.values()] == [
        (None, None)
    ] * 3
    assert [(g["calendar"], g["year"], g["waiting_runs"]) for g in gaps] == [("china", UNKNOWN, 3)]
    assert told == [(UNKNOWN, False, 1)]
    # The runs stay on the version of their start, which knows the dates that the second one has.
    assert {run["promise"]["calendar"] for run in after.values()} == {"china@1"}
    assert due["calendar"] == "china@1"
    assert datetime.fromisoformat(after["INC1"]["commitment_due_at"]) == datetime.fromisoformat(
        due["due"]
    )
    assert after["INC1"]["state"] == "running_normal"
    assert after["INC3"]["state"] == "completed_normal"
    assert left == []
    assert told_after == [(UNKNOWN, False, 1), (UNKNOWN, True, 2)]


async def test_dates_that_do_not_reach_far_enough_leave_the_gap_open(service: Provide) -> None:
    overrides = entered(date(UNKNOWN, 1, 1), date(UNKNOWN, 1, 5), set())
    async with service("commitments") as commitments, commitments.client() as client:
        await in_china(client)
        await folded(commitments)
        await client.post(
            "/v1/calendars/china/versions",
            json={**CHINA, "overrides": overrides},
            headers={"if-match": '"1"'},
        )
        await mended(commitments)
        waiting = await runs(client, due_reason="calendar_year_unknown")
        (gap,) = (await client.get("/v1/calendar-gaps")).json()["items"]
    assert set(waiting) == {"INC1", "INC2", "INC3"}
    assert (gap["status"], gap["waiting_runs"], gap["revision"]) == ("open", 3, 1)


async def test_runs_recover_when_a_newer_package_knows_the_year(
    service: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = catalogue.PUBLISHED["CN"]
    newer = catalogue.PublishedDays(
        known.years | {UNKNOWN}, known.holidays | {date(UNKNOWN, 1, 1)}, known.make_up_days
    )
    async with service("commitments") as commitments, commitments.client() as client:
        await in_china(client)
        await folded(commitments)
        async with commitments.store.queue() as session:
            await recheck_published(session)
        await mended(commitments)
        still = await runs(client, due_reason="calendar_year_unknown")
        monkeypatch.setitem(catalogue.PUBLISHED, "CN", newer)
        async with commitments.store.queue() as session:
            await recheck_published(session)
        await mended(commitments)
        after = await runs(client)
        (gap,) = (await client.get("/v1/calendar-gaps")).json()["items"]
    assert len(still) == 3
    assert all(run["commitment_due_at"] for run in after.values())
    assert gap["status"] == "closed"
