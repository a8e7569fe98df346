"""Development logins: tokens of the development issuer, as an identity provider would give them."""

from pathlib import Path

from gateway import development
from gateway.settings import GatewaySettings

HOURS = 12


def token(keys: Path, tenant: str, role: str) -> str:
    """A bearer token for that tenant and role, valid for twelve hours."""
    return development.token(
        development.key(keys),
        audience=GatewaySettings.model_fields["audience"].default,
        tenant=tenant,
        roles=[role],
        subject=f"{role}@{tenant}",
        seconds=HOURS * 3600,
    )
