"""Contact notes: when they are due, who is told, what keeps the promise, what ends them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as mail_module

from centre.models import Deputy, StaffMember
from centre.services import add_closure
from complaints.tests.conftest import seoul
from complaints.tests.staff import browser_of, words_of
from notices.models import Notice
from notices.services import deliver
from reception import queries, services
from reception.checks import breaches
from reception.errors import NotFound, NotNow, PersonLeft, Refused
from reception.models import ContactNote
from reception.tests.conftest import MORNING, a_token, fresh
from records.actors import SYSTEM
from records.models import Event
from standards.models import Commitment
from standards.services import sweep


def promise_of(note: ContactNote) -> Commitment:
    return Commitment.objects.get(key=f"callback:{note.pk}:contact")


def told(template: str) -> set[str]:
    rows = Notice.objects.filter(template=template, staff__isnull=False)
    return {notice.staff.user.username for notice in rows if notice.staff}


@pytest.mark.parametrize(
    ("origin", "start", "due"),
    [
        ("phone", "2026-09-09 10:00", "2026-09-09 11:00"),
        ("phone", "2026-09-09 11:50", "2026-09-09 13:50"),  # over lunch
        ("phone", "2026-09-09 11:00", "2026-09-09 12:00"),  # due exactly as the doors close
        ("phone", "2026-09-09 12:30", "2026-09-09 14:00"),  # taken during lunch
        ("phone", "2026-09-11 17:30", "2026-09-14 09:30"),  # Friday evening
        ("phone", "2026-09-12 00:30", "2026-09-14 10:00"),  # Saturday; still Friday in UTC
        ("phone", "2026-09-23 17:40", "2026-09-28 09:40"),  # the eve of Chuseok
        ("visit", "2026-09-09 10:00", "2026-09-09 10:15"),
        ("visit", "2026-09-11 17:50", "2026-09-14 09:05"),
        ("visit", "2026-09-09 11:50", "2026-09-09 13:05"),
        ("visit", "2026-09-23 17:50", "2026-09-28 09:05"),
    ],
)
def test_when_it_is_due(take: Any, origin: str, start: str, due: str) -> None:
    assert take(now=seoul(start), origin=origin).due_at == seoul(due)


def test_a_closed_day_in_the_middle_of_fifteen_minutes(take: Any) -> None:
    note = take(now=seoul("2026-09-11 17:50"), origin="visit").note
    add_closure(
        on=seoul("2026-09-14 00:00").date(), reason="정전", by=SYSTEM, now=seoul("2026-09-13 10:00")
    )
    sweep(now=seoul("2026-09-14 09:10"))
    assert promise_of(note).due_at == seoul("2026-09-15 09:05")
    assert promise_of(note).state == "running"
    assert promise_of(note).first_due_at == seoul("2026-09-14 09:05")


@pytest.mark.parametrize(
    ("wanted", "due"),
    [
        ("2026-09-09 15:00", "2026-09-09 15:00"),
        ("2026-09-11 18:00", "2026-09-11 18:00"),  # a closing time is still open
        ("2026-09-09 10:20", "2026-09-09 11:00"),  # not a later wish
    ],
)
def test_a_later_wish_becomes_the_due_instant(take: Any, wanted: str, due: str) -> None:
    assert take(wanted_at=seoul(wanted)).due_at == seoul(due)


@pytest.mark.parametrize(
    "wanted", ["2026-09-09 12:30", "2026-09-12 10:00", "2026-09-24 10:00", "2026-09-09 09:00",
               "2026-12-09 10:00"]
)  # fmt: skip
def test_a_wish_lies_ahead_in_opening_hours(take: Any, wanted: str) -> None:
    with pytest.raises(Refused) as refused:
        take(wanted_at=seoul(wanted))
    assert refused.value.field == "wanted_at"
    assert ContactNote.objects.count() == 0


def test_the_absent_person_and_the_deputy_are_told_at_once(
    take: Any, away: Any, person: Any
) -> None:
    away("oh.sr", "2026-09-09 09:00", "2026-09-10 18:00")
    note = take(sought="oh.sr").note
    assert note.keeper == person("cha.mj")
    assert note.stands_in
    assert told("note-taken") == {"oh.sr", "cha.mj"}
    notice = Notice.objects.filter(template="note-taken").first()
    assert notice is not None
    assert notice.title == "[용건] 김하람 님 — 2026년 9월 9일(수) 11시까지 전화로 회신"
    assert "수료증을 다시 받고 싶습니다. / 받은 사람: 임다온 주임" in notice.body
    deliver(now=MORNING)
    assert set(Notice.objects.filter(template="note-taken").values_list("status", flat=True)) == {
        "delivered"
    }
    assert list(breaches()) == []


def test_at_two_thirds_and_at_the_miss(take: Any, away: Any) -> None:
    away("cha.mj", "2026-09-09 09:00", "2026-09-09 18:00")
    note = take().note
    sweep(now=MORNING + timedelta(minutes=39))
    assert not told("callback-soon")
    sweep(now=MORNING + timedelta(minutes=40))
    sweep(now=MORNING + timedelta(minutes=41))
    assert told("callback-soon") == {"cha.mj", "oh.sr"}
    assert Notice.objects.filter(template="callback-soon").count() == 2
    assert "20분 남음" in Notice.objects.filter(template="callback-soon")[0].title
    sweep(now=MORNING + timedelta(minutes=61))
    assert promise_of(note).state == "missed"
    assert told("callback-overdue") == {"cha.mj", "oh.sr"}  # the deputy is the lead
    sweep(now=seoul("2026-09-10 09:00"))
    assert Notice.objects.filter(template="callback-overdue").count() == 4  # asked again
    assert Event.objects.filter(kind="clock-missed").count() == 1


def test_a_miss_is_told_to_person_deputy_and_lead(take: Any, away: Any) -> None:
    away("oh.sr", "2026-09-09 09:00", "2026-09-09 18:00")
    away("bae.sj", "2026-09-09 09:00", "2026-09-09 18:00")
    take(sought="yoo.cr")
    away("yoo.cr", "2026-09-09 10:05", "2026-09-09 18:00")
    services.follow_absences(now=MORNING + timedelta(minutes=6))
    sweep(now=MORNING + timedelta(hours=2))
    assert told("callback-overdue") == {"yoo.cr", "kang.dh"}


# --- attempts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["reached", "no_answer", "busy", "message"])
def test_the_first_real_attempt_keeps_the_promise(take: Any, person: Any, outcome: str) -> None:
    note = take().note
    at = MORNING + timedelta(minutes=30)
    services.log_attempt(note_id=note.pk, way="phone", outcome=outcome, by=person("cha.mj"), now=at)
    assert promise_of(note).state == "kept"
    assert fresh(note).is_open is (outcome != "reached")
    assert list(breaches()) == []


@pytest.mark.parametrize(("after", "state"), [(60, "kept"), (61, "missed")])
def test_exactly_on_time_is_kept(take: Any, person: Any, after: int, state: str) -> None:
    note = take().note
    at = MORNING + timedelta(minutes=after)
    services.log_attempt(note_id=note.pk, way="phone", outcome="busy", by=person("cha.mj"), now=at)
    sweep(now=MORNING + timedelta(hours=3))
    assert promise_of(note).state == state


def test_another_way_reaches_but_keeps_nothing(take: Any, person: Any) -> None:
    note = take(origin="visit", way="email", contact="a@example.com").note
    services.log_attempt(
        note_id=note.pk, way="phone", outcome="no_answer", by=person("cha.mj"), now=MORNING
    )
    assert promise_of(note).state == "running"
    services.log_attempt(
        note_id=note.pk, way="phone", outcome="reached", by=person("cha.mj"), now=MORNING
    )
    assert (promise_of(note).state, fresh(note).ending) == ("excluded", "reached")
    assert list(breaches()) == []


def test_three_attempts_on_two_days_close_it_with_a_word(take: Any, person: Any) -> None:
    note = take().note
    handler = person("cha.mj")
    for at in ("2026-09-09 10:10", "2026-09-09 14:00", "2026-09-09 16:00"):
        services.log_attempt(
            note_id=note.pk, way="phone", outcome="no_answer", by=handler, now=seoul(at)
        )
    assert fresh(note).is_open  # three times, but on one day
    services.log_attempt(
        note_id=note.pk,
        way="phone",
        outcome="no_answer",
        by=handler,
        now=seoul("2026-09-10 09:30"),
    )
    assert fresh(note).ending == "unreached"
    word = Notice.objects.get(template="callback-unreached")
    assert (word.status, word.channel, word.recipient) == ("task", "phone", "010-0000-1234")
    assert "(054)855-1365 (내선 302)" in word.body
    with pytest.raises(NotNow):
        services.log_attempt(
            note_id=note.pk,
            way="phone",
            outcome="reached",
            by=handler,
            now=seoul("2026-09-10 10:00"),
        )
    found = queries.contacts(since=seoul("2026-09-01 00:00"), until=seoul("2026-10-01 00:00"))
    assert (found.ended, found.reached, found.unreached, found.rate) == (1, 0, 1, 0)
    assert list(breaches()) == []


# --- the promise in writing ---------------------------------------------------------------------


def promised(note: Any) -> Notice | None:
    return Notice.objects.filter(subject_id=note.pk, template="callback-promised").first()


def test_whoever_leaves_an_email_gets_the_promise_by_mail(take: Any, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    note = take(way="email", contact="haram@example.com").note
    deliver(now=MORNING)
    sent = [mail for mail in mail_module.outbox if "haram@example.com" in mail.to[0]]
    assert len(sent) == 1
    assert "차민재 주임에게 말씀을 전했습니다" in sent[0].body
    assert "2026년 9월 9일(수) 11시까지 이메일로 연락드리겠습니다" in sent[0].body
    assert list(breaches()) == []
    Notice.objects.filter(subject_id=note.pk, template="callback-promised").delete()
    assert len(list(breaches())) == 1


def test_who_wishes_it_gets_a_text_from_whoever_took_the_note(
    take: Any, desk: Any, person: Any
) -> None:
    assert promised(take().note) is None, "said on the phone, and not wished in writing"
    note = take(confirm=True).note
    task = promised(note)
    assert task is not None
    assert (task.status, task.channel, task.staff) == ("task", "phone", desk)
    assert task.recipient == "010-0000-1234"
    assert "전화로 연락드리겠습니다" in task.body
    page = browser_of("im.do").get(f"/admin/notices/notice/{task.pk}/change/")
    assert "문자 보냄" in words_of(page)


def test_once_reached_there_is_no_need_to_confirm(take: Any, person: Any) -> None:
    note = take(confirm=True).note
    services.log_attempt(
        note_id=note.pk, way="phone", outcome="reached", by=person("cha.mj"), now=MORNING
    )
    task = promised(note)
    assert task is not None
    assert task.status not in {"task", "owed"}


@pytest.mark.parametrize("way", ["post", "visit"])
def test_a_text_needs_a_number_or_an_address(take: Any, way: str) -> None:
    with pytest.raises(Refused) as refused:
        take(way=way, confirm=True, contact="안동시", wanted_at=seoul("2026-09-10 10:00"))
    assert refused.value.field == "confirm"


def test_a_double_click_is_one_attempt(take: Any, person: Any) -> None:
    note = take().note
    for seconds in (0, 2):
        services.log_attempt(
            note_id=note.pk,
            way="phone",
            outcome="busy",
            by=person("cha.mj"),
            now=MORNING + timedelta(seconds=seconds),
        )
    assert note.attempts.count() == 1


def test_the_citizen_was_quicker(take: Any, person: Any) -> None:
    note = take().note
    services.called_back(note_id=note.pk, by=person("cha.mj"), now=MORNING)
    assert promise_of(note).state == "excluded"
    late = take().note
    sweep(now=MORNING + timedelta(hours=2))
    services.called_back(note_id=late.pk, by=person("cha.mj"), now=MORNING + timedelta(hours=2))
    assert promise_of(late).state == "missed"
    assert list(breaches()) == []


def test_taken_by_mistake(take: Any, desk: Any) -> None:
    note = take().note
    services.undo_note(note_id=note.pk, by=desk, now=MORNING + timedelta(minutes=1))
    assert promise_of(note).state == "excluded"
    assert not Notice.objects.filter(template="note-taken", status="owed").exists()
    with pytest.raises(NotNow):
        services.undo_note(note_id=note.pk, by=desk, now=MORNING)


def test_the_same_form_twice_is_one_note(take: Any) -> None:
    token = a_token()
    first, second = take(form_token=token), take(form_token=token)
    assert (first.created, second.created) == (True, False)
    assert first.due_at == second.due_at
    assert Notice.objects.filter(template="note-taken").count() == len(told("note-taken"))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"matter": ""}, "matter"),
        ({"contact": ""}, "contact"),
        ({"matter": "900101-1234567 확인"}, "matter"),
        ({"way": "visit", "contact": ""}, "wanted_at"),
    ],
)
def test_what_is_refused(take: Any, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        take(**values)
    assert refused.value.field == field


# --- who answers --------------------------------------------------------------------------------


def test_for_somebody_who_left_the_deputy_is_offered(take: Any, person: Any) -> None:
    gone = person("jung.wr")
    gone.deputies.create(stands_in=person("nam.gy"), place=1)
    with pytest.raises(PersonLeft) as refused:
        take(sought="jung.wr")
    assert refused.value.deputy == person("nam.gy")
    assert "남가영 주임" in str(refused.value)


def test_deputies_in_a_circle_end_at_the_desk(take: Any, person: Any, away: Any) -> None:
    for username in ("oh.sr", "cha.mj", "yoo.cr"):
        away(username, "2026-09-09 09:00", "2026-09-09 18:00")
    Deputy.objects.filter(person__user__username__in=["oh.sr", "cha.mj"]).delete()
    Deputy.objects.create(person=person("oh.sr"), stands_in=person("cha.mj"))
    Deputy.objects.create(person=person("cha.mj"), stands_in=person("oh.sr"))
    note = take(sought="cha.mj").note
    assert note.keeper.team.takes_unassigned


def test_everybody_absent_goes_to_the_lead(take: Any, desk: Any, away: Any) -> None:
    for person in StaffMember.objects.filter(left_on=None):
        away(person.user.username, "2026-09-09 09:00", "2026-09-09 18:00")
    note = take(sought="cha.mj").note
    assert note.keeper.user.username == "oh.sr"
    assert told("note-taken") == {"cha.mj", "oh.sr"}


def test_an_absence_moves_what_is_running_and_gives_it_back(
    take: Any, away: Any, person: Any
) -> None:
    note = take().note
    assert note.keeper == person("cha.mj")
    before = promise_of(note).due_at
    away("cha.mj", "2026-09-09 10:00", "2026-09-09 10:30", entered=seoul("2026-09-09 10:05"))
    assert services.follow_absences(now=seoul("2026-09-09 10:06")) == 1
    assert services.follow_absences(now=seoul("2026-09-09 10:07")) == 0
    assert (fresh(note).keeper, fresh(note).stands_in) == (person("oh.sr"), True)
    assert services.follow_absences(now=seoul("2026-09-09 10:30")) == 1
    assert (fresh(note).keeper, fresh(note).stands_in) == (person("cha.mj"), False)
    assert promise_of(note).due_at == before
    assert list(breaches()) == []


@pytest.mark.parametrize("kept", ["tried", "said"])
def test_the_deputy_keeps_what_he_began_or_said_he_would(
    take: Any, away: Any, person: Any, kept: str
) -> None:
    away("cha.mj", "2026-09-09 09:00", "2026-09-09 11:00")
    note = take().note
    deputy = person("oh.sr")
    if kept == "tried":
        services.log_attempt(note_id=note.pk, way="phone", outcome="busy", by=deputy, now=MORNING)
    else:
        services.keep_note(note_id=note.pk, by=deputy, now=MORNING)
    assert services.follow_absences(now=seoul("2026-09-09 11:00")) == 0
    assert fresh(note).keeper == deputy


def test_given_by_hand_it_stays(take: Any, person: Any) -> None:
    note = take().note
    services.give_note(note_id=note.pk, to_id=person("yoo.cr").pk, by=person("cha.mj"), now=MORNING)
    assert services.follow_absences(now=MORNING) == 0
    assert fresh(note).keeper == person("yoo.cr")
    assert "yoo.cr" in told("note-taken")


def test_who_leaves_hands_over(take: Any, person: Any) -> None:
    from centre import registry  # noqa: PLC0415
    from centre.services import hand_over  # noqa: PLC0415

    note = take().note
    giver, taker = person("cha.mj"), person("oh.sr")
    assert registry.open_work(giver)["회신 약속"] == 1
    assert hand_over(from_id=giver.pk, to_id=taker.pk, by=SYSTEM, now=MORNING)["회신 약속"] == 1
    assert fresh(note).keeper == taker
    assert "회신 약속" not in registry.open_work(giver)
    assert services.follow_absences(now=MORNING) == 0


def test_who_may_see_a_note(take: Any, person: Any) -> None:
    note = take(sought="cha.mj").note
    seen = {
        name
        for name in (
            "cha.mj",
            "oh.sr",
            "im.do",
            "noh.jh",
            "bae.sj",
            "moon.tk",
            "song.hn",
            "kang.dh",
        )
        if queries.notes_visible_to(person(name).user).filter(pk=note.pk).exists()
    }
    assert seen == {"cha.mj", "oh.sr", "im.do", "noh.jh", "bae.sj", "moon.tk"}
    with pytest.raises(NotFound):
        services.called_back(note_id=note.pk, by=person("song.hn"), now=MORNING)


def test_who_stands_in_is_found_as_everywhere_else(away: Any) -> None:
    from centre.queries import stand_in  # noqa: PLC0415

    for username in ("oh.sr", "cha.mj", "noh.jh", "kang.dh", "moon.tk"):
        away(username, "2026-09-09 09:00", "2026-09-09 18:00")
    for one in queries.staff_today(at=MORNING):
        if not one.here:
            assert one.stand_in == stand_in(one.person, at=MORNING)


def test_a_miss_of_a_lead_reaches_whoever_stands_above(take: Any, away: Any) -> None:
    away("oh.sr", "2026-09-09 09:00", "2026-09-09 18:00")
    take(sought="oh.sr")
    sweep(now=MORNING + timedelta(hours=2))
    assert {"oh.sr", "seo.yh"} <= told("callback-overdue")
