"""Child processes: started with their own log, watched, and stopped by process id."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil


class LocalRunFailed(Exception):  # noqa: N818 - its text is the one line that a person reads
    """The platform cannot run here; the text says why in one line."""


@dataclass
class Child:
    """One process of the platform."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started: float = field(default=0.0, init=False)

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches it in our order only."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - the commands are our own
                self.command,
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started = time.monotonic()

    @property
    def ended(self) -> int | None:
        """The exit status, or None while it runs."""
        return None if self.process is None else self.process.poll()

    def epitaph(self) -> str:
        """How it ended, in one line, with the last thing it said."""
        status = self.ended
        how = f"was killed ({signal.Signals(-status).name})" if status and status < 0 else "ended"
        lines = self.log.read_text(errors="replace").strip().splitlines()
        said = f": {lines[-1][:300]}" if lines and status and status > 0 else ""
        return f"{self.name} {how} (status {status}){said} [{self.log}]"

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)

    def wait_or_kill(self, seconds: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def remember(children: Sequence[Child], path: Path) -> None:
    """Write down the process ids, for a next start after this one was killed."""
    pids = [str(child.process.pid) for child in children if child.process]
    path.write_text("\n".join(pids))


def end_leftovers(path: Path, data: Path) -> None:
    """End what a killed run left behind: only processes it wrote down, that still are ours."""
    if not path.exists():
        return
    left = [p for pid in path.read_text().split() if (p := _ours(int(pid), data))]
    for process in reversed(left):
        process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=15)
    for process in stubborn:
        process.kill()
    path.unlink()


def _ours(pid: int, data: Path) -> psutil.Process | None:
    """The process, unless its id now belongs to somebody else."""
    try:
        process = psutil.Process(pid)
        environment = process.environ()
    except psutil.Error:
        return None
    return process if environment.get("SEE_RUN_DATA") == str(data) else None
