"""What people left at the desk is forgotten in time; what was promised and kept stays counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from centre.services import set_option
from complaints.tests.conftest import seoul
from complaints.tests.staff import browser_of, words_of
from notices import services as notices_services
from notices.models import Notice
from notices.services import deliver
from reception import past, queries, services
from reception.checks import breaches
from reception.models import Attempt, ContactNote, DifficultCall, Visit
from reception.services import NewDifficultCall
from reception.services.disposal import AT_ONCE
from reception.tests.conftest import MORNING, a_token, fresh
from records.actors import SYSTEM
from records.models import Event
from standards.models import Commitment

LATER = seoul("2027-09-09 11:00")
TYPED = {
    "name": "김하람",
    "organisation": "안동물길봉사단",
    "contact": "haram@example.com",
    "matter": "수료증을 다시 받고 싶습니다.",
    "good_time": "점심 뒤",
    "aid": "천천히",
    "way": "email",
}


@pytest.fixture
def answered(take: Any, person: Any, settings: Any) -> ContactNote:
    """A note that was answered, with all its mails gone out."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    note = take(**TYPED).note
    deliver(now=MORNING)
    services.log_attempt(
        note_id=note.pk, way="email", outcome="sent", by=person("cha.mj"), now=MORNING
    )
    return note


def readable(table: str) -> str:
    """Everything a table holds, decrypted as the application reads it."""
    models = {"note": ContactNote, "notice": Notice, "visit": Visit, "call": DifficultCall}
    rows = models[table]._default_manager.values_list()
    return repr(list(rows))


def test_a_note_is_blanked_and_the_promise_stays(answered: ContactNote) -> None:
    before = list(Commitment.objects.values("key", "state", "due_at", "fulfilled_at"))
    assert services.dispose_due(now=LATER - timedelta(hours=2)) == 0, "not a minute early"
    assert services.dispose_due(now=LATER) == 1
    assert services.dispose_due(now=LATER) == 0
    note = fresh(answered)
    for field in ("name", "organisation", "contact", "matter", "good_time", "aid"):
        assert getattr(note, field) == "", field
    held = readable("note") + readable("notice")
    for typed in ("김하람", "물길봉사단", "haram", "수료증", "점심"):
        assert typed not in held, typed
    assert note.ending == "sent"
    assert Attempt.objects.filter(note=note).count() == 1
    assert list(Commitment.objects.values("key", "state", "due_at", "fulfilled_at")) == before
    day = seoul("2026-09-01 00:00")
    assert queries.contacts(since=day, until=day + timedelta(days=30)).reached == 1
    record = Event.objects.get(kind="disposed")
    assert (record.subject_type, record.subject_id, record.data) == (
        "callback",
        note.pk,
        {"retention_months": 12},
    )
    assert list(breaches()) == []


def test_what_lies_in_the_table_is_gone_too(answered: ContactNote) -> None:
    services.dispose_due(now=LATER)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, contact, matter FROM reception_contactnote")
        assert cursor.fetchall() == [("", "", "")]


def test_mails_that_carried_it_among_others_are_blanked(
    take: Any, person: Any, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    note, other = take(**TYPED).note, take(name="박다온").note
    notices = Notice.objects.filter(template="note-taken", subject_id__in=[note.pk, other.pk])
    carrier = Notice.objects.create(
        key="digest:test", template="staff-digest", audience="staff", staff=person("cha.mj"),
        channel="email", subject_type="staff", subject_id=1, status="delivered",
        title="알림 2건", body="김하람 님, 박다온 님", owed_at=MORNING, next_attempt_at=MORNING,
    )  # fmt: skip
    notices.update(carried_by=carrier)
    deliver(now=MORNING)
    for one in (note, other):
        services.called_back(note_id=one.pk, by=person("cha.mj"), now=MORNING)
    services.dispose_due(now=LATER)
    assert "김하람" not in readable("notice")


@pytest.mark.parametrize(
    ("months", "now", "gone"),
    [
        (12, "2027-09-09 09:59", 0),
        (12, "2027-09-09 10:00", 1),
        (6, "2027-03-09 09:59", 0),
        (6, "2027-03-09 10:00", 1),
        (1, "2026-10-09 10:00", 1),
    ],
)
def test_the_centre_sets_how_long(answered: Any, months: int, now: str, gone: int) -> None:
    set_option(key="desk_retention_months", value=str(months), by=SYSTEM, now=MORNING)
    assert services.dispose_due(now=seoul(now)) == gone


@pytest.mark.parametrize(
    ("now", "months", "then"),
    [
        ("2027-03-31 10:00", 1, "2027-02-28 10:00"),
        ("2028-02-29 10:00", 12, "2027-02-28 10:00"),
        ("2027-01-15 00:30", 1, "2026-12-15 00:30"),
        ("2027-12-31 23:59", 12, "2026-12-31 23:59"),
    ],
)
def test_months_back_on_the_calendar(now: str, months: int, then: str) -> None:
    found: datetime = past.months_before(seoul(now), months)
    assert found == seoul(then)


def test_what_is_open_is_never_forgotten(take: Any) -> None:
    note = take(**TYPED).note
    assert services.dispose_due(now=LATER + timedelta(days=3_000)) == 0
    assert fresh(note).name == "김하람"


def test_a_visitors_name_goes_and_the_visit_stays(come: Any, desk: Any) -> None:
    visit, bare = come(name="김하람"), come()
    for one in (visit, bare):
        services.serve(visit_id=one.pk, by=desk, now=MORNING)
    assert services.dispose_due(now=LATER) == 1
    assert "김하람" not in readable("visit")
    assert Visit.objects.filter(state="served").count() == 2
    assert Event.objects.filter(kind="disposed", subject_type="visit").count() == 1


def test_what_was_written_of_a_difficult_call_goes_when_it_is_hidden(desk: Any) -> None:
    new = NewDifficultCall(
        origin="phone", kind="abuse", ended="taken", after="rest", at=MORNING, remark="고함"
    )
    services.record_difficult_call(form_token=a_token(), new=new, by=desk, now=MORNING)
    assert services.dispose_due(now=LATER - timedelta(days=2)) == 0
    assert services.dispose_due(now=LATER) == 1
    assert "고함" not in readable("call")
    assert DifficultCall.objects.get().kind == "abuse", "counted without words"
    assert past.difficult_calls(now=LATER, months=12).count() == 0


def test_one_broken_row_stops_nothing_and_is_logged(
    answered: Any, take: Any, person: Any, monkeypatch: Any, caplog: Any
) -> None:
    second = take(**TYPED).note
    services.called_back(note_id=second.pk, by=person("cha.mj"), now=MORNING)
    blank = notices_services.blank_contents

    def fails(*, subject_type: str, subject_id: int) -> int:
        if subject_id == answered.pk:
            raise RuntimeError("김하람")
        found: int = blank(subject_type=subject_type, subject_id=subject_id)
        return found

    monkeypatch.setattr("notices.services.blank_contents", fails)
    assert services.dispose_due(now=LATER) == 1
    assert (fresh(answered).name, fresh(second).name) == ("김하람", "")
    assert f"_note {answered.pk} failed: RuntimeError" in caplog.text
    assert "김하람" not in caplog.text


def test_a_pass_has_an_end_and_the_next_goes_on(desk: Any) -> None:
    Visit.objects.bulk_create(
        Visit(
            form_token=f"old-{n:06d}", label=f"초록 {n}", name="김하람", purpose="consult",
            state="left", arrived_at=MORNING, recorded_at=MORNING, recorded_by=desk,
            ended_at=MORNING,
        )
        for n in range(AT_ONCE + 3)
    )  # fmt: skip
    assert services.dispose_due(now=LATER) == AT_ONCE
    assert services.dispose_due(now=LATER) == 3


def test_the_page_of_a_forgotten_note_says_so(answered: Any) -> None:
    services.dispose_due(now=LATER)
    page = browser_of("im.do").get(f"/desk/notes/{answered.pk}/")
    assert page.status_code == 200
    assert "보유기간이 지나 이름, 연락처, 용건을 지웠습니다" in words_of(page)
