"""HTTP in: parse, call one operation, return."""

from fastapi import APIRouter

from services.commitments.routes import (
    advice,
    agreements,
    alert_rules,
    alerts,
    attainment,
    blame,
    calendars,
    cases,
    compensations,
    corrections,
    definitions,
    hooks,
    imports,
    integrations,
    people,
    process_map,
    promises,
    restatements,
    status_table,
    subscriptions,
    violations,
)
from shared.dead_letters import dead_letters

ROUTERS: list[APIRouter] = [
    calendars.routes,
    definitions.routes,
    promises.routes,
    agreements.routes,
    integrations.routes,
    hooks.routes,
    hooks.deliveries,
    imports.routes,
    cases.routes,
    corrections.routes,
    attainment.routes,
    status_table.routes,
    restatements.routes,
    advice.routes,
    blame.routes,
    compensations.routes,
    people.routes,
    alerts.routes,
    alert_rules.routes,
    process_map.routes,
    violations.routes,
    subscriptions.routes,
    dead_letters("commitments"),
]
