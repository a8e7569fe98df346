"""A seal binds who and what was said apart from what was rated, so that either can be erased.

Names and words enter a seal as salted commitments. Without its salt a commitment tells nothing,
and the seal still follows from it.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.assessment import tables
from services.assessment.domain.sealing import commitment
from services.assessment.operations.leading import leads_of
from services.assessment.queries import consensus as consensus_queries
from services.assessment.queries import ratings as rating_queries
from services.assessment.queries.evidence import attached
from shared.store import Session

Spoken = tables.Rating | tables.Decision | tables.EvidenceAttachment | tables.Seal

OF_RATING = ("na_reason", "comment")
OF_DECISION = ("na_reason", "rationale")


@dataclass(frozen=True, slots=True)
class Bound:
    """The rows that a seal covers, and the commitments to the people in them by subject."""

    ratings: Sequence[tables.Rating]
    decisions: Sequence[tables.Decision]
    parties: Mapping[str, str]

    def party(self, subject: str | None) -> str | None:
        """What stands for this subject; one whom the seal does not know stands for nothing."""
        return None if subject is None else self.parties.get(subject, "")


async def bound(session: Session, assessment_id: str) -> Bound:
    """What is stored now; commitments are made anew where their salts are there."""
    parties = {
        each.subject: each.commitment
        if each.salt is None
        else commitment("party", each.subject, each.salt)
        for each in await consensus_queries.parties(session, assessment_id)
    }
    return Bound(
        await rating_queries.all_ratings(session, assessment_id),
        await consensus_queries.decisions(session, assessment_id),
        parties,
    )


async def bind(session: Session, row: tables.Assessment, seal: tables.Seal) -> None:
    """Draw the salts of everybody and of all words in an assessment that is being sealed."""
    ratings = await rating_queries.all_ratings(session, row.id)
    decisions = await consensus_queries.decisions(session, row.id)
    for rating in ratings:
        _bind_words(rating, words(rating, OF_RATING))
    for decision in decisions:
        _bind_words(decision, words(decision, OF_DECISION))
    await _bind_links(session, row)
    _bind_words(seal, heading(row))
    named = {*leads_of(row), row.reviewer, row.confirmed_by}
    named |= {name for each in ratings for name in (each.rater, each.na_ruled_by)}
    named |= {each.decided_by for each in decisions}
    session.add_all(_party(row, subject) for subject in sorted(filter(None, named)))
    await session.flush()


def heading(row: tables.Assessment) -> dict[str, str | None]:
    """The words that head an assessment."""
    return {"title": row.title, "unit": row.unit}


def words(row: tables.Row, names: Iterable[str]) -> dict[str, str | None]:
    """These columns of a row."""
    return {name: getattr(row, name) for name in names}


def words_bound(row: Spoken, said: Mapping[str, str | None]) -> object:
    """What stands for these words in a seal; None where there are none."""
    if row.text_salt is not None:
        return commitment("words", dict(said), row.text_salt)
    if row.text_commitment is not None:
        return row.text_commitment
    return dict(said) if any(said.values()) else None


def _bind_words(row: Spoken, said: Mapping[str, str | None]) -> None:
    row.text_salt = row.text_commitment = None
    if any(said.values()):
        row.text_salt = secrets.token_hex(16)
        row.text_commitment = commitment("words", dict(said), row.text_salt)


async def _bind_links(session: Session, row: tables.Assessment) -> None:
    """Evidence that two raters attached to one cell enters the seal once: it has one salt."""
    first: dict[tuple[str, str], tables.EvidenceAttachment] = {}
    for told, evidence in await attached(session, row.id):
        same = first.setdefault((told.evidence, told.cell), told)
        if same is told:
            _bind_words(told, {"link": evidence.link})
        told.text_salt, told.text_commitment = same.text_salt, same.text_commitment


def _party(row: tables.Assessment, subject: str) -> tables.SealParty:
    salt = secrets.token_hex(16)
    return tables.SealParty(
        tenant=row.tenant,
        assessment=row.id,
        subject=subject,
        salt=salt,
        commitment=commitment("party", subject, salt),
    )
