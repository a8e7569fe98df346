"""STRATEGY_* environment."""

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What the strategy service can be told."""

    model_config = SettingsConfigDict(env_prefix="STRATEGY_", extra="ignore", frozen=True)

    database_url: str = "postgresql://127.0.0.1/see_strategy"
    operator_tenant: str = "platform"
    """The tenant whose administrators open and close tenants."""
