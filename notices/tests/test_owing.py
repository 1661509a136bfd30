"""Owing: once, encrypted, at the right hour, to the right person."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from centre.calendar import SEOUL
from notices import services, texts
from notices.errors import IncompleteText
from notices.models import Channel, Notice, Status
from notices.tests.making import (
    CASE,
    CODE,
    EVENING,
    HARAM,
    OPEN,
    make_person,
    owe_receipt,
    owe_staff,
    reminder,
)

pytestmark = pytest.mark.django_db


def test_a_notice_is_owed_once():
    first = owe_receipt()
    assert owe_receipt(context={"citizen_name": "다른 사람"}) is None
    assert Notice.objects.get() == first
    assert "김하람 고객님" in first.body


def test_a_second_one_leaves_the_transaction_whole(monkeypatch):
    """The other transaction's row appears between the look and the insert."""
    owe_receipt()
    looks = iter([False, True])
    real = services.owing._not_yet_owed
    monkeypatch.setattr(
        services.owing, "_not_yet_owed", lambda items: real(items) if next(looks) else items
    )
    with transaction.atomic():
        assert owe_receipt() is None
        assert Notice.objects.count() == 1


def test_what_the_database_refuses_for_another_reason_is_not_swallowed(nam):
    with pytest.raises(IntegrityError), transaction.atomic():
        owe_staff(nam, None)


def test_nothing_personal_stands_in_the_database():
    owe_receipt()
    with connection.cursor() as cursor:
        cursor.execute("select * from notices_notice")
        row = " ".join(map(str, cursor.fetchone()))
    for secret in ("김하람", "haram", "접수되었습니다", "2026-000123-H", CODE):
        assert secret not in row


def test_the_access_code_is_in_no_text():
    notice = owe_receipt()
    assert CODE not in notice.title + notice.body
    assert texts.CODE_PLACE in notice.body
    assert notice.secret == CODE
    assert texts.with_code(notice.body, notice.secret).count(CODE) == 1
    assert CODE not in texts.without_code(notice.body)


def test_an_access_code_given_as_text_is_refused():
    with pytest.raises(ValueError, match="secret"):
        owe_receipt(context={"access_code": CODE})


def test_instants_are_written_out_and_facts_of_the_centre_come_by_themselves():
    body = owe_receipt().body
    assert " 답변 기한  2026년 10월 13일(화) 18시까지" in body
    assert "접수일시   2026년 10월 6일(화) 10시" in body
    assert "경상북도종합자원봉사센터" in body


def test_what_a_template_needs_must_be_given():
    with pytest.raises(IncompleteText, match="due_at"):
        services.owe(
            key="case:1:receipt",
            template="receipt",
            subject_type="case",
            subject_id=1,
            to=HARAM,
            context={name: value for name, value in CASE.items() if name != "due_at"},
            now=OPEN,
            secret=CODE,
        )
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"key": ""}, {"key": "k" * 201}, {"hours": "sometimes"}],
    ids=["no key", "long key", "unknown hours"],
)
def test_nonsense_is_a_clear_error(nam, wrong):
    fields = {
        "key": "k",
        "template": "due-two-days",
        "subject_type": "case",
        "subject_id": 1,
        "to": services.Person(nam),
        "context": {},
    }
    with pytest.raises(ValueError, match=r"key|hours"):
        services.Owed(**fields | wrong)


# --- hours --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "hours", "goes_out"),
    [
        ("2026-10-06 10:00", "opening", "2026-10-06 10:00"),
        ("2026-10-06 12:00", "opening", "2026-10-06 13:00"),
        ("2026-10-06 18:00", "opening", "2026-10-07 09:00"),
        ("2026-10-08 20:00", "opening", "2026-10-12 09:00"),  # 한글날, then the weekend
        ("2026-10-10 00:30", "opening", "2026-10-12 09:00"),  # still Friday in UTC
        ("2026-10-10 00:30", "any", "2026-10-10 00:30"),
    ],
)
def test_reminders_wait_for_the_opening(nam, now, hours, goes_out):
    at, expected = (datetime.fromisoformat(text).replace(tzinfo=SEOUL) for text in (now, goes_out))
    owe_staff(nam, now=at, hours=hours)
    assert Notice.objects.get().next_attempt_at == expected


# --- without e-mail -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "address", "way"),
    [
        (Channel.PHONE, "010-0000-1002", "전화로"),
        (Channel.POST, "안동시 풍천면 1", "우편으로"),
        (Channel.FAX, "054-000-1111", "팩스로"),
    ],
)
def test_a_citizen_without_mail_becomes_a_task_and_somebody_is_told(nam, channel, address, way):
    task = owe_receipt(
        to=services.Citizen("박순례", channel, address),
        task_for=nam,
        context={"assistance": "큰 소리"},
    )
    assert (task.status, task.channel, task.staff) == (Status.TASK, channel, nam)
    assert task.do_by == OPEN + timedelta(hours=1)
    tell = Notice.objects.get(template="task-tell")
    assert tell.title == (
        f"[직접 알림] 2026-000123-H 접수 알림 — 2026년 10월 6일(화) 11시까지 {way}"
    )
    assert "도움 요청: 큰 소리" in tell.body
    assert "/admin/notices/notice/tasks/" in tell.body
    assert (tell.recipient, tell.secret) == ("nam@example.org", "")


def test_several_are_told_and_the_caller_sets_the_time(nam):
    other = make_person()
    task = owe_receipt(
        to=services.Citizen("박순례", "phone", "010-0000-1002"),
        task_for=[nam, other],
        task_due_at=OPEN + timedelta(hours=3),
    )
    assert task.do_by == OPEN + timedelta(hours=3)
    told = Notice.objects.filter(template="task-tell")
    assert {notice.staff for notice in told} == {nam, other}


def test_a_task_in_the_evening_is_told_in_the_morning(nam):
    owe_receipt(to=services.Citizen("박순례", "phone", "1"), task_for=nam, now=EVENING)
    tell = Notice.objects.get(template="task-tell")
    assert tell.next_attempt_at == datetime(2026, 10, 7, 9, tzinfo=SEOUL)
    assert Notice.objects.get(status=Status.TASK).do_by == datetime(2026, 10, 7, 10, tzinfo=SEOUL)


def test_staff_without_mail_read_it_on_the_screen():
    person = make_person(email="")
    owe_staff(person)
    notice = Notice.objects.get()
    assert (notice.status, notice.channel, notice.staff) == (Status.TASK, Channel.SCREEN, person)


# --- many at once -------------------------------------------------------------------------------


def test_several_for_one_person_become_one_mail(nam):
    other = make_person()
    items = [reminder(nam, 1), reminder(nam, 2), reminder(other, 3), reminder(nam, 4)]
    assert services.owe_many(items, now=OPEN) == 4
    carrier = Notice.objects.get(template="staff-digest")
    assert carrier.title == "[알림] 확인하실 일 3건"
    assert carrier.body == (
        "1. [기한 2일 전] 2026-000001-H\n   남은 일: 초안 쓰기 1\n"
        "   https://voc.example.org/admin/1/\n\n"
        "2. [기한 2일 전] 2026-000002-H\n   남은 일: 초안 쓰기 2\n"
        "   https://voc.example.org/admin/2/\n\n"
        "3. [기한 2일 전] 2026-000004-H\n   남은 일: 초안 쓰기 4\n"
        "   https://voc.example.org/admin/4/\n"
    )
    assert set(carrier.carries.values_list("subject_id", flat=True)) == {1, 2, 4}
    alone = Notice.objects.get(subject_id=3)
    assert (alone.carried_by, alone.staff) == (None, other)
    assert set(Notice.objects.sendable(now=OPEN)) == {carrier, alone}


def test_one_sweep_owes_again_only_what_is_new(nam):
    services.owe_many([reminder(nam, 1), reminder(nam, 2)], now=OPEN)
    items = [reminder(nam, 1), reminder(nam, 2), reminder(nam, 3), reminder(nam, 3)]
    assert services.owe_many(items, now=OPEN + timedelta(seconds=15)) == 1
    assert Notice.objects.get(subject_id=3).carried_by is None
    assert services.owe_many(items, now=OPEN + timedelta(seconds=30)) == 0


def test_mails_of_different_hours_are_not_bundled(nam):
    items = [reminder(nam, 1, hours="opening"), reminder(nam, 2, hours="any")]
    services.owe_many(items, now=EVENING)
    assert not Notice.objects.filter(template="staff-digest").exists()


def test_citizens_are_never_bundled(nam):
    receipts = [
        services.Owed(
            key=f"case:{n}:receipt",
            template="receipt",
            subject_type="case",
            subject_id=n,
            to=HARAM,
            context=CASE,
            secret=CODE,
        )
        for n in (1, 2)
    ]
    assert services.owe_many([*receipts, reminder(nam)], now=OPEN) == 2 + 1
    assert not Notice.objects.exclude(carried_by=None).exists()


@pytest.mark.parametrize("number", [1, 10, 200])
def test_queries_do_not_grow_with_the_number(nam, number, django_assert_max_num_queries):
    items = [reminder(nam, n, hours="opening") for n in range(number)]
    batches = 0 if connection.vendor == "postgresql" else number // 30  # SQLite's 999 parameters
    with django_assert_max_num_queries(8 + batches):
        services.owe_many(items, now=OPEN)
    assert Notice.objects.filter(subject_type="case").count() == number


def test_two_sweeps_at_once_tell_each_thing_in_one_mail(nam, monkeypatch):
    """One takes item 2 between the other's look and insert: the other's mail speaks of 1 and 3."""
    real = services.owing._not_yet_owed
    looks: list[int] = []

    def look(items):
        found = real(items)
        if not looks:
            looks.append(1)
            services.owe_many([reminder(nam, 2)], now=OPEN)
        return found

    monkeypatch.setattr(services.owing, "_not_yet_owed", look)
    assert services.owe_many([reminder(nam, n) for n in (1, 2, 3)], now=OPEN) == 2
    carrier = Notice.objects.get(template="staff-digest")
    assert "2026-000002-H" not in carrier.body
    assert set(carrier.carries.values_list("subject_id", flat=True)) == {1, 3}


# --- again, and not at all ----------------------------------------------------------------------


def test_owed_again_by_phone_replaces_what_is_open(nam):
    old = owe_receipt()
    new: Any = services.owe_again(
        notice_id=old.pk,
        channel="phone",
        address="010-0000-1001",
        key="case:1:receipt:again:phone",
        now=OPEN,
        task_for=nam,
    )
    old.refresh_from_db()
    assert (old.status, old.secret) == (Status.CANCELLED, "")
    assert (new.status, new.replaces, new.secret) == (Status.TASK, old, CODE)
    assert new.body.splitlines()[:9] == old.body.splitlines()[:9]
    assert "메일" not in new.body
    assert "2026-000123-H" in Notice.objects.get(template="task-tell").title
    assert (
        services.owe_again(
            notice_id=old.pk, channel="post", address="", key="case:1:receipt:again:phone", now=OPEN
        )
        is None
    )


def test_cancelled_notices_take_with_them_what_only_served_them(nam):
    owe_receipt(to=services.Citizen("박순례", "phone", "1"), task_for=nam)
    services.owe_many([reminder(nam, 1), reminder(nam, 2)], now=OPEN)
    assert services.cancel(subject_type="case", subject_id=1, templates=["receipt"], now=OPEN) == 1
    states = dict(
        Notice.objects.filter(subject_type="case", subject_id=1).values_list("template", "status")
    )
    assert states == {"receipt": "cancelled", "task-tell": "cancelled", "due-two-days": "owed"}
    services.cancel(subject_type="case", subject_id=1, templates=None, now=OPEN)
    carrier = Notice.objects.get(template="staff-digest")
    assert carrier.status == Status.OWED
    services.cancel(subject_type="case", subject_id=2, templates=None, now=OPEN)
    carrier.refresh_from_db()
    assert carrier.status == Status.CANCELLED
    assert not Notice.objects.sendable(now=OPEN).exists()
