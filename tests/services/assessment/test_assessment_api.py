"""The assessment service over HTTP, and the evidence it keeps from events."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.assessment.app import create_app
from services.assessment.settings import Settings
from services.assessment.subscriptions import HANDLERS
from shared.bus import Bus
from shared.contracts.commitments import AttainmentMeasured
from shared.contracts.event import Event
from shared.contracts.strategy import KpiReadingRecorded
from shared.identity import Principal, Signer
from shared.ids import new_id
from shared.inbox import Inbox, Received
from tests.conftest import Provide, ServiceUnderTest

VECTORS = json.loads(
    (Path(__file__).parents[2] / "fixtures/vectors/see_cmm_scoring.json").read_text("utf-8")
)
ATTRIBUTES = {
    "enablers": ("planned_approach", "deployed", "feedback_mechanism"),
    "results": ("trend", "target", "comparison", "cause", "scope"),
}
V1 = {
    f"{criterion}.{attribute}": level
    for block, attributes in ATTRIBUTES.items()
    for criterion, levels in VECTORS["V1"][block].items()
    for attribute, level in zip(attributes, levels, strict=True)
}
SCORES = "/v1/models/see-cmm/scores"
CELL = "leadership.deployed"


@pytest.fixture
async def assessment(service: Provide) -> AsyncIterator[ServiceUnderTest]:
    async with service("assessment") as started:
        yield started


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


async def test_the_catalogue_names_each_model_by_its_content(assessment: ServiceUnderTest) -> None:
    listed = (await assessment.client("demo", "viewer").get("/v1/models")).json()

    assert listed["next_cursor"] is None
    (see_cmm,) = [model for model in listed["items"] if model["code"] == "see-cmm"]
    assert see_cmm["hash"].startswith("sha256:")
    assert see_cmm["title"]["zh"].startswith("SEE-CMM 企业卓越服务")


async def test_a_model_comes_whole_and_in_both_languages(viewer: httpx.AsyncClient) -> None:
    model = (await viewer.get("/v1/models/see-cmm/versions/1")).json()

    assert {cell["id"] for cell in cells(model["root"])} == set(V1)
    (scale,) = model["scales"]
    assert scale["values"] == {"1": "0", "2": "1/3", "3": "2/3", "4": "1"}
    assert [level["title"]["zh"] for level in scale["levels"]] == [
        *("被动响应", "积极主动", "客户为上", "企业为上")
    ]
    said = [text for level in scale["levels"] for text in level["description"]]
    assert len(said) > 8
    assert all(text["zh"] and text["en"] for text in said)
    assert len(model["concepts"]) == 9
    outsourcing = next(each for each in model["standards"] if each["code"] == "SEE-CMM-SO")
    assert outsourcing["target"] == dict.fromkeys(V1, 3)
    assert "以客户为中心" in scale["levels"][2]["aliases"]["zh"]


async def test_a_models_tag_is_its_hash_and_saves_sending_it_again(
    viewer: httpx.AsyncClient,
) -> None:
    first = await viewer.get("/v1/models/see-cmm")
    tag = first.headers["etag"]

    again = await viewer.get(
        "/v1/models/see-cmm/versions/1", headers={"if-none-match": f'"other", {tag}'}
    )

    assert tag == f'"{first.json()["hash"]}"'
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert "max-age" in again.headers["cache-control"]


@pytest.mark.parametrize(
    "path", ["/v1/models/none", "/v1/models/none/versions/1", "/v1/models/see-cmm/versions/2"]
)
async def test_an_unknown_model_or_version_is_not_found(
    assessment: ServiceUnderTest, path: str
) -> None:
    answer = await assessment.client("demo", "viewer").get(path)

    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:see-platform:problem:not-found"


async def test_the_published_cases_reproduce_over_http(viewer: httpx.AsyncClient) -> None:
    v1 = (await viewer.post(SCORES, json={"ratings": V1})).json()
    without = {**V1, "customer_channel_experience.comparison": {"na": "无同行"}}
    v2 = (await viewer.post(SCORES, json={"ratings": without})).json()

    expected = VECTORS["V1"]
    assert v1["total"]["exact"] == expected["total"]
    assert (v1["total"]["points"], v1["total"]["index"]) == (422.2222, 2.2667)
    criteria = [item for item in v1["items"] if item["kind"] == "criterion"]
    assert [item["index"] for item in criteria] == expected["criterion_index"]
    assert [item["attained"] for item in criteria] == expected["attained_level"]
    assert v2["total"]["exact"] == VECTORS["V2"]["total"]
    assert v2["total"]["points"] == VECTORS["V2"]["points"]


async def test_an_unrated_cell_leaves_an_interval_and_no_total(viewer: httpx.AsyncClient) -> None:
    body = (await viewer.post(SCORES, json={"ratings": {**V1, CELL: None}})).json()

    assert body["total"] is None
    assert body["coverage"] == {"rated": 29, "applicable": 30, "exact": "29/30", "value": 0.9667}
    assert body["interval"]["low"]["points"] < 422.2222 < body["interval"]["high"]["points"]


async def test_warnings_gaps_and_trace_are_told_in_both_languages(
    viewer: httpx.AsyncClient,
) -> None:
    rated = {**V1, "leadership.planned_approach": 1, CELL: 4}
    body = (await viewer.post(SCORES, json={"ratings": rated, "target": {"results": 3}})).json()

    (warning,) = body["warnings"]
    assert (warning["code"], warning["item"]) == ("deployed_ahead_of_plan", CELL)
    assert body["gaps"][0]["item"].split(".")[0] in VECTORS["V1"]["results"]
    assert body["trace"][-1]["text"]["zh"].startswith("指数")
    texts = [each["text"] for each in (*body["warnings"], *body["trace"])]
    assert all(text["zh"] and text["en"] for text in texts)


async def test_every_fault_is_listed_where_it_is_in_the_callers_language(
    viewer: httpx.AsyncClient,
) -> None:
    ratings = {CELL: 5, "leadership.planned_approach": {"na": " "}, "no/such": 1, "results": 2}
    body = {"ratings": ratings, "target": {"enablers": 9}}

    answer = await viewer.post(SCORES, json=body, headers={"accept-language": "zh-CN"})

    assert answer.status_code == 422
    assert {each["pointer"]: each["code"] for each in answer.json()["errors"]} == {
        "#/ratings/leadership.deployed": "outside_scale",
        "#/ratings/leadership.planned_approach": "reason_missing",
        "#/ratings/no~1such": "unknown_item",
        "#/ratings/results": "not_a_cell",
        "#/target/enablers": "outside_scale",
    }
    assert answer.json()["errors"][0]["detail"] == "不在量表之内；可用 1, 2, 3, 4。"


@pytest.mark.parametrize("raw", ["2.0", "true", '"3"', "NaN", "1e400", "[]", "9" * 400])
async def test_a_rating_that_is_no_level_is_refused_at_its_place(
    viewer: httpx.AsyncClient, raw: str
) -> None:
    answer = await viewer.post(SCORES, content=f'{{"ratings": {{"{CELL}": {raw}}}}}', headers=JSON)

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [f"#/ratings/{CELL}"]


@pytest.mark.parametrize("raw", ["{", "[" * 100_000, '{"ratings": {"a": ' + "9" * 5_000 + "}}"])
async def test_a_body_that_cannot_be_parsed_is_malformed(
    viewer: httpx.AsyncClient, raw: str
) -> None:
    answer = await viewer.post(SCORES, content=raw, headers=JSON)

    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:see-platform:problem:malformed-body"


@pytest.mark.parametrize("key", ["\x00", "\ud800", "~/"])
async def test_any_key_of_a_json_object_is_answered(viewer: httpx.AsyncClient, key: str) -> None:
    answer = await viewer.post(
        SCORES, content=json.dumps({"ratings": {key: 1}}).encode(), headers=JSON
    )

    assert [each["code"] for each in answer.json()["errors"]] == ["unknown_item"]


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/see-cmm", "/v1/live-evidence"])
async def test_only_people_of_a_tenant_may_read(assessment: ServiceUnderTest, path: str) -> None:
    nobody = assessment.client("demo", "viewer")
    del nobody.headers["authorization"]

    assert (await nobody.get(path)).status_code == 401
    assert (await assessment.client("demo", "integration").get(path)).status_code == 403


async def test_scoring_needs_a_known_caller_and_a_known_model(assessment: ServiceUnderTest) -> None:
    body = {"ratings": V1}
    nobody = assessment.client("demo", "viewer")
    del nobody.headers["authorization"]

    assert (await nobody.post(SCORES, json=body)).status_code == 401
    assert (
        await assessment.client("demo", "integration").post(SCORES, json=body)
    ).status_code == 403
    answer = await assessment.client("demo", "viewer").post("/v1/models/none/scores", json=body)
    assert answer.status_code == 404


async def test_attainment_becomes_evidence_once_however_often_it_arrives(
    assessment: ServiceUnderTest,
) -> None:
    event, event_id = attainment(revision=1, normal=1), new_id("evt")

    for _ in range(3):
        await arrives(assessment, event, event_id)

    (kept,) = await evidence(assessment)
    assert kept == {
        "source": "attainment",
        "series": "incident/resolve/run",
        "period": "2026-06",
        "value": "33.3333",
        "unit": "%",
        "numerator": 1,
        "denominator": 3,
        "revision": 1,
        "event_id": event_id,
        "recorded_at": "2026-07-01T00:00:00Z",
    }


async def test_the_worker_keeps_what_the_bus_delivers_twice_once(
    assessment: ServiceUnderTest, bus: Bus
) -> None:
    # The stream outlives a test: a tenant of its own keeps other tests' events out.
    tenant = "bus-only"
    event, event_id = attainment(revision=1, normal=1), new_id("evt")
    last, last_id = attainment(revision=1, normal=1, department="last"), new_id("evt")
    worker = assessment.worker()
    try:
        for told, id_, message in (
            (event, event_id, event_id),
            (event, event_id, "again"),
            (last, last_id, last_id),
        ):
            body = told.model_dump_json().encode()
            await bus.publish(told.subject(tenant), body, message, headers(told, id_))
        for _ in range(300):
            kept = await evidence(assessment, tenant)
            if len(kept) == 2:
                break
            await asyncio.sleep(0.1)
    finally:
        worker.ask_to_stop()
        worker.wait_or_kill(20)

    assert [each["event_id"] for each in kept] == [last_id, event_id]
    received = await assessment.rows("SELECT event_id FROM inbox WHERE tenant = $1", tenant)
    assert {row["event_id"] for row in received} == {event_id, last_id}


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))), ids=str)
async def test_the_newest_revision_stays_in_whatever_order_they_arrive(
    assessment: ServiceUnderTest, order: tuple[int, ...]
) -> None:
    for revision in order:
        await arrives(assessment, attainment(revision=revision, normal=revision))

    (kept,) = await evidence(assessment)
    assert (kept["revision"], kept["numerator"], kept["value"]) == (3, 3, "60.0000")


async def test_nothing_measured_is_not_zero(assessment: ServiceUnderTest) -> None:
    await arrives(assessment, attainment(revision=1, normal=0, late=0))
    await arrives(assessment, kpi_reading("2026-06", None))

    assert [each["value"] for each in await evidence(assessment)] == [None, None]


async def test_a_series_is_read_in_order_of_its_periods_page_by_page(
    assessment: ServiceUnderTest,
) -> None:
    for month in ("2026-03", "2026-01", "2026-02"):
        await arrives(assessment, kpi_reading(month, "91.25"))
    await arrives(assessment, attainment(revision=1, normal=1))
    query: dict[str, str | int] = {"source": "kpi", "series": "first-contact", "limit": 2}
    client = assessment.client("demo", "viewer")

    first = (await client.get("/v1/live-evidence", params=query)).json()
    query["cursor"] = first["next_cursor"]
    last = (await client.get("/v1/live-evidence", params=query)).json()

    assert [each["period"] for each in first["items"]] == ["2026-01", "2026-02"]
    assert [each["period"] for each in last["items"]] == ["2026-03"]
    assert last["items"][0]["value"] == "91.25"
    assert last["next_cursor"] is None


async def test_departments_and_whole_nodes_are_series_of_their_own(
    assessment: ServiceUnderTest,
) -> None:
    await arrives(assessment, attainment(revision=1, normal=1))
    await arrives(assessment, attainment(revision=1, normal=2, department="网络/核心"))

    assert {each["series"]: each["numerator"] for each in await evidence(assessment)} == {
        "incident/resolve/leg/网络/核心": 2,
        "incident/resolve/run": 1,
    }


async def test_one_tenant_never_sees_the_evidence_of_another(assessment: ServiceUnderTest) -> None:
    await arrives(assessment, attainment(revision=1, normal=1))

    assert await evidence(assessment, "rival") == []


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("source=rumour", "source"), ("limit=0", "limit"), ("cursor=x", "cursor")],
)
async def test_a_filter_that_means_nothing_is_named(
    assessment: ServiceUnderTest, query: str, parameter: str
) -> None:
    answer = await assessment.client("demo", "viewer").get(f"/v1/live-evidence?{query}")

    assert answer.status_code == 422
    assert [each["parameter"] for each in answer.json()["errors"]] == [parameter]


JSON = {"content-type": "application/json"}


def cells(item: Any) -> list[Any]:
    return [cell for child in item["children"] for cell in cells(child)] or [item]


def attainment(
    *, revision: int, normal: int, late: int = 2, department: str | None = None
) -> AttainmentMeasured:
    return AttainmentMeasured(
        process="incident",
        node="resolve",
        level="run" if department is None else "leg",
        department=department,
        month="2026-06",
        completed_normal=normal,
        completed_acceptable=late // 2,
        completed_warning=late - late // 2,
        cancelled=1,
        measured_at=datetime(2026, 7, 1, tzinfo=UTC),
        revision=revision,
    )


def kpi_reading(period: str, value: str | None) -> KpiReadingRecorded:
    return KpiReadingRecorded(
        kpi="first-contact",
        name_zh="一次解决率",
        name_en="First contact resolution",
        unit="%",
        period=period,
        value=value,
        recorded_at=datetime(2026, 7, 1, tzinfo=UTC),
        revision=1,
    )


def headers(event: Event, event_id: str) -> dict[str, str]:
    time = datetime.now(UTC).isoformat()
    return {"ce-id": event_id, "ce-type": event.type(), "ce-time": time}


async def arrives(assessment: ServiceUnderTest, event: Event, event_id: str | None = None) -> None:
    """Apply the event as the worker does with what the stream delivers."""
    body = event.model_dump_json().encode()
    told = headers(event, event_id or new_id("evt"))
    received = Received(event.subject("demo"), body, told, attempt=1)
    await Inbox(assessment.store, HANDLERS).apply(received)


async def evidence(assessment: ServiceUnderTest, tenant: str = "demo") -> list[Any]:
    answer = await assessment.client(tenant, "viewer").get("/v1/live-evidence")
    items: list[Any] = answer.json()["items"]
    return items
