"""References to people, departments and positions, checked with the field that names them."""

from collections.abc import Sequence

from services.commitments import tables
from services.commitments.operations.refusals import unknown
from services.commitments.queries import people as queries
from shared.problems import FieldError, invalid
from shared.store import Session


def check_person(pointer: str, person_id: str) -> FieldError:
    """The fault of a reference to somebody who is not there."""
    return unknown(pointer, "人员", "person", person_id)


async def department_code(session: Session, name: str, pointer: str = "/department") -> str:
    """The code of the department of this name; raises a problem that names the field."""
    code = await queries.find_code(session, tables.Department, name)
    if code is None:
        raise invalid(unknown(pointer, "部门", "department", name))
    return code


async def department_codes(
    session: Session, names: Sequence[str]
) -> tuple[list[str], list[FieldError]]:
    """The codes of the departments of these names, each once, and the names that nobody has."""
    codes: list[str] = []
    faults: list[FieldError] = []
    for index, name in enumerate(names):
        code = await queries.find_code(session, tables.Department, name)
        if code is None:
            faults.append(unknown(f"/departments/{index}", "部门", "department", name))
        elif code not in codes:
            codes.append(code)
    return codes, faults


async def position_code(session: Session, name: str, pointer: str) -> str:
    """The code of the position of this name; raises a problem that names the field."""
    code = await queries.find_code(session, tables.Position, name)
    if code is None:
        raise invalid(unknown(pointer, "岗位", "position", name))
    return code
