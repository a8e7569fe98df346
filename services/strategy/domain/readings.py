"""A reading is a KPI's value in a period; a ratio keeps its operands, and absence is not zero."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Ratio:
    """A share with its operands, in percent; no denominator means no value."""

    numerator: int
    denominator: int

    @property
    def percent(self) -> Fraction | None:
        return Fraction(100 * self.numerator, self.denominator) if self.denominator else None

    def __add__(self, other: "Ratio") -> "Ratio":
        """Ratios aggregate their operands, then divide."""
        return Ratio(self.numerator + other.numerator, self.denominator + other.denominator)


def displayed(value: Fraction) -> Decimal:
    """Four decimals, half to even; the only place where a value is rounded."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(PLACES, ROUND_HALF_EVEN)
