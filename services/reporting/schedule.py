"""Time in: what wakes up when."""

from collections.abc import Mapping
from datetime import timedelta

import structlog

from services.reporting.operations import making
from services.reporting.rendering.press import Press
from services.reporting.settings import Settings
from shared.store import Store
from shared.worker import Step

log = structlog.get_logger()

POLL_SECONDS = 0.5


def steps(settings: Settings) -> Mapping[str, Step]:
    """The loops of the reporting worker."""
    press = Press(settings.lease_seconds)
    lease = timedelta(seconds=settings.lease_seconds)

    async def make_reports(store: Store) -> float:
        report = await making.claim_report(store, lease)
        if report is None:
            return POLL_SECONDS
        try:
            made = await press.make(await making.material(store, report))
        except Exception:
            log.exception("report_not_made", report=report.id, attempt=report.attempts)
            await making.return_report(store, report)
        else:
            await making.finish_report(store, report, made)
        return 0

    return {"make_reports": make_reports}
