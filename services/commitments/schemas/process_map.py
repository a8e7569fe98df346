"""Bodies of the process map and its 80/20 view."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from services.commitments.schemas.people import Alias, ProcessCode
from shared.schemas import Bilingual, Request, example

Linkage = Annotated[Decimal, Field(ge=0, le=10**12, max_digits=18, decimal_places=6)]


class CoreRating(Request):
    """How a process is linked to financial goals and to customer value; none below zero.

    Each linkage is compared between the processes of one level, so all of them use one measure.
    """

    cost_share: Linkage | None = Field(default=None, description="Its share of all cost")
    cost_growth: Linkage | None = Field(default=None, description="How fast its cost grows")
    revenue: Linkage | None = Field(default=None, description="Its link to revenue and growth")
    customer_value: Linkage | None = Field(default=None, description="Its link to customer value")


class ProcessGovernanceChange(Request):
    """The place of a process in the map, who is responsible, and its rating; nulls remove."""

    model_config = example(
        {
            "level": 2,
            "parent": "service",
            "department": "Group 56",
            "rating": {"cost_share": "0.18", "revenue": "0.3", "customer_value": "5"},
        }
    )

    level: Annotated[int, Field(ge=1, le=3)] | None = None
    parent: ProcessCode | None = None
    department: Alias | None = Field(default=None, description="The department that runs it")
    rating: CoreRating | None = None


class ProcessGovernance(BaseModel):
    """What governance says of a process; revision 0 while nothing has been said."""

    process: str
    level: int | None
    parent: str | None
    department: str | None
    rating: CoreRating
    revision: int


class MappedProcess(BaseModel):
    """A process in the map with those under it."""

    process: str
    name: Bilingual
    level: int | None
    department: str | None
    owner: str | None = Field(description="The person who owns it now")
    weight: str = Field(description="Its weight among the processes of its level, exact")
    is_core: bool = Field(description="One of the vital few of its level")
    children: list["MappedProcess"]


class ProcessMap(BaseModel):
    """The processes by level; those without a place stand beside the map."""

    items: list[MappedProcess]
    unplaced: list[str]


class RankedProcess(BaseModel):
    """A process in the order of what it matters."""

    process: str
    name: Bilingual
    weight: str = Field(examples=["7/20"])
    share: float
    cumulative_share: float
    is_core: bool


class ParetoView(BaseModel):
    """Which few processes of a level matter: the first that reach the share."""

    level: int
    vital_share: float
    items: list[RankedProcess]
