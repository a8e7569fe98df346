"""Whatever changes governance leaves its trail: who, as what, when, before and after."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from tests.builders import every_item
from tests.conftest import Provide
from tests.services.commitments.governed import DESK, Organisation, organisation

ANY = {"if-match": "*"}
WRITING = {"post", "put", "patch", "delete"}
Act = Callable[[], Awaitable[httpx.Response]]


class Deeds:
    """One act for each operation that changes people or governance; each finds what it needs."""

    def __init__(self, org: Organisation) -> None:
        self.org = org
        self.month = 0

    async def send(self, path: str, body: Any = None, method: str = "POST") -> httpx.Response:
        answer: httpx.Response = await self.org.client.request(method, path, json=body, headers=ANY)
        return answer

    async def made(self, path: str, body: Any) -> str:
        return f"{path}/{(await self.org.made(path, body))['id']}"

    async def person(self) -> str:
        return await self.made("/v1/people", {"name": "Somebody"})

    async def check(self) -> str:
        return await self.made("/v1/spot-checks", {"process": "incident"})

    def violation(self, **other: Any) -> dict[str, Any]:
        plain = {"process": "incident", "requirement": "form", "department": "Group 56"}
        return {**plain, "person": self.org.people["worker"], "description": "d", **other}

    async def violated(self) -> str:
        return await self.made("/v1/violations", self.violation())

    async def line(self) -> str:
        spot_check = (await self.check()).rpartition("/")[2]
        made = await self.org.made("/v1/violations", self.violation(spot_check=spot_check))
        lines = await every_item(self.org.client, "/v1/penalty-ledger", cause_id=made["id"])
        return f"/v1/penalty-ledger/{lines[0]['id']}"

    async def report(self, kind: str) -> str:
        self.month += 1
        of = {"process": "incident"} if kind == "self-checks" else {"department": "Group 56"}
        return await self.made(f"/v1/{kind}", {**of, "month": f"2020-{self.month:02}"})

    async def signed(self) -> str:
        path = await self.report("department-summaries")
        text = {"analysis": "a", "measures": [], "signed_by": self.org.people["head"]}
        await self.send(path, text, "PATCH")
        return path

    def change(self) -> dict[str, Any]:
        plain = {"process": "incident", "departments": ["Group 56"]}
        return {**plain, "title": "t", "proposal": "p"}

    async def filed(self, *steps: str) -> str:
        path = await self.made("/v1/change-requests", self.change())
        for step in steps:
            body = {"decision": "approved"} if step == "review" else {}
            assert (await self.send(f"{path}/{step}", body)).status_code == 200
        return path

    async def held(self) -> str:
        path = "/v1/positions/desk/holders"
        person = (await self.person()).rpartition("/")[2]
        return await self.made(path, {"person": person})

    async def people(self) -> dict[str, httpx.Response]:
        """An act of each operation on people, departments and positions."""
        fresh = {"code": "new", "name": DESK}
        someone = {"person": self.org.people["stranger"]}
        roles = {"owner": self.org.people["owner"]}
        return {
            "add_person": await self.send("/v1/people", {"name": "n"}),
            "change_person": await self.send(await self.person(), {"name": "m"}, "PATCH"),
            "forget_person": await self.send(f"{await self.person()}/erase", {"reason": "r"}),
            "add_department": await self.send("/v1/departments", fresh),
            "change_department": await self.send("/v1/departments/new", {"name": DESK}, "PATCH"),
            "add_position": await self.send("/v1/positions", {**fresh, "department": "new"}),
            "change_position": await self.send("/v1/positions/new", {"name": DESK}, "PATCH"),
            "add_holder": await self.send("/v1/positions/new/holders", someone),
            "end_holder": await self.send(f"{await self.held()}/end", {}),
            "change_process_roles": await self.send("/v1/processes/incident/roles", roles, "PUT"),
            "change_governance_settings": await self.send(
                "/v1/governance-settings", {"currency": "EUR"}, "PATCH"
            ),
        }

    async def findings(self) -> dict[str, httpx.Response]:
        """An act of each operation on spot-checks, violations and the ledger."""
        reason, check = {"reason": "r"}, await self.check()
        meeting = {"spot_check": check.rpartition("/")[2]}
        asked = {"department": "Group 56", "demand": "d"}
        own = {"amount": "1", "reference": "r"}
        confirmed = await self.line()
        return {
            "add_spot_check": await self.send("/v1/spot-checks", {"process": "incident"}),
            "change_spot_check": await self.send(check, {"notes": "n"}, "PATCH"),
            "demand_change": await self.send(f"{check}/demand-change", asked),
            "record_violation": await self.send("/v1/violations", self.violation()),
            "penalise_violation": await self.send(f"{await self.violated()}/penalise", own),
            "meet_violation": await self.send(f"{await self.violated()}/meet", meeting),
            "void_violation": await self.send(f"{await self.violated()}/void", reason),
            "change_penalty_rule": await self.send(
                "/v1/penalty-rules/violation", {"amounts": {"person": "1"}}, "PATCH"
            ),
            "confirm_penalty": await self.send(f"{confirmed}/confirm"),
            "pay_penalty": await self.send(f"{confirmed}/pay", {"reference": "r"}),
            "reverse_penalty": await self.send(f"{confirmed}/reverse", reason),
        }

    async def reports(self) -> dict[str, httpx.Response]:
        """An act of each operation on reports, changes and the process map."""
        reason, checks, summaries = {"reason": "r"}, "self-checks", "department-summaries"
        month = {"process": "incident", "month": "2019-01"}
        of = {"department": "Group 56", "month": "2019-01"}
        check, summary = await self.report(checks), await self.signed()
        approve = {"decision": "approved"}
        place = "/v1/processes/incident/governance"
        return {
            "open_self_check": await self.send(f"/v1/{checks}", month),
            "change_self_check": await self.send(check, {"execution": "e"}, "PATCH"),
            "submit_self_check": await self.send(f"{check}/submit"),
            "excuse_self_check": await self.send(f"{await self.report(checks)}/excuse", reason),
            "open_summary": await self.send(f"/v1/{summaries}", of),
            "change_summary": await self.send(
                await self.report(summaries), {"analysis": "a"}, "PATCH"
            ),
            "submit_summary": await self.send(f"{summary}/submit"),
            "excuse_summary": await self.send(f"{await self.report(summaries)}/excuse", reason),
            "file_change_request": await self.send("/v1/change-requests", self.change()),
            "review_change_request": await self.send(f"{await self.filed()}/review", approve),
            "change_by_request": await self.send(f"{await self.filed('review')}/change", {}),
            "publish_change_request": await self.send(
                f"{await self.filed('review', 'change')}/publish", {}
            ),
            "withdraw_change_request": await self.send(f"{await self.filed()}/withdraw", reason),
            "change_process_governance": await self.send(place, {"level": 1}, "PATCH"),
        }

    async def duties(self) -> dict[str, httpx.Response]:
        """An act of each operation on what owners did for their duties."""
        done = {"process": "incident", "duty": "training", "what": "w", "done_on": "2026-03-12"}
        body, records = {**done, "departments": ["Group 56"]}, "/v1/duty-records"
        voided = await self.made(records, body)
        return {
            "record_duty": await self.send(records, body),
            "void_duty_record": await self.send(f"{voided}/void", {"reason": "r"}),
        }


def writing(document: dict[str, Any]) -> set[str]:
    """The operations of people and governance that change something, by the API's own word."""
    return {
        operation["operationId"]
        for path in document["paths"].values()
        for method, operation in path.items()
        if method in WRITING and {"people", "governance"} & set(operation["tags"])
    }


async def test_every_operation_of_governance_leaves_one_trail_of_its_name(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        deeds = Deeds(org)
        done = {**await deeds.findings(), **await deeds.reports(), **await deeds.people()}
        done |= await deeds.duties()
        trail = await every_item(org.client, "/v1/governance-changes")
        of_key = await every_item(org.client, "/v1/governance-changes", operation="pay_penalty")
        async with org.calling("stranger") as reader:
            hidden = await reader.get("/v1/governance-changes")
    failed = {name: a.text for name, a in done.items() if a.status_code not in {200, 201}}
    assert failed == {}
    assert set(done) == writing(org.service.app.openapi())
    operations = {each["operation"] for each in trail}
    assert operations == set(done)
    assert {each["by"] for each in trail} == {"tester@demo"}
    last: dict[tuple[str, str], Any] = {}
    for each in reversed(trail):
        assert each["body"]
        assert each["before"] == last.get((each["kind"], each["key"]))
        last[each["kind"], each["key"]] = each["body"]
    assert [each["key"] for each in of_key] == [done["pay_penalty"].json()["id"]]
    assert hidden.status_code == 403


async def test_a_position_is_kept_with_its_holders_before_and_after(service: Provide) -> None:
    async with organisation(service) as org:
        held = {"person": org.people["stranger"], "since": "2026-01-01"}
        made = await org.made("/v1/positions/desk/holders", held)
        end = {"until": "2026-02-01"}
        await org.made(f"/v1/positions/desk/holders/{made['id']}/end", end, status=200)
        last = (await org.client.get("/v1/positions/desk/history")).json()["items"][-1]
    before = {each["id"]: each["until"] for each in last["before"]["holders"]}
    after = {each["id"]: each["until"] for each in last["body"]["holders"]}
    assert before[made["id"]] is None
    assert {**before, made["id"]: after[made["id"]]} == after
    assert after[made["id"]].startswith("2026-0")
