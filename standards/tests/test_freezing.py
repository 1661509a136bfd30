"""Frozen months, and what is put right in them later."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import Error, transaction

from centre import services as centre
from centre.errors import Refused
from centre.models import Role
from centre.queries import calendar
from records.actors import SYSTEM, Actor
from records.models import Event
from standards import checks, correcting, figures, freezing, services, tallying, tasks
from standards.figures import Month, Tally
from standards.models import (
    Commitment,
    Correction,
    CorrectionNote,
    FrozenMonth,
    MonthFigure,
    MonthTally,
    State,
)
from standards.setting_aside import set_aside
from standards.tests import oracle
from standards.tests.conftest import SUBJECT, promise
from standards.tests.instants import at
from standards.tests.test_admin import client_of

pytestmark = pytest.mark.usefixtures("charter")
LATER = at("2026-11-20 10:00")


def kept(key: str = "a", start: str = "2026-09-21 10:00", done: str = "2026-09-22 10:00") -> None:
    promise(key, start=start, category="complaint")
    services.fulfil(key=key, at=at(done), now=at(done))


def stands(code: str = "reply", month: str = "2026-09") -> Tally:
    """What is published of a month: frozen, put right by its corrections."""
    frozen = list(FrozenMonth.objects.all())
    pks = [row.standard_id for row in MonthFigure.objects.filter(standard__code=code)]
    pks += [row.standard_id for row in Correction.objects.filter(standard__code=code)]
    known = correcting.standing(frozen, pks)
    first = Month.parse(month).first
    return sum((k.tally for (_s, m, c), k in known.items() if m == first and c), Tally())


def test_on_the_fifth_open_day() -> None:
    """October 2026: Thursday the 1st, Friday the 2nd; Monday the 5th is off for the 3rd."""
    kept()
    day = freezing.freezes_on(Month(2026, 9), calendar())
    assert day == date(2026, 10, 8)
    assert freezing.freeze(now=at("2026-10-07 23:59:59")) == []
    assert freezing.freeze(now=at("2026-10-08 00:00")) == []
    assert freezing.freeze(now=at("2026-10-08 00:00:01")) == [Month(2026, 9)]
    assert stands() == Tally(kept=1)


def test_a_closure_puts_it_off() -> None:
    kept()
    centre.add_closure(on=date(2026, 10, 7), reason="휴무", by=SYSTEM, now=at("2026-10-01 10:00"))
    assert freezing.freeze(now=at("2026-10-08 10:00")) == []
    assert freezing.freeze(now=at("2026-10-12 10:00")) == [Month(2026, 9)]


def test_once_and_caught_up() -> None:
    kept("a", "2026-07-01 10:00", "2026-07-02 10:00")
    kept("b", "2026-09-21 10:00", "2026-09-22 10:00")
    assert freezing.freeze(now=LATER) == [
        Month(2026, 7),
        Month(2026, 8),
        Month(2026, 9),
        Month(2026, 10),
    ]
    rows = list(MonthFigure.objects.values())
    assert freezing.freeze(now=LATER) == []
    assert tasks.freeze() >= 0
    assert [row for row in MonthFigure.objects.values() if row in rows] == rows
    assert FrozenMonth.objects.filter(month=date(2026, 8, 1)).exists()  # without a single case


def test_nothing_is_frozen_before_there_is_anything() -> None:
    assert freezing.freeze(now=LATER) == []
    promise(start="2026-11-19 10:00")
    assert freezing.freeze(now=LATER) == []
    assert freezing.last_frozen() is None


def test_past_due_and_not_swept_is_frozen_as_past_due() -> None:
    promise(category="complaint")
    freezing.freeze(now=LATER)
    assert stands() == Tally(overdue=1)
    services.fulfil(key="a", at=at("2026-09-22 10:00"), now=LATER)
    tallying.count_changes(now=LATER)
    assert stands() == Tally(kept=1)
    assert Correction.objects.get().why == "제때 마쳤다는 사실이 나중에 적혔습니다."


def _unfulfil() -> None:
    services.unfulfil(key="a", why="bounced", now=LATER)


def _set_aside() -> None:
    set_aside(key="a", why="merged", now=LATER)


def _entered_late() -> None:
    promise("late", category="complaint")


def _category() -> None:
    Commitment.objects.filter(key="a").update(category="enquiry")


def _taken_out() -> None:
    Commitment.objects.filter(key="a").delete()


@pytest.mark.parametrize(
    ("change", "after", "why"),
    [
        (_unfulfil, Tally(overdue=1), "마쳐지지 않은 것으로 밝혀졌습니다"),
        (_set_aside, Tally(excluded=1), "따로 세게 되었습니다"),
        (_entered_late, Tally(kept=1, overdue=1), "나중에 적혔습니다"),
        (_category, Tally(), "구분이 바로잡혔습니다"),
        (_taken_out, Tally(), "뺐습니다"),
    ],
)
def test_what_changes_later_is_a_correction_with_its_reason(
    change: Any, after: Tally, why: str
) -> None:
    kept()
    freezing.freeze(now=LATER)
    change()
    tallying.count_changes(now=LATER)
    assert stands() == after
    row = Correction.objects.get(counted=True)
    assert why in row.why
    assert (Tally(**row.before), Tally(**row.after), row.place) == (Tally(kept=1), after, 1)
    period = date(2026, 9, 1), date(2026, 9, 30)
    rows = oracle.between(*period, now=LATER)
    assert figures.between(*period, now=LATER) == rows
    assert freezing.breaches() == []
    frozen = MonthFigure.objects.get()
    assert (frozen.kept, frozen.overdue) == (1, 0)


def test_moved_to_another_month_corrects_both() -> None:
    promise(start="2026-09-18 10:00", category="complaint")
    freezing.freeze(now=LATER)
    Commitment.objects.update(due_at=at("2026-10-01 18:00"))
    tallying.count_changes(now=LATER)
    assert (stands(), stands(month="2026-10")) == (Tally(), Tally(overdue=1))
    assert {row.why for row in Correction.objects.all()} == {
        "휴무·보완·연장으로 기한이 다른 날로 옮겨졌습니다."
    }


def test_what_changes_nothing_is_no_correction() -> None:
    kept()
    freezing.freeze(now=LATER)
    Commitment.objects.update(due_at=at("2026-09-29 18:00"))
    Commitment.objects.update(due_at=at("2026-09-30 18:00"), steps_taken=4)
    tallying.count_changes(now=LATER)
    assert not Correction.objects.exists()


def test_again_and_back() -> None:
    kept()
    freezing.freeze(now=LATER)
    for state in (State.MISSED, State.KEPT, State.MISSED):
        Commitment.objects.update(state=state)
        tallying.count_changes(now=LATER)
    assert [row.place for row in Correction.objects.order_by("place")] == [1, 2, 3]
    assert stands() == Tally(missed=1)
    assert freezing.breaches() == []


def test_there_and_back_before_anybody_counted() -> None:
    kept()
    freezing.freeze(now=LATER)
    Commitment.objects.update(state=State.MISSED)
    Commitment.objects.update(state=State.KEPT)
    tallying.count_changes(now=LATER)
    assert not Correction.objects.exists()


def test_made_anew_it_is_held_against_what_was_frozen() -> None:
    kept()
    freezing.freeze(now=LATER)
    MonthTally.objects.update(kept=2)  # broken by hand
    assert freezing.breaches()
    assert list(checks.breaches(now=LATER))
    tallying.rebuild(now=LATER)
    assert freezing.breaches() == []
    assert not Correction.objects.exists()


@pytest.mark.parametrize("model", [FrozenMonth, MonthFigure, Correction, CorrectionNote])
def test_append_only(model: Any) -> None:
    kept()
    freezing.freeze(now=LATER)
    _unfulfil()
    tallying.count_changes(now=LATER)
    row = Correction.objects.get()
    freezing.explain(correction=row, text="말", by=SYSTEM, now=LATER)
    for act in (
        lambda: model.objects.filter(pk=model.objects.all()[0].pk)._raw_delete("default"),
        lambda: model.objects.update(id=9999),
    ):
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            act()


def test_a_managers_own_sentence() -> None:
    kept()
    freezing.freeze(now=LATER)
    _unfulfil()
    tallying.count_changes(now=LATER)
    row = Correction.objects.get()
    by = Actor.staff(7, "사무국장")
    freezing.explain(correction=row, text="  편지가 되돌아와  다시 보냈습니다. ", by=by, now=LATER)
    assert [note.text for note in row.notes.all()] == ["편지가 되돌아와 다시 보냈습니다."]
    assert Event.objects.filter(kind="correction-explained").count() == 1
    for bad in (" ", "가" * 301):
        with pytest.raises(Refused):
            freezing.explain(correction=row, text=bad, by=by, now=LATER)


def test_a_broken_chain_is_found() -> None:
    kept()
    freezing.freeze(now=LATER)
    frozen = FrozenMonth.objects.get(month=date(2026, 9, 1))
    figure = MonthFigure.objects.get()
    Correction.objects.create(
        month=frozen, standard=figure.standard, counted=True, place=2, noticed_at=LATER, why="x",
        before=dict.fromkeys(correcting.NAMES, 0), after=dict.fromkeys(correcting.NAMES, 0),
    )  # fmt: skip
    lines = freezing.breaches()
    assert any("이어지지" in line for line in lines)
    assert any("집계와 다릅니다" in line for line in lines)


@pytest.mark.parametrize(
    ("was", "became"),
    [(a, b) for a in ("", "moved", "category", "team", *State) for b in ("", "moved", *State)],
)
def test_every_change_has_a_reason_or_none_is_needed(was: str, became: str) -> None:
    said = correcting.reason(was, became)
    if said == "":
        unlikely = was == "moved" and became == "moved"
        resumed = was == State.PAUSED and became == State.RUNNING
        assert was in {"team", became} or unlikely or resumed
    else:
        assert said.endswith("습니다.")


def test_excluded_subject_of_a_frozen_month() -> None:
    kept("earlier")
    promise(category="complaint", start="2026-09-28 10:00")  # paused over the end of the month
    services.pause(key="a", at=at("2026-09-28 11:00"), now=at("2026-09-28 11:00"))
    freezing.freeze(now=LATER)
    services.exclude(subject_type=SUBJECT, subject_id=1, why="withdrawn", now=LATER + timedelta(1))
    tallying.count_changes(now=LATER)
    assert stands(month="2026-10") == Tally(excluded=1)


# --- in the back-office ---------------------------------------------------------------------------


def test_a_manager_adds_a_sentence_and_others_only_read() -> None:
    kept()
    freezing.freeze(now=LATER)
    _unfulfil()
    tallying.count_changes(now=LATER)
    row = Correction.objects.get()
    address = f"/admin/standards/correction/{row.pk}/"
    asked = {"text": "편지가 되돌아왔습니다.", "do": "explain_correction"}
    client = client_of(Role.LEAD)
    assert client.get("/admin/standards/correction/").status_code == 200
    assert client.get(f"{address}change/").status_code == 200
    assert client.post(f"{address}explain-correction/", asked).status_code == 403
    client = client_of(Role.MANAGER)
    assert client.get(f"{address}explain-correction/").status_code == 200
    assert client.post(f"{address}explain-correction/", asked).status_code == 302
    assert [note.text for note in row.notes.all()] == ["편지가 되돌아왔습니다."]
    assert "편지가 되돌아왔습니다." in client.get(f"{address}change/").content.decode()
