"""Agreement of raters over HTTP: a published table, every fault of a table, and no answer."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.assessment.app import create_app
from services.assessment.settings import Settings
from shared.identity import Principal, Signer
from tests.domain.assessment.test_agreement import FOUR_OBSERVERS

AGREEMENT = "/v1/statistics/agreement"


@pytest.fixture
async def viewer(keys: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of the service while its database is away: statistics need none."""
    away, key = "postgresql://127.0.0.1:1/see_assessment", keys / "internal.pub.pem"
    app = create_app(Settings(database_url=away, internal_public_key_file=key))
    caller = Principal("ann", "demo", frozenset({"viewer"}))
    token = Signer.from_file(keys / "internal.pem").token(caller, "assessment")
    told, transport = {"authorization": f"Bearer {token}"}, httpx.ASGITransport(app)
    async with app.router.lifespan_context(app):
        yield httpx.AsyncClient(transport=transport, base_url="http://service", headers=told)


@pytest.mark.parametrize(
    ("metric", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
async def test_the_published_table_reproduces_for_each_metric(
    viewer: httpx.AsyncClient, metric: str, published: float
) -> None:
    body = {"metric": metric, "ratings": FOUR_OBSERVERS, "seed": 7}

    answer = (await viewer.post(AGREEMENT, json=body)).json()

    assert answer["alpha"] == pytest.approx(published, abs=0.0005)
    assert answer["alphas"][metric] == answer["alpha"]
    assert answer["interval"]["low"] < answer["alpha"] < answer["interval"]["high"] <= 1
    assert (answer["interval"]["seed"], answer["interval"]["resamples"]) == (7, 1000)
    assert (answer["raters"], answer["units"], answer["ratings"]) == (4, 11, 40)
    assert (await viewer.post(AGREEMENT, json=body)).json() == answer


async def test_the_same_table_can_be_told_by_unit_by_rater_or_rating_by_rating(
    viewer: httpx.AsyncClient,
) -> None:
    single = [
        {"rater": f"r{rater}", "unit": f"u{unit}", "value": value}
        for rater, row in enumerate(FOUR_OBSERVERS)
        for unit, value in enumerate(row)
        if value is not None
    ]

    by_unit: dict[str, dict[str, int]] = {}
    for each in single:
        by_unit.setdefault(each["unit"], {})[each["rater"]] = each["value"]

    numbered = [{**each, "rater": int(each["rater"][1:])} for each in single]
    by_rater = dict(zip("ABCD", FOUR_OBSERVERS, strict=True))

    told = [
        (await viewer.post(AGREEMENT, json={"metric": "ordinal", "ratings": ratings})).json()
        for ratings in (FOUR_OBSERVERS, single, numbered, by_unit, by_rater)
    ]

    assert [each["alpha"] for each in told] == [0.8154] * 5


async def test_rows_of_units_and_objects_of_raters_are_told_by_name(
    viewer: httpx.AsyncClient,
) -> None:
    units = [list(column) for column in zip(*FOUR_OBSERVERS, strict=True)]
    raters = {
        name: {f"u{unit}": value for unit, value in enumerate(row)}
        for name, row in zip("ABCD", FOUR_OBSERVERS, strict=True)
    }
    told = [
        (await viewer.post(AGREEMENT, json={"ratings": ratings, "rows": side})).json()
        for ratings, side in (
            *((FOUR_OBSERVERS, "raters"), (units, "units"), (raters, "raters")),
            ({f"u{n}": row for n, row in enumerate(units)}, "units"),
        )
    ]

    assert [(each["alpha"], each["raters"], each["units"]) for each in told] == [
        (0.8154, 4, 11)
    ] * 4


async def test_no_variance_is_no_alpha_and_says_so(viewer: httpx.AsyncClient) -> None:
    answer = (await viewer.post(AGREEMENT, json={"ratings": [[2, 2], [2, 2]]})).json()

    assert (answer["alpha"], answer["interval"]) == (None, None)
    assert answer["reason"]["code"] == "no_variance"
    assert answer["reason"]["text"]["zh"]
    assert answer["percent_agreement"] == {"exact": "1", "value": 1.0}


@pytest.mark.parametrize(
    ("ratings", "faults"),
    [
        ("x", {("#/ratings", "wrong_type")}),
        ([[1, 2], [1]], {("#/ratings/1", "wrong_length")}),
        ([[1, True], [2, 10**400]], {(f"#/ratings/{p}", "wrong_value") for p in ("0/1", "1/1")}),
        ([[{}], [""]], {(f"#/ratings/{p}", "wrong_value") for p in ("0/0", "1/0")}),
        ([[1], 2], {("#/ratings/1", "wrong_type")}),
        ({"u": 1}, {("#/ratings/u", "wrong_type")}),
        ({"a": [1, 2], "b": [1]}, {("#/ratings/b", "wrong_length")}),
        ({"a": [1, 2], "b": {}}, {("#/ratings/b", "wrong_type")}),
        ({"u": {"a": []}}, {("#/ratings/u/a", "wrong_value")}),
        ([{"rater": "a"}], {("#/ratings/0", "wrong_type")}),
        ([{"rater": "a", "unit": "u", "value": 1}] * 2, {("#/ratings/1", "duplicate")}),
        ([[1] * 60_000] * 2, {("#/ratings", "too_many")}),
    ],
)  # fmt: skip
async def test_every_fault_of_a_table_is_listed(
    viewer: httpx.AsyncClient, ratings: Any, faults: set[tuple[str, str]]
) -> None:
    answer = await viewer.post(AGREEMENT, json={"ratings": ratings})

    assert answer.status_code == 422
    assert {(each["pointer"], each["code"]) for each in answer.json()["errors"]} == faults


@pytest.mark.parametrize(
    "wrong",
    [{"metric": "vibes"}, {"rows": "x"}, {"seed": -1}, {"resamples": 10**6}, {"confidence": 1}],
)
async def test_a_question_that_means_nothing_is_named(
    viewer: httpx.AsyncClient, wrong: dict[str, Any]
) -> None:
    answer = await viewer.post(AGREEMENT, json={"ratings": [[1, 2], [1, 2]], **wrong})

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [f"#/{next(iter(wrong))}"]
