"""A new version takes effect behind everything that has started, so that no history changes."""

from datetime import datetime, timedelta

_NEXT = timedelta(microseconds=1)


def takes_effect(asked: datetime, last_start: datetime | None) -> datetime:
    """When a version that is asked to begin at `asked` begins to count."""
    return asked if last_start is None else max(asked, last_start + _NEXT)
