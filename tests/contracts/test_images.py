"""The images: one per process root, of this version, from the one lock."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
ROOTS = ("gateway", "assessment", "commitments", "strategy", "reporting")


def test_every_image_carries_the_version_of_the_project() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    base = yaml.safe_load((ROOT / "deploy" / "k8s" / "base" / "kustomization.yaml").read_text())

    assert {image["name"]: image["newTag"] for image in base["images"]} == {
        f"see-platform/{root}": version for root in ROOTS
    }


def test_every_image_holds_shared_and_one_root() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    stages = re.split(r"^FROM ", dockerfile, flags=re.MULTILINE)
    copied = {
        stage.split()[2]: re.findall(r"^COPY (?!--from)(\S+/) ", stage, flags=re.MULTILINE)
        for stage in stages
        if stage.startswith("platform AS ")
    }

    assert copied == {
        root: ["gateway/" if root == "gateway" else f"services/{root}/"] for root in ROOTS
    }
    assert dockerfile.count("COPY shared/ shared/\n") == 1


def test_images_are_installed_by_the_uv_of_the_lock() -> None:
    uv = re.search(r"^uv==(\S+)", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE)

    assert uv
    assert f"--from=astral/uv:{uv[1]} " in (ROOT / "Dockerfile").read_text()
