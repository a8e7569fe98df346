"""An escalation follows its run: pauses, ends, resets, hand-overs, and events that come late."""

from collections import Counter
from datetime import timedelta
from operator import itemgetter
from typing import Any

import httpx
import pytest

from services.commitments.operations.corrections import correct_case
from services.commitments.schemas.corrections import NewCorrection
from tests.builders import Hook, ticket
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.test_alert_rule_changes import next_step
from tests.services.commitments.test_alerts import alert, alerts, at, clock, fold, published, pushed
from tests.services.commitments.test_escalation import (
    RULE,
    created,
    escalate,
    organised,
    person,
    told,
)

STEPS = [{"after_seconds": 0, "to": ["position"]}, *RULE["steps"][1:]]


async def raised(commitments: ServiceUnderTest, client: httpx.AsyncClient, **of_nodes: Any) -> Hook:
    """An open run whose commitment passed at 15 minutes, told to Li at 16."""
    hook = await organised(commitments, client, **of_nodes)
    await created(client, "/v1/alert-rules", {**RULE, "steps": STEPS})
    await pushed(hook, client, 0, "New", 0)
    await fold(commitments, 1)
    await alert(commitments, 16)
    await escalate(commitments, 16)
    return hook


async def corrected(commitments: ServiceUnderTest, kind: str, minutes: float, **more: str) -> None:
    """A correction by hand, made and in force so many minutes after the ticket was opened."""
    ((case_id,),) = await commitments.rows("SELECT id FROM service_case")
    body = NewCorrection.model_validate(
        {"kind": kind, "reason": "As it was", "at": at(minutes).isoformat(), **more}
    )
    since = at(minutes) - timedelta(hours=1)
    async with commitments.store.transaction("demo") as session:
        await correct_case(session, case_id, body, "tester", at(minutes), since)


async def test_a_paused_run_goes_on_escalating_when_it_is_resumed(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await raised(commitments, client)
        assert await next_step(commitments) == 26
        await corrected(commitments, "pause", 20)
        assert await next_step(commitments) is None
        await escalate(commitments, 60)
        await corrected(commitments, "resume", 70)
        # Six of the ten minutes were left at the pause. The tolerance has moved by 50 minutes too.
        assert await next_step(commitments) == 76
        await alert(commitments, 79)
        assert [a["threshold"] for a in await alerts(client)] == ["commitment"]
        for minutes in (76, 81, 96):
            await alert(commitments, minutes)
            await escalate(commitments, minutes)
        found = await told(commitments)
    # At 81 the tolerance is told to Li, and at 96 it has climbed to Zhao, the commitment to Qian.
    assert sorted(found, key=itemgetter(2, 1)) == [
        ("email", "Li", 16), ("email", "Zhao", 76), ("email", "Li", 81),
        ("email", "Qian", 96), ("email", "Zhao", 96),
    ]  # fmt: skip


async def test_a_run_paused_between_its_alert_and_the_telling_is_told_of_afterwards(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await organised(commitments, client)
        await created(client, "/v1/alert-rules", {**RULE, "steps": STEPS})
        await pushed(hook, client, 0, "New", 0)
        await fold(commitments, 1)
        await alert(commitments, 16)
        await corrected(commitments, "pause", 16)
        await escalate(commitments, 17)
        assert await told(commitments) == []
        await corrected(commitments, "resume", 40)
        await escalate(commitments, 40)
        assert await told(commitments) == [("email", "Li", 40)]


@pytest.mark.parametrize("kind", ["void", "close"])
async def test_a_run_that_ended_before_people_were_told_is_told_to_nobody(
    service: Provide, kind: str
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await organised(commitments, client)
        await pushed(hook, client, 0, "New", 0)
        await fold(commitments, 1)
        await alert(commitments, 16)
        await corrected(commitments, kind, 17)
        await escalate(commitments, 500)
        assert await told(commitments) == []
        # The alert was reached and published: it stays, and can be answered.
        shown = await alerts(client, threshold="commitment")
        answer = await client.post(f"/v1/alerts/{shown[0]['id']}/acknowledge")
        facts = await published(commitments)
    assert [a["state"] for a in shown] == ["open"]
    assert answer.status_code == 200
    assert ("limit_passed", "commitment") in facts
    assert not any(fact == "alert_withdrawn" for fact, _ in facts)


async def test_an_end_before_the_instant_withdraws_what_still_waits_to_be_said(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await raised(commitments, client)
        await corrected(commitments, "void", 14)
        rows = await commitments.rows("SELECT status FROM notification")
        states = {a["threshold"]: a["state"] for a in await alerts(client)}
        left = await commitments.rows(
            "SELECT 1 FROM escalation e JOIN alert a ON a.id = e.alert_id"
            " WHERE a.threshold = 'commitment'"
        )
    assert [row[0] for row in rows] == ["cancelled"]
    assert states["commitment"] == "withdrawn"
    assert left == []


async def test_whoever_is_handed_a_late_run_is_told_at_once_and_then_their_head(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await raised(commitments, client, position=None)
        sun, head = await person(client, "Sun"), await person(client, "Zhou")
        names = {"zh": "二组", "en": "Group 2"}
        unit = {"code": "Group 2", "name": names, "head_person": head}
        await created(client, "/v1/departments", unit)
        position = {"code": "duty-2", "name": names, "department": "Group 2"}
        await created(client, "/v1/positions", position)
        await created(client, "/v1/positions/duty-2/holders", {"person": sun})
        await commitments.rows("UPDATE appointment SET since = '2016-01-01'")
        await corrected(commitments, "reassign", 20, department="Group 2", position="duty-2")
        for minutes in (20, 26, 30, 50):
            await escalate(commitments, minutes)
        (shown,) = await alerts(client, threshold="commitment")
        detail = (await client.get(f"/v1/alerts/{shown['id']}")).json()
        found = await told(commitments)
    # Nobody has a position in the run at first, so the head of its department is told at once.
    assert found == [
        ("email", "Zhao", 16), ("email", "Sun", 20), ("email", "Zhou", 30), ("email", "Qian", 50),
    ]  # fmt: skip
    assert (shown["department"], shown["position"]) == ("Group 1", None)
    taken = [(s["round"], s["step"], s["found"][0]["why"]) for s in detail["steps_taken"]]
    assert taken == [
        (0, 0, "none_named"), (0, 1, "holds_the_office"), (1, 0, "holds_the_office"),
        (1, 1, "holds_the_office"), (1, 2, "holds_the_office"),
    ]  # fmt: skip


async def test_a_reset_ends_the_escalation_of_what_was_reached_before(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await raised(commitments, client, reset={"attributes.category": "again"})
        assert await next_step(commitments) == 26
        event = ticket("INC1", 1, "New", clock(20), priority="1 - Critical", category="again")
        assert (await hook.push(client, event)).status_code == 202
        await fold(commitments, 21)
        assert await next_step(commitments) is None
        for minutes in (26, 36, 60):
            await alert(commitments, minutes)
            await escalate(commitments, minutes)
        found = await told(commitments)
        thresholds = Counter(a["threshold"] for a in await alerts(client))
    # The commitment is reached again at 35, which was recorded at 15; the tolerance only at 50.
    assert found == [("email", "Li", 16), ("email", "Li", 60)]
    assert thresholds == {"commitment": 1, "tolerance": 1}
