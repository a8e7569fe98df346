"""What the sample reads like: every figure against a recount straight from its rows."""

import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Any

import httpx
import pytest

from deploy.local.sample import incidents
from services.commitments.operations.deliveries import fold_pending
from services.commitments.operations.measures import measure_attainment
from tests.builders import every_item, incident_process
from tests.conftest import Provide, ServiceUnderTest
from tests.domain.commitments.incident_log import LOG
from tests.domain.commitments.incident_recount import Run, recount

NOW = datetime(2026, 1, 1, tzinfo=UTC)
COMPLETED = ("completed_normal", "completed_acceptable", "completed_warning")


@pytest.fixture(scope="module")
def recounted() -> list[Run]:
    return recount(LOG)


async def load(commitments: ServiceUnderTest, payloads: list[dict[str, str]], batch: int) -> None:
    async with commitments.client() as client:
        hook = await incident_process(client)
        await hook.push_all(client, payloads)
    while await fold_pending(commitments.store, batch, NOW, NOW - timedelta(hours=1)):
        pass


@pytest.fixture
async def loaded(service: Provide) -> AsyncIterator[tuple[ServiceUnderTest, httpx.AsyncClient]]:
    """The whole sample, shuffled and partly sent twice."""
    payloads = incidents.events()
    random.Random(7).shuffle(payloads)  # noqa: S311 - an order of arrival
    async with service("commitments") as commitments:
        await load(commitments, payloads + payloads[:500], batch=300)
        async with commitments.client() as client:
            yield commitments, client


async def test_the_sample_reads_as_its_rows_say(
    loaded: tuple[ServiceUnderTest, httpx.AsyncClient], recounted: list[Run]
) -> None:
    """One load serves many figures: loading takes most of the time."""
    commitments, client = loaded
    await _every_run_agrees(client, recounted)
    await _attainment_of_the_nodes_agrees(client, recounted)
    await _attainment_of_departments_counts_legs(client, recounted)
    await _attainment_of_months_agrees(client, recounted)
    await _an_earlier_instant_reads_as_if_nothing_had_followed(commitments, client)
    await _what_is_published_agrees(commitments, recounted)
    await _a_list_can_be_sorted_by_what_is_due(client)
    await _wrong_questions_are_refused(client)


async def _every_run_agrees(client: httpx.AsyncClient, recounted: list[Run]) -> None:
    runs = await every_item(client, "/v1/node-runs")
    assert len(await every_item(client, "/v1/cases")) == 600
    assert sorted(
        (r["case_key"], r["node"], r["visit"], r["running_seconds"], r["state"]) for r in runs
    ) == sorted((r.number, r.node, r.visit, r.seconds, r.state) for r in recounted)
    warned = await every_item(client, "/v1/node-runs", state="completed_warning", node="accept")
    assert len(warned) == sum(
        r.node == "accept" and r.state == "completed_warning" for r in recounted
    )


async def _attainment_of_the_nodes_agrees(client: httpx.AsyncClient, recounted: list[Run]) -> None:
    report = (await client.get("/v1/attainment")).json()
    assert report["counted"] == "runs"
    assert {item["group"]["node"] for item in report["items"]} == {"accept", "resolve", "close"}
    for item in report["items"]:
        mine = [run for run in recounted if run.node == item["group"]["node"]]
        counts = Counter(run.state for run in mine)
        times = sorted(run.seconds for run in mine if run.state != "cancelled")
        assert {state: n for state, n in item["counts"].items() if n} == dict(counts)
        completed = sum(counts[state] for state in COMPLETED)
        assert item["completed"] == completed
        assert item["attainment_rate"] == pytest.approx(counts["completed_normal"] / completed)
        centiles = quantiles(times, n=100, method="inclusive")
        assert item["running_seconds"]["median"] == pytest.approx(centiles[49])
        assert item["running_seconds"]["p95"] == pytest.approx(centiles[94])


async def _attainment_of_departments_counts_legs(
    client: httpx.AsyncClient, recounted: list[Run]
) -> None:
    report = (await client.get("/v1/attainment?group_by=node,department")).json()
    found = {
        (item["group"]["node"], item["group"]["department"]): {
            state: n for state, n in item["counts"].items() if n
        }
        for item in report["items"]
    }
    expected: dict[tuple[str, str | None], Counter[str]] = defaultdict(Counter)
    for run in recounted:
        for leg in run.legs:
            expected[run.node, None if leg.group == "?" else leg.group][leg.state] += 1
    assert report["counted"] == "legs"
    assert found == {key: dict(counts) for key, counts in expected.items()}


async def _attainment_of_months_agrees(client: httpx.AsyncClient, recounted: list[Run]) -> None:
    report = (await client.get("/v1/attainment?group_by=node,period")).json()
    found = {
        (item["group"]["node"], item["group"]["period"]): item["completed"]
        for item in report["items"]
        if item["completed"]
    }
    expected = Counter(
        (run.node, run.end.strftime("%Y-%m")) for run in recounted if run.state != "cancelled"
    )
    assert found == dict(expected)
    march = (await client.get("/v1/attainment?from=2016-03-01&to=2016-04-01&node=resolve")).json()[
        "items"
    ][0]
    assert march["completed"] == expected["resolve", "2016-03"]
    shares = march["state_shares"]
    assert shares["normal"] + shares["acceptable"] + shares["warning"] == pytest.approx(1)


async def _an_earlier_instant_reads_as_if_nothing_had_followed(
    commitments: ServiceUnderTest, client: httpx.AsyncClient
) -> None:
    as_of = datetime(2016, 3, 5, 12, tzinfo=UTC)
    there = await every_item(client, "/v1/node-runs", as_of=as_of.isoformat())
    before = [
        row
        for row in incidents.events()
        if datetime.strptime(row["sys_updated_at"], "%d-%m-%Y %H:%M").replace(tzinfo=UTC) <= as_of
    ]
    async with commitments.client("early") as early:
        hook = await incident_process(early)
        await hook.push_all(early, before)
        while await fold_pending(commitments.store, 500, NOW, NOW):
            pass
        alone = await every_item(early, "/v1/node-runs", as_of=as_of.isoformat())
    assert len(alone) > 500
    assert _without_ids(there) == _without_ids(alone)
    assert {run["state"] for run in there} >= {"running_normal", "running_warning"}


def _without_ids(runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    plain = [{k: v for k, v in run.items() if k not in ("id", "case_id")} for run in runs]
    return sorted(plain, key=lambda run: (run["case_key"], run["node"], run["visit"]))


async def _what_is_published_agrees(commitments: ServiceUnderTest, recounted: list[Run]) -> None:
    while await measure_attainment(commitments.store, NOW):
        pass
    rows = await commitments.rows(
        """SELECT node, sum(completed_normal), sum(completed_acceptable), sum(completed_warning)
           FROM attainment_measure WHERE tenant = 'demo' AND level = 'run' GROUP BY node"""
    )
    expected = {
        node: [
            sum(run.node == node and run.state == state for run in recounted) for state in COMPLETED
        ]
        for node in ("accept", "resolve", "close")
    }
    assert {row[0]: list(row)[1:] for row in rows} == expected


async def _a_list_can_be_sorted_by_what_is_due(client: httpx.AsyncClient) -> None:
    for sort, descending in (("due_at", False), ("-due_at", True)):
        runs = await every_item(client, "/v1/node-runs", sort=sort, node="resolve")
        due = [run["commitment_due_at"] for run in runs]
        assert len(runs) == 608
        assert due == sorted(due, reverse=descending)


async def _wrong_questions_are_refused(client: httpx.AsyncClient) -> None:
    wrong = {
        "/v1/attainment?group_by=node,colour": "group_by",
        "/v1/attainment?from=2016-13-01": "from",
        "/v1/attainment?from=2016-03-01&to=2016-02-01": "to",
        "/v1/node-runs?as_of=2016-03-01T00:00:00": "as_of",
        "/v1/node-runs?as_of=yesterday": "as_of",
        "/v1/node-runs?state=late": "state",
        "/v1/node-runs?sort=colour": "sort",
        "/v1/attainment?group_by=period&from=0001-01-01": "from",
    }
    for path, parameter in wrong.items():
        answer = await client.get(path)
        assert answer.status_code == 422, (path, answer.text)
        assert answer.json()["errors"][0]["parameter"] == parameter
    assert (await client.get("/v1/cases/cas_nowhere")).status_code == 404
