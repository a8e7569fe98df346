"""Evidence: files, links and measured series, and what is claimed of them."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Form, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.assessment import tables
from services.assessment.operations import attachments
from services.assessment.operations import evidence as operations
from services.assessment.queries import evidence as queries
from services.assessment.routes.assessments import CHANGING, MISSING, READERS, Reader, now
from services.assessment.schemas import evidence as schemas
from services.assessment.schemas.claims import ClaimCheckRequest
from services.assessment.settings import Settings
from shared import problems
from shared.http import IfMatch, InTransaction, etag, router, stateless_router
from shared.identity import Principal, Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import FieldError, Problem, documented, not_found
from shared.store import Store

routes = router("evidence")
downloads = stateless_router("evidence", READERS)

Bringer = Annotated[Principal, Depends(require(Role.RATER, Role.LEAD_ASSESSOR, Role.PROCESS_OWNER))]
_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


def _demand_form(request: Request) -> None:
    """A 415 problem for what is no form, rather than a fault of every member it does not have."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent not in _FORMS:
        detail: problems.Text = {
            "zh": "文件和链接以 multipart/form-data 提交；序列以 JSON 提交至 /v1/evidence/series。",
            "en": "Files and links come as multipart/form-data; a series comes as JSON to "
            "/v1/evidence/series.",
        }
        error = FieldError(code="not_a_form", detail=detail, header="Content-Type")
        raise Problem(problems.UNSUPPORTED_MEDIA_TYPE, errors=[error])


@routes.post(
    "/v1/evidence",
    status_code=201,
    summary="Bring a file or a link as evidence",
    responses=documented(problems.UNSUPPORTED_MEDIA_TYPE),
    dependencies=[Depends(_demand_form)],
)
async def upload_evidence(
    form: Annotated[schemas.NewEvidence, Form(media_type="multipart/form-data")],
    session: InTransaction,
    by: Bringer,
    request: Request,
    response: Response,
) -> schemas.Evidence:
    settings: Settings = request.app.state.settings
    row = await operations.upload_evidence(session, form, by, now(), settings.evidence_max_bytes)
    return answer(row, response)


@routes.post("/v1/evidence/series", status_code=201, summary="Bring a measured series as evidence")
async def add_evidence_series(
    body: schemas.NewSeries, session: InTransaction, by: Bringer, response: Response
) -> schemas.Evidence:
    return answer(await operations.add_series(session, body, by, now()), response)


@routes.get(
    "/v1/evidence", summary="Evidence that one may see, the newest first", dependencies=READERS
)
async def list_evidence(
    session: InTransaction,
    kind: schemas.EvidenceKind | None = None,
    sha256: Annotated[str | None, Query(pattern="^[0-9a-f]{64}$")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.Evidence]:
    rows, following = await queries.evidence_page(
        session, {"kind": kind, "sha256": sha256}, limit, cursor
    )
    items = [operations.shown(row, today()) for row in rows]
    return Page(items=items, next_cursor=following)


@routes.get(
    "/v1/evidence/{evidence_id}",
    summary="One piece of evidence",
    responses=MISSING,
    dependencies=READERS,
)
async def get_evidence(
    evidence_id: str, session: InTransaction, response: Response
) -> schemas.Evidence:
    return answer(await queries.evidence(session, evidence_id), response)


@routes.patch(
    "/v1/evidence/{evidence_id}", summary="Describe one's own evidence anew", responses=CHANGING
)
async def change_evidence(
    evidence_id: str,
    body: schemas.EvidenceChange,
    session: InTransaction,
    by: Bringer,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Evidence:
    row = await operations.change_evidence(session, evidence_id, body, by, now(), if_match)
    return answer(row, response)


@routes.delete(
    "/v1/evidence/{evidence_id}",
    status_code=204,
    summary="Take back one's own evidence that is attached nowhere",
    responses=CHANGING,
)
async def delete_evidence(
    evidence_id: str, session: InTransaction, by: Bringer, if_match: IfMatch = None
) -> None:
    await operations.delete_evidence(session, evidence_id, by, now(), if_match)


@routes.put(
    "/v1/evidence/{evidence_id}/claim",
    summary="Say what one's own evidence is to prove",
    responses=CHANGING,
)
async def put_evidence_claim(
    evidence_id: str,
    body: ClaimCheckRequest,
    session: InTransaction,
    by: Bringer,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Evidence:
    row = await operations.put_claim(session, evidence_id, body, by, now(), if_match)
    return answer(row, response)


@routes.get(
    "/v1/evidence/{evidence_id}/claim",
    summary="What the data say now of the claim on this evidence",
    responses=MISSING,
    dependencies=READERS,
)
async def get_evidence_claim(evidence_id: str, session: InTransaction) -> schemas.CheckedClaim:
    row = await queries.evidence(session, evidence_id)
    check = await attachments.check_of(session, row)
    if check is None:
        raise not_found({"zh": "证据上的主张", "en": "claim on evidence"}, evidence_id)
    return schemas.CheckedClaim(claim=row.claim, check=check)


@downloads.get(
    "/v1/evidence/{evidence_id}/content",
    summary="The file's content",
    response_class=Response,
    responses={
        **documented(problems.NOT_FOUND),
        200: {"description": "The file", "content": {"application/octet-stream": _BINARY}},
    },
)
async def download_evidence(evidence_id: str, request: Request, by: Reader) -> Response:
    store: Store = request.app.state.store
    async with store.transaction(by.tenant, by.subject) as session:
        row = await queries.evidence(session, evidence_id)
    if row.sha256 is None:
        raise not_found({"zh": "证据文件", "en": "file of evidence"}, evidence_id)
    return StreamingResponse(operations.content(store, by, row.sha256), headers=_headers(row))


def answer(row: tables.Evidence, response: Response) -> schemas.Evidence:
    """The evidence, with its ETag."""
    response.headers["etag"] = etag(row.revision)
    return operations.shown(row, today())


def today() -> date:
    return datetime.now(UTC).date()


def _headers(row: tables.Evidence) -> dict[str, str]:
    """A browser saves the file under its name, and never shows or runs it."""
    return {
        "content-type": str(row.media_type),
        "content-length": str(row.bytes),
        "content-disposition": f"attachment; filename*=UTF-8''{quote(str(row.file_name), safe='')}",
        "etag": f'"{row.sha256}"',
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
    }
