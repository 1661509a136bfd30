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

__all__ = [
    "DUTY",
    "EVIDENCE",
    "VARIANTS",
    "Charge",
    "Clause",
    "Commitment",
    "CommitmentQuerySet",
    "Duty",
    "DutyQuerySet",
    "Evidence",
    "EvidenceQuerySet",
    "InfoPage",
    "Kind",
    "Maintenance",
    "Observation",
    "OnlineService",
    "Outage",
    "Pause",
    "ProbeDay",
    "Redating",
    "Standard",
    "State",
    "Target",
    "Why",
]
