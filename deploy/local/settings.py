"""What a local run can be told, all from the environment; every value has a working default."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("assessment", "commitments", "strategy", "reporting")


class LocalSettings(BaseSettings):
    """`SEE_PORT` is the gateway; the others stand on the ports behind it unless they are named."""

    model_config = SettingsConfigDict(env_prefix="SEE_", extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1024, le=65000)
    assessment_port: int | None = None
    commitments_port: int | None = None
    strategy_port: int | None = None
    reporting_port: int | None = None
    postgres_port: int | None = None
    nats_port: int | None = None
    data: Path = ROOT / ".local"
    """Where the database, the broker, keys and logs live; git ignores it."""
    sample: bool = True
    """Whether the first start loads the sample data."""
    log_level: str = "INFO"
    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    """An administrator's address of a PostgreSQL server to use instead of the embedded one."""
    nats_url: str | None = Field(default=None, validation_alias="NATS_URL")
    """A NATS server with JetStream to use instead of the embedded one."""

    @property
    def database_port(self) -> int:
        return self.postgres_port or self.port + 9

    @property
    def broker_port(self) -> int:
        return self.nats_port or self.port + 10

    def service_port(self, service: str) -> int:
        """Where a service answers HTTP."""
        named: int | None = getattr(self, f"{service}_port")
        return named or self.port + 1 + SERVICES.index(service)

    def worker_port(self, service: str) -> int:
        """Where a service's worker answers its probes."""
        return self.port + 5 + SERVICES.index(service)

    def ports(self) -> dict[str, int]:
        """Every port that this run opens, by what opens it."""
        opened = {"gateway": self.port}
        opened |= {service: self.service_port(service) for service in SERVICES}
        opened |= {f"{service} worker": self.worker_port(service) for service in SERVICES}
        if self.database_url is None:
            opened["PostgreSQL"] = self.database_port
        if self.nats_url is None:
            opened["NATS"] = self.broker_port
        return opened
