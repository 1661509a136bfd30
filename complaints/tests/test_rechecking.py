"""What the letter of apology promises to look at again: a promise like any other, told once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail

from centre.models import StaffMember
from complaints import services
from complaints.checks import breaches
from complaints.errors import NotAllowed, NotNow, Refused
from complaints.models import ApologyLetter, Complaint
from complaints.services import apologies, rechecking
from complaints.tests.conftest import MORNING, seoul
from complaints.tests.staff import act, browser_of, case_url, done, verbs_on, words_of
from complaints.tests.test_repeating import (
    ACCEPTED,
    DECLINED,
    FIRST,
    LATER,
    OTHER_WISH,
    answer,
    fresh,
    letter_told,
)
from notices.models import Notice
from notices.services import deliver
from records.models import Event
from standards.services import sweep

File = Callable[..., services.Filed]
Find = Callable[[str], StaffMember]
RESULT = "메모를 남기면 그날 안에 회신하고 있습니다."


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def letter(file: File) -> ApologyLetter:
    one = file(**FIRST).complaint
    answer(one, ACCEPTED, now=MORNING)
    two = services.raise_again(complaint_id=one.pk, text="또 그렇습니다", now=LATER).complaint
    return letter_told(two, now=LATER)


def check(letter: ApologyLetter, by: StaffMember, **more: Any) -> ApologyLetter:
    given: dict[str, Any] = {"result": RESULT, "now": LATER + timedelta(days=7)} | more
    return services.check_letter(complaint_id=letter.complaint_id, by=by, **given)


def test_the_day_of_the_letter_is_a_promise(letter: ApologyLetter) -> None:
    promise = rechecking.promise_of(letter)
    assert promise is not None
    day = date.fromisoformat(letter.parts["verify_on"])
    assert promise.due_at == seoul(f"{day} 18:00")
    assert list(breaches()) == []


def test_looked_at_again_by_another_and_told_once(letter: ApologyLetter, person: Find) -> None:
    with pytest.raises(NotAllowed, match="다른 사람"):
        check(letter, person("nam.gy"))
    with pytest.raises(Refused, match="결과를 적어"):
        check(letter, person("baek.sw"), result=" ")
    check(letter, person("baek.sw"))
    with pytest.raises(NotNow):
        check(letter, person("seo.yh"))
    deliver(now=LATER + timedelta(days=7))
    sent = [m for m in mail.outbox if "약속드린 조치를 확인하였습니다" in m.subject]
    assert len(sent) == 1
    assert "정만식 고객님, 2026년 9월 30일(수) 사과문에서 말씀드린 조치를" in sent[0].body
    assert f"정보관리팀에서 확인하였습니다. 확인 결과: {RESULT}" in sent[0].body
    promise = rechecking.promise_of(letter)
    assert promise is not None
    assert promise.state == "kept"
    assert list(breaches()) == []


def test_reminded_and_told_when_late(letter: ApologyLetter, person: Find) -> None:
    promise = rechecking.promise_of(letter)
    assert promise is not None
    sweep(now=promise.due_at + timedelta(minutes=1))
    asked = Notice.objects.filter(key__contains=f"letter-check:{letter.pk}:")
    assert {notice.staff for notice in asked if notice.key.count("missed")} == {
        person("bae.sj"),  # of the team that the letter names
        person("seo.yh"),
    }
    assert "사과문에서 약속한 조치" in asked[0].title
    assert Event.objects.filter(kind="letter-check-missed").count() == 1
    sweep(now=promise.due_at + timedelta(minutes=2))
    assert Event.objects.filter(kind="letter-check-missed").count() == 1
    assert not Complaint.objects.get(pk=letter.complaint_id).reviews.exists()


def test_variant_b_promises_nothing(file: File) -> None:
    one = file(**OTHER_WISH).complaint
    answer(one, DECLINED, now=MORNING)
    two = services.raise_again(complaint_id=one.pk, text="왜 빼나요", now=LATER).complaint
    assert rechecking.promise_of(letter_told(two, now=LATER)) is None
    assert rechecking.to_check(two) is None


@pytest.mark.parametrize(
    ("day", "why"), [("2026-09-29", "뒤의 날"), ("2026-10-03", "쉬는 날"), ("", "비어 있는")]
)
def test_the_day_is_an_open_one_to_come(file: File, day: str, why: str) -> None:
    one = file(**FIRST).complaint
    answer(one, ACCEPTED, now=MORNING)
    two = services.raise_again(complaint_id=one.pk, text="또", now=LATER).complaint
    letter = apologies.open_letter(two)
    handler = fresh(two).handler
    assert letter is not None
    assert handler is not None
    filled = {name: text if "[" not in text else "고침" for name, text in letter.parts.items()}
    services.save_letter(
        complaint_id=two.pk, variant="A", parts=filled | {"verify_on": day}, by=handler, now=LATER
    )
    with pytest.raises(Refused, match=why) as refusal:
        services.submit_letter(complaint_id=two.pk, by=handler, now=LATER)
    assert refusal.value.field == "verify_on"


def test_by_the_page(letter: ApologyLetter) -> None:
    case = fresh(letter.complaint)
    assert "check_letter" not in verbs_on(browser_of("nam.gy").get(case_url(case)))
    lead = browser_of("baek.sw")
    page = lead.get(case_url(case))
    assert "check_letter" in verbs_on(page)
    assert f"사과문 {letter.number}의 조치가 지켜지는지" in words_of(page)
    assert act(lead, case, "check_letter", result="").status_code == 422
    assert done(act(lead, case, "check_letter", result=RESULT))
    page = lead.get(case_url(case))
    assert "check_letter" not in verbs_on(page)
    assert "사과문에서 약속한 조치를 확인하여 알림" in words_of(page)
