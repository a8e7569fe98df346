"""`python -m gateway serve | token | openapi`."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from gateway import development
from gateway.app import create_app
from gateway.fragments import Surface
from gateway.settings import GatewaySettings
from gateway.surface import platform
from shared import telemetry
from shared.identity import Role
from shared.serving import serve


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
    commands.add_parser("openapi", help="write the services' snapshots and the composed document")
    arguments = parser.parse_args()
    settings = GatewaySettings()
    if arguments.command == "serve":
        telemetry.configure("gateway-serve", settings.log_level, settings.otlp_endpoint)
        gateway = create_app(settings)
        serve(gateway, gateway, settings)
    elif arguments.command == "token":
        print_token(settings, arguments)
    else:
        write_snapshots(settings)


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


def write_snapshots(settings: GatewaySettings) -> None:
    """Ask every service of this working copy for its document; write it and the composed one."""
    fragments = {}
    for service in settings.upstreams:
        fragments[service] = json.loads(described(service))
        _write(settings.snapshots / f"{service}.json", fragments[service])
    _write(settings.snapshots / "platform.json", json.loads(Surface.of(fragments, platform()).body))


def described(service: str) -> str:
    """The document of a service as its own process writes it: the gateway imports no service."""
    command = (sys.executable, "-m", f"services.{service}", "openapi")
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603


def _write(path: Path, document: object) -> None:
    text = json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
