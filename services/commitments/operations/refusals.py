"""What a definition is refused with: its faults as field errors, and a code that is taken."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from services.commitments import tables
from services.commitments.domain.faults import Fault, InvalidDefinitionError
from shared.problems import CONFLICT, FieldError, Problem, at_pointer, invalid
from shared.store import Session


def refused(error: InvalidDefinitionError) -> Problem:
    """422 with every fault of the definition."""
    return invalid(*(field_error(fault) for fault in error.faults))


def field_error(fault: Fault) -> FieldError:
    return at_pointer(fault.pointer, fault.code, fault.text.zh, fault.text.en)


def unknown(pointer: str, zh: str, en: str, code: str) -> FieldError:
    """A reference to something that is not there."""
    return at_pointer(
        pointer, "unknown_reference", f"没有{zh} {code}。", f"There is no {en} {code}."
    )


def require_none(faults: Sequence[FieldError]) -> None:
    """Raises 422 with all of them, if there are any."""
    if faults:
        raise invalid(*faults)


async def insert_new(session: Session, row: tables.Row, code: str) -> None:
    """Insert the row; raises a 409 problem when its code is taken."""
    values: Any = insert(type(row)).values(row.model_dump()).on_conflict_do_nothing()
    if not (await session.execute(values)).rowcount:  # type: ignore[attr-defined]
        raise taken(f"编码 {code} 已被使用。", f"The code {code} is taken.")


def taken(zh: str, en: str) -> Problem:
    """409: the code is in use, or a draft of it is still open."""
    return Problem(CONFLICT, {"zh": zh, "en": en}, [at_pointer("/code", "taken", zh, en)])
