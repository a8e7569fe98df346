"""Service metrics beside attainment, and the unit costs that they are reckoned with."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import RowMapping
from sqlalchemy.dialects.postgresql import insert

from services.commitments.operations.refusals import require_none, unknown
from services.commitments.queries import definitions
from services.commitments.queries import service_metrics as queries
from services.commitments.queries.service_metrics import ReOpening, Window
from services.commitments.schemas import service_metrics as schemas
from services.commitments.tables import ProcessVersion, UnitCosts
from shared.http import require_match
from shared.problems import at_pointer, not_found
from shared.store import Session, core

AGES = ((0, 1), (1, 3), (3, 7), (7, 30), (30, None))
"""Days of the buckets of the backlog's age; the last one has no end."""

_CENT = Decimal("0.0001")


async def service_metrics(
    session: Session, window: Window, asked: tuple[datetime | None, datetime | None]
) -> schemas.ServiceMetrics:
    """The metrics of a period."""
    counts = await queries.handling(session, window, await _re_openings(session, window.process))
    completed = counts["completed"]
    return schemas.ServiceMetrics(
        as_of=window.as_of,
        period_from=asked[0],
        period_to=asked[1],
        completed=completed,
        first_contact_resolution=_share(counts["first_contact"], completed),
        hand_offs=schemas.HandOffs(
            total=counts["hand_offs"],
            cases=counts["handed_off"],
            per_case=counts["hand_offs"] / completed if completed else None,
        ),
        reopened=_share(counts["reopened"], completed),
        backlog=_backlog(window.at, await queries.backlog(session, window)),
        costs=[_cost(row) for row in await queries.costs(session, window)],
    )


async def _re_openings(session: Session, process: str | None) -> Collection[ReOpening]:
    """By the newest versions: those of the cases may be several."""
    codes = await definitions.process_codes(session) if process is None else [process]
    return {
        (code, *pair)
        for code in codes
        if (row := await definitions.find_newest(session, ProcessVersion, code)) is not None
        for pair in definitions.as_process(row).re_openings
    }


def _share(count: int, of: int) -> schemas.Share:
    return schemas.Share(count=count, of=of, rate=count / of if of else None)


def _backlog(at: datetime, rows: Sequence[RowMapping]) -> schemas.Backlog:
    cases = {row["bucket"]: row["cases"] for row in rows}
    return schemas.Backlog(
        at=at,
        cases=sum(cases.values()),
        oldest_started_at=min((row["oldest"] for row in rows), default=None),
        ages=[
            schemas.AgeBucket(from_days=since, to_days=until, cases=cases.get(bucket, 0))
            for bucket, (since, until) in enumerate(AGES)
        ],
    )


def _cost(row: RowMapping) -> schemas.CaseCost:
    return schemas.CaseCost(**row, per_case=(row["total"] / row["cases"]).quantize(_CENT))


async def unit_costs(session: Session, process: str) -> UnitCosts:
    """The unit costs of a process; raises a 404 problem before any are set."""
    row = await session.get(UnitCosts, (session.info["tenant"], process))
    if row is None:
        raise not_found({"zh": "单位成本", "en": "unit costs of the process"}, process)
    return row


async def set_unit_costs(
    session: Session, new: schemas.NewUnitCosts, if_match: str | None, at: datetime
) -> UnitCosts:
    """Set what the nodes and channels of a process cost; the first time needs no If-Match."""
    await _check(session, new)
    values = {
        **new.model_dump(mode="json"),
        "tenant": session.info["tenant"],
        "revision": 1,
        "changed_at": at,
    }
    fresh = insert(core(UnitCosts)).values(values).on_conflict_do_nothing()
    added = await session.execute(fresh.returning(core(UnitCosts).c.process))
    is_new = added.first() is not None
    key = (session.info["tenant"], new.process)
    row = await session.get(UnitCosts, key, with_for_update=True, populate_existing=True)
    assert row is not None  # noqa: S101 - inserted above
    if is_new:
        return row
    require_match(if_match, row.revision)
    for name in ("currency", "type_attribute", "channel_attribute", "nodes", "channels"):
        setattr(row, name, values[name])
    row.revision += 1
    row.changed_at = at
    return row


async def _check(session: Session, new: schemas.NewUnitCosts) -> None:
    process = await definitions.find_newest(session, ProcessVersion, new.process)
    if process is None:
        require_none([unknown("/process", "流程", "process", new.process)])
        return
    nodes = {node["code"] for node in process.definition["nodes"]}
    require_none(
        [
            at_pointer(
                f"/nodes/{code}", "unknown_reference", f"没有节点 {code}。", f"No node {code}."
            )
            for code in new.nodes
            if code not in nodes
        ]
    )
