"""Claims checked against what was measured."""

from collections.abc import Sequence

from services.assessment.domain import claims
from services.assessment.domain.claims import Claim, Comparator, Measure, Order, Reading
from services.assessment.queries import series as queries
from services.assessment.schemas import claims as schemas
from shared.problems import not_found
from shared.store import Session


async def check_claim(session: Session, asked: schemas.ClaimCheckRequest) -> schemas.ClaimCheck:
    """What the named series says against a claim; nothing is stored. 404 for an unknown series."""
    if asked.live is not None:
        series = await live_series(session, asked.live)
    else:
        assert asked.printed is not None  # noqa: S101 - the body has one of the two
        series = printed(asked.printed)
    return answer(claims.check(claim(asked.claim), series, asked.order), asked.order)


async def live_series(session: Session, named: schemas.SeriesName) -> list[Measure]:
    found = await queries.measures(
        session, named.source, named.series, named.first_period, named.last_period
    )
    if not found:
        raise not_found({"zh": "数据序列", "en": "series"}, f"{named.source} {named.series}")
    return found


def claim(said: schemas.Claim) -> Claim:
    comparators = (Comparator(each.name, each.value, each.external) for each in said.comparators)
    return Claim(said.trend, said.target, said.better, tuple(comparators))


def printed(series: schemas.PrintedSeries) -> list[Measure]:
    return [Measure(*pair) for pair in zip(series.periods, series.values, strict=True)]


def answer(readings: Sequence[Reading], order: Order) -> schemas.ClaimCheck:
    codes = [{warning.code for warning in reading.warnings} for reading in readings]
    certain, possible = set.intersection(*codes), set.union(*codes)
    verdicts = {not found for found in codes}
    return schemas.ClaimCheck(
        order=order,
        holds=verdicts.pop() if len(verdicts) == 1 else None,
        readings=[
            schemas.ClaimReading.model_validate(each, from_attributes=True) for each in readings
        ],
        certain_warnings=sorted(certain),
        possible_warnings=sorted(possible - certain),
    )
