"""The shipped SEE-CMM model, once as a model and once as the document it is loaded from."""

from typing import Any

import pytest

from services.assessment import catalogue
from services.assessment.domain.model import Model
from tests.domain.assessment.documents import see_cmm_document


@pytest.fixture(scope="session")
def see_cmm() -> Model:
    return catalogue.shipped()["see-cmm"]


@pytest.fixture
def document() -> Any:
    return see_cmm_document()
