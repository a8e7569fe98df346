"""Violations: found, judged, charged once, repeated, waived, taken back."""

import asyncio
from decimal import Decimal
from typing import Any

from tests.conftest import Provide
from tests.services.commitments.governed import Organisation, organisation

FIRST = {("person", ""): 20, ("supervisor", ""): 10, ("department_head", ""): 5}
REPEATED = {("person", ""): 40, ("supervisor", ""): 20, ("department_head", ""): 20}


def violation(org: Organisation, **other: Any) -> dict[str, Any]:
    return {
        "process": "incident",
        "node": "accept",
        "requirement": "form",
        "person": org.people["worker"],
        "department": "Group 56",
        "description": "Accepted without the form",
        **other,
    }


async def checked(org: Organisation, day: str) -> str:
    body = {"process": "incident", "checked_at": day}
    return str((await org.made("/v1/spot-checks", body))["id"])


async def test_a_violation_found_by_a_spot_check_is_charged_to_three(service: Provide) -> None:
    async with organisation(service) as org:
        check = await checked(org, "2026-03-10")
        found = await org.made("/v1/violations", violation(org, spot_check=check))
        charged = await org.charged(found["id"])
        totals = await org.totals()
    assert (found["status"], found["repeated"], found["month"]) == ("charged", False, "2026-03")
    assert charged == FIRST
    assert totals == {"worker": "20.00", "supervisor": "10.00", "head": "5.00"}


async def test_the_same_problem_in_the_next_month_costs_double_and_one_later_does_not(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        charged = []
        for day in ("2026-03-10", "2026-03-20", "2026-04-02", "2026-06-02"):
            body = violation(org, spot_check=await checked(org, day))
            charged.append(await org.charged((await org.made("/v1/violations", body))["id"]))
        other = violation(org, spot_check=await checked(org, "2026-07-01"), node="resolve")
        charged.append(await org.charged((await org.made("/v1/violations", other))["id"]))
        totals = await org.totals()
    assert charged == [FIRST, FIRST, REPEATED, FIRST, FIRST]
    assert totals == {"worker": "120.00", "supervisor": "60.00", "head": "40.00"}


async def test_only_what_the_department_found_and_penalised_itself_is_waived(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        mine = [await org.made("/v1/violations", violation(org)) for _ in range(2)]
        paths = [f"/v1/violations/{each['id']}" for each in mine]
        own = {"amount": "15.50", "reference": "Notice 7"}
        penalised = await org.acted(paths[0], "penalise", own)
        check = (await org.made("/v1/spot-checks", {"process": "incident"}))["id"]
        met = [await org.acted(path, "meet", {"spot_check": check}) for path in paths]
        charged = [await org.charged(each["id"]) for each in mine]
        late = await org.client.post(f"{paths[1]}/penalise", json=own, headers={"if-match": "*"})
    assert {each["status"] for each in mine} == {"recorded"}
    assert penalised["own_penalty"]["amount"] == "15.50"
    assert [each["status"] for each in met] == ["waived", "charged"]
    assert charged == [{}, FIRST]
    assert late.status_code == 409


async def test_a_void_violation_is_taken_back_line_by_line_and_repeats_nothing(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        body = violation(org, spot_check=await checked(org, "2026-03-10"))
        found = await org.made("/v1/violations", body)
        path = f"/v1/violations/{found['id']}"
        void = await org.acted(path, "void", {"reason": "the form was filed elsewhere"})
        body = violation(org, spot_check=await checked(org, "2026-04-10"))
        later = await org.made("/v1/violations", body)
        charged = await org.charged(found["id"])
        history = (await org.client.get(f"{path}/history")).json()["items"]
    assert (void["status"], later["repeated"]) == ("void", False)
    assert charged == dict.fromkeys(FIRST, Decimal())
    assert [each["operation"] for each in history] == ["record_violation", "void_violation"]


async def test_a_line_is_reversed_once_and_never_changed(service: Provide) -> None:
    async with organisation(service) as org:
        body = violation(org, spot_check=await checked(org, "2026-03-10"))
        await org.made("/v1/violations", body)
        line = (await org.client.get("/v1/penalty-ledger")).json()["items"][0]
        path = f"/v1/penalty-ledger/{line['id']}/reverse"
        answers = await asyncio.gather(
            *(org.client.post(path, json={"reason": "appeal"}) for _ in range(3))
        )
        taken = next(a.json() for a in answers if a.status_code == 201)
        again = f"/v1/penalty-ledger/{taken['id']}/reverse"
        twice = await org.client.post(again, json={"reason": "appeal"})
        sheet = (await org.client.get("/v1/penalty-ledger?format=csv")).text.splitlines()
        (grants,) = await org.service.rows(
            """SELECT count(*) FROM information_schema.role_table_grants
               WHERE table_name IN ('penalty_entry', 'governance_change')
               AND grantee LIKE '%\\_app' AND privilege_type IN ('UPDATE', 'DELETE')"""
        )
    assert sorted(a.status_code for a in answers) == [201, 409, 409]
    assert Decimal(taken["penalty"]["amount"]) == -Decimal(line["penalty"]["amount"])
    assert (taken["reverses"], twice.status_code) == (line["id"], 409)
    assert len(sheet) == 1 + len(FIRST) + 1
    assert f",{taken['penalty']['amount']},CNY,reversal,appeal," in sheet[1]
    assert grants[0] == 0


async def test_a_tenants_own_amounts_hold_from_when_they_say(service: Provide) -> None:
    async with organisation(service) as org:
        path = "/v1/penalty-rules/violation"
        shipped = (await org.client.get(path)).json()
        change = {
            "amounts": {"person": "0.10", "supervisor": "0.20"},
            "currency": "EUR",
            "valid_from": "2026-03-15",
        }
        set_ = await org.changed(path, change)
        stale = await org.client.patch(path, json=change, headers={"if-match": '"0"'})
        wrong = {"amounts": {"planning_head": "1.00", "person": "-1", "supervisor": "0.001"}}
        refused = await org.client.patch(path, json=wrong, headers={"if-match": '"1"'})
        charged = []
        for day in ("2026-03-14", "2026-03-16"):
            body = violation(org, spot_check=await checked(org, day))
            charged.append(await org.charged((await org.made("/v1/violations", body))["id"]))
    assert shipped["amounts"]["person"] == {"amount": "20.00", "currency": "CNY"}
    assert (shipped["revision"], set_["revision"]) == (0, 1)
    assert (stale.status_code, refused.status_code) == (412, 422)
    assert charged == [
        FIRST,
        {("person", ""): Decimal("0.10"), ("supervisor", ""): Decimal("0.20")},
    ]


async def test_every_fault_of_a_violation_is_listed_and_nothing_is_written(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        wrong = violation(
            org, node="nowhere", person="per_x", department="Group 0", spot_check="spc_x"
        )
        answer = await org.client.post("/v1/violations", json=wrong)
        check = await checked(org, "2026-03-10")
        late = violation(org, spot_check=check, occurred_at="2026-03-11")
        after = await org.client.post("/v1/violations", json=late)
        await org.changed(f"/v1/spot-checks/{check}", {"status": "closed"})
        closed = await org.client.post("/v1/violations", json=violation(org, spot_check=check))
        rows = await org.service.rows("SELECT 1 FROM violation")
    pointers = [[e["pointer"] for e in a.json()["errors"]] for a in (answer, after, closed)]
    assert pointers == [
        ["#/node", "#/person", "#/department", "#/spot_check"],
        ["#/occurred_at"],
        ["#/spot_check"],
    ]
    assert rows == []
