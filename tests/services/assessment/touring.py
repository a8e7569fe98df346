"""One way through every changing operation of the service, watched at each step."""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.services.assessment.assessors import People

CARRIES_ITS_REVISION = "upload_rating_sheet"
"""A workbook says which revision of the sheet it was written at; If-Match may say another."""


@dataclass
class Tour:
    """What happened when each operation was asked: by operation id.

    `refused` holds the status codes without and with a stale If-Match, `noted` the entries that
    the trail gained by the change itself.
    """

    people: People
    refused: dict[str, tuple[int, int]] = field(default_factory=dict)
    noted: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    callers: set[str] = field(default_factory=set)

    async def change(
        self, subject: str, method: str, path: str, home: str = "", **said: Any
    ) -> Any:
        """Change something, based on the ETag of `home` where the operation asks for one.

        What is JSON goes in as `json`; `role` is that of the caller.
        """
        role = said.pop("role", None)
        operation, guarded = self._operation(method, path)
        self.callers.add(subject)
        async with self.people(subject, *([role] if role else [])) as caller:
            headers = {}
            if guarded:
                found = await caller.get(home or "/".join(path.split("/")[:4]))
                headers = {"if-match": found.headers.get("etag", '"0"')}
                bare = await caller.request(method, path, **said)
                stale = await caller.request(method, path, headers={"if-match": '"999"'}, **said)
                self.refused[operation] = (bare.status_code, stale.status_code)
            known = await self._trail()
            answer = await caller.request(method, path, headers=headers, **said)
        assert answer.is_success, f"{operation}: {answer.text}"
        now = await self._trail()
        self.noted[operation] = [each for id_, each in now.items() if id_ not in known]
        return answer.json() if answer.content else None

    async def _trail(self) -> dict[str, dict[str, Any]]:
        rows = await self.people.service.rows("SELECT * FROM assessment_audit ORDER BY id")
        return {row["id"]: dict(row) for row in rows}

    def _operation(self, method: str, path: str) -> tuple[str, bool]:
        for template, operations in self.people.service.app.openapi()["paths"].items():
            pattern = re.sub(r"\{\w+\}", "[^/]+", template)
            found = operations.get(method.lower())
            if found and re.fullmatch(pattern, path):
                names = {each["name"] for each in found.get("parameters", ())}
                operation = str(found["operationId"])
                return operation, "If-Match" in names and operation != CARRIES_ITS_REVISION
        raise AssertionError(f"no operation: {method} {path}")
