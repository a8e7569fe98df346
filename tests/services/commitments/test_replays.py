"""Replays: a mended mapping reads what was quarantined, a bounded number at a time."""

import os
import random
from typing import Any

import httpx
import pytest

from services.commitments.operations.deliveries import fold_pending
from tests.builders import Hook, incident_process, integration, ticket
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.test_imports import NDJSON, as_ndjson, imported
from tests.services.commitments.test_webhooks import NOW

CASES = int(os.environ.get("SEE_REPLAYED_CASES", "600"))
"""How many cases are quarantined and read again."""


def renamed(number: str, count: int, state: str, minute: int) -> dict[str, str]:
    """An event whose state stands where the mapping does not look."""
    event = ticket(number, count, state, f"01-03-2016 09:{minute:02}")
    event["state_now"] = event["incident_state"]
    event["incident_state"] = ""
    return event


def events() -> list[dict[str, str]]:
    told = [
        renamed(f"INC{n}", count, state, count)
        for n in range(CASES)
        for count, state in enumerate(("New", "Closed"))
    ]
    random.Random(7).shuffle(told)  # noqa: S311 - the order of arrival
    return told


async def folded(commitments: ServiceUnderTest) -> int:
    count = 0
    while taken := await fold_pending(commitments.store, 300, NOW, NOW):
        count += taken
    return count


async def mended(client: httpx.AsyncClient, hook: Hook) -> None:
    path = hook.path.replace("hooks", "integrations")
    current = await client.get(path)
    mapping = {**current.json()["mapping"], "state": ["state_now", "incident_state"]}
    headers = {"if-match": current.headers["etag"]}
    answer = await client.patch(path, json={"mapping": mapping}, headers=headers)
    assert answer.status_code == 200, answer.text


async def replay(client: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await client.post("/v1/deliveries/replay", json=asked)
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.timeout(1800)
async def test_everything_quarantined_is_read_after_the_mapping_is_mended(
    service: Provide,
) -> None:
    limit = max(250, CASES // 20)
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        id_ = hook.path.rpartition("/")[2]
        assert (await imported(client, hook, as_ndjson(events()), NDJSON)).status_code == 201
        await hook.push(client, b'{"half": ')
        await folded(commitments)
        before = await commitments.rows("SELECT status, count(*) FROM delivery GROUP BY status")
        async with commitments.client() as later:  # a token is good for a minute
            await mended(later, hook)
        calls: list[dict[str, Any]] = []
        after: dict[str, str] = {}
        while not calls or calls[-1]["next_after"]:
            async with commitments.client() as later:
                calls.append(await replay(later, integration_id=id_, limit=limit, **after))
            after = {"after": calls[-1]["next_after"]}
            pending = await commitments.rows("SELECT 1 FROM delivery WHERE status = 'pending'")
            assert len(pending) == calls[-1]["replayed"] <= limit
            await folded(commitments)
        statuses = await commitments.rows("SELECT status, count(*) FROM delivery GROUP BY status")
        done = await commitments.rows(
            "SELECT count(DISTINCT case_id) FROM clock_version"
            " WHERE valid_until IS NULL AND finished_at IS NOT NULL AND level = 'case'"
        )
    assert {tuple(row) for row in before} == {("quarantined", 2 * CASES + 1)}
    assert sum(call["replayed"] for call in calls) == 2 * CASES + 1
    assert [call["remaining"] for call in calls] == sorted(
        (call["remaining"] for call in calls), reverse=True
    )
    # What no mapping can read is quarantined again, and was met once.
    assert {tuple(row) for row in statuses} == {("processed", 2 * CASES), ("quarantined", 1)}
    assert done[0][0] == CASES


async def test_a_replay_is_of_one_integration_one_status_and_one_import(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        other = await integration(client)
        id_ = hook.path.rpartition("/")[2]
        first = await imported(client, hook, as_ndjson(events()[:3]), NDJSON)
        await imported(client, hook, as_ndjson(events()[3:5]), NDJSON)
        await imported(client, other, as_ndjson(events()[5:9]), NDJSON)
        await folded(commitments)
        ignored = await replay(client, integration_id=id_, status="ignored")
        part = await replay(client, integration_id=id_, import_id=first.json()["id"], limit=2)
        whole = await replay(client, integration_id=id_)
        pending = await commitments.rows("SELECT 1 FROM delivery WHERE status = 'pending'")
        lost = await client.post("/v1/deliveries/replay", json={"integration_id": "int_nowhere"})
        wrong = await client.post(
            "/v1/deliveries/replay", json={"integration_id": id_, "status": "processed", "limit": 0}
        )
        async with commitments.client("other") as stranger:
            strange = await stranger.post("/v1/deliveries/replay", json={"integration_id": id_})
        async with commitments.client("demo", "viewer") as viewer:
            forbidden = await viewer.post("/v1/deliveries/replay", json={"integration_id": id_})
    assert ignored == {"replayed": 0, "remaining": 0, "next_after": None}
    assert (part["replayed"], part["remaining"]) == (2, 1)
    assert (whole["replayed"], whole["next_after"]) == (3, None)
    assert len(pending) == 5
    assert (lost.status_code, strange.status_code, forbidden.status_code) == (404, 404, 403)
    assert {each["pointer"] for each in wrong.json()["errors"]} == {"#/status", "#/limit"}


async def test_a_removed_payload_is_passed_over(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        await imported(client, hook, as_ndjson(events()[:3]), NDJSON)
        await folded(commitments)
        await commitments.rows(
            "UPDATE delivery SET payload_removed_at = now(), body = '' WHERE import_row = 2"
        )
        told = await replay(client, integration_id=hook.path.rpartition("/")[2])
    assert told["replayed"] == 2
