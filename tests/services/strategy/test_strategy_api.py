"""The strategy service over HTTP and from events, on a real database."""

from datetime import UTC, datetime
from typing import Any

from services.strategy.subscriptions import HANDLERS
from shared.contracts.commitments import AttainmentMeasured
from shared.inbox import Inbox, Received
from tests.conftest import Provide, ServiceUnderTest

COMPANY = {"code": "acme", "kind": "company", "name": {"zh": "示范", "en": "Acme"}}
KPI = {
    "code": "on-time",
    "name": {"zh": "按时率", "en": "On time"},
    "red_flag": "60",
    "target": "80",
    "challenge": "95",
    "binding": {"source": "attainment", "process": "incident", "node": "resolve"},
}


def measured(revision: int, normal: int, warning: int, **other: Any) -> AttainmentMeasured:
    facts = {
        "process": "incident",
        "node": "resolve",
        "level": "run",
        "month": "2016-03",
        "completed_acceptable": 0,
        "cancelled": 0,
        "measured_at": datetime(2016, 4, 1, tzinfo=UTC),
    }
    return AttainmentMeasured.model_validate(
        {
            **facts,
            "revision": revision,
            "completed_normal": normal,
            "completed_warning": warning,
            **other,
        }
    )


def received(event: AttainmentMeasured, event_id: str, tenant: str = "demo") -> Received:
    headers = {"ce-id": event_id, "ce-type": event.type(), "ce-time": "2016-04-01T00:00:00+00:00"}
    return Received(event.subject(tenant), event.model_dump_json().encode(), headers, 1)


async def readings(strategy: ServiceUnderTest, tenant: str = "demo") -> list[dict[str, Any]]:
    async with strategy.client(tenant) as client:
        items: list[dict[str, Any]] = (await client.get("/v1/kpis/on-time/readings")).json()[
            "items"
        ]
        return items


async def test_an_event_of_attainment_becomes_a_reading_of_the_kpi_that_is_bound_to_it(
    service: Provide,
) -> None:
    async with service("strategy") as strategy:
        async with strategy.client() as client:
            assert (await client.post("/v1/kpis", json=KPI)).status_code == 201
        inbox = Inbox(strategy.store, HANDLERS)
        await inbox.apply(received(measured(1, 3, 1), "evt_1"))
        (reading,) = await readings(strategy)
    assert reading["value"] == "75.0000"
    assert reading["score"] == "5.8333"
    assert (reading["numerator"], reading["denominator"]) == (3, 4)
    assert reading["source"] == "event:evt_1"


async def test_events_that_are_older_doubled_or_unchanged_record_no_reading(
    service: Provide,
) -> None:
    async with service("strategy") as strategy:
        async with strategy.client() as client:
            await client.post("/v1/kpis", json=KPI)
        inbox = Inbox(strategy.store, HANDLERS)
        await inbox.apply(received(measured(5, 8, 2), "evt_5"))
        await inbox.apply(received(measured(5, 8, 2), "evt_5"))
        await inbox.apply(received(measured(4, 1, 9), "evt_4"))
        await inbox.apply(received(measured(6, 8, 2), "evt_6"))
        rows = await strategy.rows("SELECT revision, numerator FROM kpi_reading")
    assert [tuple(row) for row in rows] == [(1, 8)]


async def test_a_kpi_defined_later_reads_what_was_measured_before(service: Provide) -> None:
    async with service("strategy") as strategy:
        inbox = Inbox(strategy.store, HANDLERS)
        await inbox.apply(received(measured(1, 9, 1), "evt_1"))
        await inbox.apply(received(measured(1, 1, 9, level="leg", department="A"), "evt_2"))
        async with strategy.client() as client:
            await client.post("/v1/kpis", json=KPI)
        (reading,) = await readings(strategy)
    assert reading["value"] == "90.0000"


async def test_a_kpi_of_a_department_reads_the_legs_of_that_department(service: Provide) -> None:
    bound = {**KPI, "binding": {**KPI["binding"], "department": "A"}}  # type: ignore[dict-item]
    async with service("strategy") as strategy:
        async with strategy.client() as client:
            await client.post("/v1/kpis", json=bound)
        inbox = Inbox(strategy.store, HANDLERS)
        await inbox.apply(received(measured(1, 9, 1), "evt_1"))
        await inbox.apply(received(measured(1, 2, 8, level="leg", department="A"), "evt_2"))
        await inbox.apply(received(measured(1, 5, 5, level="leg", department="B"), "evt_3"))
        (reading,) = await readings(strategy)
    assert reading["value"] == "20.0000"


async def test_a_tenant_is_opened_by_the_operator_alone(service: Provide) -> None:
    new = {"code": "acme", "name": {"zh": "示范", "en": "Acme"}}
    async with service("strategy") as strategy:
        async with strategy.client("demo") as outsider:
            refused = await outsider.post("/v1/tenants", json=new)
        async with strategy.client("platform") as operator:
            opened = await operator.post("/v1/tenants", json=new)
            again = await operator.post("/v1/tenants", json=new)
            found = await operator.get("/internal/tenants/acme")
        (event,) = await strategy.rows("SELECT tenant, subject FROM outbox")
    assert refused.status_code == 403
    assert (opened.status_code, again.status_code) == (201, 409)
    assert again.json()["errors"][0]["pointer"] == "#/code"
    assert found.json() == {"tenant": "acme", "status": "open"}
    assert tuple(event) == ("acme", "see.acme.strategy.tenant_changed.v1")


async def test_a_change_needs_the_current_etag(service: Provide) -> None:
    async with service("strategy") as strategy, strategy.client() as client:
        await client.post("/v1/organisation-units", json=COMPANY)
        path, change = "/v1/organisation-units/acme", {"name": {"zh": "新", "en": "New"}}
        missing = await client.patch(path, json=change)
        first = await client.patch(path, json=change, headers={"if-match": '"1"'})
        stale = await client.patch(path, json=change, headers={"if-match": '"1"'})
    assert (missing.status_code, first.status_code, stale.status_code) == (428, 200, 412)
    assert first.headers["etag"] == stale.headers["etag"] == '"2"'


async def test_a_unit_cannot_stand_below_itself(service: Provide) -> None:
    units = [
        COMPANY,
        {"code": "a", "kind": "branch", "name": COMPANY["name"], "parent": "acme"},
        {"code": "b", "kind": "department", "name": COMPANY["name"], "parent": "a"},
    ]
    async with service("strategy") as strategy, strategy.client() as client:
        for unit in units:
            assert (await client.post("/v1/organisation-units", json=unit)).status_code == 201
        moved = await client.patch(
            "/v1/organisation-units/a", json={"parent": "b"}, headers={"if-match": '"1"'}
        )
        orphan = await client.post(
            "/v1/organisation-units", json={**units[1], "code": "c", "parent": "nowhere"}
        )
    assert moved.json()["errors"][0]["code"] == "cycle"
    assert orphan.json()["errors"][0] == {
        "pointer": "#/parent",
        "code": "unknown_reference",
        "detail": "There is no organisation unit nowhere.",
    }


async def test_an_idempotency_key_gives_the_first_answer_again(service: Provide) -> None:
    key = {"idempotency-key": "k-1"}
    async with service("strategy") as strategy, strategy.client() as client:
        first = await client.post("/v1/kpis", json=KPI, headers=key)
        again = await client.post("/v1/kpis", json=KPI, headers=key)
        other = await client.post("/v1/kpis", json={**KPI, "code": "x"}, headers=key)
        rows = await strategy.rows("SELECT code FROM kpi")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == again.json()
    assert other.json()["errors"][0]["header"] == "Idempotency-Key"
    assert [row["code"] for row in rows] == ["on-time"]


async def test_a_refused_request_can_be_sent_again_under_its_key(service: Provide) -> None:
    key = {"idempotency-key": "k-2"}
    async with service("strategy") as strategy, strategy.client() as client:
        refused = await client.post("/v1/kpis", json={**KPI, "target": "60"}, headers=key)
        mended = await client.post("/v1/kpis", json=KPI, headers=key)
    assert (refused.status_code, mended.status_code) == (422, 201)


async def test_validation_problems_name_the_field_in_the_callers_language(
    service: Provide,
) -> None:
    async with service("strategy") as strategy, strategy.client(language="zh-CN") as client:
        answer = await client.post("/v1/kpis", json={**KPI, "code": "a b", "extra": 1})
        nul = await client.get("/v1/kpis/a%00b")
        page = await client.get("/v1/kpis?limit=0&cursor=x")
        broken = await client.post(
            "/v1/kpis", content=b'{"code": ', headers={"content-type": "application/json"}
        )
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert {error["pointer"] for error in problem["errors"]} == {"#/code", "#/extra"}
    assert problem["title"] == "请求内容未通过校验"
    assert nul.status_code == 422
    assert page.json()["errors"][0]["parameter"] == "limit"
    assert (broken.status_code, broken.json()["errors"][0]["code"]) == (400, "json_invalid")


async def test_roles_decide_what_a_caller_may_do(service: Provide) -> None:
    async with service("strategy") as strategy:
        async with strategy.client("demo", "viewer") as viewer:
            assert (await viewer.get("/v1/kpis")).status_code == 200
            refused = await viewer.post("/v1/kpis", json=KPI)
        async with strategy.client("demo", "integration") as machine:
            assert (await machine.get("/v1/kpis")).status_code == 403
        async with strategy.client() as client:
            nameless = await client.get("/v1/kpis", headers={"authorization": ""})
    assert refused.status_code == 403
    assert nameless.status_code == 401
    assert nameless.headers["www-authenticate"] == "Bearer"


async def test_pages_follow_each_other_without_gaps_or_repeats(service: Provide) -> None:
    async with service("strategy") as strategy, strategy.client() as client:
        for number in range(7):
            await client.post("/v1/kpis", json={**KPI, "code": f"kpi-{number}"})
        seen: list[str] = []
        cursor: str | None = None
        while True:
            query = {"limit": "3", **({"cursor": cursor} if cursor else {})}
            page = (await client.get("/v1/kpis", params=query)).json()
            seen += [item["code"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        foreign = await client.get("/v1/kpis", params={"cursor": "bm9uc2Vuc2U"})
    assert seen == [f"kpi-{number}" for number in range(7)]
    assert foreign.json()["errors"][0]["parameter"] == "cursor"
