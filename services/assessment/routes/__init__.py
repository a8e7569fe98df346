"""HTTP in: parse, call one operation, return."""

from fastapi import APIRouter

from services.assessment.routes import claims, live_evidence, models
from shared.dead_letters import dead_letters

ROUTERS: list[APIRouter] = [
    *models.ROUTERS,
    live_evidence.routes,
    claims.routes,
    dead_letters("assessment"),
]
