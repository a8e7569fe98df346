"""Agreements schedule their own reviews and draw their own scorecards, whoever sleeps."""

import asyncio
import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from deploy.local.sample import incidents
from services.commitments.operations.waking import wake_next
from tests.builders import every_item, published
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.governed import Organisation, organisation
from tests.services.commitments.sample import fold_rows
from tests.services.commitments.test_agreements import asked

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = datetime.now(ZONE).date()
FIRST = TODAY + timedelta(days=20)
MATCH = {"if-match": "*"}


def on(day: date, hour: int = 9) -> datetime:
    return datetime.combine(day, time(hour), ZONE)


def soon() -> datetime:
    """When what is to be looked at now has come due."""
    return datetime.now(UTC) + timedelta(minutes=1)


async def awake(commitments: ServiceUnderTest, at: datetime, *, mails: bool = True) -> None:
    """Two workers at once do all that is due by then."""

    async def worker() -> None:
        while await wake_next(commitments.store, at, mails=mails):
            pass

    await asyncio.gather(worker(), worker())


async def agreed(org: Organisation, kind: str = "sla", **other: Any) -> dict[str, Any]:
    """An agreement about the sample's service, in force, with a reminder a week ahead."""
    party = {"sla": "customer", "uc": "supplier"}[kind]
    body = {
        "code": f"our-{kind}",
        "kind": kind,
        "name": {"zh": "协议", "en": "Agreement"},
        "party": {"kind": party, "name": "Swift"},
        "service": incidents.SERVICE["code"],
        "owner": "owner",
        "review": {
            "first_on": FIRST.isoformat(),
            "every_months": 1,
            "participants": [org.people["head"], "head"],
        },
        "valid_from": "2016-01-01T00:00:00Z",
        **other,
    }
    if kind == "sla":
        wanted = {"service": body["service"], "segment": incidents.SEGMENT}
        body["requirements"] = [await asked(org.client, **wanted)]
    draft = await org.made("/v1/agreements", body)
    return await org.made(f"/v1/agreements/{draft['id']}/publish", None, status=200)


async def mailed(org: Organisation) -> list[tuple[str, str]]:
    rows = await org.service.rows(
        "SELECT body FROM notification WHERE channel = 'email' ORDER BY created_at, id"
    )
    bodies = [json.loads(row["body"]) for row in rows]
    return sorted((body["address"], body["title"]) for body in bodies)


async def reachable(org: Organisation) -> None:
    for name, language in (("owner", "zh"), ("head", "en")):
        address = {"channel": "email", "address": f"{name}@example.com"}
        path = f"/v1/people/{org.people[name]}"
        await org.changed(path, {"addresses": [address], "language": language})


async def facts(org: Organisation, like: str) -> list[str]:
    rows = await org.service.rows(
        "SELECT subject FROM outbox WHERE subject LIKE $1 ORDER BY id", f"%.{like}%"
    )
    return [row["subject"].split(".")[3] for row in rows]


async def test_reviews_schedule_themselves_remind_once_and_are_told_when_forgotten(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        await reachable(org)
        await agreed(org)
        await awake(org.service, soon())
        first = await every_item(org.client, "/v1/service-reviews")
        early = await mailed(org)
        await awake(org.service, on(FIRST - timedelta(days=7)))
        await awake(org.service, on(FIRST - timedelta(days=6)))
        reminded = await mailed(org)
        day_after = FIRST + timedelta(days=1)
        await awake(org.service, on(day_after))
        await awake(org.service, on(day_after + timedelta(days=1)))
        told = await mailed(org)
        shown = (await org.client.get(f"/v1/service-reviews/{first[-1]['id']}")).json()
        later = await every_item(org.client, "/v1/service-reviews")
    assert [row["scheduled_on"] for row in first][-1] == FIRST.isoformat()
    assert all(row["by_calendar"] and row["status"] == "scheduled" for row in first)
    assert (early, len(first) < len(later)) == ([], True)
    assert reminded == [
        ("head@example.com", "Review of the agreement our-sla"),
        ("owner@example.com", "协议 our-sla 的回顾会议"),
    ]
    assert sorted(set(told) - set(reminded)) == [
        ("head@example.com", "Review of the agreement our-sla is overdue"),
        ("owner@example.com", "协议 our-sla 的回顾会议已逾期"),
    ]
    assert len(told) == 4
    assert shown["reminded_at"] is not None


async def test_what_is_overdue_is_listed_until_it_is_held_moved_or_cancelled(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        await agreed(org)
        body = {"agreement": "our-sla", "scheduled_on": (TODAY - timedelta(days=3)).isoformat()}
        review = await org.made("/v1/service-reviews", body)
        path = f"/v1/service-reviews/{review['id']}"
        await awake(org.service, soon())
        overdue = await every_item(org.client, "/v1/service-reviews", overdue="true")
        moved = await org.changed(path, {"scheduled_on": (TODAY + timedelta(days=9)).isoformat()})
        back = await org.changed(path, {"scheduled_on": (TODAY - timedelta(days=2)).isoformat()})
        await awake(org.service, soon())
        held = await org.changed(path, {"held_at": "2026-01-02T09:00:00Z"})
        after = await every_item(org.client, "/v1/service-reviews", overdue="true")
        again = await org.made("/v1/service-reviews", body)
        told = await facts(org, "service_review_overdue")
    assert [row["id"] for row in overdue] == [review["id"]]
    assert (review["by_calendar"], moved["is_overdue"], back["is_overdue"]) == (False, False, True)
    assert (held["is_overdue"], after, again["id"]) == (False, [], review["id"])
    assert len(told) == 2


async def test_another_calendar_or_an_early_end_calls_off_what_was_only_scheduled(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        before = await agreed(org)
        await awake(org.service, soon())
        scheduled = await every_item(org.client, "/v1/service-reviews", status="scheduled")
        another = FIRST + timedelta(days=3)
        review = {"first_on": another.isoformat(), "every_months": 12}
        await agreed(org, review=review, valid_from="2020-01-01T00:00:00Z")
        await awake(org.service, soon())
        moved = await every_item(org.client, "/v1/service-reviews", status="scheduled")
        rows = await every_item(org.client, "/v1/agreements", code="our-sla")
        end = {"valid_until": on(TODAY).isoformat(), "reason": "No longer wanted"}
        ended = await org.client.post(
            f"/v1/agreements/{rows[-1]['id']}/end", json=end, headers=MATCH
        )
        await awake(org.service, soon())
        left = await every_item(org.client, "/v1/service-reviews", status="scheduled")
        waiting = await org.service.rows("SELECT * FROM wake_up WHERE what LIKE 'review%'")
    assert before["review"]["remind_days_before"] == 7
    assert FIRST.isoformat() in {row["scheduled_on"] for row in scheduled}
    assert [row["scheduled_on"] for row in moved] == [another.isoformat()]
    assert (ended.status_code, left, waiting) == (200, [], [])


async def test_a_suppliers_scorecard_draws_itself_at_the_periods_end_and_stays_as_it_was(
    service: Provide,
) -> None:
    promised = next(p for p in incidents.promises() if p["node"] == "close")
    async with organisation(service) as org:
        await reachable(org)
        await fold_rows(org.service, incidents.events()[:300])
        await agreed(org, "uc")
        of_uc = {"agreement": "our-uc", "node": "close", "code": "close-uc"}
        await published(org.client, {**promised, **of_uc, "valid_from": "2016-01-01T00:00:00Z"})
        await fold_rows(org.service, incidents.events()[300:600])
        await awake(org.service, on(FIRST - timedelta(days=1)))
        early = await every_item(org.client, "/v1/supplier-scorecards")
        await awake(org.service, on(FIRST))
        await awake(org.service, on(FIRST, 10))
        (card,) = await every_item(org.client, "/v1/supplier-scorecards")
        path = f"/v1/supplier-scorecards/{card['id']}"
        await fold_rows(org.service, incidents.events()[600:900])
        frozen = (await org.client.get(path)).json()
        await awake(org.service, on(FIRST + timedelta(days=1)))
        overdue = (await org.client.get(path)).json()
        body = {"rating": "improve", "findings": "Slow", "actions": []}
        reviewed = await org.client.post(f"{path}/review", json=body, headers=MATCH)
        second = on(FIRST + timedelta(days=32))
        await awake(org.service, second)
        both = await every_item(org.client, "/v1/supplier-scorecards")
        told = await facts(org, "supplier_scorecard")
        titles = {title for _, title in await mailed(org)}
    assert early == []
    assert card["by_calendar"]
    assert (card["period_from"], card["due_on"]) == ("2016-01-01T00:00:00Z", FIRST.isoformat())
    assert datetime.fromisoformat(card["period_to"]) == on(FIRST, 0).astimezone(UTC)
    assert frozen["figures"] == card["figures"]
    assert overdue["overdue_at"] is not None
    assert reviewed.json()["status"] == "reviewed"
    assert [row["period_from"] for row in both] == [card["period_to"], card["period_from"]]
    assert told[:3] == [
        *("supplier_scorecard_drawn", "supplier_scorecard_overdue", "supplier_scorecard_drawn")
    ]
    assert {"Scorecard of the supplier Swift", "Scorecard of Swift is overdue"} <= titles
