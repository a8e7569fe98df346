"""Serving HTTP until told to stop: readiness goes first, then requests in flight finish."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import uvicorn
from starlette.types import ASGIApp

from shared.settings import ProcessSettings


class _Server(uvicorn.Server):
    """uvicorn that keeps serving for a while after SIGTERM, saying that it is not ready."""

    def __init__(self, config: uvicorn.Config, state: object, drain_seconds: float) -> None:
        super().__init__(config)
        self._state = state
        self._drain_seconds = drain_seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        already = getattr(self._state, "draining", False)
        self._state.draining = True  # type: ignore[attr-defined]
        if sig == signal.SIGTERM and self._drain_seconds and not already:
            loop = asyncio.get_running_loop()
            loop.call_later(self._drain_seconds, super().handle_exit, sig, frame)
        else:
            super().handle_exit(sig, frame)


def _exit(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


class ProbeServer(uvicorn.Server):
    """uvicorn within a process that handles its signals itself."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def config(app: ASGIApp, settings: ProcessSettings, port: int) -> uvicorn.Config:
    """How every HTTP listener of the platform is set up."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        # Longer than the gateway keeps idle connections: it never writes into a closed one.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=settings.stop_seconds,
    )


def serve(app: ASGIApp, state: object, settings: ProcessSettings) -> None:
    """Serve until SIGTERM or SIGINT; `state.draining` becomes true at the first signal."""
    # uvicorn raises the signal again when it has finished: a clean stop is exit status 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit)
    _Server(config(app, settings, settings.port), state, settings.drain_seconds).run()
