"""ASSESSMENT_* environment."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What the assessment service can be told."""

    model_config = SettingsConfigDict(env_prefix="ASSESSMENT_", extra="ignore", frozen=True)

    database_url: str = "postgresql://127.0.0.1/see_assessment"
    max_body_bytes: int = Field(default=512 * 1024, ge=1024)
    """Holds ratings of the largest model; a refusal lists every fault of what is sent."""
    evidence_max_bytes: int = Field(default=8 * 1024 * 1024, ge=1024)
    """The largest file that is evidence; the gateway's own limit for a body lies above it."""
    personal_retention_days: int = Field(default=1095, ge=1, le=36_500)
    """How long an assessment of a person is kept from its draft on; its seal is kept for ever."""
