"""Bodies of calendars, and of what is asked of them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SkipValidation

from services.commitments.domain.hours import MAX_OVERRIDES, MAX_WINDOWS
from shared.schemas import YEARS, Bilingual, Code, Moment, Request, example, fault

Window = Annotated[
    list[Annotated[str, Field(max_length=8)]],
    Field(min_length=2, max_length=2, examples=[["08:00", "18:00"]]),
]
Windows = Annotated[list[Window], Field(max_length=MAX_WINDOWS)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Country = Annotated[
    Literal["CN"] | None,
    Field(description="Follows the country's published holidays and make-up working days"),
]


class CalendarOverride(Request):
    """The windows of one date, instead of its weekday's."""

    date: Annotated[str, Field(max_length=10, examples=["2026-02-14"])]
    windows: Windows


Overrides = Annotated[list[CalendarOverride], Field(max_length=MAX_OVERRIDES)]
_OFFICE: dict[str, Any] = {
    "name": {"zh": "办公时间", "en": "Office hours"},
    "time_zone": "Asia/Shanghai",
    "weekly": {
        "mon": [["09:00", "12:00"], ["13:00", "18:00"]],
        "tue": [["09:00", "18:00"]],
    },
    "overrides": [{"date": "2026-02-14", "windows": [["09:00", "18:00"]]}],
    "public_holidays": "CN",
}


class Hours(Request):
    """Opening hours in one time zone; a window may end at 24:00 or cross midnight.

    A year without published holidays is unknown, apart from the dates that have an override.
    """

    # The domain reads the hours and lists all their faults in one answer.
    time_zone: SkipValidation[Annotated[str, Field(max_length=64, examples=["Asia/Shanghai"])]]
    weekly: SkipValidation[dict[Weekday, Windows]]
    overrides: SkipValidation[Overrides | None] = None
    public_holidays: SkipValidation[Country] = None


class NewCalendar(Hours):
    """A calendar's first version, which is in force for all time before it as well."""

    model_config = example({"code": "office", **_OFFICE})

    code: Code
    name: Bilingual


class NewCalendarVersion(Hours):
    """The whole next version of a calendar, and when it begins: now when left out."""

    model_config = example({**_OFFICE, "valid_from": "2027-01-01T00:00:00+08:00"})

    name: Bilingual
    valid_from: Moment | None = None


class Calendar(BaseModel):
    """A version of a calendar; it holds for the runs that start from `valid_from` on."""

    code: str
    version: int
    name: Bilingual
    time_zone: str
    weekly: dict[str, list[list[str]]]
    overrides: list[CalendarOverride]
    public_holidays: Country = None
    published_years: list[int] = Field(description="First and last year with published holidays")
    valid_from: datetime
    created_at: datetime


def _from_text(value: Any) -> Any:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise fault("not_a_time", "Must be a time such as 2026-03-01T08:00.") from error


def _in_reach(value: Any) -> Any:
    at = _from_text(value)
    # A day at either end is left for the offset.
    if at.year not in YEARS[1:-1]:
        raise fault("time_out_of_reach", "A time lies from 1970 to 2199.")
    return at


WallClock = Annotated[
    datetime,
    BeforeValidator(_in_reach),
    Field(
        description="With an offset an instant, without one a time in the calendar's zone",
        examples=["2026-03-01T08:00"],
    ),
]
Version = Annotated[
    int | None,
    Field(ge=1, le=2**31 - 1, description="The version in force at `start` when left out"),
]


class CalendarGap(BaseModel):
    """A year that clocks run into and whose public holidays are not published.

    It is closed once the year is published, or once overrides tell enough that no clock waits.
    """

    model_config = ConfigDict(from_attributes=True)

    calendar: str
    year: int
    country: str
    status: Literal["open", "closed"]
    waiting_runs: int = Field(description="Node runs whose limits cannot be told until then")
    revision: int
    raised_at: datetime
    closed_at: datetime | None


class DueQuestion(Request):
    """When will so much working time have passed?"""

    model_config = example({"start": "2026-09-30T17:00", "working_seconds": 14400})

    start: WallClock
    working_seconds: Annotated[
        Decimal, Field(ge=0, le=100 * 366 * 86400, decimal_places=6, examples=[14400])
    ]
    version: Version = None


class Due(BaseModel):
    """The instant at which the working time has passed, as the calendar's clocks show it."""

    due: datetime
    calendar: str = Field(examples=["office@1"])


class ElapsedQuestion(Request):
    """How much working time lies between the two?"""

    model_config = example({"start": "2026-09-30T17:00", "end": "2026-10-08T10:00"})

    start: WallClock
    end: WallClock
    version: Version = None


class OpenInterval(BaseModel):
    """A stretch of time that counts."""

    start: datetime
    end: datetime


class Elapsed(BaseModel):
    """Working time, and the stretches that it is made of."""

    working_seconds: float
    intervals: list[OpenInterval]
    calendar: str = Field(examples=["office@1"])
