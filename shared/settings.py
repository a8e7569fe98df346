"""Settings come from the environment only: `<SERVICE>_<NAME>`, checked when a process starts."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ProcessSettings(BaseSettings):
    """What every process of the platform can be told."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = 8080
    log_level: str = "INFO"
    drain_seconds: float = Field(default=0.0, ge=0)
    """How long the process keeps serving after SIGTERM while load balancers take it out."""
    stop_seconds: int = Field(default=20, ge=1)
    """How long requests in flight may still take after that."""
    otlp_endpoint: str | None = None
    """Base address of an OTLP/HTTP collector; nothing is exported without one."""
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    """Where a worker answers Prometheus, under `/metrics`; nothing listens without one."""


class ServiceSettings(ProcessSettings):
    """What every service can be told; a subclass sets the prefix of its environment variables."""

    database_url: str = "postgresql://127.0.0.1/see"
    """The application role: it owns nothing and sees the rows of one tenant at a time."""
    migration_database_url: str | None = None
    """The owner of the tables; used by `migrate` alone."""
    nats_url: str = "nats://127.0.0.1:4222"
    nats_replicas: int = Field(default=1, ge=1, le=5)
    internal_public_key_file: Path = Path("internal.pub.pem")
    """Verifies the identity that the gateway passes on."""
    health_port: int = 8081
    """Where a worker answers its probes."""
    pool_size: int = Field(default=10, ge=1)
    max_body_bytes: int = Field(default=10 * 1024 * 1024, ge=1024)
    outbox_days: int = Field(default=7, ge=1)
    """How long published events stay in the outbox, for a broker that loses its store."""
