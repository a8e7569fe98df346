"""Bus in: which event leads to which operation."""

from collections.abc import Mapping

from services.commitments.operations.tenants import record_tenant
from shared.contracts.event import Event
from shared.contracts.strategy import TenantChanged
from shared.inbox import Handler

HANDLERS: Mapping[type[Event], Handler] = {TenantChanged: record_tenant}
