"""A process that is told too little, or nonsense, ends with one line that names the setting."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("command", "environment", "named"),
    [
        ("serve", {}, "COMMITMENTS_INTERNAL_PUBLIC_KEY_FILE"),
        ("migrate", {}, "COMMITMENTS_MIGRATION_DATABASE_URL"),
        ("work", {"COMMITMENTS_PORT": "high"}, "COMMITMENTS_PORT"),
    ],
)
def test_a_process_that_cannot_start_names_the_setting_that_it_lacks(
    command: str, environment: dict[str, str], named: str, tmp_path: Path
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "services.commitments", command],
        env={"PYTHONPATH": str(ROOT), **environment},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"commitments: {named}: ")
    assert ended.stderr.count("\n") == 1
