"""HTTP in: parse, call one operation, return."""

from fastapi import APIRouter

from services.assessment.routes import (
    aggregates,
    assessments,
    attachments,
    awards,
    campaigns,
    claims,
    consensus,
    erasure,
    evidence,
    live_evidence,
    models,
    rating_sheets,
    ratings,
    results,
    road_maps,
    statistics,
    trails,
    versions,
)
from shared.dead_letters import dead_letters

ROUTERS: list[APIRouter] = [
    *models.ROUTERS,
    # Before those that take any word behind /v1/assessments/ for an id.
    results.routes,
    assessments.routes,
    ratings.routes,
    rating_sheets.routes,
    road_maps.routes,
    consensus.consensus,
    consensus.seals,
    versions.routes,
    awards.awards,
    awards.certified,
    erasure.routes,
    live_evidence.routes,
    claims.routes,
    evidence.routes,
    evidence.downloads,
    attachments.routes,
    campaigns.routes,
    aggregates.routes,
    trails.routes,
    statistics.routes,
    dead_letters("assessment"),
]
