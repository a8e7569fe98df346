"""Compensation (慢必赔): what is owed for a run that broke a promise that carries one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Self

from .clock import Clock, Limit

_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Rule:
    """An amount for every broken run, or for every started `per` beyond the limit.

    `beyond` is the limit that has to be passed, `commitment` or `tolerance`.
    """

    amount: Decimal
    currency: str
    beyond: str
    per: timedelta | None = None
    maximum: Decimal | None = None

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        """A rule from what a promise carries: plain data, checked when it was drafted."""
        per, maximum = plain.get("per_seconds"), plain.get("maximum")
        return cls(
            Decimal(plain["amount"]),
            plain["currency"],
            plain["beyond"],
            None if per is None else timedelta(seconds=per),
            None if maximum is None else Decimal(maximum),
        )

    def owed(self, excess: timedelta | None) -> Decimal:
        """What an excess costs; nothing within the limit, or where it cannot be told."""
        if excess is None or excess <= _NOTHING:
            return Decimal(0)
        if self.per is None:
            return self.amount
        amount = self.amount * -(-excess // self.per)
        return amount if self.maximum is None else min(amount, self.maximum)


def excess(clock: Clock, beyond: str) -> timedelta | None:
    """How far a finished run went beyond a limit; None while it runs or cannot be told.

    Beyond the tolerance is beyond both limits, as the tolerance never ends before the commitment.
    """
    if clock.finished_at is None:
        return None
    over = _over(clock.commitment)
    if beyond == "commitment" or over is None:
        return over
    borne = _over(clock.tolerance)
    return None if borne is None else min(over, borne)


def _over(limit: Limit) -> timedelta | None:
    if limit.length is None or limit.consumed is None:
        return None
    return max(limit.consumed - limit.length, _NOTHING)
