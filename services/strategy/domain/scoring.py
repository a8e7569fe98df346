"""A score says how good a KPI's value is, on 0..10, piecewise linear through named anchors."""

from dataclasses import dataclass
from fractions import Fraction

LOWEST, HIGHEST = Fraction(0), Fraction(10)
AT_RED_FLAG = Fraction(10, 3)
AT_TARGET = Fraction(20, 3)


@dataclass(frozen=True, slots=True)
class Anchors:
    """Red flag, target and challenge value 挑战值 in the KPI's unit; their order is its direction.

    Raises ValueError when they do not run strictly one way.
    """

    red_flag: Fraction
    target: Fraction
    challenge: Fraction | None = None

    def __post_init__(self) -> None:
        rising = self.target > self.red_flag
        beyond = self.challenge is None or (
            self.challenge > self.target if rising else self.challenge < self.target
        )
        if self.target == self.red_flag or not beyond:
            raise ValueError("red flag, target and challenge must run strictly one way")


def score(value: Fraction, anchors: Anchors) -> Fraction:
    """The score of a value, clamped to 0..10.

    Linear through (red flag, 10/3) and (target, 20/3), then to (challenge, 10); without a
    challenge value the same line goes on.
    """
    slope = (AT_TARGET - AT_RED_FLAG) / (anchors.target - anchors.red_flag)
    reached = AT_RED_FLAG + (value - anchors.red_flag) * slope
    if anchors.challenge is not None and reached > AT_TARGET:
        steep = (HIGHEST - AT_TARGET) / (anchors.challenge - anchors.target)
        reached = AT_TARGET + (value - anchors.target) * steep
    return min(max(reached, LOWEST), HIGHEST)
