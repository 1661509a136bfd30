"""Anonymous also where nobody looks: in the order in which the database wrote things.

An answer and the mark on its invitation are written in one transaction, and side by side on disk.
So the used invitations of an anonymous survey are, from time to time, taken out and put in again
all at once in a random order: what the database itself keeps of when and where a row was written
is then the same for all of them. Whether somebody was reminded goes too: it says on which days he
had not answered yet.
"""

from __future__ import annotations

import random
from datetime import datetime

from django.db import transaction

from surveys.models import Invitation, Survey
from surveys.queries import unmixed

#: Fewer than these are not mixed while the survey is open: they would be among themselves.
_AT_LEAST = 5


def mix(*, now: datetime) -> int:
    """Mixes what was used since the last time; says how many surveys."""
    mixed = 0
    for survey in unmixed():
        enough = survey.used_count - survey.mixed >= _AT_LEAST  # type: ignore[attr-defined] # annotated
        if enough or not survey.accepts(now=now):
            _mix(survey)
            mixed += 1
    return mixed


@transaction.atomic
def _mix(survey: Survey) -> None:
    rows = list(Invitation.objects.select_for_update().filter(survey=survey, used=True))
    random.SystemRandom().shuffle(rows)
    for row in rows:
        row.reminded_at = None
    Invitation.objects.filter(survey=survey, pk__in=[row.pk for row in rows]).delete()
    Invitation.objects.bulk_create(rows, batch_size=500)
    Survey.objects.filter(pk=survey.pk).update(mixed=len(rows))
