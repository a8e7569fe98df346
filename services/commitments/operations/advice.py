"""Advice is made of the runs that a period completed, and renewed or superseded by later ones."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.dialects.postgresql import insert

from services.commitments.domain.advice import (
    Expected,
    Kind,
    Thresholds,
    advised,
    expected,
    supported,
    tightened,
)
from services.commitments.domain.offices import owner
from services.commitments.domain.periods import month_of
from services.commitments.operations.advice_settings import advice_settings
from services.commitments.operations.authority import require_office
from services.commitments.operations.history import Act
from services.commitments.operations.refusals import require_none, unknown
from services.commitments.operations.wake_ups import Waking
from services.commitments.queries import advice as queries
from services.commitments.queries.advice import Sample
from services.commitments.queries.definitions import find_newest
from services.commitments.queries.promises import processes_promised
from services.commitments.schemas import advice as schemas
from services.commitments.tables import Advice, AdviceSettings, ProcessVersion, Promise
from shared import outbox
from shared.contracts.service_levels import AdviceMade
from shared.ids import derived_id
from shared.store import Session, core

SECOND = timedelta(seconds=1)
Between = tuple[datetime | None, datetime | None]


async def advise(session: Session, process: str | None, between: Between, at: datetime) -> None:
    """Make the proposals of a period, or bring those that are still open up to date.

    Without a period: as many months as were set for the process, up to the last full one before
    `at` that completed anything of it.
    """
    for code in await _processes(session, process):
        await _advise(session, code, between, at)


async def computed(
    session: Session, process: str | None, between: Between, at: datetime
) -> list[Advice]:
    """What the runs of a period propose; nothing is kept, and nothing that is open changes."""
    found: list[Advice] = []
    for code in await _processes(session, process):
        _, proposals = await _proposals(session, code, between, at)
        found += [made for made in proposals.values() if made is not None]
    for made in found:
        made.revision = 0
    return found


async def renew_advice(session: Session, process: str, now: Waking) -> datetime:
    """The proposals that the worker makes by itself; every day, because late events change runs."""
    await _advise(session, process, (None, None), now.at)
    return now.at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + _DAY


async def make_advice(session: Session, new: schemas.NewAdvice, act: Act) -> list[Advice]:
    """Propose by a period of the owner's choice; the older open proposals are superseded."""
    if await find_newest(session, ProcessVersion, new.process) is None:
        require_none([unknown("/process", "流程", "process", new.process)])
    act = await require_office(session, act, owner(new.process))
    between = new.period_from, new.period_to
    made = await _advise(session, new.process, between, act.at)
    await session.flush()
    return list(await queries.kept(session, made))


async def _processes(session: Session, process: str | None) -> Sequence[str]:
    return [process] if process is not None else await processes_promised(session)


async def _advise(session: Session, process: str, between: Between, at: datetime) -> Sequence[str]:
    """Keep what the period proposes; the ids of that."""
    sample, proposals = await _proposals(session, process, between, at)
    if sample is not None:
        for promise, made in proposals.items():
            await _keep(session, promise, sample, made, at)
    return [made.id for made in proposals.values() if made is not None]


async def _proposals(
    session: Session, process: str, between: Between, at: datetime
) -> tuple[Sample | None, dict[str, Advice | None]]:
    """The sample, and by the code of each promise that it judged the proposal, if it makes one."""
    settings = await advice_settings(session, process, at)
    sample = await _sample(session, process, between, settings.months, at)
    made: dict[str, Advice | None] = {}
    if sample is None:
        return None, made
    thresholds = _thresholds(settings)
    for promise, normal, completed in await queries.counts(session, sample, process):
        kind = advised(normal, completed, thresholds)
        made[promise.code] = None
        if kind is not None:
            counted = normal, completed
            proposal = await _made(session, promise, counted, kind, sample, thresholds)
            if proposal is not None:
                proposal.made_at = at
            made[promise.code] = proposal
    return sample, made


async def _sample(
    session: Session, process: str, between: Between, months: int, at: datetime
) -> Sample | None:
    start, end = between
    if end is None:
        last = await queries.last_completion(session, process, month_of(at).start)
        if last is None:
            return None
        end = month_of(last).end
    if start is None:
        start = end
        for _ in range(months):
            start = month_of(start - _INSTANT).start
    return Sample(start, end)


_INSTANT = timedelta(microseconds=1)
_DAY = timedelta(days=1)


async def _made(
    session: Session,
    promise: Promise,
    counted: tuple[int, int],
    kind: Kind,
    sample: Sample,
    thresholds: Thresholds,
) -> Advice | None:
    """The proposal, None when the distribution supports no tighter limit."""
    times = await queries.running_times(session, promise, sample)
    findings, proposed = schemas.Findings(), None
    if kind is Kind.TIGHTEN:
        proposed = tightened(times, timedelta(seconds=promise.commitment_seconds or 0), thresholds)
        if proposed is None:
            return None
    else:
        findings = await _findings(session, promise, sample)
        most = supported(times, thresholds.tighten_at, thresholds.step)
        findings.limit_most_keep_seconds = most.limit // SECOND
    return Advice(
        **_about(session, promise, kind, sample),
        completed_normal=counted[0],
        completed=counted[1],
        **_limits(promise, proposed),
        findings=findings.model_dump(),
    )


def _about(session: Session, promise: Promise, kind: Kind, sample: Sample) -> dict[str, Any]:
    identity = (promise.id, kind.value, sample.start.isoformat(), sample.end.isoformat())
    return {
        "id": derived_id("adv", *identity),
        "tenant": session.info["tenant"],
        "kind": kind.value,
        "status": "open",
        **promise.model_dump(include={"process", "node", "segment", "priority"}),
        "promise_id": promise.id,
        "promise_code": promise.code,
        "promise_version": promise.version,
        "period_from": sample.start,
        "period_to": sample.end,
        "commitment_seconds": promise.commitment_seconds or 0,
        "tolerance_seconds": promise.tolerance_seconds or 0,
        "revision": 1,
    }


def _limits(promise: Promise, proposed: Expected | None) -> dict[str, Any]:
    if proposed is None:
        return {}
    return {
        "proposed_commitment_seconds": proposed.limit // SECOND,
        "proposed_tolerance_seconds": promise.tolerance_seconds,
        "expected_within": proposed.within,
    }


async def _findings(session: Session, promise: Promise, sample: Sample) -> schemas.Findings:
    departments = await queries.worst(session, promise, sample, "department")
    nodes = await queries.worst(session, promise, sample, "node") if promise.node is None else []
    paused = await queries.pauses(session, promise, sample)
    return schemas.Findings(
        nodes=_worst(nodes),
        departments=_worst(departments),
        pauses=schemas.PausesFound.model_validate(dict(paused.items())),
    )


def _worst(rows: Sequence[RowMapping]) -> list[schemas.WorstGroup]:
    return [
        schemas.WorstGroup(
            name=row["name"],
            completed=row["completed"],
            completed_normal=row["kept"],
            attainment_rate=row["kept"] / row["completed"],
            median_seconds=None if row["median"] is None else row["median"] / SECOND,
        )
        for row in rows
    ]


_FIGURES = {
    *("completed", "completed_normal", "commitment_seconds", "tolerance_seconds"),
    *("proposed_commitment_seconds", "proposed_tolerance_seconds", "expected_within", "findings"),
}


async def _keep(
    session: Session, promise: str, sample: Sample, made: Advice | None, at: datetime
) -> None:
    """Store what is new, renew what is open, and supersede what older runs had proposed."""
    if made is not None:
        fresh = insert(core(Advice)).values(made.model_dump()).on_conflict_do_nothing()
        if (await session.execute(fresh)).rowcount:  # type: ignore[attr-defined]
            await outbox.record(session, AdviceMade(**told_of(made), at=at))
    for known in await queries.open_about(session, promise):
        if made is not None and known.id == made.id:
            figures = made.model_dump(include=_FIGURES)
            if known.model_dump(include=_FIGURES) != figures:
                _renew(known, figures, at)
        elif known.period_to <= sample.end and known.period_from <= sample.start:
            known.status, known.superseded_at = "superseded", at
            known.superseded_by = made.id if made is not None else None
            known.revision += 1


def told_of(row: Advice) -> dict[str, Any]:
    """What every event of a proposal says."""
    names = {*("kind", "process", "node", "promise_version", "period_from", "period_to")}
    names |= {"completed", "completed_normal", "proposed_commitment_seconds", "revision"}
    return row.model_dump(include=names) | {"advice_id": row.id, "promise": row.promise_code}


def _renew(known: Advice, figures: Mapping[str, Any], at: datetime) -> None:
    for name, value in figures.items():
        setattr(known, name, value)
    known.made_at = at
    known.revision += 1


def _thresholds(settings: AdviceSettings) -> Thresholds:
    return Thresholds(
        Fraction(settings.tighten_at),
        Fraction(settings.improve_below),
        settings.least_runs,
        timedelta(seconds=settings.step_seconds),
    )


async def expected_of(session: Session, row: Advice, commitment_seconds: int) -> Expected:
    """How many of the runs that a proposal was made of keep another limit."""
    promise = await session.get(Promise, row.promise_id)
    assert promise is not None  # noqa: S101 - promises are never deleted
    times = await queries.running_times(session, promise, Sample(row.period_from, row.period_to))
    return expected(timedelta(seconds=commitment_seconds), times)
