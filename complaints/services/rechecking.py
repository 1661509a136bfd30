"""The letter of apology promises to look again and to tell what was found: here that is kept.

The day stands in the letter. Whoever wrote the letter does not check it himself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django.db import transaction

from centre import queries as centre_queries
from centre.calendar import seoul_day
from centre.models import StaffMember, Team
from centre.words import korean_day
from complaints import registry
from complaints.errors import NotAllowed, NotNow
from complaints.models import ApologyLetter, Complaint
from complaints.queries import SUBJECT, kept_out
from complaints.services import apologies
from complaints.services._base import actor, lock_for, record, words
from complaints.services.putting_right import CODE, closing_of, sentence
from complaints.services.steps import HANDLERS, Scene
from complaints.services.telling import lead_of, tell_citizen
from notices import services as notices
from standards import services as standards
from standards.models import Commitment
from standards.registry import StepDue

TEMPLATE = "action-verified"
_LETTERS = ":letter:"


def key_of(letter: ApologyLetter) -> str:
    return f"complaint:{letter.complaint_id}:{CODE}{_LETTERS}{letter.pk}"


def promise_of(letter: ApologyLetter) -> Commitment | None:
    """The promise to look again; None where the letter made none, or was not sent."""
    return standards.find(key_of(letter))


def to_check(complaint: Complaint) -> ApologyLetter | None:
    """The letter whose promise is still to be kept."""
    rows = complaint.letters.filter(
        status=ApologyLetter.Status.TOLD, variant=ApologyLetter.Variant.ACCEPTED
    )
    for letter in rows.order_by("pk"):
        promise = promise_of(letter)
        if promise is not None and promise.fulfilled_at is None and promise.state != "excluded":
            return letter
    return None


def _promise(complaint: Complaint, *, now: datetime) -> None:
    """Once the letter was sent, the day it names is a promise like any other."""
    letter = complaint.letters.filter(
        status=ApologyLetter.Status.TOLD, variant=ApologyLetter.Variant.ACCEPTED
    ).last()
    if letter is None or promise_of(letter) is not None:
        return
    standards.open_commitment(
        code=CODE,
        key=key_of(letter),
        subject_type=SUBJECT,
        subject_id=complaint.pk,
        started_at=now,
        due_at=max(now, closing_of(date.fromisoformat(letter.parts["verify_on"]))),
        team=complaint.team,
        category=complaint.kind,
        now=now,
    )


apologies.after_telling.append(_promise)


@transaction.atomic
def check_letter(
    *, complaint_id: int, result: str, by: StaffMember, now: datetime
) -> ApologyLetter:
    """Somebody else than who wrote the letter looked again; the citizen is told what was found."""
    complaint = lock_for(complaint_id, by=by, right="put_right")
    letter = to_check(complaint)
    if letter is None or letter.approved_at is None:
        raise NotNow("사과문에서 약속한 확인이 없거나 이미 알려 드렸습니다.")
    if letter.drafted_by_id == by.pk:
        raise NotAllowed("사과문을 쓴 사람이 아닌 다른 사람이 확인합니다.")
    found = words(result, field="result", required="확인한 결과를 적어 주십시오.", longest=2_000)
    record(
        complaint,
        "letter-checked",
        at=now,
        by=actor(by),
        text=found,
        data={"document": letter.number},
        key=f"letter:{letter.pk}:checked",
    )
    tell_citizen(
        complaint,
        TEMPLATE,
        key=f"letter-checked:{letter.pk}",
        now=now,
        chosen_way=True,
        context={
            "issued_on": korean_day(seoul_day(letter.approved_at)),
            "verified_on": korean_day(seoul_day(now)),
            "verifier_team": by.team.name,
            "verify_result": sentence(found),
        },
    )
    standards.fulfil(key=key_of(letter), at=now, now=now)
    notices.nudge()
    return letter


def _stopped(complaint: Complaint, *, why: str, now: datetime) -> None:
    keys = [key_of(letter) for letter in complaint.letters.all()]
    if keys:
        standards.exclude(
            subject_type=SUBJECT, subject_id=complaint.pk, why=why, now=now, keys=keys
        )


registry.after_stopping.append(_stopped)


# --- the sweep ----------------------------------------------------------------------------------


def _checkers(letter: ApologyLetter, case: Complaint, *, now: datetime) -> list[StaffMember | None]:
    """The lead of the team the letter names, else whoever answers for the case."""
    team = Team.objects.filter(name=letter.parts.get("verifier_team", "").strip()).first()
    lead = centre_queries.team_lead(team, at=now) if team else None
    if lead is None or lead.pk in kept_out(case) or lead.pk == letter.drafted_by_id:
        return [lead_of(case, now=now)]
    return [lead]


def _with_letters(of_actions: Callable[[Scene, Complaint, StepDue], None]) -> Callable[..., None]:
    """Steps of this code are of an action, or of a letter's promise to look again."""

    def take(scene: Scene, case: Complaint, step: StepDue) -> None:
        if _LETTERS not in step.commitment.key:
            of_actions(scene, case, step)
            return
        pk = int(step.commitment.key.rpartition(":")[2])
        letter = case.letters.select_related("drafted_by").filter(pk=pk).first()
        if letter is None or letter.drafted_by is None:
            return
        missed = step.name == "missed"
        people = _checkers(letter, case, now=scene.now)
        scene.tell(
            case,
            [*people, scene.manager(case)] if missed else people,
            "action-verify",
            key=f"letter-check:{letter.pk}:{step.name}",
            context={
                "action_title": "사과문에서 약속한 조치",
                "owner": letter.drafted_by.name,
            },
            hours="any" if missed else "opening",
        )
        if missed:
            scene.record(case, "letter-check-missed", step, key="missed")

    return take


for _step in ("two-days", "last-call", "missed"):
    HANDLERS[CODE, _step] = _with_letters(HANDLERS[CODE, _step])
