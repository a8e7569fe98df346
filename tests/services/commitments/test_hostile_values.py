"""Values at the edge of what a type can hold are refused with their field, never a server error."""

import json

from tests.builders import incident_process
from tests.conftest import Provide

PROMISE = {
    "code": "p",
    "process": "incident",
    "node": "accept",
    "commitment_seconds": 60,
    "tolerance_seconds": 60,
    "calendar": "always",
    "valid_from": "2016-01-01T00:00:00Z",
}
INSTANTS = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z")
OUT_OF_REACH: list[dict[str, object]] = [{"valid_from": instant} for instant in INSTANTS]
CHANGES: list[dict[str, object]] = [
    *OUT_OF_REACH,
    {"valid_until": "2015-01-01T00:00:00Z"},
    {"commitment_seconds": 10**30},
    {"commitment_seconds": 90.5},
    {"tolerance_seconds": 59},
    {"code": "a" * 65},
    {"node": "nowhere"},
    {"priority": "a\x00b"},
    {"calendar": "nowhen"},
]


async def test_a_promise_with_an_impossible_value_is_refused(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        before = len(await commitments.rows("SELECT 1 FROM promise"))
        bodies = [{**PROMISE, **change} for change in CHANGES]
        answers = [await client.post("/v1/promises", json=body) for body in bodies]
        after = len(await commitments.rows("SELECT 1 FROM promise"))
    problems = [(answer.status_code, answer.json()["type"]) for answer in answers]
    named = [answer.json()["errors"][0]["pointer"] for answer in answers]
    assert problems == [(422, "urn:see-platform:problem:validation-failed")] * len(CHANGES)
    assert named == [f"#/{field}" for change in CHANGES for field in change]
    assert before == after


async def test_an_instant_at_the_end_of_time_is_refused_by_name(service: Provide) -> None:
    questions = [
        (path, parameter, instant)
        for path in ("cases", "node-runs", "attainment", "alerts")
        for parameter in ("as_of", *(["from", "to"] if path == "attainment" else []))
        for instant in INSTANTS
    ]
    async with service("commitments") as commitments, commitments.client() as client:
        for path, parameter, instant in questions:
            answer = await client.get(f"/v1/{path}", params={parameter: instant})
            assert answer.status_code == 422, (path, parameter, instant)
            assert answer.json()["errors"][0]["parameter"] == parameter


async def test_half_of_a_surrogate_pair_is_refused_however_deep_it_lies(service: Provide) -> None:
    half, name = "\ud800", {"zh": "a", "en": "a"}
    node = {"code": "a", "name": name, "start": {"state": half}}
    bodies: dict[str, object] = {
        "/v1/processes": {"code": "p", "name": name, "nodes": [node]},
        "/v1/services": {"code": "s", "name": {**name, "zh": half}},
        "/v1/promises": {**PROMISE, "priority": half},
    }
    json_body = {"content-type": "application/json"}
    async with service("commitments") as commitments, commitments.client() as client:
        for path, body in bodies.items():
            answer = await client.post(path, content=json.dumps(body), headers=json_body)
            assert answer.status_code == 422, (path, answer.text)
            assert "string_unicode" in [e["code"] for e in answer.json()["errors"]], answer.text


async def test_a_secret_that_is_too_short_is_told_so_in_characters(service: Provide) -> None:
    body = {"provider": "jira", "process": "incident", "mapping": {}, "secrets": ["short"]}
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        (error,) = (await client.post("/v1/integrations", json=body)).json()["errors"]
    assert error["pointer"] == "#/secrets/0"
    assert error["detail"] == "String should have at least 8 characters."
