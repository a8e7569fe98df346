"""What ships with the service: the holidays and make-up working days (调休) of countries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from chinese_calendar import constants as china


@dataclass(frozen=True, slots=True, eq=False)
class PublishedDays:
    """Days off, and days at a weekend that are worked, of the years that are published."""

    years: frozenset[int]
    holidays: frozenset[date]
    make_up_days: frozenset[date]


def _china() -> PublishedDays:
    # The package knows a year from the State Council's notice on, which comes late the year before.
    holidays, make_up_days = frozenset(china.holidays), frozenset(china.workdays)
    return PublishedDays(frozenset(day.year for day in holidays), holidays, make_up_days)


PUBLISHED: Mapping[str, PublishedDays] = {"CN": _china()}
"""By ISO 3166 country."""
