"""What an alert says to whom it concerns, in their language and their time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from .alerting import COMMITMENT, percent_of
from .faults import Text

ZH, EN = "zh", "en"


@dataclass(frozen=True, slots=True)
class Told:
    """An alert as a message tells it; `node` is None for a whole case.

    `due_at` is when the threshold was reached, `commitment_due_at` the limit that a pre-warning
    warns of.
    """

    case_key: str
    process: Text
    node: Text | None
    visit: int
    threshold: str
    due_at: datetime
    commitment_due_at: datetime | None
    department: str | None
    position: str | None
    link: str


@dataclass(frozen=True, slots=True)
class Message:
    title: str
    text: str


def message(told: Told, language: str, time_zone: str, at: datetime) -> Message:
    """The message to send at this instant; `zh`, and `en` for every other language."""
    return _chinese(told, time_zone, at) if language == ZH else _english(told, time_zone, at)


def _chinese(told: Told, time_zone: str, at: datetime) -> Message:
    where = told.node.zh if told.node else "全流程"
    percent = percent_of(told.threshold)
    limit = "承诺时限" if told.threshold == COMMITMENT else "忍耐时限"
    happened = f"已用去承诺时限的 {percent}%" if percent is not None else f"已超过{limit}"
    lines = [
        f"工单：{told.case_key}（{told.process.zh}）",
        f"节点：{where}" + (f"，第 {told.visit} 次" if told.visit > 1 else ""),
    ]
    if percent is None:
        lines.append(f"{limit}：{_local(told.due_at, time_zone)}")
        lines.append(f"已超时：{_span(at - told.due_at, ZH)}")
    elif told.commitment_due_at is not None:
        lines.append(f"承诺时限：{_local(told.commitment_due_at, time_zone)}")
        lines.append(f"距时限：{_span(told.commitment_due_at - at, ZH)}")
    if told.department or told.position:
        lines.append(f"责任：{' / '.join(n for n in (told.department, told.position) if n)}")
    lines.append(f"查看与处理：{told.link}")
    return Message(f"【告警】{told.case_key} {where}{happened}", "\n".join(lines))


def _english(told: Told, time_zone: str, at: datetime) -> Message:
    where = told.node.en if told.node else "Whole case"
    percent = percent_of(told.threshold)
    limit = "commitment" if told.threshold == COMMITMENT else "tolerance"
    happened = (
        f"{percent}% of the commitment used" if percent is not None else f"{limit} limit passed"
    )
    lines = [
        f"Case: {told.case_key} ({told.process.en})",
        f"Node: {where}" + (f", visit {told.visit}" if told.visit > 1 else ""),
    ]
    if percent is None:
        lines.append(f"{limit.capitalize()} limit: {_local(told.due_at, time_zone)}")
        lines.append(f"Late by: {_span(at - told.due_at, EN)}")
    elif told.commitment_due_at is not None:
        lines.append(f"Commitment limit: {_local(told.commitment_due_at, time_zone)}")
        lines.append(f"Time left: {_span(told.commitment_due_at - at, EN)}")
    if told.department or told.position:
        lines.append(f"Responsible: {' / '.join(n for n in (told.department, told.position) if n)}")
    lines.append(f"See and handle: {told.link}")
    return Message(f"[Alert] {told.case_key} {where}: {happened}", "\n".join(lines))


def _local(at: datetime, time_zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M} ({time_zone})"


def _span(span: timedelta, language: str) -> str:
    """In the two largest units that count; less than a minute is `0`."""
    minutes = max(int(span / timedelta(minutes=1)), 0)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    names = ("天", "小时", "分钟") if language == ZH else ("d", "h", "min")
    parts = [f"{n} {name}" for n, name in zip((days, hours, rest), names, strict=True) if n][:2]
    return " ".join(parts) or f"0 {names[2]}"
