"""The offices 职务 of process governance (source 003), as people are told of them."""

from dataclasses import dataclass
from enum import StrEnum

from .faults import Text


class OfficeKind(StrEnum):
    """What somebody is; of a process, of a department, or of the tenant as a whole."""

    OWNER = "owner"
    SUPERVISOR = "supervisor"
    NODE_HOLDER = "node_holder"
    HEAD = "head"
    ADMINISTRATOR = "administrator"
    MEMBER = "member"
    PLANNING = "planning_department"


@dataclass(frozen=True, slots=True)
class Office:
    """An office of the process or department with this code; planning is of the whole."""

    kind: OfficeKind
    of: str | None = None

    @property
    def name(self) -> Text:
        """What it is called, with what it is an office of."""
        zh, en = _NAMES[self.kind]
        return Text(zh.format(of=self.of), en.format(of=self.of))

    @property
    def filled_by(self) -> str:
        """The request with which somebody is put into it."""
        return _FILLED_BY[self.kind].format(of=self.of)


_NAMES: dict[OfficeKind, tuple[str, str]] = {
    OfficeKind.OWNER: ("流程 {of} 的流程owner", "the owner of the process {of}"),
    OfficeKind.SUPERVISOR: ("流程 {of} 的流程主管", "the supervisor of the process {of}"),
    OfficeKind.NODE_HOLDER: (
        "流程 {of} 的节点岗位人员",
        "whoever holds the position of a node of the process {of}",
    ),
    OfficeKind.HEAD: ("部门 {of} 的负责人", "the head of the department {of}"),
    OfficeKind.ADMINISTRATOR: (
        "部门 {of} 的兼职流程管理员",
        "the process administrator of the department {of}",
    ),
    OfficeKind.MEMBER: (
        "部门 {of} 的岗位人员",
        "whoever holds a position of the department {of}",
    ),
    OfficeKind.PLANNING: ("企划部", "the planning department"),
}

_ROLES = "PUT /v1/processes/{of}/roles"
_DEPARTMENT = "PATCH /v1/departments/{of}"
_HOLDER = "POST /v1/positions/{{position}}/holders"
_FILLED_BY: dict[OfficeKind, str] = {
    OfficeKind.OWNER: _ROLES,
    OfficeKind.SUPERVISOR: _ROLES,
    OfficeKind.NODE_HOLDER: _HOLDER,
    OfficeKind.HEAD: _DEPARTMENT,
    OfficeKind.ADMINISTRATOR: _DEPARTMENT,
    OfficeKind.MEMBER: _HOLDER,
    OfficeKind.PLANNING: "PATCH /v1/governance-settings",
}


def owner(process: str) -> Office:
    return Office(OfficeKind.OWNER, process)


def supervisor(process: str) -> Office:
    return Office(OfficeKind.SUPERVISOR, process)


def node_holder(process: str) -> Office:
    return Office(OfficeKind.NODE_HOLDER, process)


def head(department: str) -> Office:
    return Office(OfficeKind.HEAD, department)


def administrator(department: str) -> Office:
    return Office(OfficeKind.ADMINISTRATOR, department)


def member(department: str) -> Office:
    return Office(OfficeKind.MEMBER, department)


PLANNING = Office(OfficeKind.PLANNING)


def of_department(department: str) -> tuple[Office, ...]:
    """Everybody who belongs to a department."""
    return head(department), administrator(department), member(department)
