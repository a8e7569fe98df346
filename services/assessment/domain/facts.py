"""What unexpired evidence proves for a cell, as the consistency rules of a model count it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from .model import Model


@dataclass(frozen=True, slots=True)
class Proof:
    """What one piece of evidence says for one cell; `comparators` are external ones."""

    cell: str
    expires_on: date | None
    periods: frozenset[str]
    comparators: frozenset[str]
    enablers: frozenset[str]


def is_expired(expires_on: date | None, today: date) -> bool:
    """Evidence counts up to the end of the day on which it expires."""
    return expires_on is not None and expires_on < today


def facts(proofs: Iterable[Proof], today: date) -> dict[str, dict[str, int]]:
    """By cell: pieces, distinct periods, external comparators and linked enablers."""
    valid = [proof for proof in proofs if not is_expired(proof.expires_on, today)]
    return {
        cell: _counts([proof for proof in valid if proof.cell == cell])
        for cell in sorted({proof.cell for proof in valid})
    }


def _counts(proofs: list[Proof]) -> dict[str, int]:
    return {
        "pieces": len(proofs),
        "periods": len(frozenset().union(*(proof.periods for proof in proofs))),
        "external_comparators": len(frozenset().union(*(proof.comparators for proof in proofs))),
        "linked_enablers": len(frozenset().union(*(proof.enablers for proof in proofs))),
    }


def block(model: Model, item: str) -> str:
    """The part right below the whole that an item belongs to."""
    current = model.items[item]
    while current.parent not in (None, model.root.id):
        current = model.items[current.parent or ""]
    return current.id
