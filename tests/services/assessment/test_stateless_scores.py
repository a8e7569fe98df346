"""Scores without an assessment: quick mode, standards with their targets, facts, every model."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.assessment.app import create_app
from services.assessment.catalogue import read_yaml, shipped
from services.assessment.domain.scoring import score
from services.assessment.domain.seal import score_hash
from services.assessment.settings import Settings
from shared.identity import Principal, Signer
from tests.conftest import Provide, ServiceUnderTest
from tests.domain.assessment.plain_scorer import CELLS, ENABLERS, RESULTS

SEE_CMM = "/v1/models/see-cmm/scores"
FIXTURES = Path(__file__).parents[2] / "fixtures" / "models"
QUICK = dict(zip((*ENABLERS, *RESULTS), (2, 2, 3, 3, 1, 2, 2, 3), strict=True))


@pytest.fixture
async def viewer(keys: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of the service while its database is away: shipped models need none."""
    away, key = "postgresql://127.0.0.1:1/see_assessment", keys / "internal.pub.pem"
    app = create_app(Settings(database_url=away, internal_public_key_file=key))
    caller = Principal("ann", "demo", frozenset({"viewer"}))
    token = Signer.from_file(keys / "internal.pem").token(caller, "assessment")
    told, transport = {"authorization": f"Bearer {token}"}, httpx.ASGITransport(app)
    async with app.router.lifespan_context(app):
        yield httpx.AsyncClient(transport=transport, base_url="http://service", headers=told)


@pytest.fixture
async def assessment(service: Provide) -> AsyncIterator[ServiceUnderTest]:
    async with service("assessment") as started:
        yield started


async def test_eight_direct_ratings_are_an_opinion_with_a_total(viewer: httpx.AsyncClient) -> None:
    body = (await viewer.post(SEE_CMM, json={"ratings": QUICK, "mode": "quick"})).json()

    # E = (1 + 1 + 2 + 2 + 0) / 15, R = (1 + 1 + 2) / 9
    assert body["total"]["exact"] == "19/45"
    assert body["mode"] == "quick"
    assert "opinion" in body["label"]["en"]
    assert "意见" in body["label"]["zh"]
    attained = {item["id"]: item["attained"] for item in body["items"]}
    assert {criterion: attained[criterion] for criterion in QUICK} == QUICK


async def test_in_quick_mode_cells_are_not_rated_and_otherwise_criteria_are_not(
    viewer: httpx.AsyncClient,
) -> None:
    cell = {"ratings": {"leadership.deployed": 2}, "mode": "quick"}
    criterion = {"ratings": {"leadership": 2}}

    for body, pointer in ((cell, "leadership.deployed"), (criterion, "leadership")):
        answer = await viewer.post(SEE_CMM, json=body)
        assert answer.status_code == 422
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
            (f"#/ratings/{pointer}", "not_a_cell")
        ]


async def test_a_model_without_criteria_over_cells_has_no_quick_mode(
    viewer: httpx.AsyncClient,
) -> None:
    answer = await viewer.post(
        "/v1/models/gbt-19580-2012/scores", json={"ratings": {"nobody": 1}, "mode": "quick"}
    )

    assert {each["code"] for each in answer.json()["errors"]} == {"no_quick_mode", "unknown_item"}


async def test_a_standard_brings_its_target_profile_unless_one_is_given(
    viewer: httpx.AsyncClient,
) -> None:
    ratings = dict.fromkeys(CELLS, 2)

    own = (await viewer.post(SEE_CMM, json={"ratings": ratings, "standard": "SEE-CMM-SO"})).json()
    given = (
        await viewer.post(SEE_CMM, json={"ratings": ratings, "standard": "SEE-CMM-SO", "target": 2})
    ).json()
    none = (await viewer.post(SEE_CMM, json={"ratings": ratings, "standard": "SEE-CMM-SM"})).json()

    assert own["percent_to_target"]["exact"] == "1/2"
    assert len(own["gaps"]) == 30
    assert given["percent_to_target"]["exact"] == "1"
    assert none["percent_to_target"] is None


async def test_an_unknown_standard_and_other_faults_come_in_one_answer(
    viewer: httpx.AsyncClient,
) -> None:
    body = {
        "ratings": {"leadership.deployed": 9},
        "standard": "SEE-CMM-XX",
        "target": {"enablers": 7},
        "facts": {"nobody": {}, "leadership.deployed": {"periods": -1}},
    }

    answer = await viewer.post(SEE_CMM, json=body)

    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == {
        ("#/standard", "unknown_standard"),
        ("#/ratings/leadership.deployed", "outside_scale"),
        ("#/target/enablers", "outside_scale"),
        ("#/facts/nobody", "unknown_item"),
        ("#/facts/leadership.deployed/periods", "wrong_type"),
    }


async def test_warnings_about_evidence_are_given_once_its_facts_are(
    viewer: httpx.AsyncClient,
) -> None:
    ratings = {f"business_impact.{a}": 3 for a in ("trend", "target", "comparison", "cause")}
    facts = {"business_impact.trend": {"periods": 3}}

    without = (await viewer.post(SEE_CMM, json={"ratings": ratings})).json()
    against = (await viewer.post(SEE_CMM, json={"ratings": ratings, "facts": facts})).json()

    assert without["warnings"] == []
    assert [(w["code"], w["item"]) for w in against["warnings"]] == [
        ("comparison_without_comparator", "business_impact.comparison"),
        ("cause_without_enabler", "business_impact.cause"),
    ]


async def test_the_score_hash_is_that_of_the_domain(viewer: httpx.AsyncClient) -> None:
    ratings = dict.fromkeys(CELLS, 3)

    body = (await viewer.post(SEE_CMM, json={"ratings": ratings})).json()

    assert body["score_hash"] == score_hash(score(shipped()["see-cmm"], ratings))


@pytest.mark.parametrize("code", sorted(shipped()))
async def test_every_shipped_model_is_scored_from_end_to_end_of_its_scales(
    viewer: httpx.AsyncClient, code: str
) -> None:
    for end, exact in ((min, "0"), (max, "1")):
        ratings = {cell: end(scale.values) for cell, scale in shipped()[code].cells.items()}
        body = (await viewer.post(f"/v1/models/{code}/scores", json={"ratings": ratings})).json()
        assert body["total"]["exact"] == exact
        assert body["trace"][-1]["item"] == shipped()[code].root.id


@pytest.mark.parametrize(
    ("name", "raised", "total", "attained"),
    [
        ("staged", {"maturity": 3}, "1", 5),
        ("matrix", {"satisfaction": 100, "design": 3, "control": 3, "people": 3}, "1", 3),
        ("deduction", {}, None, None),
        ("capped", {"service": 4, "access": 2, "incidents": 4, "supply": 4}, "3/5", 2),
    ],
)
async def test_an_uploaded_model_of_every_kind_is_scored_by_the_same_engine(
    assessment: ServiceUnderTest, name: str, raised: Any, total: str | None, attained: int | None
) -> None:
    client = assessment.client("demo", "lead_assessor")
    content = (FIXTURES / f"{name}.yaml").read_bytes()
    headers = {"content-type": "application/yaml"}
    uploaded = await client.post("/v1/models", content=content, headers=headers)
    assert uploaded.status_code == 201, uploaded.text
    model = (await client.get(f"/v1/models/{name}")).json()
    document: Any = read_yaml(content)
    assert model["root"]["aggregation"] == document["root"].get("aggregation", "weighted_mean")
    cells = {"maturity": cells_of(model["root"])}
    ratings = {cell: level for item, level in raised.items() for cell in cells.get(item, [item])}

    body = (await client.post(f"/v1/models/{name}/scores", json={"ratings": ratings})).json()

    assert (body["total"] and body["total"]["exact"]) == total
    assert (body["total"] and body["total"]["attained"]) == attained
    assert (body["interval"]["low"]["exact"], body["coverage"]["rated"]) == (
        total or "0",
        len(ratings),
    )


def cells_of(item: Any) -> list[str]:
    return [c for child in item["children"] for c in cells_of(child)] or [item["id"]]


async def test_every_language_is_told_the_same_numbers(viewer: httpx.AsyncClient) -> None:
    body = {"ratings": dict.fromkeys(CELLS, 2) | {CELLS[0]: None}, "target": 3}

    zh, en = [
        await viewer.post(SEE_CMM, json=body, headers={"accept-language": language})
        for language in ("zh-CN", "en")
    ]

    assert zh.status_code == 200
    assert zh.content == en.content
