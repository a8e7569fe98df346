"""Somebody is always told of an alert, at last the administrator; and it is shown why they."""

import json
from typing import Any

import httpx
import pytest

from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.test_alerts import alert, alerts, fold, pushed
from tests.services.commitments.test_escalation import (
    RULE,
    created,
    escalate,
    organised,
    person,
    told,
)

ONLY_THE_POSITION = {**RULE, "steps": [{"after_seconds": 0, "to": ["position"]}]}
AWAY = [{"first_day": "2016-03-01", "last_day": "2016-03-02"}]

Steps = list[tuple[str, str | None, str | None, str]]


async def reached(commitments: ServiceUnderTest, client: httpx.AsyncClient) -> Steps:
    """An alert is raised and told; office, holder, who was told and why, step by step."""
    await fold(commitments, 1)
    await alert(commitments, 16)
    await escalate(commitments, 16)
    (shown,) = await alerts(client, threshold="commitment")
    detail = (await client.get(f"/v1/alerts/{shown['id']}")).json()
    return [
        (found["office"], found["holder"], found["told"], found["why"])
        for step in detail["steps_taken"]
        for found in step["found"]
    ]


async def away(commitments: ServiceUnderTest, *names: str) -> None:
    change = "UPDATE person SET absences = $1 WHERE name = ANY($2)"
    await commitments.rows(change, json.dumps(AWAY), names)


async def test_absent_people_are_stood_in_for_and_vacant_offices_passed_over(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await organised(commitments, client)
        await created(client, "/v1/alert-rules", ONLY_THE_POSITION)
        await away(commitments, "Li", "Wang", "Zhao")
        await pushed(hook, client, 0, "New", 0)
        steps = await reached(commitments, client)
        assert await told(commitments) == [("email", "Qian", 16)]
    # Though the rule names the position alone: its holder and deputy are away, and so is the head.
    assert steps == [
        ("position", "Li", None, "all_away"),
        ("department_head", "Zhao", None, "all_away"),
        ("process_owner", "Qian", "Qian", "holds_the_office"),
    ]


async def test_deputies_in_a_ring_are_asked_once_each(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await organised(commitments, client)
        await created(client, "/v1/alert-rules", ONLY_THE_POSITION)
        # The interface refuses a ring; the loop must not depend on it.
        await commitments.rows(
            """UPDATE person SET deputy = (SELECT id FROM person WHERE name = 'Li')
               WHERE name = 'Wang'"""
        )
        await away(commitments, "Li")
        await pushed(hook, client, 0, "New", 0)
        first = await reached(commitments, client)
        await away(commitments, "Wang")
        await commitments.rows("UPDATE escalation SET step = 0, round = 1, at = since")
        second = await reached(commitments, client)
    assert first == [("position", "Li", "Wang", "stands_in")]
    assert second[1:] == [
        ("position", "Li", None, "all_away"),
        ("department_head", "Zhao", "Zhao", "holds_the_office"),
    ]


async def test_whoever_holds_the_office_when_it_is_told_is_told(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await organised(commitments, client)
        await created(client, "/v1/alert-rules", ONLY_THE_POSITION)
        await pushed(hook, client, 0, "New", 0)
        await fold(commitments, 1)
        await alert(commitments, 15.5)
        # Between the instant and the telling Li leaves the position, and Sun takes it.
        sun = await person(client, "Sun")
        await commitments.rows(
            """UPDATE appointment SET person = $1 WHERE office = 'holder' RETURNING id""", sun
        )
        steps = await reached(commitments, client)
    assert steps == [("position", "Sun", "Sun", "holds_the_office")]


LAST: dict[str, tuple[dict[str, Any], tuple[str, str | None, str | None, str]]] = {
    "a person": ({}, ("administrator", "Root", "Root", "holds_the_office")),
    "the planning department": (
        {"planning_department": "planning"},
        ("administrator", "Root", "Root", "holds_the_office"),
    ),
    "nobody": ({"administrator": None}, ("administrator", None, None, "none_named")),
}


@pytest.mark.parametrize("who", LAST)
async def test_at_last_the_administrator_is_told(service: Provide, who: str) -> None:
    settings, expected = LAST[who]
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await organised(commitments, client)
        await commitments.rows("DELETE FROM appointment")
        root = await person(client, "Root")
        names = {"zh": "企划部", "en": "Planning"}
        unit = {"code": "planning", "name": names, "administrator": root}
        await created(client, "/v1/departments", unit)
        await commitments.rows("UPDATE appointment SET since = '2016-01-01'")
        answer = await client.patch(
            "/v1/governance-settings",
            json=settings or {"administrator": root},
            headers={"if-match": "*"},
        )
        assert answer.status_code == 200, answer.text
        await pushed(hook, client, 0, "New", 0)
        steps = await reached(commitments, client)
        found = await told(commitments)
    # By the default rule: position, head and owner; then what the rule does not name.
    assert [(office, why) for office, _, _, why in steps[:3]] == [
        ("position", "vacant"), ("department_head", "vacant"), ("process_owner", "vacant"),
    ]  # fmt: skip
    assert steps[-1] == expected
    assert found == ([] if who == "nobody" else [("email", "Root", 16)] * 2)


async def test_somebody_without_an_address_is_passed_over_and_shown(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await organised(commitments, client, position="unheard-of")
        await created(client, "/v1/alert-rules", ONLY_THE_POSITION)
        named = json.dumps(
            [{"after_seconds": 0, "to": ["position", "per_0"], "channels": ["email"]}]
        )
        await commitments.rows("UPDATE alert_rule SET steps = $1", named)
        await commitments.rows("UPDATE person SET addresses = '[]' WHERE name = 'Zhao'")
        await pushed(hook, client, 0, "New", 0)
        steps = await reached(commitments, client)
        wrong = {"administrator": "per_" + "0" * 26}
        answer = await client.patch(
            "/v1/governance-settings", json=wrong, headers={"if-match": "*"}
        )
    assert steps == [
        ("position", None, None, "unknown"),
        ("per_0", None, None, "unknown"),
        ("department_head", "Zhao", None, "no_address"),
        ("process_owner", "Qian", "Qian", "holds_the_office"),
    ]
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/administrator"
