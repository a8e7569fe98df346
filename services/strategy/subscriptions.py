"""Bus in: which event leads to which operation."""

from collections.abc import Mapping

from services.strategy import operations
from shared.contracts.commitments import AttainmentMeasured
from shared.contracts.event import Event
from shared.inbox import Handler

HANDLERS: Mapping[type[Event], Handler] = {AttainmentMeasured: operations.record_attainment}
