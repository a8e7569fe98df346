"""Bus in: which event leads to which operation."""

from collections.abc import Mapping

from services.reporting.operations import copies
from shared.contracts.commitments import AttainmentMeasured, ProcessDefined
from shared.contracts.event import Event
from shared.contracts.strategy import KpiReadingRecorded, OrganisationUnitChanged, TenantChanged
from shared.inbox import Handler

HANDLERS: Mapping[type[Event], Handler] = {
    AttainmentMeasured: copies.record_attainment,
    ProcessDefined: copies.record_process,
    KpiReadingRecorded: copies.record_kpi_reading,
    OrganisationUnitChanged: copies.record_organisation_unit,
    TenantChanged: copies.record_tenant,
}
