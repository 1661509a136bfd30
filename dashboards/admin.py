"""The back-office pages of this room; each part keeps its own."""

from __future__ import annotations

from dashboards.evaluation.admin import EvaluationAdmin

__all__ = ["EvaluationAdmin"]
