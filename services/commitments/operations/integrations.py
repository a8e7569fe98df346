"""Integrations: a mapping is checked against the process that it feeds, and every fault listed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from services.commitments import tables
from services.commitments.domain.process import Process
from services.commitments.domain.vocabulary import vocabulary
from services.commitments.providers import PROVIDERS
from services.commitments.providers.mapping import EventMapping, GivenMapping
from services.commitments.queries import definitions
from services.commitments.queries import deliveries as queries
from services.commitments.schemas import integrations as schemas
from shared.http import require_match
from shared.ids import new_id
from shared.problems import FieldError, at_pointer, invalid
from shared.store import Session
from shared.validation import field_errors, pointer

Plain = Mapping[str, Any]
M = TypeVar("M", bound=BaseModel)

_OWN = ("process", "name")
"""What a mapping may hold that belongs to the integration."""


async def add_integration(
    session: Session, new: schemas.NewIntegration, at: datetime
) -> tables.Integration:
    """Accept a ticketing tool's webhooks; raises a problem with every fault of the mapping."""
    given = _plain(new.mapping)
    code = new.process or _text(given.get("process"))
    faults = list(_disagreements(new, given))
    if code is None:
        faults.append(at_pointer("/process", "missing", "缺少必填字段。", "Field required."))
    mapping, found = await _read_mapping(session, new.provider, given, code)
    if mapping is None or faults or found or code is None:
        raise invalid(*faults, *found)
    row = tables.Integration(
        id=new_id("int"),
        tenant=session.info["tenant"],
        name=new.name or _text(given.get("name")) or PROVIDERS[new.provider].NAME,
        provider=new.provider,
        process=code,
        mapping=mapping.model_dump(mode="json", by_alias=True),
        secrets=[secret.get_secret_value() for secret in new.secrets],
        payload_days=new.payload_days,
        revision=1,
        created_at=at,
    )
    session.add(row)
    return row


async def change_integration(
    session: Session, integration_id: str, change: schemas.IntegrationChange, if_match: str | None
) -> tables.Integration:
    """Rotate an integration's secrets, or mend its mapping."""
    row = await queries.integration(session, integration_id, lock=True)
    require_match(if_match, row.revision)
    if change.secrets is not None:
        row.secrets = [secret.get_secret_value() for secret in change.secrets]
    if change.name is not None:
        row.name = change.name
    if "payload_days" in change.model_fields_set:
        row.payload_days = change.payload_days
    if change.mapping is not None:
        row.mapping = await _mended(session, row, _plain(change.mapping))
    row.revision += 1
    return row


async def _mended(session: Session, row: tables.Integration, given: Plain) -> dict[str, Any]:
    mapping, faults = await _read_mapping(session, row.provider, given, row.process)
    if _text(given.get("process")) not in (None, row.process):
        zh, en = "集成的流程不可更改。", "The process of an integration does not change."
        faults.append(at_pointer("/mapping/process", "unchangeable", zh, en))
    if mapping is None or faults:
        raise invalid(*faults)
    return mapping.model_dump(mode="json", by_alias=True)


async def _read_mapping(
    session: Session, provider: str, given: Plain, code: str | None
) -> tuple[EventMapping | None, list[FieldError]]:
    """The mapping over what the provider usually sends, and every fault of what was given."""
    read, faults = _validated(GivenMapping, given)
    faults += await _unknown_references(session, given, code)
    if read is None:
        return None, faults
    own = {name: value for name, value in given.items() if name not in _OWN}
    mapping, missing = _validated(EventMapping, {**PROVIDERS[provider].MAPPING, **own})
    return mapping, [*faults, *missing]


def _validated(model: type[M], plain: Plain) -> tuple[M | None, list[FieldError]]:
    try:
        return model.model_validate(plain), []
    except ValidationError as error:
        found: dict[Any, dict[str, Any]] = {}
        for each in error.errors(include_url=False):
            place = ("body", "mapping", *_place(plain, each["loc"]))
            found[place, each["type"]] = {**each, "loc": place}
        return None, field_errors(list(found.values()))


def _place(plain: Any, steps: Sequence[str | int]) -> Iterable[str | int]:
    """The place in what was given; between its steps pydantic names the types that it tried."""
    for step in steps:
        if isinstance(plain, Mapping) and (step in plain or step == steps[-1]):
            yield step
            plain = plain.get(step)
        elif isinstance(plain, list) and isinstance(step, int) and step < len(plain):
            yield step
            plain = plain[step]


async def _unknown_references(session: Session, given: Plain, code: str | None) -> list[FieldError]:
    """Processes that are not there, nodes they do not have, and states they cannot tell apart."""
    faults: list[FieldError] = []
    inside = "mapping" if _text(given.get("process")) == code else None
    places: dict[tuple[str, ...], str | None] = {
        ("process",) if inside is None else (inside, "process"): code
    }
    choice = given.get("processes")
    chosen = choice.get("values") if isinstance(choice, Mapping) else None
    for value, named in chosen.items() if isinstance(chosen, Mapping) else ():
        places["mapping", "processes", "values", str(value)] = _text(named)
    processes: list[Process] = []
    for place, named in places.items():
        row = named and await definitions.find_newest(session, tables.ProcessVersion, named)
        if row:
            processes.append(definitions.as_process(row))
        elif named:
            faults.append(_unknown(place, "流程", "process", named))
    if processes:
        faults += _unknown_words(given, processes)
    return faults


def _unknown_words(given: Plain, processes: Sequence[Process]) -> Iterable[FieldError]:
    nodes = {node.code for process in processes for node in process.nodes}
    named = given.get("nodes")
    for node in named if isinstance(named, Mapping) else ():
        if node not in nodes:
            yield _unknown(("mapping", "nodes", str(node)), "节点", "node", str(node))
    words = [vocabulary(process) for process in processes]
    states = given.get("states")
    for said, state in states.items() if isinstance(states, Mapping) else ():
        if isinstance(state, str) and not any(each.knows(state) for each in words):
            place = ("mapping", "states", str(said))
            yield _unknown(place, "流程条件中的状态", "state in the process's conditions", state)


def _disagreements(new: schemas.NewIntegration, given: Plain) -> Iterable[FieldError]:
    for name in _OWN:
        beside, inside = getattr(new, name), given.get(name)
        if beside is not None and inside is not None and beside != inside:
            zh, en = "与映射之外的取值不一致。", "Differs from what stands beside the mapping."
            yield at_pointer(f"/mapping/{name}", "contradiction", zh, en)


def _unknown(place: Iterable[str], zh: str, en: str, name: str) -> FieldError:
    said = name[:100].encode("utf-8", "replace").decode()
    detail = (f"没有{zh} {said}。", f"There is no {en} {said}.")
    return at_pointer(pointer(place)[1:], "unknown_reference", *detail)


def _plain(mapping: Any) -> Plain:
    """The mapping as it was sent; raises a problem when it is no object."""
    if isinstance(mapping, Mapping):
        return mapping
    raise invalid(at_pointer("/mapping", "dict_type", "须为对象。", "Must be an object."))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
