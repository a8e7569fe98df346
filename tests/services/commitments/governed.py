"""An organisation that governs a process: its departments, people, owner and supervisor."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from tests.builders import every_item, incident_process
from tests.conftest import Provide, ServiceUnderTest

DEPARTMENTS = ("Group 56", "Group 70", "planning")
DESK = {"zh": "服务台", "en": "Desk"}
PEOPLE = ("worker", "supervisor", "head", "owner", "administrator", "planner", "stranger")


@dataclass
class Organisation:
    """A tenant with the sample's process, people by what they are, and a client of theirs."""

    service: ServiceUnderTest
    client: httpx.AsyncClient
    people: dict[str, str]

    def calling(self, name: str, language: str = "en") -> httpx.AsyncClient:
        """A client of one of the people, who has no role but to read."""
        return self.service.client("demo", "viewer", language=language, subject=subject(name))

    async def made(self, path: str, body: Any, status: int = 201) -> dict[str, Any]:
        answer = await self.client.post(path, json=body)
        assert answer.status_code == status, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def acted(self, path: str, action: str, body: Any) -> dict[str, Any]:
        """Post to a resource's action with its present ETag."""
        tag = (await self.client.get(path)).headers["etag"]
        answer = await self.client.post(f"{path}/{action}", json=body, headers={"if-match": tag})
        assert answer.status_code == 200, answer.text
        done: dict[str, Any] = answer.json()
        return done

    async def changed(self, path: str, body: Any, method: str = "PATCH") -> dict[str, Any]:
        tag = (await self.client.get(path)).headers["etag"]
        answer = await self.client.request(method, path, json=body, headers={"if-match": tag})
        assert answer.status_code == 200, answer.text
        done: dict[str, Any] = answer.json()
        return done

    async def next_version(self, process: str, body: Any) -> None:
        """Define the next version of a process."""
        tag = (await self.client.get(f"/v1/processes/{process}")).headers["etag"]
        path = f"/v1/processes/{process}/versions"
        answer = await self.client.post(path, json=body, headers={"if-match": tag})
        assert answer.status_code == 201, answer.text

    async def charged(self, cause_id: str) -> dict[tuple[str, str], Decimal]:
        """What the ledger holds for a cause, by bearer and occasion."""
        lines = await every_item(self.client, "/v1/penalty-ledger", cause_id=cause_id)
        found: dict[tuple[str, str], Decimal] = {}
        for line in lines:
            key = (line["bearer"], line["occasion"])
            found[key] = found.get(key, Decimal()) + Decimal(line["penalty"]["amount"])
        return found

    async def totals(self) -> dict[str, str]:
        """What each person is charged by the ledger's own totals, by what they are."""
        names = {person: name for name, person in self.people.items()}
        answer = (await self.client.get("/v1/penalty-ledger/totals")).json()
        return {names[each["person"]]: each["total"]["amount"] for each in answer["items"]}


def subject(name: str) -> str:
    """The subject of the tokens of somebody."""
    return f"{name}@example.com"


@asynccontextmanager
async def organisation(service: Provide) -> AsyncIterator[Organisation]:
    """Everybody serves since the beginning of 2015."""
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        people = {}
        for name in PEOPLE:
            body = {"name": name, "subject": subject(name), "is_senior_manager": name == "owner"}
            people[name] = (await client.post("/v1/people", json=body)).json()["id"]
        made = Organisation(commitments, client, people)
        for code in DEPARTMENTS:
            await made.made("/v1/departments", {"code": code, "name": {"zh": code, "en": code}})
        await _appoint(made)
        yield made


async def _appoint(made: Organisation) -> None:
    people = made.people
    heads = {"Group 56": "head", "Group 70": "head", "planning": "planner"}
    for code, head in heads.items():
        lead = {"code": f"{code} lead", "name": {"zh": code, "en": code}, "department": code}
        await made.made("/v1/positions", lead)
        since = {"person": people[head], "since": "2015-01-01"}
        await made.made(f"/v1/positions/{code} lead/holders", since)
        offices = {"head_position": f"{code} lead", "since": "2015-01-01"}
        if code == "planning":
            offices["administrator"] = people["administrator"]
        await made.changed(f"/v1/departments/{code}", offices)
    await made.made("/v1/positions", {"code": "desk", "name": DESK, "department": "Group 56"})
    works = {"person": people["worker"], "since": "2015-01-01"}
    await made.made("/v1/positions/desk/holders", works)
    await made.changed("/v1/governance-settings", {"planning_department": "planning"})
    roles = {"owner": people["owner"], "supervisor": people["supervisor"], "since": "2015-01-01"}
    await made.changed("/v1/processes/incident/roles", roles, "PUT")
    place = {"level": 1, "department": "Group 56"}
    await made.changed("/v1/processes/incident/governance", place)
