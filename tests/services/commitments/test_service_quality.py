"""Service reviews by the agreement's calendar, improvement plans, actions, quality plans."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from deploy.local.sample import incidents
from tests.builders import every_item, published
from tests.conftest import Provide
from tests.services.commitments.governed import Organisation, organisation

TODAY = datetime.now(UTC).date()
FIRST = TODAY + timedelta(days=10)


async def agreed(org: Organisation, months: int = 3) -> None:
    service = {"code": "desk", "name": {"zh": "服务台", "en": "Desk"}, "segments": ["retail"]}
    await org.made("/v1/services", {**service, "provider": "Group 56"})
    asked = {
        "service": "desk",
        "segment": "retail",
        "statement": {"zh": "两小时内答复", "en": "An answer within two hours"},
        "asked_by": "Council",
    }
    requirement = await org.made("/v1/service-level-requirements", asked)
    agreement = {
        "code": "retail-sla",
        "kind": "sla",
        "name": {"zh": "协议", "en": "Agreement"},
        "party": {"kind": "customer", "name": "Council"},
        "service": "desk",
        "owner": "owner",
        "review": {"first_on": FIRST.isoformat(), "every_months": months},
        "valid_from": "2020-01-01T00:00:00Z",
        "requirements": [requirement["id"]],
    }
    draft = await org.made("/v1/agreements", agreement)
    await org.made(f"/v1/agreements/{draft['id']}/publish", None, status=200)


async def test_reviews_and_plans_are_for_the_owners_of_what_is_promised_and_for_planning(
    service: Provide,
) -> None:
    asked: dict[str, Any] = {"agreement": "retail-sla", "scheduled_on": FIRST.isoformat()}
    async with organisation(service) as org:
        await agreed(org)
        promise = {**next(incidents.promises()), "code": "desk-accept", "segment": "retail"}
        await published(org.client, {**promise, "service": "desk", "agreement": "retail-sla"})
        plan = {"title": "t", "reason": "r", "goal": "g", "owner": org.people["head"]}
        plan |= {"process": "incident", "due_on": "2030-01-01"}
        codes = {}
        for name in ("owner", "supervisor", "planner", "stranger"):
            async with org.calling(name) as client:
                review = await client.post("/v1/service-reviews", json=asked)
                made = await client.post("/v1/improvement-plans", json=plan)
                codes[name] = review.status_code, made.status_code
        async with org.service.client("demo", "process_owner", subject="x") as by_role:
            refused = await by_role.post(
                "/v1/service-reviews/schedule", json={"until": asked["scheduled_on"]}
            )
        plans = await every_item(org.client, "/v1/improvement-plans")
        path = f"/v1/improvement-plans/{plans[-1]['id']}/history"
        (kept,) = (await org.client.get(path)).json()["items"]
    assert codes == {
        "owner": (201, 201),
        "supervisor": (403, 201),
        "planner": (201, 201),
        "stranger": (403, 403),
    }
    assert refused.json()["offices"][0]["office"] == "planning_department"
    assert (len(plans), kept["capacity"]["office"]) == (3, "owner")


async def test_reviews_are_scheduled_by_the_calendar_once(service: Provide) -> None:
    async with organisation(service) as org:
        before = await org.client.post(
            "/v1/service-reviews", json={"agreement": "retail-sla", "scheduled_on": "2030-01-01"}
        )
        await agreed(org)
        until = {"agreement": "retail-sla", "until": (FIRST + timedelta(days=280)).isoformat()}
        first = (await org.made("/v1/service-reviews/schedule", until))["items"]
        again = (await org.made("/v1/service-reviews/schedule", {"until": until["until"]}))["items"]
        far = [
            await org.client.post("/v1/service-reviews/schedule", json={"until": day})
            for day in ("2199-12-31", "9999-12-31")
        ]
        listed = await every_item(org.client, "/v1/service-reviews", service="desk")
        pages = await org.client.get("/v1/service-reviews?limit=3")
        cursor = pages.json()["next_cursor"]
        last = await org.client.get(f"/v1/service-reviews?limit=3&cursor={cursor}")
    days = [date.fromisoformat(each["scheduled_on"]) for each in first]
    assert [e["pointer"] for e in before.json()["errors"]] == ["#/agreement"]
    assert days[0] == FIRST
    assert len(days) == 4
    assert [(day.year * 12 + day.month) for day in days] == [
        FIRST.year * 12 + FIRST.month + 3 * n for n in range(4)
    ]
    assert [each["id"] for each in again] == [each["id"] for each in first]
    assert [each.status_code for each in far] == [422, 422]
    assert [each["id"] for each in listed] == [each["id"] for each in reversed(first)]
    assert [each["id"] for each in last.json()["items"]] == [first[0]["id"]]


async def test_a_review_is_held_minuted_and_leads_to_actions(service: Provide) -> None:
    async with organisation(service) as org:
        await agreed(org)
        body = {"agreement": "retail-sla", "scheduled_on": TODAY.isoformat()}
        review = await org.made("/v1/service-reviews", body)
        path = f"/v1/service-reviews/{review['id']}"
        action = {"what": "A second shift", "owner": org.people["head"], "due_on": "2026-01-31"}
        early = await org.client.post(f"{path}/actions", json=action)
        unheld = await org.client.patch(path, json={"minutes": "x"}, headers={"if-match": "*"})
        unmatched = await org.client.patch(path, json={"minutes": "x"})
        held = await org.changed(
            path,
            {"held_at": "2026-01-02T09:00:00Z", "minutes": "Talked.", "decisions": ["Tighten"]},
        )
        made = await org.made(f"{path}/actions", action)
        cancel = await org.client.patch(
            path, json={"is_cancelled": True}, headers={"if-match": "*"}
        )
        overdue = await org.client.get("/v1/improvement-actions?status=open&due_before=2026-02-01")
        ended = await org.changed(f"/v1/improvement-actions/{made['id']}", {"status": "done"})
        late = await org.client.patch(
            f"/v1/improvement-actions/{made['id']}", json={"what": "x"}, headers={"if-match": "*"}
        )
        shown = (await org.client.get(path)).json()
    assert (early.status_code, unheld.status_code, unmatched.status_code) == (409, 422, 428)
    assert (held["status"], held["decisions"]) == ("held", ["Tighten"])
    assert [e["pointer"] for e in cancel.json()["errors"]] == ["#/is_cancelled"]
    assert [each["id"] for each in overdue.json()["items"]] == [made["id"]]
    assert (ended["status"], late.status_code) == ("done", 409)
    assert [each["status"] for each in shown["actions"]] == ["done"]


async def test_a_plan_is_completed_once_no_action_of_it_is_open(service: Provide) -> None:
    async with organisation(service) as org:
        await agreed(org)
        plan = {
            "title": "Faster at night",
            "service": "desk",
            "process": "incident",
            "reason": "Attainment fell",
            "goal": "90 %",
            "owner": org.people["owner"],
            "due_on": "2027-06-30",
        }
        wrong = {**plan, "service": "no", "process": "no", "review": "no", "owner": "per_x"}
        refused = await org.client.post("/v1/improvement-plans", json=wrong)
        made = await org.made("/v1/improvement-plans", plan)
        path = f"/v1/improvement-plans/{made['id']}"
        action = {"what": "Shift", "owner": org.people["head"], "due_on": "2027-01-31"}
        asked = await org.made(f"{path}/actions", action)
        soon = await org.client.patch(
            path, json={"status": "completed"}, headers={"if-match": '"1"'}
        )
        await org.changed(f"/v1/improvement-actions/{asked['id']}", {"status": "cancelled"})
        done = await org.changed(path, {"status": "completed"})
        again = await org.client.patch(path, json={"status": "open"}, headers={"if-match": "*"})
        more = await org.client.post(f"{path}/actions", json=action)
        history = (await org.client.get(f"{path}/history")).json()["items"]
    assert {e["pointer"] for e in refused.json()["errors"]} == {
        "#/owner",
        "#/service",
        "#/process",
        "#/review",
    }
    assert (soon.status_code, done["status"], more.status_code) == (409, "completed", 409)
    assert again.status_code == 409
    assert [each["body"]["status"] for each in history] == ["open", "completed"]


async def test_a_service_has_one_quality_plan_with_a_history(service: Provide) -> None:
    async with organisation(service) as org:
        await agreed(org)
        path = "/v1/quality-plans/desk"
        objective = {
            "name": {"zh": "及时率", "en": "In time"},
            "measured_by": "attainment",
            "target": "90 %",
        }
        plan = {"owner": org.people["owner"], "objectives": [objective], "review_on": "2027-01-01"}
        none = await org.client.get(path)
        first = await org.client.put(path, json=plan)
        unmatched = await org.client.put(path, json=plan)
        second = await org.changed(path, {**plan, "measures": "weekly"}, "PUT")
        stale = await org.client.put(path, json=plan, headers={"if-match": '"0"'})
        nowhere = await org.client.put(
            "/v1/quality-plans/none", json=plan, headers={"if-match": '"0"'}
        )
        history = (await org.client.get(f"{path}/history")).json()["items"]
    assert (none.status_code, unmatched.status_code, stale.status_code) == (404, 428, 412)
    assert (first.status_code, second["revision"], nowhere.status_code) == (200, 2, 404)
    assert [each["body"]["measures"] for each in history] == [None, "weekly"]
