"""Bodies of integrations: a ticketing tool, its secrets, and how its payloads are read."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr, SkipValidation

from services.commitments.providers import ProviderName
from services.commitments.providers.mapping import EventMapping, GivenMapping, Label
from shared.schemas import Code, Request, example

Secrets = Annotated[
    list[Annotated[SecretStr, Field(min_length=8, max_length=256)]],
    Field(min_length=1, max_length=2, description="Two are valid at once, so that one can rotate"),
]
PayloadDays = Annotated[
    int,
    Field(ge=1, le=3650, description="How long raw payloads stay; as the tenant's when null"),
]
# The operation reads the mapping and lists all its faults, those of references too, in one answer.
PlainMapping = SkipValidation[GivenMapping]


class NewIntegration(Request):
    """A ticketing tool that will push webhooks, and how its payloads are read.

    Process and name may stand here or in the mapping. What the mapping leaves out is as the
    provider usually sends it.
    """

    model_config = example(
        {
            "name": "ServiceNow",
            "provider": "servicenow",
            "process": "request",
            "mapping": {
                "case_key": "number",
                "at": "sys_updated_on",
                "state": "state",
                "sequence": "sys_mod_count",
                "priority": "priority",
                "department": "assignment_group",
                "constants": {"segment": "internal"},
            },
            "secrets": ["at-least-sixteen-characters"],
        }
    )

    name: Label | None = None
    provider: ProviderName
    process: Code | None = None
    mapping: PlainMapping
    secrets: Secrets
    payload_days: PayloadDays | None = None


class IntegrationChange(Request):
    """What can change of an integration; members left out stay as they are."""

    model_config = example({"secrets": ["the-secret-in-use-now", "the-secret-that-comes-next"]})

    name: Label | None = None
    mapping: PlainMapping | None = None
    secrets: Secrets | None = None
    payload_days: PayloadDays | None = None


class Integration(BaseModel):
    """An integration; its secrets are never shown."""

    id: str
    name: str
    provider: ProviderName
    process: str
    mapping: EventMapping
    secret_count: int
    hook: str = Field(examples=["/v1/hooks/int_01k8"])
    payload_days: int | None
    revision: int
    created_at: datetime


class RetentionChange(Request):
    """How long raw payloads stay; null is as long as the service's setting says."""

    model_config = example({"days": 90})

    days: Annotated[int, Field(ge=1, le=3650)] | None


class PayloadRetention(BaseModel):
    """How long a tenant's raw payloads stay, unless an integration says otherwise."""

    days: int | None
    effective_days: int
    revision: int
    changed_by: str | None
    changed_at: datetime | None
