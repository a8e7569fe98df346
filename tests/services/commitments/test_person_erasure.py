"""A person who is erased is named nowhere any more, and no clock and no amount has moved."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.commitments.operations.person_erasure import OF_TICKETS
from tests.builders import every_item, integration, ticket, until
from tests.conftest import Provide
from tests.services.commitments.governed import Organisation, organisation, subject
from tests.services.commitments.mail_server import Mailbox

ANY = {"if-match": "*"}
NAME, FORMER = "欧阳娜娜", "Nana O'Yang"
MAILBOX, ROBOT = "nana.ouyang@home.example", "nana_wecom_17"
GONE = (NAME, FORMER, "O'Yang", MAILBOX, ROBOT, subject("nana"), "knee surgery")


async def served(org: Organisation) -> str:
    """Somebody who supervised, was told of an alert, violated, filed, signed and was a deputy."""
    addresses = [
        {"channel": "email", "address": MAILBOX},
        {"channel": "wecom", "address": ROBOT},
    ]
    absent = [{"first_day": "2024-01-01", "last_day": "2024-01-02", "note": "knee surgery"}]
    body = {"name": FORMER, "subject": subject("nana"), "addresses": addresses}
    kept = {"idempotency-key": "add-nana"}
    made = await org.client.post("/v1/people", json={**body, "absences": absent}, headers=kept)
    nana: str = made.json()["id"]
    await org.changed(f"/v1/people/{nana}", {"name": NAME})
    await org.changed(f"/v1/people/{org.people['worker']}", {"deputy": nana})
    roles = {"owner": org.people["owner"], "supervisor": nana}
    await org.changed("/v1/processes/incident/roles", roles, "PUT")
    await org.changed("/v1/departments/planning", {"head_person": nana})
    await _governed(org, nana)
    return nana


async def _governed(org: Organisation, nana: str) -> None:
    await org.client.patch("/v1/services/it-support", json={"owner": NAME}, headers=ANY)
    async with org.calling("nana") as client:
        kept = {"idempotency-key": "check"}
        check = (await client.post("/v1/spot-checks", json={"process": "incident",
            "notes": f"asked {NAME}"}, headers=kept)).json()["id"]  # fmt: skip
        found = {"process": "incident", "requirement": "form", "person": nana, "node": "accept",
                 "department": "Group 56", "spot_check": check,
                 "description": f"{NAME}未使用表单, by {FORMER}."}  # fmt: skip
        await client.post("/v1/violations", json=found)
        (line, *_) = await every_item(org.client, "/v1/penalty-ledger")
        path = f"/v1/penalty-ledger/{line['id']}"
        await client.post(f"{path}/confirm")
        await client.post(f"{path}/pay", json={"reference": f"paid by {NAME}"})
        await client.post(f"{path}/reverse", json={"reason": f"{FORMER} appealed"})
        month = {"process": "incident", "month": "2026-03"}
        self_check = (await client.post("/v1/self-checks", json=month)).json()["id"]
        path = f"/v1/self-checks/{self_check}"
        told = await client.patch(path, json={"execution": f"by {NAME}"}, headers=ANY)
        assert told.status_code == 200, told.text
        await client.post(f"{path}/submit", headers=ANY)
        change = {"process": "incident", "departments": ["Group 56"], "title": f"for {NAME}"}
        filed = await client.post("/v1/change-requests", json={**change, "proposal": "p"})
        assert filed.status_code == 201, filed.text
        reason = {"reason": f"{MAILBOX.upper()} asked"}
        path = f"/v1/change-requests/{filed.json()['id']}"
        await client.post(f"{path}/withdraw", json=reason, headers=ANY)


async def alerted(org: Organisation) -> None:
    """A case whose alert the person answers, and a rule that an administrator changes for them."""
    hook = await integration(org.client)
    row = ticket("INC1", 0, "New", "01-03-2016 08:00", opened_at="01-03-2016 08:00")
    assert (await hook.push(org.client, row)).status_code == 202


async def left(org: Organisation, nana: str) -> None:
    roles = {"owner": org.people["owner"], "supervisor": org.people["supervisor"]}
    await org.changed("/v1/processes/incident/roles", roles, "PUT")
    await org.changed("/v1/departments/planning", {"head_person": org.people["planner"]})


async def dumped(org: Organisation) -> dict[str, str]:
    """All rows of every table as text, read past row security."""
    names = await org.service.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = {}
    for (name,) in names:
        rows = await org.service.rows(f'SELECT t::text FROM "{name}" t ORDER BY 1')
        answers = "SELECT convert_from(body, 'UTF8') FROM idempotency_key"
        rows += await org.service.rows(answers) if name == "idempotency_key" else []
        found[name] = "\n".join(row[0] for row in rows if row[0])
    return found


async def test_nobody_finds_an_erased_person_and_no_clock_or_amount_moves(
    service: Provide, mailbox: tuple[Mailbox, str]
) -> None:
    async with organisation(service) as org:
        nana = await served(org)
        await alerted(org)
        worker = org.service.worker(smtp_url=mailbox[1])
        try:
            await until(lambda: org.service.rows("SELECT 1 FROM clock_version"), "it is folded")
        finally:
            worker.ask_to_stop()
            worker.wait_or_kill(20)
        path = f"/v1/people/{nana}"
        early = await org.client.post(f"{path}/erase", json={"reason": "r"}, headers=ANY)
        await left(org, nana)
        await org.service.rows(
            """INSERT INTO notification SELECT 'ntf_1', 'demo', 'email', 'email', $1, NULL, NULL,
               jsonb_build_object('address', $2::text), 'pending', 0, 0, now(), now(), NULL""",
            NAME, MAILBOX
        )  # fmt: skip
        before = await dumped(org)
        totals = (await org.client.get("/v1/penalty-ledger/totals")).json()
        said = {"reason": f"{NAME} asked for it"}
        erased = await org.acted(path, "erase", said)
        after = await dumped(org)
        again = await org.client.post(f"{path}/erase", json=said, headers=ANY)
        renamed = await org.client.patch(path, json={"name": NAME}, headers=ANY)
        (mail,) = await org.service.rows("SELECT status FROM notification")
        ledger = (await org.client.get("/v1/penalty-ledger/totals")).json()
        history = await every_item(org.client, f"{path}/history")
        async with org.calling("nana") as gone:
            refused = await gone.post("/v1/spot-checks", json={"process": "incident"})
    assert mail["status"] == "cancelled"
    assert early.status_code == 409
    assert {e["code"] for e in early.json()["errors"]} == {"in_office"}
    named = {name for name, text_ in before.items() if any(word in text_ for word in GONE)}
    assert {"person", "violation", "penalty_entry", "penalty_settlement", "spot_check"} <= named
    assert {
        "service",
        "self_check",
        "change_request",
        "governance_change",
        "idempotency_key",
    } <= named
    assert {name: [w for w in GONE if w.lower() in t.lower()] for name, t in after.items()} == {
        name: [] for name in after
    }
    assert set(erased["rows"]) >= named - {"person", "idempotency_key"}
    clocks = OF_TICKETS | {"clock_version", "case_version", "service_case", "due_instant"}
    assert {name: after[name] for name in clocks} == {name: before[name] for name in clocks}
    assert ledger == totals
    assert {each["by"] for each in history} == {"tester@demo"}
    assert all(each["body"]["name"] == nana for each in history)
    statuses = (again.status_code, renamed.status_code, refused.status_code)
    assert statuses == (409, 409, 403)


@pytest.mark.parametrize(
    ("member", "person"), [("body", "per_nobody"), ("at", "erased"), ("operation", "erased")]
)
async def test_the_trail_is_changed_for_an_erasure_alone_and_only_where_it_names(
    service: Provide, member: str, person: str
) -> None:
    async with organisation(service) as org:
        stranger = org.people["stranger"]
        await org.acted(f"/v1/people/{stranger}", "erase", {"reason": "r"})
        named: dict[str, Any] = {"member": member, "person": person}
        named["person"] = stranger if person == "erased" else person
        call = "SELECT erase_mention('governance_change', :member, '.', false, :person)"
        with pytest.raises(DBAPIError, match=r"stays|not being erased"):
            async with org.service.store.transaction("demo") as session:
                await session.execute(text(call), named)
