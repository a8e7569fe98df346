"""Attainment of any period and grouping."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from fastapi import Depends, Query

from services.commitments.domain.periods import Length
from services.commitments.operations import attainment as operations
from services.commitments.operations.restatements import AS_PROMISED
from services.commitments.queries.attainment import GROUPS, AttainmentFilter
from services.commitments.routes.cases import AsOf, Name
from services.commitments.schemas import attainment as schemas
from shared import problems
from shared.http import InTransaction, router
from shared.identity import Principal, require
from shared.problems import FieldError, documented, invalid
from shared.schemas import Moment

routes = router("attainment")

GroupBy = Annotated[
    list[str] | None,
    Query(
        max_length=len(GROUPS),
        description=f"Comma-separated or given again, of {', '.join(GROUPS)}; "
        "process and node when left out",
        examples=[["department,priority"]],
    ),
]
From = Annotated[
    Moment | None, Query(alias="from", description="First instant of the period; all when left out")
]
To = Annotated[
    Moment | None, Query(alias="to", description="First instant after the period; now if left out")
]
Level = Annotated[
    Literal["run", "case"], Query(description="Judge node runs, or whole cases end to end")
]
Basis = Annotated[
    str,
    Query(
        max_length=64,
        description="`as_promised`, `restated` under the promises in force now, or the id of a "
        "restatement",
    ),
]
Reader = Annotated[Principal, Depends(require())]


@routes.get(
    "/v1/attainment",
    summary="Attainment by node, department, period and more",
    description="Counts of the seven states, the share of completed runs that kept their "
    "commitment, shares of all runs alive, and running times. Grouped or filtered by department "
    "or position it counts legs, so that nobody is judged on time that another used.",
    responses=documented(problems.CONFLICT),
)
async def get_attainment(
    session: InTransaction,
    reader: Reader,
    group_by: GroupBy = None,
    since: From = None,
    until: To = None,
    as_of: AsOf = None,
    level: Level = "run",
    process: Name = None,
    node: Name = None,
    department: Name = None,
    position: Name = None,
    segment: Name = None,
    priority: Name = None,
    service: Name = None,
    agreement: Name = None,
    basis: Basis = AS_PROMISED,
    period_length: Annotated[
        Length, Query(description="Of the periods when grouped by `period`")
    ] = Length.MONTH,
    time_zone: Annotated[
        str, Query(max_length=64, description="IANA zone at whose midnight a period begins")
    ] = "UTC",
    ranked: Annotated[int, Query(ge=0, le=100, description="Length of `best` and `worst`")] = 5,
) -> schemas.AttainmentReport:
    wanted = AttainmentFilter(
        process, node, department, position, segment, priority, service, agreement
    )
    asked = operations.Question(
        _groups(group_by or ["process,node"]),
        wanted,
        level,
        since,
        until,
        as_of or datetime.now(UTC),
        basis,
        reader.subject,
        period_length,
        _zone(time_zone),
        ranked,
    )
    return await operations.report(session, asked)


def _groups(given: Sequence[str]) -> list[str]:
    groups = [name.strip() for name in ",".join(given).split(",") if name.strip()]
    unknown = [name for name in groups if name not in GROUPS]
    if unknown or len(set(groups)) != len(groups):
        raise _unknown_group(unknown or groups)
    return groups


def _unknown_group(names: list[str]) -> Exception:
    said = ", ".join(names)[:200]
    zh = f"无法按此分组：{said}。可用：{', '.join(GROUPS)}，每项至多一次。"
    en = f"Cannot group by {said}. There are {', '.join(GROUPS)}, each at most once."
    return invalid(
        FieldError(code="unknown_group", detail={"zh": zh, "en": en}, parameter="group_by")
    )


def _zone(name: str) -> ZoneInfo:
    if name not in available_timezones():
        zh, en = "不是 IANA 时区。", "Is not an IANA time zone."
        raise invalid(
            FieldError(code="unknown_time_zone", detail={"zh": zh, "en": en}, parameter="time_zone")
        )
    return ZoneInfo(name)
