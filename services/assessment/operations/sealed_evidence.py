"""What a seal says of evidence: a checksum for each piece, which recomputes for ever."""

from services.assessment import tables
from services.assessment.domain.canonical import digest
from services.assessment.operations.attachments import measures
from services.assessment.operations.bindings import words_bound
from services.assessment.queries import evidence as queries
from shared.store import Session


async def freeze_evidence(session: Session, assessment_id: str) -> None:
    """Keep beside each attachment what live series say now: events go on to change them."""
    for told, evidence in await queries.attached(session, assessment_id):
        known = await measures(session, evidence)
        if known:
            told.measured = [
                [each.period, None if each.value is None else str(each.value)] for each in known
            ]
    await session.flush()


async def evidence_checksums(session: Session, assessment_id: str) -> dict[str, str]:
    """By evidence and cell, `sha256:` and the checksum of a file, or of what was measured.

    A link, which may name people, enters by the commitment that its attachment has.
    """
    return {
        f"{told.evidence}/{told.cell}": _checksum(told, evidence)
        for told, evidence in await queries.attached(session, assessment_id)
    }


def _checksum(told: tables.EvidenceAttachment, evidence: tables.Evidence) -> str:
    bound = words_bound(told, {"link": evidence.link})
    content = f"sha256:{evidence.sha256}" if evidence.sha256 else bound or digest({"link": None})
    if told.measured is None:
        return str(content)
    return digest({"content": content, "series": evidence.series, "measured": told.measured})
