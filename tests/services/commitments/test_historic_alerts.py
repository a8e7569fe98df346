"""Nobody is paged by what lies far back: imports, restatements, mended calendars, changed rules."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.commitments.operations.alert_sweeps import sweep_alerts
from services.commitments.operations.alerts import alert_passed_limits
from services.commitments.operations.deliveries import fold_pending
from services.commitments.operations.escalation import escalate_due
from services.commitments.operations.mending import mend_calendar_gap
from services.commitments.operations.restatements import restate_pending
from tests.builders import incident_process, ticket
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments import test_calendar_gaps as gaps
from tests.services.commitments.test_alerts import alerts, published
from tests.services.commitments.test_imports import CSV, NDJSON, as_csv, as_ndjson, imported

RULE: dict[str, Any] = {
    "name": {"zh": "全部", "en": "Everything"},
    "thresholds": ["warning_50", "warning_80", "commitment", "tolerance"],
    "steps": [{"after_seconds": 0, "to": ["position"]},
              {"after_seconds": 60, "to": ["process_owner"]}],
}  # fmt: skip


async def worked(commitments: ServiceUnderTest, now: datetime) -> None:
    """Every loop that could tell somebody has had its turns."""
    since = now - timedelta(hours=1)
    while await fold_pending(commitments.store, 300, now, since):
        pass
    while await sweep_alerts(commitments.store, since):
        pass
    while await restate_pending(commitments.store, now):
        pass
    while await mend_calendar_gap(commitments.store, now, since):
        pass
    while await alert_passed_limits(commitments.store, now):
        pass
    while await escalate_due(commitments.store, now, "https://see.example.com", mails=True):
        pass


async def nobody_heard(commitments: ServiceUnderTest) -> None:
    assert await published(commitments) == []
    for table in ("escalation", "notification", "alert_telling"):
        assert await commitments.rows(f"SELECT 1 FROM {table}") == [], table


async def test_an_imported_history_pages_nobody_even_restated_and_under_a_new_rule(
    service: Provide,
) -> None:
    now = datetime.now(UTC)
    story = [
        ticket("INC1", 0, "New", "01-03-2016 08:05"),
        ticket("INC1", 1, "Active", "01-03-2016 14:00"),
        ticket("INC1", 2, "Closed", "20-03-2016 14:00"),
    ]
    # The second one is open to this day: years beyond every limit.
    still_open = [ticket("INC2", 0, "New", "02-03-2016 08:05")]
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        subscription = {"name": "x", "url": "https://example.com/", "event_types": [
            "limit_passed", "limit_approached", "case_limit_passed"]}  # fmt: skip
        assert (await client.post("/v1/subscriptions", json=subscription)).status_code == 201
        made = await client.post("/v1/alert-rules", json=RULE)
        assert made.status_code == 201, made.text
        first = await imported(client, hook, as_csv(story).encode(), CSV)
        second = await imported(client, hook, as_ndjson(still_open), NDJSON)
        assert (first.status_code, second.status_code) == (201, 201), first.text
        await worked(commitments, now)
        await nobody_heard(commitments)
        found = await alerts(client)
        before = {alert["id"] for alert in found}
        assert all(alert["historic"] for alert in found)
        assert {alert["case_key"] for alert in found} == {"INC1", "INC2"}
        assert {alert["threshold"] for alert in found} == set(RULE["thresholds"])
        # Judged again under other promises, and under a rule that asks for more, nobody is told.
        asked = {"process": "incident", "at": now.isoformat()}
        assert (await client.post("/v1/restatements", json=asked)).status_code in (201, 202)
        path = f"/v1/alert-rules/{made.json()['id']}"
        change = {"thresholds": ["warning_20", *RULE["thresholds"]]}
        changed = await client.patch(path, json=change, headers={"if-match": "*"})
        assert changed.status_code == 200, changed.text
        await worked(commitments, now)
        await nobody_heard(commitments)
        after = await alerts(client)
    assert before < {alert["id"] for alert in after}
    assert {a["threshold"] for a in after if a["id"] not in before} == {"warning_20"}
    assert {a["case_key"] for a in after if a["id"] not in before} == {"INC2"}


async def test_an_alert_is_historic_from_the_set_age_on(service: Provide) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        # Within 15 minutes and at the latest 30: one limit lies 70 minutes back, one 55.
        opened = (now - timedelta(minutes=85)).strftime("%d-%m-%Y %H:%M")
        row = ticket("INC1", 0, "New", opened, priority="1 - Critical", opened_at=opened)
        assert (await imported(client, hook, as_ndjson([row]), NDJSON)).status_code == 201
        await worked(commitments, now)
        found = {a["threshold"]: a["historic"] for a in await alerts(client)}
        facts = await published(commitments)
    assert found == {"warning_80": True, "commitment": True, "tolerance": False}
    assert facts == [("limit_passed", "tolerance")]


async def test_limits_that_a_mended_calendar_finds_far_back_page_nobody(service: Provide) -> None:
    unknown, march = gaps.UNKNOWN, datetime(gaps.UNKNOWN, 3, 30, tzinfo=UTC)
    holidays = gaps.entered(date(unknown, 1, 1), date(unknown, 3, 31), {date(unknown, 1, 1)})
    async with service("commitments") as commitments, commitments.client() as client:
        await gaps.in_china(client)
        await worked(commitments, gaps.NOW)
        assert await alerts(client) == []
        # The notice is entered in March, when the limits of December's runs are long past.
        body = {**gaps.CHINA, "overrides": holidays, "valid_from": f"{unknown}-01-01T00:00:00Z"}
        answer = await client.post(
            "/v1/calendars/china/versions", json=body, headers={"if-match": '"1"'}
        )
        assert answer.status_code == 201, answer.text
        await worked(commitments, march)
        await nobody_heard(commitments)
        found = await alerts(client)
    assert {alert["case_key"] for alert in found} >= {"INC1", "INC2"}
    assert {alert["threshold"] for alert in found} >= {"commitment"}
    assert all(alert["historic"] for alert in found)
