"""Metrics are OpenTelemetry's: pushed to a collector, or asked for on a port of their own.

Labels are few and known beforehand: no tenant, no raw path, no name that a user gives.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from opentelemetry import metrics
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from prometheus_client import start_http_server
from sqlalchemy import func, select

from shared.bus import Bus
from shared.inbox import dead_letter
from shared.outbox import outbox
from shared.settings import ProcessSettings
from shared.store import Session, Store, database_now
from shared.telemetry import collector_session

MEASURE_SECONDS = 10.0

Look = Callable[[Session], Awaitable[Mapping[str, float]]]
"""What a service measures in its database, as the queue role sees it: gauge names and values."""

_SECOND = timedelta(seconds=1)

# Until `configure` sets a provider, instruments record nothing.
meter = metrics.get_meter("see")


def configure(process: str, settings: ProcessSettings) -> bool:
    """Export this process's metrics where its settings say; whether anywhere. Once, at the start.

    Raises OSError when the port is taken.
    """
    readers: list[MetricReader] = []
    if settings.otlp_endpoint:
        endpoint = f"{settings.otlp_endpoint.rstrip('/')}/v1/metrics"
        exporter = OTLPMetricExporter(endpoint=endpoint, session=collector_session())
        readers.append(PeriodicExportingMetricReader(exporter))
    if settings.metrics_port is not None:
        readers.append(PrometheusMetricReader())
        start_http_server(settings.metrics_port, settings.host)
    if readers:
        resource = Resource.create({"service.name": process})
        metrics.set_meter_provider(MeterProvider(readers, resource))
    return bool(readers)


class Gauges:
    """What is looked up every now and then, in the database and at the broker."""

    def __init__(self, look: Look | None = None) -> None:
        self._look = look
        self._gauges: dict[str, metrics._Gauge] = {}

    async def measure(self, store: Store) -> float:
        """Look at the tables of every service, and at its own; when to look again."""
        async with store.queue() as session:
            found = dict(await plumbing(session))
            if self._look is not None:
                found |= await self._look(session)
        for name, value in found.items():
            self.set(name, value)
        return MEASURE_SECONDS

    async def measure_consumer(self, bus: Bus, durable: str, now: datetime) -> float:
        """Look at what the broker holds for this consumer; when to look again."""
        waiting, oldest = await bus.unacknowledged(durable)
        self.set("see.inbox.unacknowledged", waiting)
        self.set("see.inbox.oldest_unacknowledged", age(oldest, now))
        return MEASURE_SECONDS

    def set(self, name: str, value: float) -> None:
        if name not in self._gauges:
            unit = "s" if name.endswith(("age", "oldest_unacknowledged", "overdue")) else ""
            self._gauges[name] = meter.create_gauge(name, unit)
        self._gauges[name].set(value)


async def plumbing(session: Session) -> Mapping[str, float]:
    """How old the oldest event is that the stream has not acknowledged, how many; dead letters."""
    now = await database_now(session)
    waiting = select(func.min(outbox.c.recorded_at), func.count())
    oldest, count = (await session.execute(waiting.where(outbox.c.published_at.is_(None)))).one()
    dead = select(func.count()).select_from(dead_letter).where(dead_letter.c.status == "dead")
    return {
        "see.outbox.age": age(oldest, now),
        "see.outbox.unpublished": count,
        "see.dead_letters": (await session.execute(dead)).scalar_one(),
    }


def age(since: datetime | None, now: datetime) -> float:
    """Seconds since then, 0 where nothing waits."""
    return 0.0 if since is None else max((now - since) / _SECOND, 0.0)
