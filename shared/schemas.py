"""The few shapes that request and response bodies of every service share."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples=["incident"])]
"""What a person calls a thing within a tenant; it never changes."""

TenantCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$", examples=["demo"])]
"""A tenant's code; it is a token of every subject on the bus."""


def example(body: dict[str, Any]) -> ConfigDict:
    """The configuration of a request body that shows this example."""
    return ConfigDict(json_schema_extra={"examples": [body]})


class Request(BaseModel):
    """A request body: what it does not know, it refuses."""

    model_config = ConfigDict(extra="forbid")


class Bilingual(BaseModel):
    """One text in both languages of the product."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"zh": "事件", "en": "Incident"}]},
    )

    zh: str = Field(min_length=1, max_length=500)
    en: str = Field(min_length=1, max_length=500)
