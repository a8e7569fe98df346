"""The check of everything deployed: rendered, held against the real schemas, then against rules."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import kubernetes_validate

from deploy.k8s import environment, pods, wiring
from deploy.k8s.manifests import Manifests
from deploy.k8s.render import RenderingFailed, render

HERE = Path(__file__).parent

KUBERNETES = "1.34"
"""The oldest version that the manifests are for; the first with preStop sleep for good."""


def installations() -> list[Path]:
    """The base, and every overlay."""
    overlays = HERE.glob("overlays/*/kustomization.yaml")
    return [HERE / "base", *sorted(overlay.parent for overlay in overlays)]


def faults(manifests: Manifests) -> Iterator[str]:
    """One line for each schema or rule that these manifests break."""
    yield from schemas(manifests)
    yield from rules(manifests)


def rules(manifests: Manifests) -> Iterator[str]:
    """What the schemas of Kubernetes cannot say: each pod, then all together."""
    for workload in manifests.workloads:
        yield from pods.faults(workload)
    yield from wiring.faults(manifests)
    yield from environment.faults(manifests)


def schemas(manifests: Manifests) -> Iterator[str]:
    """The first thing that Kubernetes would refuse of each document."""
    for document in manifests.documents:
        name = f"{document['kind']} {document['metadata']['name']}"
        try:
            kubernetes_validate.validate(document, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            place = ".".join(str(step) for step in error.absolute_path)
            yield f"{name}: {place}: {error.message}"
        except kubernetes_validate.SchemaNotFoundError as error:
            yield f"{name}: {error.message}"


async def check(folder: Path) -> list[str]:
    """Every fault of one base or overlay, in words."""
    try:
        documents = await render(folder)
    except RenderingFailed as error:
        return [str(error)]
    return list(faults(Manifests(documents, complete=folder.parent.name == "overlays")))


async def main() -> int:
    """Print every fault of every installation; 1 if there is any."""
    failed = 0
    for folder in installations():
        found = await check(folder)
        failed |= bool(found)
        where = folder.relative_to(HERE)
        lines = [f"deploy/k8s/{where}: {fault}\n" for fault in found]
        sys.stdout.writelines(lines or [f"deploy/k8s/{where}: sound\n"])
    return failed


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
