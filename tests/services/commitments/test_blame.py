"""The blame split over the sample's broken cases sums to the excess, case by case and in all."""

from collections import Counter
from datetime import datetime

import httpx
import pytest

from tests.builders import every_item
from tests.conftest import Provide
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
        by_department = (await client.get("/v1/blame?group_by=department")).json()
        missing = await client.get("/v1/cases/cas_nowhere/blame")
        wrong = await client.get("/v1/blame?from=2016-03-02&to=2016-03-01")
    found = [one for one in standings(read(LOG), FIRST, LAST, LAST) if one.level == "case"]
    excess = sum(max(one.seconds - LIMIT, 0) for one in found)
    assert len(late) == sum(one.seconds > LIMIT for one in found) > 20
    assert whole["cases"] == len(late)
    assert whole["excess_seconds"] == pytest.approx(excess)
    assert {(i["kind"], i["node"]): i["excess_microseconds"] for i in whole["items"]} == totals
    assert by_department["excess_microseconds"] == whole["excess_microseconds"]
    assert 0 < march["excess_microseconds"] < whole["excess_microseconds"]
    assert missing.status_code == 404
    assert wrong.json()["errors"][0]["parameter"] == "to"


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
