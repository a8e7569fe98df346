"""The embedded servers start from any folder, also where others may not walk."""

import shutil
from pathlib import Path

import pytest

from deploy.local import postgres
from deploy.local.postgres import Postgres, programs
from tests.conftest import free_port


def test_postgresql_starts_from_a_folder_that_only_its_owner_may_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    wheel = programs().parents[1]
    for folder in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        if folder.exists():
            shutil.copytree(folder, home / folder.name)
    copied = home / wheel.name / "pginstall18" / "bin"
    monkeypatch.setattr(postgres, "programs", lambda: copied)
    server = Postgres(home / "data", free_port(), home / "log", home)
    try:
        server.start()
        answered = server.child.ended is None
    finally:
        server.child.ask_to_stop()
        server.child.wait_or_kill(20)
    assert answered
    assert home.stat().st_mode & 0o777 == 0o700
