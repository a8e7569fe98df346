"""What the gateway can be told: the GATEWAY_* environment."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import ProcessSettings

ASYMMETRIC = frozenset(
    ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
)
HERE = Path(__file__).parent
HttpAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^/?#@]+$")]


class GatewaySettings(ProcessSettings):
    """The environment variables GATEWAY_<NAME>; mappings and lists are written as JSON."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_")

    upstreams: dict[str, HttpAddress] = Field(
        default={
            "assessment": "http://127.0.0.1:8101",
            "commitments": "http://127.0.0.1:8102",
            "strategy": "http://127.0.0.1:8103",
            "reporting": "http://127.0.0.1:8104",
        }
    )
    """Service name -> scheme, host and port."""
    snapshots: Path = HERE / "openapi"
    """Folder with the services' documents of this release, served until the live ones arrive."""
    refresh_seconds: float = Field(default=15, gt=0)
    """How often the services' documents are fetched."""

    development: bool = False
    """Trusts the development issuer. Never set in production."""
    development_folder: Path = Path(".local/development")
    """Where the development issuer keeps its keys."""
    issuer: str | None = None
    """The `iss` of the tokens of the OpenID Connect provider."""
    jwks: str | None = None
    """Its keys: an http(s) address or a file."""
    audience: str = "see-platform"
    algorithms: frozenset[str] = frozenset({"RS256", "ES256", "EdDSA"})
    leeway_seconds: int = Field(default=5, ge=0, le=60)
    """How far the provider's clock may be off."""
    internal_private_key_file: Path = Path("internal.pem")
    """Ed25519, PEM; signs the identity that services verify."""
    operator_tenant: str = "platform"
    """The tenant that administers tenants; it exists before any other does."""

    request_seconds: float = Field(default=30, gt=0)
    """From the request until its answer begins; a caller can ask for less."""
    stall_seconds: float = Field(default=60, gt=0)
    """How long an answer that has begun may pause."""
    connect_seconds: float = Field(default=2, gt=0)
    idle_seconds: float = Field(default=30, gt=0)
    """How long an idle connection is kept; shorter than the services keep theirs."""
    max_in_flight: int = Field(default=512, ge=1)
    """Requests under way per service."""
    max_body_bytes: int = Field(default=10 * 1024 * 1024, ge=1024)
    nats_url: str = "nats://127.0.0.1:4222"
    """The bus, which the live stream reads."""
    max_streams: int = Field(default=1000, ge=1)
    """Live streams open at once."""
    stream_seconds: float = Field(default=300, gt=0)
    """How long one lasts before its client opens the next, with a token that is checked anew."""
    user_rate: float = Field(default=200, gt=0)
    """Requests per second and caller."""
    user_burst: int = Field(default=1000, ge=1)
    hook_rate: float = Field(default=2000, gt=0)
    """Requests per second and integration."""
    hook_burst: int = Field(default=4000, ge=1)

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        symmetric = {
            name for name in self.algorithms if not name.startswith(("RS", "PS", "ES", "Ed"))
        }
        if symmetric:
            raise ValueError(f"algorithms must be asymmetric: {sorted(symmetric)}")
        if (self.issuer is None) != (self.jwks is None):
            raise ValueError("issuer and jwks belong together")
        if "strategy" not in self.upstreams:
            raise ValueError("upstreams must name strategy, which knows the tenants")
        return self
