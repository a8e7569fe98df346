"""CloudEvents in their three modes: one signature, and each event a delivery of its own."""

import json
from typing import Any

import httpx

from services.commitments.operations.deliveries import fold_pending
from services.commitments.routes.hooks import MAX_EVENTS
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.stories import SECRET, STORIES, encoded, sample, standard_signed
from tests.services.commitments.test_provider_flows import desk, folded, runs
from tests.services.commitments.test_webhooks import NOW

STORY = STORIES["cloudevents"]
BATCH = "application/cloudevents-batch+json"


async def push(
    client: httpx.AsyncClient, hook: str, body: bytes, content_type: str = BATCH, **other: str
) -> httpx.Response:
    signed = STORY.delivery(body)[1]
    headers = {**signed, "content-type": content_type, **other}
    return await client.post(hook, content=body, headers=headers)


async def stored(commitments: ServiceUnderTest) -> list[tuple[Any, ...]]:
    query = "SELECT id, key, status FROM delivery ORDER BY id"
    return [tuple(row) for row in await commitments.rows(query)]


async def test_each_event_of_a_batch_is_a_delivery_of_its_own(service: Provide) -> None:
    steps = [("opened", 0), ("closed", 2), ("reopened", 3)]
    events = [STORY.told(step, hours) for step, hours in steps]
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, STORY)
        first = await push(client, hook, encoded(events))
        # The same events, told again in another batch, and one by itself.
        again = await push(client, hook, encoded([*events[::-1], STORY.told("closed", 5)]))
        alone = await push(client, hook, encoded(events[0]), "application/cloudevents+json")
        await folded(commitments)
        seen = await runs(client)
        kept = await stored(commitments)
    told = first.json()
    assert first.status_code == again.status_code == alone.status_code == 202
    assert [each["duplicate"] for each in told["batch"]] == [False, False, False]
    assert told["delivery_id"] == told["batch"][0]["delivery_id"] == alone.json()["delivery_id"]
    assert [each["duplicate"] for each in again.json()["batch"]] == [True, True, True, False]
    assert (again.json()["duplicate"], alone.json()["duplicate"]) == (False, True)
    assert {key for _, key, _ in kept} == {
        f"{event['source']} {event['id']}" for event in (*events, STORY.told("closed", 5))
    }
    assert seen == [(1, "01:00", "03:00", False), (2, "04:00", "06:00", False)]


async def test_one_signature_covers_the_whole_batch(service: Provide) -> None:
    body = encoded(sample("cloudevents", "batch"))
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, STORY)
        spoilt = await push(client, hook, body, **{"webhook-signature": "v1,none"})
        moved = await push(client, hook, body, **{"webhook-id": "msg_of_another_batch"})
        assert await stored(commitments) == []
        signed = await push(client, hook, body)
    assert (spoilt.status_code, moved.status_code, signed.status_code) == (401, 401, 202)


async def test_one_wrong_event_of_a_batch_leaves_the_others_alone(service: Provide) -> None:
    recorded = sample("cloudevents", "batch")
    events = [recorded[0], "no event", STORY.told("opened", 0), {}, {"id": 1}]
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, STORY)
        answer = await push(client, hook, json.dumps(events, indent=2).encode())
        again = await push(client, hook, encoded(events))
        await folded(commitments)
        listed = (await client.get("/v1/deliveries")).json()["items"]
        seen = await runs(client)
    assert (answer.status_code, len(answer.json()["batch"])) == (202, len(events))
    assert again.json()["duplicate"] is True
    assert json.loads(listed[-1]["body"]) == recorded[0]
    assert listed[-1]["body"] == json.dumps(recorded[0], indent=2).replace("\n", "\n  ")
    statuses = [each["status"] for each in listed[::-1]]
    assert statuses == ["quarantined", "quarantined", "processed", "ignored", "ignored"]
    assert len(seen) == 1


async def test_a_batch_without_events_that_is_none_or_has_too_many(service: Provide) -> None:
    event = STORY.told("opened", 0)
    many = [{**event, "id": str(number)} for number in range(MAX_EVENTS + 1)]
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, STORY)
        refused = await push(client, hook, encoded(many))
        assert await stored(commitments) == []
        empty = await push(client, hook, b" [ ] ")
        halves = [await push(client, hook, body) for body in (b"[{]", b"[1,", b"{}", b"[" * 9000)]
        whole = await push(client, hook, encoded(many[1:]))
        while await fold_pending(commitments.store, 500, NOW, NOW):
            pass
        kept = await stored(commitments)
    assert refused.status_code == 413
    assert f"{MAX_EVENTS + 1}" in refused.json()["detail"]
    assert [each.status_code for each in (empty, *halves, whole)] == [202] * 6
    first = [status[0] for _, _, status in kept[:5]]
    assert "".join(first) == "iqqiq"  # the object without `specversion` is ignored too
    assert {status for _, _, status in kept[5:]} == {"processed"}
    assert len(kept) == 5 + MAX_EVENTS


async def test_the_content_type_says_in_which_mode_an_event_comes(service: Provide) -> None:
    event = STORY.told("opened", 0)
    attributes = {f"ce-{name}": value for name, value in event.items() if name != "data"}
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, STORY)
        binary = await push(client, hook, encoded(event["data"]), "application/json", **attributes)
        structured = await push(
            client, hook, encoded(event), "application/cloudevents+json", **{"ce-specversion": "9"}
        )
        await folded(commitments)
        kept = await stored(commitments)
    assert (binary.status_code, binary.json()["duplicate"]) == (202, False)
    assert structured.json() == {**binary.json(), "duplicate": True}
    assert [status for _, _, status in kept] == ["processed"]


async def test_a_dry_run_reads_one_event_at_a_time(service: Provide) -> None:
    events = [STORY.told("opened", 0), STORY.told("closed", 2)]
    async with service("commitments") as commitments, commitments.client() as client:
        path = (await desk(client, STORY)).replace("hooks", "integrations") + "/dry-run"
        answers = []
        for body in (encoded(events), encoded(events[:1])):
            headers = standard_signed(body, SECRET, NOW) | {"content-type": BATCH}
            trial = {"body": body.decode(), "headers": headers}
            answers.append(await client.post(path, json=trial))
    assert [each.status_code for each in answers] == [422, 200]
    assert answers[0].json()["errors"][0]["code"] == "batch"
    assert answers[1].json()["status"] == "processed"
