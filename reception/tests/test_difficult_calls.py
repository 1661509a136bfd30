"""특이민원: a lead steps in and is told at once; nobody is labelled; hidden and blanked in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from centre.services import set_option
from complaints.queries import reply_commitment
from complaints.tests.conftest import file
from complaints.tests.staff import browser_of, page_of, words_of
from notices.models import Notice
from notices.services import deliver
from reception import past, scripts, services
from reception.errors import NotAllowed, NotNow, Refused
from reception.models import DifficultCall
from reception.services import NewDifficultCall
from reception.tests.conftest import MORNING, a_token
from records.actors import SYSTEM
from records.models import Event

__all__ = ["file"]

CALL = {
    "origin": "phone",
    "kind": "abuse",
    "ended": "taken",
    "after": "rest",
    "at": MORNING - timedelta(minutes=20),
    "notices_given": 2,
    "recording_told": True,
}
FORM = {
    "origin": "phone",
    "kind": "abuse",
    "moment": "09:30",
    "notices_given": "2",
    "recording_told": "on",
    "ended": "taken",
    "after": "rest",
}


@pytest.fixture(autouse=True)
def _at_ten() -> Any:
    with time_machine.travel(MORNING, tick=False):
        yield


def recorded(by: Any, *, token: str = "", **values: Any) -> DifficultCall:
    new = NewDifficultCall(**{**CALL, **values})
    return services.record_difficult_call(
        form_token=token or a_token(), new=new, by=by, now=MORNING
    )


def mails(template: str) -> list[Notice]:
    return list(Notice.objects.filter(template=template).order_by("pk"))


# --- the lead -----------------------------------------------------------------------------------


def test_the_lead_is_told_at_once_and_once(desk: Any, person: Any) -> None:
    token = a_token()
    for _twice in range(2):
        recorded(desk, token=token, remark="고함을 지르심")
    (mail,) = mails("difficult-call")
    assert mail.staff == person("bae.sj")
    assert mail.next_attempt_at == MORNING
    assert "임다온 주임" in mail.title
    assert "전화, 폭언" in mail.body
    assert "쉬게 함" in mail.body
    assert "고함" not in mail.title + mail.body, "the record is read behind the sign-in"
    assert Event.objects.filter(kind="difficult-call").count() == 1


def test_whoever_leads_is_told_by_whoever_is_above(person: Any, away: Any) -> None:
    recorded(person("bae.sj"))
    assert mails("difficult-call")[0].staff == person("seo.yh")
    away("baek.sw", "2026-09-09 09:00", "2026-09-09 18:00")
    recorded(person("nam.gy"))
    assert mails("difficult-call")[1].staff == person("seo.yh")


def test_everybody_above_absent_the_lead_reads_it_later(desk: Any, person: Any, away: Any) -> None:
    for username in ("bae.sj", "seo.yh", "moon.tk"):
        away(username, "2026-09-09 09:00", "2026-09-09 18:00")
    recorded(desk)
    assert mails("difficult-call")[0].staff == person("bae.sj")
    with pytest.raises(Refused, match="옆 동료"):
        services.call_lead(form_token=a_token(), by=desk, now=MORNING)


def test_a_lead_is_called_while_it_lasts(desk: Any, person: Any, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    token = a_token()
    for _twice in range(2):
        assert services.call_lead(form_token=token, by=desk, now=MORNING) == person("bae.sj")
    (mail,) = mails("lead-called")
    assert "내선 103" in mail.body
    assert "407호" in mail.body
    deliver(now=MORNING)
    mail.refresh_from_db()
    assert mail.status == "delivered"


def test_the_mails_about_it_are_for_leads_and_managers_too(desk: Any, person: Any) -> None:
    recorded(desk)
    services.call_lead(form_token=a_token(), by=desk, now=MORNING)
    for mail in (*mails("difficult-call"), *mails("lead-called")):
        address = f"/admin/notices/notice/{mail.pk}/change/"
        assert browser_of("bae.sj").get(address).status_code == 200, "whom it was sent to"
        assert browser_of("seo.yh").get(address).status_code == 200
        for username in ("im.do", "nam.gy"):
            assert browser_of(username).get(address).status_code in {302, 403, 404}
            listed = words_of(browser_of(username).get("/admin/notices/notice/"))
            assert "힘든 통화" not in listed


# --- no clock changes, nobody is labelled -------------------------------------------------------


def test_no_clock_changes_and_no_case_is_touched(file: Any, desk: Any) -> None:
    case = file().complaint
    before = reply_commitment(case)
    recorded(desk)
    after = reply_commitment(case)
    assert before is not None
    assert after is not None
    assert (after.due_at, after.state, after.next_step_at) == (
        before.due_at,
        before.state,
        before.next_step_at,
    )
    case.refresh_from_db()
    assert not case.in_team_name
    assert not Event.objects.filter(subject_type="complaint", kind__contains="difficult").exists()


def test_nobody_is_named_in_it() -> None:
    names = {field.name for field in DifficultCall._meta.get_fields()}
    assert not names & {"name", "phone", "contact", "complaint", "visit", "note"}
    assert {f.related_model for f in DifficultCall._meta.get_fields() if f.is_relation} == {
        DifficultCall._meta.get_field("recorded_by").related_model
    }


def test_a_resident_number_is_refused_here_too(desk: Any) -> None:
    with pytest.raises(Refused):
        recorded(desk, remark="900101-1234567")


# --- who reads it, and for how long -------------------------------------------------------------


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
    assert past.difficult_calls(now=in_a_year, months=12).count() == 1
    assert past.difficult_calls(now=in_a_year + timedelta(days=10), months=12).count() == 0
    own = recorded(person("bae.sj"))
    with pytest.raises(NotNow):
        services.confirm_difficult_call(call_id=own.pk, by=person("bae.sj"), now=MORNING)


# --- the page -----------------------------------------------------------------------------------


def test_the_script_speaks_of_recording_only_where_calls_are_recorded(demo_centre: None) -> None:
    said = " ".join(line.words for line in scripts.difficult_call())
    assert "차분히 말씀해 주십시오" in said
    assert "통화가 20분을 넘어" in said
    assert "기록되고" not in said
    set_option(key="calls_recorded", value="yes", by=SYSTEM, now=MORNING)
    set_option(key="long_call_minutes", value="30", by=SYSTEM, now=MORNING)
    said = " ".join(line.words for line in scripts.difficult_call())
    assert "통화는 기록되고 있습니다." in said
    assert "통화가 30분을 넘어" in said


def test_the_page_shows_script_and_lead_and_calls(demo_centre: None) -> None:
    client = browser_of("im.do")
    page = client.get("/desk/difficult/new/")
    assert "지금 배수정 팀장 님 부르기" in words_of(page)
    assert "내선 101" in words_of(page)
    assert "글로 답변드리겠습니다" in words_of(page)
    pressed = {"do": "call_lead", "call_token": a_token()}
    answer = client.post("/desk/difficult/new/", pressed, follow=True)
    assert "배수정 팀장 님에게 메일로 알렸습니다" in words_of(answer)
    client.post("/desk/difficult/new/", pressed)
    assert len(mails("lead-called")) == 1


def test_recorded_and_confirmed_on_the_pages(demo_centre: None) -> None:
    form = FORM | {"form_token": a_token()}
    assert browser_of("im.do").post("/desk/difficult/new/", form).status_code == 302
    call = DifficultCall.objects.get()
    lead = browser_of("bae.sj")
    assert "폭언" in words_of(lead.get("/desk/difficult/"))
    lead.post("/desk/difficult/", {"do": "confirm_difficult_call", "call": call.pk})
    call.refresh_from_db()
    assert call.confirmed_by is not None


def test_nothing_typed_is_lost(demo_centre: None) -> None:
    form = FORM | {"form_token": a_token(), "moment": "", "remark": "서류를 던지심"}
    answer = browser_of("im.do").post("/desk/difficult/new/", form)
    assert answer.status_code == 400
    assert "서류를 던지심" in page_of(answer)
    assert not DifficultCall.objects.exists()
