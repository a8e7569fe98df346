"""Bodies of models: a whole one as data, and its place in the catalogue."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from services.assessment.domain.model import Aggregation, Assessed
from services.assessment.schemas.scores import (
    BilingualText,
    ItemId,
    LevelNumber,
    ModelReference,
    Rational,
)
from shared.schemas import NOT_BLANK, Request, example

# A model's own types reach the wire through these: exact numbers as text, mappings as lists.
Exact = Annotated[Rational, BeforeValidator(str)]
ListOf = BeforeValidator(lambda mapping: list(mapping.values()))
NameOf = BeforeValidator(lambda scale: scale and scale.id)


class ModelHeading(ModelReference):
    """A model's name and what it is for."""

    assesses: Assessed = Field(description="Assessments of a person are private, and erasable.")
    title: BilingualText
    description: BilingualText | None


class ModelWithdrawal(Request):
    """Why nothing new is to be rated against a version."""

    model_config = example({"reason": "The weights of 2026 were never agreed."})

    reason: Annotated[str, Field(min_length=1, max_length=2000, pattern=NOT_BLANK)]


class WithdrawnModel(BaseModel):
    by: str = Field(examples=["lead@demo"])
    at: datetime
    reason: str


class ModelSummary(ModelHeading):
    """A version of a model in the catalogue, and whether it is the one to rate against."""

    origin: Literal["shipped", "uploaded"]
    status: Literal["in_force", "superseded", "withdrawn"] = Field(
        description="`in_force` is the newest version that is not withdrawn."
    )
    uploaded_by: str | None = Field(description="Null for shipped models.")
    uploaded_at: datetime | None
    withdrawal: WithdrawnModel | None


class ModelAliases(BaseModel):
    """Other names under which the sources know the same thing."""

    zh: list[str]
    en: list[str]


class ModelLevel(BaseModel):
    """A level of a scale and the paragraphs that describe it."""

    number: LevelNumber
    title: BilingualText
    aliases: ModelAliases
    description: list[BilingualText]


class ModelDimension(BaseModel):
    """What a rating on a scale takes into account."""

    id: str = Field(examples=["approach"])
    title: BilingualText


class ModelScale(BaseModel):
    """What a cell can be rated; a scale of percentages has values and no levels."""

    id: str = Field(examples=["maturity"])
    values: dict[int, Exact] = Field(
        description="Value from 0 to 1 by admissible rating.", examples=[{"1": "0", "2": "1/3"}]
    )
    levels: Annotated[list[ModelLevel], ListOf]
    dimensions: list[ModelDimension]


class ModelConcept(BaseModel):
    id: str
    title: BilingualText
    description: BilingualText


class ModelStandard(BaseModel):
    """A named scope over some items, with its target level by cell."""

    code: str = Field(examples=["SEE-CMM-SO"])
    title: BilingualText
    note: BilingualText | None
    scope: list[ItemId]
    target: dict[str, LevelNumber]


class ModelCap(BaseModel):
    """While `item` is below `below`, the item that has this cap is worth `at_most` at the most."""

    item: ItemId
    below: Exact
    at_most: Exact
    text: BilingualText


class ModelLevelNeeds(BaseModel):
    """What values the children need for a level, beside what every lower level needs."""

    level: LevelNumber
    at_least: dict[str, Exact]


class ModelItem(BaseModel):
    """A node of the tree; one without children is a cell, the only kind that is rated."""

    id: ItemId
    parent: str | None
    kind: str = Field(examples=["criterion"])
    title: BilingualText
    definition: BilingualText | None
    evidence: BilingualText | None = Field(description="What counts as evidence.")
    aliases: ModelAliases
    concepts: list[str]
    weight: int = Field(ge=1, description="Relative to the siblings.")
    aggregation: Aggregation
    voids: bool = Field(description="A child that is wholly not applicable leaves no value here.")
    scale: Annotated[str | None, NameOf] = Field(
        description="A cell's scale; on a branch the one whose levels it attains."
    )
    deduct: Exact | None = Field(
        description="Share of the parent's value that is lost while this item's value is 0; such "
        "an item is no part of the parent's mean."
    )
    caps: list[ModelCap]
    level_needs: list[ModelLevelNeeds] = Field(
        description="By level above the lowest; empty unless `aggregation` goes by level."
    )
    children: list["ModelItem"]


class ModelBand(BaseModel):
    """A named range of the total, up to the floor of the next."""

    id: str
    floor: Exact
    title: BilingualText


class ModelAheadRule(BaseModel):
    """Warns where `attribute` is rated more than `by` levels above `of` in the same item."""

    code: str
    text: BilingualText
    attribute: str
    of: str
    by: int


class ModelEvidenceRule(BaseModel):
    """Warns where `attribute` is at `from_level` or above with fewer than `at_least` of `fact`."""

    code: str
    text: BilingualText
    attribute: str
    from_level: LevelNumber
    fact: str
    at_least: int


class Model(ModelHeading):
    """A whole model as data: what is rated, on which scales, and how ratings become a score."""

    source: BilingualText | None
    aliases: ModelAliases
    scales: Annotated[list[ModelScale], ListOf]
    concepts: list[ModelConcept]
    standards: list[ModelStandard]
    root: ModelItem
    points: int | None = Field(description="What a total of 1 is worth.", examples=[1000])
    index: list[int] | None = Field(
        min_length=2, max_length=2, description="The ends of the level index.", examples=[[1, 4]]
    )
    places: int = Field(description="Decimals of displayed values, rounded half to even.")
    not_applicable_allowed: bool
    bands: list[ModelBand]
    rules: list[ModelAheadRule | ModelEvidenceRule]
