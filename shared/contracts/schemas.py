"""Frozen schemas: a contract may gain optional members, and nothing else; each keeps one sample."""

import json
from pathlib import Path
from typing import Any

from shared.contracts import (
    assessment,
    commitments,
    governance,
    reporting,
    service_levels,
    strategy,
)
from shared.contracts.event import Event

FOLDER = Path(__file__).parent / "frozen"
ASYNCAPI = Path(__file__).parents[2] / "docs" / "asyncapi.json"

PUBLISHERS = (assessment, commitments, governance, service_levels, strategy, reporting)


def contracts() -> list[type[Event]]:
    """Every event of the platform, by type."""
    found = [
        member
        for module in PUBLISHERS
        for member in vars(module).values()
        if isinstance(member, type) and issubclass(member, Event) and hasattr(member, "FACT")
    ]
    return sorted(found, key=lambda contract: contract.type())


def schema_path(contract: type[Event]) -> Path:
    return FOLDER / f"{contract.type()}.schema.json"


def sample_path(contract: type[Event]) -> Path:
    return FOLDER / f"{contract.type()}.sample.json"


def faults() -> list[str]:
    """What a consumer of the frozen contracts would trip over, and what has not been frozen yet."""
    found: list[str] = []
    for contract in contracts():
        path = schema_path(contract)
        if not path.exists():
            found.append(f"{contract.type()} is not frozen")
            continue
        frozen, live = json.loads(path.read_text("utf-8")), contract.model_json_schema()
        found += breaking(contract.type(), frozen, live)
        if not found and frozen != live:
            found.append(f"{contract.type()} has grown and is not frozen as it is now")
    if not found and (not ASYNCAPI.exists() or json.loads(ASYNCAPI.read_text()) != asyncapi()):
        found.append("docs/asyncapi.json does not describe the contracts as they are now")
    return found


def breaking(name: str, frozen: dict[str, Any], live: dict[str, Any]) -> list[str]:
    """Every change of a schema that is not an additional optional member."""
    found: list[str] = []
    for section in ("properties", "$defs"):
        for member, before in frozen.get(section, {}).items():
            after = live.get(section, {}).get(member)
            if after is None:
                found.append(f"{name}: {member} is gone")
            elif section == "$defs":
                found += breaking(f"{name}.{member}", before, after)
            elif _bare(before) != _bare(after):
                found.append(f"{name}: {member} has changed")
    before, after = set(frozen.get("required", [])), set(live.get("required", []))
    found += [f"{name}: {member} is required now" for member in sorted(after - before)]
    found += [f"{name}: {member} is no longer required" for member in sorted(before - after)]
    return found


def write() -> list[str]:
    """Freeze what is new and what has grown; returns what was refused because it would break."""
    FOLDER.mkdir(exist_ok=True)
    refused: list[str] = []
    for contract in contracts():
        path, live = schema_path(contract), contract.model_json_schema()
        if path.exists():
            refused += breaking(contract.type(), json.loads(path.read_text("utf-8")), live)
        if not refused:
            path.write_text(_text(live), "utf-8")
    if not refused:
        ASYNCAPI.parent.mkdir(exist_ok=True)
        ASYNCAPI.write_text(_text(asyncapi()), "utf-8")
    return refused


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document of every subject on the bus."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for contract in contracts():
        name = contract.__name__
        channels[name] = {
            "address": contract.subject("{tenant}"),
            "description": _described(contract),
            "parameters": {"tenant": {"description": "The tenant's code"}},
            "messages": {
                name: {
                    "name": contract.type(),
                    "contentType": "application/json",
                    "headers": _HEADERS,
                    "payload": {"schemaFormat": _FORMAT, "schema": contract.model_json_schema()},
                    "examples": [{"payload": json.loads(sample_path(contract).read_text("utf-8"))}],
                }
            },
        }
        operations[f"publish{name}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{name}"},
            "summary": f"Published by {contract.SERVICE}",
        }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "SEE Platform events", "version": "1"},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
    }


def _described(contract: type[Event]) -> str:
    said = (contract.__doc__ or "").strip()
    seen_by = ", ".join((*contract.READ_BY, "administrator"))
    return f"{said} In the live stream for {seen_by}." if contract.READ_BY else said


_FORMAT = "application/schema+json;version=draft-2020-12"
_HEADERS = {
    "type": "object",
    "description": "CloudEvents 1.0 attributes and the W3C trace context",
    "required": ["ce-specversion", "ce-id", "ce-source", "ce-type", "ce-time", "ce-subject"],
    "properties": {
        "ce-specversion": {"const": "1.0"},
        "ce-id": {"type": "string"},
        "ce-source": {"type": "string"},
        "ce-type": {"type": "string"},
        "ce-time": {"type": "string", "format": "date-time"},
        "ce-subject": {"type": "string", "description": "The aggregate"},
        "ce-sequence": {"type": "string", "description": "The aggregate's revision"},
        "traceparent": {"type": "string"},
    },
}


def _bare(schema: Any) -> Any:
    """The schema without its texts, which may change."""
    if isinstance(schema, dict):
        texts = ("description", "title", "examples")
        return {key: _bare(value) for key, value in schema.items() if key not in texts}
    return [_bare(each) for each in schema] if isinstance(schema, list) else schema


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
