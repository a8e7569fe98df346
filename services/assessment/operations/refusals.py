"""What is refused for the state that an assessment is in: 409 and 403 problems."""

from services.assessment import tables
from services.assessment.domain.workflow import Status, not_now
from shared.problems import CONFLICT, FORBIDDEN, Problem, at_pointer


def conflict(zh: str, en: str, pointer: str = "", code: str = "conflict") -> Problem:
    """409, naming the field where there is one."""
    errors = [at_pointer(pointer, code, zh, en)] if pointer else []
    return Problem(CONFLICT, {"zh": zh, "en": en}, errors)


def forbidden(zh: str, en: str) -> Problem:
    """403 for someone whose role would allow it, and whose part here does not."""
    return Problem(FORBIDDEN, {"zh": zh, "en": en})


def demand_status(row: tables.Assessment, *needed: Status) -> None:
    """409 unless the assessment is in one of these statuses, and not erased."""
    if row.erased_at is not None:
        raise conflict("个人内容已删除。", "What was personal has been erased.")
    if row.status not in needed:
        said = not_now(Status(row.status), *needed)
        raise conflict(said.zh, said.en)
