"""The wiring of the strategy service."""

from fastapi import FastAPI

from services.strategy.routes import ROUTERS
from services.strategy.settings import Settings
from services.strategy.subscriptions import HANDLERS
from shared.http import create_app as http_app
from shared.service import standing
from shared.worker import Worker

TAGS = {
    "tenants": "Organisations on the platform, administered by its operator",
    "users": "People and integrations of a tenant, and their roles",
    "organisation": "The tree of companies, branches, departments and positions",
    "kpis": "Key performance indicators and their readings",
}


def create_app(settings: Settings) -> FastAPI:
    """The HTTP side."""
    app = http_app(
        "strategy",
        title="Strategy",
        description="Organisation, users, KPIs and their readings.",
        routers=ROUTERS,
        lifespan=standing("strategy", settings),
        max_body_bytes=settings.max_body_bytes,
        tags=TAGS,
    )
    app.state.settings = settings
    return app


def create_worker(settings: Settings) -> Worker:
    """The bus side."""
    return Worker("strategy", settings, handlers=HANDLERS)
