"""The way of an assessment: draft, independent rating, consensus, review, sealed."""

from dataclasses import dataclass
from enum import StrEnum

from .faults import Text


class Status(StrEnum):
    DRAFT = "draft"
    RATING = "rating"
    CONSENSUS = "consensus"
    REVIEW = "review"
    SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class Step:
    """A transition; it starts from one status only."""

    name: str
    before: Status
    after: Status


OPEN_RATING = Step("open_rating", Status.DRAFT, Status.RATING)
OPEN_CONSENSUS = Step("open_consensus", Status.RATING, Status.CONSENSUS)
OPEN_REVIEW = Step("open_review", Status.CONSENSUS, Status.REVIEW)
CONFIRM_REVIEW = Step("confirm_review", Status.REVIEW, Status.REVIEW)
RETURN_REVIEW = Step("return_review", Status.REVIEW, Status.CONSENSUS)
SEAL = Step("seal", Status.REVIEW, Status.SEALED)

STATUS_NAMES = {
    Status.DRAFT: Text("草稿", "draft"),
    Status.RATING: Text("独立评分", "independent rating"),
    Status.CONSENSUS: Text("合议", "consensus"),
    Status.REVIEW: Text("复核", "review"),
    Status.SEALED: Text("已封存", "sealed"),
}


def not_now(status: Status, *needed: Status) -> Text:
    """Why something cannot be done in this status."""
    zh = "或".join(f"“{STATUS_NAMES[each].zh}”" for each in needed)
    en = " or ".join(f'"{STATUS_NAMES[each].en}"' for each in needed)
    now = STATUS_NAMES[status]
    return Text(
        f"评估处于“{now.zh}”阶段；此操作须在{zh}阶段进行。",
        f'The assessment is in the stage "{now.en}"; this needs {en}.',
    )
