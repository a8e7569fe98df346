"""Webhooks: what is accepted, what is refused, and what is kept although it cannot be read."""

import asyncio
import gzip
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.commitments.operations.deliveries import fold_pending
from shared.webhooks import hex_signature, is_signed
from tests.builders import SECRET, Hook, incident_process, integration, ticket
from tests.conftest import Provide, ServiceUnderTest

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def fold(commitments: ServiceUnderTest) -> int:
    return await fold_pending(commitments.store, 300, NOW, NOW - timedelta(hours=1))


async def deliveries(commitments: ServiceUnderTest, **query: str) -> list[dict[str, Any]]:
    async with commitments.client() as client:
        items: list[dict[str, Any]] = (await client.get("/v1/deliveries", params=query)).json()[
            "items"
        ]
        return items


def test_the_published_example_of_a_signature_reproduces() -> None:
    body, secret = b"Hello, World!", "It's a Secret to Everybody"
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert hex_signature(secret, body) == expected
    assert is_signed(body, expected, ["another", secret])
    assert not is_signed(body + b" ", expected, [secret])


async def test_a_signed_event_is_stored_once_and_becomes_a_node_run(service: Provide) -> None:
    event = ticket("INC1", 0, "New", "01-03-2016 08:05")
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        first, again = await hook.push(client, event), await hook.push(client, event)
        assert await fold(commitments) == 1
        runs = (await client.get("/v1/node-runs")).json()["items"]
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["delivery_id"] == again.json()["delivery_id"]
    assert (first.json()["duplicate"], again.json()["duplicate"]) == (False, True)
    assert [(run["node"], run["state"]) for run in runs] == [("accept", "running_warning")]


async def test_one_identity_at_two_integrations_is_two_deliveries(service: Provide) -> None:
    event = ticket("INC1", 0, "New", "01-03-2016 08:05")
    async with service("commitments") as commitments, commitments.client() as client:
        hooks = [await incident_process(client), await integration(client)]
        answers = await asyncio.gather(
            *(hook.push(client, event) for hook in hooks for _ in range(3))
        )
        rows = await commitments.rows("SELECT id, integration_id FROM delivery ORDER BY id")
    told = [answer.json() for answer in answers]
    assert len(rows) == 2
    assert [t["duplicate"] for t in told].count(False) == 2
    assert len({t["delivery_id"] for t in told[:3]}) == len({t["delivery_id"] for t in told[3:]})
    assert {t["delivery_id"] for t in told} == {row["id"] for row in rows}


@pytest.mark.parametrize("spoil", ["unsigned", "wrong secret", "changed body", "truncated"])
async def test_what_is_not_authentic_is_refused_and_not_stored(
    service: Provide, spoil: str
) -> None:
    body = b'{"number": "INC1", "incident_state": "New"}'
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        headers = hook.headers(body, "another secret" if spoil == "wrong secret" else None)
        if spoil == "unsigned":
            del headers["x-see-signature"]
        sent = {"changed body": body + b" ", "truncated": body[:-9]}.get(spoil, body)
        answer = await client.post(hook.path, content=sent, headers=headers)
        rows = await commitments.rows("SELECT id FROM delivery")
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["header"] == "X-SEE-Signature"
    assert rows == []


NOT_EVENTS = {
    "not json": (b"state=New", "", "not_a_json_object"),
    "a list": (b"[1, 2]", "", "not_a_json_object"),
    "too deep": (b"[" * 50_000, "", "not_a_json_object"),
    "not utf-8": (b'{"number": "\xff"}', "", "not_a_json_object"),
    "no number": (
        b'{"incident_state": "New", "sys_updated_at": "01-03-2016 08:00"}',
        "number",
        "missing",
    ),
    "wrong date": (
        b'{"number": "1", "incident_state": "New", "sys_updated_at": "2016-13-45"}',
        "sys_updated_at",
        "not_a_time",
    ),
    "out of range": (
        b'{"number": "1", "incident_state": "New", "sys_updated_at": "01-03-0001 08:00"}',
        "",
        "not_an_event",
    ),
    "nul": (
        b'{"number": "1\\u0000", "incident_state": "New", "sys_updated_at": "01-03-2016 08:00"}',
        "number",
        "unstorable_text",
    ),
    "half a surrogate pair": (
        b'{"number": "\\ud800", "incident_state": "New", "sys_updated_at": "01-03-2016 08:00"}',
        "number",
        "unstorable_text",
    ),
    "huge count": (
        (
            b'{"number": "1", "incident_state": "New", "sys_updated_at": "01-03-2016 08:00",'
            b' "sys_mod_count": 99999999999999999999}'
        ),
        "sys_mod_count",
        "not_an_integer",
    ),
}


@pytest.mark.parametrize("case", NOT_EVENTS)
async def test_an_authentic_payload_that_is_no_event_is_quarantined_with_its_fields(
    service: Provide, case: str
) -> None:
    body, field, code = NOT_EVENTS[case]
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        answer = await hook.push(client, body)
        await hook.push(client, ticket("INC1", 0, "New", "01-03-2016 08:05"))
        await fold(commitments)
        (kept,) = await deliveries(commitments, status="quarantined")
        runs = (await client.get("/v1/node-runs")).json()["items"]
    assert answer.status_code == 202
    assert (kept["faults"][0]["field"], kept["faults"][0]["code"]) == (field, code)
    assert [run["case_key"] for run in runs] == ["INC1"]


async def test_a_quarantined_payload_is_read_after_the_mapping_is_mended(
    service: Provide,
) -> None:
    event = ticket("INC1", 0, "New", "01-03-2016 08:05")
    event["state_now"] = event.pop("incident_state")
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        await hook.push(client, event)
        await fold(commitments)
        (kept,) = await deliveries(commitments, status="quarantined")
        path = hook.path.replace("hooks", "integrations")
        current = await client.get(path)
        mapping = {**current.json()["mapping"], "state": "state_now"}
        headers = {"if-match": current.headers["etag"]}
        await client.patch(path, json={"mapping": mapping}, headers=headers)
        await client.post(f"/v1/deliveries/{kept['id']}/replay")
        await fold(commitments)
        runs = (await client.get("/v1/node-runs")).json()["items"]
        left = await deliveries(commitments, status="quarantined")
    assert kept["faults"] == [{"field": "incident_state", "code": "missing", "value": None}]
    assert [run["node"] for run in runs] == ["accept"]
    assert left == []


async def test_what_the_payload_does_not_tell_is_the_constant_of_the_mapping(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        path = hook.path.replace("hooks", "integrations")
        current = await client.get(path)
        constants = {"segment": "internal", "department": "Service desk"}
        mapping = {**current.json()["mapping"], "constants": constants}
        headers = {"if-match": current.headers["etag"]}
        changed = await client.patch(path, json={"mapping": mapping}, headers=headers)
        await hook.push(client, ticket("INC1", 0, "New", "01-03-2016 08:05"))
        await hook.push(client, ticket("INC2", 0, "New", "01-03-2016 08:05", assignment_group="?"))
        await fold(commitments)
        runs = (await client.get("/v1/node-runs")).json()["items"]
    assert changed.json()["mapping"]["constants"] == constants
    assert sorted((run["case_key"], run["segment"], run["department"]) for run in runs) == [
        ("INC1", "internal", "Group 1"),
        ("INC2", "internal", "Service desk"),
    ]


async def test_a_rotated_secret_is_valid_beside_the_old_one(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        path = hook.path.replace("hooks", "integrations")
        rotated = Hook(hook.path, "the-secret-that-comes-next")
        etag = (await client.get(path)).headers["etag"]
        await client.patch(
            path, json={"secrets": [SECRET, rotated.secret]}, headers={"if-match": etag}
        )
        old = await hook.push(client, ticket("INC1", 0, "New", "01-03-2016 08:05"))
        new = await rotated.push(client, ticket("INC1", 1, "Active", "01-03-2016 08:06"))
        shown = (await client.get(path)).text
    assert (old.status_code, new.status_code) == (202, 202)
    assert SECRET not in shown
    assert rotated.secret not in shown


async def test_oversized_compressed_and_lost_webhooks_are_refused_with_their_reason(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        large = await hook.push(client, b"x" * (1024 * 1024 + 1))
        bomb = gzip.compress(b"0" * 30_000_000)
        headers = {**hook.headers(bomb), "content-encoding": "gzip"}
        unfolded = await client.post(hook.path, content=bomb, headers=headers)
        brotli = {**hook.headers(b"x"), "content-encoding": "br"}
        unknown = await client.post(hook.path, content=b"x", headers=brotli)
        lost = await Hook("/v1/hooks/int_nowhere").push(client, b"{}")
        rows = await commitments.rows("SELECT id FROM delivery")
    assert large.status_code == unfolded.status_code == 413
    assert unknown.status_code == 415
    assert lost.status_code == 404
    assert rows == []


async def test_a_compressed_webhook_is_signed_as_sent_and_read_unfolded(
    service: Provide,
) -> None:
    sent = gzip.compress(b'{"number": "INC1", "incident_state": "New", "priority": "4 - Low",'
                         b' "sys_updated_at": "01-03-2016 08:05"}')  # fmt: skip
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        headers = {**hook.headers(sent), "content-encoding": "gzip"}
        answer = await client.post(hook.path, content=sent, headers=headers)
        await fold(commitments)
        cases = (await client.get("/v1/cases")).json()["items"]
    assert answer.status_code == 202
    assert [case["key"] for case in cases] == ["INC1"]
