"""Whatever a delivery says, a provider answers: nothing that is sent can raise an error."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.commitments.operations.deliveries import Reader
from services.commitments.providers import MAX_KEY, PROVIDERS, delivery_key
from services.commitments.tables import Integration
from tests.services.commitments.stories import STORIES

NOW = datetime(2025, 3, 3, tzinfo=UTC)
SECRETS = ["a-secret", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]
HEADERS = (
    *("content-type", "webhook-id", "webhook-timestamp", "webhook-signature", "ce-specversion"),
    *("ce-id", "ce-source", "ce-time", "x-github-delivery", "x-hub-signature", "x-gitlab-token"),
    *("x-glpi-timestamp", "x-zendesk-webhook-signature-timestamp", "x-pagerduty-signature"),
)
texts = st.text(max_size=8) | st.sampled_from(
    ["\0", "\ud800", "2025-03-03T01:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01", "1.0", "issue"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
headers = st.dictionaries(
    st.sampled_from(HEADERS),
    texts | st.sampled_from(["application/x-www-form-urlencoded", "v1,", "v1=x", "17"]),
    max_size=6,
)


@st.composite
def spoilt(draw: st.DrawFn, story: str) -> bytes:
    """A real payload of which one value, however deep, is something else."""
    payload: Any = STORIES[story].told("opened", 0)
    here = payload
    while True:
        name = draw(st.sampled_from(sorted(here)))
        if not isinstance(here[name], dict) or not here[name] or draw(st.booleans()):
            here[name] = draw(values)
            return json.dumps(payload).encode()
        here = here[name]


def reader(name: str) -> Reader:
    row = Integration(
        id="int_1",
        tenant="demo",
        name=name,
        provider=name,
        process="desk",
        mapping=dict(PROVIDERS[name].MAPPING),
        secrets=SECRETS,
        revision=1,
        created_at=NOW,
    )
    return Reader(row)


@pytest.mark.parametrize("name", PROVIDERS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_delivery_is_read_ignored_or_quarantined(name: str, data: st.DataObject) -> None:
    sent = data.draw(headers)
    bodies = st.binary(max_size=40) | values.map(lambda v: json.dumps(v).encode()) | spoilt(name)
    body = data.draw(bodies)
    provider = PROVIDERS[name]

    assert not provider.is_authentic(sent, body, SECRETS, NOW)
    key = delivery_key(provider, sent, body)
    read = reader(name).read(sent, body, key)

    assert 0 < len(key) <= MAX_KEY
    assert "\0" not in key
    assert read.status in ("processed", "ignored", "quarantined")
    assert (read.event is not None) is (read.status == "processed")
    assert bool(read.faults) is (read.status != "processed")
    # Whatever is told of a payload can be stored and sent.
    said = [read.case_key, *(f.value for f in read.faults)]
    assert all("\0" not in each and each.encode() for each in said if each)
