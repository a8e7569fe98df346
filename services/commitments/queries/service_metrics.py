"""Service metrics, counted from the clocks, their legs and the events of the cases."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text

from shared.store import Session


@dataclass(frozen=True, slots=True)
class Window:
    """Cases of these processes, all when `process` is None; `end` is exclusive."""

    process: str | None
    start: datetime
    end: datetime
    as_of: datetime

    @property
    def at(self) -> datetime:
        return min(self.end, self.as_of)


ReOpening = tuple[str, str, str]
"""A process, a node that resolves its cases, and one that re-opens them when visited after it."""

_COMPLETED = """
    WITH completed AS (
        SELECT DISTINCT ON (case_id) case_id, process, segment
        FROM clock_version
        WHERE level = 'case' AND valid_from <= :as_of
          AND (valid_until IS NULL OR valid_until > :as_of)
          AND finished_at >= :start AND finished_at < :end
          AND (cast(:process AS text) IS NULL OR process = :process)
        ORDER BY case_id, visit DESC
    ), known AS (
        SELECT c.* FROM clock_version c JOIN completed USING (case_id)
        WHERE c.valid_from <= :as_of AND (c.valid_until IS NULL OR c.valid_until > :as_of)
    )"""

_HANDLING = text(f"""{_COMPLETED}, handed AS (
        SELECT case_id, count(*) FILTER (WHERE department <> previous) AS hand_offs
        FROM (
            SELECT case_id, department, lag(department) OVER (
                PARTITION BY case_id ORDER BY started_at, coalesce(finished_at, cancelled_at), leg
            ) AS previous
            FROM known WHERE level = 'leg' AND department IS NOT NULL
        ) AS legs GROUP BY case_id
    ), handled AS (
        SELECT case_id, max(visit) > 1 AS again,
               bool_or(level = 'run' AND pauses <> '[]'::jsonb) AS waited
        FROM known WHERE level <> 'leg' GROUP BY case_id
    ), reopened AS (
        SELECT DISTINCT resolved.case_id
        FROM known AS resolved
        JOIN unnest(cast(:processes AS text[]), cast(:resolving AS text[]),
                    cast(:returned AS text[])) AS way (process, resolving, returned)
          ON way.process = resolved.process AND way.resolving = resolved.node
        JOIN known AS later ON later.case_id = resolved.case_id AND later.node = way.returned
        WHERE resolved.level = 'run' AND later.level = 'run' AND later.visit > 1
          AND later.started_at >= resolved.finished_at
    )
    SELECT count(*) AS completed,
           coalesce(sum(coalesce(hand_offs, 0)), 0)::bigint AS hand_offs,
           count(*) FILTER (WHERE coalesce(hand_offs, 0) > 0) AS handed_off,
           (SELECT count(*) FROM reopened) AS reopened,
           count(*) FILTER (WHERE coalesce(hand_offs, 0) = 0 AND NOT again AND NOT waited)
               AS first_contact
    FROM handled LEFT JOIN handed USING (case_id)""")  # noqa: S608 - constants only

_BACKLOG = text("""
    SELECT CASE WHEN age < interval '1 day' THEN 0 WHEN age < interval '3 days' THEN 1
                WHEN age < interval '7 days' THEN 2 WHEN age < interval '30 days' THEN 3
                ELSE 4 END AS bucket,
           count(*) AS cases, min(started_at) AS oldest
    FROM (
        SELECT started_at, :at - started_at AS age FROM clock_version
        WHERE level = 'case' AND valid_from < :end AND valid_from <= :as_of
          AND (valid_until IS NULL OR valid_until >= :end OR valid_until > :as_of)
          AND finished_at IS NULL AND cancelled_at IS NULL
          AND (cast(:process AS text) IS NULL OR process = :process)
    ) AS backlog GROUP BY bucket ORDER BY bucket""")

_COSTS = text(f"""{_COMPLETED}, told AS (
        SELECT e.case_id,
               (array_agg(e.body -> 'attributes' ->> u.type_attribute ORDER BY at DESC,
                   sequence DESC) FILTER (WHERE e.body -> 'attributes' ? u.type_attribute))[1]
                   AS type,
               (array_agg(e.body -> 'attributes' ->> u.channel_attribute ORDER BY at, sequence)
                   FILTER (WHERE e.body -> 'attributes' ? u.channel_attribute))[1] AS channel
        FROM ticket_event e JOIN completed USING (case_id)
        JOIN unit_costs u ON u.process = completed.process
        WHERE e.at <= :as_of GROUP BY e.case_id
    ), worked AS (
        SELECT k.case_id, sum(
            coalesce((u.nodes -> k.node ->> 'per_visit')::numeric, 0)
            + coalesce((u.nodes -> k.node ->> 'per_hour')::numeric, 0)
              * coalesce(extract(epoch FROM k.consumed), 0) / 3600) AS cost
        FROM known k JOIN unit_costs u ON u.process = k.process
        WHERE k.level = 'run' GROUP BY k.case_id
    )
    SELECT c.process, u.currency, told.type, c.segment, told.channel, count(*) AS cases,
           round(sum(coalesce(worked.cost, 0)
                     + coalesce((u.channels ->> told.channel)::numeric, 0)), 4) AS total
    FROM completed c JOIN unit_costs u ON u.process = c.process
    LEFT JOIN told USING (case_id) LEFT JOIN worked USING (case_id)
    GROUP BY c.process, u.currency, told.type, c.segment, told.channel
    ORDER BY total DESC, c.process, told.type, c.segment, told.channel""")  # noqa: S608


# The planner takes the completed cases for one row, and would walk the clocks once for each.
_HASHED = text("SET LOCAL enable_nestloop = off")


async def handling(
    session: Session, window: Window, re_openings: Collection[ReOpening]
) -> RowMapping:
    """Counts of the cases that were completed in the period."""
    await session.execute(_HASHED)
    ways = sorted(re_openings)
    names = ("processes", "resolving", "returned")
    values = {name: [way[place] for way in ways] for place, name in enumerate(names)}
    return (await session.execute(_HANDLING, _values(window) | values)).mappings().one()


async def backlog(session: Session, window: Window) -> Sequence[RowMapping]:
    """The cases that were open at the end of the period, by the bucket of their age."""
    values = {name: value for name, value in _values(window).items() if name != "start"}
    values["at"] = window.at
    return (await session.execute(_BACKLOG, values)).mappings().all()


async def costs(session: Session, window: Window) -> Sequence[RowMapping]:
    """What the completed cases cost, by process, type, segment and channel."""
    await session.execute(_HASHED)
    return (await session.execute(_COSTS, _values(window))).mappings().all()


def _values(window: Window) -> dict[str, Any]:
    return asdict(window)
