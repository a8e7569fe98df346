"""While rating is independent, nothing that anybody can ask for depends on another's ratings.

Two tenants live through the same story, except that in one of them Bob has rated and in the other
he has not. Every operation of the service, taken from its OpenAPI document, is asked in both by
callers of every role, and must answer the same, to the last header.
"""

import base64
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from shared.identity import Role
from shared.ids import new_id
from tests.services.assessment.assessors import CELLS, People, everything
from tests.services.assessment.bringing import attach, brought

CELL = "leadership.deployed"
MARKER = "bobs-secret-remark"
CALLERS = {
    "lea": "lead_assessor",
    "adam": "administrator",
    "cai": "rater",
    "zed": "rater",
    "vic": "viewer",
    "pro": "process_owner",
    "sol": "strategy_owner",
    "int": "integration",
}
NOSY = ("lea", "cai", "adam")
PLACES = {
    "subject": "bob",
    "rater": "bob",
    "cell": CELL,
    "code": "see-cmm",
    "version": "1",
    "number": "SEE-1",
    "dead_letter_id": "dlq_none",
    "snapshot_id": "snp_none",
    "award_id": "awd_none",
    "step_id": "rms_none",
    "seal_id": "csl_none",
}
"""What stands for each path parameter; an operation with another must be given one here."""

IRRELEVANT = {"date", "x-request-id", "traceparent", "content-length"}
MADE_UP = [
    (re.compile(r"\b[a-z]{3}_[0-9a-z]{26}\b"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+00:00)"), "<time>"),
    (re.compile(r'"(hash|commitment|head)":"sha256:[0-9a-f]{64}"'), r'"\1":"<hash>"'),
    (re.compile(r'"chain":"[0-9a-f-]{36}"'), '"chain":"<chain>"'),
    (re.compile(r'"request_id": ?"[^"]*"'), '"request_id":"<id>"'),
]


_CURSOR = re.compile(r'"next_cursor":"([^"]*)"')


@dataclass
class World:
    """One tenant and what stands for path parameters in it."""

    people: People
    path: str
    evidence: str
    campaign: str = "cmp_none"

    def fill(self, path: str) -> str:
        here = {
            **PLACES,
            "assessment_id": self.path.rpartition("/")[2],
            "evidence_id": self.evidence,
            "campaign_id": self.campaign,
            "about": self.path.rpartition("/")[2],
        }
        return re.sub(r"\{(\w+)\}", lambda named: here[named[1]], path)

    async def ask(
        self, caller: str, method: str, path: str, role: str, **said: Any
    ) -> tuple[str, str]:
        """Status, headers and body, without what is made up anew each time."""
        async with self.people(caller, role) as client:
            answer = await client.request(
                method, self.fill(path), headers={"if-match": "*"}, **said
            )
        told = _told(answer)
        assert answer.status_code < 500, answer.text
        headers = {k: v for k, v in answer.headers.items() if k not in IRRELEVANT}
        return f"{answer.status_code} {_bare(str(headers))}", _bare(told)


@dataclass(frozen=True)
class Asked:
    """One way to ask an operation."""

    method: str
    path: str
    said: dict[str, Any]
    by: tuple[str, ...]


Question = tuple[str, Asked]
"""Who asks, and what."""


def asked(document: dict[str, Any]) -> Iterator[Asked]:
    """Every operation, reads first and removals last; reads also with each of their parameters."""
    order = ["get", "post", "put", "patch", "delete"]
    found = [
        (order.index(method), method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    for _, method, path, operation in sorted(found, key=lambda each: each[:3]):
        said = {} if method == "get" else _body(document, operation)
        yield Asked(method, path, said, tuple(CALLERS))
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query" and method == "get":
                for value in _values(parameter["schema"]):
                    yield Asked(method, path, {"params": {parameter["name"]: value}}, NOSY)


async def worlds(people: People) -> tuple[World, World]:
    """Two tenants that differ in what Bob has rated."""
    return await _world(people, "left", bob=True), await _world(people, "right", bob=False)


async def differing(left: World, right: World, questions: Iterable[Question]) -> list[Question]:
    """The questions that the two worlds answer differently, or by what Bob alone has said."""
    found = []
    for caller, one in questions:
        first, second = [
            await world.ask(caller, one.method, one.path, CALLERS[caller], **one.said)
            for world in (left, right)
        ]
        if first != second or MARKER in first[1]:
            found.append((caller, one))
    return found


async def test_no_operation_tells_one_rater_of_another(people: People) -> None:
    left, right = await worlds(people)
    document = people.service.app.openapi()
    questions = [(caller, one) for one in asked(document) for caller in one.by]

    assert await differing(left, right, questions) == []
    assert len(questions) > 8 * sum(len(methods) for methods in document["paths"].values())


async def test_no_event_tells_of_a_rating_while_it_is_blind(people: People) -> None:
    for tenant, bob in (("left", True), ("right", False)):
        await _world(people, tenant, bob=bob)
    rows = await people.service.rows("SELECT tenant, subject, headers::text, body FROM outbox")

    told = {
        tenant: [_bare(row["body"]) for row in rows if row["tenant"] == tenant]
        for tenant in ("left", "right")
    }
    assert told["left"] == told["right"]
    assert MARKER not in str(rows)


async def test_leads_know_who_has_submitted_and_others_not_even_that(people: People) -> None:
    path = await people.opened("ann", "bob")
    await people.rate("bob", path, everything(2))
    await people.submit("bob", path)

    told = {}
    for caller in ("lea", "ann", "vic"):
        async with people(caller) as client:
            raters = (await client.get(f"{path}/raters")).json()["items"]
        told[caller] = {each["subject"]: each["submitted"] for each in raters}

    assert told["lea"] == {"ann": False, "bob": True}
    assert told["ann"] == told["vic"] == {"ann": None, "bob": None}


@pytest.mark.parametrize("subject", ["", "lea", "adam", "cai"])
async def test_the_database_alone_hides_ratings_and_their_trail(
    people: People, subject: str
) -> None:
    await _world(people, "left", bob=True)
    async with people.service.store.transaction("left", subject) as session:
        ratings = (await session.execute(text("SELECT rater FROM rating"))).scalars().all()
        trail = await session.execute(text("SELECT rater FROM assessment_audit"))
        changed = await session.execute(text("UPDATE rating SET value = 1 WHERE rater = 'bob'"))

    assert set(ratings) == ({"cai"} if subject == "cai" else set())
    assert set(trail.scalars()) - {None} == ({"cai"} if subject == "cai" else set())
    assert changed.rowcount == 0  # type: ignore[attr-defined]


async def test_ratings_are_laid_open_to_all_when_consensus_opens(people: People) -> None:
    path = await people.in_consensus({"bob": {**everything(2), CELL: _secret(4)}})

    async with people("vic") as viewer:
        ratings = (await viewer.get(f"{path}/ratings", params={"cell": CELL})).json()["items"]
        trail = (await viewer.get(f"{path}/audit", params={"limit": 500})).text

    assert [(each["rating"], each["comment"]) for each in ratings] == [(4, MARKER)]
    assert MARKER in trail


def test_every_role_asks() -> None:
    assert set(CALLERS.values()) == set(Role)


async def _world(people: People, tenant: str, *, bob: bool) -> World:
    here = People(people.service, tenant)
    campaign, path = await _campaign(here)
    await here.rate("cai", path, dict.fromkeys(CELLS[:9], 2))
    evidence = new_id("evd")
    if bob:
        evidence = await brought(here, "bob", MARKER.encode(), name=f"{MARKER}.txt")
        assert (await attach(here, "bob", path, evidence, CELL)).status_code == 201
        await here.rate("bob", path, {**dict.fromkeys(CELLS[5:], 3), CELLS[6]: {"na": MARKER}})
        await here.rate("bob", path, {CELL: _secret(4)})
    return World(here, path, evidence, campaign)


async def _campaign(people: People) -> tuple[str, str]:
    """A campaign over one unit that Bob and Cai rate, and the path of its assessment."""
    unit = {"kind": "organisation_unit", "code": "service-desk", "raters": ["bob", "cai"]}
    body = {
        "title": "2026",
        "model": {"code": "see-cmm"},
        "period": "2026",
        "deadline": "2199-01-01T00:00:00Z",
        "units": [unit],
    }
    async with people("lea") as lead:
        campaign = await lead.post("/v1/campaigns", json=body)
        (row,) = (await lead.get("/v1/assessments")).json()["items"]
    assert row["status"] == "rating"
    return campaign.json()["id"], f"/v1/assessments/{row['id']}"


def _secret(level: int) -> dict[str, Any]:
    return {"rating": level, "comment": MARKER, "confidence": "low"}


def _values(schema: dict[str, Any]) -> Iterator[Any]:
    for part in schema.get("anyOf", [schema]):
        if "enum" in part:
            yield from part["enum"]
        elif part.get("type") == "integer":
            yield part.get("minimum", 1)
        elif part.get("type") == "string":
            yield from ("bob", CELL, MARKER[:4])


def _body(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return {}
    schema = content["schema"]
    held = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
    return {"json": [*held.get("examples", ()), content.get("example")][0]}


def _told(answer: httpx.Response) -> str:
    """The text of an answer; that of a spreadsheet is in the files that it is packed of."""
    if not answer.content.startswith(b"PK"):
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        return "".join(packed.read(name).decode() for name in sorted(packed.namelist()))


def _bare(said: str) -> str:
    said = _CURSOR.sub(lambda found: f'"next_cursor":{_decoded(found[1])}', said)
    for pattern, name in MADE_UP:
        said = pattern.sub(name, said)
    return said


def _decoded(cursor: str) -> str:
    """What a cursor holds: it could tell what the page does not."""
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
