"""What must always be true of cases; ``manage.py verify`` prints a line for each breach."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import BigIntegerField, Exists, F, OuterRef, Q
from django.db.models.functions import Cast
from django.utils import timezone

from centre.calendar import seoul_day
from complaints import stage_checks
from complaints.models import OPEN_STATES, AboutStaff, Approval, Complaint, Kind, Response, State
from complaints.queries import SUBJECT
from complaints.services.approving import nobody_approves
from notices.models import Notice
from records.models import Event
from standards.models import Commitment


def breaches(*, now: datetime | None = None) -> Iterator[str]:
    """A sentence for each breach of what holds for cases."""
    now = now or timezone.now()
    yield from _without_commitment()
    yield from _without_event()
    yield from _without_receipt()
    yield from _stuck()
    yield from _wrong_people(now)
    yield from _nobody_approves(now)
    yield from _answers()
    yield from stage_checks.breaches()


def _say(cases: object, what: str) -> Iterator[str]:
    for number in cases.order_by("pk").values_list("receipt_number", flat=True)[:100]:  # type: ignore[attr-defined]
        yield f"{number}: {what}"


def _of_case(model: type, **more: object) -> Exists:
    rows = model.objects.filter(subject_type=SUBJECT, subject_id=OuterRef("pk"), **more)  # type: ignore[attr-defined]
    return Exists(rows)


def _without_commitment() -> Iterator[str]:
    """Every case has its commitments; every open one with a name a date to be answered by."""
    yield from _say(
        Complaint.objects.filter(~_of_case(Commitment, code="every-opinion")),
        "등록 약속(every-opinion)이 없습니다.",
    )
    yield from _say(
        Complaint.objects.filter(~_of_case(Commitment, code="reply"), anonymous=False),
        "답변 약속(reply)이 없습니다.",
    )
    running = _of_case(Commitment, code="reply", state__in=["running", "paused", "missed"])
    yield from _say(
        Complaint.objects.filter(~running, state__in=OPEN_STATES, anonymous=False),
        "열려 있는데 가고 있는 답변 기한이 없습니다.",
    )
    still = _of_case(
        Commitment, code__in=["reply", "reply-renewed"], state__in=["running", "paused"]
    )
    ended = [State.ANSWERED, State.CLOSED, State.REFERRED, State.WITHDRAWN, State.MERGED]
    yield from _say(
        Complaint.objects.filter(still, state__in=ended),
        "끝난 건의 답변 기한이 아직 가고 있습니다.",
    )


def _without_event() -> Iterator[str]:
    yield from _say(
        Complaint.objects.filter(~_of_case(Event, kind="complaint-received")),
        "접수 기록이 없습니다.",
    )
    told = _of_case(Event, kind="told")
    yield from _say(
        Complaint.objects.filter(~told, told_at__isnull=False), "결과를 전한 기록이 없습니다."
    )


def _without_receipt() -> Iterator[str]:
    """Whoever gave a name was told, or is being told, that the opinion arrived."""
    on_the_spot = Q(channel="web")
    yield from _say(
        Complaint.objects.filter(
            on_the_spot, ~_of_case(Notice, template="receipt"), anonymous=False
        ),
        "접수 알림이 없습니다.",
    )


def _stuck() -> Iterator[str]:
    """A case being told has a notice on its way, or a task, or one that failed and is seen."""
    results = _of_case(Notice, template__in=["result", "compliment-thanks"])
    yield from _say(
        Complaint.objects.filter(~results, state=State.TELLING),
        "결과를 전하는 중인데 보낼 알림이 없습니다.",
    )
    waiting = Approval.objects.filter(
        complaint=OuterRef("pk"), document="response", decision=Approval.Decision.WAITING
    )
    yield from _say(
        Complaint.objects.filter(~Exists(waiting), state=State.APPROVING),
        "결재 중인데 결재자가 없습니다.",
    )
    request = Complaint.objects.filter(
        pk=OuterRef("pk"),
        information_requests__answered_at=None,
        information_requests__lapsed_at=None,
        information_requests__cancelled_at=None,
        information_requests__isnull=False,
    )
    yield from _say(
        Complaint.objects.filter(~Exists(request), state=State.WAITING),
        "보완을 기다리는 중인데 요청이 없습니다.",
    )


def _wrong_people(now: datetime) -> Iterator[str]:
    """A complaint about a person never reaches that person; nobody who has left has a case."""
    about = AboutStaff.objects.filter(complaint=OuterRef("pk"), person=OuterRef("handler"))
    concerned = Complaint.objects.exclude(kind=Kind.COMPLIMENT)
    yield from _say(
        concerned.filter(Exists(about), state__in=OPEN_STATES), "대상 직원이 담당자입니다."
    )
    left = Complaint.objects.open().filter(handler__left_on__lte=seoul_day(now))
    yield from _say(left, "나간 직원이 담당자입니다. 다른 직원에게 배정해야 합니다.")
    told = (
        Notice.objects.filter(
            subject_type=SUBJECT, subject_id=OuterRef("complaint_id"), audience="staff"
        )
        .filter(staff=OuterRef("person"))
        .exclude(template="notice-failed")
    )
    rows = AboutStaff.objects.exclude(complaint__kind=Kind.COMPLIMENT).exclude(
        origin=AboutStaff.Origin.MARKED
    )
    for row in rows.filter(Exists(told)).select_related("complaint")[:100]:
        yield f"{row.complaint.receipt_number}: 대상 직원에게 알림이 갔습니다."
    approved = Approval.objects.filter(
        document="response",
        decision__in=[Approval.Decision.WAITING, Approval.Decision.APPROVED],
        approver__drafts__pk=Cast(F("document_id"), BigIntegerField()),
    )
    for approval in approved.select_related("complaint")[:100]:
        yield f"{approval.complaint.receipt_number}: 자기 답변을 결재했습니다."


def _nobody_approves(now: datetime) -> Iterator[str]:
    for case in nobody_approves(now=now):
        yield f"{case.receipt_number}: 답변을 결재할 수 있는 사람이 없습니다."


def _answers() -> Iterator[str]:
    for response in Response.objects.filter(
        status=Response.Status.TOLD, told_at=None
    ).select_related("complaint")[:100]:
        yield f"{response.complaint.receipt_number}: 전한 답변에 때가 없습니다."
    yield from _say(
        Complaint.objects.filter(state=State.ANSWERED, told_at=None),
        "답변드린 건에 전한 때가 없습니다.",
    )
