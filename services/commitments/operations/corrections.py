"""A person corrects the history of a case by an event like any other, kept with who and why."""

from collections.abc import Iterable
from datetime import datetime

from services.commitments import tables
from services.commitments.domain.events import LAST, TicketEvent
from services.commitments.operations.folding import fold_cases
from services.commitments.operations.refusals import require_none
from services.commitments.queries import corrections as queries
from services.commitments.schemas import corrections as schemas
from shared.ids import new_id
from shared.problems import FieldError, at_pointer
from shared.store import Session


async def correct_case(
    session: Session,
    case_id: str,
    new: schemas.NewCorrection,
    by: str,
    now: datetime,
    alerts_since: datetime,
) -> tables.Correction:
    """Add the correction's event and fold the case again; raises a problem with every fault."""
    case = await queries.held_case(session, case_id)
    first = await queries.first_event_at(session, case_id)
    at = new.at or now
    require_none([*_untimely(at, first, now), *_misplaced(new)])
    event = _event(case.key, new, at)
    row = tables.Correction(
        id=event.event_id,
        tenant=session.info["tenant"],
        case_id=case_id,
        event_id=event.event_id,
        corrected_by=by,
        recorded_at=now,
        **{**new.model_dump(), "at": event.at},
    )
    session.add(row)
    await fold_cases(session, case.process, [(event, None)], alerts_since)
    return row


def _event(case_key: str, new: schemas.NewCorrection, at: datetime) -> TicketEvent:
    return TicketEvent(
        case_key=case_key,
        event_id=new_id("cor"),
        at=at,
        # It corrects what the tool has said, also of the same instant.
        sequence=LAST,
        state="",
        department=new.department,
        position=new.position,
        kind=new.kind,
    )


def _untimely(at: datetime, first: datetime | None, now: datetime) -> Iterable[FieldError]:
    if at > now:
        zh, en = "更正的时间不能晚于当前时间。", "A correction does not take effect later than now."
        yield at_pointer("/at", "in_the_future", zh, en)
    if first is not None and at < first:
        zh = f"更正的时间不能早于工单的首个事件（{first.isoformat()}）。"
        en = f"A correction does not come before the case's first event ({first.isoformat()})."
        yield at_pointer("/at", "before_the_case", zh, en)


def _misplaced(new: schemas.NewCorrection) -> Iterable[FieldError]:
    if new.kind == "reassign":
        if new.department is None:
            zh, en = "改派须指明部门。", "A reassignment names a department."
            yield at_pointer("/department", "missing", zh, en)
        return
    for name in ("department", "position"):
        if getattr(new, name) is not None:
            zh, en = "仅改派可指明此项。", "Only a reassignment names one."
            yield at_pointer(f"/{name}", "misplaced", zh, en)
