"""The blame split over the sample's broken cases sums to the excess, case by case and in all."""

import os
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.builders import every_item
from tests.conftest import Provide, ServiceUnderTest
from tests.domain.commitments.incident_log import LOG
from tests.domain.commitments.incident_periods import WHOLE_CASE, read, standings
from tests.services.commitments.sample import load_sample

FIRST, LAST = datetime(2016, 1, 1), datetime(2026, 1, 1)  # noqa: DTZ001 - one zone throughout
LIMIT = WHOLE_CASE[0] * 3600


async def test_the_shares_of_every_broken_case_sum_to_its_excess(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await load_sample(commitments)
        rows = await every_item(client, "/v1/status-table", level="case")
        late = [row for row in rows if row["running_seconds"] > LIMIT]
        totals = await _every_case_agrees(client, [row["case_id"] for row in late])
        whole = (await client.get("/v1/blame?process=incident")).json()
        march = (await client.get("/v1/blame?from=2016-03-01&to=2016-03-20")).json()
        then = {"as_of": "2016-03-20T00:00:00Z"}
        known = (await client.get("/v1/blame", params=then)).json()
        known_rows = await every_item(client, "/v1/status-table", level="case", **then)
        by_department = (await client.get("/v1/blame?group_by=department")).json()
        missing = await client.get("/v1/cases/cas_nowhere/blame")
        wrong = await client.get("/v1/blame?from=2016-03-02&to=2016-03-01")
        await _copies_add_up_to_the_microsecond(commitments, client, whole)
    found = [one for one in standings(read(LOG), FIRST, LAST, LAST) if one.level == "case"]
    excess = sum(max(one.seconds - LIMIT, 0) for one in found)
    assert len(late) == sum(one.seconds > LIMIT for one in found) > 20
    assert whole["cases"] == len(late)
    assert whole["excess_seconds"] == pytest.approx(excess)
    assert {(i["kind"], i["node"]): i["excess_microseconds"] for i in whole["items"]} == totals
    assert by_department["excess_microseconds"] == whole["excess_microseconds"]
    assert 0 < march["excess_microseconds"] < whole["excess_microseconds"]
    known_late = [r for r in known_rows if r["finished_at"] and r["running_seconds"] > LIMIT]
    assert 0 < known["cases"] == len(known_late) < whole["cases"]
    assert missing.status_code == 404
    assert wrong.json()["errors"][0]["parameter"] == "to"


async def _copies_add_up_to_the_microsecond(
    commitments: ServiceUnderTest, client: httpx.AsyncClient, once: Mapping[str, Any]
) -> None:
    """Many more broken cases than are held at once; `SEE_BLAME_COPIES` says how many of each."""
    copies = int(os.environ.get("SEE_BLAME_COPIES", "34"))
    await commitments.rows(_COPY, copies - 1)
    every = (await client.get("/v1/blame?process=incident")).json()
    assert every["cases"] == copies * once["cases"] > 5000
    assert every["excess_microseconds"] == copies * once["excess_microseconds"]
    assert _totals(every) == {
        key: (copies * excess, copies * cases) for key, (excess, cases) in _totals(once).items()
    }


_COPY = """
    WITH late AS (
        SELECT case_id FROM clock_version WHERE level = 'case' AND valid_until IS NULL
        AND finished_at > commitment_due_at
    ), cases AS (
        INSERT INTO service_case SELECT copied.* FROM generate_series(1, $1::int) AS number,
            service_case AS c, jsonb_populate_record(c, jsonb_build_object(
                'id', c.id || number, 'key', c.key || '/' || number)) AS copied
        WHERE c.id IN (SELECT case_id FROM late)
    )
    INSERT INTO clock_version SELECT copied.* FROM generate_series(1, $1::int) AS number,
        clock_version AS c, jsonb_populate_record(c, jsonb_build_object(
            'id', c.id || number, 'case_id', c.case_id || number)) AS copied
    WHERE c.level <> 'leg' AND c.case_id IN (SELECT case_id FROM late)"""


def _totals(answer: Mapping[str, Any]) -> dict[tuple[str, str | None], tuple[int, int]]:
    return {
        (item["kind"], item["node"]): (item["excess_microseconds"], item["cases"])
        for item in answer["items"]
    }


async def _every_case_agrees(
    client: httpx.AsyncClient, case_ids: list[str]
) -> dict[tuple[str, str | None], int]:
    totals: Counter[tuple[str, str | None]] = Counter()
    for case_id in case_ids:
        for item in (await client.get(f"/v1/cases/{case_id}/blame")).json()["items"]:
            shares = item["shares"]
            assert sum(s["excess_microseconds"] for s in shares) == item["excess_microseconds"]
            assert sum(s["used_seconds"] for s in shares) == pytest.approx(item["running_seconds"])
            assert item["excess_seconds"] == pytest.approx(
                max(item["running_seconds"] - item["limit_seconds"], 0)
            )
            for share in shares:
                totals[share["kind"], share["node"]] += share["excess_microseconds"]
    return {key: excess for key, excess in totals.items() if excess}
