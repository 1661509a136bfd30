"""On the spot, how far a case is, difficult calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from complaints.models import AboutStaff
from complaints.tests.conftest import file
from reception import queries, services
from reception.errors import NotAllowed, NotNow, Refused
from reception.models import DifficultCall, SpotAnswer
from reception.services import NewDifficultCall
from reception.services.desk import NOT_CONFIRMED
from reception.tests.conftest import MORNING, a_token
from records.models import AccessLog
from standards.models import Commitment

__all__ = ["file"]


def test_answered_on_the_spot_is_counted_without_a_clock(desk: Any) -> None:
    token = a_token()
    _row, created = services.answer_on_the_spot(
        form_token=token, origin="phone", by=desk, now=MORNING
    )
    row, again = services.answer_on_the_spot(form_token=token, origin="phone", by=desk, now=MORNING)
    assert (created, again, SpotAnswer.objects.count()) == (True, False, 1)
    assert not Commitment.objects.exists()
    assert queries.day_figures(now=MORNING).spot_phone == 1
    services.undo_spot_answer(answer_id=row.pk, by=desk, now=MORNING)
    assert queries.day_figures(now=MORNING).spot_phone == 0
    with pytest.raises(NotNow):
        services.undo_spot_answer(answer_id=row.pk, by=desk, now=MORNING)


def look_up(desk: Any, **values: str) -> Any:
    return services.look_up_case(address="127.0.0.1", by=desk, now=MORNING, **values)


def test_how_far_a_case_is_told_after_three_questions(file: Any, desk: Any) -> None:
    case = file(phone="010-0000-1234").complaint
    right = {"receipt_number": case.receipt_number, "name": "김하람", "last_digits": "1234"}
    assert look_up(desk, **right).pk == case.pk
    assert (
        look_up(desk, **right | {"receipt_number": case.receipt_number.replace("-", " ")}) == case
    )
    wrong = [{"name": "김하늘"}, {"last_digits": "1235"}, {"receipt_number": "2026-999999-0"}]
    for other in wrong:
        with pytest.raises(Refused, match=NOT_CONFIRMED):
            look_up(desk, **right | other)
    logged = AccessLog.objects.order_by("pk")
    assert [row.what for row in logged] == ["progress-told"] * 2 + ["progress-refused"] * 3
    assert {row.whose for row in logged} == {"김*람", "김*늘"}


def test_no_phone_no_answer_and_not_to_whom_it_is_about(file: Any, desk: Any) -> None:
    bare = file().complaint
    with pytest.raises(Refused, match=NOT_CONFIRMED):
        look_up(desk, receipt_number=bare.receipt_number, name="김하람", last_digits="1234")
    case = file(phone="010-0000-1234").complaint
    AboutStaff.objects.create(complaint=case, person=desk, origin="marked")
    with pytest.raises(Refused, match=NOT_CONFIRMED):
        look_up(desk, receipt_number=case.receipt_number, name="김하람", last_digits="1234")


# --- difficult calls ----------------------------------------------------------------------------

CALL = {
    "origin": "phone",
    "kind": "abuse",
    "ended": "taken",
    "after": "rest",
    "at": MORNING - timedelta(minutes=20),
    "notices_given": 2,
    "recording_told": True,
}


def recorded(by: Any, **values: Any) -> DifficultCall:
    new = NewDifficultCall(**{**CALL, **values})
    return services.record_difficult_call(form_token=a_token(), new=new, by=by, now=MORNING)


def test_a_difficult_call_is_confirmed_by_a_lead_and_hidden_after_a_year(
    desk: Any, person: Any
) -> None:
    call = recorded(desk)
    with pytest.raises(NotAllowed):
        services.confirm_difficult_call(call_id=call.pk, by=desk, now=MORNING)
    services.confirm_difficult_call(call_id=call.pk, by=person("bae.sj"), now=MORNING)
    call.refresh_from_db()
    assert call.confirmed_by == person("bae.sj")
    in_a_year = MORNING + timedelta(days=360)
    assert queries.difficult_calls(now=in_a_year, months=12).count() == 1
    assert queries.difficult_calls(now=in_a_year + timedelta(days=10), months=12).count() == 0
    own = recorded(person("bae.sj"))
    with pytest.raises(NotNow):
        services.confirm_difficult_call(call_id=own.pk, by=person("bae.sj"), now=MORNING)


def test_nobody_is_named_in_it() -> None:
    names = {field.name for field in DifficultCall._meta.get_fields()}
    assert not names & {"name", "phone", "contact", "complaint", "visit", "note"}
    assert {f.related_model for f in DifficultCall._meta.get_fields() if f.is_relation} == {
        DifficultCall._meta.get_field("recorded_by").related_model
    }


def test_a_resident_number_is_refused_here_too(desk: Any) -> None:
    with pytest.raises(Refused):
        recorded(desk, remark="900101-1234567")
