"""The month of a process: what it is checked on, what is late, and what the ledger says of it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.commitments.operations import change_requests, self_checks, summaries, violations
from services.commitments.operations.change_requests import Step
from services.commitments.operations.deliveries import fold_pending
from services.commitments.operations.history import Act
from services.commitments.operations.late_days import charge_passed_deadlines
from services.commitments.schemas.change_requests import NewChangeRequest
from services.commitments.schemas.penalties import Meeting, NewSpotCheck, NewViolation, OwnPenalty
from services.commitments.schemas.self_checks import SelfCheckChange, SummaryChange
from tests.builders import every_item, integration, ticket
from tests.conftest import Provide
from tests.services.commitments.governed import Organisation, organisation

HISTORY = datetime(2030, 1, 1, tzinfo=UTC)


def local(month: int, day: int, hour: int = 12) -> datetime:
    """An instant of 2016 by the clocks of Shanghai."""
    return datetime(2016, month, day, hour, tzinfo=UTC) - timedelta(hours=8)


class Month:
    """Acts of the people of an organisation, at instants that the test chooses."""

    def __init__(self, org: Organisation) -> None:
        self.org = org

    async def did(self, operation: Any, *arguments: Any, at: datetime, **more: Any) -> Any:
        async with self.org.service.store.transaction("demo") as session:
            row = await operation(
                session, *arguments, act=Act("somebody", at, is_administrator=True), **more
            )
            return row.model_dump()

    async def passed(self, at: datetime) -> None:
        """The worker looks at the clock."""
        while await charge_passed_deadlines(self.org.service.store, at):
            pass

    async def checked(self, at: datetime) -> str:
        new = NewSpotCheck(process="incident")
        return str((await self.did(violations.add_spot_check, new, at=at))["id"])

    async def found(self, at: datetime, check: str | None = None, **other: Any) -> dict[str, Any]:
        plain = {
            "process": "incident",
            "node": "accept",
            "requirement": "form",
            "person": self.org.people["worker"],
            "department": "Group 56",
            "description": "Accepted without the form",
            "spot_check": check,
            **other,
        }
        new = NewViolation.model_validate(plain)
        made: dict[str, Any] = await self.did(
            violations.record_violation, new, at=at, alerts_since=HISTORY
        )
        return made

    async def reported(self, kind: str) -> dict[str, str]:
        """The ids of what is to be reported, by month."""
        items = await every_item(self.org.client, f"/v1/{kind}")
        return {item["month"]: item["id"] for item in items}


async def ran(org: Organisation) -> None:
    """Three incidents of March and one of April."""
    hook = await integration(org.client)
    for number, opened, closed in (
        ("INC1", "01-03-2016 08:00", "01-03-2016 09:00"),
        ("INC2", "31-03-2016 15:59", "31-03-2016 17:00"),
        ("INC3", "15-03-2016 08:00", "25-03-2016 09:00"),
        ("INC4", "31-03-2016 16:00", "01-04-2016 09:00"),
    ):
        for count, (state, at) in enumerate((("New", opened), ("Closed", closed))):
            row = ticket(number, count, state, at, opened_at=opened)
            assert (await hook.push(org.client, row)).status_code == 202
    while await fold_pending(org.service.store, 100, HISTORY, HISTORY):
        pass


async def test_a_self_check_is_opened_filled_in_by_the_platform_and_frozen(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        await ran(org)
        body = {"process": "incident", "month": "2016-03"}
        check = await org.made("/v1/self-checks", body)
        again = await org.made("/v1/self-checks", body)
        path = f"/v1/self-checks/{check['id']}"
        unknown = await org.client.patch(
            path, json={"violations": ["vio_x"]}, headers={"if-match": "*"}
        )
        await org.changed(path, {"execution": "as it should be", "violations": []})
        await org.changed(path, {"design_faults": [{"kind": "form", "description": "no field"}]})
        done = await org.acted(path, "submit", None)
        hook = await integration(org.client)
        more = ticket("INC9", 0, "New", "20-03-2016 08:00", opened_at="20-03-2016 08:00")
        await hook.push(org.client, more)
        while await fold_pending(org.service.store, 100, HISTORY, HISTORY):
            pass
        frozen = (await org.client.get(path)).json()
        late = await org.client.patch(path, json={"execution": "x"}, headers={"if-match": "*"})
        future = await org.client.post("/v1/self-checks", json={**body, "month": "2199-01"})
        charged = await org.charged(check["id"])
    assert (check["id"], check["status"], check["figures"]["run_count"]) == (again["id"], "open", 3)
    assert check["due_at"] == "2016-04-15T16:00:00Z"
    nodes = {each["group"]["node"]: each for each in check["figures"]["performance"]}
    # One of the three was accepted after midnight in Shanghai: completed in April.
    assert nodes["accept"]["completed"] == 2
    assert (unknown.status_code, late.status_code, future.status_code) == (422, 409, 422)
    assert (done["status"], done["incomplete"]) == ("submitted", [])
    assert frozen["figures"] == done["figures"]
    # Submitted today, for a check that was due in 2016: ten for every day, up to ten years.
    days = min(3660, -((datetime(2016, 4, 15, 16, tzinfo=UTC) - datetime.now(UTC)) // timedelta(1)))
    assert sum(charged.values()) == 10 * days


async def test_what_is_not_reported_is_charged_day_by_day_until_it_is(service: Provide) -> None:
    async with organisation(service) as org:
        month = Month(org)
        await org.service.rows("DELETE FROM governance_deadline")
        async with org.service.store.transaction("demo") as session:
            act = Act("somebody", local(3, 31))
            check = await self_checks.begin_self_check(session, "incident", "2016-03", act)
            summary = await summaries.begin_summary(session, "Group 56", "2016-03", act)
        await month.passed(local(4, 15, 23))
        in_time = await org.charged(check.id)
        await month.passed(local(4, 16, 1))
        await month.passed(local(4, 17, 1))
        await month.did(self_checks.submit_self_check, check.id, "*", at=local(4, 18, 1))
        await month.passed(local(5, 30))
        change = SummaryChange(analysis="slow", measures=[], signed_by=org.people["head"])
        await month.did(summaries.change_summary, summary.id, change, "*", at=local(4, 25))
        await month.did(summaries.submit_summary, summary.id, "*", at=local(4, 25, 23))
        charged = [await org.charged(each) for each in (check.id, summary.id)]
    assert in_time == {}
    assert charged[0] == {
        ("supervisor", "day 1"): 10,
        ("supervisor", "day 2"): 10,
        ("supervisor", "day 3"): 10,
        ("supervisor", "execution"): 10,
        ("supervisor", "violations"): 10,
        ("supervisor", "design_faults"): 10,
    }
    assert len(charged[1]) == 35


async def test_a_summary_is_signed_by_the_head_and_may_be_excused(service: Provide) -> None:
    async with organisation(service) as org:
        body = {"department": "Group 56", "month": "2026-03"}
        path = (
            f"/v1/department-summaries/{(await org.made('/v1/department-summaries', body))['id']}"
        )
        empty = await org.client.post(f"{path}/submit", headers={"if-match": "*"})
        await org.changed(path, {"analysis": "a", "measures": [], "signed_by": org.people["owner"]})
        unsigned = await org.client.post(f"{path}/submit", headers={"if-match": "*"})
        excused = await org.acted(path, "excuse", {"reason": "reorganised"})
        left = await org.service.rows("SELECT 1 FROM governance_deadline WHERE cause = 'summary'")
    assert {e["pointer"] for e in empty.json()["errors"]} == {
        "#/analysis",
        "#/measures",
        "#/signed_by",
    }
    assert [e["code"] for e in unsigned.json()["errors"]] == ["not_signed"]
    assert (excused["status"], left) == ("excused", [])


class March(Month):
    """March of 2016, and what is made of it in April; `expected` recounts what each act costs."""

    def __init__(self, org: Organisation) -> None:
        super().__init__(org)
        self.expected: Counter[str] = Counter()

    async def itself(self) -> list[dict[str, Any]]:
        """A finding, and two that the department makes: it penalises only one of them itself."""
        first = await self.found(local(3, 10), await self.checked(local(3, 10)))
        self.expected.update(worker=20, supervisor=10, head=5)
        penalised = await self.found(local(3, 20), requirement="record")
        own = OwnPenalty(amount=Decimal(10), reference="Notice 1")
        await self.did(violations.penalise_violation, penalised["id"], own, "*", at=local(3, 21))
        unpenalised = await self.found(local(3, 22), requirement="policy")
        await self.passed(local(4, 1, 1))
        return [first, penalised, unpenalised]

    async def spot_checked(self, mine: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """On 5 April: a repetition, the two that were found, and a flaw of the design."""
        at = local(4, 5)
        check = await self.checked(at)
        again = await self.found(at, check)
        self.expected.update(worker=40, supervisor=20, head=20)
        meeting, more = Meeting(spot_check=check), {"at": at, "alerts_since": HISTORY}
        met = [
            await self.did(violations.meet_violation, each["id"], meeting, "*", **more)
            for each in mine
        ]
        self.expected.update(worker=20, supervisor=10, head=5)
        flaw = await self.found(at, check, requirement="flow", by_design=True)
        self.expected.update(worker=20, supervisor=10, head=5)
        return [again, *met, flaw]

    async def reported_on(self, first: str) -> dict[str, Any]:
        """The change is filed three days late and published in time, the check two days late."""
        check = (await self.reported("self-checks"))["2016-03"]
        filled = SelfCheckChange(execution="done", violations=[first])
        await self.did(self_checks.change_self_check, check, filled, "*", at=local(4, 14))
        await self.passed(local(4, 14))
        asked = (await every_item(self.org.client, "/v1/change-requests", status="found"))[0]["id"]
        plain = {"process": "incident", "departments": ["Group 56"], "demanded": asked}
        new = NewChangeRequest.model_validate({**plain, "title": "t", "proposal": "p"})
        file = change_requests.file_change_request
        await self.did(file, new, at=local(4, 15, 10), alerts_since=HISTORY)
        self.expected.update(head=60)
        await self.stepped(asked, "approved", local(4, 15))
        await self.passed(local(4, 16, 10))
        await self.stepped(asked, "changed", local(4, 16))
        done: dict[str, Any] = await self.did(
            self_checks.submit_self_check, check, "*", at=local(4, 17, 10)
        )
        self.expected.update(supervisor=30)
        await self.stepped(asked, "published", local(4, 18, 9))
        return done

    async def stepped(self, request_id: str, status: str, at: datetime) -> None:
        step = Step(status, None, HISTORY)
        await self.did(change_requests.step_change_request, request_id, step, "*", at=at)

    async def summed_up(self) -> None:
        """The summary comes on its last day; April's reports wait until April is over."""
        summary = (await self.reported("department-summaries"))["2016-03"]
        text = SummaryChange(analysis="a", measures=[], signed_by=self.org.people["head"])
        await self.did(summaries.change_summary, summary, text, "*", at=local(4, 20))
        await self.did(summaries.submit_summary, summary, "*", at=local(4, 25, 23))
        await self.passed(local(4, 30, 23))


async def test_the_whole_month_of_a_process_adds_up(service: Provide) -> None:
    """Every act has its instant, and every amount is recounted beside the act that costs it."""
    async with organisation(service) as org:
        await ran(org)
        march = March(org)
        await org.service.rows(
            "UPDATE governance_deadline SET due_at = $1, next_at = $1", local(4, 1, 0)
        )
        first, *mine = await march.itself()
        again, waived, charged, flaw = await march.spot_checked(mine)
        done = await march.reported_on(first["id"])
        await march.summed_up()
        totals = await org.totals()
        opened = await march.reported("self-checks")
        lines = await every_item(org.client, "/v1/penalty-ledger")
    assert (first["repeated"], again["repeated"]) == (False, True)
    found = [each["status"] for each in (again, waived, charged, flaw)]
    assert found == ["charged", "waived", "charged", "charged"]
    assert (done["figures"]["run_count"], done["incomplete"]) == (3, ["design_faults"])
    assert list(opened) == ["2016-03"]
    assert {who: Decimal(amount) for who, amount in totals.items()} == dict(march.expected)
    assert sum(Decimal(line["penalty"]["amount"]) for line in lines) == march.expected.total()
