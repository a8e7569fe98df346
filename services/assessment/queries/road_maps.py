"""Reads of road maps."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import col

from services.assessment.tables import RoadMap, RoadMapStep
from shared.problems import not_found
from shared.store import Session


async def find_road_map(session: Session, assessment_id: str) -> RoadMap | None:
    """The road map of an assessment, locked, or None."""
    query = select(RoadMap).where(col(RoadMap.assessment) == assessment_id)
    return (await session.scalars(query.with_for_update())).one_or_none()


async def road_map(session: Session, assessment_id: str) -> RoadMap:
    """The road map; raises a 404 problem."""
    query = select(RoadMap).where(col(RoadMap.assessment) == assessment_id)
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise not_found({"zh": "路线图，评估", "en": "road map of assessment"}, assessment_id)
    return found


async def steps(session: Session, assessment_id: str) -> Sequence[RoadMapStep]:
    """The steps in order."""
    query = select(RoadMapStep).where(col(RoadMapStep.assessment) == assessment_id)
    return (await session.scalars(query.order_by(col(RoadMapStep.position)))).all()


async def step(
    session: Session, assessment_id: str, id_: str, *, lock: bool = False
) -> RoadMapStep:
    """One step; raises a 404 problem."""
    query = select(RoadMapStep).where(
        col(RoadMapStep.assessment) == assessment_id, col(RoadMapStep.id) == id_
    )
    found = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if found is None:
        raise not_found({"zh": "路线图步骤", "en": "road map step"}, id_)
    return found
