"""An owner 流程owner is a senior manager who stands outside the process (source 003)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .faults import Text

ConflictKind = Literal["not_senior", "left", "holds_node", "works_inside", "supervises"]


@dataclass(frozen=True, slots=True)
class Held:
    """That somebody is in an office from `since` until before `until`."""

    office: str
    of: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Inside:
    """What of an organisation belongs to a process.

    The positions of its nodes; the positions of the departments that its nodes belong to, without
    those that head them; and these departments. Whoever heads a department leads it, and does not
    work in the process: the source makes the head of research the owner of the research process.
    """

    process: str
    node_positions: frozenset[str]
    positions: frozenset[str]
    departments: frozenset[str]


@dataclass(frozen=True, slots=True)
class Conflict:
    """In what an owner is not what they have to be, and from when until when."""

    kind: ConflictKind
    of: str | None
    since: datetime
    until: datetime | None

    @property
    def text(self) -> Text:
        zh, en = _TEXTS[self.kind]
        return Text(zh.format(of=self.of), en.format(of=self.of))


def conflicts(
    owns: Held, *, is_senior: bool, is_active: bool, held: Iterable[Held], inside: Inside
) -> list[Conflict]:
    """Everything that speaks against an owner while they own the process, in a steady order."""
    found: list[Conflict] = []
    if not is_active:
        found.append(Conflict("left", None, owns.since, owns.until))
    if not is_senior:
        found.append(Conflict("not_senior", None, owns.since, owns.until))
    for each in sorted(held, key=lambda h: (h.office, h.of, h.since)):
        kind = _kind(each, inside)
        stretch = _both(owns, each)
        if kind is not None and stretch is not None:
            found.append(Conflict(kind, each.of, *stretch))
    return found


def _kind(held: Held, inside: Inside) -> ConflictKind | None:
    if held.office == "supervisor":
        return "supervises" if held.of == inside.process else None
    if held.office == "administrator":
        return "works_inside" if held.of in inside.departments else None
    if held.office != "holder":
        return None
    if held.of in inside.node_positions:
        return "holds_node"
    return "works_inside" if held.of in inside.positions else None


def _both(one: Held, other: Held) -> tuple[datetime, datetime | None] | None:
    """The stretch in which both are in office, None when there is none."""
    since = max(one.since, other.since)
    ends: Collection[datetime] = [end for end in (one.until, other.until) if end is not None]
    until = min(ends) if ends else None
    return None if until is not None and until <= since else (since, until)


_TEXTS: dict[str, tuple[str, str]] = {
    "left": ("流程owner已离任。", "The owner of a process is somebody who has not left."),
    "not_senior": ("流程owner须为高级干部。", "The owner of a process is a senior manager."),
    "holds_node": (
        "流程owner须在流程之外，但其担任节点岗位 {of}。",
        "The owner stands outside the process, but holds the position {of} in it.",
    ),
    "works_inside": (
        "流程owner须在流程之外，但其在流程所属部门任职（{of}）。",
        "The owner stands outside the process, but works in a department of it ({of}).",
    ),
    "supervises": (
        "流程owner不能兼任流程主管。",
        "The owner stands outside: they cannot supervise.",
    ),
}
