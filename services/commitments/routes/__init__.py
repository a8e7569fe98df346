"""HTTP in: parse, call one operation, return."""

from fastapi import APIRouter

from services.commitments.routes import cases, definitions, hooks, people
from shared.dead_letters import dead_letters

ROUTERS: list[APIRouter] = [
    definitions.routes,
    hooks.routes,
    hooks.deliveries,
    cases.routes,
    people.routes,
    dead_letters("commitments"),
]
