"""A fresh assessment service and the people of its story."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Provide
from tests.services.assessment.assessors import People


@pytest.fixture
async def people(service: Provide) -> AsyncIterator[People]:
    async with service("assessment") as started:
        yield People(started)
