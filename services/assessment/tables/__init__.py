"""The rows of the assessment service; they have a tenant and stand under row security."""

from services.assessment.tables.aggregates import CampaignSeal, CampaignSealMember
from services.assessment.tables.assessments import Assessment, AssessmentRater, AuditEntry, Rating
from services.assessment.tables.awards import Award, AwardExaminer, Certificate
from services.assessment.tables.campaigns import (
    Campaign,
    CampaignReminder,
    CampaignUnit,
    Delegation,
)
from services.assessment.tables.consensus import Decision, DiscussionNote, Seal, SealParty
from services.assessment.tables.erasure import ErasureDue, PersonErasure
from services.assessment.tables.evidence import (
    Evidence,
    EvidenceAttachment,
    EvidenceChunk,
    EvidenceContent,
)
from services.assessment.tables.live_evidence import LiveEvidence
from services.assessment.tables.models import ModelVersion
from services.assessment.tables.road_maps import RoadMap, RoadMapStep
from services.assessment.tables.row import Row
from services.assessment.tables.snapshots import Snapshot

__all__ = [
    "Assessment",
    "AssessmentRater",
    "AuditEntry",
    "Award",
    "AwardExaminer",
    "Campaign",
    "CampaignReminder",
    "CampaignSeal",
    "CampaignSealMember",
    "CampaignUnit",
    "Certificate",
    "Decision",
    "Delegation",
    "DiscussionNote",
    "ErasureDue",
    "Evidence",
    "EvidenceAttachment",
    "EvidenceChunk",
    "EvidenceContent",
    "LiveEvidence",
    "ModelVersion",
    "PersonErasure",
    "Rating",
    "RoadMap",
    "RoadMapStep",
    "Row",
    "Seal",
    "SealParty",
    "Snapshot",
]
