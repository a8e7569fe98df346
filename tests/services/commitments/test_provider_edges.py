"""What tools send when something is odd: retries, clocks that are off, bodies that are no JSON."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.conftest import Provide
from tests.services.commitments.stories import BEGUN, NEXT_SECRET, SECRET, STORIES, encoded
from tests.services.commitments.test_provider_flows import desk, folded, pushed, runs

BODIES: dict[str, bytes] = {
    "nothing": b"",
    "not utf-8": b'{"a": "\xff\xfe"}',
    "half a character": '{"a": "服"}'.encode()[:8],
    "lists in lists": b"[" * 300_000,
    "objects in objects": b'{"a":' * 150_000,
    "closed again": b"[" * 100_000 + b"]" * 100_000,
    "a number of 100,000 digits": b'{"a": %b}' % (b"9" * 100_000),
    "not a number": b'{"a": NaN}',
    "infinite": b'{"a": -Infinity}',
    "two bodies": b"{}{}",
    "a text": b'"ticket"',
    "nothing at all": b"null",
    "utf-16": '{"a": 1}'.encode("utf-16"),
}


def placed(payload: Any, path: str, value: Any) -> Any:
    """The payload with this value at a dotted path, or at a JSON pointer."""
    here = payload
    *steps, last = path[1:].split("/") if path.startswith("/") else path.split(".")
    for step in steps:
        here = here[step]
    here[last] = value
    return payload


def days_after(instant: str) -> int:
    """Whole days since the story began."""
    return (datetime.fromisoformat(instant) - BEGUN).days


TIMES = {
    "servicenow": "sys_updated_on",
    "jira": "timestamp",
    "github": "issue.updated_at",
    "gitlab": "object_attributes.updated_at",
    "zendesk": "time",
    "zammad": "ticket.updated_at",
    "glpi": "item.date_mod",
    "pagerduty": "event.occurred_at",
    "standard_webhooks": "timestamp",
    "incident_io": "/public_incident.incident_created_v2/updated_at",
    "cloudevents": "time",
}


async def test_no_body_is_too_odd_to_be_kept(service: Provide) -> None:
    async with service("commitments") as commitments:
        for name, story in STORIES.items():
            async with commitments.client(name) as client:
                hook = await desk(client, story)
                for kind, body in BODIES.items():
                    unsigned = await client.post(hook, content=body)
                    assert unsigned.status_code == 401, (name, kind)
                    _, headers = story.delivery(body)
                    answer = await client.post(hook, content=body, headers=headers)
                    assert answer.status_code == 202, (name, kind, answer.text)
                await folded(commitments)
                listed = (await client.get("/v1/deliveries")).json()["items"]
                assert len(listed) == len(BODIES), name
                assert {each["status"] for each in listed} <= {"quarantined", "ignored"}, name


@pytest.mark.parametrize("name", STORIES)
def test_every_provider_says_where_its_time_stands(name: str) -> None:
    assert placed(STORIES[name].told("opened", 0), TIMES[name], None) is not None


async def test_a_time_that_is_none_is_a_fault_that_names_its_field(service: Provide) -> None:
    wrong: dict[str, Any] = {
        "missing": None,
        "empty": "",
        "words": "yesterday",
        "beyond numbers": 1e300,
        "nested": {"a": [1]},
    }
    async with service("commitments") as commitments:
        for name, story in STORIES.items():
            async with commitments.client(name) as client:
                hook = await desk(client, story)
                payloads = [
                    placed(story.told("opened", hours), TIMES[name], value)
                    for hours, value in enumerate(wrong.values())
                ]
                huge = encoded(placed(story.told("opened", 9), TIMES[name], 777777))
                body = huge.replace(b"777777", b"1e999999")
                await pushed(client, hook, story, [*payloads, body])
                await folded(commitments)
                query = {"status": "quarantined"}
                listed = (await client.get("/v1/deliveries", params=query)).json()["items"]
                seen = await runs(client)
            if name == "jira":  # where the webhook tells no time, the issue does
                assert 0 < len(listed) <= len(wrong) + 1, name
                continue
            assert len(listed) == len(wrong) + 1, (name, [each["faults"] for each in listed])
            fields = {each["faults"][0]["field"] for each in listed}
            # Where several paths may lead to a time, the first of them is what is missing.
            assert TIMES[name] in fields, (name, fields)
            assert fields <= {TIMES[name], "data.at"}, (name, fields)
            assert seen == [], name


async def test_a_member_that_is_written_twice_counts_as_written_last(service: Provide) -> None:
    story = STORIES["servicenow"]
    body = encoded(story.told("opened", 0))
    doubled = body[:-1] + b', "incident_state": "Closed"}'
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, story)
        await pushed(client, hook, story, [doubled])
        await folded(commitments)
        (case,) = (await client.get("/v1/cases")).json()["items"]
    assert case["state"] == "Closed"


async def test_jira_retries_under_one_identifier_and_hears_that_all_is_well(
    service: Provide,
) -> None:
    story = STORIES["jira"]
    body, headers = story.delivery(story.told("opened", 0))
    retry = {**headers, "x-atlassian-webhook-retry": "3", "x-request-id": "another"}
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, story)
        answers = [await client.post(hook, content=body, headers=headers)]
        answers += await asyncio.gather(
            *(client.post(hook, content=body, headers=retry) for _ in range(5))
        )
        await folded(commitments)
        after = await client.post(hook, content=body, headers=retry)
        seen = await runs(client)
    assert {each.status_code for each in (*answers, after)} == {202}
    assert [each.json()["duplicate"] for each in (*answers, after)] == [False, *[True] * 6]
    assert len(seen) == 1


async def test_two_events_of_servicenow_under_one_count_both_count(service: Provide) -> None:
    story = STORIES["servicenow"]
    opened, closed = story.told("opened", 0), story.told("closed", 2)
    opened["sys_mod_count"] = closed["sys_mod_count"] = "4"
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, story)
        known = await pushed(client, hook, story, [closed, opened, closed])
        await folded(commitments)
        seen = await runs(client)
    assert known == [False, False, True]
    assert seen == [(1, "01:00", "03:00", False)]


async def test_events_that_come_days_late_end_where_they_belong(service: Provide) -> None:
    story = STORIES["zammad"]
    steps = [("closed", 24 * 40), ("opened", 0), ("reopened", 24 * 30), ("closed", 24 * 9)]
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, story)
        for step in steps:
            await pushed(client, hook, story, [story.told(*step)])
            await folded(commitments)
        items = (await client.get("/v1/node-runs", params={"sort": "started_at"})).json()["items"]
    days = [(days_after(run["started_at"]), days_after(run["finished_at"])) for run in items]
    assert days == [(0, 9), (30, 40)]


async def test_a_clock_that_runs_ahead_is_believed_when_its_time_has_come(
    service: Provide,
) -> None:
    story = STORIES["standard_webhooks"]
    ahead = datetime.now(UTC) + timedelta(hours=2)
    hours = (ahead - BEGUN) / timedelta(hours=1)
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, story)
        await pushed(client, hook, story, [story.told("opened", 0), story.told("closed", hours)])
        await folded(commitments)
        now = (await client.get("/v1/node-runs")).json()["items"]
        as_of = (ahead + timedelta(minutes=1)).isoformat()
        later = (await client.get("/v1/node-runs", params={"as_of": as_of})).json()["items"]
    assert [run["finished_at"] for run in now] == [None]
    assert [run["finished_at"] is not None for run in later] == [True]


async def test_a_rotated_secret_counts_from_the_next_delivery_on(service: Provide) -> None:
    story = STORIES["gitlab"]
    third = "the-secret-after-that"
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, story)
        path = hook.replace("hooks", "integrations")
        trail: list[httpx.Response] = []

        async def accepted(*secrets: str) -> list[bool]:
            answers = []
            for secret in secrets:
                body, headers = story.delivery(story.told("opened", len(trail)), secret=secret)
                answers.append(await client.post(hook, content=body, headers=headers))
            assert {each.status_code for each in answers} <= {202, 401}
            return [each.status_code == 202 for each in answers]

        async def rotate(*secrets: str) -> None:
            etag = (await client.get(path)).headers["etag"]
            body = {"secrets": secrets}
            trail.append(await client.patch(path, json=body, headers={"if-match": etag}))

        both = await accepted(SECRET, NEXT_SECRET)
        await rotate(SECRET)
        one = await accepted(SECRET, NEXT_SECRET)
        await rotate(SECRET, NEXT_SECRET)
        both += await accepted(NEXT_SECRET, SECRET)
        await rotate(NEXT_SECRET)
        other = await accepted(NEXT_SECRET, SECRET)
        # Through another replica, of which this one knows nothing.
        await commitments.rows("UPDATE integration SET secrets = $1", json.dumps([third]))
        elsewhere = await accepted(third, NEXT_SECRET)
        trail += [await client.get(path), await client.get("/v1/deliveries")]
    assert both == [True] * 4
    assert (one, other, elsewhere) == ([True, False], [True, False], [True, False])
    for answer in trail:
        assert answer.status_code == 200
        assert not any(secret in answer.text for secret in (SECRET, NEXT_SECRET, third))


async def test_a_dry_run_tells_what_an_odd_payload_would_do_and_keeps_nothing(
    service: Provide,
) -> None:
    story = STORIES["servicenow"]
    async with service("commitments") as commitments, commitments.client() as client:
        path = (await desk(client, story)).replace("hooks", "integrations") + "/dry-run"
        told: dict[str, httpx.Response] = {}
        for kind, body in BODIES.items():
            if b"\0" in body:  # no text of a request may hold it
                continue
            trial = {"body": body.decode("latin-1")[:200_000]}
            told[kind] = await client.post(path, json=trial)
        good = await client.post(path, json={"payload": story.told("opened", 0)})
        rows = await commitments.rows("SELECT id FROM delivery")
    assert {each.status_code for each in told.values()} == {200}, {
        kind: each.text for kind, each in told.items() if each.status_code != 200
    }
    assert {each.json()["status"] for each in told.values()} <= {"quarantined", "ignored"}
    assert json.loads(good.text)["transitions"][0]["changes"] == ["started"]
    assert rows == []
