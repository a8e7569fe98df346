"""Sealed results over the API: compared, over periods, and as a distribution."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.services.assessment.assessors import CELLS, People, everything

COMPARE = "/v1/assessments/comparisons"
TREND = "/v1/assessments/trends"
DESK = {"unit_kind": "organisation_unit", "unit": "service-desk"}


async def seal(
    people: People,
    level: int,
    unit: str = "service-desk",
    kind: str = "organisation_unit",
    **other: Any,
) -> str:
    """The id of a sealed assessment of that unit, with this level in every cell.

    Its way through rating, consensus and review is walked once in other tests; here the rows are
    written as that way leaves them.
    """
    path = await people.drafted("ann", unit={"kind": kind, "code": unit}, **other)
    id_ = path.rpartition("/")[2]
    await people.service.rows(
        """INSERT INTO decision (tenant, assessment, cell, value, rationale, evidence,
               decided_by, decided_at, salt, revision)
           SELECT 'demo', $1, cell, $2, 'as proven', '[]', 'lea', now(), 'salt', 1
           FROM unnest($3::text[]) AS cell""",
        id_,
        level,
        CELLS,
    )
    await people.service.rows(
        """UPDATE assessment SET status = 'sealed', consensus_opened_at = now(),
               sealed_at = clock_timestamp() WHERE id = $1""",
        id_,
    )
    return id_


async def get(people: People, path: str, query: Mapping[str, Any]) -> httpx.Response:
    async with people("vic") as vic:
        return await vic.get(path, params=query)


async def test_sealed_results_are_set_off_the_first(people: People) -> None:
    first = (await people.sealed(everything(2))).rpartition("/")[2]
    second = await seal(people, 3, "branch")

    told = (await get(people, COMPARE, {"assessments": [first, second]})).json()

    assert [each["total"]["exact"] for each in told["results"]] == ["1/3", "2/3"]
    assert [each["attained"] for each in told["results"]] == [2, 3]
    (change,) = told["differences"]
    assert change["assessment"] == second
    by_item = {each["item"]: each["exact"] for each in change["items"]}
    assert by_item["total"] == by_item["leadership"] == "1/3"


async def test_what_does_not_compare_is_refused_with_every_reason(people: People) -> None:
    first = await seal(people, 2)
    draft = (await people.drafted("ann")).rpartition("/")[2]
    quick = await seal(people, 2, mode="quick")

    answer = await get(people, COMPARE, {"assessments": [first, draft, quick]})

    assert answer.status_code == 409
    assert {each["code"] for each in answer.json()["errors"]} == {
        "not_sealed",
        "other_mode",
        "other_scope",
    }
    for ids in ([first], [first, "asm_none"]):
        answer = await get(people, COMPARE, {"assessments": ids})
        assert answer.status_code in (404, 422)


async def test_a_trend_runs_by_period_from_its_baseline(people: People) -> None:
    for period, level in (("2026", 3), ("2024", 1), ("2025", 4)):
        await seal(people, level, period=period)
    quick = await seal(people, 4, period="2027", mode="quick")
    await seal(people, 4, "other-desk", period="2023")

    told = (await get(people, TREND, DESK)).json()

    assert [each["period"] for each in told["results"]] == ["2024", "2025", "2026"]
    totals = [_total(each) for each in (*told["changes"], told["since_baseline"])]
    assert totals == ["1", "-1/3", "2/3"]
    assert {each["assessment"] for each in told["left_out"]} == {quick}
    assert "other_mode" in {each["code"] for each in told["left_out"]}
    assert (await get(people, TREND, {**DESK, "unit": "none"})).status_code == 404


async def test_a_benchmark_is_refused_under_five_units_and_told_for_five(people: People) -> None:
    for number in range(4):
        await seal(people, 1 + number, f"unit-{number}")
    await seal(people, 1, "unit-0", period="2027")
    few = await get(people, "/v1/benchmarks", {})
    own = await seal(people, 4, "unit-4")
    told = await get(people, "/v1/benchmarks", {"own": own})

    assert few.status_code == 409
    assert few.json()["type"] == "urn:see-platform:problem:group-too-small"
    body = told.json()
    assert body["units"] == 5
    quartiles = [body[name]["exact"] for name in ("lower_quartile", "median", "upper_quartile")]
    assert quartiles == ["1/3", "2/3", "1"]
    assert body["median"]["points"] == 666.6667
    assert body["own"]["position"]["exact"] == "4/5"
    assert body["own"]["quarter"] == 4


async def test_a_benchmark_isolates_nobody_by_time_or_by_kind(people: People) -> None:
    for number in range(5):
        await seal(people, 2, f"unit-{number}")
    five = (await get(people, "/v1/benchmarks", {})).json()
    await seal(people, 4, "unit-5")
    await seal(people, 4, "process-0", "process")

    six = (await get(people, "/v1/benchmarks", {})).json()
    processes = await get(people, "/v1/benchmarks", {"unit_kind": "process"})
    units = await get(people, "/v1/benchmarks", {"unit_kind": "organisation_unit"})

    assert six == five
    assert processes.status_code == 409
    assert units.json()["units"] == 5


async def test_quick_and_partial_assessments_never_count_with_whole_ones(people: People) -> None:
    for number in range(4):
        await seal(people, 2, f"unit-{number}")
    await seal(people, 2, "unit-4", mode="quick")
    own = await seal(people, 2, "unit-5", mode="quick")

    assert (await get(people, "/v1/benchmarks", {})).status_code == 409
    await seal(people, 2, "unit-6")
    other = await get(people, "/v1/benchmarks", {"own": own})
    assert [each["parameter"] for each in other.json()["errors"]] == ["own"]


@pytest.mark.parametrize(
    ("path", "query", "parameter"),
    [
        (COMPARE, {}, "assessments"),
        (TREND, {"unit_kind": "planet", "unit": "x"}, "unit_kind"),
        ("/v1/benchmarks", {"mode": "loose"}, "mode"),
        ("/v1/benchmarks", {"unit_kind": "person"}, "unit_kind"),
        ("/v1/benchmarks", {"version": "0"}, "version"),
    ],
)
async def test_a_question_that_means_nothing_is_named(
    people: People, path: str, query: dict[str, str], parameter: str
) -> None:
    answer = await get(people, path, query)

    assert answer.status_code == 422
    assert [each["parameter"] for each in answer.json()["errors"]] == [parameter]


async def test_one_tenant_benchmarks_nothing_of_another(people: People) -> None:
    for number in range(5):
        await seal(people, 2, f"unit-{number}")

    assert (await get(People(people.service, "rival"), "/v1/benchmarks", {})).status_code == 409


def _total(change: Any) -> Any:
    return next(each["exact"] for each in change["items"] if each["item"] == "total")
