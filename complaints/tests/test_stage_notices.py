"""Every notice of the stages, made by the real verbs with real data, reads right in Korean."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from centre.models import StaffMember
from complaints import services
from complaints.models import CorrectiveAction, Review
from complaints.services import cautioning, reviewing
from complaints.tests.conftest import MORNING
from complaints.tests.test_repeating import (
    ACCEPTED,
    AGAIN,
    DECLINED,
    FIRST,
    LATER,
    OTHER_WISH,
    answer,
    letter_told,
    proposal,
)
from complaints.tests.test_reviewing import DECISION, approved, heard
from notices.models import Notice
from notices.services import deliver
from standards.services import sweep

File = Callable[..., services.Filed]
Find = Callable[[str], StaffMember]

#: Of each notice a sentence that carries what it is about.
SAYS = {
    "immediate-apology": "백승우 팀장 또는 담당자가 이메일로 직접 연락드려 말씀을 듣겠습니다.",
    "apology-contact": "사람이 직접 연락해야 약속이 지켜집니다.",
    "apology-overdue": "지금 바로 연락하고, 늦은 데 대해 먼저 사과해 주십시오.",
    "repeat-proposed": "맞다·아니다를 눌러 주십시오.",
    "reopened": "2026년 10월 6일(화) 10시까지 결과와 사과의 글을 드리겠습니다.",
    "stage-two": "초안이 준비되어 있습니다.",
    "stage-two-overdue": "2026년 10월 6일(화) 10시까지 드리기로 한 조치 결과와 사과문이",
    "letter-asked": "남가영 주임의 사과문입니다.",
    "apology-letter": "정만식 고객님께\n\n사과문을 보내 드립니다. 문서번호: 경북자봉-고객-2026-0001",
    "action-due": "백승우 팀장 님에게 확인 요청이 갑니다.",
    "action-overdue": "2026년 9월 18일(금)까지 하기로 한 조치가 확인되지 않았습니다.",
    "action-verify": "남가영 님이 마쳤다고 적은 시정조치입니다.",
    "action-verified": "정보관리팀에서 확인하였습니다. 확인 결과: 지켜지고 있음. 아직",
    "repeat-closed": "판단한 사람  서윤하 사무처장",
    "stage-three-review": "지적이 인정된 건인지, 약속한 조치가 있었는지 먼저 확인해 주십시오.",
    "statement-request": "주의 조치는 아직 정해지지 않았습니다.",
    "statement-arrived": "소명이 들어왔습니다. 주의할지 하지 않을지를 까닭과 함께 정해 주십시오.",
    "caution-asked": "심의 결과에 대한 결재를 기다립니다.",
    "caution-issued": "주의 조치 통지서를 보냅니다.",
    "caution-withdrawn": "철회합니다. 까닭: 다시 살펴보니 기한 안에 마쳤음. 앞의 통지와 이 통지는",
    "caution-not-issued": "까닭: 사정이 있었음.\n다만 고객께 약속한 조치는",
}
#: A particle that stands after the wrong ending, or stands for two at once; a gap left open.
WRONG = [
    re.compile(r"\(으\)로|이\(가\)|을\(를\)|은\(는\)|와\(과\)"),
    re.compile(r"\{\{|\}\}|\bNone\b|\[[^\]\n]*확인[^\]\n]*\]\s*$"),
    re.compile(r"까지까지|님님|님 님|  \S+ 님에게 {2}|: *\n *\n|: *$"),
    re.compile(r"(?<=[가-힣])\.\.|[가-힣] ,|\( *\)"),
]


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def _said(template: str) -> list[str]:
    rows = Notice.objects.filter(template=template).order_by("pk")
    return [f"{row.title}\n\n{row.body}" for row in rows]


def _three_stages(file: File, person: Find) -> None:
    one = file(**FIRST).complaint
    sweep(now=MORNING + timedelta(days=1))
    answer(one, ACCEPTED, now=MORNING + timedelta(days=1))
    action = CorrectiveAction.objects.get()
    for day in range(2, 11):
        sweep(now=MORNING + timedelta(days=day))
    services.finish_action(
        action_id=action.pk,
        evidence="공지함",
        by=person("nam.gy"),
        now=MORNING + timedelta(days=11),
    )
    two = file(now=LATER, **AGAIN).complaint
    services.confirm_repeat(proposal_id=proposal(two).pk, by=person("noh.jh"), now=LATER)
    late = LATER + timedelta(days=8)
    sweep(now=late)
    letter_told(two, now=late)
    services.check_letter(
        complaint_id=two.pk, result="지켜지고 있음", by=person("baek.sw"), now=late
    )
    _reviewed(person, now=late)


def _reviewed(person: Find, *, now: datetime) -> None:
    """The missed action's review ends in a caution that is withdrawn."""
    review = heard(Review.objects.get(), person, now=now)
    cautioning.decide(review_id=review.pk, by=person("seo.yh"), now=now, **DECISION)
    approved(review, person, now=now)
    cautioning.withdraw_caution(
        review_id=review.pk, reason="다시 살펴보니 기한 안에 마쳤음", by=person("seo.yh"), now=now
    )


def _unfounded(file: File, person: Find) -> None:
    one = file(**OTHER_WISH).complaint
    answer(one, DECLINED, now=MORNING)
    two = services.raise_again(complaint_id=one.pk, text="왜 빼나요", now=LATER).complaint
    letter_told(two, now=LATER)
    answer(two, DECLINED, now=LATER)
    later = LATER + timedelta(days=7)
    three = services.raise_again(complaint_id=two.pk, text="넣어야 합니다", now=later).complaint
    services.close_repeats(
        complaint_id=three.pk, reason="새 사실이 없음", by=person("seo.yh"), now=later
    )


def _spared(file: File, person: Find) -> None:
    who = {"name": "한서연", "email": "seoyeon@example.com", "phone": ""}
    answer(file(**FIRST | who).complaint, ACCEPTED, now=MORNING)
    action = CorrectiveAction.objects.order_by("-pk")[0]
    services.verify_action(
        action_id=action.pk, carried_out=False, note="그대로", by=person("seo.yh"), now=LATER
    )
    review = Review.objects.order_by("-pk")[0]
    assert review.person is not None
    reviewing.ask_statement(review_id=review.pk, facts="그대로", by=person("seo.yh"), now=LATER)
    reviewing.give_statement(
        review_id=review.pk, text="사정이 있었습니다", by=review.person, now=LATER
    )
    cautioning.decide(
        review_id=review.pk, issue=False, judgement="사정이 있었음", by=person("seo.yh"), now=LATER
    )
    approved(review, person)


def test_every_notice_of_the_stages_reads_right(file: File, person: Find) -> None:
    _three_stages(file, person)
    _unfounded(file, person)
    _spared(file, person)
    deliver(now=LATER + timedelta(days=9))
    missing = {key for key, text in SAYS.items() if not any(text in one for one in _said(key))}
    assert {key: _said(key)[:2] for key in missing} == {}
    wrong = [
        (key, found.group(), one)
        for key in SAYS
        for one in _said(key)
        for rule in WRONG
        if (found := rule.search(one))
    ]
    assert wrong == []


def test_each_names_one_date_only(file: File, person: Find) -> None:
    """Where a notice is about a date of its own, the reply's date does not stand beside it."""
    _three_stages(file, person)
    for key in ("apology-contact", "stage-two", "action-due"):
        assert _said(key)
        for one in _said(key):
            assert len(re.findall(r"\d+월 \d+일", one)) == 1, one
