"""Which cases every restatement of a process has to judge, now or again."""

from collections.abc import Sequence

from sqlalchemy import Text, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlmodel import col

from services.commitments.tables import Case, Restatement, RestatementMark
from shared.store import Session, core

_NAMES = ["tenant", "restatement_id", "case_id"]


async def mark_again(session: Session, process: str, case_ids: Sequence[str]) -> None:
    """These cases have changed: every restatement of their process judges them again."""
    case_id = func.unnest(literal(list(case_ids), ARRAY(Text)))
    row = Restatement
    rows = select(col(row.tenant), col(row.id), case_id).where(col(row.process) == process)
    await session.execute(insert(core(RestatementMark)).from_select(_NAMES, rows))


async def mark_all(session: Session, restatement: Restatement) -> int:
    """Every case of the process that is known now; how many."""
    rows = select(col(Case.tenant), literal(restatement.id), col(Case.id)).where(
        col(Case.process) == restatement.process
    )
    marked = await session.execute(insert(core(RestatementMark)).from_select(_NAMES, rows))
    return int(marked.rowcount)  # type: ignore[attr-defined]
