"""Bus in: which event leads to which operation."""

from collections.abc import Mapping

from services.reporting import operations
from shared.contracts.commitments import AttainmentMeasured, ProcessDefined
from shared.contracts.event import Event
from shared.contracts.strategy import KpiReadingRecorded, OrganisationUnitChanged, TenantChanged
from shared.inbox import Handler

HANDLERS: Mapping[type[Event], Handler] = {
    AttainmentMeasured: operations.record_attainment,
    ProcessDefined: operations.record_process,
    KpiReadingRecorded: operations.record_kpi_reading,
    OrganisationUnitChanged: operations.record_organisation_unit,
    TenantChanged: operations.record_tenant,
}
