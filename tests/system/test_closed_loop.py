"""From ticket events to node states, attainment, a KPI reading and a report, end to end."""

import io
from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from tests.builders import every_item, until
from tests.domain.commitments.incident_log import LOG
from tests.domain.commitments.incident_recount import recount
from tests.system.conftest import PlatformUnderTest


def test_a_first_start_says_where_everything_is(platform: PlatformUnderTest) -> None:
    said = "\n".join(platform.printed)
    assert "4137 events accepted" in said
    assert f"{platform.url}/docs" in said
    assert f"{platform.url}/v1/reports/" in said
    assert "make token TENANT=demo ROLE=administrator" in said


async def test_node_runs_and_attainment_of_the_sample_equal_a_recount(
    demo: httpx.AsyncClient,
) -> None:
    expected = recount(LOG)
    runs = await every_item(demo, "/v1/node-runs")
    report = (await demo.get("/v1/attainment")).json()
    rates = {item["group"]["node"]: item["attainment_rate_exact"] for item in report["items"]}
    assert sorted((r["case_key"], r["node"], r["visit"], r["state"]) for r in runs) == sorted(
        (r.number, r.node, r.visit, r.state) for r in expected
    )
    assert rates == {"accept": "209/600", "close": "3/599", "resolve": "231/304"}


async def test_attainment_reaches_the_kpi_and_the_evidence_by_event(
    demo: httpx.AsyncClient,
) -> None:
    march = "/v1/attainment?node=resolve&from=2016-03-01&to=2016-04-01"
    (attained,) = (await demo.get(march)).json()["items"]
    readings = (await demo.get("/v1/kpis/resolve-on-time/readings")).json()["items"]
    (reading,) = [each for each in readings if each["period"] == "2016-03"]
    evidence = await every_item(demo, "/v1/live-evidence", series="resolve-on-time")
    assert reading["numerator"] == attained["counts"]["completed_normal"]
    assert reading["denominator"] == attained["completed"]
    assert {(e["period"], e["value"]) for e in evidence} == {
        (each["period"], each["value"]) for each in readings
    }


async def test_the_reports_of_the_first_start_tell_of_every_run(demo: httpx.AsyncClient) -> None:
    jobs = (await demo.get("/v1/reports")).json()["items"]
    first = sorted(jobs, key=lambda job: job["created_at"])[:2]
    nodes = [
        (await demo.get(f"/v1/reports/{job['id']}/files/json")).json()["nodes"] for job in first
    ]
    assert {job["language"] for job in first} == {"zh", "en"}
    told = [each["total"]["counts"]["completed"] for each in nodes]
    assert told == [1807, 1807]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_report_can_be_asked_for_and_read(demo: httpx.AsyncClient, language: str) -> None:
    finished = await _report(demo, language)
    pdf = (await demo.get(f"/v1/reports/{finished['id']}/files/pdf")).content
    html = (await demo.get(f"/v1/reports/{finished['id']}/files/html")).text
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert {each["format"] for each in finished["files"]} >= {"pdf", "html", "json"}
    assert "Group 70" in text
    assert "34.8" in text
    assert "34.8" in html
    assert ("示范公司" if language == "zh" else "Demo Company") in text
    assert "<svg" in html


async def test_the_score_of_the_published_example_is_exact(demo: httpx.AsyncClient) -> None:
    enablers = {
        "leadership": (3, 2, 1),
        "policy_strategy": (2, 2, 2),
        "people_development": (4, 3, 2),
        "activity_management": (3, 3, 3),
        "knowledge_innovation": (1, 1, 1),
    }
    results = {
        "customer_channel_experience": (2, 3, 1, 1, 2),
        "employee_supplier_productivity": (3, 3, 2, 2, 2),
        "business_impact": (4, 4, 3, 2, 1),
    }
    attributes = (
        ("planned_approach", "deployed", "feedback_mechanism"),
        ("trend", "target", "comparison", "cause", "scope"),
    )
    blocks: list[dict[str, tuple[int, ...]]] = [{**enablers}, {**results}]
    ratings = {
        f"{criterion}.{attribute}": level
        for block, names in zip(blocks, attributes, strict=True)
        for criterion, levels in block.items()
        for attribute, level in zip(names, levels, strict=True)
    }
    answer = await demo.post("/v1/models/see-cmm/scores", json={"ratings": ratings})
    total = answer.json()["total"]
    assert (total["exact"], total["points"], total["index"]) == ("19/45", 422.2222, 2.2667)


async def test_a_second_tenant_sees_nothing_of_the_first(platform: PlatformUnderTest) -> None:
    lists = ("cases", "node-runs", "deliveries", "kpis", "organisation-units", "reports")
    async with platform.client("platform") as operator:
        name = {"zh": "另一家", "en": "Another"}
        await operator.post("/v1/tenants", json={"code": "another", "name": name})
    async with platform.client("another") as other, platform.client() as demo:
        seen = {path: (await other.get(f"/v1/{path}")).json()["items"] for path in lists}
        own = {path: (await demo.get(f"/v1/{path}")).json()["items"] for path in lists}
        attainment = (await other.get("/v1/attainment")).json()["items"]
        report = await other.get(f"/v1/reports/{own['reports'][0]['id']}")
    assert all(own.values())
    assert not any(seen.values())
    assert attainment == []
    assert report.status_code == 404


async def test_an_unknown_tenant_is_named_in_the_problem(platform: PlatformUnderTest) -> None:
    async with platform.client("nowhere") as stranger:
        answer = await stranger.get("/v1/cases", headers={"accept-language": "zh"})
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:see-platform:problem:unknown-tenant"
    assert answer.json()["errors"][0]["claim"] == "tenant"
    assert answer.json()["title"] == "未知的租户"


async def test_a_user_administered_through_the_api_gets_the_roles_given_there(
    platform: PlatformUnderTest, demo: httpx.AsyncClient
) -> None:
    new = {"subject": "viewer@demo", "name": "Li Na", "roles": ["strategy_owner"]}
    async with platform.client("demo", "viewer") as viewer:
        refused = await viewer.post("/v1/kpis", json={})
        await demo.post("/v1/users", json=new)

        async def is_let_in() -> bool:
            return (await viewer.post("/v1/kpis", json={})).status_code == 422

        await until(is_let_in, "the role given through the API counts", 70)
    assert refused.status_code == 403


async def _report(client: httpx.AsyncClient, language: str) -> dict[str, Any]:
    body = {"kind": "attainment", "process": "incident", "language": language}
    asked = await client.post("/v1/reports", json={**body, "from": "2016-02", "to": "2016-12"})
    assert asked.status_code == 202, asked.text

    async def finished() -> dict[str, Any] | None:
        job: dict[str, Any] = (await client.get(f"/v1/reports/{asked.json()['id']}")).json()
        assert job["status"] != "failed", job
        return job if job["status"] == "finished" else None

    answer: dict[str, Any] = await until(finished, "the report is finished", 90)
    return answer
