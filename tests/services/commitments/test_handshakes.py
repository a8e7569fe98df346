"""What a hook answers before anything is sent: permission, and proof that it has the secret."""

import hashlib
import hmac
from typing import Any

import httpx
import pytest

from tests.conftest import Provide
from tests.services.commitments.stories import NEXT_SECRET, SECRET, STORIES
from tests.services.commitments.test_provider_flows import desk

SENDER = "emitter.example.com"


def digest(message: str, secret: str) -> str:
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def challenge(secret: str) -> str:
    """What GLPI asks: its signature of a fixed text."""
    return digest("validate_cra_challenge", secret)


async def asked(client: httpx.AsyncClient, hook: str, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.options(hook, headers=named)


async def test_a_sender_of_cloudevents_is_permitted_at_the_rate_it_asks_for(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, STORIES["cloudevents"])
        plain = await asked(client, hook, webhook_request_origin=SENDER)
        slow = await asked(client, hook, webhook_request_origin=SENDER, webhook_request_rate="120")
        fast = await asked(
            client, hook, webhook_request_origin=SENDER, webhook_request_rate="9000000"
        )
        limit = commitments.settings.webhooks_per_minute
    assert [each.status_code for each in (plain, slow, fast)] == [200, 200, 200]
    assert {each.headers["webhook-allowed-origin"] for each in (plain, slow, fast)} == {SENDER}
    rates = [each.headers["webhook-allowed-rate"] for each in (plain, slow, fast)]
    assert rates == [str(limit), "120", str(limit)]
    assert "POST" in plain.headers["allow"]


async def test_a_hook_of_another_tool_permits_nobody_and_an_unknown_one_is_not_found(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, STORIES["github"])
        other = await asked(client, hook, webhook_request_origin=SENDER)
        nobody = await asked(client, hook)
        lost = await asked(client, "/v1/hooks/int_nowhere", webhook_request_origin=SENDER)
        wrong: list[dict[str, Any]] = [
            {"webhook_request_origin": "a b"},
            {"webhook_request_origin": "x" * 254},
            {"webhook_request_origin": SENDER, "webhook_request_rate": "often"},
            {"webhook_request_origin": SENDER, "webhook_request_rate": "0"},
        ]
        refused = [await asked(client, hook, **each) for each in wrong]
    assert (other.status_code, nobody.status_code, lost.status_code) == (200, 200, 404)
    assert not any("webhook-allowed-origin" in each.headers for each in (other, nobody, lost))
    assert [each.status_code for each in refused] == [422] * 4


@pytest.mark.parametrize("secret", [SECRET, NEXT_SECRET])
async def test_glpis_challenge_is_answered_with_the_secret_that_asked(
    service: Provide, secret: str
) -> None:
    token = challenge(secret)
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, STORIES["glpi"])
        answer = await client.get(hook, params={"crc_token": token})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == digest(token, secret)


async def test_nothing_but_the_challenge_is_signed(service: Provide) -> None:
    """Else whoever asks could have the signature of a delivery of their own making."""
    forged = '{"event": "new", "item": {"id": 1}}1740963600'
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(client, STORIES["glpi"])
        tokens = (forged, challenge("another-secret-altogether"), "é", "0" * 64)
        answers = [await client.get(hook, params={"crc_token": token}) for token in tokens]
        none = await client.get(hook)
        long = await client.get(hook, params={"crc_token": "0" * 201})
        lost = await client.get("/v1/hooks/int_nowhere", params={"crc_token": challenge(SECRET)})
    async with service("commitments") as commitments, commitments.client() as client:
        other = await desk(client, STORIES["servicenow"])
        elsewhere = await client.get(other, params={"crc_token": challenge(SECRET)})
    assert [each.status_code for each in (*answers, elsewhere)] == [401] * 5
    assert not any(digest(forged, SECRET) in each.text for each in answers)
    assert (none.status_code, long.status_code, lost.status_code) == (422, 422, 404)
