"""Sealed results beside each other, over periods, and within a distribution."""

from typing import Annotated, Literal

from fastapi import Depends, Query

from services.assessment.operations import benchmarks
from services.assessment.operations import results as operations
from services.assessment.schemas import results as schemas
from services.assessment.schemas.assessments import Mode, UnitKind
from shared import problems
from shared.http import InTransaction, router
from shared.identity import require
from shared.problems import documented

routes = router("results")

READERS = [Depends(require())]
ModelCode = Annotated[str, Query(max_length=64, examples=["see-cmm"])]
Version = Annotated[int | None, Query(ge=1, le=1_000_000)]


@routes.get(
    "/v1/assessments/comparisons",
    summary="Sealed assessments beside the first of them",
    responses=documented(problems.NOT_FOUND, problems.CONFLICT),
    dependencies=READERS,
)
async def compare_assessments(
    session: InTransaction,
    assessments: Annotated[
        list[Annotated[str, Query(max_length=64)]],
        Query(min_length=2, max_length=50, description="Ids; the others are set off the first."),
    ],
) -> schemas.ResultComparison:
    return await operations.compare_assessments(session, assessments)


@routes.get(
    "/v1/assessments/trends",
    summary="A unit's sealed results by period",
    responses=documented(problems.NOT_FOUND),
    dependencies=READERS,
)
async def get_assessment_trend(
    session: InTransaction,
    unit_kind: UnitKind,
    unit: Annotated[str, Query(min_length=1, max_length=200)],
    model: ModelCode = "see-cmm",
    version: Version = None,
    mode: Mode = "evidence",
) -> schemas.ResultTrend:
    return await operations.trend(session, unit_kind, unit, model, version, mode)


@routes.get(
    "/v1/benchmarks",
    summary="The distribution of sealed totals in a group of five units or more",
    responses=documented(problems.NOT_FOUND, benchmarks.GROUP_TOO_SMALL),
    dependencies=READERS,
)
async def get_benchmark(
    session: InTransaction,
    model: ModelCode = "see-cmm",
    version: Version = None,
    mode: Mode = "evidence",
    unit_kind: Literal["organisation_unit", "process", "functional_area"] | None = None,
    own: Annotated[
        str | None, Query(max_length=64, description="A sealed assessment to place in it")
    ] = None,
) -> schemas.Benchmark:
    return await benchmarks.benchmark(session, model, version, mode, unit_kind, own)
