"""즉시 사과: the mail goes at once, and only a person's contact keeps the promise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from centre.models import StaffMember
from complaints import services
from complaints.checks import breaches
from complaints.errors import NotNow, Refused
from complaints.models import Complaint
from complaints.tests.conftest import MORNING, seoul
from notices.models import Notice
from notices.services import deliver, do_task
from records.models import Event
from standards.models import Commitment
from standards.services import sweep

File = Callable[..., services.Filed]
Find = Callable[[str], StaffMember]
PHONE = {"email": "", "phone": "010-0000-1002", "reply_by": "phone"}
POST = {"email": "", "address": "경상북도 안동시 풍천면 1", "reply_by": "post"}


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def promise(case: Complaint) -> Commitment:
    return Commitment.objects.get(subject_id=case.pk, code="immediate-apology")


@pytest.mark.parametrize(
    ("channel", "filed", "due"),
    [
        ("web", "2026-09-09 10:00", "2026-09-09 15:00"),
        ("web", "2026-09-11 17:30", "2026-09-14 13:30"),
        ("web", "2026-09-12 00:30", "2026-09-14 14:00"),  # still Friday in UTC
        ("web", "2026-09-23 16:00", "2026-09-28 11:00"),  # the eve of Chuseok
        ("phone", "2026-09-09 11:50", "2026-09-09 13:50"),
        ("phone", "2026-09-09 17:00", "2026-09-09 18:00"),
        ("visit", "2026-09-11 17:50", "2026-09-14 09:50"),
        ("visit", "2026-09-23 17:30", "2026-09-28 09:30"),
    ],
)
def test_until_when_a_person_gets_in_touch(
    file: File, person: Find, channel: str, filed: str, due: str
) -> None:
    by: dict[str, Any] = (
        {"channel": channel, "registered_by": person("im.do")} if channel != "web" else {}
    )
    case = file(now=seoul(filed), **by).complaint
    assert promise(case).due_at == seoul(due)


def test_the_mail_follows_the_receipt_and_keeps_nothing(file: File) -> None:
    case = file().complaint
    deliver(now=MORNING)
    to_citizen = [m.subject for m in mail.outbox if "haram" in m.to[0]]
    assert ["접수되었습니다" in to_citizen[0], "불편을 드려" in to_citizen[1]] == [True, True]
    apology = next(m for m in mail.outbox if "불편을 드려" in m.subject)
    assert "2026년 9월 9일(수) 15시까지 백승우 팀장 또는 담당자가 이메일로 직접" in apology.body
    assert promise(case).state == "running"
    told = Notice.objects.filter(template="apology-contact").values_list("staff__name", flat=True)
    assert set(told) == {"백승우", "남가영"}


def test_only_who_was_reached_counts(file: File, person: Find) -> None:
    case = file(phone="010-0000-1001").complaint
    at = MORNING + timedelta(minutes=20)
    services.log_contact(
        complaint_id=case.pk, way="phone", reached=False, by=person("nam.gy"), now=at
    )
    assert promise(case).state == "running"
    later = MORNING + timedelta(minutes=40)
    services.log_contact(
        complaint_id=case.pk, way="phone", reached=True, note="들음", by=person("nam.gy"), now=later
    )
    assert (promise(case).state, promise(case).fulfilled_at) == ("kept", later)
    kinds = Event.objects.filter(subject_id=case.pk, kind__startswith="contact")
    assert list(kinds.values_list("kind", flat=True)) == ["contact-tried", "contacted"]


@pytest.mark.parametrize("contact", [PHONE, POST])
def test_read_out_or_posted_by_a_person_is_the_contact(
    file: File, person: Find, contact: dict[str, str]
) -> None:
    case = file(channel="letter", registered_by=person("im.do"), **contact).complaint
    task = Notice.objects.get(template="immediate-apology")
    assert task.status == "task"
    by_letter = "저희가 먼저 글을 보내 드리겠습니다" in task.body
    assert by_letter == (contact is POST)
    do_task(notice_id=task.pk, by=person("nam.gy"), now=MORNING + timedelta(hours=1))
    assert promise(case).state == "kept"
    assert case.contacts.get().by == person("nam.gy")


def test_reminded_at_two_thirds_then_missed_then_kept_no_more(file: File, person: Find) -> None:
    case = file().complaint
    sweep(now=seoul("2026-09-09 14:39"))
    assert Notice.objects.filter(key__contains="apology-contact:soon").count() == 0
    sweep(now=seoul("2026-09-09 14:40"))
    assert Notice.objects.filter(key__contains="apology-contact:soon").count() == 2
    sweep(now=seoul("2026-09-09 15:00"))
    sweep(now=seoul("2026-09-09 15:05"))
    late = Notice.objects.filter(template="apology-overdue")
    assert set(late.values_list("staff__name", flat=True)) == {"백승우", "남가영"}
    services.log_contact(
        complaint_id=case.pk,
        way="phone",
        reached=True,
        by=person("nam.gy"),
        now=seoul("2026-09-09 16:00"),
    )
    assert promise(case).state == "missed"
    assert list(breaches()) == []


def test_waived_with_a_reason_and_counted_apart(file: File, person: Find) -> None:
    case = file().complaint
    with pytest.raises(Refused, match="까닭을 적어"):
        services.waive_apology(complaint_id=case.pk, reason=" ", by=person("nam.gy"), now=MORNING)
    services.waive_apology(
        complaint_id=case.pk, reason="시스템 시험 글", by=person("nam.gy"), now=MORNING
    )
    assert promise(case).state == "excluded"
    with pytest.raises(NotNow):
        services.waive_apology(complaint_id=case.pk, reason="또", by=person("nam.gy"), now=MORNING)


def test_what_is_sent_to_another_body_is_left_out(file: File, person: Find) -> None:
    from centre.models import ReferralBody  # noqa: PLC0415
    from complaints import queries  # noqa: PLC0415

    case = file(topic_code="site").complaint
    body = ReferralBody.objects.filter(active=True).first()
    assert body is not None
    handler = Complaint.objects.get(pk=case.pk).handler
    assert handler is not None
    services.ask_referral(
        complaint_id=case.pk,
        body_id=body.pk,
        contact="054-000-0000",
        reason="다른 기관의 일",
        by=handler,
        now=MORNING,
    )
    approval = queries.open_approval(case)
    assert approval is not None
    services.approve(approval_id=approval.pk, by=approval.approver, now=MORNING)
    assert promise(case).state == "excluded"


@pytest.mark.parametrize("kind", ["suggestion", "compliment", "enquiry"])
def test_only_complaints(file: File, kind: str) -> None:
    file(kind=kind)
    assert not Commitment.objects.filter(code="immediate-apology").exists()
    assert not Notice.objects.filter(template="immediate-apology").exists()


def test_whom_it_is_about_never_rings(file: File) -> None:
    case = file(about_staff="남가영").complaint
    told = Notice.objects.filter(subject_id=case.pk, audience="staff")
    assert "남가영" not in set(told.values_list("staff__name", flat=True))
    mail_text = Notice.objects.get(subject_id=case.pk, template="immediate-apology").body
    assert "남가영" not in mail_text


def test_what_was_registered_late_counts_from_when_it_came(file: File, person: Find) -> None:
    """A call of the day before, written down this morning: its hour is over, and that is said."""
    case = file(
        channel="phone",
        phone="010-0000-1002",
        email="",
        reply_by="phone",
        received_at=seoul("2026-09-08 16:40"),
        registered_by=person("im.do"),
    ).complaint
    assert promise(case).due_at == seoul("2026-09-08 17:40")
    told = Notice.objects.get(subject_id=case.pk, template="immediate-apology")
    assert "11시" in told.body, "what the citizen is told lies ahead"
    sweep(now=MORNING)
    assert promise(case).state == "missed"
