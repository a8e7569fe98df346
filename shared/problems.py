"""Problems are the errors a caller is meant to see: RFC 9457 documents in zh and en."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

MEDIA_TYPE = "application/problem+json"


class Text(TypedDict):
    """One text in both languages of the product."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: its stable name, its HTTP status and its title."""

    slug: str
    status: int
    title: Text

    @property
    def uri(self) -> str:
        return f"urn:see-platform:problem:{self.slug}"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of one field; exactly one of pointer, parameter, header and claim names the field.

    `pointer` is an RFC 6901 pointer into the body, with a leading `#`.
    """

    code: str
    detail: Text
    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None
    claim: str | None = None

    def body(self, language: str) -> dict[str, str]:
        places = ("pointer", "parameter", "header", "claim")
        named = {name: value for name in places if (value := getattr(self, name)) is not None}
        return {**named, "code": self.code, "detail": _said(self.detail, language)}


def at_pointer(pointer: str, code: str, zh: str, en: str) -> FieldError:
    """A fault at a JSON pointer into the request body (`/nodes/0/code`)."""
    return FieldError(code=code, detail={"zh": zh, "en": en}, pointer=f"#{pointer}")


VALIDATION_FAILED = ProblemType(
    "validation-failed", 422, {"zh": "请求内容未通过校验", "en": "The request failed validation"}
)
MALFORMED_BODY = ProblemType(
    "malformed-body", 400, {"zh": "请求体无法解析", "en": "The request body cannot be parsed"}
)
UNAUTHENTICATED = ProblemType(
    "unauthenticated", 401, {"zh": "未通过身份验证", "en": "Authentication failed"}
)
FORBIDDEN = ProblemType("forbidden", 403, {"zh": "没有权限", "en": "Not permitted"})
UNKNOWN_TENANT = ProblemType("unknown-tenant", 403, {"zh": "未知的租户", "en": "Unknown tenant"})
NOT_FOUND = ProblemType("not-found", 404, {"zh": "未找到", "en": "Not found"})
METHOD_NOT_ALLOWED = ProblemType(
    "method-not-allowed", 405, {"zh": "不支持的方法", "en": "Method not allowed"}
)
CONFLICT = ProblemType("conflict", 409, {"zh": "与现状冲突", "en": "Conflict with what exists"})
PRECONDITION_FAILED = ProblemType(
    "precondition-failed", 412, {"zh": "资源已被修改", "en": "The resource has changed"}
)
PAYLOAD_TOO_LARGE = ProblemType(
    "payload-too-large", 413, {"zh": "请求体过大", "en": "The request body is too large"}
)
UNSUPPORTED_MEDIA_TYPE = ProblemType(
    "unsupported-media-type", 415, {"zh": "不支持的内容类型", "en": "Unsupported media type"}
)
IDEMPOTENCY_KEY_REUSED = ProblemType(
    "idempotency-key-reused",
    422,
    {"zh": "幂等键已用于另一请求", "en": "The idempotency key was used for another request"},
)
PRECONDITION_REQUIRED = ProblemType(
    "precondition-required", 428, {"zh": "缺少前置条件", "en": "A precondition is required"}
)
TOO_MANY_REQUESTS = ProblemType(
    "too-many-requests", 429, {"zh": "请求过于频繁", "en": "Too many requests"}
)
INTERNAL_ERROR = ProblemType("internal-error", 500, {"zh": "内部错误", "en": "Internal error"})
BAD_GATEWAY = ProblemType(
    "bad-gateway", 502, {"zh": "上游服务响应无效", "en": "A service answered wrongly"}
)
UNAVAILABLE = ProblemType(
    "unavailable", 503, {"zh": "服务暂不可用", "en": "Temporarily unavailable"}
)
DEADLINE_EXCEEDED = ProblemType(
    "deadline-exceeded", 504, {"zh": "处理超时", "en": "The deadline has passed"}
)


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem, and so does every caller
    """Raised anywhere, answered as `application/problem+json`; extensions become extra members."""

    type: ProblemType
    detail: Text | None = None
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.type.slug}: {self.detail['en'] if self.detail else self.type.title['en']}"


def invalid(*errors: FieldError) -> Problem:
    """422 with every fault listed."""
    return Problem(VALIDATION_FAILED, errors=errors)


def not_found(kind: Text, name: str) -> Problem:
    """404 for a thing that the caller named and that is not there, or is not theirs."""
    return Problem(
        NOT_FOUND,
        {"zh": f"找不到{kind['zh']} {name}。", "en": f"There is no {kind['en']} {name}."},
    )


def language(accept_language: str | None) -> str:
    """`zh` or `en`, whichever the Accept-Language header prefers; `en` when it names neither."""
    best, best_weight = "en", 0.0
    for part in (accept_language or "").lower().split(","):
        tag, _, weight = part.strip().partition(";q=")
        primary = tag.split("-")[0]
        q = float(weight) if re.fullmatch(r"[01](\.\d{0,3})?", weight) else (0.0 if weight else 1.0)
        if primary in ("zh", "en") and q > best_weight:
            best, best_weight = primary, q
    return best


def render(
    problem: Problem, accept_language: str | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer, in the language the caller accepts."""
    lang = language(accept_language)
    body: dict[str, Any] = {
        "type": problem.type.uri,
        "title": _said(problem.type.title, lang),
        "status": problem.type.status,
    }
    if problem.detail:
        body["detail"] = _said(problem.detail, lang)
    if problem.errors:
        body["errors"] = [error.body(lang) for error in problem.errors]
    body.update(problem.extensions)
    headers = {
        "content-type": MEDIA_TYPE,
        "content-language": lang,
        "cache-control": "no-store",
        **problem.headers,
    }
    return problem.type.status, headers, json.dumps(body, ensure_ascii=False).encode()


def documented(*types: ProblemType) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses of an operation that can answer with these problems."""
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in types:
        response = responses.setdefault(
            kind.status,
            {
                "description": "",
                "content": {
                    MEDIA_TYPE: {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "examples": {},
                    }
                },
            },
        )
        separator = "; " if response["description"] else ""
        response["description"] += f"{separator}{kind.title['en']} (`{kind.slug}`)"
        response["content"][MEDIA_TYPE]["examples"][kind.slug] = {
            "value": {"type": kind.uri, "title": kind.title["en"], "status": kind.status}
        }
    return responses


SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details. `type` is stable; texts follow Accept-Language.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}},
    },
}

FIELD_ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "FieldError",
    "description": "One fault of one field, named by pointer, parameter, header or claim.",
    "required": ["code", "detail"],
    "properties": {
        "pointer": {"type": "string", "description": "RFC 6901 pointer into the body"},
        "parameter": {"type": "string"},
        "header": {"type": "string"},
        "claim": {"type": "string"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
}


def _said(text: Text, lang: str) -> str:
    return text["zh"] if lang == "zh" else text["en"]
