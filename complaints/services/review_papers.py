"""Who sees what of a review, and its documents as they are printed."""

from __future__ import annotations

import re
from datetime import datetime

from django.db.models import Q, QuerySet

from centre import queries as centre_queries
from centre.calendar import SEOUL, seoul_day
from centre.models import Position, Role, StaffMember, User
from centre.rights import may
from centre.words import korean_day, korean_instant
from complaints import queries
from complaints.models import (
    Caution,
    CautionApproval,
    Review,
)
from complaints.services import repeating
from complaints.stage_documents import CannotPrint, Document, Sign, as_file
from records import queries as records_queries
from records import services as records
from records.models import StoredFile

SUBJECT = "review"
CLAUSE = "고객응대서비스 이행표준 ‘잘못된 서비스에 대한 시정조치’ 3차"
#: Particles after a consonant, and what they are after 담당자.
_AFTER_VOWEL = {"은": "는", "이": "가", "을": "를", "과": "와", "으로": "로"}


# --- who sees what ------------------------------------------------------------------------------


def visible_to(user: User) -> QuerySet[Review]:
    """The person concerned and the team's lead once they were asked, and the managers.

    A manager whom it concerns sees it as the person does.
    """
    person = centre_queries.person_of(user)
    rows = Review.objects.select_related(
        "complaint__team",
        "complaint__topic",
        "finding__response",
        "action__owner",
        "person",
        "team",
    )
    if person is None:
        return rows.none()
    theirs = Q(person=person, asked_at__isnull=False)
    if person.position == Position.LEAD:
        theirs |= Q(team=person.team, asked_at__isnull=False)
    if may(user, "review"):
        theirs |= ~Q(person=person) | Q(person=None)
    return rows.filter(theirs)


def ids_visible_to(user: User) -> object:
    return visible_to(user).values("pk")


def path(review_id: int) -> str:
    return f"/admin/complaints/review/{review_id}/change/"


def addressee(review: Review, *, now: datetime) -> StaffMember | None:
    """Who is heard: the person, or the team's lead where the person has left."""
    if review.person is not None and review.person.left_on is None:
        return review.person
    return centre_queries.team_lead(review.team, at=now)


def manager_for(review: Review) -> StaffMember | None:
    """The secretary general, or the director where it concerns the former."""
    out = queries.kept_out(review.complaint) | {review.person_id or 0}
    for position in (Position.SECRETARY_GENERAL, Position.DIRECTOR):
        for person in centre_queries.people_in(position).select_related("team", "user"):
            if person.pk not in out:
                return person
    return None


# --- documents ----------------------------------------------------------------------------------


def receipt_numbers(review: Review) -> str:
    cases = [review.finding.complaint, review.complaint, *repeating.chain(review.complaint)]
    return ", ".join(sorted({case.receipt_number for case in cases}))


def day_of(instant: datetime | None) -> str:
    return korean_day(instant.astimezone(SEOUL).date()) if instant else ""


def _facts(review: Review) -> dict[str, object]:
    action = review.action
    answer = review.finding.response
    return {
        "receipt_numbers": receipt_numbers(review),
        "first_action": action.what if action else answer.answer,
        "action_due_on": korean_day(action.due_on) if action else "",
        "first_answered_at": korean_instant(answer.told_at) if answer.told_at else "",
        "facts": review.facts,
        "clause": CLAUSE,
    }


def _unnamed(text: str, person: StaffMember | None) -> str:
    """The team's notice does not name the person; the particle follows the other word."""
    if person is None:
        return text
    called = f"{re.escape(person.name)}(?: ?{re.escape(person.title)})?"
    return re.sub(
        rf"{called}(?:({'|'.join(_AFTER_VOWEL)})(?![가-힣]))?",
        lambda found: "담당자" + _AFTER_VOWEL.get(found[1] or "", ""),
        text,
    )


def _to(person: StaffMember | None, team: str) -> str:
    return f"{person} ({team})" if person else team


def request_document(review: Review) -> Document:
    """§8.5: what is asked of whom, before anything is decided."""
    who = addressee(review, now=review.asked_at or review.opened_at)
    by = review.asked_by
    return Document(
        template="statement_request",
        title="서비스 개선 조치에 관한 소명 요청",
        to=_to(who, review.team.name),
        number=review.request_number,
        issued_on=day_of(review.asked_at),
        centre=centre_queries.facts(),
        confidential=True,
        body=_facts(review)
        | {
            "statement_until": (
                korean_instant(review.statement_until) if review.statement_until else ""
            ),
            "manager": f"{by.title}  {by.name}" if by else "",
        },
    )


def caution_document(caution: Caution, *, to_team: bool) -> Document:
    """§8.6, or §8.7 for the team, in which no person is named but its lead."""
    review = caution.review
    lead = centre_queries.team_lead(review.team, at=caution.approved_at or caution.drafted_at)
    to = _to(review.person, review.team.name)
    if to_team:
        to = f"{review.team.name} ({lead})" if lead else review.team.name
    day = centre_queries.calendar().add_open_days(
        seoul_day(caution.approved_at or caution.drafted_at), 10
    )
    manager = manager_for(review)
    said = _said(caution, to_team=to_team)
    return Document(
        template="caution",
        title="고객서비스 시정조치 미이행에 따른 주의",
        to=to,
        number=caution.team_number if to_team else caution.number,
        issued_on=day_of(caution.approved_at),
        centre=centre_queries.facts(),
        confidential=True,
        signs=_signs(caution),
        body=said
        | {
            "to_team": to_team,
            "improvement_due_on": (
                korean_day(caution.improvement_due_on) if caution.improvement_due_on else ""
            ),
            "verifier_team": _verifying_team(),
            "objection_until": korean_day(day),
            "manager_title": manager.title if manager else "",
        },
    )


def _said(caution: Caution, *, to_team: bool) -> dict[str, object]:
    """What people wrote; the person's statement is not the team's."""
    review = caution.review
    teams = to_team and review.person is not None and review.person.left_on is None
    said = _facts(review) | {
        "statement": "" if teams else (caution.statement_summary or _silent(review)),
        "judgement": caution.judgement,
        "improvement": caution.improvement,
        "support": caution.support,
    }
    if to_team:
        said |= {
            name: _unnamed(str(said[name]), review.person)
            for name in ("facts", "first_action", "judgement", "improvement", "support")
        }
    return said


def _silent(review: Review) -> str:
    if review.refused:
        return "소명하지 않겠다고 하였습니다."
    return review.statement or "기한까지 소명이 없었습니다."


def _verifying_team() -> str:
    desk = centre_queries.desk_team()
    return desk.name if desk else ""


def _signs(caution: Caution) -> list[Sign]:
    signs = [Sign(caution.drafted_by.title, caution.drafted_by.name, _dots(caution.drafted_at))]
    rows = caution.approvals.filter(decision=CautionApproval.Decision.APPROVED)
    last: dict[int, Sign] = {}
    for row in rows.select_related("approver"):
        last[row.approver_id] = Sign(row.approver.title, row.approver.name, _dots(row.decided_at))
    return signs + list(last.values())


def _dots(instant: datetime | None) -> str:
    return f"{instant.astimezone(SEOUL):%Y. %-m. %-d.}" if instant else ""


def store_document(
    document: Document, review: Review, *, name: str, now: datetime
) -> StoredFile | None:
    """Kept as it was issued; where no PDF can be made the page is printed instead."""
    try:
        checked = as_file(document, name=name)
    except CannotPrint:
        return None
    return records.store_file(
        checked=checked,
        subject_type=SUBJECT,
        subject_id=review.pk,
        now=now,
        visible_to_citizen=False,
    )


def heard(review: Review, user: User) -> bool:
    """Whether this account may read the statement: who was asked for it, and who decides."""
    person = centre_queries.person_of(user)
    if person is None:
        return False
    decides = may(user, "review") and review.person_id != person.pk
    asked = addressee(review, now=review.asked_at or review.opened_at)
    return decides or review.person_id == person.pk or (asked is not None and asked.pk == person.pk)


def files_for(review: Review, user: User) -> list[StoredFile]:
    """The documents this account may read: the person's notice is not the lead's, nor the other way."""
    files = list(records_queries.files_of(SUBJECT, review.pk))
    person = centre_queries.person_of(user)
    if person is None or (user.has_role(Role.MANAGER) and review.person_id != person.pk):
        return files if person is not None else []
    caution = Caution.objects.filter(review=review).first()
    mine = review.person_id == person.pk
    hidden = (caution.team_number if mine else caution.number) if caution else ""
    found = [f for f in files if not hidden or hidden not in f.name]
    if not mine and review.person_id is not None:
        found = [f for f in found if review.request_number not in f.name]
    return found
