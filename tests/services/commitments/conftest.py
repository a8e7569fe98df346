"""What tests of several subjects of the service ask for."""

from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller

from tests.conftest import free_port
from tests.services.commitments.mail_server import Mailbox


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    """A mail server of this machine, and its address."""
    kept = Mailbox()
    port = free_port()
    server = Controller(kept, hostname="127.0.0.1", port=port)
    server.start()
    yield kept, f"smtp://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Targets on this machine are allowed, as a setting can say."""
    monkeypatch.setenv("COMMITMENTS_ALLOW_PRIVATE_TARGETS", "true")
