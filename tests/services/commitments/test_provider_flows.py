"""Every provider's tickets end in the right states, however their deliveries arrive."""

import random
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from services.commitments.operations.deliveries import fold_pending
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.stories import NEXT_SECRET, SECRET, STORIES, Story, sample
from tests.services.commitments.test_webhooks import NOW

DELETING = [name for name, story in STORIES.items() if "deleted" in story.files]
CONCERNED = [name for name, story in STORIES.items() if story.irrelevant]


async def desk(client: httpx.AsyncClient, story: Story) -> str:
    """A process of one node between open and closed, and an integration by the tool's mapping."""
    node = {
        "code": "handle",
        "name": {"zh": "处理", "en": "Handle"},
        "start": {"state": {"in": story.open_states}},
        "finish": {"state": story.states["closed"]},
    }
    process = {"code": "desk", "name": {"zh": "服务台", "en": "Desk"}, "nodes": [node]}
    await client.post("/v1/processes", json=process)
    body = {
        "provider": story.provider,
        "mapping": {"process": "desk", "name": "The desk's tool", **story.mapping},
        "secrets": [SECRET, NEXT_SECRET],
    }
    added = await client.post("/v1/integrations", json=body)
    assert added.status_code == 201, added.text
    assert (added.json()["process"], added.json()["name"]) == ("desk", "The desk's tool")
    hook: str = added.json()["hook"]
    return hook


async def pushed(
    client: httpx.AsyncClient, hook: str, story: Story, payloads: Sequence[Any]
) -> list[bool]:
    """Push each; whether it was known already."""
    known = []
    for payload in payloads:
        body, headers = story.delivery(payload)
        answer = await client.post(hook, content=body, headers=headers)
        assert answer.status_code == 202, answer.text
        known.append(answer.json()["duplicate"])
    return known


async def folded(commitments: ServiceUnderTest, batch: int = 100) -> None:
    while await fold_pending(commitments.store, batch, NOW, NOW):
        pass


async def runs(client: httpx.AsyncClient) -> list[tuple[Any, ...]]:
    items = (await client.get("/v1/node-runs", params={"sort": "started_at"})).json()["items"]
    return [
        (
            run["visit"],
            run["started_at"][11:16],
            (run["finished_at"] or run["cancelled_at"] or "-----------none")[11:16],
            run["cancelled_at"] is not None,
        )
        for run in items
    ]


@pytest.mark.parametrize("name", STORIES)
async def test_closed_and_reopened_in_any_order_and_twice_is_two_visits(
    service: Provide, name: str
) -> None:
    story, chance = STORIES[name], random.Random(name)  # noqa: S311 - the order of arrival
    steps = (("opened", 0), ("edited", 1), ("closed", 2), ("reopened", 3), ("closed", 5))
    payloads = [story.told(step, hours) for step, hours in steps]
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, story)
        arriving = [*payloads, *payloads]
        chance.shuffle(arriving)
        known = await pushed(client, hook, story, arriving)
        await folded(commitments, batch=3)
        seen = await runs(client)
        cases = (await client.get("/v1/cases")).json()["items"]
        stored = await commitments.rows("SELECT status, case_key FROM delivery")
    assert known.count(True) == known.count(False) == len(payloads)
    assert seen == [(1, "01:00", "03:00", False), (2, "04:00", "06:00", False)]
    assert [case["state"] for case in cases] == [story.states["closed"]]
    assert {tuple(row) for row in stored} == {("processed", cases[0]["key"])}


async def test_a_deleted_ticket_is_cancelled_whenever_that_arrives(service: Provide) -> None:
    async with service("commitments") as commitments:
        for name in DELETING:
            story = STORIES[name]
            payloads = [
                story.told(*step) for step in (("deleted", 2), ("edited", 1), ("opened", 0))
            ]
            async with commitments.client(name) as client:
                hook = await desk(client, story)
                await pushed(client, hook, story, payloads)
                await folded(commitments)
                assert await runs(client) == [(1, "01:00", "03:00", True)], name


async def test_a_deletion_that_carries_the_time_of_the_change_before_it_comes_after_it(
    service: Provide,
) -> None:
    story = STORIES["github"]
    payloads = [story.told("deleted", 1), story.told("edited", 1), story.told("opened", 0)]
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, story)
        await pushed(client, hook, story, payloads)
        await folded(commitments)
        seen = await runs(client)
    assert seen == [(1, "01:00", "02:00", True)]


async def test_a_ticket_that_is_restored_after_its_deletion_is_in_progress_again(
    service: Provide,
) -> None:
    story = STORIES["zendesk"]
    payloads = [story.told(*step) for step in (("restored", 3), ("deleted", 2), ("opened", 0))]
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, story)
        await pushed(client, hook, story, payloads)
        await folded(commitments)
        seen = await runs(client)
    assert seen == [(1, "01:00", "03:00", True), (2, "04:00", "none", False)]


async def test_a_payload_that_does_not_matter_is_accepted_and_ignored(service: Provide) -> None:
    async with service("commitments") as commitments:
        for name in CONCERNED:
            story = STORIES[name]
            async with commitments.client(name) as client:
                hook = await desk(client, story)
                for file, extra in story.irrelevant.items():
                    body, headers = story.delivery(sample(story.provider, file))
                    answer = await client.post(hook, content=body, headers={**headers, **extra})
                    assert answer.status_code == 202, (name, file)
                await folded(commitments)
                listed = await client.get("/v1/deliveries", params={"status": "ignored"})
                cases = (await client.get("/v1/cases")).json()["items"]
            codes = [each["faults"][0]["code"] for each in listed.json()["items"]]
            assert len(codes) == len(story.irrelevant), name
            assert set(codes) <= {"not_asked_for", "ruled_out"}, name
            assert cases == [], name


async def test_a_wrong_signature_stores_nothing_and_an_unintelligible_payload_is_kept(
    service: Provide,
) -> None:
    async with service("commitments") as commitments:
        for name, story in STORIES.items():
            async with commitments.client(name) as client:
                await _refused_and_quarantined(commitments, client, story)


async def _refused_and_quarantined(
    commitments: ServiceUnderTest, client: httpx.AsyncClient, story: Story
) -> None:
    body, _ = story.delivery(story.told("opened", 0))
    forged = story.delivery(body, secret="not-a-secret-of-ours")[1]
    hook = await desk(client, story)
    refused = await client.post(hook, content=body, headers=forged)
    assert (await client.get("/v1/deliveries")).json()["items"] == [], story.provider
    unread, headers = story.delivery(b'{"half": ', secret=NEXT_SECRET)
    accepted = await client.post(hook, content=unread, headers=headers)
    await folded(commitments)
    listed = await client.get("/v1/deliveries", params={"status": "quarantined"})
    assert refused.status_code == 401, story.provider
    (fault,) = refused.json()["errors"]
    assert (fault["code"], fault["header"].lower()) == ("signature_mismatch", story.signature)
    assert accepted.status_code == 202, story.provider
    (kept,) = listed.json()["items"]
    assert (kept["body"], kept["faults"][0]["code"]) == ('{"half": ', "not_a_json_object")


async def test_what_was_ignored_is_read_again_after_the_mapping_asks_for_it(
    service: Provide,
) -> None:
    story = STORIES["pagerduty"]
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, story)
        path = hook.replace("hooks", "integrations")
        current = await client.get(path)
        narrow = {"process": "desk", "only": [{"event.data.urgency": ["low"]}]}
        answer = await client.patch(
            path, json={"mapping": narrow}, headers={"if-match": current.headers["etag"]}
        )
        await pushed(client, hook, story, [story.told("opened", 0)])
        await folded(commitments)
        (ignored,) = (await client.get("/v1/deliveries")).json()["items"]
        etag = {"if-match": answer.headers["etag"]}
        await client.patch(path, json={"mapping": {}}, headers=etag)
        await client.post(f"/v1/deliveries/{ignored['id']}/replay")
        await folded(commitments)
        (read,) = (await client.get("/v1/deliveries")).json()["items"]
        seen = await runs(client)
    assert (ignored["status"], ignored["faults"][0]["value"]) == ("ignored", "high")
    assert (read["status"], read["faults"]) == ("processed", [])
    assert len(seen) == 1
