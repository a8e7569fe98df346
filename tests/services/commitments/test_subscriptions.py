"""Outgoing webhooks: signed, tried again, disabled, kept in a log, never led astray."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.commitments.channels import Channels
from services.commitments.channels.addresses import ForbiddenAddress, pinned
from services.commitments.channels.webhook import new_secret, signatures
from services.commitments.dispatcher import AT_ONCE_PER_TARGET
from services.commitments.domain.retries import ATTEMPTS, delay
from shared import outbox
from shared.contracts import schemas
from shared.contracts.commitments import AlertAcknowledged, LimitPassed
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.receivers import Receiver, dispatch, due_again, receiving


async def subscribed(client: httpx.AsyncClient, url: str, **other: Any) -> dict[str, Any]:
    body = {"name": "Duty phone", "url": url, "event_types": ["*"], **other}
    answer = await client.post("/v1/subscriptions", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def happened(commitments: ServiceUnderTest, *others: Any, **changes: Any) -> None:
    """A limit has passed, and what else is given."""
    sample = json.loads(schemas.sample_path(LimitPassed).read_text("utf-8"))
    async with commitments.store.transaction("demo") as session:
        await outbox.record(session, LimitPassed(**{**sample, **changes}), *others)


async def log_of(client: httpx.AsyncClient, subscription: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/subscriptions/{subscription['id']}/deliveries")
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_an_event_is_pushed_once_signed_as_the_standard_has_it(
    service: Provide, allowed: None
) -> None:
    async with (
        service("commitments") as commitments,
        commitments.client() as client,
        receiving(Receiver()) as target,
    ):
        made = await subscribed(client, target.url)
        shown = await client.get(f"/v1/subscriptions/{made['id']}")
        await happened(commitments)
        await dispatch(commitments)
        await dispatch(commitments)
        (entry,) = await log_of(client, made)
        alert = await commitments.rows("SELECT alert_id FROM notification")
    (request,) = target.requests
    verified = Webhook(made["secret"]).verify(request.body, dict(request.headers))
    assert verified["type"] == "see.commitments.limit_passed.v1"
    assert verified["data"]["threshold"] == "commitment"
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(request.body, dict(request.headers))
    assert made["secret"] not in shown.text
    assert entry["id"] == request.headers["webhook-id"]
    assert (entry["status"], entry["attempts"][0]["status"]) == ("delivered", 204)
    assert alert[0][0] == verified["data"]["alert_id"]


def test_a_signature_agrees_with_the_library_of_the_standard() -> None:
    keys, at, body = (
        [new_secret(), new_secret()],
        datetime(2026, 1, 1, tzinfo=UTC),
        b'{"a":"\xc3\xa9"}',
    )
    expected = [Webhook(key).sign("ntf_1", at, body.decode()) for key in keys]
    assert signatures(keys, "ntf_1", at, body) == " ".join(expected)


async def test_what_fails_is_tried_again_under_the_same_id(service: Provide, allowed: None) -> None:
    async with (
        service("commitments") as commitments,
        commitments.client() as client,
        receiving(Receiver(status=503, answer=b"later")) as target,
    ):
        made = await subscribed(client, target.url)
        await happened(commitments)
        await dispatch(commitments)
        await dispatch(commitments)
        (waiting,) = await log_of(client, made)
        target.status = 200
        await due_again(commitments)
        await dispatch(commitments)
        (entry,) = await log_of(client, made)
    assert [a["error"] for a in waiting["attempts"]] == ["answered 503"]
    assert waiting["attempts"][0]["response"] == "later"
    assert waiting["status"] == "pending"
    assert [a["status"] for a in entry["attempts"]] == [503, 200]
    assert len({request.headers["webhook-id"] for request in target.requests}) == 1


async def test_a_redirect_is_not_followed(service: Provide, allowed: None) -> None:
    async with (
        service("commitments") as commitments,
        commitments.client() as client,
        receiving(Receiver()) as elsewhere,
        receiving(Receiver(307, headers=((b"location", elsewhere.url.encode()),))) as target,
    ):
        made = await subscribed(client, target.url)
        await happened(commitments)
        await dispatch(commitments)
        (entry,) = await log_of(client, made)
    assert (entry["attempts"][0]["error"], elsewhere.requests) == ("answered 307", [])


async def test_a_target_that_is_gone_is_disabled_and_can_be_enabled_again(
    service: Provide, allowed: None
) -> None:
    async with (
        service("commitments") as commitments,
        commitments.client() as client,
        receiving(Receiver(410)) as target,
    ):
        made = await subscribed(client, target.url, event_types=["limit_passed"])
        await happened(commitments)
        await happened(commitments)
        await dispatch(commitments)
        path = f"/v1/subscriptions/{made['id']}"
        answer = await client.get(path)
        assert answer.json()["status"] == "disabled"
        assert "410" in answer.json()["disabled_reason"]
        await happened(commitments)
        assert len(await log_of(client, made)) == 2
        told = await commitments.rows("SELECT body FROM outbox WHERE subject LIKE '%disabled%'")
        target.status = 200
        enabled = {"status": "active"}
        assert (await client.patch(path, json=enabled)).status_code == 428
        held = {"if-match": '"1"'}
        assert (await client.patch(path, json=enabled, headers=held)).status_code == 412
        held = {"if-match": answer.headers["etag"]}
        assert (await client.patch(path, json=enabled, headers=held)).status_code == 200
        entry = (await log_of(client, made))[0]
        replay = await client.post(f"{path}/deliveries/{entry['id']}/replay")
        assert (replay.status_code, replay.json()["status"]) == (202, "pending")
        await dispatch(commitments)
        assert {e["status"] for e in await log_of(client, made)} <= {
            "delivered",
            "failed",
            "cancelled",
        }
        assert (await log_of(client, made))[0]["status"] == "delivered"
    assert json.loads(told[0][0])["reason"] == "gone"


async def test_a_target_that_fails_for_days_is_disabled(service: Provide, allowed: None) -> None:
    async with (
        service("commitments") as commitments,
        commitments.client() as client,
        receiving(Receiver(500)) as target,
    ):
        made = await subscribed(client, target.url)
        await happened(commitments)
        for _ in range(ATTEMPTS):
            assert (await client.get(f"/v1/subscriptions/{made['id']}")).json()[
                "status"
            ] == "active"
            await due_again(commitments)
            await dispatch(commitments)
        shown = (await client.get(f"/v1/subscriptions/{made['id']}")).json()
        (entry,) = await log_of(client, made)
    assert (shown["status"], entry["status"], len(entry["attempts"])) == ("disabled", "failed", 10)


def test_ten_tries_take_about_75_hours() -> None:
    waits = [delay(tries, 0.5) for tries in range(1, ATTEMPTS)]
    total = sum((wait for wait in waits if wait), timedelta())
    assert timedelta(hours=75) < total < timedelta(hours=76)
    assert (ATTEMPTS, delay(ATTEMPTS, 0.5)) == (10, None)
    for tries in range(1, ATTEMPTS):
        least, middle, most = (delay(tries, chance) for chance in (0, 0.5, 0.999))
        assert least is not None
        assert middle is not None
        assert most is not None
        assert middle * 0.9 == least < middle < most <= middle * 1.1


async def test_only_the_events_that_were_asked_for_are_pushed(
    service: Provide, allowed: None
) -> None:
    sample = json.loads(schemas.sample_path(AlertAcknowledged).read_text("utf-8"))
    async with (
        service("commitments") as commitments,
        commitments.client() as client,
        receiving(Receiver()) as target,
    ):
        await subscribed(
            client, target.url, event_types=["limit_passed"], filter={"node": ["resolve", "close"]}
        )
        await happened(commitments, AlertAcknowledged(**sample))
        await happened(commitments, node="accept")
        await dispatch(commitments)
        async with commitments.client("other") as stranger:
            assert (await stranger.get("/v1/subscriptions")).json()["items"] == []
    assert [json.loads(r.body)["data"]["node"] for r in target.requests] == ["resolve"]


async def test_a_rotated_secret_signs_beside_the_one_before(
    service: Provide, allowed: None
) -> None:
    async with (
        service("commitments") as commitments,
        commitments.client() as client,
        receiving(Receiver()) as target,
    ):
        made = await subscribed(client, target.url)
        path = f"/v1/subscriptions/{made['id']}"
        rotated = (await client.post(f"{path}/rotate-secret")).json()
        await happened(commitments)
        await dispatch(commitments)
        await commitments.rows("UPDATE subscription SET rotated_until = now()")
        await happened(commitments)
        await dispatch(commitments)
        gone = await client.delete(path, headers={"if-match": '"2"'})
        assert (gone.status_code, (await client.get(path)).status_code) == (204, 404)
    first, second = target.requests
    for secret in (made["secret"], rotated["secret"]):
        assert Webhook(secret).verify(first.body, dict(first.headers))
    assert Webhook(rotated["secret"]).verify(second.body, dict(second.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(second.body, dict(second.headers))


async def test_a_slow_target_holds_up_nobody_else(service: Provide, allowed: None) -> None:
    async with (
        service("commitments") as commitments,
        commitments.client() as client,
        receiving(Receiver(seconds=6)) as slow,
        receiving(Receiver()) as quick,
    ):
        await subscribed(client, slow.url)
        await subscribed(client, quick.url)
        for _ in range(AT_ONCE_PER_TARGET + 2):
            await happened(commitments)
        began = time.monotonic()
        under_way = asyncio.create_task(dispatch(commitments))
        while len(quick.requests) < AT_ONCE_PER_TARGET + 2:
            await asyncio.sleep(0.01)
            assert time.monotonic() - began < 6
        at_once = len(slow.requests)
        await under_way
    assert at_once == AT_ONCE_PER_TARGET


PRIVATE = (
    "http://127.0.0.1:9/", "http://localhost/", "http://10.1.2.3/", "http://169.254.169.254/",
    "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://[fd00::1]/", "http://0.0.0.0/",
    "http://100.64.0.1/", "http://[64:ff9b::a00:1]/", "http://192.168.1.1/", "http://[2002:a00:1::]/",
    # Decimal, octal, hexadecimal, shortened, full-width, with a dot at the end.
    "http://2130706433/", "http://0177.0.0.1/", "http://0x7f000001/", "http://127.1/", "http://0/",
    "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://127.0.0.1./", "http://LOCALHOST./",
    # IPv4 within IPv6: compatible, translated, local NAT64, Teredo. Site-local; clouds' own hosts.
    "http://[::10.0.0.1]/", "http://[::ffff:0:10.0.0.1]/", "http://[64:ff9b:1::a00:1]/",
    "http://[2001:0:a00:1::]/", "http://[fec0::1]/", "http://[fe80::1%25eth0]/",
    "http://168.63.129.16/", "http://100.100.100.200/", "http://192.0.0.192/",
    "http://[fd00:ec2::254]/", "http://[::]/", "http://255.255.255.255/", "http://224.0.0.1/",
)  # fmt: skip


async def test_a_private_address_is_refused_unless_it_is_allowed(service: Provide) -> None:
    body = {"name": "x", "event_types": ["*"]}
    async with (
        service("commitments") as commitments,
        commitments.client() as client,
        receiving(Receiver()) as target,
    ):
        for url in PRIVATE:
            answer = await client.post("/v1/subscriptions", json={**body, "url": url})
            assert answer.status_code == 422, url
            assert answer.json()["errors"][0]["pointer"] == "#/url"
        # A name leads astray only when it is resolved, with every delivery.
        made = await subscribed(client, "http://name.example/")
        local = target.url.replace("127.0.0.1", "localhost")
        await commitments.rows("UPDATE subscription SET url = $1 RETURNING id", local)
        await happened(commitments)
        await dispatch(commitments, Channels(allow_private=False))
        (entry,) = await log_of(client, made)
    assert target.requests == []
    assert "private network" in entry["attempts"][0]["error"]
    with pytest.raises(ForbiddenAddress):
        pinned("localhost", 80, allow_private=False)


async def test_wrong_subscriptions_are_refused_with_every_fault(service: Provide) -> None:
    wrong = {
        "name": "",
        "url": "ftp://example.com",
        "event_types": ["limit_passed", "colour"],
        "filter": {"Node!": ["a"]},
        "secret": "whsec_short",
    }
    async with service("commitments") as commitments, commitments.client() as client:
        answer = await client.post("/v1/subscriptions", json=wrong)
        found = {error["pointer"] for error in answer.json()["errors"]}
        for url in (
            "https://user:pass@example.com/",
            "https://",
            "https://x:99999/",
            "https://a/#b",
            "https://example.com:22/",
            "https://example.com:0/",
            "https://example.com/\r\nX-Evil: 1",
            "https://example.com\\@127.0.0.1/",
        ):
            body = {"name": "x", "event_types": ["*"], "url": url}
            assert (await client.post("/v1/subscriptions", json=body)).status_code == 422, url
        async with commitments.client("demo", "viewer") as viewer:
            assert (await viewer.get("/v1/subscriptions")).status_code == 403
    assert found >= {"#/name", "#/url", "#/event_types/1", "#/secret"}
    assert any("/filter" in pointer for pointer in found)
