"""Bodies of outgoing webhooks: who subscribes to what, and what was delivered."""

from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from services.commitments.channels.webhook import is_secret
from shared.contracts.schemas import contracts
from shared.schemas import Request, example, fault

FACTS = sorted(each.FACT for each in contracts() if each.SERVICE == "commitments")
_TYPES = frozenset(f"see.commitments.{fact}.v1" for fact in FACTS)


WEB_PORTS = (80, 443)
FIRST_FREE_PORT = 1024
"""Below it, other than the two, stand services that a request could be mistaken for by."""


def _is_event_type(value: str) -> str:
    if value != "*" and value not in FACTS and value not in _TYPES:
        raise fault("unknown_event_type", f"One of {', '.join(FACTS)}, or * for all.")
    return value


def _is_target(value: str) -> str:
    if not value.isprintable() or " " in value or "\\" in value:
        raise fault("no_url", "A URL has no spaces, control characters or backslashes.")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise fault("no_url", "Not a URL.") from error
    if port is not None and port not in WEB_PORTS and port < FIRST_FREE_PORT:
        raise fault("no_url", "The port is 80, 443, or one from 1024 on.")
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise fault("no_url", "Must be an http or https URL with a host.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise fault("no_url", "A URL here has no credentials and no fragment.")
    return value


def _is_signing_secret(value: SecretStr) -> SecretStr:
    if not is_secret(value.get_secret_value()):
        raise fault("no_secret", "Must be whsec_ and 24 to 64 bytes in base64.")
    return value


EventType = Annotated[
    str,
    AfterValidator(_is_event_type),
    Field(max_length=100, examples=["limit_passed"], description="A fact, or `*` for all"),
]
Target = Annotated[
    str,
    AfterValidator(_is_target),
    Field(max_length=2000, examples=["https://example.com/hooks/see"]),
]
Secret = Annotated[
    SecretStr,
    AfterValidator(_is_signing_secret),
    Field(max_length=100, description="`whsec_` and 24 to 64 bytes in base64, written only"),
]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Member = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,39}$")]
Values = Annotated[list[Annotated[str, Field(max_length=500)]], Field(min_length=1, max_length=50)]
Filter = Annotated[
    dict[Member, Values],
    Field(
        max_length=10,
        examples=[{"process": ["incident"], "threshold": ["tolerance"]}],
        description="Members of the event, each with the values that pass",
    ),
]
EventTypes = Annotated[list[EventType], Field(min_length=1, max_length=50)]


class NewSubscription(Request):
    """A system that wants events pushed to it; a secret is made where none is given."""

    model_config = example(
        {
            "name": "Duty phone",
            "url": "https://example.com/hooks/see",
            "event_types": ["limit_passed", "case_limit_passed"],
            "filter": {"process": ["incident"]},
        }
    )

    name: Name
    url: Target
    event_types: EventTypes
    filter: Filter = Field(default_factory=dict)
    secret: Secret | None = None


class SubscriptionChange(Request):
    """What can change of a subscription; members left out stay as they are."""

    model_config = example({"status": "active"})

    name: Name | None = None
    url: Target | None = None
    event_types: EventTypes | None = None
    filter: Filter | None = None
    status: Literal["active", "disabled"] | None = None


class Subscription(BaseModel):
    """A subscription; its secret is shown once, when it is made."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    url: str
    event_types: list[str]
    filter: dict[str, list[str]]
    status: Literal["active", "disabled"]
    disabled_reason: str | None
    rotated_until: datetime | None = Field(description="Until then the secret before signs too")
    revision: int
    created_at: datetime


class SubscriptionWithSecret(Subscription):
    """A subscription with its newest secret, which is never shown again."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class Attempt(BaseModel):
    """One try to deliver; `error` is null when it succeeded."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    at: datetime
    milliseconds: int
    status: int | None
    error: str | None
    response: str


class SubscriptionDelivery(BaseModel):
    """One event on its way to a subscriber; `id` is the `webhook-id` of every try."""

    id: str
    event_type: str
    status: Literal["pending", "delivered", "failed", "cancelled"]
    created_at: datetime
    next_attempt_at: datetime | None
    settled_at: datetime | None
    body: dict[str, object]
    attempts: list[Attempt]
