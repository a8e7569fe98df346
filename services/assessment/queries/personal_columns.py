"""What each text column may tell of a person, and what becomes of it when the person is erased.

Every column of every table that can hold a text is named here: a test fails for one that is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


class Fate(Enum):
    """What happens to a column where it tells of the person."""

    SUBJECT = auto()
    """Holds the identifier of somebody: a pseudonym takes its place."""
    TEXT = auto()
    """Holds free text: the pseudonym takes the place of the person's names in it."""
    JSON = auto()
    """Holds plain data: as free text, and what the person said in it goes."""


@dataclass(frozen=True, slots=True)
class SpokenBy:
    """Holds what somebody said: `fate`, but for the words of the person, which go."""

    author: str
    fate: Fate = Fate.TEXT


@dataclass(frozen=True, slots=True)
class Kept:
    """Stays, and why it tells of nobody."""

    reason: str


@dataclass(frozen=True, slots=True)
class Renewed:
    """No text of a person's; what is sealed with it is opened no more where `because` changes."""

    because: tuple[str, ...]


Column = Fate | SpokenBy | Kept | Renewed

_ID = Kept("an identifier that the service made up")
_CODE = Kept("names a model, a cell, a unit's kind or a period")
_WORD = Kept("one of a fixed set of words")
_HASH = Kept("a hash or a salt")
_NUMBERS = Kept("numbers, levels and codes of a model")
_SERIES = Kept("names what was measured: a KPI, a process, a period")
_TENANT = Kept("the tenant")
_FILE = Kept("the content of a unit's evidence, sealed by its checksum")
_TRANSPORT = Kept("addresses of the transport, no names")
_ASSESSMENT = {"tenant": _TENANT, "assessment": _ID}

PERSONAL: Mapping[str, Mapping[str, Column]] = {
    "assessment": {
        **dict.fromkeys(("id", "series", "previous"), _ID),
        **dict.fromkeys(("unit_kind", "model_code", "standard", "period"), _CODE),
        **dict.fromkeys(("mode", "status"), _WORD),
        **dict.fromkeys(("unit", "lead", "reviewer", "confirmed_by"), Fate.SUBJECT),
        **dict.fromkeys(("co_leads", "line", "readers"), Fate.SUBJECT),
        **dict.fromkeys(("title", "reason"), Fate.TEXT),
        "tenant": _TENANT,
        "model_hash": _HASH,
        "target": _NUMBERS,
    },
    "rating": {
        **_ASSESSMENT,
        "rater": Kept("renamed with assessment_rater.subject"),
        "cell": _CODE,
        **dict.fromkeys(("na_reason", "comment"), SpokenBy("rater")),
        **dict.fromkeys(("na_ruling", "confidence"), _WORD),
        "na_ruled_by": Fate.SUBJECT,
        **dict.fromkeys(("salt", "text_commitment"), _HASH),
        "text_salt": Renewed(("na_reason", "comment")),
    },
    # Behind the ratings, whose raters it renames.
    "assessment_rater": {**_ASSESSMENT, "subject": Fate.SUBJECT},
    "decision": {
        **_ASSESSMENT,
        "cell": _CODE,
        **dict.fromkeys(("na_reason", "rationale"), Fate.TEXT),
        "evidence": _ID,
        "decided_by": Fate.SUBJECT,
        **dict.fromkeys(("salt", "text_commitment"), _HASH),
        "text_salt": Renewed(("na_reason", "rationale")),
    },
    "discussion_note": {
        **_ASSESSMENT,
        "id": _ID,
        "cell": _CODE,
        "text": SpokenBy("author"),
        "author": Fate.SUBJECT,
    },
    "assessment_seal": {
        **_ASSESSMENT,
        "sealed_by": Fate.SUBJECT,
        **dict.fromkeys(("model_hash", "commitments", "evidence", "hash", "score_hash"), _HASH),
        **dict.fromkeys(("salt", "text_salt", "text_commitment"), _HASH),
    },
    "seal_party": {
        **_ASSESSMENT,
        "subject": Fate.SUBJECT,
        "salt": Renewed(("subject",)),
        "commitment": _HASH,
    },
    "assessment_audit": {
        **_ASSESSMENT,
        **dict.fromkeys(("id", "about", "chain"), _ID),
        **dict.fromkeys(("salt", "commitment", "hash"), _HASH),
        **dict.fromkeys(("action", "acting_as"), _WORD),
        "cell": _CODE,
        **dict.fromkeys(("before", "after"), SpokenBy("by", Fate.JSON)),
        **dict.fromkeys(("rater", "by"), Fate.SUBJECT),
    },
    "assessment_snapshot": {
        **_ASSESSMENT,
        "id": _ID,
        **dict.fromkeys(("content", "report"), Fate.JSON),
        "taken_by": Fate.SUBJECT,
    },
    "evidence": {
        "id": _ID,
        "tenant": _TENANT,
        "kind": _WORD,
        **dict.fromkeys(("title", "note", "file_name", "link"), Fate.TEXT),
        "media_type": _WORD,
        "sha256": _HASH,
        **dict.fromkeys(("series", "periods"), _SERIES),
        "claim": Fate.JSON,
        "uploaded_by": Fate.SUBJECT,
    },
    "evidence_attachment": {
        **_ASSESSMENT,
        "cell": _CODE,
        "evidence": _ID,
        "enablers": _CODE,
        "measured": _SERIES,
        "attached_by": Fate.SUBJECT,
        **dict.fromkeys(("text_salt", "text_commitment"), _HASH),
    },
    "evidence_content": {"tenant": _TENANT, "sha256": _HASH, "media_type": _WORD},
    "evidence_chunk": {"tenant": _TENANT, "sha256": _HASH, "body": _FILE},
    "road_map": {
        **_ASSESSMENT,
        **dict.fromkeys(("target", "efforts", "percent_to_target"), _NUMBERS),
        "made_by": Fate.SUBJECT,
    },
    "road_map_step": {
        **_ASSESSMENT,
        "id": _ID,
        "item": _CODE,
        **dict.fromkeys(("gain", "effort"), _NUMBERS),
        "action": Fate.TEXT,
        "owner": Fate.SUBJECT,
        "status": _WORD,
    },
    "campaign": {
        "id": _ID,
        "tenant": _TENANT,
        "title": Fate.TEXT,
        **dict.fromkeys(("model_code", "period"), _CODE),
        "remind_days": _NUMBERS,
        **dict.fromkeys(("mode", "status"), _WORD),
        **dict.fromkeys(("lead", "co_leads", "created_by"), Fate.SUBJECT),
    },
    "campaign_unit": {
        **_ASSESSMENT,
        "campaign": _ID,
        **dict.fromkeys(("unit_kind", "group_code"), _CODE),
        "unit": Fate.SUBJECT,
    },
    "campaign_seal": {
        "tenant": _TENANT,
        **dict.fromkeys(("id", "campaign"), _ID),
        "content": Kept("figures of five or more, hashed for ever"),
        **dict.fromkeys(("commitments", "hash"), _HASH),
        "sealed_by": Fate.SUBJECT,
    },
    "campaign_seal_member": {
        **_ASSESSMENT,
        "seal": _ID,
        "group_code": _CODE,
        **dict.fromkeys(("salt", "commitment"), _HASH),
    },
    "campaign_reminder": {"tenant": _TENANT, "campaign": _ID},
    "campaign_delegation": {
        **_ASSESSMENT,
        **dict.fromkeys(("id", "campaign"), _ID),
        **dict.fromkeys(("delegated_from", "delegated_to", "by"), Fate.SUBJECT),
    },
    "award": {
        **_ASSESSMENT,
        "id": _ID,
        "programme": Kept("names an award that certificates are hashed with"),
        **dict.fromkeys(("statement", "rationale"), Fate.TEXT),
        **dict.fromkeys(("status", "decision"), _WORD),
        **dict.fromkeys(("applied_by", "decided_by"), Fate.SUBJECT),
    },
    "award_examiner": {
        "tenant": _TENANT,
        "award": _ID,
        **dict.fromkeys(("conflict", "remarks"), SpokenBy("subject")),
        "recommendation": _WORD,
        "subject": Fate.SUBJECT,
    },
    "certificate": {
        "tenant": _TENANT,
        **dict.fromkeys(("number", "award"), _ID),
        "content": Kept("certifies a unit, never a person, and is hashed for ever"),
        "hash": _HASH,
        **dict.fromkeys(("issued_by", "withdrawn_by"), Fate.SUBJECT),
        "withdrawal_reason": Fate.TEXT,
    },
    "model_version": {
        "tenant": _TENANT,
        "code": _CODE,
        "hash": _HASH,
        "document": Kept("a model is immutable, hashed, and about nobody"),
        **dict.fromkeys(("uploaded_by", "withdrawn_by"), Fate.SUBJECT),
        "withdrawal_reason": Fate.TEXT,
    },
    "live_evidence": {
        "tenant": _TENANT,
        **dict.fromkeys(("source", "series", "period", "unit"), _SERIES),
        "event_id": _ID,
    },
    "erasure_due": {**_ASSESSMENT, "person": Kept("goes with the person's own assessments")},
    "person_erasure": {"id": _ID, "tenant": _TENANT, "reason": Fate.TEXT, "by": Fate.SUBJECT},
    "outbox": {
        "tenant": _TENANT,
        **dict.fromkeys(("event_id", "aggregate"), _ID),
        "body": Fate.TEXT,
        **dict.fromkeys(("subject", "headers", "stream_incarnation"), _TRANSPORT),
    },
    "inbox": {"tenant": _TENANT, "event_id": _ID},
    "dead_letter": {
        "tenant": _TENANT,
        **dict.fromkeys(("id", "event_id"), _ID),
        **dict.fromkeys(("subject", "headers"), _TRANSPORT),
        **dict.fromkeys(("body", "error"), Fate.TEXT),
        "status": _WORD,
    },
    "idempotency_key": {
        "tenant": _TENANT,
        "subject": Kept("the person's own answers are deleted"),
        "key": Kept("drawn by a client; deleted after two days"),
        "request_hash": _HASH,
        "headers": _TRANSPORT,
        "body": Kept("rewritten with shared.idempotency.rewrite_answers"),
    },
}
