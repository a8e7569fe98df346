"""New versions of sealed assessments, moves to other versions of a model, and snapshots."""

from fastapi import Response

from services.assessment.operations import migrating, versions
from services.assessment.queries import assessments as assessment_queries
from services.assessment.queries import snapshots as queries
from services.assessment.routes.assessments import CHANGING, MISSING, READERS, Lead, answer, now
from services.assessment.schemas import assessments as assessment_schemas
from services.assessment.schemas import versions as schemas
from shared.http import IfMatch, InTransaction, router
from shared.pages import Cursor, Limit, Page

routes = router("assessments")


@routes.post(
    "/v1/assessments/{assessment_id}/unseal",
    status_code=201,
    summary="Correct a sealed assessment in a new version; the sealed one stays",
    responses=CHANGING,
)
async def unseal_assessment(
    assessment_id: str,
    body: schemas.Unseal,
    session: InTransaction,
    by: Lead,
    response: Response,
    if_match: IfMatch = None,
) -> assessment_schemas.Assessment:
    row = await versions.unseal_assessment(session, assessment_id, body.reason, by, now(), if_match)
    return answer(row, response)


@routes.post(
    "/v1/assessments/{assessment_id}/migrations",
    status_code=201,
    summary="Move to another version of the model, after a snapshot",
    responses=CHANGING,
)
async def migrate_assessment(
    assessment_id: str,
    body: schemas.NewMigration,
    session: InTransaction,
    by: Lead,
    if_match: IfMatch = None,
) -> schemas.Migration:
    return await migrating.migrate_assessment(
        session, assessment_id, body.version, by, now(), if_match
    )


@routes.get(
    "/v1/assessments/{assessment_id}/snapshots",
    summary="What the assessment was before it moved, the oldest first",
    responses=MISSING,
    dependencies=READERS,
)
async def list_snapshots(
    assessment_id: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.SnapshotHeading]:
    await assessment_queries.assessment(session, assessment_id)
    rows, following = await queries.snapshots(session, assessment_id, limit, cursor)
    items = [schemas.SnapshotHeading.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)


@routes.get(
    "/v1/assessments/{assessment_id}/snapshots/{snapshot_id}",
    summary="One snapshot, whole",
    responses=MISSING,
    dependencies=READERS,
)
async def get_snapshot(
    assessment_id: str, snapshot_id: str, session: InTransaction
) -> schemas.Snapshot:
    await assessment_queries.assessment(session, assessment_id)
    row = await queries.snapshot(session, assessment_id, snapshot_id)
    return schemas.Snapshot.model_validate(row)
