"""The status table 状态表 of a period: every run with its state, named in both languages."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.commitments.domain.states import NAMES, State
from services.commitments.operations.reading import running_seconds
from services.commitments.queries import definitions
from services.commitments.queries import status_table as queries
from services.commitments.queries.cases import Requested
from services.commitments.queries.status_table import Wanted
from services.commitments.schemas import status_table as schemas
from services.commitments.tables import ProcessVersion
from shared.problems import FieldError, invalid
from shared.schemas import Bilingual
from shared.store import Session

STATE_NAMES = {state: Bilingual(zh=name.zh, en=name.en) for state, name in NAMES.items()}


async def status_rows(
    session: Session, wanted: Wanted, page: Requested
) -> tuple[list[schemas.StatusRow], str | None]:
    """One page of the table."""
    found, following = await queries.rows(session, wanted, page)
    processes = await queries.process_names(session)
    calendars = await definitions.calendars(session)
    rows = [_row(row, processes, running_seconds(row[0], wanted.at, calendars)) for row in found]
    return rows, following


async def state_counts(session: Session, wanted: Wanted) -> schemas.StateCounts:
    """How many rows of the whole table, not of one page, are in each of the seven states."""
    found = await queries.state_counts(session, wanted)
    return schemas.StateCounts(
        counts={state: found.get(state, 0) for state in State}, unjudged=found.get(None, 0)
    )


def _row(
    found: Any, processes: Mapping[str, ProcessVersion], seconds: float | None
) -> schemas.StatusRow:
    clock, state, service, agreement = found
    process = processes[clock.process]
    names = {node["code"]: node["name"] for node in process.definition["nodes"]}
    return schemas.StatusRow.model_validate(
        {
            **clock.model_dump(),
            "process_name": process.name,
            "node": clock.node or None,
            "node_name": names.get(clock.node),
            "state": state,
            "state_name": STATE_NAMES[State(state)] if state else None,
            "service": service,
            "agreement": agreement,
            "promise": clock.promise_code,
            "running_seconds": seconds,
        }
    )


def require_forward(since: datetime | None, until: datetime | None) -> None:
    """Raises 422 when a period ends before it begins."""
    if since and until and since >= until:
        zh, en = "“to”须晚于“from”。", "`to` must be after `from`."
        raise invalid(FieldError(code="backwards", detail={"zh": zh, "en": en}, parameter="to"))
