"""A case explained: which intervals each clock counted, in which calendar, for which promise."""

from datetime import timedelta
from typing import Any

import httpx

from services.commitments.operations.deliveries import fold_pending
from tests.builders import incident_process, ticket
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.test_webhooks import NOW

OFFICE = {
    "code": "office",
    "name": {"zh": "办公时间", "en": "Office"},
    "time_zone": "Asia/Shanghai",
    "weekly": {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in ("tue", "wed")},
}
STORY = [
    ticket("INC1", 0, "New", "01-03-2016 02:00", opened_at="01-03-2016 02:00"),
    ticket("INC1", 1, "Active", "01-03-2016 03:00"),
    ticket("INC1", 2, "Awaiting User Info", "01-03-2016 06:00"),
    ticket("INC1", 3, "Active", "01-03-2016 08:00"),
    ticket("INC1", 4, "Resolved", "02-03-2016 02:00"),
]


async def told(
    commitments: ServiceUnderTest, client: httpx.AsyncClient, **query: str
) -> dict[str, Any]:
    (case,) = (await client.get("/v1/cases")).json()["items"]
    answer = await client.get(f"/v1/cases/{case['id']}", params=query)
    assert answer.status_code == 200, answer.text
    detail: dict[str, Any] = answer.json()
    return detail


async def desk(commitments: ServiceUnderTest, client: httpx.AsyncClient) -> None:
    """The story under a promise in office hours, with its tolerance around the clock."""
    hook = await incident_process(client)
    await client.post("/v1/calendars", json=OFFICE)
    for node in ("resolve", None):
        promise = {
            "code": f"by-day-{node or 'whole'}",
            "process": "incident",
            "node": node,
            "segment": "inland",
            "priority": "3 - Moderate",
            "commitment_seconds": 8 * 3600,
            "tolerance_seconds": 72 * 3600,
            "calendar": "office",
            "tolerance_calendar": "always",
            "valid_from": "2016-01-01T00:00:00Z",
            "valid_until": "2028-01-01T00:00:00Z",
            "no_objective_reason": "There is no scorecard.",
            "customer_agreement": {"agreed_by": "Users", "agreed_on": "2015-12-01"},
        }
        draft = (await client.post("/v1/promises", json=promise)).json()
        published = await client.post(f"/v1/promises/{draft['id']}/publish")
        assert published.status_code == 200, published.text
    path = hook.path.replace("hooks", "integrations")
    current = await client.get(path)
    mapping = {**current.json()["mapping"], "constants": {"segment": "inland"}}
    await client.patch(
        path, json={"mapping": mapping}, headers={"if-match": current.headers["etag"]}
    )
    await hook.push_all(client, STORY)
    await fold_pending(commitments.store, 100, NOW, NOW - timedelta(hours=1))


async def test_a_case_tells_what_its_clocks_counted_and_skipped_and_why(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await desk(commitments, client)
        detail = await told(commitments, client)
        earlier = await told(commitments, client, as_of="2016-03-01T07:00:00Z")
    run = next(run for run in detail["node_runs"] if run["node"] == "resolve")
    commitment, tolerance = run["clock"]["commitment"], run["clock"]["tolerance"]
    # Tuesday 11:00 to Wednesday 10:00 in Shanghai, two hours of it awaiting the user.
    assert [
        (each["since"][5:16], each["until"][5:16], each["reason"])
        for each in commitment["intervals"]
    ] == [
        ("03-01T03:00", "03-01T04:00", None),
        ("03-01T04:00", "03-01T05:00", "closed"),
        ("03-01T05:00", "03-01T06:00", None),
        ("03-01T06:00", "03-01T08:00", "paused"),
        ("03-01T08:00", "03-01T10:00", None),
        ("03-01T10:00", "03-02T01:00", "closed"),
        ("03-02T01:00", "03-02T02:00", None),
    ]
    assert (commitment["calendar"], commitment["limit_seconds"]) == ("office@1", 8 * 3600)
    assert commitment["counted_seconds"] == run["running_seconds"] == 5 * 3600
    assert commitment["skipped_seconds"] == {"closed": 16 * 3600, "paused": 2 * 3600}
    assert (tolerance["calendar"], tolerance["counted_seconds"]) == ("always@1", 21 * 3600)
    assert run["promise"]["code"] == "by-day-resolve"
    then = next(run for run in earlier["node_runs"] if run["node"] == "resolve")
    assert then["clock"]["commitment"]["counted_seconds"] == 2 * 3600
    assert then["clock"]["commitment"]["intervals"][-1]["reason"] == "paused"
    assert earlier["as_of"] == "2016-03-01T07:00:00Z"


async def test_the_clock_of_the_whole_case_is_explained_too_and_one_calendar_is_told_once(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await desk(commitments, client)
        detail = await told(commitments, client)
    (whole,) = detail["clocks"]
    assert whole["promise"]["code"] == "by-day-whole"
    assert whole["clock"]["commitment"]["counted_seconds"] == whole["running_seconds"]
    accept = next(run for run in detail["node_runs"] if run["node"] == "accept")
    assert accept["clock"]["tolerance"] is None


async def test_a_correction_stands_in_the_history_with_who_and_why(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await desk(commitments, client)
        (case,) = (await client.get("/v1/cases")).json()["items"]
        body = {"kind": "void", "reason": "Entered twice", "at": "2016-03-02T03:00:00Z"}
        await client.post(f"/v1/cases/{case['id']}/corrections", json=body)
        detail = await told(commitments, client)
    assert [(e["kind"], e["corrected_by"], e["reason"]) for e in detail["events"][-2:]] == [
        ("ticket", None, None),
        ("void", "tester@demo", "Entered twice"),
    ]
