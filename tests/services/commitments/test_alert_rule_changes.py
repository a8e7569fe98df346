"""A changed alert rule moves what open runs wait for at once, and nothing that has happened."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx

from services.commitments.operations.alert_sweeps import BATCH, sweep_alerts
from tests.builders import Hook, every_item, ticket
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.test_alerts import alert, alerts, at, clock, fold, published, pushed
from tests.services.commitments.test_escalation import (
    OFFICE,
    RULE,
    created,
    escalate,
    organised,
    told,
)

WARNED: dict[str, Any] = {**RULE, "thresholds": ["warning_80", "commitment", "tolerance"],
                          "steps": RULE["steps"][1:]}  # fmt: skip


async def sweep(commitments: ServiceUnderTest, minutes: float) -> int:
    """Let a worker carry changed rules to the open runs; in how many turns."""
    turns = 0
    while await sweep_alerts(commitments.store, at(minutes) - timedelta(hours=1)):
        turns += 1
    return turns


async def changed(client: httpx.AsyncClient, rule: dict[str, Any], **change: Any) -> None:
    path = f"/v1/alert-rules/{rule['id']}"
    answer = await client.patch(path, json=change, headers={"if-match": "*"})
    assert answer.status_code == 200, answer.text


async def waiting(commitments: ServiceUnderTest) -> list[tuple[str, float]]:
    """The thresholds that a worker waits for, and the minutes after the ticket was opened."""
    rows = await commitments.rows("SELECT threshold, due_at FROM due_instant ORDER BY due_at")
    return [(row[0], (row[1] - at(0)) / timedelta(minutes=1)) for row in rows]


async def next_step(commitments: ServiceUnderTest) -> float | None:
    (row,) = await commitments.rows("SELECT min(at) FROM escalation")
    return None if row[0] is None else float((row[0] - at(0)) / timedelta(minutes=1))


async def open_run(
    commitments: ServiceUnderTest, client: httpx.AsyncClient, rule: dict[str, Any]
) -> tuple[Hook, dict[str, Any]]:
    hook = await organised(commitments, client)
    made = await created(client, "/v1/alert-rules", rule)
    await pushed(hook, client, 0, "New", 0)
    await fold(commitments, 1)
    assert await sweep(commitments, 1)
    return hook, made


async def test_changed_pre_warnings_move_open_runs_at_once(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        _, rule = await open_run(commitments, client, WARNED)
        assert await waiting(commitments) == [
            ("warning_80", 12), ("commitment", 15), ("tolerance", 30)]  # fmt: skip
        await changed(client, rule, thresholds=["warning_40", "warning_60", "commitment"])
        await sweep(commitments, 2)
        found = await waiting(commitments)
        assert found == [
            ("warning_40", 6),
            ("warning_60", 9),
            ("commitment", 15),
            ("tolerance", 30),
        ]
        await alert(commitments, 14)
        assert await published(commitments) == [
            ("limit_approached", "40"), ("limit_approached", "60")]  # fmt: skip
        path = f"/v1/alert-rules/{rule['id']}"
        assert (await client.delete(path, headers={"if-match": "*"})).status_code == 204
        await sweep(commitments, 14)
        # Of the default rule, which holds again, the 80 % lie two minutes back: late, and once.
        await alert(commitments, 14)
        facts = await published(commitments)
    assert facts[2:] == [("limit_approached", "80")]


async def test_what_is_recorded_stays_recorded_once_whatever_the_rule_says_later(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook, rule = await open_run(commitments, client, WARNED)
        await alert(commitments, 13)
        for thresholds in (["commitment"], WARNED["thresholds"], ["commitment"]):
            await changed(client, rule, thresholds=thresholds)
            await sweep(commitments, 14)
            await alert(commitments, 14)
        # Nor does an event of the run take back what the rule does not ask for any more.
        await pushed(hook, client, 1, "New", 14)
        await fold(commitments, 14)
        shown = [(a["threshold"], a["state"]) for a in await alerts(client)]
        facts = await published(commitments)
    assert shown == [("warning_80", "open")]
    assert facts == [("limit_approached", "80")]


async def test_a_removed_pre_warning_is_neither_raised_nor_told(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        _, rule = await open_run(commitments, client, WARNED)
        await changed(client, rule, thresholds=["commitment"])
        # The worker that raises alerts comes before the one that carries the change.
        await alert(commitments, 13)
        assert await alerts(client) == []
        await changed(client, rule, thresholds=WARNED["thresholds"])
        await sweep(commitments, 13)
        await alert(commitments, 13)
        await escalate(commitments, 23)
        assert await told(commitments) == [("email", "Zhao", 23)]
        await changed(client, rule, thresholds=["commitment"])
        await sweep(commitments, 23)
        states = await commitments.rows("SELECT status FROM notification")
        assert await next_step(commitments) is None
    assert [row[0] for row in states] == ["cancelled"]


async def test_changed_steps_and_alert_calendars_move_what_is_being_escalated(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        steps = [{"after_seconds": 0, "to": ["position"]}, *RULE["steps"][1:]]
        _, rule = await open_run(commitments, client, {**RULE, "steps": steps})
        await alert(commitments, 16)
        await escalate(commitments, 16)
        assert await next_step(commitments) == 26
        steps = [steps[0], {"after_seconds": 300, "to": ["department_head"]}]
        await changed(client, rule, steps=steps)
        await sweep(commitments, 17)
        assert await next_step(commitments) == 21
        await escalate(commitments, 21)
        assert await next_step(commitments) is None
        # The last step had been taken; one more is taken so long after it.
        steps.append({"after_seconds": 900, "to": ["process_owner"]})
        await changed(client, rule, steps=steps, calendar="office")
        await sweep(commitments, 22)
        # 08:31 in UTC is 16:31 in Shanghai, where the office is open until 18:00.
        assert await next_step(commitments) == 31
        version = {**{k: v for k, v in OFFICE.items() if k != "code"},
                   "weekly": {"wed": [["09:00", "18:00"]]}}  # fmt: skip
        path = "/v1/calendars/office/versions"
        answer = await client.post(path, json=version, headers={"if-match": "*"})
        assert answer.status_code == 201, answer.text
        await commitments.rows("UPDATE calendar_version SET valid_from = '2016-01-01'")
        await sweep(commitments, 23)
        assert await next_step(commitments) == 17 * 60
        await changed(client, rule, calendar=None)
        await sweep(commitments, 24)
        await escalate(commitments, 31)
        found = await told(commitments)
    assert found == [("email", "Li", 16), ("email", "Zhao", 21), ("email", "Qian", 31)]


async def test_many_open_runs_are_swept_in_batches_while_everybody_reads(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook, rule = await open_run(commitments, client, WARNED)
        many = [ticket(f"M{n}", 0, "New", clock(0), priority="1 - Critical")
                for n in range(2 * BATCH)]  # fmt: skip
        await hook.push_all(client, many)
        await fold(commitments, 1)
        await changed(client, rule, thresholds=["warning_30"])
        await changed(client, rule, thresholds=["warning_50"])
        async with commitments.store.transaction("demo") as session:
            await sweep_alerts(commitments.store, at(0))
            # While a sweep holds its cases, a reader waits for none of them.
            reading = every_item(client, "/v1/node-runs", node="accept")
            assert len(await asyncio.wait_for(reading, 20)) == len(many) + 1
            await session.rollback()
        turns = await asyncio.gather(*(sweep(commitments, 2) for _ in range(3)))
        rows = await commitments.rows(
            "SELECT threshold, count(*) FROM due_instant GROUP BY 1 ORDER BY 1"
        )
        left = await commitments.rows("SELECT 1 FROM alert_sweep")
    # The first of the two changes was given up for the second.
    assert sum(turns) >= (len(many) + 1) // BATCH + 1
    assert {row[0]: row[1] for row in rows} == dict.fromkeys(
        ("warning_50", "commitment", "tolerance"), len(many) + 1
    )
    assert left == []


async def test_a_case_that_fails_holds_up_no_other(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook, rule = await open_run(commitments, client, WARNED)
        await hook.push_all(client, [ticket("M1", 0, "New", clock(0), priority="1 - Critical")])
        await fold(commitments, 1)
        await commitments.rows(
            "UPDATE ticket_event SET body = '{}' WHERE case_id = "
            "(SELECT min(case_id) FROM ticket_event)"
        )
        await changed(client, rule, thresholds=["warning_50"])
        await sweep(commitments, 2)
        rows = await commitments.rows(
            "SELECT threshold FROM due_instant WHERE threshold LIKE 'w%' ORDER BY case_id"
        )
        left = await commitments.rows("SELECT 1 FROM alert_sweep")
    assert [row[0] for row in rows] == ["warning_80", "warning_50"]
    assert left == []
