"""Claims checked against printed and live series over HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from services.assessment.operations.live_evidence import keep_kpi_reading
from shared.contracts.event import Envelope
from shared.contracts.strategy import KpiReadingRecorded
from shared.ids import new_id
from tests.conftest import Provide, ServiceUnderTest

CHECK = "/v1/evidence/claims/check"
PRINTED = {"periods": ["2006", "2005", "2004"], "values": ["86.05", "80.26", "84.57"]}
CLAIM = {"trend": "rises", "target": "87"}


@pytest.fixture
async def assessment(service: Provide) -> AsyncIterator[ServiceUnderTest]:
    async with service("assessment") as started:
        yield started


@pytest.fixture
def client(assessment: ServiceUnderTest) -> httpx.AsyncClient:
    return assessment.client("demo", "viewer")


async def checked(client: httpx.AsyncClient, **body: Any) -> Any:
    answer = await client.post(CHECK, json={"claim": CLAIM, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_uncertain_print_is_checked_in_both_readings(client: httpx.AsyncClient) -> None:
    answer = await checked(client, printed=PRINTED, order="uncertain")

    assert answer["holds"] is False
    assert answer["certain_warnings"] == ["target_missed"]
    assert answer["possible_warnings"] == ["trend_broken"]
    read = {each["order"]: each for each in answer["readings"]}
    assert [each["value"] for each in read["by_position"]["series"]] == ["84.57", "80.26", "86.05"]
    assert [each["value"] for each in read["as_claimed"]["series"]] == ["80.26", "84.57", "86.05"]
    assert [each["code"] for each in read["as_claimed"]["warnings"]] == ["target_missed"]
    assert all(each["text"]["zh"] for each in read["by_position"]["warnings"])


async def test_years_and_values_may_be_printed_as_numbers(client: httpx.AsyncClient) -> None:
    numbers = {"periods": [2006, 2005, 2004], "values": [86.05, 80.26, 84.57]}

    read = [await checked(client, printed=each, order="uncertain") for each in (numbers, PRINTED)]

    assert read[0] == read[1]


async def test_whether_it_holds_is_open_where_the_readings_differ(
    client: httpx.AsyncClient,
) -> None:
    answer = await checked(client, claim={"trend": "rises"}, printed=PRINTED, order="uncertain")

    assert answer["holds"] is None


async def test_a_live_series_is_what_the_events_said(
    assessment: ServiceUnderTest, client: httpx.AsyncClient
) -> None:
    for period, value in (("2025-11", "84.57"), ("2025-12", "80.26"), ("2026-01", "86.05")):
        await arrives(assessment, period, value)
    live = {"source": "kpi", "series": "satisfaction"}

    whole = await checked(client, live=live)
    part = await checked(client, live={**live, "first_period": "2025-12"}, claim={"target": "86"})

    assert whole["certain_warnings"] == ["target_missed", "trend_broken"]
    assert part["holds"] is True
    missing = await client.post(
        CHECK, json={"claim": CLAIM, "live": {"source": "kpi", "series": "x"}}
    )
    assert missing.status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "one_series"),
        ({"printed": {"periods": ["2006"], "values": ["1", "2"]}}, "not_pairs"),
        ({"printed": {"periods": ["2006", "2006"], "values": ["1", "2"]}}, "period_twice"),
        ({"printed": {"periods": ["2006", "2006-01"], "values": ["1", "2"]}}, "mixed_periods"),
        ({"printed": {"periods": ["06"], "values": ["1"]}}, "string_pattern_mismatch"),
        ({"printed": {"periods": ["2006"], "values": ["NaN"]}}, "finite_number"),
        ({"claim": {}, "printed": PRINTED}, "nothing_claimed"),
        ({"live": {"source": "kpi", "series": "x"}, "order": "uncertain"}, "order_known"),
        ({"printed": PRINTED, "order": "sideways"}, "enum"),
    ],
)
async def test_a_question_that_means_nothing_is_refused_by_name(
    client: httpx.AsyncClient, body: dict[str, Any], code: str
) -> None:
    answer = await client.post(CHECK, json={"claim": CLAIM, **body})

    assert answer.status_code == 422
    assert [each["code"] for each in answer.json()["errors"]] == [code]


async def arrives(assessment: ServiceUnderTest, period: str, value: str) -> None:
    event = KpiReadingRecorded(
        kpi="satisfaction",
        name_zh="满意度",
        name_en="Satisfaction",
        unit="index",
        period=period,
        value=value,
        recorded_at=datetime(2026, 2, 1, tzinfo=UTC),
        revision=1,
    )
    envelope = Envelope(
        event_id=new_id("evt"),
        tenant="demo",
        subject=event.subject("demo"),
        recorded_at=event.recorded_at,
        attempt=1,
    )
    async with assessment.store.transaction("demo") as session:
        await keep_kpi_reading(session, event, envelope)
