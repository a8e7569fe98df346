"""A period is a year, a half, a quarter or a month; those of one kind sort as their text does."""

import re
from collections.abc import Sequence

_FORMS = {
    "year": (re.compile(r"(?P<year>\d{4})"), 1, ""),
    "half": (re.compile(r"(?P<year>\d{4})-H(?P<part>[12])"), 2, "-H{}"),
    "quarter": (re.compile(r"(?P<year>\d{4})-Q(?P<part>[1-4])"), 4, "-Q{}"),
    "month": (re.compile(r"(?P<year>\d{4})-(?P<part>0[1-9]|1[0-2])"), 12, "-{:02}"),
}
_MOST_MISSING = 1_200

PATTERN = r"^\d{4}(-(H[12]|Q[1-4]|0[1-9]|1[0-2]))?$"
"""What a period looks like: `2026`, `2026-H1`, `2026-Q3`, `2026-06`."""


def kind(period: str) -> str | None:
    """`year`, `half`, `quarter` or `month`; None for what is no period."""
    return next((name for name, form in _FORMS.items() if form[0].fullmatch(period)), None)


def missing_between(periods: Sequence[str]) -> list[str]:
    """The periods between the first and the last that are not named; all are of one kind.

    Empty where they are not of one kind, and where the span is longer than a century of months.
    """
    kinds = {kind(period) for period in periods}
    (common,) = kinds if len(kinds) == 1 else (None,)
    if common is None:
        return []
    pattern, parts, form = _FORMS[common]
    numbers = [_number(pattern, parts, period) for period in periods]
    if max(numbers) - min(numbers) > _MOST_MISSING:
        return []
    known = set(numbers)
    return [
        f"{number // parts:04}{form.format(number % parts + 1)}"
        for number in range(min(numbers), max(numbers))
        if number not in known
    ]


def _number(pattern: re.Pattern[str], parts: int, period: str) -> int:
    found = pattern.fullmatch(period)
    assert found is not None  # noqa: S101 - its kind is known
    return int(found["year"]) * parts + int(found.groupdict().get("part") or 1) - 1
