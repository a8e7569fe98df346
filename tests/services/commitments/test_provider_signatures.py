"""Signatures: what each provider accepts and refuses, and the published examples."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from services.commitments.providers import PROVIDERS, ProviderName, gitlab
from tests.services.commitments.stories import (
    NEXT_SECRET,
    PAYLOADS,
    SECRET,
    STORIES,
    standard_signed,
)

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
FIXTURES = Path(__file__).parents[2] / "fixtures"
VECTORS = json.loads((FIXTURES / "vectors" / "webhook_signatures.json").read_text())
VECTORS["openai"] = {
    **json.loads((FIXTURES / "vectors" / "openai_webhook.json").read_text()),
    "body": (PAYLOADS / "standard_webhooks" / "openai_response_completed.json").read_text(),
}
WITH_A_WINDOW = ("standard_webhooks", "cloudevents")


def is_authentic(
    provider: str,
    body: bytes,
    headers: dict[str, str],
    secrets: tuple[str, ...] = (SECRET,),
    at: datetime = NOW,
) -> bool:
    return PROVIDERS[provider].is_authentic(headers, body, list(secrets), at)


def test_every_provider_has_a_story() -> None:
    told = {story.provider for story in STORIES.values()}
    assert told == set(PROVIDERS) == set(ProviderName.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", STORIES)
def test_the_right_signature_is_accepted_and_every_other_refused(name: str) -> None:
    story = STORIES[name]
    body, headers = story.delivery(story.told("opened", 0), NOW)
    wrong = story.delivery(body, NOW, "another-secret-altogether")[1]
    without = {k: v for k, v in headers.items() if k != story.signature}
    spoilt = {**headers, story.signature: headers[story.signature][:-1] + "é"}

    assert is_authentic(story.provider, body, headers)
    assert not is_authentic(story.provider, body, wrong)
    assert not is_authentic(story.provider, body, without)
    assert not is_authentic(story.provider, body, spoilt)
    assert not is_authentic(story.provider, body, {**headers, story.signature: ""})
    # GitLab's secret token is a password, not a signature: it says nothing of the body.
    assert is_authentic(story.provider, body + b" ", headers) is (name == "gitlab")


@pytest.mark.parametrize("name", STORIES)
def test_two_secrets_are_valid_while_one_rotates(name: str) -> None:
    story = STORIES[name]
    both = (SECRET, NEXT_SECRET)
    for secret in both:
        body, headers = story.delivery(story.told("opened", 0), NOW, secret)
        assert is_authentic(story.provider, body, headers, both)
        assert not is_authentic(story.provider, body, headers, tuple(set(both) - {secret}))


@pytest.mark.parametrize("name", WITH_A_WINDOW)
@pytest.mark.parametrize("seconds", [-301, -299, 299, 301])
def test_a_signed_timestamp_is_good_for_five_minutes(name: str, seconds: int) -> None:
    story = STORIES[name]
    body, headers = story.delivery(story.told("opened", 0), NOW + timedelta(seconds=seconds))
    assert is_authentic(name, body, headers) is (abs(seconds) < 300)


@pytest.mark.parametrize("stamp", ["", "now", "1e9", "-5", "１７", "9" * 400])
def test_a_timestamp_that_is_no_number_is_refused(stamp: str) -> None:
    headers = standard_signed(b"{}", SECRET, NOW) | {"webhook-timestamp": stamp}
    assert not is_authentic("standard_webhooks", b"{}", headers)


def test_the_published_example_of_github_reproduces() -> None:
    example = VECTORS["github"]
    headers = {"x-hub-signature-256": f"sha256={example['hex']}"}
    assert is_authentic("github", example["body"].encode(), headers, (example["secret"],))


@pytest.mark.parametrize("publisher", ["standard_webhooks", "openai"])
def test_the_published_examples_of_standard_webhooks_reproduce(publisher: str) -> None:
    example = VECTORS[publisher]
    headers = {name: str(value) for name, value in example.items() if name.startswith("webhook-")}
    at = datetime.fromtimestamp(example["webhook-timestamp"], UTC)
    body, secret = example["body"].encode(), example["secret"]
    assert is_authentic("standard_webhooks", body, headers, (secret,), at)
    assert not is_authentic("standard_webhooks", body, headers, (secret,), NOW)


@pytest.mark.parametrize("name", ["standard_webhooks", "cloudevents", "gitlab"])
def test_what_the_reference_library_signs_is_accepted(name: str) -> None:
    secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    body = '{"at": "now"}'
    signature = Webhook(secret).sign("msg_1", NOW, body)
    old = "v1,bm90IGEgc2lnbmF0dXJlIG9mIHRoaXMgc2VjcmV0IQ=="
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": f"{old} {signature}",
    }
    assert is_authentic(name, body.encode(), headers, (secret,))
    assert not is_authentic(name, body.encode(), {**headers, "webhook-id": "msg_2"}, (secret,))


def test_pagerduty_signs_with_both_secrets_while_it_rotates() -> None:
    story = STORIES["pagerduty"]
    body, headers = story.delivery(story.told("opened", 0), NOW)
    other = story.delivery(body, NOW, "a-secret-we-were-not-told")[1]
    both = f"{other['x-pagerduty-signature']},{headers['x-pagerduty-signature']}"
    assert is_authentic("pagerduty", body, {"x-pagerduty-signature": both})


def test_cloudevents_may_be_signed_with_the_plain_header_instead() -> None:
    body, headers = STORIES["servicenow"].delivery(b'{"specversion": "1.0"}', NOW)
    assert is_authentic("cloudevents", body, headers)


def test_gitlab_prefers_no_scheme_over_the_other() -> None:
    body, headers = STORIES["gitlab"].delivery(b"{}", NOW)
    unsigned = {**headers, "webhook-signature": "v1,none", "webhook-id": "msg_1"}
    assert gitlab.is_authentic(unsigned, body, [SECRET], NOW)
