"""The people of an assessment as callers of the API, and the way to each stage of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from shared.identity import Principal
from tests.conftest import ServiceUnderTest

ENABLERS = (
    *("leadership", "policy_strategy", "people_development"),
    *("activity_management", "knowledge_innovation"),
)
RESULTS = ("customer_channel_experience", "employee_supplier_productivity", "business_impact")
CELLS = [
    *(f"{e}.{a}" for e in ENABLERS for a in ("planned_approach", "deployed", "feedback_mechanism")),
    *(f"{r}.{a}" for r in RESULTS for a in ("trend", "target", "comparison", "cause", "scope")),
]
RATERS = ("ann", "bob", "cai", "dee", "eva")
NEW: dict[str, Any] = {
    "title": "Service desk 2026",
    "unit": {"kind": "organisation_unit", "code": "service-desk"},
    "model": {"code": "see-cmm"},
    "period": "2026",
}


@dataclass
class People:
    """Callers of one service by subject: lead `lea`, reviewer `rex`, the five raters, others.

    `lou` is a lead assessor too, and leads nothing unless a test names her.
    """

    service: ServiceUnderTest
    tenant: str = "demo"

    def __call__(self, subject: str, *roles: str) -> httpx.AsyncClient:
        """This subject, with the roles that they have in the story unless others are given."""
        story = dict.fromkeys(("lea", "lou", "rex"), "lead_assessor") | {"vic": "viewer"}
        story["adam"] = "administrator"
        held = frozenset(roles or {story.get(subject, "rater")})
        token = self.service.signer.token(Principal(subject, self.tenant, held), "assessment")
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.service.app, raise_app_exceptions=False),
            base_url="http://service",
            headers={"authorization": f"Bearer {token}", "accept-language": "en"},
        )

    async def step(self, subject: str, path: str, body: Any = None) -> dict[str, Any]:
        """Post as this subject with the current ETag of the assessment; must succeed."""
        answer = await self.attempt(subject, path, body)
        assert answer.status_code in (200, 201), answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def attempt(self, subject: str, path: str, body: Any = None) -> httpx.Response:
        """Post as this subject with the current ETag of the assessment."""
        async with self(subject) as caller:
            home = "/".join(path.split("/")[:4])
            tag = (await caller.get(home)).headers.get("etag", '"0"')
            return await caller.post(path, json=body, headers={"if-match": tag})

    async def drafted(self, *raters: str, **other: Any) -> str:
        """The path of a new assessment with these raters."""
        async with self("lea") as lead:
            answer = await lead.post("/v1/assessments", json={**NEW, "reviewer": "rex", **other})
            assert answer.status_code == 201, answer.text
        path = f"/v1/assessments/{answer.json()['id']}"
        for rater in raters:
            await self.step("lea", f"{path}/raters", {"subject": rater})
        return path

    async def opened(self, *raters: str, **other: Any) -> str:
        """The path of an assessment that these raters are rating."""
        path = await self.drafted(*raters, **other)
        await self.step("lea", f"{path}/open-rating")
        return path

    async def rate(self, subject: str, path: str, ratings: Mapping[str, Any]) -> httpx.Response:
        """Rate as this subject; a bare level stands for a rating without a comment."""
        body = {
            cell: {"rating": told} if isinstance(told, int) or set(told) == {"na"} else told
            for cell, told in ratings.items()
        }
        async with self(subject) as caller:
            tag = (await caller.get(f"{path}/sheet")).headers.get("etag", '"0"')
            answer = await caller.patch(
                f"{path}/sheet", json={"ratings": body}, headers={"if-match": tag}
            )
        assert answer.status_code == 200, answer.text
        return answer

    async def submit(self, subject: str, path: str) -> None:
        """Declare this subject's sheet complete."""
        async with self(subject) as caller:
            tag = (await caller.get(f"{path}/sheet")).headers["etag"]
            answer = await caller.post(f"{path}/sheet/submit", headers={"if-match": tag})
        assert answer.status_code == 200, answer.text

    async def in_consensus(self, sheets: Mapping[str, Mapping[str, Any]], **other: Any) -> str:
        """The path of an assessment whose raters have submitted these sheets."""
        path = await self.opened(*sheets, **other)
        for rater, ratings in sheets.items():
            await self.rate(rater, path, ratings)
            await self.submit(rater, path)
        await self.step("lea", f"{path}/open-consensus")
        return path

    async def decide(
        self, path: str, cell: str, rating: Any, subject: str = "lea", **other: Any
    ) -> httpx.Response:
        """Decide a cell with its current ETag."""
        async with self(subject) as lead:
            here = f"{path}/decisions/{cell}"
            tag = (await lead.get(here)).headers.get("etag", '"0"')
            body = {"rating": rating, "rationale": "as the evidence shows", **other}
            return await lead.put(here, json=body, headers={"if-match": tag})

    async def rule(
        self, path: str, rater: str, cell: str, subject: str = "lea", *, approved: bool = True
    ) -> httpx.Response:
        """Rule on a rating that is not applicable, with its current ETag."""
        async with self(subject) as lead:
            here = f"{path}/ratings/{rater}/{cell}"
            tag = (await lead.get(here)).headers.get("etag", '"0"')
            said = {"approved": approved}
            return await lead.post(f"{here}/ruling", json=said, headers={"if-match": tag})

    async def decided(self, path: str, ratings: Mapping[str, Any]) -> None:
        """Decide every cell."""
        for cell, rating in ratings.items():
            answer = await self.decide(path, cell, rating)
            assert answer.status_code == 200, answer.text

    async def sealed(self, ratings: Mapping[str, Any], **other: Any) -> str:
        """The path of a sealed assessment in which one rater said this and all agreed."""
        path = await self.in_consensus({"ann": ratings}, **other)
        await self.finished(path, ratings)
        return path

    async def finished(self, path: str, ratings: Mapping[str, Any]) -> None:
        """Decide, review and seal what is in consensus."""
        await self.decided(path, ratings)
        await self.step("lea", f"{path}/open-review")
        await self.step("rex", f"{path}/confirm")
        await self.step("lea", f"{path}/seal")


def everything(level: int) -> dict[str, Any]:
    """This level in every cell."""
    return dict.fromkeys(CELLS, level)
