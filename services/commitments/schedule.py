"""Time in: what wakes up when."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from services.commitments.channels import Channels
from services.commitments.channels.mail import Mailer
from services.commitments.dispatcher import Dispatcher
from services.commitments.operations.alert_sweeps import sweep_alerts
from services.commitments.operations.alerts import alert_passed_limits, seconds_to_next
from services.commitments.operations.calendar_gaps import recheck_published
from services.commitments.operations.deliveries import fold_pending
from services.commitments.operations.escalation import BATCH as ESCALATION_BATCH
from services.commitments.operations.escalation import escalate_due
from services.commitments.operations.late_days import charge_passed_deadlines
from services.commitments.operations.measures import measure_attainment
from services.commitments.operations.mending import mend_calendar_gap
from services.commitments.operations.notification_retention import forget_old_notifications
from services.commitments.operations.ownership import tell_owner_conflicts
from services.commitments.operations.payloads import remove_old_payloads
from services.commitments.operations.restatements import restate_pending
from services.commitments.operations.waking import wake_next
from services.commitments.settings import Settings
from shared.store import Store
from shared.worker import IDLE_SECONDS, Step

MEASURE_SECONDS = 2.0
RESTATE_SECONDS = 1.0
RETENTION_SECONDS = 600.0
RECHECK_SECONDS = 3600.0
MEND_SECONDS = 2.0
ESCALATE_SECONDS = 0.5
SWEEP_SECONDS = 0.5
CHARGE_SECONDS = 30.0
WAKE_SECONDS = 2.0
LONGEST_SLEEP_SECONDS = 1.0
"""An alert's instant may be stored while the worker sleeps; it is noticed within this time."""


def steps(settings: Settings) -> Mapping[str, Step]:
    """The loops of the commitments worker."""

    async def fold_deliveries(store: Store) -> float:
        now = datetime.now(UTC)
        alerts_since = now - timedelta(seconds=settings.alert_max_age_seconds)
        folded = await fold_pending(store, settings.fold_batch, now, alerts_since)
        # What arrives while a small batch rests is folded with it, for the price of one batch.
        return 0 if folded == settings.fold_batch else IDLE_SECONDS

    async def measure(store: Store) -> float:
        # Marks gather for a moment, so that a burst of events is measured once.
        # A call measures a batch of one tenant; the next takes what remains, of whichever tenant.
        while await measure_attainment(store, datetime.now(UTC)):
            pass
        return MEASURE_SECONDS

    return {
        "fold_deliveries": fold_deliveries,
        "measure": measure,
        **_alerting(settings),
        **_upkeep(settings),
    }


def _alerting(settings: Settings) -> Mapping[str, Step]:
    """The loops that raise alerts, tell people of them, and deliver what they are told."""

    async def alert(store: Store) -> float:
        now = datetime.now(UTC)
        if await alert_passed_limits(store, now):
            return 0
        return await seconds_to_next(store, now, LONGEST_SLEEP_SECONDS)

    async def escalate(store: Store) -> float:
        now = datetime.now(UTC)
        mails = settings.smtp_url is not None
        taken = await escalate_due(store, now, settings.public_url, mails=mails)
        return 0 if taken == ESCALATION_BATCH else ESCALATE_SECONDS

    async def sweep(store: Store) -> float:
        now = datetime.now(UTC)
        alerts_since = now - timedelta(seconds=settings.alert_max_age_seconds)
        return 0 if await sweep_alerts(store, alerts_since) else SWEEP_SECONDS

    mailer = None
    if settings.smtp_url is not None:
        mailer = Mailer(settings.smtp_url.get_secret_value(), settings.mail_from)
    channels = Channels(allow_private=settings.allow_private_targets, mailer=mailer)
    dispatcher = Dispatcher(channels)
    loops = {"alert": alert, "escalate": escalate, "sweep": sweep}
    return {**loops, "dispatch": dispatcher.dispatch}


def _upkeep(settings: Settings) -> Mapping[str, Step]:
    """The loops that judge anew what has been changed, and remove what is too old to keep."""

    async def restate(store: Store) -> float:
        return 0 if await restate_pending(store, datetime.now(UTC)) else RESTATE_SECONDS

    async def remove_payloads(store: Store) -> float:
        more = await remove_old_payloads(store, datetime.now(UTC), settings.payload_days)
        return 0 if more else RETENTION_SECONDS

    async def forget_notifications(store: Store) -> float:
        days = settings.notification_days
        more = await forget_old_notifications(store, datetime.now(UTC), days)
        return 0 if more else RETENTION_SECONDS

    async def recheck_years(store: Store) -> float:
        # A newer package of holidays comes with a newer worker: its first turn is what counts.
        async with store.queue() as session:
            await recheck_published(session)
        return RECHECK_SECONDS

    async def mend(store: Store) -> float:
        now = datetime.now(UTC)
        alerts_since = now - timedelta(seconds=settings.alert_max_age_seconds)
        return 0 if await mend_calendar_gap(store, now, alerts_since) else MEND_SECONDS

    return {
        "restate": restate,
        "remove_payloads": remove_payloads,
        "forget_notifications": forget_notifications,
        "recheck_years": recheck_years,
        "mend": mend,
        "charge": _charging(settings),
        "wake": _waking(settings),
    }


def _charging(settings: Settings) -> Step:
    async def charge(store: Store) -> float:
        while await charge_passed_deadlines(store, datetime.now(UTC)):
            pass
        if settings.smtp_url is not None:
            await tell_owner_conflicts(store, datetime.now(UTC))
        return CHARGE_SECONDS

    return charge


def _waking(settings: Settings) -> Step:
    async def wake(store: Store) -> float:
        mails = settings.smtp_url is not None
        return 0 if await wake_next(store, datetime.now(UTC), mails=mails) else WAKE_SECONDS

    return wake
