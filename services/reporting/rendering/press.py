"""A press is a process of its own that makes the files of a report, so no loop waits for it."""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

import rfc8785

from services.reporting.domain.attainment_report import document
from services.reporting.domain.document import fingerprint
from services.reporting.domain.facts import AttainmentFact, KpiReading, Source
from services.reporting.domain.scope import Scope


@dataclass(frozen=True, slots=True)
class Material:
    """What an attainment report is made from."""

    scope: Scope
    facts: Sequence[AttainmentFact]
    sources: Sequence[Source]
    readings: Sequence[KpiReading]


@dataclass(frozen=True, slots=True)
class Made:
    """The files of a report by format (pdf, html, json), and the hash of their one document."""

    document_hash: str
    files: Mapping[str, bytes]


class Press:
    """Starts its process with the first report, and a new one when that was lost."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._pool: ProcessPoolExecutor | None = None

    async def make(self, material: Material) -> Made:
        """Raises BrokenProcessPool when the process ends, as it does after its seconds."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                1, multiprocessing.get_context("spawn"), _end_with_parent
            )
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._pool, _made, material, self._seconds
            )
        except BrokenProcessPool:
            self._pool = None
            raise


def _made(material: Material, seconds: int) -> Made:
    # Only the press itself pays the half second and the memory that these libraries take.
    from services.reporting.rendering.html import render_html  # noqa: PLC0415
    from services.reporting.rendering.pdf import render_pdf  # noqa: PLC0415

    made = document(material.scope, material.facts, material.sources, material.readings)
    # Layout cannot be interrupted from within: the alarm's default action ends the process.
    signal.alarm(seconds)
    try:
        pages = {"pdf": render_pdf(made), "html": render_html(made)}
    finally:
        signal.alarm(0)
    return Made(fingerprint(made), {**pages, "json": rfc8785.dumps(made)})  # type: ignore[arg-type]


def _end_with_parent() -> None:
    # Ctrl-C in a terminal reaches this process too; the worker lets it finish its report.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    # A press whose worker was killed would wait for work for ever.
    threading.Thread(target=follow, daemon=True).start()
