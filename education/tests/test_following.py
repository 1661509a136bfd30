"""What beat does: the day before, the end, and what is blanked when its time is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from centre.services import set_option
from complaints.tests.conftest import seoul
from education import services
from education.checks import breaches
from education.models import Enrolment
from education.services import _base
from education.tests.conftest import MORNING, come, fresh, times
from notices.models import Notice
from notices.services import deliver
from records.actors import SYSTEM
from records.models import Event


def reminders() -> int:
    return Notice.objects.filter(template="course-tomorrow").count()


@pytest.mark.parametrize(
    ("at", "count"),
    [
        ("2026-10-05 23:59", 0),
        ("2026-10-06 09:59", 0),
        ("2026-10-06 10:00", 2),
        ("2026-10-06 23:59", 2),  # late, but it is still the day before
        ("2026-10-07 00:01", 0),  # "내일" would be wrong
    ],
)
def test_the_day_before_in_the_right_hour(announced: Any, at: str, count: int) -> None:
    course = announced("2026-10-07 10:00-17:00", capacity=2, bring="필기도구")
    for _n in range(3):
        come(course)
    for _n in range(2):
        services.follow(now=seoul(at))
    assert reminders() == count
    if count:
        body = Notice.objects.filter(template="course-tomorrow")[0].body
        assert "내일 ‘마음을 여는 상담과 응대’ 교육이 있습니다." in body
        assert "준비물: 필기도구" in body


def test_the_hour_is_the_centres_own(announced: Any) -> None:
    set_option(key="course_reminder_hour", value="15", by=SYSTEM, now=MORNING)
    come(announced("2026-10-07 10:00-17:00"))
    services.follow(now=seoul("2026-10-06 14:59"))
    assert reminders() == 0
    services.follow(now=seoul("2026-10-06 15:00"))
    assert reminders() == 1


def test_a_course_at_half_past_midnight_is_reminded_of_on_the_seoul_day_before(
    announced: Any,
) -> None:
    come(announced("2026-10-07 00:30-03:00"))  # 6 October in UTC
    services.follow(now=seoul("2026-10-05 10:30"))
    assert reminders() == 0
    services.follow(now=seoul("2026-10-06 10:30"))
    assert reminders() == 1


def test_a_moved_course_reminds_of_its_new_day_too(announced: Any, planner: Any) -> None:
    course = announced("2026-10-07 10:00-17:00")
    come(course)
    services.follow(now=seoul("2026-10-06 10:00"))
    services.move(
        course_id=course.pk,
        sessions=times("2026-10-21 10:00-17:00"),
        place=course.place,
        reason="강사 사정",
        by=planner,
        now=seoul("2026-10-06 12:00"),
    )
    services.follow(now=seoul("2026-10-06 13:00"))
    assert reminders() == 1
    services.follow(now=seoul("2026-10-20 10:00"))
    assert reminders() == 2


def test_nobody_is_reminded_of_what_is_called_off(announced: Any, person: Any) -> None:
    course = announced("2026-10-07 10:00-17:00")
    come(course)
    lead = person("cha.mj").team.members.get(position="lead")
    services.cancel_course(course_id=course.pk, reason="강사 사정", by=lead, now=MORNING)
    services.follow(now=seoul("2026-10-06 10:00"))
    assert reminders() == 0


def test_it_is_finished_at_its_end_however_late_that_is_noticed(announced: Any) -> None:
    course = announced("2026-10-07 10:00-17:00", "2026-10-08 10:00-16:00")
    services.follow(now=seoul("2026-10-08 15:59"))
    assert fresh(course).state == "announced"
    for _n in range(2):
        services.follow(now=seoul("2026-10-10 03:00"))
    assert (fresh(course).state, fresh(course).finished_at) == (
        "finished",
        seoul("2026-10-08 16:00"),
    )
    event = Event.objects.get(kind="course-finished")
    assert (event.at, event.recorded_at) == (seoul("2026-10-08 16:00"), seoul("2026-10-10 03:00"))
    assert list(breaches()) == []


def test_one_bad_course_does_not_stop_the_others(
    announced: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    bad, good = announced("2026-10-07 10:00-17:00"), announced("2026-10-07 10:00-17:00")
    real = _base.lock

    def lock(course_id: int) -> Any:
        if course_id == bad.pk:
            raise RuntimeError("김하람")
        return real(course_id)

    monkeypatch.setattr("education.services.following.lock", lock)
    assert services.follow(now=seoul("2026-10-08 10:00")) == 1
    assert fresh(good).state == "finished"
    assert fresh(bad).state == "announced"
    assert "김하람" not in caplog.text


# --- disposal -----------------------------------------------------------------------------------


def test_participants_are_blanked_after_the_period_and_numbers_stay(
    announced: Any, planner: Any, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    course = announced("2026-10-07 10:00-17:00")
    people = [come(course, phone=f"010-0000-000{n}").enrolment for n in range(2)]
    deliver(now=MORNING + timedelta(hours=2))
    end = seoul("2026-10-07 17:00")
    services.follow(now=end)
    session = course.sessions.get()
    marks = {(one.pk, session.pk): 420 for one in people}
    services.write_attendance(course_id=course.pk, marks=marks, by=planner, now=end)
    services.issue_certificates(course_id=course.pk, by=planner, now=end)
    before, after = seoul("2029-10-07 16:59"), seoul("2029-10-07 17:00")
    assert services.dispose_due(now=before) == 0
    assert services.dispose_due(now=after) == 1
    assert services.dispose_due(now=after) == 0
    for row in Enrolment.objects.all():
        assert (row.name, row.email, row.phone, row.assistance) == ("", "", "", "")
        assert (row.email_index, row.phone_index, row.nonce) == ("", "", "")
        assert row.attendances.count() == 1
        assert row.certificates.get().number.startswith("제2026-교육-")
    sent = Notice.objects.filter(subject_type="enrolment")
    assert {(row.recipient, row.recipient_name, row.body) for row in sent} <= {("", "", "")} | {
        (row.recipient, row.recipient_name, row.body) for row in sent if row.status == "cancelled"
    }
    record = Event.objects.get(kind="disposed", subject_type="course")
    assert record.data == {"count": 2, "retention_years": 3}
    assert list(breaches()) == []


def test_the_period_is_a_setting_and_29_february_is_a_day(announced: Any) -> None:
    set_option(key="course_retention_years", value="1", by=SYSTEM, now=MORNING)
    announced("2027-02-28 10:00-17:00")
    services.follow(now=seoul("2027-02-28 17:00"))
    assert services.dispose_due(now=seoul("2028-02-28 16:59")) == 0
    assert services.dispose_due(now=seoul("2028-02-29 17:00")) == 1
