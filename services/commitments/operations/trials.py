"""A dry run does what the worker would do with a payload, looks at the result, and undoes it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from services.commitments.operations import reading
from services.commitments.operations.deliveries import Read, Reader, not_foldable
from services.commitments.operations.folding import case_id_of, fold_cases
from services.commitments.providers import PROVIDERS, delivery_key, split
from services.commitments.queries import deliveries as queries
from services.commitments.schemas import trials as schemas
from services.commitments.schemas.cases import CaseDetail, CaseNodeRun
from services.commitments.schemas.deliveries import DeliveryFault
from shared.problems import NOT_FOUND, Problem, at_pointer, invalid
from shared.store import Session, is_unavailable


async def dry_run(
    session: Session, integration_id: str, trial: schemas.Trial, now: datetime
) -> schemas.DryRun:
    """What the payload would lead to: the event, the case, and how its runs would change."""
    integration = await queries.integration(session, integration_id)
    provider = PROVIDERS[integration.provider]
    sent = {name.lower(): value for name, value in trial.headers.items()}
    raw = _bytes(trial)
    headers, body = _only(split(provider, sent, raw))
    key = delivery_key(provider, headers, body)
    read = Reader(integration).read(headers, body, key)
    before, after = None, None
    if read.event:
        read, before, after = await _tried(session, read, max(now, read.event.at))
    authentic = None
    if trial.body is not None:
        authentic = provider.is_authentic(sent, raw, integration.secrets, now)
    return schemas.DryRun.model_validate(
        {
            "status": read.status,
            "faults": [DeliveryFault.model_validate(f, from_attributes=True) for f in read.faults],
            "authentic": authentic,
            "duplicate": await queries.is_known(session, integration_id, key),
            "process": read.process or None,
            "event": read.event and schemas.TrialEvent.model_validate(read.event),
            "case": after and after.model_dump(),
            "transitions": list(_transitions(before, after)) if after else [],
            "node_runs": after.node_runs if after else [],
        }
    )


def _only(held: Sequence[tuple[Mapping[str, str], bytes]]) -> tuple[Mapping[str, str], bytes]:
    if len(held) == 1:
        return held[0]
    zh, en = "试运行每次只读取一个事件。", "A dry run reads one event at a time."
    raise invalid(at_pointer("/body", "batch", zh, en))


def _bytes(trial: schemas.Trial) -> bytes:
    if trial.body is not None:
        return trial.body.encode("utf-8", "replace")
    return json.dumps(trial.payload).encode()


async def _tried(
    session: Session, read: Read, as_of: datetime
) -> tuple[Read, CaseDetail | None, CaseDetail | None]:
    """The case before and after the event, which is folded like any other and then taken back."""
    assert read.event  # noqa: S101 - asked of events only
    case_id = case_id_of(session.info["tenant"], read.process, read.event.case_key)
    before = await _seen(session, case_id, as_of)
    savepoint = await session.begin_nested()
    try:
        await fold_cases(session, read.process, [(read.event, None)], as_of)
        session.expunge_all()
        after = await _seen(session, case_id, as_of)
    except (ValueError, ArithmeticError, DBAPIError) as error:
        if is_unavailable(error):
            raise
        return Read("quarantined", read.case_key, [not_foldable(error)]), before, None
    finally:
        await savepoint.rollback()
        session.expunge_all()
    return read, before, after


async def _seen(session: Session, case_id: str, as_of: datetime) -> CaseDetail | None:
    try:
        return await reading.case_detail(session, case_id, as_of)
    except Problem as problem:
        if problem.type is NOT_FOUND:
            return None
        raise


def _transitions(before: CaseDetail | None, after: CaseDetail) -> Iterator[schemas.Transition]:
    known = {run.id: run for run in before.node_runs} if before else {}
    for run in after.node_runs:
        was = known.pop(run.id, None)
        changes = list(_changes(was, run))
        if changes:
            yield _transition(run, changes, was, run)
    for run in known.values():
        yield _transition(run, ["withdrawn"], run, None)


def _transition(
    run: CaseNodeRun,
    changes: list[schemas.Change],
    was: CaseNodeRun | None,
    becomes: CaseNodeRun | None,
) -> schemas.Transition:
    return schemas.Transition(
        node=run.node,
        visit=run.visit,
        changes=changes,
        state_before=was.state if was else None,
        state_after=becomes.state if becomes else None,
    )


def _changes(was: CaseNodeRun | None, run: CaseNodeRun) -> Iterator[schemas.Change]:
    if was is None:
        yield "started"
    elif was.started_at != run.started_at:
        yield "reset"
    paused_before = was.paused_at if was else None
    if run.paused_at and run.paused_at != paused_before:
        yield "paused"
    if paused_before and not run.paused_at and not (run.finished_at or run.cancelled_at):
        yield "resumed"
    if was and (was.department, was.position) != (run.department, run.position):
        yield "reassigned"
    if run.finished_at and run.finished_at != (was.finished_at if was else None):
        yield "finished"
    if run.cancelled_at and run.cancelled_at != (was.cancelled_at if was else None):
        yield "cancelled"
