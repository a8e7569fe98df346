"""`python -m gateway serve | token | openapi`."""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from gateway import development
from gateway.app import create_app
from gateway.domain.compatibility import breaking
from gateway.domain.composition import CompositionError
from gateway.fragments import Surface
from gateway.settings import GatewaySettings
from gateway.surface import platform
from shared import telemetry
from shared.identity import Role
from shared.serving import serve

PLATFORM = "platform"
"""The name of the composed document's snapshot beside those of the services."""


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m gateway")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="answer requests")
    token = commands.add_parser("token", help="print a token of the development issuer")
    token.add_argument("--tenant", required=True)
    token.add_argument("--role", default=Role.VIEWER, help="several with commas between them")
    token.add_argument("--subject", default="developer")
    token.add_argument("--ttl", type=int, default=8 * 3600, help="seconds")
    openapi = commands.add_parser("openapi", help="write the services' documents and the composed")
    mode = openapi.add_mutually_exclusive_group()
    mode.add_argument(
        "--check", action="store_true", help="write nothing; fail if any would change"
    )
    mode.add_argument("--breaking", action="store_true", help="write what breaks clients, too")
    arguments = parser.parse_args()
    settings = GatewaySettings()
    if arguments.command == "serve":
        telemetry.configure("gateway-serve", settings.log_level, settings.otlp_endpoint)
        gateway = create_app(settings)
        serve(gateway, gateway, settings)
    elif arguments.command == "token":
        print_token(settings, arguments)
    elif faults := snapshots(settings, check=arguments.check, accepted=arguments.breaking):
        sys.exit("\n".join(f"gateway: {fault}" for fault in faults))


def print_token(settings: GatewaySettings, arguments: argparse.Namespace) -> None:
    """A token signed by the development issuer, on standard output."""
    if not settings.development:
        sys.exit("gateway: tokens are issued in development only (GATEWAY_DEVELOPMENT=true)")
    roles = [role.strip() for role in arguments.role.split(",") if role.strip()]
    if unknown := set(roles) - set(Role):
        sys.exit(
            f"gateway: no such role: {', '.join(sorted(unknown))}; there are {', '.join(Role)}"
        )
    signed = development.token(
        development.key(settings.development_folder),
        audience=settings.audience,
        tenant=arguments.tenant,
        roles=roles,
        subject=arguments.subject,
        seconds=arguments.ttl,
    )
    sys.stdout.write(signed + "\n")


def snapshots(settings: GatewaySettings, *, check: bool, accepted: bool) -> list[str]:
    """Write the snapshots, or check them; what is wrong, whereupon nothing has been written.

    Breaking changes are wrong unless they are accepted.
    """
    try:
        documents = live_documents(settings.upstreams)
    except CompositionError as error:
        return list(error.faults)
    if check:
        return drift(documents, settings.snapshots)
    if not accepted and (found := broken(documents, settings.snapshots)):
        return [*found, "nothing is written; --breaking accepts these changes"]
    write(documents, settings.snapshots)
    return []


def live_documents(services: Iterable[str]) -> dict[str, Any]:
    """What every service of this working copy says, and `platform`, composed of that."""
    with ThreadPoolExecutor() as pool:
        fragments = dict(zip(services, pool.map(described, services), strict=True))
    return fragments | {PLATFORM: json.loads(Surface.of(fragments, platform()).body)}


def described(service: str) -> Any:
    """The document of a service as its own process writes it: the gateway imports no service."""
    command = (sys.executable, "-m", f"services.{service}", "openapi")
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        sys.exit(f"gateway: {' '.join(command[1:])} failed\n{done.stderr}")
    return json.loads(done.stdout)


def write(documents: Mapping[str, Any], folder: Path) -> None:
    """One snapshot per document; indented and sorted, so that a change is easy to review."""
    for name, document in documents.items():
        _snapshot(folder, name).write_text(_text(document), encoding="utf-8")


def drift(documents: Mapping[str, Any], folder: Path) -> list[str]:
    """Which snapshots differ from the documents, and what would break."""
    drifted = [
        name for name, document in documents.items() if _held(folder, name) != _text(document)
    ]
    faults = [f"{name}.json has drifted; `make openapi` writes it" for name in drifted]
    return faults + (broken(documents, folder) if PLATFORM in drifted else [])


def broken(documents: Mapping[str, Any], folder: Path) -> list[str]:
    """What breaks for clients of the composed document's snapshot; nothing if there is none yet."""
    held = _held(folder, PLATFORM)
    if held is None:
        return []
    try:
        before = json.loads(held)
    except ValueError as error:
        return [f"{PLATFORM}.json cannot be read: {error}"]
    return [f"breaking: {fault}" for fault in breaking(before, documents[PLATFORM])]


def _held(folder: Path, name: str) -> str | None:
    path = _snapshot(folder, name)
    return path.read_text(encoding="utf-8") if path.exists() else None


def _snapshot(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"


def _text(document: object) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    main()
