"""What goes wrong at a desk: twice, too late, from the wrong side, by a clock that went back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from centre.models import Deputy, StaffMember
from centre.services import add_closure
from complaints.tests.conftest import file, seoul
from complaints.tests.staff import browser_of, words_of
from notices.models import Notice
from reception import queries, services
from reception.checks import breaches
from reception.errors import NotNow, Refused
from reception.models import ContactNote, Visit
from reception.services.desk import NOT_CONFIRMED
from reception.tests.conftest import MORNING, fresh
from records.actors import SYSTEM
from records.models import Event
from standards.models import Commitment
from standards.services import sweep

__all__ = ["file"]
ALL = ("moon.tk", "seo.yh", "bae.sj", "noh.jh", "im.do", "kang.dh", "yoo.cr", "oh.sr", "cha.mj",
       "kwon.hj", "song.hn", "baek.sw", "nam.gy")  # fmt: skip


def promise_of(note: ContactNote) -> Commitment:
    return Commitment.objects.get(key=f"callback:{note.pk}:contact")


def told(template: str) -> list[str]:
    rows = Notice.objects.filter(template=template, staff__isnull=False).order_by("pk")
    return [notice.staff.user.username for notice in rows if notice.staff]


# --- two desks, one visitor ---------------------------------------------------------------------


def test_two_desks_call_the_same_visitor(come: Any, person: Any) -> None:
    visit = come()
    address = f"/desk/visits/{visit.pk}/"
    with time_machine.travel(MORNING, tick=False):
        browser_of("im.do").post(address, {"do": "call"})
        answer = browser_of("noh.jh").post(address, {"do": "call"}, follow=True)
    assert f"이미 임다온 주임 님이 {visit.label} 고객을 부르셨습니다." in words_of(answer)
    visit.refresh_from_db()
    assert visit.called_by == person("im.do")
    assert Event.objects.filter(kind="visit-called").count() == 1


def test_a_visitor_entered_at_both_desks_is_counted_once(come: Any, desk: Any) -> None:
    first, twin = come(), come(now=MORNING + timedelta(seconds=20))
    services.undo_visit(visit_id=twin.pk, by=desk, now=MORNING + timedelta(minutes=1))
    services.serve(visit_id=first.pk, by=desk, now=MORNING + timedelta(minutes=4))
    sweep(now=MORNING + timedelta(hours=1))
    assert told("wait-seven") == []
    states = dict(Commitment.objects.values_list("subject_id", "state"))
    assert states == {first.pk: "kept", twin.pk: "excluded"}
    assert queries.day_figures(now=MORNING + timedelta(hours=1)).visits == 1
    assert Event.objects.filter(subject_id=twin.pk, kind="visit-mistaken").exists()
    with pytest.raises(NotNow):
        services.serve(visit_id=twin.pk, by=desk, now=MORNING + timedelta(minutes=5))
    assert list(breaches()) == []


# --- whom one asks for --------------------------------------------------------------------------


def test_whoever_leaves_without_handing_over_loses_no_caller(take: Any, person: Any) -> None:
    note = take(sought="nam.gy").note
    StaffMember.objects.filter(user__username="nam.gy").update(left_on=MORNING.date())
    assert services.follow_absences(now=MORNING + timedelta(minutes=1)) == 1
    moved = fresh(note)
    assert moved.keeper == person("baek.sw")
    assert promise_of(note).due_at == MORNING + timedelta(hours=1)
    assert list(breaches()) == []


def test_deputies_in_a_circle_stop_no_page(take: Any, away: Any, person: Any) -> None:
    circle = ("oh.sr", "cha.mj")
    for one, other in (circle, circle[::-1]):
        Deputy.objects.filter(person=person(one)).delete()
        Deputy.objects.create(person=person(one), stands_in=person(other), place=1)
        away(one, "2026-09-09 09:00", "2026-09-09 18:00")
    note = take(sought="oh.sr").note
    assert note.keeper == person("im.do") or note.keeper.team == person("im.do").team
    with time_machine.travel(MORNING, tick=False):
        words = words_of(browser_of("im.do").get("/desk/"))
        guide = words_of(browser_of("").get("/staff-guide/"))
    assert "대신할 사람 없음" in words
    assert "오세린 팀장" in guide
    assert services.follow_absences(now=MORNING) == 0, "it does not go round"


def test_everybody_is_absent(come: Any, take: Any, away: Any, person: Any) -> None:
    for username in ALL:
        away(username, "2026-09-09 09:00", "2026-09-09 18:00")
    note, visit = take().note, come(sought="cha.mj")
    assert services.follow_absences(now=MORNING) == 0
    sweep(now=MORNING + timedelta(minutes=61))
    assert promise_of(note).state == "missed"
    assert set(told("callback-overdue")) >= {"cha.mj", "oh.sr"}, "told all the same"
    with time_machine.travel(MORNING, tick=False):
        client = browser_of("im.do")
        page = words_of(client.get(f"/desk/visits/{visit.pk}/"))
        assert "대신할 사람도 모두 자리에 없습니다" in page
        for address in ("/desk/", "/desk/notes/new/", "/desk/absences/", "/staff-guide/"):
            assert client.get(address).status_code == 200, address
    assert list(breaches()) == []


# --- closed days --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "taken", "closed", "first", "due"),
    [
        ("visit", "2026-09-11 17:50", "2026-09-14", "2026-09-14 09:05", "2026-09-15 09:05"),
        ("phone", "2026-09-11 17:30", "2026-09-14", "2026-09-14 09:30", "2026-09-15 09:30"),
        ("phone", "2026-09-23 17:40", "2026-09-28", "2026-09-28 09:40", "2026-09-29 09:40"),
        # Chuseok 2027 is 14–16 September, Tuesday to Thursday; the Friday is closed as well.
        ("visit", "2027-09-13 17:50", "2027-09-17", "2027-09-17 09:05", "2027-09-20 09:05"),
    ],
)
def test_a_day_closed_in_the_middle(
    take: Any, origin: str, taken: str, closed: str, first: str, due: str
) -> None:
    note = take(now=seoul(taken), origin=origin).note
    assert promise_of(note).due_at == seoul(first)
    add_closure(
        on=seoul(f"{closed} 00:00").date(),
        reason="정전",
        by=SYSTEM,
        now=seoul(taken) + timedelta(hours=1),
    )
    sweep(now=seoul(first) + timedelta(minutes=1))
    promise = promise_of(note)
    assert (promise.due_at, promise.state) == (seoul(due), "running")
    assert promise.first_due_at == seoul(first)
    assert told("callback-overdue") == []


# --- the server's clock went back ---------------------------------------------------------------


def test_an_attempt_before_the_note_is_no_time_travel(take: Any, person: Any) -> None:
    note = take().note
    services.log_attempt(
        note_id=note.pk,
        way="phone",
        outcome="reached",
        by=person("cha.mj"),
        now=MORNING - timedelta(minutes=10),
    )
    note = fresh(note)
    assert note.first_attempt_at == note.taken_at
    assert note.closed_at is not None
    assert note.closed_at >= note.taken_at
    assert promise_of(note).state == "kept"
    assert list(breaches()) == []


def test_a_sweep_by_a_clock_that_went_back_reminds_nobody_twice(take: Any, away: Any) -> None:
    take()
    for minutes in (41, 61, 30, 41, 61, 62):
        sweep(now=MORNING + timedelta(minutes=minutes))
    assert sorted(told("callback-soon")) == ["cha.mj"]
    assert sorted(told("callback-overdue")) == ["cha.mj", "oh.sr"]


def test_a_visitor_of_the_future_waits_no_negative_minutes(come: Any, desk: Any) -> None:
    visit = come()
    with time_machine.travel(MORNING - timedelta(minutes=20), tick=False):
        client = browser_of("im.do")
        assert "0 분째" in words_of(client.get("/desk/"))
        client.post(f"/desk/visits/{visit.pk}/", {"do": "serve"})
    visit.refresh_from_db()
    assert visit.served_at == visit.arrived_at
    assert list(breaches()) == []


def test_notes_move_once_though_the_clock_goes_back(take: Any, away: Any) -> None:
    note = take().note
    away("cha.mj", "2026-09-09 10:05", "2026-09-09 12:00")
    moves = [
        services.follow_absences(now=MORNING + timedelta(minutes=m)) for m in (6, 7, 4, 6, 130)
    ]
    # At 10:04 nobody is away: it goes back, once; at 10:06 it moves again; at noon it goes home.
    assert moves == [1, 0, 1, 1, 1]
    assert fresh(note).keeper == note.sought
    assert promise_of(note).due_at == MORNING + timedelta(hours=1)


# --- one number, several people -----------------------------------------------------------------


def test_a_family_with_one_phone_is_several_callers(take: Any, person: Any) -> None:
    mother = take(name="김하람", matter="수료증").note
    daughter = take(name="김다솜", matter="봉사 시간").note
    services.log_attempt(
        note_id=mother.pk, way="phone", outcome="reached", by=person("cha.mj"), now=MORNING
    )
    assert fresh(mother).ending == "reached"
    assert fresh(daughter).closed_at is None, "one was reached, not the other"
    assert promise_of(daughter).state == "running"


def test_a_family_phone_opens_no_other_case(file: Any, desk: Any) -> None:
    hers = file(name="김하람", phone="010-0000-1234").complaint
    file(name="김다솜", phone="010-0000-1234", email="dasom@example.com", subject="주차")
    with pytest.raises(Refused, match=NOT_CONFIRMED):
        services.look_up_case(
            receipt_number=hers.receipt_number,
            name="김다솜",
            last_digits="1234",
            address="127.0.0.1",
            by=desk,
            now=MORNING,
        )


def test_a_representatives_number_is_not_the_represented(file: Any, desk: Any) -> None:
    """Filed by a daughter for her father: her name and phone open it, his name does not."""
    case = file(
        name="김하람",
        phone="010-0000-1234",
        filed_for={"name": "김만석", "relation": "가족"},
    ).complaint
    asked = {
        "receipt_number": case.receipt_number,
        "last_digits": "1234",
        "address": "127.0.0.1",
        "by": desk,
        "now": MORNING,
    }
    with pytest.raises(Refused, match=NOT_CONFIRMED):
        services.look_up_case(name="김만석", **asked)
    assert services.look_up_case(name="김하람", **asked) == case


# --- nonsense -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        {"purpose": "nonsense"},
        {"purpose": "consult", "form_token": "x"},
        {"purpose": "consult", "sought": "999999"},
        {"purpose": "consult", "sought": "²"},
        {},
    ],
)
def test_a_nonsense_visitor_is_refused_in_words(demo_centre: None, typed: dict[str, str]) -> None:
    form = {"form_token": "0123456789"} | typed
    with time_machine.travel(MORNING, tick=False):
        answer = browser_of("im.do").post("/desk/visits/", form, follow=True)
    assert answer.status_code == 200
    fine = typed.get("sought") == "²"  # read as nobody in particular
    assert Visit.objects.count() == int(fine)
    assert ("is-error" in answer.content.decode()) != fine


@pytest.mark.parametrize("do", ["", "drop_table", "serve_twice"])
def test_an_unknown_button_changes_nothing(come: Any, take: Any, do: str) -> None:
    visit, note = come(), take().note
    with time_machine.travel(MORNING, tick=False):
        client = browser_of("im.do")
        for address in (f"/desk/visits/{visit.pk}/", f"/desk/notes/{note.pk}/"):
            assert "모르는 단추" in words_of(client.post(address, {"do": do}, follow=True))
        for address in ("/desk/visits/99999/", "/desk/notes/99999/"):
            assert client.get(address).status_code == 404
    visit.refresh_from_db()
    assert visit.state == "waiting"
