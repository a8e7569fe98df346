"""Rendering is kustomize's: its library when installed, else `kustomize` or `kubectl` from PATH."""

import asyncio
import importlib
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

Document = dict[str, Any]

PROGRAMS = (("kustomize", "build"), ("kubectl", "kustomize"))

HOW_TO = """nothing here can render the manifests. Either install the pinned library
    uv pip install --python-version 3.14 --no-deps --require-hashes -r deploy/k8s/kustomize.lock
or put kustomize 5 (https://kustomize.io) or kubectl 1.27, or newer, on PATH."""


class RenderingFailed(Exception):  # noqa: N818 - its text is what a person reads
    """The folder cannot be rendered; the text is the renderer's own."""


async def render(folder: Path) -> list[Document]:
    """The documents of a kustomization, complete with what it generates."""
    library = _library()
    text = await (_by_library(library, folder) if library else _by_program(folder))
    return [document for document in yaml.safe_load_all(text) if document]


def _library() -> ModuleType | None:
    """The library, where it is installed and has a build for this machine."""
    try:
        library = importlib.import_module("pykustomize")
    except ModuleNotFoundError:
        return None
    try:
        library.native_version()
    except library.KustomizeLibraryNotFound:
        return None
    return library


async def _by_library(library: ModuleType, folder: Path) -> str:
    try:
        result = await library.build(folder)
    except library.KustomizeError as error:
        raise RenderingFailed(str(error)) from error
    text: str = result.yaml
    return text


async def _by_program(folder: Path) -> str:
    command = next((each for each in PROGRAMS if shutil.which(each[0])), None)
    if command is None:
        raise RenderingFailed(HOW_TO)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, str(folder), stdout=pipe, stderr=pipe)
    out, err = await process.communicate()
    if process.returncode:
        raise RenderingFailed(f"{' '.join(command)}: {err.decode().strip()}")
    return out.decode()
