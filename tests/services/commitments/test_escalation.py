"""Who is told of an alert, when, in which language, and when nobody is told any more."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from deploy.local.sample import incidents
from services.commitments.channels import Channels
from services.commitments.channels.mail import Mailer
from services.commitments.operations.escalation import escalate_due
from tests.builders import Hook, integration, published
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.mail_server import Mailbox
from tests.services.commitments.receivers import dispatch
from tests.services.commitments.test_alerts import HANDLING, alert, alerts, at, fold, pushed

OFFICE = {
    "code": "office",
    "name": {"zh": "办公时间", "en": "Office hours"},
    "time_zone": "Asia/Shanghai",
    "weekly": {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}
RULE: dict[str, Any] = {
    "name": {"zh": "事件", "en": "Incidents"},
    "process": "incident",
    "thresholds": ["commitment", "tolerance"],
    "steps": [
        {"after_seconds": 0, "to": ["position"], "channels": ["email", "group"]},
        {"after_seconds": 600, "to": ["department_head"]},
        {"after_seconds": 1800, "to": ["process_owner"]},
    ],
}
GROUP = {
    "code": "group",
    "name": {"zh": "组群", "en": "Group"},
    "kind": "wecom",
    "language": "zh",
    "credential": {"key": "k"},
}


async def created(client: httpx.AsyncClient, path: str, body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def person(client: httpx.AsyncClient, name: str, **other: Any) -> str:
    address = {"channel": "email", "address": f"{name.lower()}@example.com"}
    body = {"name": name, "addresses": [address], "language": "en", "time_zone": "UTC", **other}
    return str((await created(client, "/v1/people", body))["id"])


async def organised(
    commitments: ServiceUnderTest, client: httpx.AsyncClient, **of_nodes: Any
) -> Hook:
    """The sample's process with a position for its nodes, held by Li, whose deputy is Wang.

    Zhao heads the department, Qian owns the process.
    """
    process = incidents.process()
    for node in process["nodes"]:
        node.update({"position": "duty", **of_nodes})
    await created(client, "/v1/calendars", incidents.CALENDAR)
    await created(client, "/v1/calendars", OFFICE)
    await created(client, "/v1/processes", process)
    await created(client, "/v1/services", incidents.SERVICE)
    for promise in incidents.promises():
        await published(client, promise)
    wang = await person(client, "Wang", language="zh")
    li = await person(client, "Li", deputy=wang)
    zhao = await person(client, "Zhao")
    qian = await person(client, "Qian", is_senior_manager=True)
    names = {"zh": "一组", "en": "Group 1"}
    group = {"code": "Group 1", "name": names, "head_person": zhao}
    await created(client, "/v1/departments", group)
    position = {"code": "duty", "name": names, "department": "Group 1"}
    await created(client, "/v1/positions", position)
    await created(client, "/v1/positions/duty/holders", {"person": li})
    path = "/v1/processes/incident/roles"
    held = {"if-match": (await client.get(path)).headers["etag"]}
    answer = await client.put(path, json={"owner": qian}, headers=held)
    assert answer.status_code == 200, answer.text
    # They have been in their offices for longer than the tests look back.
    await commitments.rows("UPDATE appointment SET since = '2016-01-01'")
    return await integration(client)


async def escalate(commitments: ServiceUnderTest, minutes: float) -> None:
    while await escalate_due(commitments.store, at(minutes), "https://see.example.com", mails=True):
        pass


async def told(commitments: ServiceUnderTest) -> list[tuple[str, str, float]]:
    """Channel, recipient, and when, in minutes after the ticket was opened."""
    rows = await commitments.rows(
        "SELECT channel, recipient, created_at FROM notification ORDER BY created_at, channel"
    )
    return [(row[0], row[1], (row[2] - at(0)) / timedelta(minutes=1)) for row in rows]


async def said(commitments: ServiceUnderTest) -> list[dict[str, str]]:
    rows = await commitments.rows("SELECT body FROM notification ORDER BY created_at, channel")
    return [json.loads(row[0]) for row in rows]


async def test_an_alert_climbs_from_the_position_to_the_owner_of_the_process(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await organised(commitments, client)
        await created(client, "/v1/alert-channels", GROUP)
        await created(client, "/v1/alert-rules", RULE)
        await pushed(hook, client, 0, "New", 0)
        await fold(commitments, 1)
        await alert(commitments, 13)
        # A pre-warning that the rule does not name is recorded at the most, and told to nobody.
        await escalate(commitments, 13)
        assert await told(commitments) == []
        await alert(commitments, 16)
        for minutes in (16, 16, 25, 26, 27, 45, 46, 100):
            await escalate(commitments, minutes)
        found = await told(commitments)
        texts = await said(commitments)
        left = await commitments.rows("SELECT 1 FROM escalation WHERE at IS NOT NULL")
    assert found == [
        ("email", "Li", 16),
        ("wecom", "Li", 16),
        ("email", "Zhao", 26),
        ("email", "Qian", 46),
    ]
    assert texts[0]["title"] == "[Alert] INC1 Accept: commitment limit passed"
    assert texts[0]["address"] == "li@example.com"
    assert texts[1]["title"] == "【告警】INC1 受理已超过承诺时限"
    assert texts[1]["text"].endswith("@ Li")
    assert "Late by: 31 min" in texts[3]["text"]
    assert "https://see.example.com/v1/alerts/alr_" in texts[3]["text"]
    assert left == []


@pytest.mark.parametrize("answered", ["acknowledge", "handle", "finish"])
async def test_whoever_answers_or_finishes_ends_the_escalation(
    service: Provide, answered: str
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await organised(commitments, client)
        await pushed(hook, client, 0, "New", 0)
        await fold(commitments, 1)
        await alert(commitments, 16)
        await escalate(commitments, 16)
        for one in await alerts(client):
            body = HANDLING if answered == "handle" else None
            if answered != "finish":
                await client.post(f"/v1/alerts/{one['id']}/{answered}", json=body)
        if answered == "finish":
            await pushed(hook, client, 1, "Closed", 20)
            await fold(commitments, 21)
        await escalate(commitments, 500)
        found = await told(commitments)
        left = await commitments.rows("SELECT 1 FROM escalation WHERE at IS NOT NULL")
    # By the default rule both the pre-warning and the limit are told to whoever is on duty.
    assert found == [("email", "Li", 16)] * 2
    assert left == []


async def test_a_deputy_is_told_in_their_language_while_the_holder_is_away(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await organised(commitments, client)
        people = (await client.get("/v1/people")).json()["items"]
        li = next(p for p in people if p["name"] == "Li")
        away = {"absences": [{"first_day": "2016-03-01", "last_day": "2016-03-02"}]}
        path = f"/v1/people/{li['id']}"
        assert (await client.patch(path, json=away, headers={"if-match": "*"})).status_code == 200
        await pushed(hook, client, 0, "New", 0)
        await fold(commitments, 1)
        await alert(commitments, 13)
        await escalate(commitments, 13)
        (text,) = await said(commitments)
    assert text["address"] == "wang@example.com"
    assert text["title"] == "【告警】INC1 受理已用去承诺时限的 80%"


async def test_a_night_alert_is_told_in_the_morning_if_the_run_still_goes_on(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await organised(commitments, client)
        steps = RULE["steps"][1:]
        rule = {**RULE, "steps": steps, "calendar": "office"}
        made = await created(client, "/v1/alert-rules", rule)
        # Four in the afternoon in UTC is midnight in Shanghai.
        await pushed(hook, client, 0, "New", 480)
        await commitments.rows("UPDATE delivery SET body = replace(convert_from(body, 'UTF8'),"
                               " '01-03-2016 08:00', '01-03-2016 16:00')::bytea")  # fmt: skip
        await fold(commitments, 481)
        await alert(commitments, 496)
        await escalate(commitments, 496)
        (waiting,) = await commitments.rows("SELECT at FROM escalation")
        shown = await alerts(client, threshold="commitment")
        assert await told(commitments) == []
        await escalate(commitments, 17 * 60)
        found = await told(commitments)
    assert made["calendar"] == "office"
    assert shown[0]["due_at"] == "2016-03-01T16:15:00Z"
    assert waiting[0] == at(17 * 60)
    assert found == [("email", "Zhao", 17 * 60)]


async def test_a_step_that_reaches_nobody_is_followed_by_the_next_at_once(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await organised(commitments, client)
        await commitments.rows("DELETE FROM appointment WHERE office IN ('holder', 'head')")
        await pushed(hook, client, 0, "New", 0)
        await fold(commitments, 1)
        await alert(commitments, 13)
        await escalate(commitments, 13)
        assert await told(commitments) == [("email", "Qian", 13)]


async def test_the_messages_of_an_alert_are_shown_with_their_tries(
    service: Provide, mailbox: tuple[Mailbox, str]
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await organised(commitments, client)
        await pushed(hook, client, 0, "New", 0)
        await fold(commitments, 1)
        await alert(commitments, 13)
        await escalate(commitments, 13)
        mailer = Mailer(mailbox[1], "see@example.com")
        await dispatch(commitments, Channels(allow_private=True, mailer=mailer))
        (one,) = await alerts(client)
        shown = (await client.get(f"/v1/alerts/{one['id']}")).json()
    (tried,) = shown["delivery_attempts"]
    assert (tried["channel"], tried["recipient"], tried["attempt"]) == ("email", "Li", 1)
    assert tried["error"] is None
    assert mailbox[0].kept[0].rcpt_tos == ["li@example.com"]


async def test_rules_are_changed_and_removed_under_their_etag(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await organised(commitments, client)
        (default,) = (await client.get("/v1/alert-rules")).json()["items"]
        await created(client, "/v1/alert-channels", GROUP)
        made = await created(client, "/v1/alert-rules", RULE)
        path = f"/v1/alert-rules/{made['id']}"
        change = {"thresholds": ["warning_50"], "node": "accept"}
        assert (await client.patch(path, json=change)).status_code == 428
        held = {"if-match": (await client.get(path)).headers["etag"]}
        changed = await client.patch(path, json=change, headers=held)
        assert (await client.patch(path, json=change, headers=held)).status_code == 412
        gone = await client.delete("/v1/alert-channels/group", headers={"if-match": "*"})
        listed = (await client.get("/v1/alert-rules")).json()["items"]
        removed = await client.delete(path, headers={"if-match": changed.headers["etag"]})
        missing = await client.get(path)
    assert default["id"] == "default"
    assert default["thresholds"] == ["commitment", "tolerance", "warning_80"]
    assert [rule["id"] for rule in listed] == [made["id"], "default"]
    assert (changed.json()["thresholds"], changed.json()["node"]) == (["warning_50"], "accept")
    assert [a.status_code for a in (gone, removed, missing)] == [409, 204, 404]


async def test_a_wrong_rule_is_refused_with_every_fault(service: Provide) -> None:
    wrong = {
        **RULE, "process": "nowhere", "node": "accept", "promise": "p", "calendar": "never",
        "steps": [
            {"after_seconds": 60, "to": ["position"], "channels": ["pigeon"]},
            {"after_seconds": 60, "to": ["per_" + "0" * 26]},
        ],
    }  # fmt: skip
    async with service("commitments") as commitments, commitments.client() as client:
        await organised(commitments, client)
        answer = await client.post("/v1/alert-rules", json=wrong)
        shape = {**RULE, "thresholds": ["late"], "steps": [{"to": ["everybody"]}]}
        malformed = await client.post("/v1/alert-rules", json=shape)
    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "#/process", "#/node", "#/promise", "#/calendar", "#/steps/0/channels/0",
        "#/steps/1/after_seconds", "#/steps/1/to/0",
    }  # fmt: skip
    assert {error["pointer"] for error in malformed.json()["errors"]} == {
        "#/thresholds/0", "#/steps/0/to/0",
    }  # fmt: skip
