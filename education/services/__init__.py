"""The verbs of education."""

from education.services.announcing import announce, cancel_course, count_opened, missing_of, move
from education.services.attending import issue_certificates, write_attendance
from education.services.enrolling import (
    Enrolled,
    NewEnrolment,
    cancel_by_link,
    cancel_enrolment,
    enrol,
)
from education.services.following import dispose_due, finish, follow, remind
from education.services.planning import Plan, Times, create_course, edit_course, hand_over
from education.services.steps import notice_facts, take_steps
from education.services.telling import calendar_of

__all__ = [
    "Enrolled",
    "NewEnrolment",
    "Plan",
    "Times",
    "announce",
    "calendar_of",
    "cancel_by_link",
    "cancel_course",
    "cancel_enrolment",
    "count_opened",
    "create_course",
    "dispose_due",
    "edit_course",
    "enrol",
    "finish",
    "follow",
    "hand_over",
    "issue_certificates",
    "missing_of",
    "move",
    "notice_facts",
    "remind",
    "take_steps",
    "write_attendance",
]
