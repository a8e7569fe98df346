"""What the strategy service can do: one function, one transaction."""

from datetime import datetime
from typing import TypeVar

from sqlalchemy.dialects.postgresql import insert

from services.strategy import queries, schemas, tables
from services.strategy.domain.readings import Ratio, displayed
from services.strategy.domain.scoring import score
from shared import outbox
from shared.contracts.commitments import AttainmentMeasured
from shared.contracts.event import Envelope
from shared.contracts.strategy import KpiReadingRecorded, OrganisationUnitChanged, TenantChanged
from shared.http import require_match
from shared.identity import Principal
from shared.problems import CONFLICT, FORBIDDEN, FieldError, Problem, Text, at_pointer, invalid
from shared.store import Session, act_for

R = TypeVar("R", bound=tables.Row)


async def open_tenant(
    session: Session, new: schemas.NewTenant, by: Principal, operator: str, at: datetime
) -> tables.Tenant:
    """Give an organisation a place on the platform; only the operator's administrators may."""
    require_operator(by, operator)
    row = tables.Tenant(
        tenant=operator, status="open", revision=1, created_at=at, **new.model_dump()
    )
    await _add(session, row, new.code, {"zh": "租户", "en": "tenant"})
    await _announce_tenant(session, row)
    return row


async def change_tenant(
    session: Session, code: str, change: schemas.TenantChange, if_match: str | None
) -> tables.Tenant:
    """Rename, close or re-open a tenant."""
    row = await queries.one(session, tables.Tenant, code, lock=True)
    _apply(row, change.model_dump(exclude_none=True), if_match)
    await _announce_tenant(session, row)
    return row


async def add_user(session: Session, new: schemas.NewUser, at: datetime) -> tables.User:
    """Name a person or an integration and give them roles."""
    row = tables.User(
        tenant=session.info["tenant"], revision=1, created_at=at, **new.model_dump(mode="json")
    )
    await _add(session, row, new.subject, {"zh": "用户", "en": "user"})
    return row


async def change_user(
    session: Session, subject: str, change: schemas.UserChange, if_match: str | None
) -> tables.User:
    """Change a user's name, language or roles; no roles is how a user is shut out."""
    row = await queries.one(session, tables.User, subject, lock=True)
    _apply(row, change.model_dump(mode="json", exclude_none=True), if_match)
    return row


async def add_organisation_unit(
    session: Session, new: schemas.NewOrganisationUnit, at: datetime
) -> tables.OrganisationUnit:
    """Add a unit under its parent."""
    await _check_parent(session, new.code, new.parent, is_root=new.kind == "company")
    row = tables.OrganisationUnit(
        tenant=session.info["tenant"], revision=1, created_at=at, **new.model_dump()
    )
    await _add(session, row, new.code, {"zh": "组织单元", "en": "organisation unit"})
    await _announce_unit(session, row)
    return row


async def change_organisation_unit(
    session: Session, code: str, change: schemas.OrganisationUnitChange, if_match: str | None
) -> tables.OrganisationUnit:
    """Rename a unit or move it under another parent."""
    row = await queries.one(session, tables.OrganisationUnit, code, lock=True)
    if change.parent is not None:
        await _check_parent(session, code, change.parent, is_root=row.kind == "company")
    _apply(row, change.model_dump(exclude_none=True), if_match)
    await _announce_unit(session, row)
    return row


async def define_kpi(session: Session, new: schemas.NewKpi, at: datetime) -> tables.Kpi:
    """Define a KPI; what is already known of the attainment it is bound to becomes its readings."""
    if new.organisation_unit is not None:
        unit = await queries.find(session, tables.OrganisationUnit, new.organisation_unit)
        if unit is None:
            raise invalid(_unknown_unit("/organisation_unit", new.organisation_unit))
    row = tables.Kpi(
        tenant=session.info["tenant"],
        revision=1,
        created_at=at,
        **new.model_dump(exclude={"binding"}),
        binding=new.binding.model_dump(),
    )
    await _add(session, row, new.code, {"zh": "指标", "en": "KPI"})
    bound = new.binding
    for copy in await queries.copies(session, bound.process, bound.node, bound.department):
        await _record_reading(session, row, copy, at)
    return row


async def record_attainment(
    session: Session, event: AttainmentMeasured, envelope: Envelope
) -> None:
    """Keep what was measured, unless something newer is known, and record it on the bound KPIs."""
    bound = await queries.kpis_bound_to(session, event.process, event.node, event.department)
    copy = await _keep(session, event, envelope)
    if copy is None or (event.level == "run") != (event.department is None):
        return
    for kpi in bound:
        await _record_reading(session, kpi, copy, envelope.recorded_at)


def reading(kpi: tables.Kpi, row: tables.KpiReading) -> schemas.KpiReading:
    """A reading with its value in percent and its score."""
    value = Ratio(row.numerator, row.denominator).percent
    scale = schemas.anchors(kpi.red_flag, kpi.target, kpi.challenge)
    return schemas.KpiReading(
        period=row.period,
        numerator=row.numerator,
        denominator=row.denominator,
        value=None if value is None else displayed(value),
        score=None if value is None else displayed(score(value, scale)),
        revision=row.revision,
        source=row.source,
        recorded_at=row.recorded_at,
    )


def require_operator(by: Principal, operator: str) -> None:
    """403 unless the caller belongs to the operator of the platform."""
    if by.tenant != operator:
        detail: Text = {
            "zh": "仅平台运营方的管理员可以管理租户。",
            "en": "Only administrators of the platform's operator manage tenants.",
        }
        raise Problem(FORBIDDEN, detail)


async def _record_reading(
    session: Session, kpi: tables.Kpi, copy: tables.AttainmentCopy, at: datetime
) -> None:
    before = await queries.newest_reading(session, kpi.code, copy.month)
    measured = (copy.completed_normal, copy.completed)
    if before is not None and (before.numerator, before.denominator) == measured:
        return
    row = tables.KpiReading(
        tenant=kpi.tenant,
        kpi=kpi.code,
        period=copy.month,
        revision=before.revision + 1 if before else 1,
        numerator=copy.completed_normal,
        denominator=copy.completed,
        source=f"event:{copy.event_id}",
        recorded_at=at,
    )
    session.add(row)
    await session.flush()
    await _announce_reading(session, kpi, row)


async def _keep(
    session: Session, event: AttainmentMeasured, envelope: Envelope
) -> tables.AttainmentCopy | None:
    """The copy of this measure, or None when a newer one is held already."""
    copy = tables.AttainmentCopy(
        tenant=envelope.tenant,
        process=event.process,
        node=event.node,
        level=event.level,
        department=event.department or "",
        month=event.month,
        revision=event.revision,
        completed_normal=event.completed_normal,
        completed=event.completed_normal + event.completed_acceptable + event.completed_warning,
        event_id=envelope.event_id,
    )
    row = insert(tables.AttainmentCopy).values(copy.model_dump())
    changed = ("revision", "completed_normal", "completed", "event_id")
    kept = row.on_conflict_do_update(
        index_elements=["tenant", "process", "node", "level", "department", "month"],
        set_={name: getattr(row.excluded, name) for name in changed},
        where=tables.AttainmentCopy.revision < row.excluded.revision,
    )
    written = await session.execute(kept.returning(tables.AttainmentCopy.revision))  # type: ignore[call-overload]
    return copy if written.first() is not None else None


async def _add(session: Session, row: R, key: str, kind: Text) -> None:
    """Insert the row; raises a 409 problem when its key is taken."""
    values = insert(type(row)).values(row.model_dump()).on_conflict_do_nothing()
    if not (await session.execute(values)).rowcount:  # type: ignore[attr-defined]
        detail: Text = {
            "zh": f"已有编码为 {key} 的{kind['zh']}。",
            "en": f"There is a {kind['en']} {key} already.",
        }
        name = "subject" if isinstance(row, tables.User) else "code"
        raise Problem(
            CONFLICT, detail, [at_pointer(f"/{name}", "taken", detail["zh"], detail["en"])]
        )


def _apply(
    row: tables.Tenant | tables.User | tables.OrganisationUnit,
    changes: dict[str, object],
    if_match: str | None,
) -> None:
    require_match(if_match, row.revision)
    for name, value in changes.items():
        setattr(row, name, value)
    row.revision += 1


async def _check_parent(session: Session, code: str, parent: str | None, *, is_root: bool) -> None:
    if is_root:
        if parent is not None:
            raise invalid(
                at_pointer("/parent", "root", "公司没有上级。", "A company has no parent.")
            )
        return
    if parent is None:
        raise invalid(at_pointer("/parent", "missing", "须给出上级单元。", "Name the parent unit."))
    if await queries.find(session, tables.OrganisationUnit, parent) is None:
        raise invalid(_unknown_unit("/parent", parent))
    if await queries.is_ancestor(session, code, parent):
        raise invalid(
            at_pointer(
                "/parent", "cycle", "上级不能是本单元的下级。", "The parent is below this unit."
            )
        )


def _unknown_unit(pointer: str, code: str) -> FieldError:
    return at_pointer(
        pointer,
        "unknown_reference",
        f"没有组织单元 {code}。",
        f"There is no organisation unit {code}.",
    )


async def _announce_tenant(session: Session, row: tables.Tenant) -> None:
    """The tenant itself hears of it, so that its services know its name."""
    names = {"name_zh": row.name["zh"], "name_en": row.name["en"]}
    facts = {"code": row.code, "status": row.status, "revision": row.revision}
    event = TenantChanged.model_validate({**facts, **names})
    await session.flush()
    await act_for(session, row.code)
    await outbox.record(session, event)
    await act_for(session, row.tenant)


async def _announce_unit(session: Session, row: tables.OrganisationUnit) -> None:
    names = {"name_zh": row.name["zh"], "name_en": row.name["en"]}
    facts = row.model_dump(include={"code", "kind", "parent", "revision"})
    await outbox.record(session, OrganisationUnitChanged.model_validate({**facts, **names}))


async def _announce_reading(session: Session, kpi: tables.Kpi, row: tables.KpiReading) -> None:
    shown = reading(kpi, row)
    event = KpiReadingRecorded(
        kpi=kpi.code,
        name_zh=kpi.name["zh"],
        name_en=kpi.name["en"],
        unit=kpi.unit,
        period=row.period,
        value=None if shown.value is None else str(shown.value),
        numerator=row.numerator,
        denominator=row.denominator,
        target=str(kpi.target),
        recorded_at=row.recorded_at,
        revision=row.revision,
    )
    await outbox.record(session, event)
