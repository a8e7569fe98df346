"""What a worker measures: asked for on its own port, pushed to a collector, off unless set."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import requests.sessions
import yaml

from services.commitments.channels import messengers
from shared.telemetry import collector_session
from tests.builders import until
from tests.conftest import ROOT, Provide, ServiceUnderTest, free_port
from tests.services.commitments import due_runs
from tests.services.commitments.due_runs import Stretch
from tests.services.commitments.receivers import Receiver, receiving

SAMPLE = re.compile(r"^(?P<name>\w+)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)$")
LABELS = {"threshold", "channel", "outcome", "le", "otel_scope_name", "otel_scope_version",
          "otel_scope_schema_url"}  # fmt: skip


def read(text: str) -> dict[str, float]:
    """The platform's samples by name and telling labels."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        sample = SAMPLE.match(line)
        if sample is None or not sample["name"].startswith("see_"):
            continue
        labels = dict(re.findall(r'(\w+)="([^"]*)"', sample["labels"] or ""))
        assert labels.keys() <= LABELS, line
        telling = [labels[name] for name in ("threshold", "channel", "outcome") if name in labels]
        if "le" not in labels:
            found[" ".join([sample["name"], *telling])] = float(sample["value"])
    return found


async def scrape(port: int) -> dict[str, float]:
    async with httpx.AsyncClient() as prometheus:
        try:
            answer = await prometheus.get(f"http://127.0.0.1:{port}/metrics")
        except httpx.ConnectError:
            return {}
    assert "demo" not in answer.text
    return read(answer.text)


async def test_prometheus_and_a_collector_learn_of_alerts_deliveries_and_backlogs(
    service: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "500")
    monkeypatch.setenv("COMMITMENTS_ALLOW_PRIVATE_TARGETS", "true")
    port = free_port()
    async with (
        service("commitments") as commitments,
        commitments.client() as client,
        receiving(Receiver()) as target,
        receiving(Receiver(200)) as collector,
    ):
        hook = await due_runs.desk(client)
        body = {"name": "x", "url": target.url, "event_types": ["limit_passed"]}
        assert (await client.post("/v1/subscriptions", json=body)).status_code == 201
        await _leave_a_dead_letter(commitments)
        worker = commitments.worker(metrics_port=str(port), otlp_endpoint=collector.url)
        try:
            begin = datetime.now(UTC) + timedelta(seconds=2)
            await hook.push_all(client, Stretch("M", 5, begin, 1.0).tickets())

            async def is_told() -> bool:
                found = await scrape(port)
                return found.get("see_deliveries_total webhook delivered", 0) >= 5

            await until(is_told, "five deliveries are counted", 60)
            found = await scrape(port)
            paths = {request.path for request in collector.requests}
        finally:
            worker.ask_to_stop()
            worker.wait_or_kill(20)
    assert found["see_alert_lateness_seconds_count commitment"] == 5
    assert found["see_alert_lateness_seconds_sum commitment"] < 5 * 30
    assert found["see_dead_letters"] == 1
    for name in (
        "see_outbox_age_seconds", "see_outbox_unpublished", "see_intake_backlog",
        "see_intake_age_seconds", "see_alert_overdue_seconds", "see_notification_waiting",
    ):  # fmt: skip
        assert found[name] >= 0, name
    assert "/v1/metrics" in paths
    known = {name.partition(" ")[0].removesuffix("_count") for name in found}
    assert {name for name in _ruled() if "inbox" not in name} <= known


def _ruled() -> set[str]:
    """The metrics that the alert rules in deploy/ ask for."""
    told = yaml.safe_load((ROOT / "deploy" / "monitoring" / "rules.yaml").read_text("utf-8"))
    asked = " ".join(rule["expr"] for group in told["groups"] for rule in group["rules"])
    names = set(re.findall(r"see_\w+", asked))
    assert len(names) >= 7
    return {name.removesuffix("_bucket") for name in names}


async def _leave_a_dead_letter(commitments: ServiceUnderTest) -> None:
    await commitments.rows(
        """INSERT INTO dead_letter (id, tenant, event_id, subject, headers, body, error, attempts,
               status) VALUES ('dlq_1', 'demo', 'evt_1', 's', '{}', '', 'e', 8, 'dead')
           RETURNING id"""
    )


async def test_a_consumer_tells_how_long_the_oldest_message_waits_for_it(service: Provide) -> None:
    port = free_port()
    async with service("strategy") as strategy:
        worker = strategy.worker(metrics_port=str(port))
        try:

            async def is_known() -> bool:
                return "see_inbox_unacknowledged" in await scrape(port)

            await until(is_known, "the consumer's lag is measured", 60)
            found = await scrape(port)
        finally:
            worker.ask_to_stop()
            worker.wait_or_kill(20)
    assert found["see_inbox_oldest_unacknowledged_seconds"] >= 0
    assert {name for name in _ruled() if "inbox" in name} <= found.keys()
    assert found["see_dead_letters"] == 0


async def test_a_collector_in_the_private_network_is_reached_where_messengers_are_not() -> None:
    assert requests.sessions.HTTPAdapter is messengers._Guarded  # type: ignore[attr-defined]
    async with receiving(Receiver(200)) as collector:
        url = f"{collector.url}/v1/traces"
        answer = await asyncio.to_thread(collector_session().post, url, data=b"x", timeout=5)
        with pytest.raises(requests.ConnectionError, match="private network"):
            await asyncio.to_thread(requests.post, url, data=b"x", timeout=5)
    assert answer.status_code == 200
    assert len(collector.requests) == 1


async def test_nothing_listens_unless_a_port_is_set(service: Provide) -> None:
    async with service("commitments") as commitments:
        assert commitments.settings.metrics_port is None
        worker = commitments.worker()
        try:
            await until(lambda: _has_started(commitments), "the worker has started", 60)
        finally:
            worker.ask_to_stop()
            worker.wait_or_kill(20)
        (log,) = (path.read_text("utf-8") for path in commitments.logs.glob("worker-*.log"))
    assert '"gauges"' not in log
    assert "loop_failed" not in log


async def _has_started(commitments: ServiceUnderTest) -> bool:
    logs = [path.read_text("utf-8") for path in commitments.logs.glob("worker-*.log")]
    return any("worker_started" in log for log in logs)
