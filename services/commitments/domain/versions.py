"""Versions of one definition follow each other in time."""

from collections.abc import Iterable
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")


class Versions(Generic[T]):
    """Each version is in force from its beginning until the next one begins.

    Given with their beginnings, oldest first; of two that begin together the later given counts.
    The first is in force for all time before it as well. There is at least one.
    """

    __slots__ = ("_ordered",)

    def __init__(self, versions: Iterable[tuple[datetime, T]]) -> None:
        self._ordered = sorted(versions, key=_beginning)

    @property
    def beginnings(self) -> tuple[datetime, ...]:
        return tuple(beginning for beginning, _ in self._ordered)

    def followed_by(self, beginning: datetime, version: T) -> "Versions[T]":
        """These, and one more behind them."""
        return Versions([*self._ordered, (beginning, version)])

    def in_force(self, at: datetime) -> T:
        begun = [version for beginning, version in self._ordered if beginning <= at]
        return begun[-1] if begun else self._ordered[0][1]


def _beginning(version: tuple[datetime, object]) -> datetime:
    return version[0]
