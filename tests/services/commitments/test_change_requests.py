"""Change requests: cases of a shipped process, whose late days reach the ledger."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from services.commitments.operations import change_requests, violations
from services.commitments.operations.change_requests import Step
from services.commitments.operations.history import Act
from services.commitments.operations.late_days import charge_passed_deadlines
from services.commitments.schemas.change_requests import DemandedChange, NewChangeRequest
from services.commitments.schemas.penalties import NewSpotCheck
from tests.builders import every_item, until
from tests.conftest import Provide
from tests.services.commitments.governed import Organisation, organisation, subject

TUESDAY = datetime(2026, 3, 3, 7, tzinfo=UTC)
DAY = timedelta(days=1)
NOBODY_ALERTED = datetime(2027, 1, 1, tzinfo=UTC)


def request(*departments: str, **other: Any) -> dict[str, Any]:
    return {
        "process": "incident",
        "departments": departments or ["Group 56"],
        "title": "A field for the segment",
        "proposal": "Add it to the form.",
        **other,
    }


async def demanded(org: Organisation, at: datetime) -> str:
    """A change that a spot-check of that instant demands of Group 56."""
    act = Act(subject("planner"), at)
    wanted = DemandedChange(department="Group 56", demand="The form lacks a field")
    async with org.service.store.transaction("demo") as session:
        check = await violations.add_spot_check(session, NewSpotCheck(process="incident"), act)
        row = await violations.demand_by_check(session, check.id, wanted, act, NOBODY_ALERTED)
        return row.id


async def filed(org: Organisation, at: datetime, *departments: str, demand: str | None) -> str:
    new = NewChangeRequest.model_validate(request(*departments, demanded=demand))
    async with org.service.store.transaction("demo") as session:
        row = await change_requests.file_change_request(
            session, new, Act(subject("worker"), at), NOBODY_ALERTED
        )
        return row.id


async def taken(org: Organisation, request_id: str, status: str, at: datetime) -> None:
    step = Step(status, None, NOBODY_ALERTED)
    async with org.service.store.transaction("demo") as session:
        await change_requests.step_change_request(
            session, request_id, step, "*", Act(subject("planner"), at)
        )


async def states(org: Organisation, request_id: str) -> dict[str, str | None]:
    shown = (await org.client.get(f"/v1/change-requests/{request_id}")).json()
    return {each["node"]: each["state"] for each in shown["deadlines"]}


async def test_a_change_request_is_a_case_with_clocks_like_any_other(service: Provide) -> None:
    async with organisation(service) as org:
        made = await org.made("/v1/change-requests", request("Group 56", "Group 70"))
        path = f"/v1/change-requests/{made['id']}"
        skipped = await org.client.post(f"{path}/publish", json={}, headers={"if-match": "*"})
        unmatched = await org.client.post(f"{path}/change", json={})
        no_reason = await org.client.post(
            f"{path}/review", json={"decision": "rejected"}, headers={"if-match": "*"}
        )
        await org.acted(path, "review", {"decision": "approved"})
        await org.acted(path, "change", {})
        done = await org.acted(path, "publish", {"remark": "in force from Monday"})
        case = (await org.client.get(f"/v1/cases/{made['case_id']}")).json()
        rates = (await org.client.get("/v1/attainment?process=process-change")).json()
        again = await org.client.post(f"{path}/publish", json={}, headers={"if-match": "*"})
        history = (await org.client.get(f"{path}/history")).json()["items"]
    assert made["segment"] == "across_departments"
    assert (skipped.status_code, unmatched.status_code, no_reason.status_code) == (409, 428, 422)
    assert [each["status"] for each in done["steps"]] == [
        "filed",
        "approved",
        "changed",
        "published",
    ]
    assert {each["state"] for each in done["deadlines"]} == {"completed_normal"}
    assert {each["node"] for each in done["deadlines"]} == {
        "handling",
        "review",
        "change",
        "publish",
    }
    assert case["process"] == "process-change"
    assert {item["attainment_rate"] for item in rates["items"]} == {1.0}
    assert again.status_code == 409
    assert [each["revision"] for each in history] == [1, 2, 3, 4]


async def test_the_shipped_process_comes_once_however_many_ask_at_once(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        answers = await asyncio.gather(
            *(org.client.post("/v1/change-requests", json=request()) for _ in range(5))
        )
        promises = await every_item(org.client, "/v1/promises", process="process-change")
        calendars = await every_item(org.client, "/v1/calendars")
        async with org.service.client("other") as other:
            elsewhere = await other.get("/v1/processes/process-change")
    assert [a.status_code for a in answers] == [201] * 5
    assert len(promises) == 9
    assert {each["status"] for each in promises} == {"published"}
    assert sum(c["code"].startswith("process-change") for c in calendars) == 2
    assert elsewhere.status_code == 404


async def test_a_process_of_that_code_without_the_nodes_is_told(service: Provide) -> None:
    async with organisation(service) as org:
        node = {"code": "do", "name": {"zh": "做", "en": "Do"}, "start": {"first": True}}
        mine = {"code": "process-change", "name": {"zh": "x", "en": "x"}, "nodes": [node]}
        await org.made("/v1/processes", mine)
        answer = await org.client.post("/v1/change-requests", json=request())
    assert answer.status_code == 409
    assert "filing, handling" in answer.json()["detail"]


async def test_a_demanded_change_filed_within_a_week_costs_nothing(service: Provide) -> None:
    async with organisation(service) as org:
        demand = await demanded(org, TUESDAY)
        await filed(org, TUESDAY + 7 * DAY, demand=demand)
        await taken(org, demand, "approved", TUESDAY + 7 * DAY)
        await taken(org, demand, "changed", TUESDAY + 8 * DAY)
        await taken(org, demand, "published", TUESDAY + 8.5 * DAY)
        assert await states(org, demand) == dict.fromkeys(
            ("filing", "handling", "review", "change", "publish"), "completed_normal"
        )
        assert await org.charged(demand) == {}
        assert (
            await org.service.rows("SELECT 1 FROM governance_deadline WHERE rule <> 'month'") == []
        )


async def test_late_days_are_charged_once_whoever_charges_them(service: Provide) -> None:
    async with organisation(service) as org:
        demand = await demanded(org, TUESDAY)
        store = org.service.store
        due = TUESDAY + 7 * DAY
        for at in (due, due + DAY / 2, due + DAY, due + DAY):
            await asyncio.gather(*(charge_passed_deadlines(store, at) for _ in range(3)))
        before = await org.charged(demand)
        await filed(org, due + 2.5 * DAY, demand=demand)
        filing = await org.charged(demand)
        received = due + 2.5 * DAY
        while await charge_passed_deadlines(store, received + 3 * DAY):
            pass
        await taken(org, demand, "rejected", received + 5.5 * DAY)
        charged = await org.charged(demand)
        totals = await org.totals()
        shown = await states(org, demand)
    assert before == {("department_head", "day 1"): 20}
    assert filing == {("department_head", f"day {n}"): 20 for n in (1, 2, 3)}
    # Received early on a Friday, so that two working days end early on Tuesday: 1.5 days late.
    assert {k: v for k, v in charged.items() if k[0] != "department_head"} == {
        ("planning_administrator", "day 1"): 20,
        ("planning_administrator", "day 2"): 20,
        ("planning_head", "day 1"): 10,
        ("planning_head", "day 2"): 10,
    }
    assert totals == {"head": "60.00", "administrator": "40.00", "planner": "20.00"}
    assert (shown["filing"], shown["handling"]) == ("completed_warning", "completed_warning")


async def test_a_worker_charges_what_has_passed_though_nobody_asks(service: Provide) -> None:
    async with organisation(service) as org:
        demand = await demanded(org, datetime.now(UTC) - 9.5 * DAY)
        worker = org.service.worker()
        try:
            charged = await until(lambda: org.charged(demand), "the late days are charged")
        finally:
            worker.ask_to_stop()
            worker.wait_or_kill(20)
    assert charged == {("department_head", f"day {n}"): 20 for n in (1, 2, 3)}


async def test_a_flaw_of_the_design_is_excused_once_its_change_has_been_asked_for(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        check = (await org.made("/v1/spot-checks", {"process": "incident"}))["id"]
        flaw = {
            "process": "incident",
            "requirement": "form",
            "person": org.people["worker"],
            "department": "Group 56",
            "description": "The form has no such field",
            "by_design": True,
            "spot_check": check,
        }
        charged = await org.made("/v1/violations", flaw)
        asked = (await org.client.get("/v1/change-requests?status=found")).json()["items"]
        wrong = request("Group 70", demanded=asked[0]["id"])
        refused = await org.client.post("/v1/change-requests", json=wrong)
        await org.made("/v1/change-requests", request(demanded=asked[0]["id"]))
        later = (await org.made("/v1/spot-checks", {"process": "incident"}))["id"]
        excused = await org.made("/v1/violations", {**flaw, "spot_check": later})
        costs = [await org.charged(each["id"]) for each in (charged, excused)]
        open_ = (await org.client.get("/v1/change-requests?status=found")).json()["items"]
    assert [each["violation"] for each in asked] == [charged["id"]]
    assert [e["pointer"] for e in refused.json()["errors"]] == ["#/departments/0"]
    assert (charged["status"], excused["status"]) == ("charged", "excused")
    assert (sum(costs[0].values()), costs[1], open_) == (35, {}, [])


async def test_a_demand_stands_until_it_is_published_however_often_it_is_given_up(
    service: Provide,
) -> None:
    """Two days to file, ten in the hands of others: five of the week are left; then a new week."""
    async with organisation(service) as org:
        first = await demanded(org, TUESDAY)
        await filed(org, TUESDAY + 2 * DAY, demand=first)
        await taken(org, first, "approved", TUESDAY + 3 * DAY)
        async with org.service.store.transaction("demo") as session:
            step = Step("withdrawn", "not so", NOBODY_ALERTED)
            act = Act(subject("worker"), TUESDAY + 12 * DAY)
            await change_requests.step_change_request(session, first, step, "*", act)
        (second,) = await every_item(org.client, "/v1/change-requests", status="found")
        await filed(org, TUESDAY + 13 * DAY, demand=second["id"])
        await taken(org, second["id"], "rejected", TUESDAY + 14 * DAY)
        (third,) = await every_item(org.client, "/v1/change-requests", status="found")
        while await charge_passed_deadlines(org.service.store, TUESDAY + 22.5 * DAY):
            pass
        charged = await org.charged(third["id"])
        await taken(org, third["id"], "withdrawn", TUESDAY + 23 * DAY)
        left = await every_item(org.client, "/v1/change-requests", status="found")
    due = [datetime.fromisoformat(each["deadlines"][0]["due_at"]) for each in (second, third)]
    assert due == [TUESDAY + 17 * DAY, TUESDAY + 21 * DAY]
    assert [each["follows"] for each in (second, third)] == [first, second["id"]]
    assert charged == {("department_head", "day 1"): 20, ("department_head", "day 2"): 20}
    assert left == []


async def test_of_two_who_take_a_step_at_once_one_takes_it(service: Provide) -> None:
    async with organisation(service) as org:
        made = await org.made("/v1/change-requests", request())
        path, tag = f"/v1/change-requests/{made['id']}", {"if-match": '"1"'}
        answers = await asyncio.gather(
            org.client.post(f"{path}/review", json={"decision": "approved"}, headers=tag),
            org.client.post(f"{path}/withdraw", json={"reason": "r"}, headers=tag),
            org.client.post(f"{path}/review", json={"decision": "approved"}, headers=tag),
        )
        shown = (await org.client.get(path)).json()
    assert sorted(each.status_code for each in answers) == [200, 412, 412]
    assert len(shown["steps"]) == 2


async def test_every_fault_of_a_request_is_listed_and_nothing_is_written(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        wrong = request("Group 56", "nowhere", process="none")
        answer = await org.client.post("/v1/change-requests", json=wrong)
        missing = await org.client.post("/v1/change-requests", json=request(demanded="chr_x"))
        rows = await org.service.rows("SELECT 1 FROM change_request")
    assert {e["pointer"] for e in answer.json()["errors"]} == {"#/departments/1", "#/process"}
    assert missing.status_code == 404
    assert rows == []
