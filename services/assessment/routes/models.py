"""Models, and what ratings come to in them."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from starlette.datastructures import UploadFile

from services.assessment import catalogue
from services.assessment.domain.model import Model
from services.assessment.operations import models as operations
from services.assessment.operations import scores
from services.assessment.schemas import models as schemas
from services.assessment.schemas import scores as score_schemas
from services.assessment.schemas.model_example import SMALL_MODEL, SMALL_MODEL_YAML
from shared import problems
from shared.http import InTransaction, router, stateless_router
from shared.identity import Principal, Role, authenticate, require
from shared.pages import Cursor, Limit, Page
from shared.problems import FieldError, Problem, documented, invalid
from shared.store import Store

READERS = [Depends(require())]
LEAD = require(Role.LEAD_ASSESSOR)
MISSING = documented(problems.NOT_FOUND)
TAGGED: dict[int | str, dict[str, Any]] = {
    **MISSING,
    200: {"headers": {"ETag": {"schema": {"type": "string"}, "description": "The content's hash"}}},
    304: {"description": "The caller has this content"},
}
UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The model's file, at most 512 KiB.",
        "content": {
            "application/yaml": {
                "schema": {"type": "string", "contentMediaType": "application/yaml"},
                "example": SMALL_MODEL_YAML,
            },
            "application/json": {
                "schema": {"type": "object", "additionalProperties": True},
                "example": SMALL_MODEL,
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary"}},
                    "required": ["file"],
                },
                "example": {"file": SMALL_MODEL_YAML},
            },
        },
    }
}

IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", description="ETags of the content that the caller has"),
]
Version = Annotated[int, Path(ge=1, examples=[1])]
Lead = Annotated[Principal, Depends(LEAD)]

stored = router("models")
# Shipped models need no database: they are read, and ratings scored, while it is away.
stateless = stateless_router("models", READERS)


@stored.get("/v1/models", summary="Models to rate against", dependencies=READERS)
async def list_models(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.ModelSummary]:
    items, following = await operations.list_models(session, limit, cursor)
    return Page(items=items, next_cursor=following)


@stored.post(
    "/v1/models",
    status_code=201,
    summary="Bring a model of one's own, as YAML or JSON",
    responses={
        200: {"model": schemas.ModelSummary, "description": "This content is there already"},
        **documented(problems.CONFLICT, problems.UNSUPPORTED_MEDIA_TYPE),
    },
    openapi_extra=UPLOAD,
)
async def upload_model(
    request: Request, response: Response, session: InTransaction, lead: Lead
) -> schemas.ModelSummary:
    content, json = await _uploaded(request)
    kept, new = await operations.upload_model(session, content, json, lead, datetime.now(UTC))
    response.status_code = 201 if new else 200
    response.headers["location"] = f"/v1/models/{kept.code}/versions/{kept.version}"
    return kept


@stateless.get(
    "/v1/models/{code}",
    summary="The version of a model that is in force",
    response_model=schemas.Model,
    responses=TAGGED,
)
async def get_model(
    code: str, request: Request, response: Response, if_none_match: IfNoneMatch = None
) -> object:
    found = await _found(request, code)
    return _content(found, "private, no-cache", response, if_none_match)


@stored.get(
    "/v1/models/{code}/versions",
    summary="All versions of a model, the one in force first",
    responses=MISSING,
    dependencies=READERS,
)
async def list_model_versions(code: str, session: InTransaction) -> Page[schemas.ModelSummary]:
    return Page(items=await operations.list_versions(session, code))


@stateless.get(
    "/v1/models/{code}/versions/{version}",
    summary="One version of a model, which never changes",
    response_model=schemas.Model,
    responses=TAGGED,
)
async def get_model_version(
    code: str,
    version: Version,
    request: Request,
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> object:
    found = await _found(request, code, version)
    return _content(found, "private, max-age=86400", response, if_none_match)


@stored.get(
    "/v1/models/{code}/versions/{version}/file",
    summary="The file of a model version, to be changed and uploaded again",
    response_class=Response,
    responses={
        **MISSING,
        200: {"content": {"application/yaml": {"schema": {"type": "string"}}}},
    },
    dependencies=READERS,
)
async def get_model_file(code: str, version: Version, session: InTransaction) -> Response:
    content = await operations.find_document(session, code, version)
    name = f"attachment; filename={code}-{version}.yaml"
    return Response(content, headers={"content-disposition": name}, media_type="application/yaml")


@stored.post(
    "/v1/models/{code}/versions/{version}/withdraw",
    summary="Let nothing new be rated against a version; it stays readable",
    responses=documented(problems.NOT_FOUND, problems.CONFLICT),
)
async def withdraw_model(
    code: str, version: Version, body: schemas.ModelWithdrawal, session: InTransaction, lead: Lead
) -> schemas.ModelSummary:
    return await operations.withdraw_model(
        session, code, version, body.reason, lead, datetime.now(UTC)
    )


@stateless.post(
    "/v1/models/{code}/scores",
    summary="What ratings come to; nothing is stored",
    responses=MISSING,
    openapi_extra={"x-transactional": False},
)
async def score_model(
    code: str, body: score_schemas.ScoresRequest, request: Request
) -> score_schemas.StatelessScore:
    return scores.score_model(await _found(request, code, body.version), body)


ROUTERS: list[APIRouter] = [stored, stateless]


async def _found(request: Request, code: str, version: int | None = None) -> Model:
    shipped = catalogue.shipped_model(code, version)
    if shipped is not None:
        return shipped
    store: Store = request.app.state.store
    async with store.transaction(authenticate(request).tenant) as session:
        return await operations.find_model(session, code, version)


def _content(
    model: Model, cache_control: str, response: Response, if_none_match: str | None
) -> schemas.Model | Response:
    headers = {"etag": f'"{model.hash}"', "cache-control": cache_control}
    held = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    if not held.isdisjoint((headers["etag"], "*")):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return schemas.Model.model_validate(model, from_attributes=True)


_JSON = re.compile(r"application/([\w.-]+\+)?json")
_YAML = re.compile(r"(application|text)/((x-)?yaml|[\w.-]+\+yaml)")


async def _uploaded(request: Request) -> tuple[bytes, bool]:
    """A model's file, sent as the body or in the field `file` of a form, and whether it is JSON."""
    media_type = _media_type(request.headers.get("content-type"))
    if media_type != "multipart/form-data":
        return await request.body(), _is_json(media_type)
    async with request.form(max_files=1, max_fields=1) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            detail: problems.Text = {"zh": "缺少模型文件。", "en": "The model's file is missing."}
            raise invalid(FieldError(code="missing", detail=detail, pointer="#/file"))
        named_json = (file.filename or "").lower().endswith(".json")
        json = named_json or bool(_JSON.fullmatch(_media_type(file.content_type)))
        return await file.read(), json


def _media_type(content_type: str | None) -> str:
    return (content_type or "application/yaml").partition(";")[0].strip().lower()


def _is_json(media_type: str) -> bool:
    """Whether an upload is JSON rather than YAML; a 415 problem when it is neither."""
    if _JSON.fullmatch(media_type):
        return True
    if _YAML.fullmatch(media_type):
        return False
    detail: problems.Text = {
        "zh": "须为 application/yaml、application/json 或 multipart/form-data。",
        "en": "Must be application/yaml, application/json or multipart/form-data.",
    }
    error = FieldError(code="not_a_model_file", detail=detail, header="Content-Type")
    raise Problem(problems.UNSUPPORTED_MEDIA_TYPE, errors=[error])
