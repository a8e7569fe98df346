"""How long to wait before the next try: ten tries over about 75 hours, a little scattered."""

from datetime import timedelta

DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Between one try and the next, as Standard Webhooks recommends."""

ATTEMPTS = len(DELAYS) + 1
SCATTER = 0.1


def delay(attempts: int, chance: float) -> timedelta | None:
    """The wait after so many failed tries, None after the last; `chance` lies in [0, 1).

    Scattered by a tenth either way, so that a target that comes back is not met by all at once.
    """
    if attempts >= ATTEMPTS:
        return None
    return DELAYS[attempts - 1] * (1 + SCATTER * (2 * chance - 1))
