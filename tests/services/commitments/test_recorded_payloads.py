"""Payloads as tools really sent them, unchanged and through HTTP: what becomes of each."""

from typing import Any

import httpx
import pytest

from tests.conftest import Provide
from tests.services.commitments.stories import NEXT_SECRET, SECRET, STORIES, Story, encoded, sample
from tests.services.commitments.test_provider_flows import desk, folded

GITLAB = STORIES["gitlab"]
LIFE = ("issue_opened", "issue_edited", "issue_closed", "issue_reopened", "issue_labeled")
"""One issue of gitlab.com, recorded from its opening to its return."""


INCIDENT = ("incident_io_created", "incident_io_updated", "incident_io_status_updated")
"""One incident of incident.io, as its documentation tells it: all at one instant."""


async def sent(
    client: httpx.AsyncClient,
    hook: str,
    name: str,
    secret: str = NEXT_SECRET,
    story: Story = GITLAB,
) -> httpx.Response:
    body, headers = story.delivery(encoded(sample(story.provider, name)), secret=secret)
    return await client.post(hook, content=body, headers=headers)


async def visits(client: httpx.AsyncClient) -> list[tuple[Any, ...]]:
    items = (await client.get("/v1/node-runs", params={"sort": "started_at"})).json()["items"]
    return [(run["case_key"], run["started_at"], run["finished_at"]) for run in items]


async def test_a_recorded_issue_of_gitlab_is_two_visits_in_any_order_and_twice(
    service: Provide,
) -> None:
    expected = [
        ("FabioRosado/test-project#1", "2021-11-07T18:10:47.885000Z", "2021-11-07T20:20:06Z"),
        ("FabioRosado/test-project#1", "2021-11-17T13:05:43Z", None),
    ]
    async with service("commitments") as commitments:
        for tenant, order in (("one", LIFE), ("two", LIFE[::-1]), ("three", LIFE[2:] + LIFE)):
            async with commitments.client(tenant) as client:
                hook = await desk(client, GITLAB)
                answers = [await sent(client, hook, name) for name in order]
                await folded(commitments, batch=2)
                assert {each.status_code for each in answers} == {202}
                known = sum(each.json()["duplicate"] for each in answers)
                assert known == len(order) - len(LIFE)
                assert await visits(client) == expected, tenant


async def test_what_gitlab_records_of_other_things_is_of_no_concern(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, GITLAB)
        for name in ("push", "note", "merge_request_opened"):
            assert (await sent(client, hook, name)).status_code == 202
        wrong = await sent(client, hook, "issue_opened", "a-secret-of-somebody-else")
        await folded(commitments)
        listed = (await client.get("/v1/deliveries")).json()["items"]
        cases = (await client.get("/v1/cases")).json()["items"]
    assert wrong.status_code == 401
    assert [each["status"] for each in listed] == ["ignored"] * 3
    assert {each["faults"][0]["code"] for each in listed} == {"not_asked_for"}
    assert cases == []


async def test_a_recorded_incident_is_one_visit_in_any_order_twice_and_by_either_secret(
    service: Provide,
) -> None:
    story = STORIES["incident_io"]
    async with service("commitments") as commitments:
        for tenant, order in (("one", INCIDENT), ("two", INCIDENT[::-1]), ("three", INCIDENT * 2)):
            async with commitments.client(tenant) as client:
                hook = await desk(client, story)
                secrets = (SECRET, NEXT_SECRET) * len(order)
                answers = [
                    await sent(client, hook, name, secret, story)
                    for name, secret in zip(order, secrets, strict=False)
                ]
                forged = await sent(client, hook, INCIDENT[0], "a-secret-of-nobody", story)
                await folded(commitments, batch=2)
                seen, cases = await visits(client), (await client.get("/v1/cases")).json()["items"]
            assert ({each.status_code for each in answers}, forged.status_code) == ({202}, 401)
            assert sum(not each.json()["duplicate"] for each in answers) == len(INCIDENT), tenant
            assert seen == [("INC-123", "2021-08-17T13:28:57.801578Z", None)], tenant
            assert [(case["state"], case["priority"]) for case in cases] == [("triage", "Minor")]


NO_TICKETS = [
    ("cloudevents", "blob_created", {("subject", "missing"), ("data.state", "missing")}),
    (
        "standard_webhooks",
        "openai_response_completed",
        {("data.at", "missing"), ("data.state", "missing")},
    ),
]


@pytest.mark.parametrize(("provider", "name", "reasons"), NO_TICKETS)
async def test_an_event_that_is_no_ticket_is_kept_with_the_reasons(
    service: Provide, provider: str, name: str, reasons: set[tuple[str, str]]
) -> None:
    story = STORIES[provider]
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, story)
        body, headers = story.delivery(sample(provider, name))
        first = await client.post(hook, content=body, headers=headers)
        again = await client.post(hook, content=body, headers=headers)
        await folded(commitments)
        (kept,) = (await client.get("/v1/deliveries")).json()["items"]
    assert (first.json()["duplicate"], again.json()["duplicate"]) == (False, True)
    assert kept["status"] == "quarantined"
    assert {(fault["field"], fault["code"]) for fault in kept["faults"]} == reasons


async def test_an_event_of_azure_becomes_a_case_by_a_mapping_of_its_own(service: Provide) -> None:
    story = STORIES["cloudevents"]
    mapping = {"case_key": "data.url", "state": "type"}
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, story)
        path = hook.replace("hooks", "integrations")
        etag = (await client.get(path)).headers["etag"]
        await client.patch(path, json={"mapping": mapping}, headers={"if-match": etag})
        body, headers = story.delivery(sample("cloudevents", "blob_created"))
        await client.post(hook, content=body, headers=headers)
        await folded(commitments)
        (case,) = (await client.get("/v1/cases")).json()["items"]
    assert case["state"] == "Microsoft.Storage.BlobCreated"
    assert case["key"].endswith("oc2d2817345i20002296blob")
