"""The statements that erase a person from every table of the tenant."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, and_, bindparam, cast, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB

from services.assessment.domain.traces import ERASED, Traces
from services.assessment.queries.personal_columns import (
    PERSONAL,
    Column,
    Fate,
    Kept,
    Renewed,
    SpokenBy,
)
from services.assessment.tables import Row
from shared.store import PLUMBING, Session

Changed = Mapping[str, Any]
"""A row as it was, with the names of the columns that changed under `""`."""

_UNNUMBERED = frozenset(PLUMBING.tables)
"""Their revisions are those of what they tell of."""


async def erase_traces(session: Session, traces: Traces) -> dict[str, list[Changed]]:
    """Rewrite every row of the tenant that tells of the person; what changed, by table."""
    return {
        name: await _erase_from(session, _table(name), columns, traces)
        for name, columns in PERSONAL.items()
        if any(not isinstance(each, Kept) for each in columns.values())
    }


async def _erase_from(
    session: Session, table: Table, columns: Mapping[str, Column], traces: Traces
) -> list[Changed]:
    told = {name: each for name, each in columns.items() if not isinstance(each, Kept)}
    tells = or_(*(_tells(table, name, each, traces) for name, each in told.items()))
    key = [column.name for column in table.primary_key]
    wanted = [table.c[name] for name in dict.fromkeys((*key, *told, *_authors(told)))]
    changes: list[dict[str, Any]] = []
    changed: list[Changed] = []
    for found in (await session.execute(select(*wanted).where(tells))).mappings():
        row = dict(found)
        after = {name: _after(row, name, each, traces) for name, each in told.items()}
        names = {name for name in told if after[name] != row[name]}
        if names:
            after |= _renewed(told, row, names)
            changes.append({f"was_{name}": row[name] for name in key} | _as_parameters(after))
            changed.append({**row, "": names})
    if changes:
        await (await session.connection()).execute(_update(table, key, told), changes)
    return changed


def _tells(table: Table, name: str, fate: Column, traces: Traces) -> ColumnElement[bool]:
    """Whether a row may tell of the person here; its text decides."""
    column = table.c[name]
    if isinstance(fate, Renewed):
        return or_(False)
    if fate is Fate.SUBJECT and isinstance(column.type, JSONB):
        return func.jsonb_exists(column, traces.subject)
    if fate is Fate.SUBJECT:
        return column == traces.subject
    written = func.lower(cast(column, Text))
    found = or_(*(func.strpos(written, needle) > 0 for needle in traces.needles))
    if isinstance(fate, SpokenBy):
        return or_(found, and_(table.c[fate.author] == traces.subject, column.is_not(None)))
    return found


def _after(row: Mapping[str, Any], name: str, fate: Column, traces: Traces) -> Any:
    told = row[name]
    if told is None or isinstance(fate, Renewed):
        return told
    if fate is Fate.SUBJECT:
        return list(map(traces.named, told)) if isinstance(told, list) else traces.named(told)
    spoken = isinstance(fate, SpokenBy) and row[fate.author] == traces.subject
    if Fate.JSON in (fate, getattr(fate, "fate", None)):
        return traces.in_json(told, spoken)
    return ERASED if spoken else traces.in_text(told)


def _renewed(told: Mapping[str, Column], row: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {
        name: None if names.intersection(fate.because) else row[name]
        for name, fate in told.items()
        if isinstance(fate, Renewed)
    }


def _update(table: Table, key: Iterable[str], told: Iterable[str]) -> Any:
    values: dict[str, Any] = {name: bindparam(f"now_{name}") for name in told}
    if "revision" in table.c and table.name not in _UNNUMBERED:
        values["revision"] = table.c.revision + 1
    return (
        update(table)
        .where(*(table.c[name] == bindparam(f"was_{name}") for name in key))
        .values(values)
    )


def _as_parameters(after: Mapping[str, Any]) -> dict[str, Any]:
    return {f"now_{name}": value for name, value in after.items()}


def _authors(told: Mapping[str, Column]) -> list[str]:
    return [each.author for each in told.values() if isinstance(each, SpokenBy)]


def _table(name: str) -> Table:
    return (Row.metadata if name in Row.metadata.tables else PLUMBING).tables[name]
