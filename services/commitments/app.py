"""The wiring of the commitments service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from services.commitments.intake import Intake
from services.commitments.operations.backlogs import backlogs
from services.commitments.operations.subscribing import notify_subscribers
from services.commitments.routes import ROUTERS
from services.commitments.routes.hooks import Directory
from services.commitments.schedule import steps
from services.commitments.settings import Settings
from services.commitments.subscriptions import HANDLERS
from shared.http import create_app as http_app
from shared.service import standing
from shared.worker import Worker

FOLLOWERS = (notify_subscribers,)

TAGS = {
    "calendars": "Opening hours, and what is due and elapsed in them",
    "definitions": "Processes",
    "integrations": "Ticketing tools: their secrets, and how their payloads are read",
    "promises": "Promises, drafted, checked and published version by version",
    "agreements": "Services, agreements about them, and the requirements that came before",
    "imports": "Histories from files, read like webhooks",
    "webhooks": "What ticketing tools push, stored as it came",
    "commitments": "Cases and node runs, at any instant",
    "attainment": "How the runs of a period stand against their promises, and what follows",
    "subscriptions": "Outgoing webhooks, what was delivered and what was not",
    "alerts": "Thresholds reached in progress, who is told of them, and how they were answered",
    "corrections": "Corrections of a case by hand, and erasure of personal data",
    "people": "People, positions and departments, and who is in which office at any instant",
    "governance": "The process map, owners, self-checks, spot-checks, penalties, change requests",
    "service quality": "Service reviews, improvement plans and their actions, quality plans",
}


def create_app(settings: Settings) -> FastAPI:
    """The HTTP side, with the intake that stores webhooks."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with standing("commitments", settings, FOLLOWERS)(app):
            app.state.intake = Intake(app.state.store)
            app.state.directory = Directory(app.state.store)
            writing = asyncio.create_task(app.state.intake.run())
            yield
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing

    app = http_app(
        "commitments",
        title="Commitments",
        description="Promises, node clocks, states, alerts and attainment.",
        routers=ROUTERS,
        lifespan=lifespan,
        max_body_bytes=settings.max_body_bytes,
        tags=TAGS,
        streams={"/v1/imports": settings.max_import_bytes},
    )
    app.state.settings = settings
    return app


def create_worker(settings: Settings) -> Worker:
    """The bus and time side."""
    return Worker(
        "commitments",
        settings,
        handlers=HANDLERS,
        steps=steps(settings),
        followers=FOLLOWERS,
        look=backlogs,
    )
