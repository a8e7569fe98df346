"""A digest 汇总 says several alerts in one message, because a group robot may not say many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from .alert_texts import ZH, Message
from .retries import DELAYS

GAPS: Mapping[str, timedelta] = {
    "wecom": timedelta(seconds=3.2),
    "dingtalk": timedelta(seconds=3.2),
    "feishu": timedelta(seconds=0.65),
    "apprise": timedelta(seconds=3.2),
}
"""Between two messages of one robot.

企业微信 and 钉钉 allow 20 a minute, 飞书 100 a minute and five a second. Of other messengers the
strictest, groups of Telegram, allow 20 a minute.
"""

MUTED: Mapping[str, timedelta] = {"dingtalk": timedelta(minutes=10)}
"""How long a robot says nothing after it has said too much; others until the minute is over."""
MINUTE = timedelta(minutes=1)

ROOM: Mapping[str, int] = {"wecom": 2000, "dingtalk": 18_000, "feishu": 18_000, "apprise": 1500}
"""Bytes of UTF-8 that one message may have, a little below what each robot takes."""

MOST = 200
"""Alerts in one digest."""

LONGEST_BACKOFF = timedelta(minutes=30)
GIVE_UP = sum(DELAYS, timedelta())
"""What a robot could not be told for as long as webhooks are tried is given up."""

_PREFIXES = ("【告警】", "[Alert] ")


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert's message that waits to be said: its own text, and who it names."""

    title: str
    text: str
    names: str


def digest(waiting: Sequence[Waiting], kind: str, language: str) -> tuple[int, Message]:
    """How many of these, from the first on, go into one message, and the message.

    One alone is said in full. Several are listed in their order, with whom they concern; as many
    as the robot has room for.
    """
    room = ROOM[kind]
    if len(waiting) == 1:
        return 1, _cut(Message(waiting[0].title, waiting[0].text), room)
    lines: list[str] = []
    names: dict[str, None] = {}
    for number, each in enumerate(waiting[:MOST], 1):
        line = f"{number}. {_bare(each.title)}"
        named = {**names, **dict.fromkeys(each.names.split(", "))}
        if lines and _size(_listed([*lines, line], named, language)) > room:
            break
        lines.append(line)
        names = named
    return len(lines), _cut(_listed(lines, names, language), room)


def gap(kind: str) -> timedelta:
    """How long after a message the next may follow."""
    return GAPS[kind]


def muted(kind: str) -> timedelta:
    """How long to be quiet after the robot has said that it was too much."""
    return MUTED.get(kind, MINUTE)


def _listed(lines: Sequence[str], names: Mapping[str, None], language: str) -> Message:
    count = len(lines)
    title = f"【告警】{count} 条告警" if language == ZH else f"[Alert] {count} alerts"
    named = ", ".join(name for name in names if name)
    return Message(title, "\n".join([*lines, f"@ {named}"] if named else lines))


def _bare(title: str) -> str:
    for prefix in _PREFIXES:
        title = title.removeprefix(prefix)
    return " ".join(title.split())


def _size(message: Message) -> int:
    return len(f"{message.title}\n{message.text}".encode())


def _cut(message: Message, room: int) -> Message:
    """The message within its room, cut between two characters."""
    spare = room - len(message.title.encode()) - 1
    text = message.text.encode()
    if len(text) <= spare:
        return message
    return Message(message.title, text[: max(spare - 3, 0)].decode(errors="ignore") + "…")
