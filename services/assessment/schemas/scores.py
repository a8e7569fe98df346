"""Bodies of scores: what is rated, and what it comes to."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from services.assessment.domain.modes import Mode
from shared.schemas import Request

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

Facts = Annotated[
    object,
    WithJsonSchema(
        {
            "description": "What the evidence of a cell holds, by cell and fact; warnings that "
            "depend on evidence are given only with it.",
            "anyOf": [
                {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "additionalProperties": {"type": "integer", "minimum": 0},
                    },
                },
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
    mode: Mode = Field(
        default=Mode.EVIDENCE,
        description="`quick` takes one direct rating for each criterion, and is an opinion.",
    )
    standard: str | None = Field(
        default=None,
        max_length=100,
        examples=["SEE-CMM-SO"],
        description="Leaves out what is outside its scope, and gives its target profile unless "
        "`target` is given.",
    )
    facts: Facts = None
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


class WholeTotal(ScoreTotal):
    """Index and attained level stand side by side; neither replaces the other."""

    attained: LevelNumber | None = Field(
        description="Highest level that every applicable cell reaches."
    )


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
    """What the ratings come to."""

    model: ModelReference
    total: WholeTotal | None = Field(description="Null below full coverage.")
    interval: TotalInterval | None = Field(
        description="Null where no total can exist: a whole block is not applicable."
    )
    coverage: Coverage
    band: ScoreBand | None
    attained: dict[ItemId, LevelNumber | None] = Field(
        description="By criterion: the highest level that every applicable cell of it reaches.",
        examples=[{"leadership": 1, "policy_strategy": 2}],
    )
    percent_to_target: ExactShare | None = Field(
        description="Share of the target reached, without over-compensation."
    )
    items: list[ScoredItem] = Field(description="Every item of the model, parents first.")
    gaps: list[ScoreGap] = Field(description="The heaviest first, ties in the model's order.")
    warnings: list[ScoreWarning]
    trace: list[TraceStep] = Field(description="From cell to total.")


class StatelessScore(ScoresResponse):
    """What ratings come to, as what they are: assessed against evidence, or an opinion."""

    mode: Mode
    label: BilingualText
    standard: str | None
    score_hash: str = Field(
        pattern=r"^sha256:[0-9a-f]{64}$", description="Of model, ratings and exact result."
    )
