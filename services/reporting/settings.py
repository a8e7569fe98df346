"""REPORTING_* environment."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What the reporting service can be told."""

    model_config = SettingsConfigDict(env_prefix="REPORTING_", extra="ignore", frozen=True)

    database_url: str = "postgresql://127.0.0.1/see_reporting"
    lease_seconds: int = Field(default=60, ge=30)
    """How long one attempt at a report may take; after that another worker takes the report.

    The first report of a worker takes some seconds, and many more on a machine that is busy.
    """
