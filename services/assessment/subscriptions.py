"""Bus in: which event leads to which operation."""

from collections.abc import Mapping

from services.assessment.operations import live_evidence
from shared.contracts.commitments import AttainmentMeasured
from shared.contracts.event import Event
from shared.contracts.strategy import KpiReadingRecorded
from shared.inbox import Handler

HANDLERS: Mapping[type[Event], Handler] = {
    AttainmentMeasured: live_evidence.keep_attainment,
    KpiReadingRecorded: live_evidence.keep_kpi_reading,
}
