"""The wiring of the reporting service."""

from fastapi import FastAPI

from services.reporting.routes import ROUTERS
from services.reporting.schedule import steps
from services.reporting.settings import Settings
from services.reporting.subscriptions import HANDLERS
from shared.http import create_app as http_app
from shared.service import standing
from shared.worker import Worker

TAGS = {
    "reports": "Reports to sign and send, made from the platform's events",
}


def create_app(settings: Settings) -> FastAPI:
    """The HTTP side."""
    app = http_app(
        "reporting",
        title="Reporting",
        description="Reports on commitment attainment, their files and their sources.",
        routers=ROUTERS,
        lifespan=standing("reporting", settings),
        max_body_bytes=settings.max_body_bytes,
        tags=TAGS,
    )
    app.state.settings = settings
    return app


def create_worker(settings: Settings) -> Worker:
    """The bus side, and the making of reports."""
    return Worker("reporting", settings, handlers=HANDLERS, steps=steps(settings))
