"""Advice over the sample: both thresholds, what it expects, and what its owner makes of it."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from functools import cache
from typing import Any

import httpx

from tests.builders import every_item
from tests.conftest import Provide
from tests.domain.commitments.incident_log import LOG
from tests.domain.commitments.incident_periods import Standing, read, standings
from tests.services.commitments.sample import load_sample

YEAR = {"from": "2016-01-01T00:00:00Z", "to": "2017-01-01T00:00:00Z"}
FIRST, LAST = datetime(2016, 1, 1), datetime(2026, 1, 1)  # noqa: DTZ001 - one zone throughout
NAMES = ("critical", "high", "moderate", "low")
CODES = [f"{node}-{name}" for node in ("accept", "resolve") for name in NAMES] + ["close"]


def code_of(one: Standing) -> str:
    """The promise of the sample that a run of the log was bound by."""
    return "close" if one.node == "close" else f"{one.node}-{NAMES[int(one.priority) - 1]}"


@cache
def completed(code: str, level: str = "run") -> list[Standing]:
    """The completed runs, or legs of them, that a promise was about, straight from the rows."""
    return [
        one
        for one in standings(read(LOG), FIRST, LAST, LAST)
        if one.level == level and one.state.startswith("completed") and code_of(one) == code
    ]


async def test_advice_follows_both_thresholds_and_expects_what_a_recount_finds(
    service: Provide,
) -> None:
    """One load: loading takes most of the time."""
    async with service("commitments") as commitments, commitments.client() as client:
        await load_sample(commitments)
        read = await every_item(client, "/v1/advice", **YEAR, limit="1")
        kept = await commitments.rows("SELECT id FROM advice")
        body = {"process": "incident", "period_from": YEAR["from"], "period_to": YEAR["to"]}
        made = await client.post("/v1/advice", json=body)
        assert made.status_code == 201, made.text
        items = await every_item(client, "/v1/advice", **YEAR)
        _agrees_with_a_recount(items)
        assert ([item["id"] for item in read], kept) == ([item["id"] for item in items], [])
        assert {item["revision"] for item in read} == {0}
        assert made.json()["items"] == items
        await _accepted_becomes_a_draft(client, items)
        await _another_is_changed(client, items)
        await _thresholds_are_the_tenants_own(client)
        async with commitments.client("demo", "viewer") as viewer:
            path = f"/v1/advice/{items[0]['id']}/decline"
            refused = await viewer.post(path, json={"reason": "no"}, headers={"if-match": '"1"'})
        assert refused.status_code == 403


def _agrees_with_a_recount(items: list[Mapping[str, Any]]) -> None:
    advised = {item["promise"]: item for item in items if item["promise"] != "end-to-end"}
    expected = {}
    for code in CODES:
        runs = completed(code)
        rate = Fraction(sum(r.state == "completed_normal" for r in runs), max(len(runs), 1))
        if len(runs) >= 5 and (rate >= Fraction(9, 10) or rate < Fraction(1, 10)):
            expected[code] = ("tighten" if rate >= Fraction(9, 10) else "improve", len(runs), rate)
    assert {
        code: (item["kind"], item["completed"], Fraction(item["attainment_rate_exact"]))
        for code, item in advised.items()
    } == expected
    assert {item["kind"] for item in items} == {"tighten", "improve"}
    for code, item in advised.items():
        if item["kind"] == "tighten":
            _limit_is_supported(completed(code), item)
        else:
            _findings_are_those_of_the_rows(completed(code), item)


def _limit_is_supported(runs: list[Standing], item: Mapping[str, Any]) -> None:
    limit = item["proposed"]["commitment_seconds"]
    kept = sum(run.seconds <= limit for run in runs)
    assert item["proposed"]["expected_within"] == kept
    assert Fraction(item["proposed"]["expected_attainment_exact"]) == Fraction(kept, len(runs))
    assert Fraction(kept, len(runs)) >= Fraction(9, 10)
    assert Fraction(sum(r.seconds <= limit - 60 for r in runs), len(runs)) < Fraction(9, 10)
    assert limit < item["commitment_seconds"]


def _findings_are_those_of_the_rows(runs: list[Standing], item: Mapping[str, Any]) -> None:
    legs = completed(item["promise"], "leg")
    done = Counter(leg.department for leg in legs)
    kept = Counter(leg.department for leg in legs if leg.state == "completed_normal")
    found = item["findings"]["departments"]
    for group in found:
        name = group["name"]
        assert (group["completed"], group["completed_normal"]) == (done[name], kept[name])
    rates = sorted(Fraction(kept[name], done[name]) for name in done)
    assert [Fraction(g["completed_normal"], g["completed"]) for g in found] == rates[:5]
    limit = item["findings"]["limit_most_keep_seconds"]
    assert sum(run.seconds <= limit for run in runs) >= 0.9 * len(runs)


async def _accepted_becomes_a_draft(
    client: httpx.AsyncClient, items: list[Mapping[str, Any]]
) -> None:
    tight = next(item for item in items if item["kind"] == "tighten")
    path = f"/v1/advice/{tight['id']}"
    held = await client.get(path)
    assert (await client.post(f"{path}/accept", json={})).status_code == 428
    stale = await client.post(f"{path}/accept", json={}, headers={"if-match": '"99"'})
    assert stale.status_code == 412
    accepted = await client.post(
        f"{path}/accept", json={}, headers={"if-match": held.headers["etag"]}
    )
    assert accepted.status_code == 200, accepted.text
    assert accepted.json()["status"] == "accepted"
    draft = (await client.get(f"/v1/promises/{accepted.json()['drafted_promise_id']}")).json()
    assert (draft["code"], draft["version"], draft["status"]) == (tight["promise"], 2, "draft")
    assert draft["commitment_seconds"] == tight["proposed"]["commitment_seconds"]
    published = await client.post(f"/v1/promises/{draft['id']}/publish")
    assert published.status_code == 200, published.text
    again = await client.post(
        f"{path}/accept", json={}, headers={"if-match": accepted.headers["etag"]}
    )
    assert again.status_code == 409


async def _another_is_changed(client: httpx.AsyncClient, items: list[Mapping[str, Any]]) -> None:
    worst = next(item for item in items if item["promise"] == "close")
    path, match = f"/v1/advice/{worst['id']}", {"if-match": f'"{worst["revision"]}"'}
    backwards = {"commitment_seconds": 9, "tolerance_seconds": 8, "reason": "x"}
    refused = await client.post(f"{path}/change", json=backwards, headers=match)
    assert refused.status_code == 422
    limit = 130 * 3600
    changed = await client.post(
        f"{path}/change",
        json={"commitment_seconds": limit, "reason": "Nobody minds ten more hours"},
        headers=match,
    )
    assert changed.status_code == 200, changed.text
    kept = sum(run.seconds <= limit for run in completed("close"))
    assert changed.json()["status"] == "changed"
    assert changed.json()["proposed"]["expected_within"] == kept


async def _thresholds_are_the_tenants_own(client: httpx.AsyncClient) -> None:
    settings = await client.get("/v1/advice-settings")
    assert settings.json()["tighten_at"] == "0.90"
    match = {"if-match": settings.headers["etag"]}
    crossed = {"tighten_at": "0.5", "improve_below": "0.6"}
    refused = await client.patch("/v1/advice-settings", json=crossed, headers=match)
    assert refused.json()["errors"][0]["pointer"] == "#/improve_below"
    changed = await client.patch(
        "/v1/advice-settings", json={"improve_below": "0.40"}, headers=match
    )
    assert changed.status_code == 200, changed.text
    period = {"from": "2016-02-01T00:00:00Z", "to": "2017-01-01T00:00:00Z"}
    body = {"process": "incident", "period_from": period["from"], "period_to": period["to"]}
    assert (await client.post("/v1/advice", json=body)).status_code == 201
    items = await every_item(client, "/v1/advice", **period, kind="improve")
    assert all(item["attainment_rate"] < 0.4 for item in items)
    assert any(item["attainment_rate"] >= 0.1 for item in items)
    await _one_is_declined(client, items[0])


async def _one_is_declined(client: httpx.AsyncClient, rest: Mapping[str, Any]) -> None:
    unreasoned = await client.post(f"/v1/advice/{rest['id']}/decline", json={})
    assert unreasoned.status_code == 422
    declined = await client.post(
        f"/v1/advice/{rest['id']}/decline",
        json={"reason": "The quarter had a strike"},
        headers={"if-match": f'"{rest["revision"]}"'},
    )
    assert (declined.json()["status"], declined.json()["proposed"]) == (
        "declined",
        rest["proposed"],
    )
