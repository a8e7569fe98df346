"""The seven states of a clock: how it ended or runs, against its two limits (source 004)."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from .faults import Text


class State(StrEnum):
    COMPLETED_NORMAL = "completed_normal"
    COMPLETED_ACCEPTABLE = "completed_acceptable"
    COMPLETED_WARNING = "completed_warning"
    RUNNING_NORMAL = "running_normal"
    RUNNING_ACCEPTABLE = "running_acceptable"
    RUNNING_WARNING = "running_warning"
    CANCELLED = "cancelled"


NAMES: Mapping[State, Text] = {
    State.COMPLETED_NORMAL: Text("正常完成", "Completed, normal"),
    State.COMPLETED_ACCEPTABLE: Text("可接受完成", "Completed, acceptable"),
    State.COMPLETED_WARNING: Text("警告完成", "Completed, warning"),
    State.RUNNING_NORMAL: Text("进行中正常", "In progress, normal"),
    State.RUNNING_ACCEPTABLE: Text("进行中可接受", "In progress, acceptable"),
    State.RUNNING_WARNING: Text("进行中警告", "In progress, warning"),
    State.CANCELLED: Text("取消", "Cancelled"),
}

COMPLETED = (State.COMPLETED_NORMAL, State.COMPLETED_ACCEPTABLE, State.COMPLETED_WARNING)
RUNNING = (State.RUNNING_NORMAL, State.RUNNING_ACCEPTABLE, State.RUNNING_WARNING)


def state_at(
    as_of: datetime,
    commitment_due_at: datetime | None,
    tolerance_due_at: datetime | None,
    *,
    finished_at: datetime | None = None,
    cancelled: bool = False,
    paused_at: datetime | None = None,
) -> State | None:
    """The state at `as_of`; exactly at a limit is within it, and a pause holds the limits still.

    A tolerance before the commitment counts as the commitment. None where the state cannot be
    told, as the limit that decides it is not known.
    """
    if cancelled:
        return State.CANCELLED
    states = COMPLETED if finished_at else RUNNING
    judged_at = finished_at or min(as_of, paused_at or as_of)
    if commitment_due_at is None:
        return None
    if judged_at <= commitment_due_at:
        return states[0]
    if tolerance_due_at is None:
        return None
    return states[1] if judged_at <= tolerance_due_at else states[2]
