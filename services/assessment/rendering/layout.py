"""Where things stand in a sheet for rating off line, and what they are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Language = Literal["zh", "en"]

RATINGS, META, LISTS = "Ratings", "_sheet", "_lists"
FIRST_ROW = 2
COLUMNS = ("item", "criterion", "attribute", "rating", "reason", "comment", "confidence")
LETTERS: Mapping[str, str] = MappingProxyType(dict(zip(COLUMNS, "ABCDEFG", strict=True)))

HEADINGS: Mapping[Language, tuple[str, ...]] = MappingProxyType(
    {
        "zh": ("条目", "评审标准", "细项", "评级", "不适用的原因", "说明", "把握"),
        "en": ("Item", "Criterion", "Attribute", "Rating", "Why not applicable", "Comment",
               "Confidence"),
    }
)  # fmt: skip
NOT_APPLICABLE: Mapping[Language, str] = MappingProxyType({"zh": "不适用", "en": "NA"})
CONFIDENCE: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        "zh": {"low": "低", "medium": "中", "high": "高"},
        "en": {"low": "low", "medium": "medium", "high": "high"},
    }
)


@dataclass(frozen=True, slots=True)
class Binding:
    """What a sheet belongs to; a sheet of anything else is refused. `revision` is the rater's."""

    assessment: str
    rater: str
    model: str
    revision: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What one row says of one cell; `na` is the reason why it does not apply."""

    rating: int | None = None
    na: str | None = None
    comment: str | None = None
    confidence: str | None = None
