"""The tables of this room; each part keeps its own beside its verbs."""

from __future__ import annotations

from dashboards.digest.models import Round
from dashboards.evaluation.models import Edition, Evaluation, Remark, Signature, Submission
from dashboards.intake.models import CaseChange, CaseCount, CasePass, FrozenCases

__all__ = [
    "CaseChange",
    "CaseCount",
    "CasePass",
    "Edition",
    "Evaluation",
    "FrozenCases",
    "Remark",
    "Round",
    "Signature",
    "Submission",
]
