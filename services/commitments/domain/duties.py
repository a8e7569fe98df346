"""The three duties 职责 of the owner of a process (source 003)."""

from enum import StrEnum


class Duty(StrEnum):
    """What an owner does for a process: it is rolled out, taught, made better."""

    ROLL_OUT = "roll_out"
    TRAINING = "training"
    IMPROVEMENT = "improvement"
