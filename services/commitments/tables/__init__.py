"""The rows of the commitments service; every table has a tenant and stands under row security."""

from services.commitments.tables.advice import Advice, AdviceSettings
from services.commitments.tables.agreements import (
    Agreement,
    AgreementRequirement,
    Service,
    ServiceLevelRequirement,
)
from services.commitments.tables.alert_sweeps import AlertSweep, AlertTelling
from services.commitments.tables.alerts import Alert, AlertRule, DueInstant, Escalation
from services.commitments.tables.attainment import AttainmentMark, AttainmentMeasure
from services.commitments.tables.calendar_gaps import CalendarGap
from services.commitments.tables.cases import Case, CaseVersion, ClockVersion, TicketEventRow
from services.commitments.tables.compensations import Compensation, CompensationEntry
from services.commitments.tables.corrections import Correction, Erasure
from services.commitments.tables.definitions import (
    CalendarVersion,
    Integration,
    ProcessVersion,
)
from services.commitments.tables.deliveries import (
    Delivery,
    HistoryImport,
    ImportRow,
    PayloadRetention,
)
from services.commitments.tables.duties import DutyRecord
from services.commitments.tables.erasures import PersonErasure
from services.commitments.tables.metrics import SupplierScorecard, UnitCosts
from services.commitments.tables.notifications import (
    AlertChannel,
    Notification,
    NotificationAttempt,
    Subscription,
)
from services.commitments.tables.ownership import OwnerConflict
from services.commitments.tables.penalties import (
    PenaltyEntry,
    PenaltyRule,
    PenaltySettlement,
    SpotCheck,
    Violation,
)
from services.commitments.tables.people import (
    Appointment,
    Department,
    GovernanceChange,
    GovernanceSettings,
    Person,
    Position,
    ProcessGovernance,
    UnitName,
)
from services.commitments.tables.promises import Promise
from services.commitments.tables.restatements import (
    RestatedClock,
    Restatement,
    RestatementMark,
)
from services.commitments.tables.robots import RobotPace
from services.commitments.tables.row import Row
from services.commitments.tables.self_checks import (
    ChangeRequest,
    DepartmentSummary,
    GovernanceDeadline,
    SelfCheck,
)
from services.commitments.tables.service_quality import (
    ImprovementAction,
    ImprovementPlan,
    QualityPlan,
    ServiceReview,
)
from services.commitments.tables.tenants import TenantStatus
from services.commitments.tables.wake_ups import WakeUp

__all__ = [
    "Advice",
    "AdviceSettings",
    "Agreement",
    "AgreementRequirement",
    "Alert",
    "AlertChannel",
    "AlertRule",
    "AlertSweep",
    "AlertTelling",
    "Appointment",
    "AttainmentMark",
    "AttainmentMeasure",
    "CalendarGap",
    "CalendarVersion",
    "Case",
    "CaseVersion",
    "ChangeRequest",
    "ClockVersion",
    "Compensation",
    "CompensationEntry",
    "Correction",
    "Delivery",
    "Department",
    "DepartmentSummary",
    "DueInstant",
    "DutyRecord",
    "Erasure",
    "Escalation",
    "GovernanceChange",
    "GovernanceDeadline",
    "GovernanceSettings",
    "HistoryImport",
    "ImportRow",
    "ImprovementAction",
    "ImprovementPlan",
    "Integration",
    "Notification",
    "NotificationAttempt",
    "OwnerConflict",
    "PayloadRetention",
    "PenaltyEntry",
    "PenaltyRule",
    "PenaltySettlement",
    "Person",
    "PersonErasure",
    "Position",
    "ProcessGovernance",
    "ProcessVersion",
    "Promise",
    "QualityPlan",
    "RestatedClock",
    "Restatement",
    "RestatementMark",
    "RobotPace",
    "Row",
    "SelfCheck",
    "Service",
    "ServiceLevelRequirement",
    "ServiceReview",
    "SpotCheck",
    "Subscription",
    "SupplierScorecard",
    "TenantStatus",
    "TicketEventRow",
    "UnitCosts",
    "UnitName",
    "Violation",
    "WakeUp",
]
