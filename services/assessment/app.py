"""The wiring of the assessment service."""

from fastapi import FastAPI

from services.assessment.routes import ROUTERS
from services.assessment.schedule import steps
from services.assessment.settings import Settings
from services.assessment.subscriptions import HANDLERS
from shared.http import create_app as http_app
from shared.service import standing
from shared.worker import Worker

TAGS = {
    "models": "Maturity models as data, and scores against them",
    "assessments": "Units rated against a model, from draft to seal",
    "ratings": "What raters say on their own; nobody else sees it until consensus opens",
    "consensus": "Cells discussed and decided, and the review of what was decided",
    "seals": "Scores of assessments, and what a sealed one is bound to for ever",
    "awards": "Sealed assessments that apply, are examined without conflicts, and decided",
    "certificates": "What was certified, verifiable down to the seal",
    "erasure": "What concerns a person goes when its time has come, or on request",
    "live-evidence": "Measured series that claims are checked against",
    "campaigns": "Assessments of many units at once: invitations, deadline, progress, results",
    "road-maps": "Steps to a target by gain for effort, and the maturity report card",
    "results": "Sealed results compared, over periods, and as a distribution",
    "statistics": "Agreement of raters",
    "audit-trails": "Who changed what and when, before and after, as chains of hashes",
    "evidence": "Files, links and claims behind ratings",
}

_FORM_BYTES = 64 * 1024
"""What the form around an uploaded file may take."""


def create_app(settings: Settings) -> FastAPI:
    """The HTTP side."""
    app = http_app(
        "assessment",
        title="Assessment",
        description="Models, scores of ratings against them, and live evidence.",
        routers=ROUTERS,
        lifespan=standing("assessment", settings),
        max_body_bytes=settings.max_body_bytes,
        tags=TAGS,
        uploads={"/v1/evidence": settings.evidence_max_bytes + _FORM_BYTES},
    )
    app.state.settings = settings
    return app


def create_worker(settings: Settings) -> Worker:
    """The bus and time side."""
    return Worker("assessment", settings, handlers=HANDLERS, steps=steps())
