"""What happens in governance is told in the transaction in which it happens, and once."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from services.commitments.operations.history import Act
from services.commitments.operations.late_days import charge_passed_deadlines
from services.commitments.operations.penalties import reverse_all
from shared.contracts import governance
from tests.conftest import Provide
from tests.services.commitments.governed import PEOPLE, Organisation, organisation, subject

ANY = {"if-match": "*"}
FLAW = {
    "process": "incident",
    "requirement": "form",
    "department": "Group 56",
    "description": "The form has no such field",
    "by_design": True,
}


async def told(org: Organisation) -> list[tuple[str, dict[str, Any]]]:
    """Every fact of governance in the outbox, in its order."""
    rows = await org.service.rows("SELECT subject, body FROM outbox ORDER BY id")
    facts = [(row["subject"].split(".")[3], json.loads(row["body"])) for row in rows]
    told = {each.FACT for each in vars(governance).values() if hasattr(each, "FACT")}
    return [(name, body) for name, body in facts if name in told - {"owner_appointed"}]


async def test_a_flaw_is_told_of_from_its_finding_to_the_published_change(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        check = (await org.made("/v1/spot-checks", {"process": "incident"}))["id"]
        flaw = {**FLAW, "person": org.people["worker"], "spot_check": check}
        violation = (await org.made("/v1/violations", flaw))["id"]
        (asked,) = (await org.client.get("/v1/change-requests?status=found")).json()["items"]
        request = {
            "process": "incident",
            "departments": ["Group 56"],
            "title": "A field",
            "proposal": "Add it.",
            "demanded": asked["id"],
        }
        await org.made("/v1/change-requests", request)
        path = f"/v1/change-requests/{asked['id']}"
        await org.acted(path, "review", {"decision": "approved"})
        await org.acted(path, "change", {})
        await org.acted(path, "publish", {})
        await org.acted(f"/v1/violations/{violation}", "void", {"reason": "a mistake"})
        facts = await told(org)
        text = json.dumps(facts)
    assert [name for name, _ in facts] == [
        "penalty_charged",
        "penalty_charged",
        "penalty_charged",
        "change_request_demanded",
        "violation_recorded",
        "violation_judged",
        "change_request_filed",
        "change_request_reviewed",
        "change_request_published",
        "penalty_waived",
        "penalty_waived",
        "penalty_waived",
        "violation_judged",
    ]
    charged = [body for name, body in facts if name == "penalty_charged"]
    assert {(c["bearer"], c["amount"]) for c in charged} == {
        ("person", "20.00"),
        ("supervisor", "10.00"),
        ("department_head", "5.00"),
    }
    waived = [body for name, body in facts if name == "penalty_waived"]
    assert {w["entry_id"] for w in waived} == {c["entry_id"] for c in charged}
    assert [b["status"] for n, b in facts if n == "violation_judged"] == ["charged", "void"]
    assert not any(subject(name) in text for name in PEOPLE)


async def test_lateness_is_told_once_whoever_notices_it(service: Provide) -> None:
    async with organisation(service) as org:
        month = {"process": "incident", "month": "2026-03"}
        noticed = (await org.made("/v1/self-checks", month))["id"]
        unnoticed = (await org.made("/v1/self-checks", {**month, "month": "2026-04"}))["id"]
        summary = {"department": "Group 56", "month": "2026-03"}
        await org.made("/v1/department-summaries", summary)
        store = org.service.store
        april = "UPDATE governance_deadline SET next_at = '2200-01-01', due_at = '2200-01-01'"
        await org.service.rows(f"{april} WHERE cause_id = '{unnoticed}' OR rule = 'month'")
        now = datetime.now(UTC)
        for at in (now, now, now + timedelta(days=1)):
            await asyncio.gather(*(charge_passed_deadlines(store, at) for _ in range(3)))
        await org.service.rows(
            "UPDATE governance_deadline g SET next_at = s.due_at, due_at = s.due_at "
            "FROM self_check s WHERE s.id = g.cause_id AND s.id = $1", unnoticed
        )  # fmt: skip
        for check in (noticed, unnoticed):
            await org.client.post(f"/v1/self-checks/{check}/submit", headers=ANY)
        facts = [(n, b) for n, b in await told(org) if not n.startswith("penalty")]
    assert [(name, body.get("self_check_id")) for name, body in facts] == [
        ("self_check_overdue", noticed),
        ("summary_overdue", None),
        ("self_check_filed", noticed),
        ("self_check_overdue", unnoticed),
        ("self_check_filed", unnoticed),
    ]
    assert facts[2][1]["incomplete"] == ["execution", "violations", "design_faults"]


async def test_a_penalty_is_confirmed_then_paid_and_never_once_taken_back(
    service: Provide,
) -> None:
    pay = {"reference": "payroll"}
    async with organisation(service) as org:
        check = (await org.made("/v1/spot-checks", {"process": "incident"}))["id"]
        flaw = {**FLAW, "person": org.people["worker"], "spot_check": check, "by_design": False}
        await org.made("/v1/violations", flaw)
        lines = (await org.client.get("/v1/penalty-ledger")).json()["items"]
        paths = [f"/v1/penalty-ledger/{line['id']}" for line in lines]
        early = await org.client.post(f"{paths[0]}/pay", json=pay)
        confirmed = await asyncio.gather(
            *(org.client.post(f"{paths[0]}/confirm") for _ in range(3))
        )
        paid = await org.client.post(f"{paths[0]}/pay", json=pay)
        back = await org.client.post(f"{paths[1]}/reverse", json={"reason": "appeal"})
        late = await org.client.post(f"{paths[1]}/confirm")
        shown = (await org.client.get("/v1/penalty-ledger")).json()["items"]
        facts = [(name, body["revision"]) for name, body in await told(org)]
        async with org.calling("worker") as worker:
            refused = await worker.post(f"{paths[2]}/confirm")
    statuses = {line["id"]: line["status"] for line in shown}
    assert early.status_code == 409
    assert sorted(each.status_code for each in confirmed) == [200, 409, 409]
    assert (paid.json()["status"], back.json()["status"]) == ("paid", "reversal")
    assert (late.status_code, refused.status_code) == (409, 403)
    assert [statuses[line["id"]] for line in lines] == ["paid", "waived", "charged"]
    ends = ["penalty_confirmed", "penalty_paid", "penalty_waived"]
    assert facts[-3:] == list(zip(ends, (2, 3, 4), strict=True))


async def test_a_line_of_a_violation_that_is_being_voided_waits_and_is_not_confirmed(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        check = (await org.made("/v1/spot-checks", {"process": "incident"}))["id"]
        flaw = {**FLAW, "person": org.people["worker"], "spot_check": check, "by_design": False}
        violation = (await org.made("/v1/violations", flaw))["id"]
        lines = (await org.client.get("/v1/penalty-ledger")).json()["items"]
        path = f"/v1/penalty-ledger/{lines[0]['id']}/confirm"
        (row,) = await org.service.rows("SELECT tenant FROM violation")
        async with org.service.store.transaction(row["tenant"]) as session:
            await reverse_all(session, violation, "a mistake", Act("planner", datetime.now(UTC)))
            confirming = asyncio.create_task(org.client.post(path))
            answered, _ = await asyncio.wait({confirming}, timeout=0.5)
        late = await confirming
        facts = await told(org)
    assert (answered, late.status_code) == (set(), 409)
    assert "penalty_confirmed" not in [name for name, _ in facts]


async def test_an_owner_is_told_of_when_there_is_a_new_one(service: Provide) -> None:
    async with organisation(service) as org:
        roles = {"owner": org.people["owner"], "supervisor": org.people["stranger"]}
        await org.changed("/v1/processes/incident/roles", roles, "PUT")
        await org.changed(f"/v1/people/{org.people['planner']}", {"is_senior_manager": True})
        await org.changed("/v1/processes/incident/roles", {"owner": org.people["planner"]}, "PUT")
        rows = await org.service.rows(
            "SELECT body FROM outbox WHERE subject LIKE '%owner_appointed%' ORDER BY id"
        )
    owners = [json.loads(row["body"])["owner"] for row in rows]
    assert owners == [org.people["owner"], org.people["planner"]]
