"""Bus in: which event leads to which operation."""

from collections.abc import Mapping

from services.assessment import operations
from shared.contracts.commitments import AttainmentMeasured
from shared.contracts.event import Event
from shared.contracts.strategy import KpiReadingRecorded
from shared.inbox import Handler

HANDLERS: Mapping[type[Event], Handler] = {
    AttainmentMeasured: operations.keep_attainment,
    KpiReadingRecorded: operations.keep_kpi_reading,
}
