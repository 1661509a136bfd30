"""Each invariant of the stages is broken once behind the program's back, and `verify` says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from centre.models import StaffMember
from complaints import services
from complaints.errors import NotNow
from complaints.models import (
    ApologyLetter,
    Caution,
    CautionApproval,
    Complaint,
    CorrectiveAction,
    Finding,
    RepeatProposal,
    Review,
    State,
    Verification,
)
from complaints.services import cautioning
from complaints.stage_checks import breaches
from complaints.tests.conftest import MORNING
from complaints.tests.test_repeating import ACCEPTED, FIRST, LATER, answer, letter_told
from complaints.tests.test_reviewing import DECISION, approved, heard
from notices.models import Notice
from notices.services import deliver
from standards.models import Commitment

File = Callable[..., services.Filed]
Find = Callable[[str], StaffMember]


@pytest.fixture
def ladder(file: File, person: Find, settings: Any) -> list[Complaint]:
    """The same accepted matter three times: letters, a verified action and a caution."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    one = file(**FIRST).complaint
    answer(one, ACCEPTED, now=MORNING)
    action = CorrectiveAction.objects.get()
    services.finish_action(action_id=action.pk, evidence="공지함", by=person("nam.gy"), now=MORNING)
    services.verify_action(
        action_id=action.pk, carried_out=True, note="봄", by=person("baek.sw"), now=MORNING
    )
    two = services.raise_again(complaint_id=one.pk, text="또 그렇습니다", now=LATER).complaint
    letter_told(two, now=LATER)
    answer(two, ACCEPTED, now=LATER)
    later = LATER + timedelta(days=7)
    three = services.raise_again(complaint_id=two.pk, text="세 번째입니다", now=later).complaint
    review = heard(Review.objects.get(), person, now=later)
    with pytest.raises(NotNow, match="확인된 뒤에만"):
        cautioning.decide(review_id=review.pk, by=person("seo.yh"), now=later, **DECISION)
    services.verify_action(
        action_id=CorrectiveAction.objects.get(finding__complaint=two).pk,
        carried_out=False,
        note="그대로임",
        by=person("seo.yh"),
        now=later,
    )
    cautioning.decide(review_id=Review.objects.get().pk, by=person("seo.yh"), now=later, **DECISION)
    approved(Review.objects.get(), person, now=later)
    deliver(now=later)
    assert list(breaches()) == []
    return [one, two, three]


def _change(rows: Any, **values: Any) -> Callable[[], None]:
    def do() -> None:
        assert rows().update(**values) > 0

    return do


def _verified_by_its_owner() -> None:
    look = Verification.objects.select_related("action").get(carried_out=True)
    Verification.objects.filter(pk=look.pk).update(by=look.action.owner_id)


def _approved_by_whom_it_concerns() -> None:
    CautionApproval.objects.update(approver=Review.objects.get().person_id)


def _no_actions() -> None:
    Review.objects.update(action=None)
    Verification.objects.all().delete()
    CorrectiveAction.objects.all().delete()


def _letters_promise_gone() -> None:
    promise = Commitment.objects.get(key__contains=":put-right:letter:")
    Commitment.objects.filter(pk=promise.pk).update(key=f"{promise.key}0")


def _clock(code: str) -> Callable[[], Any]:
    return lambda: Commitment.objects.filter(code=code)


def _told() -> Any:
    return ApologyLetter.objects.filter(status="told")


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (
            _change(_clock("immediate-apology"), code="stage-1"),
            "먼저 연락하기로 한 약속(immediate-apology)이 없습니다.",
        ),
        (_no_actions, "인정한 지적에 시정조치가 없습니다."),
        (_verified_by_its_owner, "자기가 맡은 조치를 스스로 확인했습니다."),
        (
            _change(lambda: CorrectiveAction.objects.filter(status="verified"), evidence=""),
            "증거나 확인 없이 이루어진 것으로 된 조치가 있습니다.",
        ),
        (
            _change(lambda: Complaint.objects.filter(stage=2), state=State.CLOSED),
            "조치가 남았는데 마친 건입니다.",
        ),
        (_change(_clock("put-right"), code="stage-1"), "시정조치에 기한(put-right)이 없습니다."),
        (_letters_promise_gone, "사과문에서 약속한 다시 확인(put-right)의 기한이 없습니다."),
        (
            _change(_clock("stage-2"), code="stage-1"),
            "같은 내용으로 확인했는데 2차 조치(stage-2)의 기한이 없습니다.",
        ),
        (_change(_told, told_at=None), "결과와 사과문이 없는데 2차 조치가 지킴입니다."),
        (
            _change(lambda: RepeatProposal.objects.filter(status="confirmed"), status="rejected"),
            "확인 없이 2차 이상이 된 건입니다.",
        ),
        (_change(_told, number=""), "나간 사과문에 문서번호가 없습니다."),
        (
            _change(lambda: Notice.objects.filter(template="apology-letter"), template="result"),
            "결재된 사과문을 보낼 알림이 없습니다.",
        ),
        (
            _change(lambda: ApologyLetter.objects.exclude(status="told"), status="told"),
            "사과문을 전한 기록이 없습니다.",
        ),
        (
            _change(lambda: Finding.objects.filter(reviews__isnull=False), accepted=False),
            "인정하지 않은 지적을 심의합니다.",
        ),
        (_change(Review.objects.all, asked_at=None), "소명을 요청하지 않고 정했습니다."),
        (_change(_clock("stage-3"), code="stage-1"), "결정 기한(stage-3)이 없습니다."),
        (
            _change(CautionApproval.objects.all, decision="returned"),
            "결재나 문서번호 없이 주의했습니다.",
        ),
        (
            _change(Caution.objects.all, number="", team_number=""),
            "결재나 문서번호 없이 주의했습니다.",
        ),
        (_approved_by_whom_it_concerns, "당사자가 결재했습니다."),
    ],
)
def test_each_breach_has_its_line(
    ladder: list[Complaint], break_it: Callable[[], None], says: str
) -> None:
    break_it()
    assert [line for line in breaches() if line.endswith(says)], list(breaches())


def test_the_command_knows_them(ladder: list[Complaint], capsys: Any) -> None:
    _told().update(number="")
    with pytest.raises((CommandError, SystemExit)):
        call_command("verify")
    printed = capsys.readouterr()
    assert "나간 사과문에 문서번호가 없습니다." in printed.out + printed.err
