"""Models, and what ratings come to in them."""

from typing import Annotated, Any

from fastapi import Depends, Header, Path, Response

from services.assessment import catalogue
from services.assessment.domain.model import Model
from services.assessment.operations import models as operations
from services.assessment.schemas import models as schemas
from shared import problems
from shared.http import stateless_router
from shared.identity import require
from shared.pages import Page
from shared.problems import documented

READERS = [Depends(require())]
MISSING = documented(problems.NOT_FOUND)
TAGGED: dict[int | str, dict[str, Any]] = {
    **MISSING,
    200: {"headers": {"ETag": {"schema": {"type": "string"}, "description": "The content's hash"}}},
    304: {"description": "The caller has this content"},
}

IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", description="ETags of the content that the caller has"),
]
Version = Annotated[int, Path(ge=1, examples=[1])]

routes = stateless_router("models", READERS)


@routes.get("/v1/models", summary="Models to rate against")
async def list_models() -> Page[schemas.ModelSummary]:
    shipped = catalogue.shipped().values()
    items = [schemas.ModelSummary.model_validate(each, from_attributes=True) for each in shipped]
    return Page(items=items)


@routes.get(
    "/v1/models/{code}",
    summary="The newest version of a model",
    response_model=schemas.Model,
    responses=TAGGED,
)
async def get_model(code: str, response: Response, if_none_match: IfNoneMatch = None) -> object:
    return _content(operations.model(code), "private, no-cache", response, if_none_match)


@routes.get(
    "/v1/models/{code}/versions/{version}",
    summary="One version of a model, which never changes",
    response_model=schemas.Model,
    responses=TAGGED,
)
async def get_model_version(
    code: str, version: Version, response: Response, if_none_match: IfNoneMatch = None
) -> object:
    found = operations.model(code, version)
    return _content(found, "private, max-age=86400", response, if_none_match)


@routes.post(
    "/v1/models/{code}/scores",
    summary="What ratings come to; nothing is stored",
    responses=MISSING,
    openapi_extra={"x-transactional": False},
)
async def score_model(code: str, body: schemas.ScoresRequest) -> schemas.ScoresResponse:
    return operations.score_model(code, body)


def _content(
    model: Model, cache_control: str, response: Response, if_none_match: str | None
) -> schemas.Model | Response:
    headers = {"etag": f'"{model.hash}"', "cache-control": cache_control}
    held = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    if not held.isdisjoint((headers["etag"], "*")):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return schemas.Model.model_validate(model, from_attributes=True)
