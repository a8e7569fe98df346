"""Raw payloads go by age or on request; identities, events and clocks stay."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from services.commitments.operations import payloads
from services.commitments.operations.deliveries import fold_pending
from tests.builders import Hook, incident_process, integration, ticket, until
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.test_webhooks import NOW

STORY = [
    ticket("INC1", 0, "New", "01-03-2016 08:05", assigned_to="Resolver 7", category="Mail"),
    ticket("INC1", 1, "Active", "01-03-2016 09:00", assigned_to="Resolver 8", category="Mail"),
    ticket("INC2", 0, "New", "01-03-2016 08:05", assigned_to="Resolver 7", category="Mail"),
]
LATER = datetime.now(UTC) + timedelta(days=40)
CLOCKS = "SELECT * FROM clock_version ORDER BY tenant, id, valid_from"
KEPT = "SELECT id FROM delivery WHERE payload_removed_at IS NULL ORDER BY id"


async def desk(
    commitments: ServiceUnderTest, client: httpx.AsyncClient, payloads: list[dict[str, str]]
) -> Hook:
    hook = await incident_process(client)
    await hook.push_all(client, payloads)
    await fold(commitments)
    return hook


async def fold(commitments: ServiceUnderTest) -> None:
    while await fold_pending(commitments.store, 100, NOW, NOW - timedelta(hours=1)):
        pass


async def clocks(commitments: ServiceUnderTest) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await commitments.rows(CLOCKS)]


async def retained(client: httpx.AsyncClient, hook: Hook, days: int | None) -> httpx.Response:
    path = hook.path.replace("hooks", "integrations")
    etag = (await client.get(path)).headers["etag"]
    return await client.patch(path, json={"payload_days": days}, headers={"if-match": etag})


async def test_payloads_go_when_their_integrations_retention_has_passed(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        brief = await desk(commitments, client, STORY)
        lasting = await integration(client)
        await lasting.push(client, STORY[0])
        await fold(commitments)
        await lasting.push(client, STORY[2])
        assert (await retained(client, brief, 30)).json()["payload_days"] == 30
        before = await clocks(commitments)
        early = await payloads.remove_old_payloads(commitments.store, LATER, 400)
        kept = [row[0] for row in await commitments.rows(KEPT)]
        gone = (await client.get("/v1/deliveries", params={"case_key": "INC2"})).json()["items"]
        again = await brief.push(client, STORY[0])
        await payloads.remove_old_payloads(commitments.store, LATER, 39)
        pending = await commitments.rows(KEPT)
        after = await clocks(commitments)
    assert early is False
    assert len(kept) == 2
    assert [(g["body"], g["headers"], g["status"]) for g in gone] == [("", {}, "processed")]
    assert gone[0]["payload_removed_at"] is not None
    assert again.json()["duplicate"] is True
    # What has not been read yet keeps its payload, however old it is.
    assert len(pending) == 1
    assert before == after


async def test_a_tenant_says_how_long_payloads_stay_unless_an_integration_does(
    service: Provide,
) -> None:
    path = "/v1/payload-retention"
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(commitments, client, STORY[:1])
        lasting = await integration(client)
        await lasting.push(client, STORY[2])
        await fold(commitments)
        await retained(client, lasting, 3650)
        first = await client.get(path)
        blind = await client.put(path, json={"days": 30})
        match = {"if-match": first.headers["etag"]}
        both = [await client.put(path, json={"days": 30}, headers=match) for _ in range(2)]
        wrong = await client.put(path, json={"days": 0}, headers={"if-match": '"1"'})
        async with commitments.client("other") as other:
            foreign = (await other.get(path)).json()
        await payloads.remove_old_payloads(commitments.store, LATER, 400)
        left = await commitments.rows(
            "SELECT integration_id FROM delivery WHERE payload_removed_at IS NULL"
        )
        told = (await client.get(path)).json()
    assert (first.json()["days"], first.json()["effective_days"]) == (None, 400)
    assert [blind.status_code, *(a.status_code for a in both)] == [428, 200, 412]
    assert (wrong.status_code, foreign["days"]) == (422, None)
    assert (told["days"], told["effective_days"], told["changed_by"]) == (30, 30, "tester@demo")
    assert [row[0] for row in left] == [lasting.path.rpartition("/")[2]]
    assert hook.path != lasting.path


async def test_payloads_of_every_tenant_go_in_bounded_batches(
    service: Provide,
) -> None:
    async with service("commitments") as commitments:
        for tenant in ("demo", "other"):
            async with commitments.client(tenant) as client:
                await desk(commitments, client, STORY)
        turns = 1
        while await payloads.remove_old_payloads(commitments.store, LATER, 30, batch=2):
            turns += 1
            assert turns < 10
        left = await commitments.rows(KEPT)
    assert turns == 2
    assert left == []


async def test_the_workers_loop_removes_what_is_past_its_time(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await desk(commitments, client, STORY)
        await commitments.rows(
            "UPDATE delivery SET received_at = received_at - interval '500 days'"
        )
        worker = commitments.worker()

        async def all_gone() -> bool:
            return not await commitments.rows(KEPT)

        try:
            await until(all_gone, "the payloads are gone")
        finally:
            worker.ask_to_stop()
            worker.wait_or_kill(20)


async def test_erasing_a_case_keeps_its_clocks_and_its_identities(service: Provide) -> None:
    broken = ticket("INC1", 2, "Resolved", "someday", assigned_to="Resolver 9")
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(commitments, client, [*STORY, broken])
        (case,) = (await client.get("/v1/cases", params={"key": "INC1"})).json()["items"]
        path = f"/v1/cases/{case['id']}"
        before = await clocks(commitments)
        erased = await client.post(f"{path}/erasures", json={"reason": "Request 2026-17"})
        listed = (await client.get(f"{path}/erasures")).json()["items"]
        repeated = [await hook.push(client, payload) for payload in STORY[:2]]
        await hook.push(client, ticket("INC1", 3, "Resolved", "01-03-2016 20:00"))
        kept = await commitments.rows(
            "SELECT id, case_key, body, headers, faults FROM delivery WHERE case_key = 'INC1'"
            " AND payload_removed_at IS NOT NULL"
        )
        told = await commitments.rows(
            "SELECT body->'attributes' FROM ticket_event WHERE case_id = $1", case["id"]
        )
        others = await commitments.rows(
            "SELECT body->'attributes'->>'assigned_to' FROM ticket_event WHERE case_id <> $1",
            case["id"],
        )
        after = await clocks(commitments)
        replayed = await client.post(f"/v1/deliveries/{kept[-1]['id']}/replay")
        await fold(commitments)
        detail = (await client.get(path)).json()
    assert erased.status_code == 201, erased.text
    assert (erased.json()["payloads"], erased.json()["attributes"]) == (
        3,
        ["assigned_to", "category"],
    )
    assert listed == [erased.json()]
    assert (listed[0]["erased_by"], listed[0]["reason"]) == ("tester@demo", "Request 2026-17")
    assert len(kept) == 3
    assert {(row["body"], row["headers"]) for row in kept} == {(b"", "{}")}
    assert "someday" not in "".join(row["faults"] for row in kept)
    assert [row[0] for row in told] == ["{}", "{}"]
    assert [row[0] for row in others] == ["Resolver 7"]
    assert before == after
    assert [answer.json()["duplicate"] for answer in repeated] == [True, True]
    assert replayed.status_code == 409
    # The history goes on where it was.
    assert [event["state"] for event in detail["events"]] == ["New", "Active", "Resolved"]


async def test_an_attribute_that_a_condition_asks_for_outlives_the_erasure(
    service: Provide,
) -> None:
    node = {
        "code": "handle",
        "name": {"zh": "处理", "en": "Handle"},
        "start": {"any": [{"attributes.category": "Mail"}]},
        "finish": {"state": "Resolved"},
    }
    process = {"code": "mail", "name": {"zh": "邮件", "en": "Mail"}, "nodes": [node]}
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(commitments, client, [])
        await client.post("/v1/processes", json=process)
        path = hook.path.replace("hooks", "integrations")
        mapping = (await client.get(path)).json()["mapping"]
        body = {"provider": "servicenow", "process": "mail", "mapping": mapping}
        added = await client.post("/v1/integrations", json={**body, "secrets": [hook.secret]})
        mail = Hook(added.json()["hook"])
        await mail.push_all(client, STORY[:2])
        await fold(commitments)
        (case,) = (await client.get("/v1/cases")).json()["items"]
        erased = await client.post(
            f"/v1/cases/{case['id']}/erasures", json={"reason": "Request 2026-18"}
        )
        await mail.push(client, ticket("INC1", 3, "Resolved", "01-03-2016 20:00"))
        await fold(commitments)
        (run,) = (await client.get("/v1/node-runs")).json()["items"]
    assert erased.json()["attributes"] == ["assigned_to"]
    assert (run["visit"], run["started_at"], run["finished_at"]) == (
        1,
        "2016-03-01T08:05:00Z",
        "2016-03-01T20:00:00Z",
    )


async def test_only_an_administrator_erases_and_only_in_his_tenant(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await desk(commitments, client, STORY)
        (case,) = (await client.get("/v1/cases", params={"key": "INC1"})).json()["items"]
        path, body = f"/v1/cases/{case['id']}/erasures", {"reason": "Request"}
        async with commitments.client("demo", "process_owner") as owner:
            refused = await owner.post(path, json=body)
        async with commitments.client("other") as stranger:
            foreign = await stranger.post(path, json=body)
        blank = await client.post(path, json={"reason": ""})
        left = await commitments.rows(KEPT)
    assert (refused.status_code, foreign.status_code, blank.status_code) == (403, 404, 422)
    assert len(left) == len(STORY)
