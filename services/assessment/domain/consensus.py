"""Consensus is a decision on the raters' ratings of a cell, and it has rules."""

from collections.abc import Sequence

from .model import Scale
from .ratings import NotApplicable, Rating

FAR_APART = 2


def spread(scale: Scale, ratings: Sequence[Rating]) -> int | None:
    """How many levels lie between the lowest and the highest rating; None without a level.

    A scale of percentages counts in the six bands of its scoring guidelines: up to 5, 10 to 25,
    30 to 45, 50 to 65, 70 to 85, from 90.
    """
    places = [_place(scale, rating) for rating in ratings if isinstance(rating, int)]
    return max(places) - min(places) if places else None


def must_be_discussed(scale: Scale, ratings: Sequence[Rating]) -> bool:
    """Whether ratings are two levels apart or more, or some say that the cell is not applicable."""
    apart = spread(scale, ratings)
    absent = sum(isinstance(rating, NotApplicable) for rating in ratings)
    return 0 < absent < len(ratings) or (apart or 0) >= FAR_APART


def needs_new_evidence(ratings: Sequence[Rating], decided: int) -> bool:
    """Whether a level lies outside the raters' range; it does where no rater gave a level."""
    levels = [rating for rating in ratings if isinstance(rating, int)]
    return not levels or not min(levels) <= decided <= max(levels)


def _place(scale: Scale, rating: int) -> int:
    if scale.levels:
        return list(scale.values).index(rating)
    return (rating + 10) // 20
