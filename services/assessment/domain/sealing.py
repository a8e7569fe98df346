"""A seal binds an assessment's model, ratings, decisions, evidence and score into one hash.

What may concern a person is bound by salted commitments: erasing the rows and their salts leaves
commitments that say nothing any more, and the seal still follows from them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .canonical import digest


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a seal is made of; `commitments` are sorted, `evidence` has checksums by what it is."""

    model: str
    commitments: Sequence[str]
    evidence: Mapping[str, str]

    @property
    def hash(self) -> str:
        """`sha256:` and the hash of all of it; the same parts give the same hash for ever."""
        return digest(
            {
                "model": self.model,
                "commitments": list(self.commitments),
                "evidence": dict(self.evidence),
            }
        )


def commitment(kind: str, content: object, salt: str) -> str:
    """The hash of one thing that is sealed, hidden by its salt."""
    return digest({"kind": kind, "content": content, "salt": salt})


def sealed(model: str, commitments: Iterable[str], evidence: Mapping[str, str]) -> Sealed:
    return Sealed(model, sorted(commitments), dict(sorted(evidence.items())))
