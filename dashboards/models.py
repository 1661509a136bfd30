"""The tables of this room; each part keeps its own beside its verbs."""

from __future__ import annotations

from dashboards.digest.models import Round
from dashboards.evaluation.models import Edition, Evaluation, Remark, Signature, Submission

__all__ = ["Edition", "Evaluation", "Remark", "Round", "Signature", "Submission"]
