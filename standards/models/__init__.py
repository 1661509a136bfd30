"""What we promised and whether we kept it."""

from standards.models.evidence import (
    DUTY,
    EVIDENCE,
    Charge,
    Duty,
    DutyQuerySet,
    Evidence,
    EvidenceQuerySet,
    InfoPage,
    Kind,
    OnlineService,
)
from standards.models.freezing import Correction, CorrectionNote, FrozenMonth, MonthFigure
from standards.models.probing import Maintenance, Outage, ProbeDay, Target, Why
from standards.models.promises import (
    VARIANTS,
    Clause,
    Commitment,
    CommitmentQuerySet,
    Observation,
    Pause,
    Redating,
    Standard,
    State,
)
from standards.models.tallying import DayTally, MonthTally, TallyChange

__all__ = [
    "DUTY",
    "EVIDENCE",
    "VARIANTS",
    "Charge",
    "Clause",
    "Commitment",
    "CommitmentQuerySet",
    "Correction",
    "CorrectionNote",
    "DayTally",
    "Duty",
    "DutyQuerySet",
    "Evidence",
    "EvidenceQuerySet",
    "FrozenMonth",
    "InfoPage",
    "Kind",
    "Maintenance",
    "MonthFigure",
    "MonthTally",
    "Observation",
    "OnlineService",
    "Outage",
    "Pause",
    "ProbeDay",
    "Redating",
    "Standard",
    "State",
    "TallyChange",
    "Target",
    "Why",
]
