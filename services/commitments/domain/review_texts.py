"""What people are told of reviews, in the language of each."""

from dataclasses import dataclass
from datetime import date

from .faults import Text


@dataclass(frozen=True, slots=True)
class Message:
    """A title and what follows it."""

    title: Text
    text: Text


def review_comes_up(agreement: str, day: date) -> Message:
    return Message(
        Text(f"协议 {agreement} 的回顾会议", f"Review of the agreement {agreement}"),
        Text(f"会议定于 {day.isoformat()} 召开。", f"It is scheduled for {day.isoformat()}."),
    )


def review_is_overdue(agreement: str, day: date) -> Message:
    return Message(
        Text(
            f"协议 {agreement} 的回顾会议已逾期", f"Review of the agreement {agreement} is overdue"
        ),
        Text(
            f"会议定于 {day.isoformat()} 召开，至今没有记录：请补记、改期或取消。",
            f"It was scheduled for {day.isoformat()}, and nobody has said that it was held: "
            "enter its minutes, move it or cancel it.",
        ),
    )


def scorecard_is_drawn(supplier: str, agreement: str, kept: str, due_on: date) -> Message:
    return Message(
        Text(f"供应商 {supplier} 的记分卡", f"Scorecard of the supplier {supplier}"),
        Text(
            f"协议 {agreement}：按承诺完成 {kept}；请于 {due_on.isoformat()} 前评审。",
            f"Agreement {agreement}: {kept} kept the commitment. "
            f"It is to be reviewed by {due_on.isoformat()}.",
        ),
    )


def scorecard_is_overdue(supplier: str, agreement: str, due_on: date) -> Message:
    return Message(
        Text(f"供应商 {supplier} 的记分卡评审已逾期", f"Scorecard of {supplier} is overdue"),
        Text(
            f"协议 {agreement}：应于 {due_on.isoformat()} 前评审，至今没有记录。",
            f"Agreement {agreement}: it was to be reviewed by {due_on.isoformat()}.",
        ),
    )
