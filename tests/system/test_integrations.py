"""Ticketing tools and histories through the front door: every tool signs, and the gateway keeps."""

import hmac
import json
from collections.abc import AsyncIterator
from functools import partial

import httpx
import pytest

from tests.builders import until
from tests.services.commitments.stories import SECRET, STORIES, Story
from tests.system.conftest import PlatformUnderTest

HISTORY = """number,state,updated
T-1,New,2025-03-03T01:00:00Z
T-1,Closed,2025-03-03T03:00:00Z
T-2,New,2025-03-03T01:30:00Z
"""
MAPPING = {"case_key": "number", "at": "updated", "state": "state"}


@pytest.fixture(scope="module")
async def desks(platform: PlatformUnderTest) -> AsyncIterator[httpx.AsyncClient]:
    """The administrator of a tenant that has nothing yet."""
    async with platform.client("platform") as operator:
        opened = {"code": "desks", "name": {"zh": "服务台", "en": "Desks"}}
        assert (await operator.post("/v1/tenants", json=opened)).status_code == 201
    async with platform.client("desks") as client:
        yield client


async def desk(client: httpx.AsyncClient, code: str, start: list[str], finish: str) -> None:
    node = {
        "code": "handle",
        "name": {"zh": "处理", "en": "Handle"},
        "start": {"state": {"in": start}},
        "finish": {"state": finish},
    }
    process = {"code": code, "name": {"zh": "服务台", "en": "Desk"}, "nodes": [node]}
    defined = await client.post("/v1/processes", json=process)
    assert defined.status_code == 201, defined.text


async def finished(client: httpx.AsyncClient, process: str) -> list[bool]:
    answer = await client.get("/v1/node-runs", params={"process": process, "sort": "started_at"})
    return [run["finished_at"] is not None for run in answer.json()["items"]]


async def hook_of(client: httpx.AsyncClient, story: Story) -> str:
    process = story.name.replace("_", "-")
    await desk(client, process, story.open_states, story.states["closed"])
    integration = {"provider": story.provider, "process": process, "secrets": [SECRET]}
    added = await client.post(
        "/v1/integrations", json={**integration, "mapping": dict(story.mapping)}
    )
    assert added.status_code == 201, added.text
    hook: str = added.json()["hook"]
    return hook


async def test_every_tools_webhooks_pass_the_gateway_with_their_signatures(
    platform: PlatformUnderTest, desks: httpx.AsyncClient
) -> None:
    steps = (("opened", 0), ("closed", 2), ("reopened", 3), ("closed", 5))
    async with httpx.AsyncClient(base_url=platform.url, timeout=30) as tool:
        for story in STORIES.values():
            hook = await hook_of(desks, story)
            for step, hours in steps:
                body, headers = story.delivery(story.told(step, hours))
                answer = await tool.post(hook, content=body, headers=headers)
                assert answer.status_code == 202, (story.name, answer.text)
                spoilt = await tool.post(hook, content=body + b" ", headers=headers)
                if story.provider != "gitlab":  # its token says nothing of the body
                    assert spoilt.status_code == 401, (story.name, spoilt.text)
            process = story.name.replace("_", "-")

            async def is_told(process: str = process) -> bool:
                return await finished(desks, process) == [True, True]

            await until(is_told, f"{process} is told")


async def test_senders_shake_hands_with_a_hook_through_the_gateway(
    platform: PlatformUnderTest, desks: httpx.AsyncClient
) -> None:
    await desk(desks, "shaking", ["open"], "closed")
    hooks = {}
    for provider in ("cloudevents", "glpi"):
        told = {"provider": provider, "process": "shaking", "secrets": [SECRET]}
        added = await desks.post("/v1/integrations", json={**told, "mapping": {}})
        hooks[provider] = added.json()["hook"]
    signed = hmac.new(SECRET.encode(), b"validate_cra_challenge", "sha256").hexdigest()
    async with httpx.AsyncClient(base_url=platform.url, timeout=30) as tool:
        permitted = await tool.options(
            hooks["cloudevents"], headers={"webhook-request-origin": "emitter.example.com"}
        )
        answered = await tool.get(hooks["glpi"], params={"crc_token": signed})
    assert permitted.status_code == 200, permitted.text
    assert permitted.headers["webhook-allowed-origin"] == "emitter.example.com"
    assert int(permitted.headers["webhook-allowed-rate"]) > 0
    assert answered.text == hmac.new(SECRET.encode(), signed.encode(), "sha256").hexdigest()


async def test_a_closed_tenants_webhooks_are_refused_until_it_opens_again(
    platform: PlatformUnderTest,
) -> None:
    story = STORIES["servicenow"]
    async with platform.client("platform") as operator, platform.client("leaving") as client:
        tenant = {"code": "leaving", "name": {"zh": "离开", "en": "Leaving"}}
        assert (await operator.post("/v1/tenants", json=tenant)).status_code == 201
        hook = await hook_of(client, story)
        body, headers = story.delivery(story.told("opened", 0))

        async def answers(expected: int) -> bool:
            async with httpx.AsyncClient(base_url=platform.url, timeout=30) as tool:
                answer = await tool.post(hook, content=body, headers=headers)
                forged = await tool.post(hook, content=body + b" ", headers=headers)
            assert (answer.status_code in (202, 403), forged.status_code) == (True, 401)
            return answer.status_code == expected

        await until(partial(answers, 202), "the hook takes webhooks")
        for status, expected in (("closed", 403), ("open", 202)):
            etag = (await operator.get("/v1/tenants/leaving")).headers["etag"]
            changed = await operator.patch(
                "/v1/tenants/leaving", json={"status": status}, headers={"if-match": etag}
            )
            assert changed.status_code == 200, changed.text
            await until(partial(answers, expected), f"a {status} tenant's hook answers")


async def test_a_history_larger_than_other_bodies_passes_the_gateway(
    desks: httpx.AsyncClient,
) -> None:
    await desk(desks, "large", ["New"], "Closed")
    integration = {"provider": "standard_webhooks", "process": "large", "mapping": MAPPING}
    added = await desks.post("/v1/integrations", json={**integration, "secrets": [SECRET]})
    row = {
        "number": "L-1",
        "state": "New",
        "updated": "2025-03-03T01:00:00Z",
        "note": "x" * 900_000,
    }

    async def lines() -> AsyncIterator[bytes]:
        for number in range(13):
            yield json.dumps({**row, "number": f"L-{number}"}).encode() + b"\n"

    asked = {"integration_id": added.json()["id"]}
    answer = await desks.post(
        "/v1/imports",
        params=asked,
        content=lines(),
        headers={"content-type": "application/x-ndjson"},
    )
    elsewhere = await desks.post("/v1/calendars", content=b"x" * 11_000_000)
    assert (answer.status_code, elsewhere.status_code) == (201, 413), answer.text
    assert (answer.json()["rows"], answer.json()["bytes"] > 11_000_000) == (13, True)

    async def is_told() -> bool:
        return await finished(desks, "large") == [False] * 13

    await until(is_told, "the history is folded")


async def test_a_history_is_imported_through_the_gateway(desks: httpx.AsyncClient) -> None:
    await desk(desks, "history", ["New"], "Closed")
    integration = {"provider": "standard_webhooks", "process": "history", "mapping": MAPPING}
    added = await desks.post("/v1/integrations", json={**integration, "secrets": [SECRET]})
    assert added.status_code == 201, added.text

    answer = await desks.post(
        "/v1/imports",
        params={"integration_id": added.json()["id"]},
        content=HISTORY.encode(),
        headers={"content-type": "text/csv"},
    )
    assert answer.status_code == 201, answer.text

    async def is_told() -> bool:
        return await finished(desks, "history") == [True, False]

    await until(is_told, "the history is folded")
