"""Whatever stands in a field of a definition: never a server error, never a half-write."""

import json
from typing import Any

from tests.builders import incident_process
from tests.conftest import Provide
from tests.services.commitments.test_agreements import (
    AGREEMENT,
    REQUIREMENT,
    SERVICE,
    known_people,
)
from tests.services.commitments.test_calendars import CHINA
from tests.services.commitments.test_promises import COMPLETE

HOSTILE: list[Any] = [
    None,
    "a\x00b",
    "\ud800",
    "x" * 5000,
    1e400,
    10**30,
    [None],
    [["00:00", "24:00"]] * 30,
    {},
    {"zh": "\x00", "en": "\ud800"},
    {"kind": "fixed", "amount": "NaN", "currency": "CNY"},
    {"kind": "excess", "amount": 1e300, "currency": "CNY", "per_seconds": 0},
    {"agreed_by": "x", "agreed_on": "0001-01-01"},
    {"first_on": "9999-12-31", "every_months": 60},
    "9999-12-31T23:59:59Z",
]
BODIES: dict[str, dict[str, Any]] = {
    "/v1/calendars": CHINA,
    "/v1/calendars/always/due": {"start": "2026-03-02T09:00", "working_seconds": 1, "version": 1},
    "/v1/calendars/always/elapsed": {"start": "2026-03-02T09:00", "end": "2026-03-03T09:00"},
    "/v1/services": SERVICE,
    "/v1/agreements": {**AGREEMENT, "service": "it-support", "terms": None, "requirements": []},
    "/v1/service-level-requirements": {**REQUIREMENT, "service": "it-support", "calendar": None},
    "/v1/promises": {
        **COMPLETE,
        "compensation": None,
        "service": None,
        "agreement": None,
        "tolerance_calendar": None,
        "below_floor_reason": None,
    },
}


async def test_no_value_of_any_field_breaks_an_operation_or_is_half_written(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        await known_people(client)
        for path, body in BODIES.items():
            for name in body:
                for place, value in enumerate(HOSTILE):
                    code = {"code": f"h{place}-{name}"} if "code" in body else {}
                    answer = await client.post(
                        path,
                        content=_json({**body, **code, name: value}),
                        headers={"content-type": "application/json"},
                    )
                    assert answer.status_code in (200, 201, 400, 409, 422), (path, name, value)
                    if answer.status_code == 422:
                        assert answer.json()["type"].endswith("validation-failed")
        left = await commitments.rows(
            "SELECT a.id FROM agreement a LEFT JOIN service s"
            " ON (s.tenant, s.code) = (a.tenant, a.service) WHERE s.code IS NULL"
        )
        lists = [path for path in BODIES if path.count("/") == 2]
        shown = [await client.get(path, params={"limit": "500"}) for path in lists]
    assert {answer.status_code for answer in shown} == {200}
    assert left == []


def _json(body: dict[str, Any]) -> bytes:
    """As a client in another language may write it: with NaN, and with half a surrogate pair."""
    return json.dumps(body).encode()
