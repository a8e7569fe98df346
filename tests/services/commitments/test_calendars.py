"""Calendars over HTTP: the published vectors, wall-clock times, unknown years, versions, faults."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from tests.conftest import Provide
from tests.domain.commitments.opening_hours import ALL_WEEK, WORKWEEK, dated, weekly
from tests.services.commitments.test_promises import faults

VECTORS = json.loads(
    (Path(__file__).parents[2] / "fixtures/vectors/business_time.json").read_text("utf-8")
)
NAMES = {"name": {"zh": "日历", "en": "Calendar"}}
OFFICE = weekly(WORKWEEK, ("09:00", "12:00"), ("13:00", "18:00"))
CHINA = {
    **NAMES,
    "code": "china",
    "time_zone": "Asia/Shanghai",
    "weekly": OFFICE,
    "public_holidays": "CN",
}


def of_vector(row: dict[str, Any], code: str) -> dict[str, Any]:
    """The calendar of a published case; China's working days are those that the service knows."""
    closed: dict[str, Any] = {day: [] for day in row.get("closed_dates", [])}
    week = {day: [["00:00", "24:00"]] for day in ALL_WEEK}
    country = None
    if "working days" in row["windows"]:
        week, country = OFFICE, "CN"
    elif match := re.match(r"(\d\d:\d\d)-(\d\d:\d\d) Mon-Fri", row["windows"]):
        week = weekly(WORKWEEK, (match[1], match[2]))
    return {
        **NAMES,
        "code": code,
        "time_zone": row["tz"],
        "weekly": week,
        "overrides": dated(closed),
        "public_holidays": country,
    }


def wall(text: str) -> str:
    """A wall-clock time; some cases are told of any Monday."""
    named = re.fullmatch(r"(Monday|Tuesday) (\d+:\d+)", text)
    return f"2025-03-0{3 if named[1] == 'Monday' else 4}T{named[2]}" if named else text


async def created(client: httpx.AsyncClient, body: dict[str, Any]) -> httpx.Response:
    answer = await client.post("/v1/calendars", json=body)
    assert answer.status_code == 201, answer.text
    return answer


async def test_every_published_vector_reproduces_through_the_api(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        for number, row in enumerate(VECTORS["add"]):
            await created(client, of_vector(row, f"add-{number}"))
            hours = re.match(r"([\d.]+)h", row["duration"])
            assert hours
            question = {"start": wall(row["start"]), "working_seconds": float(hours[1]) * 3600}
            answer = await client.post(f"/v1/calendars/add-{number}/due", json=question)
            due = datetime.fromisoformat(answer.json()["due"])
            expected = datetime.fromisoformat(wall(row["due"]))
            assert due == expected.replace(tzinfo=ZoneInfo(row["tz"])), row
            assert due.replace(tzinfo=None) == expected
        for number, row in enumerate(VECTORS["elapsed"]):
            await created(client, of_vector(row, f"elapsed-{number}"))
            question = {"start": wall(row["start"]), "end": wall(row["end"])}
            answer = await client.post(f"/v1/calendars/elapsed-{number}/elapsed", json=question)
            told = answer.json()
            assert told["working_seconds"] == row.get("hours", 0) * 3600 + row.get("seconds", 0)
            lengths = [
                datetime.fromisoformat(each["end"]) - datetime.fromisoformat(each["start"])
                for each in told["intervals"]
            ]
            assert sum(each.total_seconds() for each in lengths) == told["working_seconds"]


async def test_a_time_without_an_offset_is_read_in_the_calendars_zone(service: Provide) -> None:
    week = weekly(ALL_WEEK, ("00:00", "24:00"))
    berlin = {**NAMES, "code": "berlin", "time_zone": "Europe/Berlin", "weekly": week}
    starts = {
        "2024-03-31T02:30": "2024-03-31T03:30:00+02:00",
        "2024-10-27T02:30": "2024-10-27T02:30:00+02:00",
        "2024-06-01T08:00": "2024-06-01T08:00:00+02:00",
        "2024-06-01T08:00:00Z": "2024-06-01T10:00:00+02:00",
    }
    async with service("commitments") as commitments, commitments.client() as client:
        await created(client, berlin)
        for start, due in starts.items():
            answer = await client.post(
                "/v1/calendars/berlin/due", json={"start": start, "working_seconds": 0}
            )
            assert answer.json() == {"due": due, "calendar": "berlin@1"}


async def test_a_year_without_published_holidays_is_refused_by_name(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        body = (await created(client, CHINA)).json()
        first_unknown = body["published_years"][1] + 1
        eve = f"{first_unknown - 1}-12-31T17:00"
        asked = {
            "due": {"start": eve, "working_seconds": 7200},
            "elapsed": {"start": eve, "end": f"{first_unknown}-01-02T00:00"},
        }
        for question, told in asked.items():
            answer = await client.post(f"/v1/calendars/china/{question}", json=told)
            assert answer.json()["year"] == first_unknown
            assert str(first_unknown) in answer.json()["errors"][0]["detail"]
            assert faults(answer)[0][1] == "calendar_year_unknown"
        begun = {"start": f"{first_unknown}-06-01T09:00", "working_seconds": 60}
        inside = await client.post("/v1/calendars/china/due", json=begun)
        known = await client.post(
            "/v1/calendars/china/due", json={"start": eve, "working_seconds": 3600}
        )
    assert faults(inside) == [("#/start", "calendar_year_unknown")]
    assert known.json()["due"] == f"{first_unknown - 1}-12-31T18:00:00+08:00"


async def test_every_fault_of_a_calendar_is_listed(service: Provide) -> None:
    wrong = {
        **CHINA,
        "time_zone": "Mars/Olympus",
        "weekly": {
            "mon": [["09:00", "12:00"], ["11:00", "18:00"]],
            "tue": [["9:00", "18:00"]],
            "wed": [["18:00", "18:00"]],
        },
        "overrides": [{"date": "2026-02-30", "windows": []}],
        "public_holidays": "XX",
    }
    async with service("commitments") as commitments, commitments.client() as client:
        answer = await client.post("/v1/calendars", json=wrong)
        listed = (await client.get("/v1/calendars")).json()["items"]
    assert faults(answer) == [
        ("#/time_zone", "unknown_time_zone"),
        ("#/weekly/tue/0/0", "bad_time"),
        ("#/weekly/wed/0", "zero_length"),
        ("#/overrides/0/date", "bad_date"),
        ("#/weekly/mon/1", "overlap"),
        ("#/public_holidays", "unknown_country"),
    ]
    assert listed == []


async def test_plain_text_as_a_name_stands_in_both_languages(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        plain = await client.post("/v1/calendars", json={**CHINA, "name": "Working days"})
        empty = await client.post("/v1/calendars", json={**CHINA, "code": "b", "name": ""})
        bare = {**CHINA, "code": "c", "overrides": None, "public_holidays": None}
        none = await client.post("/v1/calendars", json=bare)
    assert (none.status_code, none.json()["overrides"]) == (201, [])
    assert plain.json()["name"] == {"zh": "Working days", "en": "Working days"}
    assert {pointer for pointer, _ in faults(empty)} == {"#/name/zh", "#/name/en"}


async def test_a_calendar_shows_its_week_from_monday_on(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await created(client, CHINA)
        shown = (await client.get("/v1/calendars/china")).json()
    assert list(shown["weekly"]) == ["mon", "tue", "wed", "thu", "fri"]


UNANSWERABLE: list[tuple[dict[str, Any], str]] = [
    ({"start": "2026-13-01T00:00", "working_seconds": 1}, "#/start"),
    ({"start": "0001-01-01T00:00", "working_seconds": 1}, "#/start"),
    ({"start": "2199-12-31T00:00", "working_seconds": 1}, "#/start"),
    ({"start": 5, "working_seconds": 1}, "#/start"),
    ({"start": "2026-03-02T09:00", "working_seconds": -1}, "#/working_seconds"),
    ({"start": "2026-03-02T09:00", "working_seconds": 10**12}, "#/working_seconds"),
    ({"start": "2026-03-02T09:00", "working_seconds": "NaN"}, "#/working_seconds"),
    ({"start": "2026-03-02T09:00", "working_seconds": 1, "version": 9}, "#/version"),
    ({"start": "2026-03-02T09:00", "working_seconds": 3e9}, "#/working_seconds"),
]


async def test_a_question_that_has_no_answer_is_refused_by_its_field(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await created(client, {**CHINA, "public_holidays": None})
        for question, pointer in UNANSWERABLE:
            answer = await client.post("/v1/calendars/china/due", json=question)
            assert faults(answer)[0][0] == pointer, question
        missing = await client.post(
            "/v1/calendars/none/due", json={"start": "2026-03-02T09:00", "working_seconds": 1}
        )
    assert missing.status_code == 404


async def test_the_next_version_counts_from_its_beginning_on(service: Provide) -> None:
    change = {key: CHINA[key] for key in ("name", "time_zone")}
    change |= {
        "weekly": weekly(WORKWEEK, ("08:00", "16:00")),
        "valid_from": "2026-06-01T00:00:00+08:00",
    }
    async with service("commitments") as commitments, commitments.client() as client:
        first = await created(client, CHINA)
        path = "/v1/calendars/china"
        unconditional = await client.post(f"{path}/versions", json=change)
        second = await client.post(
            f"{path}/versions", json=change, headers={"if-match": first.headers["etag"]}
        )
        stale = await client.post(
            f"{path}/versions", json=change, headers={"if-match": first.headers["etag"]}
        )
        dues = {}
        for start in ("2026-05-29T17:00", "2026-06-01T07:00"):
            question = {"start": start, "working_seconds": 3600}
            dues[start] = (await client.post(f"{path}/due", json=question)).json()
        question = {"start": "2026-06-01T07:00", "working_seconds": 3600, "version": 1}
        pinned = (await client.post(f"{path}/due", json=question)).json()
        kept = (await client.get(f"{path}?version=1")).json()
        newest = (await client.get(path)).json()
        listed = (await client.get(f"{path}/versions?limit=1")).json()
        behind = {"cursor": listed["next_cursor"]}
        rest = (await client.get(f"{path}/versions", params=behind)).json()
        unknown = await client.get("/v1/calendars/none/versions")
    assert [*listed["items"], *rest["items"]] == [kept, newest]
    assert unknown.status_code == 404
    assert (unconditional.status_code, stale.status_code) == (428, 412)
    assert kept == first.json()
    assert newest == second.json()
    assert dues["2026-05-29T17:00"]["calendar"] == "china@1"
    assert dues["2026-06-01T07:00"] == {"due": "2026-06-01T09:00:00+08:00", "calendar": "china@2"}
    assert pinned == {"due": "2026-06-01T10:00:00+08:00", "calendar": "china@1"}
