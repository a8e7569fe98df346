"""The one surface: a composed document, offline docs, problems for every error, ids and traces."""

import gzip

import asyncpg
import httpx
import pytest

from tests.builders import integration
from tests.system.conftest import PlatformUnderTest


async def test_one_document_describes_every_service_and_is_cached_by_its_tag(
    platform: PlatformUnderTest, demo: httpx.AsyncClient
) -> None:
    async with httpx.AsyncClient(base_url=platform.url) as anybody:
        answer = await anybody.get("/openapi.json")
        again = await anybody.get(
            "/openapi.json", headers={"if-none-match": answer.headers["etag"]}
        )
        docs = await anybody.get("/docs")
    document = answer.json()
    operations = {
        operation["operationId"]
        for path in document["paths"].values()
        for method, operation in path.items()
        if method in ("get", "post", "patch")
    }
    assert document["openapi"].startswith("3.1")
    assert {"receive_webhook", "define_kpi", "score_model", "request_report"} <= operations
    assert again.status_code == 304
    assert docs.status_code == 200
    assert "https://" not in docs.text.replace("https://github.com", "")


WRONG = {
    "no token": ("GET", "/v1/cases", {"authorization": ""}, b"", 401),
    "no such path": ("GET", "/v1/nothing", {}, b"", 404),
    "no such method": ("DELETE", "/v1/cases", {}, b"", 405),
    "wrong date": ("GET", "/v1/cases?as_of=2016-13-01", {}, b"", 422),
    "missing field": ("POST", "/v1/kpis", {"content-type": "application/json"}, b"{}", 422),
    "no json": ("POST", "/v1/kpis", {"content-type": "application/json"}, b"{", 400),
    "not json at all": ("POST", "/v1/kpis", {"content-type": "text/plain"}, b"hello", 415),
    "too large": ("POST", "/v1/kpis", {"content-type": "application/json"}, b"[" * 11_000_000, 413),
    "no such integration": ("POST", "/v1/hooks/int_nowhere", {}, b"{}", 404),
    "traversal": ("GET", "/v1/%2e%2e/internal/tenants/demo", {}, b"", 400),
    "internal": ("GET", "/internal/tenants/demo", {}, b"", 404),
}


@pytest.mark.parametrize("case", WRONG)
async def test_every_error_is_a_problem_in_the_language_of_the_caller(
    demo: httpx.AsyncClient, case: str
) -> None:
    method, path, headers, body, status = WRONG[case]
    answer = await demo.request(
        method, path, headers={"accept-language": "zh-CN,zh;q=0.9", **headers}, content=body
    )
    problem = answer.json()
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"].startswith("urn:see-platform:problem:")
    assert problem["status"] == status
    assert any("\u4e00" <= c <= "\u9fff" for c in problem["title"])
    assert "Traceback" not in answer.text
    assert answer.headers["x-request-id"]


async def test_a_hostile_webhook_is_refused_or_quarantined_and_nothing_is_half_written(
    demo: httpx.AsyncClient,
) -> None:
    hook = await integration(demo)
    before = (await demo.get("/v1/cases?limit=500")).json()["items"]
    body = b'{"number": "X", "sys_updated_at": "01-03-2016 08:00", "incident_state": "New"}'
    bomb = gzip.compress(b"0" * 30_000_000)
    unsigned = await demo.post(hook.path, content=body)
    truncated = await demo.post(hook.path, content=body[:-5], headers=hook.headers(body))
    oversized = await hook.push(demo, b" " * (1024 * 1024 + 1))
    folded = {**hook.headers(bomb), "content-encoding": "gzip"}
    unfolded = await demo.post(hook.path, content=bomb, headers=folded)
    unmapped = await hook.push(demo, {"hello": "world"})
    delivery = unmapped.json()["delivery_id"]
    while (kept := (await demo.get(f"/v1/deliveries/{delivery}")).json())["status"] == "pending":
        pass
    after = (await demo.get("/v1/cases?limit=500")).json()["items"]
    assert (unsigned.status_code, truncated.status_code) == (401, 401)
    assert unsigned.json()["errors"][0]["header"] == "X-SEE-Signature"
    assert (oversized.status_code, unfolded.status_code) == (413, 413)
    assert unmapped.status_code == 202
    assert kept["status"] == "quarantined"
    assert {fault["field"] for fault in kept["faults"]} == {
        "number",
        "sys_updated_at",
        "incident_state",
    }
    assert before == after


async def test_request_id_and_trace_pass_through_to_the_service_and_back(
    platform: PlatformUnderTest, demo: httpx.AsyncClient
) -> None:
    hook = await integration(demo)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    body = b'{"hello": "trace"}'
    headers = {
        **hook.headers(body),
        "x-request-id": "my-request-1",
        "traceparent": f"00-{trace}-00f067aa0ba902b7-01",
    }
    answer = await demo.post(hook.path, content=body, headers=headers)
    path = f"/v1/deliveries/{answer.json()['delivery_id']}"
    refused = await demo.get(f"{path}x", headers={"x-request-id": "my-request-2"})
    assert answer.headers["x-request-id"] == "my-request-1"
    assert refused.headers["x-request-id"] == "my-request-2"
    assert (await _traceparent(platform, answer.json()["delivery_id"])).split("-")[1] == trace


async def _traceparent(platform: PlatformUnderTest, delivery_id: str) -> str:
    """The trace context that reached the service, as it was stored with the webhook."""
    password = (platform.data / "postgres" / "password").read_text()
    port = int(platform.url.rpartition(":")[2]) + 9
    connection = await asyncpg.connect(
        f"postgresql://see:{password}@127.0.0.1:{port}/see_commitments"
    )
    try:
        query = "SELECT headers ->> 'traceparent' FROM delivery WHERE id = $1"
        return str(await connection.fetchval(query, delivery_id))
    finally:
        await connection.close()
