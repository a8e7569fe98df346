"""Bodies of erasures."""

from services.assessment.schemas.assessments import Reason, Subject
from shared.schemas import Request, example


class Erasure(Request):
    """Why the personal content of one assessment goes."""

    model_config = example({"reason": "The person has left the company."})

    reason: Reason


class PersonErasure(Request):
    """Whose assessments are to be erased, and why."""

    model_config = example({"person": "li.na", "reason": "The person asked for it."})

    person: Subject
    reason: Reason
