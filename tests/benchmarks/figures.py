"""Timing: the fastest of several turns, because everything else on a machine only adds."""

import sys
import time
from collections.abc import Callable
from typing import Any

TURNS = 5


def seconds(work: Callable[[], Any], turns: int = TURNS) -> float:
    """The fastest of so many turns."""
    fastest = float("inf")
    for _ in range(turns):
        began = time.perf_counter()
        work()
        fastest = min(fastest, time.perf_counter() - began)
    return fastest


def show(what: str, figure: str, ratio: float | None = None, baseline: str = "") -> None:
    """One line: the figure, and how it stands to its baseline."""
    against = "" if ratio is None else f"   {ratio:8.3g} x  {baseline}"
    sys.stdout.write(f"{what:<46} {figure:>18}{against}\n")
    sys.stdout.flush()
