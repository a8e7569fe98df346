"""The gateway's own operations, and what it documents on everybody else's."""

from typing import Any

from fastapi.encoders import jsonable_encoder
from pydantic import TypeAdapter

from gateway.domain.composition import Platform
from gateway.live import TOPICS
from shared import identity, problems
from shared.problems import ProblemType, documented
from shared.schemas import Bilingual

MALFORMED_PATH = ProblemType(
    "malformed-path",
    400,
    {"zh": "请求路径有歧义", "en": "The path can be read in more than one way"},
)

_RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds after which a repetition makes sense",
        "schema": {"type": "integer", "minimum": 0},
    }
}
_LIMITS = {
    "RateLimit-Policy": {
        "description": 'The quota: `"user";q=<requests>;w=<seconds>`',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'What is left: `"user";r=<requests>;t=<seconds until more>`',
        "schema": {"type": "string"},
    },
}
_RESPONSES = {
    "Unauthenticated": (problems.UNAUTHENTICATED, {}),
    "Forbidden": (problems.UNKNOWN_TENANT, {}),
    "PayloadTooLarge": (problems.PAYLOAD_TOO_LARGE, {}),
    "TooManyRequests": (problems.TOO_MANY_REQUESTS, _RETRY_AFTER | _LIMITS),
    "BadGateway": (problems.BAD_GATEWAY, {}),
    "Unavailable": (problems.UNAVAILABLE, _RETRY_AFTER),
    "DeadlineExceeded": (problems.DEADLINE_EXCEEDED, {}),
}


def platform() -> Platform:
    """The gateway's part of the composed document."""
    return Platform(
        document={
            "openapi": "3.1.0",
            "info": {
                "title": "SEE Platform",
                "version": "1",
                "description": (
                    "The back end that a service organisation runs its excellence programme on. "
                    "Errors are RFC 9457 problems whose texts follow `Accept-Language` (zh, en)."
                ),
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "tags": [{"name": "platform", "description": "The platform itself 平台"}],
            "paths": _paths(),
            "components": _components(),
        },
        security=[{"bearer": []}],
        refusals={
            "429": "TooManyRequests",
            "502": "BadGateway",
            "503": "Unavailable",
            "504": "DeadlineExceeded",
        },
        refusals_to_callers={"401": "Unauthenticated", "403": "Forbidden"},
        refusals_of_bodies={"413": "PayloadTooLarge"},
    )


def _components() -> dict[str, Any]:
    responses = {}
    for name, (kind, headers) in _RESPONSES.items():
        responses[name] = documented(kind)[kind.status] | ({"headers": headers} if headers else {})
    return {
        "schemas": {
            "Bilingual": TypeAdapter(Bilingual).json_schema(),
            "Role": TypeAdapter(identity.Role).json_schema(),
            "Problem": problems.SCHEMA,
            "FieldError": problems.FIELD_ERROR_SCHEMA,
            "Health": _HEALTH,
            "PlatformStatus": _STATUS,
            "ServiceStatus": _SERVICE_STATUS,
        },
        "responses": responses,
        "securitySchemes": {
            "bearer": jsonable_encoder(identity.bearer.model, by_alias=True, exclude_none=True)
        },
    }


def _paths() -> dict[str, Any]:
    return {
        "/openapi.json": {
            "get": _operation(
                "get_openapi",
                "This document; strong ETag, canonical JSON (RFC 8785)",
                {"type": "object"},
                {"openapi": "3.1.0"},
                public=True,
            )
        },
        "/healthz": {
            "get": _operation(
                "get_liveness", "Whether the process is alive", _HEALTH_REF, {"status": "alive"},
                public=True,
            )
        },
        "/readyz": {
            "get": _operation(
                "get_readiness", "Whether the process takes requests", _HEALTH_REF,
                {"status": "ready"}, public=True, unavailable=_HEALTH_REF,
            )
        },
        "/v1/platform/status": {
            "get": _operation(
                "get_platform_status",
                "How current each service's part of this document is",
                {"$ref": "#/components/schemas/PlatformStatus"},
                {"document": '"5f70bf18a086007016e948b04aed3b82"', "services": [_EXAMPLE]},
                public=False,
            )
        },
        "/v1/stream": {"get": _stream()},
    }  # fmt: skip


def _stream() -> dict[str, Any]:
    operation = _operation(
        "stream_events",
        "The tenant's facts as they happen (Server-Sent Events)",
        {"type": "string"},
        {},
        public=False,
    )
    operation["description"] = (
        "Each event has the topic as its name and a CloudEvents 1.0 document as its data. The "
        "first event is `ready`; `reset` in its place says that facts after `Last-Event-ID` are no "
        "longer held, so that what was read before has to be read again. The stream ends after "
        "some minutes: open the next one with the last event's id."
    )
    operation["responses"]["200"]["content"] = {
        "text/event-stream": {"schema": {"type": "string"}, "example": _STREAMED}
    }
    operation["responses"]["422"] = documented(problems.VALIDATION_FAILED)[422]
    operation["parameters"] = [
        {
            "name": "topic",
            "in": "query",
            "description": "Which facts; all of them when left out",
            "schema": {"type": "array", "items": {"type": "string", "enum": sorted(TOPICS)}},
            "explode": True,
        },
        {
            "name": "Last-Event-ID",
            "in": "header",
            "description": "The id of the event that was read last",
            "schema": {"type": "string", "examples": ["5f70bf18-4137"]},
        },
    ]
    return operation


_STREAMED = """id: 5f70bf18-4137
event: commitments.limit_passed
data: {"specversion": "1.0", "type": "see.commitments.limit_passed.v1", "data": {"case_key": "T-1"}}

"""


def _operation(
    name: str,
    summary: str,
    schema: dict[str, Any],
    example: dict[str, Any],
    *,
    public: bool,
    unavailable: dict[str, Any] | None = None,
) -> dict[str, Any]:
    content = {"application/json": {"schema": schema, "example": example}}
    responses: dict[str, Any] = {"200": {"description": summary, "content": content}}
    if unavailable:
        content = {"application/json": {"schema": unavailable, "example": {"status": "not ready"}}}
        responses["503"] = {"description": "About to stop", "content": content}
    if not public:
        refusals = {"401": "Unauthenticated", "403": "Forbidden", "429": "TooManyRequests"}
        for status, response in refusals.items():
            responses[status] = {"$ref": f"#/components/responses/{response}"}
        responses["503"] = {"$ref": "#/components/responses/Unavailable"}
    return {
        "operationId": name,
        "summary": summary,
        "tags": ["platform"],
        "security": [] if public else [{"bearer": []}],
        "responses": responses,
    }


_HEALTH_REF = {"$ref": "#/components/schemas/Health"}
_HEALTH = {
    "type": "object",
    "title": "Health",
    "required": ["status"],
    "properties": {"status": {"enum": ["alive", "ready", "not ready"], "type": "string"}},
}
_EXAMPLE = {
    "service": "assessment",
    "source": "live",
    "stale": False,
    "fetched_at": "2026-03-02T08:30:00+08:00",
    "fault": None,
}
_SERVICE_STATUS = {
    "type": "object",
    "title": "ServiceStatus",
    "required": ["service", "source", "stale", "fetched_at", "fault"],
    "properties": {
        "service": {"type": "string"},
        "source": {
            "type": "string",
            "enum": ["live", "snapshot", "none"],
            "description": "The running service, this release's snapshot, or nothing yet",
        },
        "stale": {
            "type": "boolean",
            "description": "The service did not give a usable document when last asked",
        },
        "fetched_at": {"type": ["string", "null"], "format": "date-time"},
        "fault": {"type": ["string", "null"], "description": "Why it is stale"},
    },
}
_STATUS = {
    "type": "object",
    "title": "PlatformStatus",
    "required": ["document", "services"],
    "properties": {
        "document": {"type": "string", "description": "The ETag of the OpenAPI document"},
        "services": {"type": "array", "items": {"$ref": "#/components/schemas/ServiceStatus"}},
    },
}
