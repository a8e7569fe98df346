"""Bodies of models and scores."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from services.assessment.domain.model import Aggregation
from shared.schemas import Request, example

_LEVEL = {"type": "integer", "minimum": 0, "description": "A level or percentage of the scale."}
_NOT_APPLICABLE = {
    "type": "object",
    "description": "Not applicable; leaves the mean of its own part.",
    "properties": {"na": {"type": "string", "minLength": 1, "description": "The reason."}},
    "required": ["na"],
    "additionalProperties": False,
}
_NOTHING = {"type": "null"}

# Typed for clients only: the domain reads the values itself, so that one answer lists every fault
# of every rating, whether of type, of scale or of name.
Ratings = Annotated[
    object,
    WithJsonSchema(
        {
            "type": "object",
            "description": "Rating by cell id; a cell left out or null is unrated.",
            "additionalProperties": {"anyOf": [_LEVEL, _NOT_APPLICABLE, _NOTHING]},
        }
    ),
]
Target = Annotated[
    object,
    WithJsonSchema(
        {
            "description": "One level for every cell, or a level by item id; the most specific "
            "entry wins and null clears.",
            "anyOf": [
                _LEVEL,
                {"type": "object", "additionalProperties": {"anyOf": [_LEVEL, _NOTHING]}},
                _NOTHING,
            ],
        }
    ),
]

Rational = Annotated[
    str, Field(pattern=r"^\d+(/\d+)?$", description="Exact rational.", examples=["19/45"])
]
Share = Annotated[float, Field(ge=0, le=1, description="Rounded half to even.", examples=[0.4222])]
Index = Annotated[
    float, Field(description="The value on the model's level index.", examples=[2.2667])
]
Points = Annotated[
    float, Field(ge=0, description="The value in the model's points.", examples=[422.2222])
]
ItemId = Annotated[str, Field(examples=["leadership.deployed"])]
Count = Annotated[int, Field(ge=0)]
LevelNumber = Annotated[int, Field(ge=0, examples=[2])]


class ScoresRequest(Request):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ratings": {
                        "leadership.planned_approach": 3,
                        "leadership.deployed": 2,
                        "leadership.feedback_mechanism": None,
                        "customer_channel_experience.comparison": {"na": "No comparable company"},
                    },
                    "target": {"enablers": 3, "results": 2},
                }
            ]
        },
    )

    ratings: Ratings
    target: Target = None
    version: int | None = Field(
        default=None, ge=1, description="The version in force unless one is named."
    )


class BilingualText(BaseModel):
    zh: str
    en: str


class ModelReference(BaseModel):
    """The exact model: its content has one hash for ever."""

    code: str = Field(examples=["see-cmm"])
    version: int = Field(ge=1)
    hash: str = Field(pattern=r"^sha256:[0-9a-f]{64}$", description="Hash of the model's content.")


class ExactShare(BaseModel):
    exact: Rational
    value: Share


class ScoreValue(BaseModel):
    exact: Rational
    value: Share
    index: Index | None


class ScoreTotal(ScoreValue):
    points: Points | None


class TotalInterval(BaseModel):
    """The total with every unrated cell at its lowest and at its highest."""

    low: ScoreTotal
    high: ScoreTotal


class ValueInterval(BaseModel):
    """The value with every unrated cell at its lowest and at its highest."""

    low: ScoreValue
    high: ScoreValue


class Coverage(BaseModel):
    """Rated over applicable cells; the share is null when nothing is applicable."""

    rated: Count
    applicable: Count
    exact: Rational | None
    value: Share | None


class ScoreBand(BaseModel):
    id: str
    title: BilingualText


class NotApplicableRating(BaseModel):
    na: str = Field(description="The reason.")


class ScoredItem(BaseModel):
    """An item of the model; the value is null while a cell below is unrated."""

    id: ItemId
    kind: str = Field(examples=["criterion"])
    parent: str | None
    rating: int | NotApplicableRating | None = Field(description="As given; null on branches.")
    exact: Rational | None
    value: Share | None
    index: Index | None
    interval: ValueInterval | None = Field(description="Only where cells are unrated.")
    attained: LevelNumber | None = Field(
        description="Highest level that every applicable cell below reaches."
    )
    effective_weight: ExactShare = Field(
        description="Share of the total after the cells that are not applicable have left."
    )
    rated: Count
    applicable: Count


class ScoreGap(BaseModel):
    """A rated cell below its target."""

    item: ItemId
    rating: LevelNumber
    target: LevelNumber
    weighted: ExactShare = Field(description="Missing value times effective weight.")
    points: Points | None


class ScoreWarning(BaseModel):
    code: str = Field(examples=["deployed_ahead_of_plan"])
    item: ItemId
    text: BilingualText


class TraceStep(BaseModel):
    item: ItemId
    text: BilingualText


class ScoresResponse(BaseModel):
    """What the ratings come to; index and attained level are always shown side by side."""

    model: ModelReference
    total: ScoreTotal | None = Field(description="Null below full coverage.")
    interval: TotalInterval | None = Field(
        description="Null where no total can exist: a whole block is not applicable."
    )
    coverage: Coverage
    band: ScoreBand | None
    attained: LevelNumber | None = Field(
        description="Highest level that every applicable cell reaches."
    )
    percent_to_target: ExactShare | None = Field(
        description="Share of the target reached, without over-compensation."
    )
    items: list[ScoredItem] = Field(description="Every item of the model, parents first.")
    gaps: list[ScoreGap] = Field(description="The heaviest first, ties in the model's order.")
    warnings: list[ScoreWarning]
    trace: list[TraceStep] = Field(description="From cell to total.")


# A model's own types reach the wire through these: exact numbers as text, mappings as lists.
Exact = Annotated[Rational, BeforeValidator(str)]
ListOf = BeforeValidator(lambda mapping: list(mapping.values()))
NameOf = BeforeValidator(lambda scale: scale and scale.id)


class ModelHeading(ModelReference):
    """A model's name and what it is for."""

    title: BilingualText
    description: BilingualText | None


class ModelWithdrawal(Request):
    """Why nothing new is to be rated against a version."""

    model_config = example({"reason": "The weights of 2026 were never agreed."})

    reason: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]


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
