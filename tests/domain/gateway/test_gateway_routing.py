"""The most specific operation answers; paths that can be read in two ways are read in none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing import AmbiguousPath, MethodNotAllowed, NoSuchPath, Router

TEMPLATES = {
    "/v1/cases": ("get", "post"),
    "/v1/cases/{case_id}": ("get", "delete"),
    "/v1/cases/search": ("post",),
    "/v1/cases/{case_id}/nodes/{node}": ("get",),
    "/v1/cases/{case_id}.pdf": ("get",),
    "/v1/{kind}/search": ("get",),
}
ROUTER = Router(
    {
        "paths": {
            template: {method: {"operationId": f"{method} {template}"} for method in methods}
            for template, methods in TEMPLATES.items()
        }
    },
    dict.fromkeys(TEMPLATES, "commitments"),
)


def found(method: str, path: str) -> tuple[str, tuple[str, ...]]:
    match = ROUTER.find(method, path.encode())
    return match.route.operation_id, match.parameters


@pytest.mark.parametrize(
    ("method", "path", "operation", "parameters"),
    [
        ("GET", "/v1/cases", "get /v1/cases", ()),
        ("GET", "/v1/cases/cas_1", "get /v1/cases/{case_id}", ("cas_1",)),
        ("POST", "/v1/cases/search", "post /v1/cases/search", ()),
        ("GET", "/v1/cases/search", "get /v1/cases/{case_id}", ("search",)),
        ("GET", "/v1/kpis/search", "get /v1/{kind}/search", ("kpis",)),
        ("GET", "/v1/cases/7.pdf", "get /v1/cases/{case_id}.pdf", ("7",)),
        ("GET", "/v1/cases/a%20b/nodes/%E7%BB%93", "get /v1/cases/{case_id}/nodes/{node}",
         ("a b", "结")),
        ("GET", "/v1/%63ases", "get /v1/cases", ()),
        ("HEAD", "/v1/cases", "get /v1/cases", ()),
        ("GET", "/v1/cases/a%252Fb", "get /v1/cases/{case_id}", ("a%2Fb",)),
    ],
)  # fmt: skip
def test_the_most_specific_operation_answers(
    method: str, path: str, operation: str, parameters: tuple[str, ...]
) -> None:
    assert found(method, path) == (operation, parameters)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/v1", "/v2/cases", "/v1/cases/", "/v1//cases", "//v1/cases", "/V1/cases"),
        *("/internal/tenants/demo", "/%69nternal/tenants/demo", "/v1/cases/1/nodes/"),
    ],
)
def test_unknown_paths_are_not_found(path: str) -> None:
    with pytest.raises(NoSuchPath):
        ROUTER.find("GET", path.encode())


def test_a_known_path_says_which_methods_it_takes() -> None:
    with pytest.raises(MethodNotAllowed) as raised:
        ROUTER.find("PATCH", b"/v1/cases/search")
    assert raised.value.allowed == ("DELETE", "GET", "HEAD", "OPTIONS", "POST")


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/cases/..", "/v1/cases/%2e%2E/kpis", "/v1/./cases", "/v1/cases/a%2Fb"),
        *("/v1/cases/a%5Cb", "/v1/cases/a\\b", "/v1/cases/a%00", "/v1/cases/%0d%0a"),
        *("/v1/cases/%ff", "/v1/cases/%7f"),
    ],
)
def test_ambiguous_paths_are_refused(path: str) -> None:
    with pytest.raises(AmbiguousPath):
        ROUTER.find("GET", path.encode())


@given(st.text(st.characters(codec="ascii"), max_size=30))
def test_any_path_is_found_refused_or_unknown(path: str) -> None:
    try:
        match = ROUTER.find("GET", ("/v1/cases/" + path).encode())
    except (NoSuchPath, AmbiguousPath):
        return
    assert match.route.template.startswith("/v1/")
    assert all(match.parameters)


@pytest.mark.parametrize(
    ("security", "public"),
    [(None, False), ([], True), ([{}], True), ([{"bearer": []}], False), ([{}, {"k": []}], False)],
)
def test_only_an_operation_that_says_so_needs_no_identity(
    security: list[dict[str, list[str]]] | None, public: bool
) -> None:
    operation = {} if security is None else {"security": security}
    router = Router({"paths": {"/v1/x": {"get": operation}}}, {"/v1/x": "orders"})
    assert router.find("GET", b"/v1/x").route.public is public


@pytest.mark.parametrize(
    ("told", "expected"), [(1024, 1024), (None, None), ("1024", None), (True, None), (0, None)]
)
def test_a_route_has_the_limits_that_its_service_tells(told: object, expected: int | None) -> None:
    operation = {"operationId": "bring", "x-max-body-bytes": told, "x-max-seconds": told}
    router = Router({"paths": {"/v1/files": {"post": operation}}}, {"/v1/files": "assessment"})
    route = router.find("POST", b"/v1/files").route
    assert (route.max_body_bytes, route.max_seconds) == (expected, expected)
