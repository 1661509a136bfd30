"""What we promised and whether we kept it."""

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
    "VARIANTS",
    "Clause",
    "Commitment",
    "CommitmentQuerySet",
    "Observation",
    "Pause",
    "Redating",
    "Standard",
    "State",
]
