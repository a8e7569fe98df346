"""Logs are structlog JSON with trace ids; traces are OpenTelemetry, exported when configured."""

import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

import requests
import structlog
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, DEFAULT_ON
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor

tracer = trace.get_tracer("see")


def configure(process: str, log_level: str, otlp_endpoint: str | None) -> None:
    """Set up logging and tracing for this process; once, when it starts."""
    _configure_logs(process, log_level)
    # Without a collector spans are not recorded; their context still passes on, and into the logs.
    sampler = DEFAULT_ON if otlp_endpoint else ALWAYS_OFF
    provider = TracerProvider(sampler, Resource.create({"service.name": process}))
    if otlp_endpoint:
        address = f"{otlp_endpoint.rstrip('/')}/v1/traces"
        exporter = OTLPSpanExporter(endpoint=address, session=collector_session())
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


def collector_session() -> requests.Session:
    """What exporters speak to the collector with: the library's own adapter, by its own name.

    A service may put a guarded one where `requests` looks for it, which lets nothing into the
    private network that a collector stands in.
    """
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, requests.adapters.HTTPAdapter())
    return session


@contextmanager
def continued(name: str, headers: Mapping[str, str], **attributes: Any) -> Iterator[trace.Span]:
    """A span that continues the trace whose W3C context these headers carry."""
    parent = propagate.extract(headers)
    with tracer.start_as_current_span(name, context=parent, attributes=attributes) as span:
        yield span


def trace_headers() -> dict[str, str]:
    """The W3C trace context of the current span, as headers; empty outside of one."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    return headers


def _configure_logs(process: str, log_level: str) -> None:
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_trace,
    ]
    structlog.configure(
        processors=[
            *shared,
            # Local variables can hold secrets, which no log may show.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(log_level)),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=structlog.processors.JSONRenderer(ensure_ascii=False),
            foreign_pre_chain=[*shared, structlog.processors.format_exc_info],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _with_trace(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    return event
