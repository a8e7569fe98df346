"""Spot-checks, violations, penalty rules and the penalty ledger."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Response

from services.commitments import tables
from services.commitments.domain.penalties import SHIPPED
from services.commitments.operations import penalties, settlements
from services.commitments.operations import violations as operations
from services.commitments.queries import governance as queries
from services.commitments.routes import columns
from services.commitments.routes.acting import Acting, Changing
from services.commitments.routes.change_requests import AlertsSince
from services.commitments.routes.exports import SHEETS, AsSheet, listed
from services.commitments.routes.people import MISSING, OWNERS, READERS, STALE, changes_of
from services.commitments.schemas import penalties as schemas
from services.commitments.schemas.people import GovernanceChange
from shared import problems
from shared.http import InTransaction, etag, router
from shared.pages import Cursor, Limit, Page
from shared.problems import documented
from shared.schemas import Moment
from shared.store import Session

routes = router("governance")

SETTLED = {**STALE, **documented(problems.CONFLICT)}
Named = Annotated[str | None, Query(max_length=200)]


@routes.post("/v1/spot-checks", status_code=201, summary="Record a spot-check of a process")
async def add_spot_check(
    body: schemas.NewSpotCheck, session: InTransaction, act: Acting, response: Response
) -> schemas.SpotCheck:
    row = await operations.add_spot_check(session, body, act)
    response.headers["etag"] = etag(row.revision)
    return schemas.SpotCheck.model_validate(row)


@routes.get("/v1/spot-checks", summary="Spot-checks, newest first", dependencies=READERS)
async def list_spot_checks(
    session: InTransaction, process: Named = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.SpotCheck]:
    wanted = {"process": process}
    rows, following = await queries.listed(session, tables.SpotCheck, wanted, limit, cursor)
    return Page(items=[schemas.SpotCheck.model_validate(r) for r in rows], next_cursor=following)


@routes.get(
    "/v1/spot-checks/{spot_check_id}",
    summary="One spot-check",
    responses=MISSING,
    dependencies=READERS,
)
async def get_spot_check(
    spot_check_id: str, session: InTransaction, response: Response
) -> schemas.SpotCheck:
    row = await queries.one(session, tables.SpotCheck, spot_check_id)
    response.headers["etag"] = etag(row.revision)
    return schemas.SpotCheck.model_validate(row)


@routes.patch(
    "/v1/spot-checks/{spot_check_id}", summary="Amend or close a spot-check", responses=STALE
)
async def change_spot_check(
    spot_check_id: str,
    body: schemas.SpotCheckChange,
    session: InTransaction,
    change: Changing,
) -> schemas.SpotCheck:
    row = await operations.change_spot_check(
        session, spot_check_id, body, change.if_match, change.act
    )
    change.tag(row.revision)
    return schemas.SpotCheck.model_validate(row)


@routes.post(
    "/v1/violations",
    status_code=201,
    summary="Record a violation",
    description="With a spot-check it is judged and charged at once, and is the planning "
    "department's to record; without one it is what the department found itself.",
)
async def record_violation(
    body: schemas.NewViolation,
    session: InTransaction,
    act: Acting,
    since: AlertsSince,
    response: Response,
) -> schemas.Violation:
    row = await operations.record_violation(session, body, act, since)
    response.headers["etag"] = etag(row.revision)
    return schemas.Violation.model_validate(row)


@routes.get("/v1/violations", summary="Violations, newest first", dependencies=READERS)
async def list_violations(
    session: InTransaction,
    process: Named = None,
    department: Named = None,
    person: Named = None,
    month: Named = None,
    status: Annotated[
        Literal["recorded", "charged", "waived", "excused", "void"] | None, Query()
    ] = None,
    spot_check: Named = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.Violation]:
    wanted = {"process": process, "department": department, "person": person}
    wanted |= {"month": month, "status": status, "spot_check": spot_check}
    rows, following = await queries.listed(session, tables.Violation, wanted, limit, cursor)
    return Page(items=[schemas.Violation.model_validate(r) for r in rows], next_cursor=following)


@routes.get(
    "/v1/violations/{violation_id}",
    summary="One violation",
    responses=MISSING,
    dependencies=READERS,
)
async def get_violation(
    violation_id: str, session: InTransaction, response: Response
) -> schemas.Violation:
    return _shown(await queries.one(session, tables.Violation, violation_id), response)


@routes.post(
    "/v1/violations/{violation_id}/penalise",
    summary="Note how the department penalised what it found",
    responses=SETTLED,
)
async def penalise_violation(
    violation_id: str,
    body: schemas.OwnPenalty,
    session: InTransaction,
    change: Changing,
) -> schemas.Violation:
    row = await operations.penalise_violation(
        session, violation_id, body, change.if_match, change.act
    )
    return _shown(row, change.response)


@routes.post(
    "/v1/violations/{violation_id}/meet",
    summary="Let a spot-check judge what the department had found",
    responses=SETTLED,
)
async def meet_violation(
    violation_id: str,
    body: schemas.Meeting,
    session: InTransaction,
    since: AlertsSince,
    change: Changing,
) -> schemas.Violation:
    row = await operations.meet_violation(
        session, violation_id, body, change.if_match, change.act, since
    )
    return _shown(row, change.response)


@routes.post(
    "/v1/violations/{violation_id}/void",
    summary="Take back a violation recorded in error, and its penalties",
    responses=SETTLED,
)
async def void_violation(
    violation_id: str,
    body: schemas.Reversal,
    session: InTransaction,
    change: Changing,
) -> schemas.Violation:
    row = await operations.void_violation(session, violation_id, body, change.if_match, change.act)
    return _shown(row, change.response)


@routes.get(
    "/v1/violations/{violation_id}/history",
    summary="Every change of a violation",
    responses=MISSING,
    dependencies=READERS,
)
async def list_violation_changes(
    violation_id: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[GovernanceChange]:
    row = await queries.one(session, tables.Violation, violation_id)
    return await changes_of(session, "violation", row.id, limit, cursor)


@routes.get("/v1/penalty-rules", summary="Offences and amounts", dependencies=READERS)
async def list_penalty_rules(session: InTransaction) -> Page[schemas.PenaltyRule]:
    return Page(items=[await penalties.penalty_rule(session, code, _now()) for code in SHIPPED])


@routes.get(
    "/v1/penalty-rules/{code}",
    summary="One offence with its newest amounts",
    responses=MISSING,
    dependencies=READERS,
)
async def get_penalty_rule(
    code: str, session: InTransaction, response: Response
) -> schemas.PenaltyRule:
    shown = await penalties.newest_penalty_rule(session, code, _now())
    response.headers["etag"] = etag(shown.revision)
    return shown


@routes.patch(
    "/v1/penalty-rules/{code}",
    summary="Set the tenant's own amounts",
    description="`amounts` is the whole set from then on: whoever is not in it is charged nothing.",
    responses=STALE,
)
async def change_penalty_rule(
    code: str,
    body: schemas.PenaltyRuleChange,
    session: InTransaction,
    change: Changing,
) -> schemas.PenaltyRule:
    shown = await penalties.change_penalty_rule(session, code, body, change.if_match, change.act)
    change.tag(shown.revision)
    return shown


@routes.get(
    "/v1/penalty-rules/{code}/history",
    summary="Every change of an offence's amounts",
    dependencies=READERS,
)
async def list_penalty_rule_changes(
    code: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[GovernanceChange]:
    return await changes_of(session, "penalty_rule", code, limit, cursor)


@routes.get(
    "/v1/penalty-ledger",
    summary="The penalty ledger, newest first",
    response_model=Page[schemas.PenaltyEntry],
    responses=SHEETS,
    dependencies=OWNERS,
)
async def list_penalty_entries(
    session: InTransaction,
    sheet: AsSheet,
    person: Named = None,
    department: Named = None,
    process: Named = None,
    cause_id: Named = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    wanted = {"person": person, "department": department, "process": process}
    wanted["cause_id"] = cause_id

    async def read(session: Session, limit: int, cursor: str | None) -> Any:
        rows, following = await queries.listed(session, tables.PenaltyEntry, wanted, limit, cursor)
        return await settlements.shown_entries(session, rows), following

    asked = (limit, cursor)
    return await listed(session, sheet.of("penalty-ledger", columns.PENALTIES), read, asked)


@routes.get(
    "/v1/penalty-ledger/totals",
    summary="What the ledger adds up to, by person and currency",
    dependencies=OWNERS,
)
async def get_penalty_totals(
    session: InTransaction,
    person: Named = None,
    department: Named = None,
    process: Named = None,
    period_from: Annotated[Moment | None, Query(alias="from")] = None,
    period_to: Annotated[Moment | None, Query(alias="to")] = None,
) -> Page[schemas.PenaltyTotal]:
    wanted = {"person": person, "department": department, "process": process}
    rows = await queries.totals(session, wanted, period_from, period_to)
    items = [
        schemas.PenaltyTotal(
            person=row.person, entries=row.entries, total=penalties.money(row.total, row.currency)
        )
        for row in rows
    ]
    return Page(items=items)


@routes.post(
    "/v1/penalty-ledger/{entry_id}/reverse",
    status_code=201,
    summary="Take back a line of the ledger by a further one",
    responses={**MISSING, **documented(problems.CONFLICT)},
)
async def reverse_penalty(
    entry_id: str, body: schemas.Reversal, session: InTransaction, act: Acting
) -> schemas.PenaltyEntry:
    return await _entry(session, await penalties.reverse_penalty(session, entry_id, body, act))


@routes.post(
    "/v1/penalty-ledger/{entry_id}/confirm",
    summary="Say that a line of the ledger stands",
    responses={**MISSING, **documented(problems.CONFLICT)},
)
async def confirm_penalty(
    entry_id: str, session: InTransaction, act: Acting
) -> schemas.PenaltyEntry:
    return await _entry(session, await settlements.confirm_penalty(session, entry_id, act))


@routes.post(
    "/v1/penalty-ledger/{entry_id}/pay",
    summary="Note that a confirmed line was paid",
    responses={**MISSING, **documented(problems.CONFLICT)},
)
async def pay_penalty(
    entry_id: str, body: schemas.Payment, session: InTransaction, act: Acting
) -> schemas.PenaltyEntry:
    return await _entry(session, await settlements.pay_penalty(session, entry_id, body, act))


async def _entry(session: Session, row: tables.PenaltyEntry) -> schemas.PenaltyEntry:
    (shown,) = await settlements.shown_entries(session, [row])
    return shown


def _shown(row: tables.Violation, response: Response) -> schemas.Violation:
    response.headers["etag"] = etag(row.revision)
    return schemas.Violation.model_validate(row)


def _now() -> datetime:
    return datetime.now(UTC)
