"""Who is told what, once a day: nothing to say, absences, a broken row, two passes at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from centre import options
from centre.errors import BadOption
from centre.factories import AbsenceFactory
from centre.models import Option, StaffMember
from complaints.tests.conftest import demo_centre, file, person, seoul
from dashboards.digest import morning, sending
from dashboards.digest.models import Round
from notices import services as notices
from notices import texts
from notices.models import Notice
from standards.services import sweep

__all__ = ["demo_centre", "file", "person"]
pytestmark = pytest.mark.usefixtures("demo_centre")
FILED = seoul("2026-09-02 10:00")  # a Wednesday; the answer is due on the ninth, 18:00
MORNING = seoul("2026-09-09 09:10")
NAME, ADDRESS = "김하람", "haram@example.com"


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def told(kind: str = "daily") -> set[str]:
    rows = Notice.objects.filter(key__startswith=f"digest:{kind}:").select_related("staff")
    return {row.staff.name for row in rows if row.staff}


def lead_of(case: Any) -> StaffMember:
    return StaffMember.objects.select_related("user", "team").get(
        position="lead", team=case.complaint.team
    )


def body_to(who: StaffMember, kind: str = "daily") -> Notice:
    return Notice.objects.get(key__startswith=f"digest:{kind}:", staff=who)


def test_leads_hear_of_their_team_and_managers_of_all(file: Callable[..., Any]) -> None:
    case = file(now=FILED)
    number = case.complaint.receipt_number
    sending.send(now=MORNING)
    lead = lead_of(case)
    manager = StaffMember.objects.get(position="secretary_general")
    for who in (lead, manager):
        notice = body_to(who)
        assert notice.title.startswith("[아침] 오늘 기한 1 · 지남 0")
        assert number in notice.body
        assert "/admin/complaints/complaint/?" in notice.body
        assert NAME not in notice.body
        assert ADDRESS not in notice.body
    others = StaffMember.objects.filter(position="lead").exclude(pk=lead.pk)
    for row in Notice.objects.filter(key__startswith="digest:daily:", staff__in=others):
        assert number not in row.body


def test_a_missed_first_promise_is_named_beside_the_new_date(file: Callable[..., Any]) -> None:
    file(now=FILED)
    later = seoul("2026-09-10 09:10")
    sweep(now=later)
    sending.send(now=later)
    body = body_to(StaffMember.objects.get(position="secretary_general")).body
    assert "처음 약속 9월 9일을 넘김, 새 기한 9월 15일" in body
    assert "오늘까지 답할 건" not in body


def test_nothing_to_say_is_no_mail() -> None:
    assert sending.send(now=MORNING) == 0
    assert not Notice.objects.exists()
    assert Round.objects.get().kind == "daily"


@pytest.mark.parametrize("now", ["2026-09-09 09:09:59", "2026-09-09 12:00:01", "2026-09-12 10:00"])
def test_not_before_its_time(file: Callable[..., Any], now: str) -> None:
    file(now=FILED)
    assert sending.send(now=seoul(now)) == 0
    assert not Round.objects.exists()


def test_a_worker_that_was_away_still_sends_once(file: Callable[..., Any]) -> None:
    file(now=FILED)
    assert sending.send(now=seoul("2026-09-09 11:00")) > 0
    assert sending.send(now=seoul("2026-09-09 11:02")) == 0
    assert sending.send(now=seoul("2026-09-09 17:59")) == 0
    before = len(told())
    assert sending.send(now=seoul("2026-09-10 09:10")) > 0  # the next day speaks of it again
    assert Notice.objects.filter(key__startswith="digest:daily:").count() > before


def test_who_is_absent_switched_off_or_gone_gets_none(file: Callable[..., Any]) -> None:
    case = file(now=FILED)
    lead = lead_of(case)
    AbsenceFactory(person=lead, starts_at=MORNING, ends_at=MORNING + timedelta(hours=1))
    off = StaffMember.objects.get(position="secretary_general")
    off.user.is_active = False
    off.user.save(update_fields=["is_active"])
    sending.send(now=MORNING)
    assert lead.name not in told()
    assert off.name not in told()
    sending.send(now=MORNING + timedelta(hours=2))  # back, but the morning is over
    assert lead.name not in told()


def test_the_centre_may_switch_them_off_and_move_their_time(file: Callable[..., Any]) -> None:
    file(now=FILED)
    Option.objects.create(key="digest_daily", value="no")
    assert sending.send(now=MORNING) == 0
    Option.objects.filter(key="digest_daily").update(value="yes")
    Option.objects.create(key="digest_at", value="10:30")
    assert sending.send(now=MORNING) == 0
    assert sending.send(now=seoul("2026-09-09 10:30")) > 0


@pytest.mark.parametrize("written", ["25:00", "9:10", "18:00", "아침", "09:60"])
def test_a_time_that_is_none(written: str) -> None:
    with pytest.raises(BadOption):
        options.parse(options.specs()["digest_at"], written)


def test_one_that_fails_holds_up_nobody_and_is_tried_again(
    file: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = file(now=FILED)
    lead, whole = lead_of(case), morning.sections

    def broken(who: StaffMember, shared: Any) -> Any:
        if who.pk == lead.pk:
            raise RuntimeError
        return whole(who, shared)

    monkeypatch.setattr(morning, "sections", broken)
    with pytest.raises(ExceptionGroup):
        sending.send(now=MORNING)
    assert told()
    assert lead.name not in told()
    monkeypatch.setattr(morning, "sections", whole)
    assert sending.send(now=MORNING + timedelta(minutes=2)) == 1
    assert lead.name in told()


def test_a_holiday_monday_moves_the_weekly_one(file: Callable[..., Any]) -> None:
    file(now=seoul("2026-02-25 10:00"))
    assert sending.send(now=seoul("2026-03-02 10:00")) == 0
    sending.send(now=seoul("2026-03-03 09:10"))
    manager = StaffMember.objects.get(position="secretary_general")
    notice = body_to(manager, "weekly")
    assert notice.title.startswith("[지난주] 2월 23일~3월 1일")
    assert "들어온 의견 1건" in notice.title
    assert notice.carried_by is None
    count = Notice.objects.filter(key__startswith="digest:weekly:").count()
    sending.send(now=seoul("2026-03-04 09:10"))
    assert Notice.objects.filter(key__startswith="digest:weekly:").count() == count


def test_figures_are_those_of_the_rows_and_cautions_are_left_out(
    file: Callable[..., Any],
) -> None:
    from dashboards.evaluation.tests.conftest import promised  # noqa: PLC0415

    for place in range(3):
        promised(
            "reply", seoul(f"2026-09-0{place + 1} 10:00"), kept=place > 0, category="complaint"
        )
    promised("stage-3", seoul("2026-09-01 10:00"), kept=False)
    sending.send(now=seoul("2026-09-14 09:10"))
    manager = StaffMember.objects.get(position="secretary_general")
    body = body_to(manager, "weekly").body
    assert "66.6% (2/3) 미달" in body
    assert "주의" not in body


def test_the_table_is_one_in_both_parts(file: Callable[..., Any]) -> None:
    case = file(now=FILED)
    sending.send(now=MORNING)
    notices.deliver(now=MORNING)
    lead = lead_of(case)
    sent = next(one for one in mail.outbox if "[아침]" in one.subject and lead.email in one.to[0])
    lines = [line for line in str(sent.body).splitlines() if line.startswith("| ")]
    assert len({texts._width(line) for line in lines[:2]}) == 1
    page = sent.alternatives[0][0]  # type: ignore[attr-defined]
    assert '<th scope="col">접수번호</th>' in page
    assert f'<th scope="row">{case.complaint.receipt_number}</th>' in page


def test_queries_do_not_grow_with_the_cases(
    file: Callable[..., Any], django_assert_max_num_queries: Any
) -> None:
    for place in range(6):
        file(now=FILED + timedelta(minutes=place), email=f"h{place}@example.com")
    with django_assert_max_num_queries(40 + 30 * len(sending.recipients(now=MORNING))):
        sending.send(now=MORNING)
    with django_assert_max_num_queries(4):
        sending.send(now=MORNING + timedelta(minutes=2))


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_two_passes_at_once_tell_each_once(file: Callable[..., Any]) -> None:
    file(now=FILED)
    start = Barrier(3)

    def run(_place: int) -> int:
        try:
            start.wait(timeout=10)
            return sending.send(now=MORNING)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(run, range(3)))
    keys = Notice.objects.filter(key__startswith="digest:daily:").values_list("staff", flat=True)
    assert len(keys) == len(set(keys)) > 0
    assert not Notice.objects.filter(template="staff-digest", subject_type="staff").exists()
    assert Round.objects.count() == 1
