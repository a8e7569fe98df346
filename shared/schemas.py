"""The few shapes that request and response bodies of every service share."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples=["incident"])]
"""What a person calls a thing within a tenant; it never changes."""

TenantCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$", examples=["demo"])]
"""A tenant's code; it is a token of every subject on the bus."""


NOT_BLANK = r"\S"
"""A pattern of texts that say something."""


def fault(code: str, said: str, *field: str | int) -> PydanticCustomError:
    """A fault with a code of our own, which `shared.validation` knows in Chinese.

    What checks several fields of a body together names the one that is to change, by its path.
    """
    return PydanticCustomError(code, said, {"field": field})


YEARS = range(1970, 2200)
"""The years that calendars know."""


def _whole_day(value: Any) -> Any:
    """A date without a time is its midnight in UTC."""
    if isinstance(value, str) and len(value) == len("2016-03-01"):
        return datetime.combine(date.fromisoformat(value), time(), UTC)
    return value


def _in_utc(value: datetime) -> datetime:
    return _within_reach(value).astimezone(UTC)


def _within_reach(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise fault("offset_missing", "A time needs an offset, such as Z or +08:00.")
    if value.year not in YEARS:
        raise fault("time_out_of_reach", "A time lies from 1970 to 2199.")
    return value


Moment = Annotated[
    datetime,
    BeforeValidator(_whole_day),
    AfterValidator(_in_utc),
    Field(examples=["2016-03-01T08:00:00+08:00"]),
]
"""An instant with its offset, from 1970 to 2199; a date alone is its midnight in UTC."""
LocalMoment = Annotated[
    datetime,
    BeforeValidator(_whole_day),
    AfterValidator(_within_reach),
    Field(examples=["2026-07-01T00:00:00+08:00"]),
]
"""A moment that keeps the offset it was given with, because people read its day."""


def example(body: dict[str, Any]) -> ConfigDict:
    """The configuration of a request body that shows this example."""
    return ConfigDict(json_schema_extra={"examples": [body]})


class Request(BaseModel):
    """A request body: what it does not know, or could not store, it refuses."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*")
    @classmethod
    def _is_storable(cls, value: Any) -> Any:
        for text in _texts(value):
            if "\0" in text:
                raise fault("nul_character", "A text cannot hold U+0000.")
            if any("\ud800" <= character <= "\udfff" for character in text):
                raise fault("string_unicode", "A text cannot hold half of a surrogate pair.")
        return value


def _texts(value: Any) -> Iterator[str]:
    """Every text within a value, however deep it lies; who takes free keys answers for them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseModel):
        yield from _texts(value.__dict__)
    elif isinstance(value, dict):
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _texts(member)


class Bilingual(BaseModel):
    """One text in both languages of the product; plain text in a request stands in both."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"zh": "事件", "en": "Incident"}]},
    )

    zh: str = Field(min_length=1, max_length=500)
    en: str = Field(min_length=1, max_length=500)

    @model_validator(mode="before")
    @classmethod
    def _same_in_both(cls, value: Any) -> Any:
        return {"zh": value, "en": value} if isinstance(value, str) else value
