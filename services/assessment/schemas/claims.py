"""Bodies of claims and of what the data say against them."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.assessment.domain.claims import Better, Order, Trend
from services.assessment.domain.periods import PATTERN, kind
from services.assessment.schemas.live_evidence import EvidenceSource
from services.assessment.schemas.scores import BilingualText
from shared.schemas import Request, example, fault

Period = Annotated[str, Field(pattern=PATTERN, examples=["2006"])]
PrintedPeriod = Annotated[Period, Field(coerce_numbers_to_str=True)]
"""A year may be printed as the number that it is."""
Number = Annotated[
    Decimal, Field(allow_inf_nan=False, max_digits=24, decimal_places=12, examples=["86.05"])
]


class Comparator(Request):
    """Somebody the result is said to be better than."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")

    name: str = Field(min_length=1, max_length=200, examples=["Industry average"])
    value: Number
    external: bool = Field(default=True, description="Outside the own enterprise.")


class Claim(Request):
    """What a result is said to do; at least one of trend, target and comparators is said."""

    model_config = example({"trend": "rises", "target": "87"}) | ConfigDict(
        from_attributes=True, extra="forbid"
    )

    trend: Trend | None = Field(default=None, description="From each period to the next.")
    target: Number | None = Field(default=None, description="Which the newest value reaches.")
    better: Better = Better.HIGHER
    comparators: list[Comparator] = Field(default_factory=list, max_length=50)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.trend is None and self.target is None and not self.comparators:
            raise fault("nothing_claimed", "Say a trend, a target or a comparator.")
        return self


class SeriesName(Request):
    """A series kept from the events of other services."""

    source: EvidenceSource
    series: str = Field(min_length=1, max_length=400, examples=["customer-satisfaction"])
    first_period: Period | None = None
    last_period: Period | None = None


class PrintedSeries(Request):
    """Periods and values side by side, as printed."""

    periods: list[PrintedPeriod] = Field(min_length=1, max_length=1_200)
    values: list[Number | None] = Field(min_length=1, max_length=1_200)

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if len(self.periods) != len(self.values):
            raise fault("not_pairs", "There are as many values as periods.", "values")
        if len(set(self.periods)) != len(self.periods):
            raise fault("period_twice", "A period is named twice.", "periods")
        if len({kind(period) for period in self.periods}) != 1:
            raise fault(
                "mixed_periods", "Periods are all years, halves, quarters or months.", "periods"
            )
        return self


class ClaimCheckRequest(Request):
    model_config = example(
        {
            "claim": {"trend": "rises", "target": "87"},
            "printed": {
                "periods": ["2006", "2005", "2004"],
                "values": ["86.05", "80.26", "84.57"],
            },
            "order": "uncertain",
        }
    )

    claim: Claim
    printed: PrintedSeries | None = None
    live: SeriesName | None = None
    order: Order = Field(
        default=Order.BY_POSITION,
        description="Whether values belong to periods by their position in the print, are to be "
        "read in the order that the claim asks for, or may be either.",
    )

    @model_validator(mode="after")
    def _one_series(self) -> Self:
        if (self.printed is None) == (self.live is None):
            raise fault("one_series", "Give either a printed or a live series.", "printed")
        if self.live is not None and self.order is not Order.BY_POSITION:
            raise fault("order_known", "The order of a live series is known: by_position.", "order")
        return self


class Measure(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    period: str
    value: Decimal | None


class ClaimWarning(BaseModel):
    """`trend_broken`, `too_few_periods`, `period_missing`, `target_missed`, `not_better`, ..."""

    model_config = ConfigDict(from_attributes=True)

    code: str = Field(examples=["target_missed"])
    text: BilingualText
    periods: list[str]


class ClaimReading(BaseModel):
    """One way to read the series, oldest period first."""

    model_config = ConfigDict(from_attributes=True)

    order: Order
    series: list[Measure]
    warnings: list[ClaimWarning]


class ClaimCheck(BaseModel):
    """`holds` is null where it depends on the reading."""

    order: Order
    holds: bool | None = Field(description="Null where the readings differ about it.")
    readings: list[ClaimReading]
    certain_warnings: list[str] = Field(description="Codes that every reading shows.")
    possible_warnings: list[str] = Field(description="Codes that only some reading shows.")
