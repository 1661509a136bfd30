"""In whose name the citizen is answered: the person's, or the team's (§11.5).

After a difficult call a case may be answered in the name of the team. That is said of the case, not
of whoever raised it: promises, approvals and whoever has the case stay as they are.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from centre.models import StaffMember
from complaints.errors import NotNow
from complaints.models import Complaint
from complaints.services._base import actor, change, lock_for, record


@transaction.atomic
def answer_in_team_name(
    *, complaint_id: int, by: StaffMember, now: datetime, on: bool = True
) -> Complaint:
    """What goes to the citizen from now on names the team and its phone, not the person.

    ``on=False`` ends that. What went out before stays as it was.
    """
    complaint = lock_for(complaint_id, by=by, right="answer_in_team_name")
    if complaint.in_team_name == on:
        return complaint
    if complaint.team is None:
        raise NotNow("담당 팀을 먼저 정해 주십시오.")
    change(complaint, in_team_name=on)
    record(complaint, "team-name-on" if on else "team-name-off", at=now, by=actor(by))
    return complaint
