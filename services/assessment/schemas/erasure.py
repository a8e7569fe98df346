"""Bodies of erasures."""

from typing import Annotated

from pydantic import Field

from services.assessment.schemas.assessments import Reason, Subject
from shared.schemas import Request, example


class Erasure(Request):
    """Why the personal content of one assessment goes."""

    model_config = example({"reason": "The person has left the company."})

    reason: Reason


class PersonErasure(Request):
    """Who is to be erased, and why.

    `names` are what texts call the person; the subject itself is looked for in any case.
    """

    model_config = example(
        {"person": "li.na", "names": ["Li Na", "李娜"], "reason": "The person asked for it."}
    )

    person: Subject
    names: list[Annotated[str, Field(min_length=2, max_length=200, pattern=r"\S.*\S")]] = Field(
        default=[], max_length=20
    )
    reason: Reason
