"""On the spot, how far a case is, difficult calls."""

from __future__ import annotations

from typing import Any

import pytest

from complaints.models import AboutStaff
from complaints.tests.conftest import file
from reception import queries, services
from reception.errors import NotNow, Refused
from reception.models import SpotAnswer
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
