"""COMMITMENTS_* environment."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What the commitments service can be told."""

    model_config = SettingsConfigDict(env_prefix="COMMITMENTS_", extra="ignore", frozen=True)

    database_url: str = "postgresql://127.0.0.1/see_commitments"
    max_webhook_bytes: int = Field(default=1024 * 1024, ge=1024)
    webhooks_per_minute: int = Field(default=120_000, ge=1)
    """What a sender of CloudEvents is permitted when it asks; the gateway enforces its own rate."""
    max_import_bytes: int = Field(default=512 * 1024 * 1024, ge=1024)
    """Read as it comes, and never held; the gateway reads this limit in the service's document."""
    fold_batch: int = Field(default=300, ge=1)
    """How many stored deliveries a worker folds in one transaction."""
    payload_days: int = Field(default=400, ge=1)
    """How long raw payloads stay, unless the integration says otherwise."""
    notification_days: int = Field(default=90, ge=1)
    """How long deliveries and their tries stay in the log after they were settled."""
    alert_max_age_seconds: int = Field(default=3600, ge=0)
    """A limit that passed longer ago than this when it is first seen alerts nobody."""
    allow_private_targets: bool = False
    """Whether outgoing webhooks and messengers may lead into private networks."""
    smtp_url: SecretStr | None = None
    """`smtp://`, `smtp+starttls://` or `smtps://user:password@host:port`; no e-mail without one."""
    mail_from: str = "SEE Platform <see-platform@localhost>"
    public_url: str = "http://localhost:8080"
    """Where people reach the platform: messages link to their alert there."""
    attainment_floor: float = Field(default=0.8, ge=0, le=1)
    """A promise that recent runs would attain less often than this needs a reason."""
