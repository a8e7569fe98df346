"""The sample's incident log, folded without the way through webhooks."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from deploy.local.sample import incidents
from services.commitments.operations.folding import fold_cases
from services.commitments.providers.mapping import EventMapping
from services.commitments.providers.paths import Delivered
from services.commitments.providers.reading import event
from tests.builders import incident_process, published
from tests.conftest import ServiceUnderTest
from tests.domain.commitments.incident_periods import WHOLE_CASE

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def promised_end_to_end(client: httpx.AsyncClient, **other: Any) -> dict[str, Any]:
    """A promise for the whole case, beside those of its nodes."""
    commitment, tolerance = (int(hours * 3600) for hours in WHOLE_CASE)
    whole = {
        "code": "end-to-end",
        "process": "incident",
        "segment": incidents.SEGMENT,
        "commitment_seconds": commitment,
        "tolerance_seconds": tolerance,
        "calendar": "always",
        "valid_from": "2016-01-01T00:00:00Z",
        "valid_until": "2028-01-01T00:00:00Z",
        "service": incidents.SERVICE["code"],
        "no_objective_reason": "The demonstration has no scorecard of its own.",
        "customer_agreement": {"agreed_by": "Users' council", "agreed_on": "2015-12-01"},
        **other,
    }
    return await published(client, whole)


async def load_sample(commitments: ServiceUnderTest, tenant: str = "demo") -> None:
    """The sample's definitions, a promise for the whole case, and every row of the log."""
    async with commitments.client(tenant) as client:
        await incident_process(client)
        await promised_end_to_end(client)
    await fold_rows(commitments, incidents.events(), tenant)


async def fold_rows(
    commitments: ServiceUnderTest, rows: list[dict[str, str]], tenant: str = "demo"
) -> None:
    """Fold these rows as if each had been a webhook."""
    mapping = EventMapping.model_validate(incidents.MAPPING)
    events = [(event(mapping, Delivered(row, {}), _key(row)), "dlv_sample") for row in rows]
    async with commitments.store.transaction(tenant) as session:
        await fold_cases(session, "incident", events, NOW)


def _key(row: Mapping[str, str]) -> str:
    return "\x1f".join(row.values())
