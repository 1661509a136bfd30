"""The QR code that leads to a survey. Drawn here, by nobody else's service."""

from __future__ import annotations

from io import BytesIO
from typing import Final

import segno
from django.conf import settings
from django.urls import reverse

from surveys.models import Kind, Survey

TYPES: Final = {"svg": "image/svg+xml", "png": "image/png"}


def short_url(survey: Survey) -> str:
    """Short enough to type from paper; for what goes on it outlives the versions."""
    name = survey.series if survey.kind in {Kind.VISIT, Kind.PHONE} else survey.slug
    return f"{settings.SITE_URL}{reverse('survey-short', args=[name])}"


def picture(text: str, kind: str) -> bytes:
    """The code with a quarter of spare (level Q): it is read although a corner is worn."""
    out = BytesIO()
    segno.make(text, error="q", micro=False).save(out, kind=kind, scale=8, border=4)
    return out.getvalue()
