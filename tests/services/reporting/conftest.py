"""A reporting service with a fresh database, and one that has heard of a process."""

from collections.abc import AsyncIterator, Iterator

import pytest

from deploy.local.children import Child
from tests.conftest import Provide, ServiceUnderTest
from tests.services.reporting.published import arrives, history


@pytest.fixture
async def reporting(service: Provide) -> AsyncIterator[ServiceUnderTest]:
    async with service("reporting") as started:
        yield started


@pytest.fixture
async def informed(reporting: ServiceUnderTest) -> ServiceUnderTest:
    """A service that has heard of the incident process of the tenant `demo`."""
    for event in history():
        await arrives(reporting, event)
    return reporting


@pytest.fixture
def workers() -> Iterator[list[Child]]:
    """Workers that a test has started; whatever still runs is stopped."""
    started: list[Child] = []
    yield started
    for worker in started:
        worker.ask_to_stop()
        worker.wait_or_kill(20)
